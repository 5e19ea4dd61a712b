//! The versions that can be read: each names the state after all commits up to it (design D3).
//!
//! A state is a store snapshot, shared by every version that names it and every transaction that
//! reads there. It is kept while some version that names it lies inside the window, and then
//! released even if a forgotten transaction still points at it: that one gets 1007.
//!
//! Neither what a transaction takes at its first read (see `newest`) nor its reads (see `shared`) write a line that
//! those of other threads write. Lock order: `retained`, then the locks of `latest`, then the lock of what a close
//! waits for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use plinth_api::{Code, Error, Result, MOST_HELD};

use super::keep::{Keep, Reason};
use super::newest::Newest;
use super::shared::{Awaited, Held, OpenEra, SharedSnapshot};
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

/// The versions that can be read.
pub struct Versions {
    /// The clock versions come from.
    pub clock: Clock,
    window: i64,
    keep: Keep,
    latest: Newest,
    retained: Mutex<Retained>,
}

/// What is kept of the past, and why not more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Past {
    /// Versions.
    pub versions: u64,
    /// The oldest of them.
    pub oldest: i64,
    /// Its age in milliseconds.
    pub age_ms: u64,
    /// Bytes that were committed since.
    pub bytes: u64,
    /// The number of a [`Reason`].
    pub reason: u64,
    /// Versions that went for another reason than the window, ever.
    pub let_go: u64,
}

struct Retained {
    /// Those before `points` in which gaps were made, where there were too many.
    thinned: VecDeque<Arc<ReadPoint>>,
    /// In ascending order; the last one is `latest`.
    points: VecDeque<Arc<ReadPoint>>,
    /// The state of every version in a gap: reads there fail as if it had been released.
    gap: Arc<SharedSnapshot>,
    /// Where the next snapshot goes.
    open: OpenEra,
    /// Snapshots past the window that a read was still using when they were to go.
    busy: Vec<Arc<Held>>,
    /// States that are held, whatever their age.
    holds: Vec<Arc<SharedSnapshot>>,
    /// Why the last one went that the window would have kept, which version that was, and how many have.
    reason: Reason,
    gone: i64,
    let_go: u64,
    closed: bool,
}

/// A version that a policy let go though somebody read there.
struct LetGo {
    versions: std::ops::Range<i64>,
    reason: Reason,
    bytes: u64,
}

/// Old versions dropped for each new one, at most: a bound for the pause after a long burst.
const DROPPED_AT_ONCE: usize = 16;
/// The same where a bound is passed, which one large commit may do for many.
const LET_GO_AT_ONCE: usize = 256;

/// Versions that are all kept, whatever their age in the window. Each costs memory here and in RocksDB,
/// and time in every flush and compaction, and a busy writer makes tens of thousands a second.
const ALL_KEPT: usize = 100_000;

/// Versions as young as FoundationDB's window are all kept too.
const PROMISED: i64 = 5_000_000;

impl ReadPoint {
    /// A version whose state is in another process.
    pub fn elsewhere(version: i64) -> Arc<Self> {
        Arc::new(Self { version, snapshot: SharedSnapshot::elsewhere() })
    }
}

impl Versions {
    /// Begins with one version, the clock's present one.
    pub fn new(clock: Clock, window: i64, snapshot: Arc<SharedSnapshot>) -> Self {
        let first = Arc::new(ReadPoint { version: clock.now(), snapshot });
        let retained = Retained::new(first.clone());
        let keep = Keep::default();
        Self { clock, window, keep, latest: Newest::new(first), retained: Mutex::new(retained) }
    }

