//! What was done for the transactions of one caller: how often, how it failed, and how long it took.
//!
//! A transaction counts what it does in a [`Tally`] of its own, under the lock that it has anyway, and hands that
//! in when it commits, is reset or ends: so a read writes no line that other reads write. The counts themselves
//! are in shards, one for each core at most.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use plinth_api::{Code, Value};
use serde::{Deserialize, Serialize};

use super::histogram::{Durations, Histogram};
use crate::shards::Shards;

macro_rules! operations {
    ($($name:ident $text:literal),+ $(,)?) => {
        /// What a transaction does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub enum Operation { $(#[doc = $text] $name),+ }

        impl Operation {
            /// All of them, in order.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$name),+];
            /// How many there are.
            pub const COUNT: usize = [$($text),+].len();

            /// The value of the label.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

// Those that are timed come first.
operations! {
    Begin "begin", ReadVersion "read_version", Get "get", SnapshotGet "snapshot_get", GetMany "get_many",
    GetKey "get_key", GetRange "get_range", GetMappedRange "get_mapped_range", CommitSync "commit_sync",
    CommitBuffered "commit_buffered", OnError "on_error",
    CommitReadOnly "commit_read_only", Watch "watch", Set "set", Clear "clear", ClearRange "clear_range",
    AtomicOp "atomic_op",
}

/// How many operations are timed.
const TIMED: usize = Operation::OnError as usize + 1;

impl Operation {
    /// The read of a key.
    pub fn get(snapshot: bool) -> Self {
        if snapshot {
            Self::SnapshotGet
        } else {
            Self::Get
        }
    }

    /// A commit that writes.
    pub fn commit(sync: bool) -> Self {
        if sync {
            Self::CommitSync
        } else {
            Self::CommitBuffered
        }
    }
}

/// In what something failed, or was tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Failing {
    /// Reads.
    Read,
    /// Commits.
    Commit,
    /// Retries that `on_error` allowed.
    Retry,
}

/// The errors that are counted one by one. All others are the last.
pub const CODES: [i32; 26] = [
    1007, 1009, 1020, 1021, 1025, 1031, 1036, 1037, 1039, 1042, 1101, 1510, 1522, 2003, 2015, 2101, 2102, 2103, 4100,
    9003, 9004, 9010, 9013, 9017, 9022, 0,
];

/// What a transaction has done and not handed in yet.
#[derive(Clone, Debug)]
pub struct Tally {
    counts: [u32; Operation::COUNT],
    /// Bytes of keys and values that were read from the database.
    pub bytes: u64,
    /// Pairs that ranges returned, and keys that were found.
    pub pairs: u64,
}

/// The counts of one caller.
#[derive(Default)]
pub struct Operations {
    shards: Shards<Counts>,
    failed: [[AtomicU64; CODES.len()]; 3],
}

#[derive(Default)]
struct Counts {
    counts: [AtomicU64; Operation::COUNT],
    bytes: AtomicU64,
    pairs: AtomicU64,
    times: [Histogram; TIMED],
}

/// What they were at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// By operation.
    pub counts: Vec<u64>,
    /// By operation, of those that are timed.
    pub times: Vec<Durations>,
    /// By kind and code.
    pub failed: [Vec<u64>; 3],
    /// Bytes that were read.
    pub bytes: u64,
    /// Pairs that were read.
    pub pairs: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { counts: [0; Operation::COUNT], bytes: 0, pairs: 0 }
    }
}

impl Tally {
    /// Of a transaction that has begun.
    pub fn begun() -> Self {
        let mut tally = Self::default();
        tally.count(Operation::Begin);
        tally
    }

    /// Counts an operation.
    #[inline]
    pub fn count(&mut self, operation: Operation) {
        let count = &mut self.counts[operation as usize];
        *count = count.saturating_add(1);
    }

