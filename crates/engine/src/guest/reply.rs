//! An answer that has left the frame it came in: every byte is copied once, by the thread that reads; but
//! pairs that came in bytes of their own are taken with them.

use std::sync::Arc;

use plinth_api::{Error, Result, Value};

use crate::commit::Committed;
use crate::conflict::ConflictSet;
use crate::wire::{broken, parse, sets_of, Answer, Counts, Message, Parts, Tail};

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
    /// The version values were read at, and the values.
    Values(i64, Vec<Option<Value>>),
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
    /// The pairs, in the bytes they came in.
    pub pairs: Tail,
    /// Whether there may be more.
    pub more: bool,
}

impl Reply {
    /// The answer that a message is. Fails with 9001 if it makes no sense.
    pub fn of(message: Message<'_>) -> Result<Self> {
        let answer = parse::<Answer<'_>>(&message)?;
        if let Answer::Version(version)
        | Answer::Value { version, .. }
        | Answer::Rows { version, .. }
        | Answer::Values { version, .. }
        | Answer::Committed { version, .. } = answer
        {
            if version <= 0 {
                return Err(broken(format!("version {version}")));
            }
        }
        if let Answer::Rows { version, more, pairs } = answer {
            let length = pairs.len();
            return Ok(Self::Rows(Piece { version, pairs: message.into_tail(length), more }));
        }
        Ok(match answer {
            Answer::Done => Self::Done,
            Answer::Version(version) => Self::Version(version),
            Answer::Value { version, value } => Self::Value(version, value.map(|value| Value::Owned(value.to_vec()))),
            Answer::Rows { .. } => return Err(broken("pairs on the wrong way".to_owned())),
            Answer::Size(bytes) => Self::Size(bytes),
            Answer::Committed { version, order } => Self::Committed(Committed { version, order }),
            Answer::Keyspace(id) => Self::Keyspace(id),
            Answer::Keyspaces(names) => Self::Keyspaces(names.into_iter().map(Arc::from).collect()),
            Answer::Counts(counts) => Self::Counts(Box::new(counts)),
            Answer::Values { version, values } => Self::Values(version, values_of(values)?),
            Answer::Failed(failure) => {
                Self::Failed(Box::new(Failed { error: failure.error(), hits: sets_of(&failure.hits)? }))
            }
        })
    }
}

/// The values that some bytes hold.
fn values_of(bytes: &[u8]) -> Result<Vec<Option<Value>>> {
    let mut parts = Parts::new(bytes);
    let values = parts.by_ref().map(|value| value.map(|value| Value::Owned(value.to_vec()))).collect();
    match parts.rest() {
        [] => Ok(values),
        rest => Err(broken(format!("{} bytes after the values", rest.len()))),
    }
}
