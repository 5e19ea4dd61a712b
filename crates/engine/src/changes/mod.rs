//! What commits write, noted for those who follow the changes.
//!
//! A tracker is noted at by the sequencer, under its lock, before a group is written: so what is noted has no gap
//! from the moment that it was listed there, and holds more than the truth where a write fails. A take reads the
//! newest published version first and then takes what was noted, so that everything up to that version is in it;
//! and it waits until what it took is published, so that a state that is held afterwards has it.
//!
//! A tracker's own lock is a leaf.

mod ranges;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::{Changed, ChangedRange, Changes, Code, Error, Result, MOST_CHANGED_RANGES, MOST_TRACKERS};

use crate::atomic::{stamp, Stamp};
use crate::commit::Request;
use crate::local::Local;
use crate::service::Service;
use crate::upstream::LOST;
use ranges::ChangedRanges;

/// What was committed since the last take.
pub struct Tracker(Mutex<State>);

struct State {
    noted: Noted,
    /// Nobody wants to know any more.
    ended: bool,
}

/// What was noted.
struct Noted {
    ranges: ChangedRanges,
    /// The newest version that was noted, or at which it began.
    version: i64,
    catalogue: bool,
}

/// The trackers that commits are noted at. They belong to the sequencer.
#[derive(Default)]
pub struct Trackers(Vec<Arc<Tracker>>);

impl Trackers {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one, which is told every commit after `version`.
    pub fn add(&mut self, tracker: Arc<Tracker>, version: i64) {
        tracker.lock().noted.version = version;
        self.0.push(tracker);
    }

    /// Notes a group: `each` gives its members, in the order of their stamps.
    pub fn note(&mut self, version: i64, each: impl Fn(&mut dyn FnMut(&Request))) {
        self.tell(|noted| {
            noted.version = version;
            let mut order = 0;
            each(&mut |request| {
                noted.add(request, &stamp(version, order));
                order += 1;
            });
        });
    }

    /// Notes that a keyspace came, or went.
    pub fn note_keyspace(&mut self, dropped: Option<u32>) {
        self.tell(|noted| {
            noted.catalogue = true;
            if let Some(keyspace) = dropped {
                noted.ranges.forget(keyspace);
            }
        });
    }

    fn tell(&mut self, tell: impl Fn(&mut Noted)) {
        self.0.retain(|tracker| {
            let mut state = tracker.lock();
            if !state.ended {
                tell(&mut state.noted);
            }
            !state.ended
        });
    }
}

impl Noted {
    /// Whatever a commit may have changed, whether it has a conflict range or not.
    fn add(&mut self, request: &Request, stamp: &Stamp) {
        for (keyspace, overlay) in &request.overlays {
            overlay.clears().for_each(|(begin, end)| self.ranges.add_range(*keyspace, begin, end));
            overlay.keys().for_each(|(key, _)| self.ranges.add_key(*keyspace, key));
            overlay.stamped_keys().iter().for_each(|key| self.ranges.add_key(*keyspace, &key.key(stamp)));
        }
    }
}

impl Tracker {
    fn new(most: usize) -> Self {
        let noted = Noted { ranges: ChangedRanges::new(most), version: 0, catalogue: false };
        Self(Mutex::new(State { noted, ended: false }))
    }

    fn take(&self) -> Noted {
        let noted = &mut self.lock().noted;
        let catalogue = std::mem::take(&mut noted.catalogue);
        Noted { ranges: noted.ranges.take(), version: noted.version, catalogue }
    }

    fn put_back(&self, taken: Noted) {
        let noted = &mut self.lock().noted;
        noted.catalogue |= taken.catalogue;
        noted.ranges.add_all(taken.ranges);
    }

    /// The sequencer forgets it with the next commit.
    fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        let taken = state.noted.ranges.take();
        drop(state);
        drop(taken);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tracker of a database in this process, as its owner has it.
pub struct Tracking {
    local: Arc<Local>,
    tracker: Arc<Tracker>,
}

impl Tracking {
    /// Begins one.
    pub fn begin(local: &Arc<Local>, most_ranges: usize) -> Result<Self> {
        local.check_open()?;
        if !(1..=MOST_CHANGED_RANGES).contains(&most_ranges) {
            let text = format!("{most_ranges} ranges of changes, allowed are 1 to {MOST_CHANGED_RANGES}");
            return Err(Error::new(Code::INVALID_ARGUMENT).context(text));
        }
        if !take_slot(&local.trackers) {
            return Err(Error::new(Code::TOO_MANY_TRACKERS).context(format!("there are {MOST_TRACKERS}")));
        }
        // From here on its end gives the slot back.
        let tracking = Self { local: local.clone(), tracker: Arc::new(Tracker::new(most_ranges)) };
        let version = local.pipeline.track(&tracking.tracker);
        local.pipeline.wait_published(version)?;
        Ok(tracking)
    }
}

impl Tracking {
    /// Has the next take tell again what could not be told.
    pub fn put_back(&self, catalogue: bool, ranges: &[ChangedRange]) {
        let noted = &mut self.tracker.lock().noted;
        noted.catalogue |= catalogue;
        ranges.iter().for_each(|range| noted.ranges.add_range(range.keyspace, &range.begin, &range.end));
    }
}

impl Changes for Tracking {
    fn take(&mut self) -> Result<Changed> {
        self.local.check_open()?;
        let published = self.local.versions.latest().version;
        let taken = self.tracker.take();
        if let Err(error) = self.local.pipeline.wait_published(taken.version) {
            self.tracker.put_back(taken);
            return Err(error);
        }
        let Noted { ranges, version, catalogue } = taken;
        Ok(Changed { version: version.max(published), catalogue, ranges: ranges.into_list() })
    }
}

impl Drop for Tracking {
    fn drop(&mut self) {
        self.tracker.end();
        self.local.trackers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The error of a take whose host has gone.
pub fn lost(taken: Result<Changed>) -> Result<Changed> {
    match taken {
        Err(error) if error.code() == LOST => Err(Error::new(Code::CHANGES_LOST)),
        taken => taken,
    }
}

fn take_slot(trackers: &AtomicUsize) -> bool {
    let one_more = |now: usize| (now < MOST_TRACKERS).then_some(now + 1);
    trackers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
}
