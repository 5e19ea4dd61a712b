//! An answer that has left the frame it came in: every byte is copied once, by the thread that reads.

use std::sync::Arc;

use plinth_api::{Error, Result, Value};

use crate::commit::Committed;
use crate::conflict::ConflictSet;
use crate::wire::{broken, sets_of, Answer, Counts, Row};

/// What a host answered.
pub enum Reply {
    /// It is done.
    Done,
    /// A version.
    Version(i64),
    /// The version a value was read at, and the value.
    Value(i64, Option<Value>),
    /// Pairs.
    Rows(Piece),
    /// A number of bytes.
    Size(u64),
    /// A commit took effect.
    Committed(Committed),
    /// The number of a keyspace.
    Keyspace(Option<u32>),
    /// Names.
    Keyspaces(Vec<Arc<str>>),
    /// Counters.
    Counts(Box<Counts>),
    /// It failed.
    Failed(Box<Failed>),
}

/// Why a call failed on the host.
pub struct Failed {
    /// The error.
    pub error: Error,
    /// The read conflict ranges that were hit.
    pub hits: Vec<(u32, ConflictSet)>,
}

/// Some pairs of a range, as they came: nothing of it has been checked.
pub struct Piece {
    /// The version they were read at.
    pub version: i64,
    /// Keys and values, one after the other.
    pub bytes: Vec<u8>,
    /// Their lengths.
    pub rows: Vec<Row>,
    /// Whether there may be more.
    pub more: bool,
}

impl Reply {
    /// Copies an answer. Fails with 9001 if it makes no sense.
    pub fn of(answer: Answer<'_>) -> Result<Self> {
        if let Answer::Version(version)
        | Answer::Value { version, .. }
        | Answer::Rows { version, .. }
        | Answer::Committed { version, .. } = answer
        {
            if version <= 0 {
                return Err(broken(format!("version {version}")));
            }
        }
        Ok(match answer {
            Answer::Done => Self::Done,
            Answer::Version(version) => Self::Version(version),
            Answer::Value { version, value } => Self::Value(version, value.map(|value| Value::Owned(value.to_vec()))),
            Answer::Rows { version, bytes, rows, more } => {
                Self::Rows(Piece { version, bytes: bytes.to_vec(), rows, more })
            }
            Answer::Size(bytes) => Self::Size(bytes),
            Answer::Committed { version, order } => Self::Committed(Committed { version, order }),
            Answer::Keyspace(id) => Self::Keyspace(id),
            Answer::Keyspaces(names) => Self::Keyspaces(names.into_iter().map(Arc::from).collect()),
            Answer::Counts(counts) => Self::Counts(Box::new(counts)),
            Answer::Failed(failure) => {
                Self::Failed(Box::new(Failed { error: failure.error(), hits: sets_of(&failure.hits)? }))
            }
        })
    }
}
