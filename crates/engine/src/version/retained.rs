//! The versions that can be read: each names the state after all commits up to it (design D3).
//!
//! A state is a store snapshot, shared by every version that names it and every transaction that
//! reads there. It is kept while some version that names it lies inside the window, and then
//! released even if a forgotten transaction still points at it: that one gets 1007.
//!
//! Lock order: `retained`, then the lock of one shared snapshot. Reads hold only the latter,
//! shared; the pipeline never waits for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use plinth_api::{Code, Error, Result};

use super::Clock;
use crate::defects::{is_on, Defect};
use crate::store::Snapshot;

/// A version and the state it names.
pub struct ReadPoint {
    /// The read version.
    pub version: i64,
    /// The state.
    pub snapshot: Arc<SharedSnapshot>,
}

/// A snapshot that can be taken away from those who share it.
pub struct SharedSnapshot(RwLock<Option<Box<dyn Snapshot>>>);

/// The versions that can be read.
pub struct Versions {
    /// The clock versions come from.
    pub clock: Clock,
    window: i64,
    latest: ArcSwap<ReadPoint>,
    retained: Mutex<Retained>,
}

struct Retained {
    /// In ascending order; the last one is `latest`.
    points: VecDeque<Arc<ReadPoint>>,
    /// Snapshots past the window that a read was still using when they were to go.
    busy: Vec<Arc<SharedSnapshot>>,
    closed: bool,
}

/// Old versions dropped for each new one, at most: a bound for the pause after a long burst.
const DROPPED_AT_ONCE: usize = 16;

impl ReadPoint {
    /// A version whose state is in another process.
    pub fn elsewhere(version: i64) -> Arc<Self> {
        Arc::new(Self { version, snapshot: SharedSnapshot::elsewhere() })
    }
}

impl SharedSnapshot {
    /// A snapshot that can be shared.
    pub fn new(snapshot: Box<dyn Snapshot>) -> Arc<Self> {
        Arc::new(Self(RwLock::new(Some(snapshot))))
    }

    /// None: the state is in another process, and here it reads as if it had been released.
    pub fn elsewhere() -> Arc<Self> {
        Arc::new(Self(RwLock::new(None)))
    }

    /// Reads in the snapshot; `transaction_too_old` once it was released.
    pub fn read<T>(&self, read: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T> {
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            Some(snapshot) => read(&**snapshot),
            None => Err(Error::new(Code::TRANSACTION_TOO_OLD)),
        }
    }

    /// Releases the snapshot unless a read is using it.
    fn try_release(&self) -> bool {
        match self.0.try_write() {
            Ok(mut snapshot) => {
                *snapshot = None;
                true
            }
            Err(_) => false,
        }
    }

    fn release(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Versions {
    /// Begins with one version, the clock's present one.
    pub fn new(clock: Clock, window: i64, snapshot: Arc<SharedSnapshot>) -> Self {
        let first = Arc::new(ReadPoint { version: clock.now(), snapshot });
        let retained = Retained { points: VecDeque::from([first.clone()]), busy: Vec::new(), closed: false };
        Self { clock, window, latest: ArcSwap::new(first), retained: Mutex::new(retained) }
    }

    /// The newest state.
    pub fn latest(&self) -> Arc<ReadPoint> {
        self.latest.load_full()
    }

    /// The state that `version` names: 1007 if it is too old, 1009 if it does not exist yet.
    pub fn at(&self, version: i64) -> Result<Arc<ReadPoint>> {
        self.check_age(version)?;
        let retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        if retained.points.back().is_none_or(|last| version > last.version) {
            return Err(Error::new(Code::FUTURE_VERSION).context(format!("read version {version}")));
        }
        let names = |point: &Arc<ReadPoint>| match is_on(Defect::VersionsOffByOne) {
            true => point.version < version,
            false => point.version <= version,
        };
        let after = retained.points.partition_point(names);
        let point = after.checked_sub(1).and_then(|at| retained.points.get(at));
        let point = match point {
            None if is_on(Defect::DropsTooOld) => retained.points.front(),
            point => point,
        };
        let point = point.ok_or_else(|| self.too_old(version))?;
        Ok(Arc::new(ReadPoint { version, snapshot: point.snapshot.clone() }))
    }

    /// Fails with 1007 if `version` has left the window (rule VER-6).
    pub fn check_age(&self, version: i64) -> Result<()> {
        if version < self.oldest() && !is_on(Defect::DropsTooOld) {
            return Err(self.too_old(version));
        }
        Ok(())
    }

    /// The oldest version inside the window.
    pub fn oldest(&self) -> i64 {
        self.clock.now() - self.window
    }

    /// Makes a state readable under `version`, which is above every one before. `None` names the
    /// state of the latest version again. Called in commit order.
    pub fn publish(&self, version: i64, snapshot: Option<Arc<SharedSnapshot>>) {
        let mut retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        if retained.closed {
            return;
        }
        let snapshot = snapshot.unwrap_or_else(|| self.latest.load().snapshot.clone());
        let point = Arc::new(ReadPoint { version, snapshot });
        retained.points.push_back(point.clone());
        self.latest.store(point);
        let gone = retained.drop_old(self.oldest());
        drop(retained);
        // Freed without the lock.
        drop(gone);
    }

    /// How many versions are retained.
    pub fn count(&self) -> usize {
        self.retained.lock().unwrap_or_else(PoisonError::into_inner).points.len()
    }

    /// Releases every snapshot, waiting for reads that are running.
    pub fn close(&self) {
        let mut retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        retained.closed = true;
        let points = std::mem::take(&mut retained.points);
        let busy = std::mem::take(&mut retained.busy);
        drop(retained);
        points.iter().map(|point| &point.snapshot).chain(&busy).for_each(|snapshot| snapshot.release());
    }

    fn too_old(&self, version: i64) -> Error {
        Error::new(Code::TRANSACTION_TOO_OLD)
            .context(format!("read version {version}, the oldest that can be read is {}", self.oldest()))
    }
}

impl Retained {
    /// Takes versions off the front that nobody may read any more. Every version from a point up
    /// to the next one names its state, so a point is old when the next one is.
    fn drop_old(&mut self, oldest: i64) -> Vec<Arc<ReadPoint>> {
        let mut gone = Vec::new();
        while gone.len() < DROPPED_AT_ONCE && self.points.get(1).is_some_and(|next| next.version < oldest) {
            let Some(point) = self.points.pop_front() else {
                break;
            };
            let shared = self.points.front().is_some_and(|next| Arc::ptr_eq(&next.snapshot, &point.snapshot));
            if !shared && !point.snapshot.try_release() {
                self.busy.push(point.snapshot.clone());
            }
            gone.push(point);
        }
        self.busy.retain(|snapshot| !snapshot.try_release());
        gone
    }
}

impl std::fmt::Debug for ReadPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "version {}", self.version)
    }
}
