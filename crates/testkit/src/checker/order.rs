//! The order of commits that share a version.
//!
//! The client is not told it, but can find it out: values are unique, so who reads a key
//! afterwards sees who wrote it last; and who read what another one wrote must come before it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::call::{Answer, Call, RangeCall};
use crate::history::{Attempt, History};
use crate::model::{intersects, ModelTransaction, Span};

/// One of the commits of a version.
pub(super) struct Member {
    /// Its place in the history.
    pub index: usize,
    pub transaction: Arc<ModelTransaction>,
    pub required: Vec<Span>,
    pub spans: Vec<Span>,
}

type Value = Option<Vec<u8>>;

/// What each version left in a key, by each of its commits that touched it.
type Changes = BTreeMap<i64, Vec<(usize, Value)>>;

/// Who wrote what, and which order the readers saw.
pub(super) struct Footprints {
    changes: HashMap<(usize, Vec<u8>), Changes>,
    /// By version: this commit comes before that one.
    seen: HashMap<i64, HashSet<(usize, usize)>>,
    /// Keys and versions whose last writer was seen.
    decided: HashSet<(usize, Vec<u8>, i64)>,
}

impl Footprints {
    /// Collects what the history tells.
    pub fn of(history: &History) -> Self {
        let mut footprints = Self { changes: HashMap::new(), seen: HashMap::new(), decided: HashSet::new() };
        for (index, attempt) in history.attempts.iter().enumerate() {
            footprints.note_changes(index, attempt, &history.keys);
        }
        for attempt in &history.attempts {
            footprints.note_sights(attempt, &history.keys);
        }
        footprints
    }

    /// The version that changed the key last, up to `version`.
    pub fn last_change(&self, keyspace: usize, key: &[u8], version: i64) -> Option<i64> {
        let changes = self.changes.get(&(keyspace, key.to_vec()))?;
        changes.range(..=version).next_back().map(|(version, _)| *version)
    }

    /// The keys whose value after `version` nobody saw, though its commits left different ones.
    pub fn undecided(&self, version: i64) -> Vec<(usize, Vec<u8>, i64)> {
        let differ = |changes: &Changes| {
            let values = changes.get(&version).map_or(&[][..], Vec::as_slice);
            values.iter().any(|(_, value)| *value != values[0].1)
        };
        let places = self.changes.iter().filter(|(_, changes)| differ(changes));
        let keys = places.map(|((keyspace, key), _)| (*keyspace, key.clone(), version));
        keys.filter(|place| !self.decided.contains(place)).collect()
    }

    /// An order of the members that explains everything seen, or `None`.
    pub fn order(&self, version: i64, members: &[Member]) -> Option<Vec<usize>> {
        let before = |a: &Member, b: &Member| {
            let seen = self.seen.get(&version).is_some_and(|seen| seen.contains(&(a.index, b.index)));
            seen || intersects(&a.required, &b.spans)
        };
        let mut left: Vec<usize> = (0..members.len()).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let is_first =
                |at: &&usize| left.iter().all(|other| other == *at || !before(&members[*other], &members[**at]));
            let next = *left.iter().find(is_first)?;
            left.retain(|at| *at != next);
            order.push(next);
        }
        Some(order)
    }

    fn note_changes(&mut self, index: usize, attempt: &Attempt, keys: &[Vec<u8>]) {
        let Some(version) = attempt.committed() else { return };
        for keyspace in 0..2 {
            for key in keys {
                if let Some(value) = own_value(&attempt.steps, keyspace, key) {
                    let changes = self.changes.entry((keyspace, key.clone())).or_default();
                    changes.entry(version).or_default().push((index, value));
                }
            }
        }
    }

    fn note_sights(&mut self, attempt: &Attempt, keys: &[Vec<u8>]) {
        let Some(version) = attempt.read_version else { return };
        for (at, (call, answer)) in attempt.steps.iter().enumerate() {
            for (key, value) in sights(call, answer, keys) {
                if own_value(&attempt.steps[..at], call.keyspace(), &key).is_none() {
                    self.note_sight(call.keyspace(), key, value, version);
                }
            }
        }
    }

    /// `value` was read at `version`: whoever wrote it came last.
    fn note_sight(&mut self, keyspace: usize, key: Vec<u8>, value: Value, version: i64) {
        let Some(changes) = self.changes.get(&(keyspace, key.clone())) else { return };
        let Some((version, writers)) = changes.range(..=version).next_back() else { return };
        let mut last = writers.iter().filter(|(_, left)| *left == value).map(|(index, _)| *index);
        let (Some(last), None) = (last.next(), last.next()) else { return };
        let others = writers.iter().map(|(index, _)| *index).filter(|index| *index != last);
        self.seen.entry(*version).or_default().extend(others.map(|other| (other, last)));
        self.decided.insert((keyspace, key, *version));
    }
}

/// What the steps leave in a key, if they touch it.
fn own_value(steps: &[(Call, Answer)], keyspace: usize, key: &[u8]) -> Option<Value> {
    let touch = |call: &Call| match call {
        Call::Set { key: set, value, .. } if set == key => Some(Some(value.clone())),
        Call::Clear { key: cleared, .. } if cleared == key => Some(None),
        Call::Range { kind: RangeCall::Clear, begin, end, .. } if **begin <= *key && *key < **end => Some(None),
        _ => None,
    };
    let here = steps.iter().rev().filter(|(call, _)| call.keyspace() == keyspace);
    here.into_iter().find_map(|(call, _)| touch(call))
}

/// The keys whose value an answer tells directly.
fn sights(call: &Call, answer: &Answer, keys: &[Vec<u8>]) -> Vec<(Vec<u8>, Value)> {
    match (call, answer) {
        (Call::Get { key, .. }, Answer::Value(value)) => vec![(key.clone(), value.clone())],
        (Call::GetRange { begin, end, .. }, Answer::Rows(rows, more)) => {
            let mut seen: Vec<(Vec<u8>, Value)> = rows.iter().cloned().map(|(key, value)| (key, Some(value))).collect();
            let plain = begin.offset == 1 && end.offset == 1 && !more;
            if plain {
                let (begin, end) = (begin.clone().without_or_equal().key, end.clone().without_or_equal().key);
                let inside = keys.iter().filter(|key| begin <= **key && **key < end);
                let absent = inside.filter(|key| rows.iter().all(|(row, _)| row != *key));
                seen.extend(absent.map(|key| (key.clone(), None)));
            }
            seen
        }
        _ => Vec::new(),
    }
}
