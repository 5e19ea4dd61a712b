//! Snapshots that many read in and that can be taken away from all of them.
//!
//! Reads write nothing that other reads write: `ArcSwapOption` notes a read in memory of its thread, and so taking
//! one away has to look at what every thread that ever read has noted, which costs some microseconds where there
//! were a hundred. Therefore a few snapshots that are made within a moment share one, an era, which goes when all of
//! them have been taken away. None of them can be read in any more from the moment in which it is taken away itself.
//!
//! A snapshot that is taken away ends with the last read in its era, and only the close waits for that.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwapOption;
use plinth_api::{Code, Error, Result};

use crate::store::Snapshot;

/// Snapshots of an era, at most: those of one keep what the oldest of them sees.
const MOST: usize = 16;
/// How long after an era's first snapshot others join it, in microseconds.
const MOMENT: i64 = 10_000;

/// A snapshot that can be taken away from those who share it.
pub struct SharedSnapshot {
    era: Arc<Era>,
    /// Its place in the era.
    place: usize,
    taken: AtomicBool,
    /// Bytes that had been committed in this life.
    pub written: u64,
}

/// What keeps the snapshots of a moment.
struct Era {
    held: ArcSwapOption<Held>,
    /// Snapshots that were not taken away, and one more as long as others may join.
    left: AtomicUsize,
}

/// The snapshots of an era for as long as somebody reads in one. Whoever waits for its end is told when they are
/// gone, so the order of the fields matters.
#[derive(Default)]
pub struct Held {
    snapshots: [OnceLock<Box<dyn Snapshot>>; MOST],
    end: End,
}

/// The era that the next snapshot joins, when it began, and how many are in it.
#[derive(Default)]
pub struct OpenEra(Option<(Arc<Era>, i64, usize)>);

/// The end of an era, and who waits for it.
#[derive(Default)]
struct End(OnceLock<Arc<Awaited>>);

/// How many eras are still to end.
#[derive(Default)]
pub struct Awaited {
    left: Mutex<usize>,
    none: Condvar,
}

impl SharedSnapshot {
    /// A snapshot that can be shared.
    pub fn new(snapshot: Box<dyn Snapshot>) -> Arc<Self> {
        let held = Held::default();
        let _ = held.snapshots[0].set(snapshot);
        Self::only(Some(Arc::new(held)), 0, 0)
    }

    /// None: the state is in another process, and here it reads as if it had been released.
    pub fn elsewhere() -> Arc<Self> {
        Self::only(None, 0, 0)
    }

    /// One that is alone in its era.
    fn only(held: Option<Arc<Held>>, place: usize, written: u64) -> Arc<Self> {
        let era = Arc::new(Era { held: ArcSwapOption::new(held), left: AtomicUsize::new(1) });
        Arc::new(Self { era, place, taken: AtomicBool::new(false), written })
    }

    /// Reads in the snapshot; `transaction_too_old` once it was taken away.
    pub fn read<T>(&self, read: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T> {
        let held = match self.taken.load(Ordering::Acquire) {
            true => return Err(Error::new(Code::TRANSACTION_TOO_OLD)),
            false => self.era.held.load(),
        };
        match held.as_ref().and_then(|held| held.snapshots[self.place].get()) {
            Some(snapshot) => read(&**snapshot),
            None => Err(Error::new(Code::TRANSACTION_TOO_OLD)),
        }
    }

    /// The same snapshot, to be taken away from others than those who share this one.
    pub fn again(&self) -> Arc<Self> {
        Self::only(self.era.held.load_full(), self.place, self.written)
    }

    /// Takes the snapshot away. Reads that are running have it until they end. Returns what to let go of, if it was
    /// the last of its era.
    pub fn take(&self) -> Option<Arc<Held>> {
        match self.taken.swap(true, Ordering::AcqRel) {
            true => None,
            false => self.era.leave(),
        }
    }

    /// Takes the whole era away.
    pub fn end(&self) -> Option<Arc<Held>> {
        self.era.held.swap(None)
    }
}

impl Drop for SharedSnapshot {
    /// One that nobody can read in any more does not keep the others of its era.
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl Era {
    fn leave(&self) -> Option<Arc<Held>> {
        match self.left.fetch_sub(1, Ordering::AcqRel) {
            1 => self.held.swap(None),
            _ => None,
        }
    }
}

impl OpenEra {
    /// Makes a snapshot one that can be shared, when the clock says `now`. Returns an era to let go of, too: that
    /// before, if it is closed by this and all of its snapshots were taken away.
    pub fn share(
        &mut self,
        snapshot: Box<dyn Snapshot>,
        written: u64,
        now: i64,
    ) -> (Arc<SharedSnapshot>, Option<Arc<Held>>) {
        let mut over = None;
        let (era, began, place) = match self.0.take() {
            Some(open) if now - open.1 < MOMENT => open,
            before => {
                over = before.and_then(|(era, ..)| era.leave());
                let held = ArcSwapOption::from_pointee(Held::default());
                (Arc::new(Era { held, left: AtomicUsize::new(1) }), now, 0)
            }
        };
        if let Some(held) = &*era.held.load() {
            let _ = held.snapshots[place].set(snapshot);
        }
        if place + 1 < MOST {
            era.left.fetch_add(1, Ordering::AcqRel);
            self.0 = Some((era.clone(), began, place + 1));
        }
        (Arc::new(SharedSnapshot { era, place, taken: AtomicBool::new(false), written }), over)
    }

