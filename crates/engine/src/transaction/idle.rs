//! Transactions that have ended, for those that begin.
//!
//! One that begins again has the memory that it needs, and refers to its database as before: it takes no memory and
//! writes no line that other threads write. A shard for each core at most keeps a few of them; a thread always uses
//! the same. They refer to the database and the database to them, so a close lets go of all, and none is kept after it.
//!
//! Lock order: the lock of a shard is a leaf. Nothing is freed under it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Transaction;
use crate::metrics::sampling;

/// Shards at most.
const MOST_SHARDS: usize = 64;
/// Transactions in each of them, at most.
const MOST: usize = 32;

/// See the file's top.
pub struct Idle(Box<[Shard]>);

/// Aligned to what processors fetch at once: two lines.
#[repr(align(128))]
#[derive(Default)]
struct Shard(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    transactions: Vec<Arc<Transaction>>,
    closed: bool,
}

impl Default for Idle {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shards = cores.next_power_of_two().min(MOST_SHARDS);
        Self((0..shards).map(|_| Shard::default()).collect())
    }
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    fn own(&self) -> MutexGuard<'_, Kept> {
        self.0[sampling::thread() & (self.0.len() - 1)].lock()
    }

    /// One that has ended, if there is one.
    pub fn take(&self) -> Option<Arc<Transaction>> {
        self.own().transactions.pop()
    }

    /// Keeps one that has ended, if there is room.
    pub fn keep(&self, transaction: Arc<Transaction>) {
        let mut kept = self.own();
        if kept.closed || kept.transactions.len() >= MOST {
            drop(kept);
            return drop(transaction);
        }
        kept.transactions.push(transaction);
    }

    /// Lets go of all, and keeps none from now on.
    pub fn close(&self) {
        for shard in &self.0 {
            let mut kept = shard.lock();
            kept.closed = true;
            let gone = std::mem::take(&mut kept.transactions);
            drop(kept);
            drop(gone);
        }
    }
}
