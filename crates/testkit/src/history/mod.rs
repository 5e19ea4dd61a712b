//! Many threads at work on one database, in one process or in several, and a record of all they asked
//! and were told.

mod record;

use std::time::Duration;

use plinth_api::Code;
use serde::{Deserialize, Serialize};

use crate::call::{Answer, Call};
use crate::remote;

pub use record::{last_look, record, take_part};

/// The keyspaces: two that are worked on, and one for marks.
pub(crate) const KEYSPACES: [&str; 3] = ["default", "second", "marks"];
/// The place of the one for marks.
pub(crate) const MARKS: usize = 2;

/// What a process tells: a transaction that is about to commit, with an outcome that is unknown, or one
/// that has ended.
pub type Event = Attempt;

/// How much work, and of which kind.
#[derive(Clone, Debug)]
pub struct Load {
    /// The seed of all random choices; the threads' timing is not part of it.
    pub seed: u64,
    /// How many threads.
    pub threads: usize,
    /// How many transactions each begins.
    pub transactions: usize,
    /// How many different keys there are in each keyspace.
    pub keys: usize,
    /// How many keys a range spans at most, in most cases; `None` for ranges of all lengths.
    pub reach: Option<usize>,
    /// Whether commits choose their durability at random.
    pub mixed_durability: bool,
    /// How long it takes at least, for a history that outlasts the window: there are pauses between the
    /// transactions, some read at versions of any age, and 1007 and other errors after which a
    /// transaction is tried again are lived with.
    pub lasting: Option<Duration>,
}

impl Load {
    /// So many threads that begin so many transactions each, over so many keys.
    pub fn new(seed: u64, threads: usize, transactions: usize, keys: usize) -> Self {
        Self { seed, threads, transactions, keys, reach: None, mixed_durability: false, lasting: None }
    }
}

/// Everything that was asked and answered.
pub struct History {
    /// A version before the first commit.
    pub first_version: i64,
    /// All transactions.
    pub attempts: Vec<Attempt>,
    /// Whether they were made by several processes, any of which may have been killed.
    pub in_parts: bool,
    /// Whether it took longer than the window, so that transactions may have become too old.
    pub outlasts: bool,
}

/// One transaction. Times are those of [`crate::clock::now`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// Who ran it, for people: thread and number.
    pub name: String,
    /// The newest commit version that was acknowledged before the read version was asked for.
    pub acknowledged: i64,
    /// When that was.
    pub asked: u64,
    /// Its read version, if it needed one.
    pub read_version: Option<i64>,
    /// Whether the read version was chosen by the caller.
    pub by_hand: bool,
    /// When the read version was known.
    pub version_known: u64,
    /// Its calls and their answers.
    pub steps: Vec<(Call, Answer)>,
    /// Its commit, if it came to that.
    pub commit: Option<CommitRecord>,
}

/// A call of `commit`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommitRecord {
    /// When it was called.
    pub started: u64,
    /// When it returned; never if its process was killed.
    pub returned: u64,
    /// The newest commit version that was acknowledged before it was called.
    pub acknowledged: i64,
    /// What came of it.
    pub outcome: Outcome,
    /// The versionstamp, if it committed writes.
    pub stamp: Option<[u8; 10]>,
}

/// What came of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Success at this version; -1 if it wrote nothing.
    Committed(i64),
    /// An error.
    Failed(#[serde(with = "remote::code")] Code),
    /// The process was killed before it knew.
    Unknown,
}

impl Attempt {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            acknowledged: 0,
            asked: 0,
            read_version: None,
            by_hand: false,
            version_known: 0,
            steps: Vec::new(),
            commit: None,
        }
    }

    /// The commit version, if it committed writes.
    pub fn committed(&self) -> Option<i64> {
        match self.commit.as_ref()?.outcome {
            Outcome::Committed(version) if version != -1 => Some(version),
            _ => None,
        }
    }
}
