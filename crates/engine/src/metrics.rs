//! Counters. Each is written by the thread that does the work, and only ever read by others.
//!
//! The stages of the pipeline are timed by group: a clock is read where one ends and the next begins.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::wire::StageTimes;

/// The counters of one database.
#[derive(Default)]
pub struct Counters {
    /// Write commits acknowledged.
    pub commits: Counter,
    /// Commits refused with 1020.
    pub conflicts: Counter,
    /// Commits refused with 1007.
    pub too_old: Counter,
    /// Commits refused with 1042.
    pub refused: Counter,
    /// Log writes.
    pub groups: Counter,
    /// Log syncs.
    pub syncs: Counter,
    /// Bytes of conflict history, as of the last group.
    pub history_bytes: Counter,
    /// Nanoseconds in each stage.
    pub stages: Stages,
}

/// Nanoseconds that groups of commits spent in each stage, over all groups.
#[derive(Default)]
pub struct Stages {
    /// From the first member's call until somebody took the group.
    pub queue: Counter,
    /// Conflicts, atomic operations, the batch and the history.
    pub resolve: Counter,
    /// The log and memory.
    pub write: Counter,
    /// Syncs of the log, while other groups are in the stages before.
    pub sync: Counter,
    /// Making groups readable, and handing them over to whoever syncs.
    pub publish: Counter,
}

impl Stages {
    /// As they are now.
    pub fn times(&self) -> StageTimes {
        StageTimes {
            queue: self.queue.get(),
            resolve: self.resolve.get(),
            write: self.write.get(),
            sync: self.sync.get(),
            publish: self.publish.get(),
        }
    }
}

/// A number that can be read at any time.
#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// Adds the nanoseconds since a moment, and returns the present one.
    pub fn add_since(&self, from: Instant) -> Instant {
        let now = Instant::now();
        self.add(u64::try_from(now.saturating_duration_since(from).as_nanos()).unwrap_or(u64::MAX));
        now
    }

    /// Replaces.
    pub fn set(&self, number: u64) {
        self.0.store(number, Ordering::Relaxed);
    }

    /// Reads.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laps_add_up_to_the_whole_time() {
        let (first, second) = (Counter::default(), Counter::default());
        let began = Instant::now();
        let middle = first.add_since(began);
        let end = second.add_since(middle);
        assert_eq!(u128::from(first.get() + second.get()), (end - began).as_nanos());
        // A clock that another thread read later is no reason to count backwards.
        first.add_since(Instant::now() + std::time::Duration::from_secs(60));
        assert_eq!(u128::from(first.get() + second.get()), (end - began).as_nanos());
    }
}
