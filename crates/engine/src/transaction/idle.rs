//! Transactions that have ended, for those that begin.
//!
//! One that begins again has the memory that it needs, and refers to its database as before: it takes no memory and
//! writes no line that other threads write. A shard for each core at most keeps a few of them; a thread always uses
//! the same. They refer to the database and the database to them, so a close lets go of all, and none is kept after it.
//!
//! Who begins or ends one does not wait for the lock of a shard: who has it may have been put to sleep, and many threads
//! share one. Lock order: it is a leaf. Nothing is freed under it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Transaction;
use crate::shards::Shards;

/// Transactions in each of them, at most.
const MOST: usize = 32;

/// See the file's top.
#[derive(Default)]
pub struct Idle(Shards<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    transactions: Vec<Arc<Transaction>>,
    closed: bool,
}

impl Idle {
    /// What the calling thread uses, if nobody else does at the moment.
    fn own(&self) -> Option<MutexGuard<'_, Kept>> {
        self.0.own().try_lock().ok()
    }

    /// One that has ended, if there is one.
    pub fn take(&self) -> Option<Arc<Transaction>> {
        self.own()?.transactions.pop()
    }

    /// Keeps one that has ended, if there is room.
    pub fn keep(&self, transaction: Arc<Transaction>) {
        match self.own() {
            Some(mut kept) if !kept.closed && kept.transactions.len() < MOST => kept.transactions.push(transaction),
            kept => {
                drop(kept);
                drop(transaction);
            }
        }
    }

    /// Lets go of all, and keeps none from now on.
    pub fn close(&self) {
        for shard in self.0.iter() {
            let mut kept = shard.lock().unwrap_or_else(PoisonError::into_inner);
            kept.closed = true;
            let gone = std::mem::take(&mut kept.transactions);
            drop(kept);
            drop(gone);
        }
    }
}