    /// Counts what the read of a key has found.
    #[inline]
    pub fn read_key(&mut self, key: &[u8], value: &Option<Value>) {
        if let Some(value) = value {
            self.read(1, key.len() + value.len());
        }
    }

    /// Counts what a read has found.
    #[inline]
    pub fn read(&mut self, pairs: usize, bytes: usize) {
        self.pairs += pairs as u64;
        self.bytes += bytes as u64;
    }
}

impl Operations {
    /// Adds what a transaction has done.
    pub fn hand_in(&self, tally: &mut Tally) {
        let shard = self.shards.own();
        for (all, count) in shard.counts.iter().zip(&mut tally.counts) {
            if *count > 0 {
                all.fetch_add(u64::from(std::mem::take(count)), Ordering::Relaxed);
            }
        }
        if tally.pairs > 0 {
            shard.pairs.fetch_add(std::mem::take(&mut tally.pairs), Ordering::Relaxed);
            shard.bytes.fetch_add(std::mem::take(&mut tally.bytes), Ordering::Relaxed);
        }
    }

    /// Counts an operation that belongs to no transaction here.
    pub fn count(&self, operation: Operation) {
        self.shards.own().counts[operation as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Notes how long an operation took.
    #[cold]
    pub fn took(&self, operation: Operation, began: Instant) {
        if let Some(times) = self.shards.own().times.get(operation as usize) {
            times.record_since(began);
        }
    }

    /// Counts a failure.
    #[cold]
    pub fn failed(&self, what: Failing, code: Code) {
        let at = CODES.iter().position(|known| *known == code.number()).unwrap_or(CODES.len() - 1);
        self.failed[what as usize][at].fetch_add(1, Ordering::Relaxed);
    }

    /// What was done so far.
    pub fn done(&self) -> Done {
        let mut done = Done {
            counts: vec![0; Operation::COUNT],
            times: vec![Durations::default(); TIMED],
            failed: self.failed.each_ref().map(|codes| codes.iter().map(read).collect()),
            ..Done::default()
        };
        for shard in self.shards.iter() {
            done.counts.iter_mut().zip(&shard.counts).for_each(|(all, count)| *all += read(count));
            done.times.iter_mut().zip(&shard.times).for_each(|(all, times)| times.add_to(all));
            done.bytes += read(&shard.bytes);
            done.pairs += read(&shard.pairs);
        }
        done.times.iter_mut().for_each(Durations::trim);
        done
    }
}

impl Done {
    /// How often an operation was done.
    pub fn count(&self, operation: Operation) -> u64 {
        self.counts.get(operation as usize).copied().unwrap_or(0)
    }
}

fn read(number: &AtomicU64) -> u64 {
    number.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_threads_hand_in_is_all_there() {
        let operations = Operations::default();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let mut tally = Tally::begun();
                        tally.count(Operation::AtomicOp);
                        tally.read(3, 10);
                        operations.hand_in(&mut tally);
                        operations.hand_in(&mut tally);
                        operations.took(Operation::OnError, Instant::now());
                        operations.took(Operation::Set, Instant::now());
                        operations.failed(Failing::Commit, Code::NOT_COMMITTED);
                        operations.failed(Failing::Retry, Code::from_number(1234));
                    }
                });
            }
        });
        let done = operations.done();
        assert_eq!(done.count(Operation::Begin), 1_600);
        assert_eq!(done.count(Operation::AtomicOp), 1_600);
        assert_eq!(done.count(Operation::Get), 0);
        assert_eq!((done.pairs, done.bytes), (4_800, 16_000));
        let counts: Vec<u64> = done.times.iter().map(Durations::count).collect();
        assert_eq!((counts.iter().sum::<u64>(), counts[Operation::OnError as usize]), (1_600, 1_600));
        assert_eq!(done.failed[Failing::Commit as usize][2], 1_600);
        assert_eq!(done.failed[Failing::Retry as usize].last(), Some(&1_600));
    }
}
