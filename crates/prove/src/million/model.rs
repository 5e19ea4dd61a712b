//! What a database must answer: an ordered map for each keyspace, and what a transaction changed in it.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};

/// Keyspaces of `c/million.c`.
pub const KEYSPACES: usize = 3;
/// The longest value.
const LONGEST: usize = 100_000;

/// Bytes.
pub type Bytes = Vec<u8>;

/// One thing that a transaction does; numbers of atomic operations are those of `plinth.h`.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Reads a key.
    Get(usize, Bytes),
    /// Reads the key that a selector names: key, whether it is included, offset.
    Key(usize, Bytes, bool, i32),
    /// Reads a range: begin, end, limit, reverse.
    Range(usize, Bytes, Bytes, usize, bool),
    /// Sets a key.
    Set(usize, Bytes, Bytes),
    /// Clears a key.
    Clear(usize, Bytes),
    /// Clears a range.
    ClearRange(usize, Bytes, Bytes),
    /// An atomic operation.
    Atomic(u8, usize, Bytes, Bytes),
}

/// What an operation answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A value or a key.
    Value(Option<Bytes>),
    /// Pairs, and whether they may have been cut off by a limit.
    Pairs(Vec<(Bytes, Bytes)>, bool),
}

/// All keyspaces, and what to undo if the transaction under way turns out not to have happened.
#[derive(Default)]
pub struct Model {
    keyspaces: [BTreeMap<Bytes, Bytes>; KEYSPACES],
    undo: Vec<(usize, Bytes, Option<Bytes>)>,
}

impl Model {
    /// The transaction under way happened.
    pub fn keep(&mut self) {
        self.undo.clear();
    }

    /// It did not happen.
    pub fn undo(&mut self) {
        while let Some((keyspace, key, value)) = self.undo.pop() {
            match value {
                Some(value) => self.keyspaces[keyspace].insert(key, value),
                None => self.keyspaces[keyspace].remove(&key),
            };
        }
    }

    /// How much is stored.
    pub fn bytes(&self) -> usize {
        self.keyspaces.iter().flatten().map(|(key, value)| key.len() + value.len()).sum()
    }

    /// Does an operation; reads have an answer.
    pub fn apply(&mut self, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::Get(keyspace, key) => {
                return Some(Answer::Value(self.keyspaces[*keyspace].get(key).cloned()));
            }
            Operation::Key(keyspace, key, or_equal, offset) => {
                return Some(Answer::Value(Some(self.select(*keyspace, key, *or_equal, *offset))));
            }
            Operation::Range(keyspace, begin, end, limit, reverse) => {
                return Some(self.range(*keyspace, begin, end, *limit, *reverse));
            }
            Operation::Set(keyspace, key, value) => self.set(*keyspace, key, Some(value.clone())),
            Operation::Clear(keyspace, key) => self.set(*keyspace, key, None),
            Operation::ClearRange(keyspace, begin, end) => {
                if begin < end {
                    let map = &self.keyspaces[*keyspace];
                    let keys: Vec<_> = map.range(begin.clone()..end.clone()).map(|(key, _)| key.clone()).collect();
                    keys.iter().for_each(|key| self.set(*keyspace, key, None));
                }
            }
            Operation::Atomic(kind, keyspace, key, operand) => {
                let value = atomic(*kind, self.keyspaces[*keyspace].get(key), operand);
                self.set(*keyspace, key, value);
            }
        }
        None
    }

    fn set(&mut self, keyspace: usize, key: &[u8], value: Option<Bytes>) {
        let map = &mut self.keyspaces[keyspace];
        let old = match value {
            Some(value) => map.insert(key.to_vec(), value),
            None => map.remove(key),
        };
        self.undo.push((keyspace, key.to_vec(), old));
    }

    /// The last key below `key`, or at it, and `offset` keys further.
    fn select(&self, keyspace: usize, key: &[u8], or_equal: bool, offset: i32) -> Bytes {
        let map = &self.keyspaces[keyspace];
        let edge = if or_equal { Included(key.to_vec()) } else { Excluded(key.to_vec()) };
        let found = if offset > 0 {
            let after = if or_equal { Excluded(key.to_vec()) } else { Included(key.to_vec()) };
            map.range((after, Unbounded)).nth(offset as usize - 1)
        } else {
            map.range((Unbounded, edge)).rev().nth(offset.unsigned_abs() as usize)
        };
        let outside = if offset > 0 { vec![0xff] } else { Vec::new() };
        found.map_or(outside, |(key, _)| key.clone())
    }

    fn range(&self, keyspace: usize, begin: &[u8], end: &[u8], limit: usize, reverse: bool) -> Answer {
        if begin >= end {
            return Answer::Pairs(Vec::new(), false);
        }
        let pairs = self.keyspaces[keyspace].range(begin.to_vec()..end.to_vec());
        let pair = |(key, value): (&Bytes, &Bytes)| (key.clone(), value.clone());
        let most = if limit == 0 { usize::MAX } else { limit };
        let pairs: Vec<_> =
            if reverse { pairs.rev().take(most).map(pair).collect() } else { pairs.take(most).map(pair).collect() };
        let cut = pairs.len() == most;
        Answer::Pairs(pairs, cut)
    }
}

/// What an atomic operation makes of a value (rules ATOM-1 to ATOM-5).
fn atomic(kind: u8, value: Option<&Bytes>, operand: &[u8]) -> Option<Bytes> {
    let Some(value) = value else {
        return (kind != 20).then(|| operand.to_vec());
    };
    // As long as the operand, where numbers are compared or computed.
    let mut sized = value.clone();
    sized.resize(operand.len(), 0);
    let bitwise = |f: fn(u8, u8) -> u8| sized.iter().zip(operand).map(|(a, b)| f(*a, *b)).collect();
    let larger = sized.iter().rev().cmp(operand.iter().rev()).is_gt();
    Some(match kind {
        2 => add(&sized, operand),
        6 => bitwise(|a, b| a & b),
        7 => bitwise(|a, b| a | b),
        8 => bitwise(|a, b| a ^ b),
        9 if value.len() + operand.len() > LONGEST => value.clone(),
        9 => [value, operand].concat(),
        12 if larger => sized,
        13 if !larger => sized,
        16 => value.as_slice().min(operand).to_vec(),
        17 => value.as_slice().max(operand).to_vec(),
        20 if value == operand => return None,
        20 => value.clone(),
        _ => operand.to_vec(),
    })
}

fn add(value: &[u8], operand: &[u8]) -> Bytes {
    let mut carry = 0;
    let sum = value.iter().zip(operand).map(|(a, b)| {
        let sum = u16::from(*a) + u16::from(*b) + carry;
        carry = sum >> 8;
        sum as u8
    });
    sum.collect()
}
