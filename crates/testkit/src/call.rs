//! Calls on a transaction and their answers, as data.

use std::fmt;

use plinth_api::key::printable;
use plinth_api::{Code, Error, KeySelector, Mutation, RangeOptions, Result, Transaction};
use serde::{Deserialize, Serialize};

use crate::remote;

/// A call that reads or writes. `keyspace` is an index into the keyspaces of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call {
    /// `get`
    Get {
        /// Where.
        keyspace: usize,
        /// Which key.
        key: Vec<u8>,
        /// Whether without conflict.
        snapshot: bool,
    },
    /// `get_many`
    GetMany {
        /// Where.
        keyspace: usize,
        /// Which keys.
        keys: Vec<Vec<u8>>,
        /// Whether without conflict.
        snapshot: bool,
    },
    /// `get_key`
    GetKey {
        /// Where.
        keyspace: usize,
        /// Which key.
        #[serde(with = "remote::Selector")]
        selector: KeySelector,
        /// Whether without conflict.
        snapshot: bool,
    },
    /// `get_range`
    GetRange {
        /// Where.
        keyspace: usize,
        /// First end.
        #[serde(with = "remote::Selector")]
        begin: KeySelector,
        /// Other end.
        #[serde(with = "remote::Selector")]
        end: KeySelector,
        /// Limits and direction.
        #[serde(with = "remote::Options")]
        options: RangeOptions,
    },
    /// `set`
    Set {
        /// Where.
        keyspace: usize,
        /// Which key.
        key: Vec<u8>,
        /// To what.
        value: Vec<u8>,
    },
    /// `clear`
    Clear {
        /// Where.
        keyspace: usize,
        /// Which key.
        key: Vec<u8>,
    },
    /// `atomic_op`
    Atomic {
        /// Where.
        keyspace: usize,
        /// What is done.
        #[serde(with = "remote::mutation")]
        mutation: Mutation,
        /// Which key.
        key: Vec<u8>,
        /// With what.
        operand: Vec<u8>,
    },
    /// One of the three calls that take a plain range.
    Range {
        /// Which of them.
        kind: RangeCall,
        /// Where.
        keyspace: usize,
        /// First key.
        begin: Vec<u8>,
        /// First key past it.
        end: Vec<u8>,
    },
}

/// A call that takes a plain range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RangeCall {
    /// `clear_range`
    Clear,
    /// `add_read_conflict_range`
    ReadConflict,
    /// `add_write_conflict_range`
    WriteConflict,
}

/// What a call answered. Stories of errors are left out: they are for people.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// A value or none.
    Value(Option<Vec<u8>>),
    /// Values or none, one for each key.
    Values(Vec<Option<Vec<u8>>>),
    /// A key.
    Key(Vec<u8>),
    /// Pairs, and whether there may be more.
    Rows(Vec<(Vec<u8>, Vec<u8>)>, bool),
    /// Success without a result.
    Done,
    /// An error.
    Failed(#[serde(with = "remote::code")] Code),
}

impl Call {
    /// Makes the call; `ids` are the numbers of the run's keyspaces.
    pub fn perform(&self, transaction: &dyn Transaction, ids: &[u32]) -> Answer {
        self.attempt(transaction, ids).unwrap_or_else(|error: Error| Answer::Failed(error.code()))
    }

    fn attempt(&self, transaction: &dyn Transaction, ids: &[u32]) -> Result<Answer> {
        let id = ids[self.keyspace()];
        Ok(match self {
            Call::Get { key, snapshot, .. } => {
                Answer::Value(transaction.get(id, key, *snapshot)?.map(|value| value.to_vec()))
            }
            Call::GetMany { keys, snapshot, .. } => {
                let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
                let values = transaction.get_many(id, &keys, *snapshot)?;
                Answer::Values(values.into_iter().map(|value| value.map(|value| value.to_vec())).collect())
            }
            Call::GetKey { selector, snapshot, .. } => {
                Answer::Key(transaction.get_key(id, selector.clone(), *snapshot)?)
            }
            Call::GetRange { begin, end, options, .. } => {
                let result = transaction.get_range(id, begin.clone(), end.clone(), *options)?;
                let rows = result.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
                Answer::Rows(rows, result.more)
            }
            Call::Set { key, value, .. } => transaction.set(id, key, value).map(|()| Answer::Done)?,
            Call::Clear { key, .. } => transaction.clear(id, key).map(|()| Answer::Done)?,
            Call::Atomic { mutation, key, operand, .. } => {
                transaction.atomic_op(id, *mutation, key, operand).map(|()| Answer::Done)?
            }
            Call::Range { kind, begin, end, .. } => {
                match kind {
                    RangeCall::Clear => transaction.clear_range(id, begin, end)?,
                    RangeCall::ReadConflict => transaction.add_read_conflict_range(id, begin, end)?,
                    RangeCall::WriteConflict => transaction.add_write_conflict_range(id, begin, end)?,
                }
                Answer::Done
            }
        })
    }

