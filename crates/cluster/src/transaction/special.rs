//! Special keys. Most are the library's own; the conflict ranges of a transaction are told in the keys of the keyspace
//! that is asked for (rule SPEC-4).

use std::sync::Arc;

use plinth_api::key::{successor, END_OF_SYSTEM_KEYS};
use plinth_api::special::{encode, modules, Kind, Rows, CONFLICTING_KEYS, READ_CONFLICTS, WRITE_CONFLICTS};
use plinth_api::{Conflict, KeyRange, KeySelector, RangeOptions, RangeResult, Result, Value};

use super::Transaction;
use crate::fdb::{Future, RangeCall, WANT_ALL};
use crate::space::Space;

impl Transaction {
    pub(super) fn special_get(&self, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        if self.is_of_transaction(keyspace, key, &successor(key))? {
            let rows = self.conflict_rows(keyspace)?;
            return Ok(rows.into_iter().find(|(found, _)| found == key).map(|(_, value)| Value::Owned(value)));
        }
        let future = self.handle.get(key, true);
        future.wait().map_err(|error| self.closed_or(error))?;
        Future::value(future)
    }

    pub(super) fn special_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        let conflicts = self.is_of_transaction(keyspace, &begin.key, &end.key)?;
        let mut rows = if conflicts { self.conflict_rows(keyspace)? } else { Rows::new() };
        let relaxed = self.lock().special_relaxed;
        if !conflicts || relaxed {
            let others = self.special_rows(&begin.key, &end.key)?;
            rows.extend(others.into_iter().filter(|(key, _)| !key.starts_with(b"\xff\xff/transaction/")));
            rows.sort();
        }
        Ok(RangeResult::select(&rows, begin, end, options))
    }

    /// Whether a read may see the conflict ranges of the transaction; fails where it can't be read at all.
    fn is_of_transaction(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<bool> {
        self.database.check_open()?;
        self.database.check_keyspace(keyspace)?;
        let mut state = self.lock();
        state.check_mark()?;
        Ok(modules(begin, end, state.special_relaxed)?.iter().any(|module| module.kind == Kind::Transaction))
    }

    fn conflict_rows(&self, keyspace: u32) -> Result<Rows> {
        let (space, max_read) = (Space::of(keyspace), self.lock().bounds.max_read);
        let mut rows = Rows::new();
        for prefix in [CONFLICTING_KEYS, READ_CONFLICTS, WRITE_CONFLICTS] {
            let raw = self.special_rows(prefix, &[prefix, END_OF_SYSTEM_KEYS].concat())?;
            let seen = decode(prefix, &raw).into_iter().filter_map(|range| space.seen(&range, max_read));
            encode(&mut rows, prefix, joined(seen).into_iter().map(|range| (range.begin, range.end)));
        }
        Ok(rows)
    }

    /// A range that the last commit to report them failed for, in order of keyspaces and keys. Nobody tells who won.
    pub(super) fn conflict_at(&self, index: usize) -> Result<Option<Conflict>> {
        let max_read = self.lock().bounds.max_read;
        let rows = self.special_rows(CONFLICTING_KEYS, &[CONFLICTING_KEYS, END_OF_SYSTEM_KEYS].concat())?;
        let raw = decode(CONFLICTING_KEYS, &rows);
        let mut numbers: Vec<u32> =
            raw.iter().flat_map(|range| [&range.begin, &range.end]).filter_map(|key| Space::number_of(key)).collect();
        numbers.push(0);
        numbers.sort_unstable();
        numbers.dedup();
        let seen = |keyspace: u32| joined(raw.iter().filter_map(|range| Space::of(keyspace).seen(range, max_read)));
        let mut all = numbers.iter().flat_map(|keyspace| seen(*keyspace).into_iter().map(|range| (*keyspace, range)));
        let told = |(keyspace, KeyRange { begin, end })| Conflict { keyspace, begin, end, version: 0, id: None };
        Ok(all.nth(index).map(told))
    }

    fn special_rows(&self, begin: &[u8], end: &[u8]) -> Result<Rows> {
        let call = RangeCall { limit: 0, target_bytes: 0, mode: WANT_ALL, snapshot: true, reverse: false };
        let (mut from, end) = (KeySelector::first_greater_or_equal(begin), KeySelector::first_greater_or_equal(end));
        let mut all = Rows::new();
        loop {
            let future = Arc::new(self.handle.get_range(&from, &end, call));
            future.wait().map_err(|error| self.closed_or(error))?;
            let rows = Future::rows(future)?;
            let before = all.len();
            all.extend(rows.iter().map(|(key, value)| (key.to_vec(), value.to_vec())));
            match all.last() {
                // A library may stop early.
                Some((last, _)) if rows.more && all.len() > before => {
                    from = KeySelector::first_greater_than(last.as_slice());
                }
                _ => return Ok(all),
            }
        }
    }
}

/// The ranges that rows tell: "1" is where one begins, "0" where it ends.
fn decode(prefix: &[u8], rows: &Rows) -> Vec<KeyRange> {
    let mut ranges = Vec::new();
    let mut begin = None;
    for (key, value) in rows {
        let key = key.strip_prefix(prefix).unwrap_or_default().to_vec();
        if value == b"1" {
            begin = Some(key);
        } else if let Some(begin) = begin.take() {
            ranges.push(KeyRange { begin, end: key });
        }
    }
    // The last one may end where nothing can be told.
    ranges.extend(begin.map(|begin| KeyRange { begin, end: END_OF_SYSTEM_KEYS.to_vec() }));
    ranges
}

/// Ranges that touch are one.
fn joined(ranges: impl Iterator<Item = KeyRange>) -> Vec<KeyRange> {
    let mut joined: Vec<KeyRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.begin <= last.end => last.end = range.end.max(std::mem::take(&mut last.end)),
            _ => joined.push(range),
        }
    }
    joined
}