    /// The same with a policy of its own.
    pub fn keeping(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// The policy.
    pub fn keep(&self) -> &Keep {
        &self.keep
    }

    /// The newest state.
    pub fn latest(&self) -> Arc<ReadPoint> {
        self.latest.get()
    }

    /// Makes a snapshot one that can be shared, when the clock says `now`, after which so many bytes had been
    /// committed in this life.
    pub fn share(&self, snapshot: Box<dyn Snapshot>, written: u64, now: i64) -> Arc<SharedSnapshot> {
        let mut retained = self.lock();
        let (shared, over) = retained.open.share(snapshot, written, now);
        retained.busy.extend(over);
        shared
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
        let before = |points: &VecDeque<Arc<ReadPoint>>| {
            let at = points.partition_point(names).checked_sub(1)?;
            points.get(at).cloned()
        };
        let point = before(&retained.points).or_else(|| before(&retained.thinned));
        let point = match point {
            None if is_on(Defect::DropsTooOld) => retained.points.front().cloned(),
            point => point,
        };
        let point = point.ok_or_else(|| self.too_old(version))?;
        Ok(Arc::new(ReadPoint { version, snapshot: point.snapshot.clone() }))
    }

    /// Fails with 1007 if `version` has left the window (rule VER-6).
    pub fn check_age(&self, version: i64) -> Result<()> {
        if self.clock.is_well_before(version.saturating_add(self.window)) {
            return Ok(());
        }
        if version < self.oldest() && !is_on(Defect::DropsTooOld) {
            return Err(self.too_old(version));
        }
        Ok(())
    }

    /// The oldest version inside the window.
    pub fn oldest(&self) -> i64 {
        self.oldest_at(self.clock.now())
    }

    /// The same when the clock says `now`.
    pub fn oldest_at(&self, now: i64) -> i64 {
        now - self.window
    }

    /// Makes a state readable under `version`, which is above every one before. `None` names the
    /// state of the latest version again. Called in commit order; `now` is what the clock says.
    pub fn publish(&self, version: i64, snapshot: Option<Arc<SharedSnapshot>>, now: i64) {
        let mut retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        if retained.closed {
            return;
        }
        let snapshot = snapshot.unwrap_or_else(|| self.latest().snapshot.clone());
        let point = Arc::new(ReadPoint { version, snapshot });
        retained.points.push_back(point.clone());
        self.latest.set(point);
        let gone = retained.drop_old(self.oldest_at(now));
        let thinned = retained.thin(now - PROMISED, ALL_KEPT);
        let (bounded, told) = retained.bound(&self.keep);
        drop(retained);
        if let Some(LetGo { versions, reason, bytes }) = told {
            let age = now - versions.start;
            self.keep.say(versions, reason, bytes, age);
        }
        // Freed without the lock.
        drop((gone, thinned, bounded));
    }

    /// The oldest version that is retained, and how old it is in microseconds.
    pub fn oldest_retained(&self) -> (i64, i64) {
        let retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = retained.get(0).map_or_else(|| self.latest().version, |point| point.version);
        (oldest, (self.clock.now() - oldest).max(0))
    }

    /// Holds the newest state until it is given back; it does not leave with the window.
    pub fn hold(&self) -> Result<Arc<ReadPoint>> {
        let mut retained = self.lock();
        let Some(newest) = retained.points.back().filter(|_| !retained.closed) else {
            return Err(Error::new(Code::DATABASE_CLOSED));
        };
        let point = ReadPoint { version: newest.version, snapshot: newest.snapshot.again() };
        if retained.holds.len() >= MOST_HELD {
            return Err(Error::new(Code::TOO_MANY_HELD_STATES).context(format!("there are {MOST_HELD}")));
        }
        retained.holds.push(point.snapshot.clone());
        Ok(Arc::new(point))
    }

    /// Gives a state back that was held.
    pub fn give_back(&self, held: &ReadPoint) {
        let mut retained = self.lock();
        retained.holds.retain(|other| !Arc::ptr_eq(other, &held.snapshot));
        drop(retained);
        drop(held.snapshot.take());
        let mut retained = self.lock();
        let (busy, free) = std::mem::take(&mut retained.busy).into_iter().partition(Held::is_busy);
        retained.busy = busy;
        drop(retained);
        // Freed without the lock.
        drop::<Vec<_>>(free);
    }

    /// How many states are held.
    pub fn held(&self) -> usize {
        self.lock().holds.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Retained> {
        self.retained.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of every version up to one, and of those that name the same state as it; never of the newest
    /// state. Returns how many.
    pub fn expire(&self, version: i64) -> u64 {
        let mut retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gone = Vec::new();
        while retained.get(0).is_some_and(|first| first.version <= version) && retained.get(1).is_some() {
            retained.let_go_first(Reason::Expired, &mut gone);
        }
        drop(retained);
        gone.len() as u64
    }

    /// What is kept.
    pub fn past(&self) -> Past {
        let retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let oldest = retained.get(0).map_or(now, |first| first.version);
        // A version that the window would not keep any more is gone because of it.
        let reason = if retained.gone < self.oldest_at(now) { Reason::Window } else { retained.reason };
        Past {
            versions: retained.len() as u64,
            oldest,
            age_ms: u64::try_from((now - oldest) / 1_000).unwrap_or(0),
            bytes: retained.bytes(),
            reason: reason as u64,
            let_go: retained.let_go,
        }
    }

    /// Releases every snapshot, waiting for reads that are running.
    pub fn close(&self) {
        let mut retained = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
        retained.closed = true;
        let thinned = std::mem::take(&mut retained.thinned);
        let points = std::mem::take(&mut retained.points);
        let busy = std::mem::take(&mut retained.busy);
        let holds = std::mem::take(&mut retained.holds);
        let open = retained.open.end();
        drop(retained);
        let taken = thinned.iter().chain(&points).filter_map(|point| point.snapshot.end());
        let mut taken: Vec<_> =
            taken.chain(busy).chain(open).chain(holds.iter().filter_map(|held| held.end())).collect();
        // What is held is in another list too while it is young; each is waited for once.
        taken.sort_by_key(Arc::as_ptr);
        taken.dedup_by(|one, other| Arc::ptr_eq(one, other));
        Awaited::end_of(taken);
    }

    fn too_old(&self, version: i64) -> Error {
        Error::new(Code::TRANSACTION_TOO_OLD)
            .context(format!("read version {version}, the oldest that can be read is {}", self.oldest()))
    }
}

impl Retained {
    fn new(first: Arc<ReadPoint>) -> Self {
        let (thinned, points) = (VecDeque::new(), VecDeque::from([first]));
        let gap = SharedSnapshot::elsewhere();
        let (reason, gone, let_go) = (Reason::Window, 0, 0);
        let (busy, holds) = (Vec::new(), Vec::new());
        let open = OpenEra::default();
        Self { thinned, points, gap, open, busy, holds, reason, gone, let_go, closed: false }
    }

    fn len(&self) -> usize {
        self.thinned.len() + self.points.len()
    }

    /// Bytes that were committed after the oldest version.
    fn bytes(&self) -> u64 {
        // A gap keeps nothing.
        let kept = (0..self.len()).filter_map(|place| self.get(place));
        let first = kept.map(|point| &point.snapshot).find(|snapshot| !Arc::ptr_eq(snapshot, &self.gap));
        let newest = self.points.back().map_or(0, |last| last.snapshot.written);
        first.map_or(0, |first| newest.saturating_sub(first.written))
    }

    /// Takes the oldest version off.
    fn drop_first(&mut self) -> Option<Arc<ReadPoint>> {
        let point = self.thinned.pop_front().or_else(|| self.points.pop_front())?;
        let shared = self.get(0).is_some_and(|next| Arc::ptr_eq(&next.snapshot, &point.snapshot));
        if !shared {
            self.busy.extend(point.snapshot.take());
        }
        Some(point)
    }

    /// The same, before the window would.
    fn let_go_first(&mut self, reason: Reason, gone: &mut Vec<Arc<ReadPoint>>) {
        if let Some(point) = self.drop_first() {
            self.note_let_go(point.version, reason);
            gone.push(point);
        }
    }

    fn note_let_go(&mut self, version: i64, reason: Reason) {
        self.let_go += 1;
        (self.gone, self.reason) = (version, reason);
    }

    /// Lets go of the oldest versions until a policy is kept to. Tells of the first at which somebody reads.
    fn bound(&mut self, keep: &Keep) -> (Vec<Arc<ReadPoint>>, Option<LetGo>) {
        let (mut gone, mut told) = (Vec::new(), None);
        while gone.len() < LET_GO_AT_ONCE {
            let (Some(first), Some(next)) = (self.get(0), self.get(1)) else { break };
            let bytes = self.bytes();
            let Some(reason) = keep.is_too_much(self.len(), bytes) else { break };
            let shared = Arc::ptr_eq(&first.snapshot, &next.snapshot);
            let is_gap = Arc::ptr_eq(&first.snapshot, &self.gap);
            let is_read = Arc::strong_count(first) > 1 || (!shared && Arc::strong_count(&first.snapshot) > 1);
            if is_read && !is_gap && told.is_none() {
                told = Some(LetGo { versions: first.version..next.version, reason, bytes });
            }
            self.let_go_first(reason, &mut gone);
        }
        self.busy.retain(Held::is_busy);
        (gone, told)
    }

    /// The point at a place from the oldest on.
    fn get(&self, place: usize) -> Option<&Arc<ReadPoint>> {
        self.thinned.get(place).or_else(|| self.points.get(place.checked_sub(self.thinned.len())?))
    }

    /// Takes versions off the front that nobody may read any more. Every version from a point up
    /// to the next one names its state, so a point is old when the next one is.
    fn drop_old(&mut self, oldest: i64) -> Vec<Arc<ReadPoint>> {
        let mut gone = Vec::new();
        while gone.len() < DROPPED_AT_ONCE && self.get(1).is_some_and(|next| next.version < oldest) {
            gone.extend(self.drop_first());
        }
        self.busy.retain(Held::is_busy);
        gone
    }

    /// Lets the oldest versions go, up to `promised`, if there are more than `kept`: those that no
    /// transaction reads at. They become gaps; a transaction that wants to begin there gets 1007.
    fn thin(&mut self, promised: i64, kept: usize) -> Vec<Arc<ReadPoint>> {
        let mut gone = Vec::new();
        for _ in 0..DROPPED_AT_ONCE {
            if self.points.len() <= kept || self.points.get(1).is_none_or(|next| next.version >= promised) {
                break;
            }
            let Some(point) = self.points.pop_front() else { break };
            // A transaction has the point or its snapshot; new ones get either only under the lock that
            // is held here, or from the newest point. A snapshot that the next point has too stays anyway.
            let is_held = Arc::strong_count(&point) > 1 || Arc::strong_count(&point.snapshot) > 1;
            if is_held {
                self.thinned.push_back(point);
                continue;
            }
            self.busy.extend(point.snapshot.take());
            self.note_let_go(point.version, Reason::TooMany);
            if self.thinned.back().is_none_or(|last| !Arc::ptr_eq(&last.snapshot, &self.gap)) {
                self.thinned.push_back(Arc::new(ReadPoint { version: point.version, snapshot: self.gap.clone() }));
            }
            gone.push(point);
        }
        gone
    }
}

impl std::fmt::Debug for ReadPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "version {}", self.version)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{mpsc, Barrier};

    use plinth_api::Value;

    use super::*;
    use crate::store::{Range, Skipped, Tier, Visit};

    fn point(version: i64) -> Arc<ReadPoint> {
        ReadPoint::elsewhere(version)
    }

    fn versions(retained: &Retained) -> Vec<(i64, bool)> {
        let all = (0..).map_while(|place| retained.get(place));
        all.map(|point| (point.version, Arc::ptr_eq(&point.snapshot, &retained.gap))).collect()
    }

    fn of(count: i64) -> Retained {
        let mut retained = Retained::new(point(0));
        retained.points.extend((1..count).map(point));
        retained
    }

    /// A snapshot that tells of its end.
    struct Told(mpsc::Sender<()>);

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    impl Snapshot for Told {
        fn get(&self, _: Tier, _: u32, _: &[u8]) -> Result<Option<Value>> {
            Ok(None)
        }

        fn get_many(&self, _: Tier, _: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
            Ok(vec![None; keys.len()])
        }

        fn scan(&self, _: Tier, _: Range<'_>, _: &mut Visit<'_>) -> Result<Skipped> {
            Ok(Skipped::default())
        }
    }

    fn told() -> (Arc<SharedSnapshot>, mpsc::Receiver<()>) {
        let (tell, hear) = mpsc::channel();
        (SharedSnapshot::new(Box::new(Told(tell))), hear)
    }

    #[test]
    fn a_snapshot_that_is_taken_away_ends_with_the_last_read_in_it() {
        let (snapshot, end) = told();
        let mut retained = of(3);
        retained.points[0] = Arc::new(ReadPoint { version: 0, snapshot: snapshot.clone() });
        let read = snapshot.read(|_| {
            assert_eq!(retained.drop_old(2).len(), 1);
            assert_eq!(snapshot.read(|_| Ok(())).unwrap_err().code(), Code::TRANSACTION_TOO_OLD);
            retained.drop_old(0);
            assert!(end.try_recv().is_err() && retained.busy.len() == 1);
            Ok(())
        });
        read.unwrap();
        retained.drop_old(0);
        assert!(end.try_recv().is_ok() && retained.busy.is_empty());
    }

    #[test]
    fn a_close_waits_for_the_reads_that_are_running() {
        for _ in 0..20 {
            let (snapshot, end) = told();
            let versions = Versions::new(Clock::starting_at(1), 10, snapshot.clone());
            let (ended, reading) = (AtomicBool::new(false), Barrier::new(2));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    snapshot.read(|_| {
                        reading.wait();
                        while snapshot.read(|_| Ok(())).is_ok() {
                            std::thread::yield_now();
                        }
                        // Long enough for a close that does not wait.
                        (0..1_000).for_each(|_| std::thread::yield_now());
                        ended.store(true, Ordering::SeqCst);
                        Ok(())
                    })
                });
                reading.wait();
                versions.close();
                assert_eq!((ended.load(Ordering::SeqCst), end.try_recv()), (true, Ok(())));
            });
        }
    }

    #[test]
    fn nothing_is_thinned_that_is_young_or_not_too_much() {
        let mut retained = of(40);
        assert!(retained.thin(100, 40).is_empty() && retained.thin(1, 0).is_empty());
        assert!(versions(&retained).iter().all(|(_, gap)| !gap));
    }

    #[test]
    fn what_a_transaction_reads_at_stays_and_the_rest_becomes_gaps() {
        let mut retained = of(10);
        let held = retained.points[2].clone();
        let shared = retained.points[4].snapshot.clone();
        assert_eq!(retained.thin(8, 0).len(), 5);
        let rest = [(0, true), (2, false), (3, true), (4, false), (5, true), (7, false), (8, false), (9, false)];
        assert_eq!(versions(&retained), rest);
        drop((held, shared));
        // The window goes over all of them alike, gaps too.
        assert_eq!(retained.drop_old(6).iter().map(|point| point.version).collect::<Vec<_>>(), [0, 2, 3, 4]);
        assert_eq!(versions(&retained).first(), Some(&(5, true)));
    }

    #[test]
    fn a_state_that_several_versions_name_stays_until_the_last() {
        let mut retained = of(2);
        let again = Arc::new(ReadPoint { version: 5, snapshot: retained.points[1].snapshot.clone() });
        retained.points.extend([again, point(6), point(7)]);
        assert_eq!(retained.thin(100, 1).len(), 2);
        assert_eq!(versions(&retained), [(0, true), (1, false), (5, false), (6, true), (7, false)]);
    }
}
