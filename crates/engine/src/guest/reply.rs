//! An answer that has left the frame it came in: every byte is copied once, by the thread that reads; but
//! pairs that came in bytes of their own are taken with them.

use std::sync::Arc;

use plinth_api::{Changed, ChangedRange, Error, Result, Value};
use uuid::Uuid;

use crate::commit::Committed;
use crate::conflict::{ConflictSet, Winner, MOST_TOLD};
use crate::metrics::Facts;
use crate::roll::Roll;
use crate::upkeep::task::Finished;
use crate::wire::{broken, parse, sets_of, Answer, Counts, Failure, Message, Parts, Span, Tail};

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
    /// What there is to tell.
    Facts(Box<Facts>),
    /// Live transactions.
    Roll(Roll),
    /// How far an upkeep is, and what came of it.
    Upkeep(u64, u64, Option<Finished>),
    /// A tracker was begun.
    Tracking(u64),
    /// What was written, and whether there is more of it.
    Changed(Changed, bool),
    /// It failed.
    Failed(Box<Failed>),
    /// The version values were read at, and the values.
    Values(i64, Vec<Option<Value>>),
    /// A state is held.
    Held {
        /// Its number.
        held: u64,
        /// Its version.
        version: i64,
        /// Numbers and names of its keyspaces.
        keyspaces: Vec<(u32, Arc<str>)>,
    },
}

/// Why a call failed on the host.
pub struct Failed {
    /// The error.
    pub error: Error,
    /// The read conflict ranges that were hit.
    pub hits: Vec<(u32, ConflictSet)>,
    /// Who wrote there.
    pub winners: Vec<Winner>,
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
        | Answer::Held { version, .. }
        | Answer::Changed { version, .. }
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
            Answer::Facts(facts) => Self::Facts(facts),
            Answer::Roll(roll) => Self::Roll(roll),
            Answer::Upkeep { done, total, finished } => Self::Upkeep(done, total, finished),
            Answer::Counts(counts) => Self::Counts(Box::new(counts)),
            Answer::Values { version, values } => Self::Values(version, values_of(values)?),
            Answer::Held { held, version, keyspaces } => {
                let keyspaces = keyspaces.into_iter().map(|(id, name)| (id, Arc::from(name))).collect();
                Self::Held { held, version, keyspaces }
            }
            Answer::Tracking { tracker } => Self::Tracking(tracker),
            Answer::Changed { version, catalogue, more, ranges } => {
                let range = |(keyspace, begin, end): Span<'_>| ChangedRange {
                    keyspace,
                    begin: begin.to_vec(),
                    end: end.to_vec(),
                };
                Self::Changed(Changed { version, catalogue, ranges: ranges.into_iter().map(range).collect() }, more)
            }
            Answer::Failed(failure) => {
                let (hits, winners) = (sets_of(&failure.hits)?, winners_of(&failure)?);
                Self::Failed(Box::new(Failed { error: failure.error(), hits, winners }))
            }
        })
    }
}

/// Who won: nobody is told, or somebody for each range, the first so many.
fn winners_of(failure: &Failure<'_>) -> Result<Vec<Winner>> {
    let Failure { hits, winners, .. } = failure;
    let fits = winners.is_empty() || winners.len() == hits.len().min(MOST_TOLD);
    if !fits || winners.iter().any(|(version, _)| *version <= 0) {
        return Err(broken(format!("{} winners of {} ranges", winners.len(), hits.len())));
    }
    Ok(winners.iter().map(|(version, id)| Winner { version: *version, id: id.map(Uuid::from_bytes) }).collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::hits_of;

    #[test]
    fn there_are_as_many_winners_as_ranges_or_none() {
        let (mut few, mut many) = (ConflictSet::default(), ConflictSet::default());
        [b"a", b"c"].iter().for_each(|key| few.add_key(*key));
        (0..2_000u32).for_each(|key| many.add_key(&key.to_be_bytes()));
        let winners = |set: &ConflictSet, count: usize, version: i64| {
            let winners = vec![(version, Some([7; 16])); count];
            winners_of(&Failure { code: 1020, story: "", hits: hits_of(&[(0, set.clone())]), winners })
        };
        assert_eq!(winners(&few, 2, 5).unwrap(), [Winner { version: 5, id: Some(Uuid::from_bytes([7; 16])) }; 2]);
        assert!(winners(&few, 0, 5).unwrap().is_empty() && winners(&many, MOST_TOLD, 5).is_ok());
        for (set, count, version) in [(&few, 1, 5), (&few, 3, 5), (&few, 2, 0), (&many, 2_000, 5)] {
            assert!(winners(set, count, version).is_err());
        }
    }
}
