//! The messages: what a guest asks, what a host answers, and what it tells unasked.

use plinth_api::{Code, DatabaseOptions, Error};
use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;

use super::{Commit, Hit};
use crate::metrics::Facts;
use crate::roll::Roll;
use crate::upkeep::task::{Finished, Task};
use crate::watch::Seen;

/// What a frame has beside the parts of a transaction.
const BESIDE_PARTS: u64 = 1 << 20;
/// Every host takes frames of this length.
const LEAST_FRAME: u64 = 2 << 20;

/// What a guest asks of its host.
#[derive(Debug, Serialize, Deserialize)]
pub enum Ask<'a> {
    /// The newest version: [`Answer::Version`]. This, and whatever else asks for it by leaving the version out, fails
    /// with 1038 while the database is locked.
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
    /// What there is to tell of the database: [`Answer::Facts`].
    Inspect,
    /// Holds the newest state until the guest goes or gives it back: [`Answer::Held`].
    Hold,
    /// The pairs with `begin <= key < end` in a state that is held, as [`Ask::Scan`] tells: [`Answer::Rows`].
    ReadHeld {
        held: u64,
        keyspace: u32,
        #[serde(borrow, with = "serde_bytes")]
        begin: &'a [u8],
        #[serde(borrow, with = "serde_bytes")]
        end: &'a [u8],
        reverse: bool,
        rows: u32,
        bytes: u32,
    },
    /// Gives it back, if there is one of that number: [`Answer::Done`].
    GiveBack { held: u64 },
    /// Has versions go on above one: [`Answer::Done`].
    RaiseVersion { above: i64 },
    /// Begins a task of upkeep, of which there is one at a time for each guest: [`Answer::Done`].
    Upkeep { task: Task },
    /// How far it is: [`Answer::Upkeep`], or [`Answer::Failed`] with what it failed with; after that it is forgotten.
    UpkeepNow { cancel: bool },
    /// Lets go of versions up to this one: [`Answer::Size`], how many they were.
    Expire { version: i64 },
    /// Notes what commits write until the guest goes or ends it: [`Answer::Tracking`].
    TrackChanges { most_ranges: u64 },
    /// What was written since the last take, or with `go_on` the next piece of it: [`Answer::Changed`].
    TakeChanges { tracker: u64, go_on: bool },
    /// Ends it, if there is one of that number: [`Answer::Done`].
    EndTracking { tracker: u64 },
    /// The newest version for one who is aware of a lock: [`Answer::Version`].
    LatestEvenLocked,
    /// The live transactions of the database, wherever they are, or the end of one: [`Answer::Roll`].
    Who { expire: Option<[u8; 16]> },
    /// What [`Notice::Who`] asked for: [`Answer::Done`].
    Here { question: u64, roll: Roll },
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
    /// What there is to tell.
    Facts(Box<Facts>),
    /// A state is held: its number, its version, and the numbers and names of its keyspaces, the default one
    /// first.
    Held {
        held: u64,
        version: i64,
        #[serde(borrow)]
        keyspaces: Vec<(u32, &'a str)>,
    },
    /// How many bytes of how many are done, and what came of it in the end.
    Upkeep { done: u64, total: u64, finished: Option<Finished> },
    /// A tracker was begun: its number.
    Tracking { tracker: u64 },
    /// What was written up to a version: ranges of keyspaces, and whether there are more.
    Changed {
        version: i64,
        catalogue: bool,
        more: bool,
        #[serde(borrow)]
        ranges: Vec<Span<'a>>,
    },
    /// The transactions.
    Roll(Roll),
}

/// Keys of a keyspace: its number, the first one, and the first one behind.
pub type Span<'a> = (u32, &'a Bytes, &'a Bytes);

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
    /// Asks for the live transactions of the guest's handle, or has one of them expired: [`Ask::Here`].
    Who { question: u64, expire: Option<[u8; 16]> },
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
    /// For each of these, in their order, the version that wrote there, and the id of its transaction if it is
    /// known.
    pub winners: Vec<(i64, Option<[u8; 16]>)>,
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
    pub held_states: u64,
    pub latest_version: i64,
    pub guests: u64,
    pub stages: StageTimes,
    pub oldest_version: i64,
    pub oldest_age_ms: u64,
    pub retained_bytes: u64,
    pub retained_by: u64,
    pub let_go: u64,
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
