//! Counters. Each is written by the thread that does the work, and only ever read by others.
//!
//! Those of the pipeline are here; those of transactions are in `operations`. The stages of the pipeline are
//! timed by group: a clock is read where one ends and the next begins. All that a page of metrics tells is named
//! in `catalogue`, put together in `page`, and from there become text or a part of the status.

mod catalogue;
mod collect;
mod histogram;
mod operations;
mod page;
pub mod sampling;
mod status;

use std::sync::atomic::{AtomicU64, Ordering};

pub use catalogue::Family;
pub use collect::{AskVisitors, Facts, Visitors};
pub use histogram::Histogram;
pub use operations::{Done, Failing, Operation, Operations, Tally};
pub use page::Page;

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
    /// Bytes that commits wrote to the log.
    pub written: Counter,
    /// Log writes.
    pub groups: Counter,
    /// Log syncs.
    pub syncs: Counter,
    /// Bytes of conflict history, as of the last group.
    pub history_bytes: Counter,
    /// Times the conflict history was dropped because it had outgrown its share of the memory budget.
    pub forgotten: Counter,
    /// Why commits failed.
    pub causes: Causes,
    /// How long each stage took.
    pub stages: Stages,
}

/// Why commits failed, where one error has several causes.
#[derive(Default)]
pub struct Causes {
    /// 1020: a key that was read was written.
    pub point: Counter,
    /// 1020: a key was written in a range that was read.
    pub range: Counter,
    /// 1007: the read version had left the window.
    pub window: Counter,
    /// 1007: the conflict history was dropped, because it had become too large or the database was opened since.
    pub history: Counter,
    /// 1042: the queue was full.
    pub queue: Counter,
    /// 1042: flushes and compactions did not keep up.
    pub disk: Counter,
}

/// How long groups of commits were in each stage.
#[derive(Default)]
pub struct Stages {
    /// From the first member's call until somebody took the group.
    pub queue: Histogram,
    /// Conflicts, atomic operations, the batch and the history.
    pub resolve: Histogram,
    /// The log and memory.
    pub write: Histogram,
    /// Syncs of the log, while other groups are in the stages before.
    pub sync: Histogram,
    /// Making groups readable, and handing them over to whoever syncs.
    pub publish: Histogram,
}

impl Stages {
    /// Nanoseconds in each.
    pub fn times(&self) -> StageTimes {
        StageTimes {
            queue: self.queue.sum(),
            resolve: self.resolve.sum(),
            write: self.write.sum(),
            sync: self.sync.sum(),
            publish: self.publish.sum(),
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

    /// Replaces.
    pub fn set(&self, number: u64) {
        self.0.store(number, Ordering::Relaxed);
    }

    /// Reads.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
