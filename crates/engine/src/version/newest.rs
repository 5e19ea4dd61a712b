//! The newest version, which many threads take at the same time.
//!
//! Whoever takes it counts in it, so threads that read in the same version for long would all write one line. Therefore
//! there are a few copies beside it, one for each core at most, with a count of their own; a thread always uses the
//! same. A copy is made for who takes a version for the second time: where each version is taken once, as by one
//! that writes all the time, there is none.
//!
//! A copy that is not of the newest version is given to nobody. The number of that changes under the same lock as the
//! version itself: once one thread was given a version, no other is given an older one (rule VER-4).
//!
//! Nobody waits for the lock of a copy: who has it may have been put to sleep, and many threads share one. It is
//! never held together with that of the newest version.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::ReadPoint;
use crate::shards::Shards;

/// See the file's top.
pub struct Newest {
    point: RwLock<Arc<ReadPoint>>,
    version: AtomicI64,
    copies: Shards<Copy>,
}

#[derive(Default)]
struct Copy {
    /// The newest version that was taken here.
    taken: AtomicI64,
    point: RwLock<Option<Arc<ReadPoint>>>,
}

impl Newest {
    /// Begins with a version.
    pub fn new(point: Arc<ReadPoint>) -> Self {
        let version = AtomicI64::new(point.version);
        Self { point: RwLock::new(point), version, copies: Shards::default() }
    }

    /// Replaces it by one with a higher number.
    pub fn set(&self, point: Arc<ReadPoint>) {
        let mut newest = self.point.write().unwrap_or_else(PoisonError::into_inner);
        self.version.store(point.version, Ordering::Release);
        let before = std::mem::replace(&mut *newest, point);
        drop(newest);
        // Freed without the lock.
        drop(before);
    }

    /// The newest version.
    pub fn get(&self) -> Arc<ReadPoint> {
        let version = self.version.load(Ordering::Acquire);
        let copy = self.copies.own();
        if copy.taken.load(Ordering::Relaxed) == version {
            return self.copied(copy, version);
        }
        copy.taken.store(version, Ordering::Relaxed);
        self.point()
    }

    fn point(&self) -> Arc<ReadPoint> {
        self.point.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// That of a copy, which is made if it is not of this version.
    fn copied(&self, copy: &Copy, version: i64) -> Arc<ReadPoint> {
        if let Ok(own) = copy.point.try_read() {
            if let Some(point) = own.as_ref().filter(|point| point.version == version) {
                return point.clone();
            }
        }
        let newest = self.point();
        let Ok(mut own) = copy.point.try_write() else {
            return newest;
        };
        let point = Arc::new(ReadPoint { version: newest.version, snapshot: newest.snapshot.clone() });
        let before = own.replace(point.clone());
        drop(own);
        // Freed without the lock.
        drop(before);
        point
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_version_that_is_taken_again_is_copied_and_a_newer_one_is_seen_at_once() {
        let newest = Newest::new(ReadPoint::elsewhere(1));
        let first = newest.get();
        let (second, third) = (newest.get(), newest.get());
        assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &third));
        assert!(Arc::ptr_eq(&first.snapshot, &second.snapshot));
        for version in 2..10 {
            newest.set(ReadPoint::elsewhere(version));
            assert_eq!([newest.get().version, newest.get().version, newest.get().version], [version; 3]);
        }
    }

    /// Rule VER-4, also for versions that one thread was given while they were being set.
    #[test]
    fn once_one_was_given_a_version_nobody_gets_an_older_one() {
        let (newest, given) = (Newest::new(ReadPoint::elsewhere(0)), AtomicI64::new(0));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        let known = given.load(Ordering::SeqCst);
                        let version = newest.get().version;
                        assert!(version >= known, "{version} after {known}");
                        given.fetch_max(version, Ordering::SeqCst);
                    }
                });
            }
            for version in 1..200_000 {
                newest.set(ReadPoint::elsewhere(version));
                given.fetch_max(version, Ordering::SeqCst);
            }
            over.store(true, Ordering::Relaxed);
        });
    }
}
