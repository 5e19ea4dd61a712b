//! The trackers of one guest, by numbers that the host gives them.
//!
//! They end with the guest's connection. A take may wait for commits that are under way, so it runs on a thread of the
//! executor; what it tells goes out in pieces, and what a guest does not fetch is in the next take again.
//!
//! Lock order: the list, which is a leaf; a tracker's own is held during its takes, and nothing else is taken then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::{Changed, ChangedRange, Changes as _, Code, Error, Result};
use serde_bytes::Bytes;

use super::call::Call;
use super::held::later;
use super::session::Session;
use crate::changes::Tracking;
use crate::limits::Bounds;
use crate::service::Service;
use crate::wire::{Answer, Ask};

/// Bytes of the bounds in one answer, but for the last range.
const MOST_BYTES: usize = 1 << 20;
/// Bytes of a range beside its bounds, at most.
const BESIDE_BOUNDS: usize = 16;

/// The trackers of a guest.
#[derive(Default)]
pub struct Trackings(Mutex<List>);

#[derive(Default)]
struct List {
    all: BTreeMap<u64, Arc<Mutex<Followed>>>,
    last: u64,
    /// Whether no more are taken.
    closed: bool,
}

/// A tracker, and what of its last take was not fetched yet.
struct Followed {
    tracking: Tracking,
    taken: Changed,
    /// How many of its ranges were.
    fetched: usize,
}

impl Trackings {
    /// Ends all: the guest has gone.
    pub fn give_up(&self) {
        let mut list = lock(&self.0);
        list.closed = true;
        let all = std::mem::take(&mut list.all);
        drop(list);
        drop(all);
    }

    fn add(&self, tracking: Tracking) -> Result<u64> {
        let mut list = lock(&self.0);
        if list.closed {
            return Err(lost());
        }
        list.last += 1;
        let number = list.last;
        list.all.insert(number, Arc::new(Mutex::new(Followed { tracking, taken: Changed::default(), fetched: 0 })));
        Ok(number)
    }

    fn find(&self, number: u64) -> Result<Arc<Mutex<Followed>>> {
        lock(&self.0).all.get(&number).cloned().ok_or_else(lost)
    }

    fn remove(&self, number: u64) {
        let followed = lock(&self.0).all.remove(&number);
        drop(followed);
    }
}

impl Followed {
    /// Takes, unless the guest goes on with what it took.
    fn take(&mut self, go_on: bool) -> Result<()> {
        if go_on {
            return Ok(());
        }
        let rest = self.taken.ranges.drain(..).skip(self.fetched).collect::<Vec<_>>();
        if !rest.is_empty() {
            self.tracking.put_back(self.taken.catalogue, &rest);
        }
        self.fetched = 0;
        self.taken = self.tracking.take()?;
        Ok(())
    }

    /// The next ranges.
    fn piece(&mut self) -> &[ChangedRange] {
        let (first, mut bytes) = (self.fetched, 0);
        while let Some(range) = self.taken.ranges.get(self.fetched).filter(|_| bytes < MOST_BYTES) {
            bytes += range.begin.len() + range.end.len() + BESIDE_BOUNDS;
            self.fetched += 1;
        }
        &self.taken.ranges[first..self.fetched]
    }

    fn answer(&mut self, call: Call) {
        let (version, catalogue) = (self.taken.version, self.taken.catalogue);
        let count = self.piece().len();
        let ranges = &self.taken.ranges[self.fetched - count..self.fetched];
        let ranges = ranges.iter().map(|range| (range.keyspace, Bytes::new(&range.begin), Bytes::new(&range.end)));
        let more = self.fetched < self.taken.ranges.len();
        call.answer(Ok(Answer::Changed { version, catalogue, more, ranges: ranges.collect() }));
    }
}

/// Does what a guest asks about a tracker, on a thread of the executor.
pub fn ask(session: &Arc<Session>, number: u64, ask: &Ask<'_>) -> Result<()> {
    match *ask {
        Ask::TrackChanges { most_ranges } => later(session, number, 0, move |call| {
            let most_ranges = usize::try_from(most_ranges).unwrap_or(usize::MAX);
            let begun = Tracking::begin(&call.session.host.local, most_ranges);
            match begun.and_then(|tracking| call.session.trackings.add(tracking)) {
                Ok(tracker) => call.answer(Ok(Answer::Tracking { tracker })),
                Err(error) => call.fail(&error),
            }
        }),
        Ask::TakeChanges { tracker, go_on } => {
            let followed = session.trackings.find(tracker)?;
            let longest = Bounds::new(session.host.local.options()).longest_asked();
            later(session, number, MOST_BYTES + 2 * longest, move |call| {
                let mut followed = lock(&followed);
                match followed.take(go_on) {
                    Ok(()) => followed.answer(call),
                    Err(error) => call.fail(&error),
                }
            });
        }
        Ask::EndTracking { tracker } => later(session, number, 0, move |call| {
            call.session.trackings.remove(tracker);
            call.answer(Ok(Answer::Done));
        }),
        _ => return Err(Error::new(Code::INTERNAL_ERROR).context("a call on the wrong way")),
    }
    Ok(())
}

fn lost() -> Error {
    Error::new(Code::CHANGES_LOST)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
