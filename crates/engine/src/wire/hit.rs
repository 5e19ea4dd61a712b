//! Read conflict ranges that were hit, as an answer carries them.

use plinth_api::{key::printable, Result};
use serde_bytes::Bytes;

use super::broken;
use crate::conflict::{ConflictSet, RangeRef};

/// A range that was hit: keyspace, begin, end. An empty end stands for just the key `begin`: no range
/// ends there.
pub type Hit<'a> = (u32, &'a Bytes, &'a Bytes);

/// The ranges of sets.
pub fn hits_of(sets: &[(u32, ConflictSet)]) -> Vec<Hit<'_>> {
    let hit = |keyspace, range| match range {
        RangeRef::Key(key) => (keyspace, Bytes::new(key), Bytes::new(&[])),
        RangeRef::Range(begin, end) => (keyspace, Bytes::new(begin), Bytes::new(end)),
    };
    sets.iter().flat_map(|(keyspace, set)| set.iter().map(move |range| hit(*keyspace, range))).collect()
}

/// The sets of ranges. Those of one keyspace follow each other; 9001 if they do not, or one is empty.
pub fn sets_of(hits: &[Hit<'_>]) -> Result<Vec<(u32, ConflictSet)>> {
    let mut sets: Vec<(u32, ConflictSet)> = Vec::new();
    for hits in hits.chunk_by(|a, b| a.0 == b.0) {
        let mut set = ConflictSet::default();
        for (_, begin, end) in hits {
            match end.is_empty() {
                true => set.add_key(begin),
                false if begin < end => set.add_range(begin, end),
                false => return Err(broken(format!("a range that ends at its begin \"{}\"", printable(begin)))),
            }
        }
        sets.extend(hits.first().map(|(keyspace, ..)| (*keyspace, set)));
    }
    let mut numbers: Vec<u32> = sets.iter().map(|(keyspace, _)| *keyspace).collect();
    numbers.sort_unstable();
    match numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(broken(format!("keyspace number {} is there twice", pair[0]))),
        None => Ok(sets),
    }
}
