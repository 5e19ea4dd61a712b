//! Counters. Each is written by the thread that does the work, and only ever read by others.

use std::sync::atomic::{AtomicU64, Ordering};

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