    /// Takes the era away, whoever has not yet heard of its snapshots.
    pub fn end(&mut self) -> Option<Arc<Held>> {
        self.0.take().and_then(|(era, ..)| era.held.swap(None))
    }
}

impl Held {
    /// Whether a read is using one that was taken away.
    pub fn is_busy(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(awaited) = self.0.get() {
            *awaited.lock() -= 1;
            awaited.none.notify_all();
        }
    }
}

impl Awaited {
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of what was taken away, and waits until every read in it has ended.
    pub fn end_of(taken: Vec<Arc<Held>>) {
        let awaited = Arc::new(Self::default());
        *awaited.lock() = taken.len();
        for held in taken {
            // Nobody waited for it before: it was in no other list.
            let _ = held.end.0.set(awaited.clone());
        }
        let mut left = awaited.lock();
        while *left > 0 {
            left = awaited.none.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::mpsc;

    use plinth_api::Value;

    use super::*;
    use crate::store::{Range, Skipped, Tier, Visit};

    /// A snapshot that tells of its end.
    struct Told(mpsc::Sender<usize>, usize);

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(self.1);
        }
    }

    impl Snapshot for Told {
        fn get(&self, _: Tier, _: u32, _: &[u8]) -> Result<Option<Value>> {
            Ok(Some(Value::Owned(vec![self.1 as u8])))
        }

        fn get_many(&self, _: Tier, _: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
            Ok(vec![None; keys.len()])
        }

        fn scan(&self, _: Tier, _: Range<'_>, _: &mut Visit<'_>) -> Result<Skipped> {
            Ok(Skipped::default())
        }
    }

    /// Which snapshot is read in.
    fn seen(shared: &SharedSnapshot) -> Result<usize> {
        shared.read(|snapshot| snapshot.get(Tier::Disk, 0, b"")).map(|value| usize::from(value.unwrap()[0]))
    }

    /// So many snapshots, one after the other, and who hears of their ends.
    fn some(open: &mut OpenEra, count: usize, now: i64) -> (Vec<Arc<SharedSnapshot>>, mpsc::Receiver<usize>) {
        let (tell, hear) = mpsc::channel();
        let one = |number| {
            let (shared, over) = open.share(Box::new(Told(tell.clone(), number)), 0, now);
            assert!(over.is_none());
            shared
        };
        ((0..count).map(one).collect(), hear)
    }

    #[test]
    fn each_is_taken_away_at_once_and_all_of_an_era_end_with_the_last() {
        let mut open = OpenEra::default();
        let (shared, ended) = some(&mut open, MOST + 1, 0);
        for (number, one) in shared[..MOST].iter().enumerate() {
            assert_eq!(seen(one).unwrap(), number);
            let gone = one.take();
            assert_eq!(seen(one).unwrap_err().code(), Code::TRANSACTION_TOO_OLD);
            assert_eq!(gone.is_some(), number == MOST - 1);
            assert!(one.take().is_none(), "it was taken before");
            assert!(ended.try_recv().is_err());
        }
        // What was returned last is dropped here: all but the one of the next era have ended.
        assert_eq!(ended.try_iter().count(), MOST);
        assert_eq!(seen(&shared[MOST]).unwrap(), MOST);
    }

    #[test]
    fn a_later_moment_has_an_era_of_its_own() {
        let mut open = OpenEra::default();
        let (first, ended) = some(&mut open, 2, 0);
        assert!(first[0].take().is_none() && first[1].take().is_none(), "others may join");
        let (shared, over) = open.share(Box::new(Told(mpsc::channel().0, 7)), 0, MOMENT);
        assert!(over.is_some() && !Arc::ptr_eq(&shared.era, &first[0].era));
        drop(over);
        assert_eq!((ended.try_iter().count(), seen(&shared).unwrap()), (2, 7));
    }

    #[test]
    fn one_that_nobody_has_any_more_keeps_no_era() {
        let mut open = OpenEra::default();
        let (mut shared, ended) = some(&mut open, MOST, 0);
        let first = shared.swap_remove(0);
        drop(shared);
        assert!(ended.try_recv().is_err() && seen(&first).is_ok());
        drop(first);
        assert_eq!(ended.try_iter().count(), MOST);
    }

    #[test]
    fn an_era_that_is_ended_is_ended_for_all() {
        let mut open = OpenEra::default();
        let (shared, ended) = some(&mut open, 3, 0);
        let again = shared[1].again();
        drop(open.end());
        assert!(shared.iter().all(|one| seen(one).is_err()) && ended.try_recv().is_err());
        assert_eq!(seen(&again).unwrap(), 1);
        drop(again.take());
        assert_eq!(ended.try_iter().count(), 3);
    }
}
