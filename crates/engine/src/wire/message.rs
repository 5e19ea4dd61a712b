//! The messages: what a guest asks, what a host answers, and what it tells unasked.

use plinth_api::{Code, DatabaseOptions, Error};
use serde::{Deserialize, Serialize};

use super::{Commit, Hit};
use crate::watch::Seen;

/// What a frame has beside the parts of a transaction.
const BESIDE_PARTS: u64 = 1 << 20;
/// Every host takes frames of this length.
const LEAST_FRAME: u64 = 2 << 20;

/// What a guest asks of its host.
#[derive(Debug, Serialize, Deserialize)]
pub enum Ask<'a> {
    /// The newest version: [`Answer::Version`].
    Latest,
    /// Whether a version can be read: [`Answer::Version`] with the same one. `wait` is for up to a
    /// second if it lies in the future.
    At { version: i64, wait: bool },
    /// A key: [`Answer::Value`]. Without a version, the newest one.
    Get {
        version: Option<i64>,
        keyspace: u32,
        #[serde(borrow, with = "serde_bytes")]
        key: &'a [u8],
    },
    /// The pairs with `begin <= key < end`: [`Answer::Rows`], which ends after about so many pairs
    /// or bytes, whichever comes first. The host may end it sooner, but not before the first pair.
    Scan {
        version: Option<i64>,
        keyspace: u32,
        #[serde(borrow, with = "serde_bytes")]
        begin: &'a [u8],
        #[serde(borrow, with = "serde_bytes")]
        end: &'a [u8],
        reverse: bool,
        rows: u32,
        bytes: u32,
    },
    /// About how many bytes are stored in a range: [`Answer::Size`].
    Estimate {
        keyspace: u32,
        #[serde(borrow, with = "serde_bytes")]
        begin: &'a [u8],
        #[serde(borrow, with = "serde_bytes")]
        end: &'a [u8],
    },
    /// A commit: [`Answer::Committed`], or [`Answer::Failed`] with what it conflicted with.
    Commit(#[serde(borrow)] Commit<'a>),
    /// Waits for another value than the one seen: [`Answer::Done`] at once, [`Notice::Fired`] later.
    /// The guest chooses the number, which none of its watches has.
    Watch {
        watch: u64,
        keyspace: u32,
        #[serde(borrow, with = "serde_bytes")]
        key: &'a [u8],
        seen: Seen,
    },
    /// Forgets a watch, if there is one of that number: [`Answer::Done`].
    Unwatch { watch: u64 },
    /// Opens a keyspace, and creates it if it is missing and `create` is set: [`Answer::Keyspace`].
    Keyspace { name: &'a str, create: bool },
    /// The names of all keyspaces: [`Answer::Keyspaces`].
    Keyspaces,
    /// Removes a keyspace: [`Answer::Done`].
    DropKeyspace { name: &'a str },
    /// Makes what was acknowledged durable: [`Answer::Done`].
    Sync,
    /// The counters of the database: [`Answer::Counts`].
    Count,
    /// The guest asks nothing more. No answer; the host ends the connection when it has answered
    /// everything else.
    Bye,
    /// Keys, one at least: [`Answer::Values`]. Together they have [`super::MOST_ASKED`] bytes at most, as
    /// they are sent, but for the last one.
    GetMany {
        version: i64,
        keyspace: u32,
        /// See [`super::Parts`].
        #[serde(borrow, with = "serde_bytes")]
        keys: &'a [u8],
    },
}

/// What a host answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer<'a> {
    /// It is done.
    Done,
    /// A version.
    Version(i64),
    /// A value, and the version it was read at.
    Value {
        version: i64,
        #[serde(borrow, with = "serde_bytes")]
        value: Option<&'a [u8]>,
    },
    /// Pairs, and the version they were read at.
    Rows {
        version: i64,
        /// Whether there may be more.
        more: bool,
        /// See [`super::Pairs`]. They come last, so that they can be where they are sent from before the
        /// rest is known.
        #[serde(borrow, with = "serde_bytes")]
        pairs: &'a [u8],
    },
    /// A number of bytes.
    Size(u64),
    /// The commit took effect: its version, and its place among the commits of that version.
    Committed { version: i64, order: u16 },
    /// The number of a keyspace, if it is there.
    Keyspace(Option<u32>),
    /// Names, the default keyspace's first.
    Keyspaces(#[serde(borrow)] Vec<&'a str>),
    /// Counters.
    Counts(Counts),
    /// It failed.
    Failed(#[serde(borrow)] Failure<'a>),
    /// The values of the first keys that were asked for, one at least: the host ends it where it has become
    /// long. Each is there or not.
    Values {
        version: i64,
        /// See [`super::Parts`].
        #[serde(borrow, with = "serde_bytes")]
        values: &'a [u8],
    },
}

/// What a host tells unasked.
#[derive(Debug, Serialize, Deserialize)]
pub enum Notice<'a> {
    /// The first message: what holds on this host.
    Welcome(Limits),
    /// A watch has ended: it fired, or failed.
    Fired {
        watch: u64,
        #[serde(borrow)]
        failure: Option<Failure<'a>>,
    },
    /// A keyspace is no more.
    Dropped { keyspace: u32 },
    /// The host is about to end. What was asked will be answered; the guest asks nothing more but
    /// says [`Ask::Bye`].
    Leaving,
}

/// An error.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure<'a> {
    /// Its number.
    pub code: i32,
    /// Its story; empty if there is none.
    pub story: &'a str,
    /// The read conflict ranges that were hit, if the commit asked for them.
    #[serde(borrow)]
    pub hits: Vec<Hit<'a>>,
}

/// Limits of a host, in bytes and microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The longest key.
    pub key_size: u64,
    /// The longest value.
    pub value_size: u64,
    /// The largest transaction.
    pub transaction_size: u64,
    /// How long a read version can be read.
    pub window: u64,
    /// The longest frame that the host takes, without its length.
    pub frame: u64,
    /// The process that hosts.
    pub pid: u32,
}

/// Nanoseconds in each stage of a host's pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTimes {
    pub queue: u64,
    pub resolve: u64,
    pub write: u64,
    pub sync: u64,
    pub publish: u64,
}

/// Counters of a host's database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub commits: u64,
    pub conflicts: u64,
    pub too_old: u64,
    pub refused: u64,
    pub groups: u64,
    pub syncs: u64,
    pub watches: u64,
    pub conflict_history_bytes: u64,
    pub retained_versions: u64,
    pub latest_version: i64,
    pub guests: u64,
    pub stages: StageTimes,
}

impl Limits {
    /// Those of a host that has a database open with these options.
    pub fn of(options: &DatabaseOptions) -> Self {
        let transaction_size = u64::try_from(options.transaction.size_limit).unwrap_or(0);
        Self {
            key_size: options.key_size_limit as u64,
            value_size: options.value_size_limit as u64,
            transaction_size,
            window: u64::try_from(options.window.as_micros()).unwrap_or(u64::MAX),
            frame: (3 * transaction_size + BESIDE_PARTS).max(LEAST_FRAME),
            pid: std::process::id(),
        }
    }
}

impl Failure<'_> {
    /// The error that it tells. A number that is no error's is a defect of the host.
    pub fn error(&self) -> Error {
        let code = Some(Code::from_number(self.code)).filter(|code| code.is_known() && *code != Code::SUCCESS);
        let error = Error::new(code.unwrap_or(Code::INTERNAL_ERROR));
        match self.story {
            "" => error,
            story => error.context(story.to_owned()),
        }
    }
}
