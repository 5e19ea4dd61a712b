//! Room for so many, which threads take and give back without a line that all of them write.
//!
//! Each thread has a shard with a handful of free places. One that finds none there takes the lock and fetches a
//! handful from the stock, or where that is empty too, a place of another shard. So never more are taken than there
//! are, and nobody is refused while a place lies free somewhere: places are on their way from the stock to a shard only
//! under the lock, and from a shard to the stock only while as many stay in the shard, where who has the lock finds
//! them. A place that goes from hand to hand may be missed by one who looks where it just was: so it is looked twice.
//!
//! Lock order: the lock is a leaf.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::shards::Shards;

/// Places that are fetched, and put back, at once.
const HANDFUL: usize = 64;

/// See the file's top.
pub struct Room {
    size: usize,
    handful: usize,
    shards: Shards<Shard>,
    stock: AtomicUsize,
    fetching: Mutex<()>,
}

#[derive(Default)]
struct Shard(AtomicUsize);

impl Shard {
    /// Takes a place, if there is one.
    #[inline]
    fn take(&self) -> bool {
        let mut free = self.0.load(Ordering::Relaxed);
        while free > 0 {
            match self.0.compare_exchange_weak(free, free - 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => free = now,
            }
        }
        false
    }
}

impl Room {
    /// Room for so many.
    pub fn new(size: usize) -> Self {
        let shards = Shards::default();
        Self {
            size,
            handful: (size / shards.count() / 4).clamp(1, HANDFUL),
            shards,
            stock: AtomicUsize::new(size),
            fetching: Mutex::new(()),
        }
    }

    /// Takes a place. Returns whether there was one.
    #[inline]
    pub fn take(&self) -> bool {
        self.shard().take() || self.fetch()
    }

    /// Gives a place back.
    #[inline]
    pub fn give_back(&self) {
        let free = self.shard().0.fetch_add(1, Ordering::Release) + 1;
        if free > 2 * self.handful {
            self.put_back();
        }
    }

    /// How many are taken: exactly, while nobody takes or gives back.
    pub fn taken(&self) -> usize {
        let free: usize = self.shards.iter().map(|shard| shard.0.load(Ordering::Relaxed)).sum();
        self.size.saturating_sub(free + self.stock.load(Ordering::Relaxed))
    }

    fn shard(&self) -> &Shard {
        self.shards.own()
    }

    #[cold]
    fn fetch(&self) -> bool {
        let _fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        let some = |stock: usize| (stock > 0).then(|| stock - stock.min(self.handful));
        match self.stock.fetch_update(Ordering::Acquire, Ordering::Relaxed, some) {
            Ok(stock) => {
                // One of them is the caller's.
                self.shard().0.fetch_add(stock.min(self.handful) - 1, Ordering::Release);
                true
            }
            Err(_) => self.shards.iter().chain(self.shards.iter()).any(Shard::take),
        }
    }

    #[cold]
    fn put_back(&self) {
        let rest = |free: usize| (free >= 2 * self.handful).then(|| free - self.handful);
        if self.shard().0.fetch_update(Ordering::AcqRel, Ordering::Relaxed, rest).is_ok() {
            self.stock.fetch_add(self.handful, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_places_as_were_asked_for_whoever_gives_them_back() {
        for size in [0, 1, 2, 10, 1_000, 100_000] {
            let room = Room::new(size);
            for _ in 0..3 {
                assert_eq!((0..size + 5).filter(|_| room.take()).count(), size);
                assert_eq!(room.taken(), size);
                std::thread::scope(|scope| {
                    for part in 0..3 {
                        let room = &room;
                        scope.spawn(move || (part..size).step_by(3).for_each(|_| room.give_back()));
                    }
                });
                assert_eq!(room.taken(), 0);
            }
        }
    }

    /// As many threads as places, each with one at a time: nobody is refused.
    #[test]
    fn nobody_is_refused_while_a_place_is_free() {
        for size in [1, 4, 8] {
            let room = Room::new(size);
            std::thread::scope(|scope| {
                for _ in 0..size {
                    scope.spawn(|| {
                        for _ in 0..20_000 {
                            assert!(room.take());
                            room.give_back();
                        }
                    });
                }
            });
            assert_eq!(room.taken(), 0);
        }
    }

    #[test]
    fn never_are_more_taken_than_there_are() {
        let (room, inside) = (Room::new(5), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    for _ in 0..5_000 {
                        if room.take() {
                            assert!(inside.fetch_add(1, Ordering::SeqCst) < 5);
                            std::hint::spin_loop();
                            inside.fetch_sub(1, Ordering::SeqCst);
                            room.give_back();
                        }
                    }
                });
            }
        });
        assert_eq!(room.taken(), 0);
    }
}