    /// The index of its keyspace.
    pub fn keyspace(&self) -> usize {
        match self {
            Call::Get { keyspace, .. }
            | Call::GetMany { keyspace, .. }
            | Call::GetKey { keyspace, .. }
            | Call::GetRange { keyspace, .. }
            | Call::Set { keyspace, .. }
            | Call::Clear { keyspace, .. }
            | Call::Atomic { keyspace, .. }
            | Call::Range { keyspace, .. } => *keyspace,
        }
    }

    /// Whether it is a plain range that ends before it begins.
    pub fn is_inverted(&self) -> bool {
        matches!(self, Call::Range { begin, end, .. } if begin > end)
    }

    /// Whether it asks for data.
    pub fn is_read(&self) -> bool {
        matches!(self, Call::Get { .. } | Call::GetMany { .. } | Call::GetKey { .. } | Call::GetRange { .. })
    }

    /// Whether what it makes unreadable begins at the transaction's read version (RYW-8).
    pub fn hides_by_version(&self) -> bool {
        matches!(self, Call::Atomic { mutation: Mutation::SetVersionstampedKey, .. })
    }

    /// Whether the commit depends on the transaction's read version because of it.
    pub fn needs_version(&self) -> bool {
        self.is_read() || matches!(self, Call::Range { kind: RangeCall::ReadConflict, .. })
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = |snapshot: &bool| if *snapshot { "snapshot " } else { "" };
        match self {
            Call::Get { keyspace, key, snapshot } => {
                write!(f, "{}get({keyspace}, \"{}\")", kind(snapshot), printable(key))
            }
            Call::GetMany { keyspace, keys, snapshot } => {
                let keys: Vec<String> = keys.iter().map(|key| format!("\"{}\"", printable(key))).collect();
                write!(f, "{}get_many({keyspace}, [{}])", kind(snapshot), keys.join(", "))
            }
            Call::GetKey { keyspace, selector, snapshot } => {
                write!(f, "{}get_key({keyspace}, {})", kind(snapshot), describe(selector))
            }
            Call::GetRange { keyspace, begin, end, options } => write!(
                f,
                "{}get_range({keyspace}, {}, {}, limit {}, target {}{})",
                kind(&options.snapshot),
                describe(begin),
                describe(end),
                options.limit,
                options.target_bytes,
                if options.reverse { ", reverse" } else { "" }
            ),
            Call::Set { keyspace, key, value } => {
                write!(f, "set({keyspace}, \"{}\", \"{}\")", printable(key), printable(value))
            }
            Call::Clear { keyspace, key } => write!(f, "clear({keyspace}, \"{}\")", printable(key)),
            Call::Atomic { keyspace, mutation, key, operand } => {
                write!(f, "{mutation:?}({keyspace}, \"{}\", \"{}\")", printable(key), printable(operand))
            }
            Call::Range { kind, keyspace, begin, end } => {
                let name = match kind {
                    RangeCall::Clear => "clear_range",
                    RangeCall::ReadConflict => "add_read_conflict_range",
                    RangeCall::WriteConflict => "add_write_conflict_range",
                };
                write!(f, "{name}({keyspace}, \"{}\", \"{}\")", printable(begin), printable(end))
            }
        }
    }
}

fn describe(selector: &KeySelector) -> String {
    format!("(\"{}\", {}, {})", printable(&selector.key), selector.or_equal, selector.offset)
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Value(None) => f.write_str("absent"),
            Answer::Value(Some(value)) => write!(f, "value \"{}\"", printable(value)),
            Answer::Values(values) => {
                let value = |value: &Option<Vec<u8>>| match value {
                    None => "absent".to_owned(),
                    Some(value) => format!("\"{}\"", printable(value)),
                };
                write!(f, "values [{}]", values.iter().map(value).collect::<Vec<_>>().join(", "))
            }
            Answer::Key(key) => write!(f, "key \"{}\"", printable(key)),
            Answer::Rows(rows, more) => {
                let pair = |(key, value): &(Vec<u8>, Vec<u8>)| format!("{}={}", printable(key), printable(value));
                let rows: Vec<String> = rows.iter().map(pair).collect();
                write!(f, "rows [{}], more {more}", rows.join(", "))
            }
            Answer::Done => f.write_str("done"),
            Answer::Failed(code) => write!(f, "{code:?}"),
        }
    }
}
