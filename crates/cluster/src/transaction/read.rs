//! Reads. The call is checked and noted under the state's lock, given to the library without it, and waited for.
//!
//! A selector that names the first key on one side is the library's own. One that counts further would count keys of
//! other keyspaces: it is resolved by reading ranges that end where the keyspace does, a page at a time, which
//! leaves the same conflict range (rules CONF-4, CONF-5).

use std::sync::Arc;

use plinth_api::key::{is_special, is_special_range, printable, successor};
use plinth_api::limits::Bounds;
use plinth_api::{
    Code, Done, Error, KeyRange, KeySelector, Pending, RangeOptions, RangeResult, Result, Rows, Value,
    MOST_KEYS_AT_ONCE, MOST_VALUES_AT_ONCE,
};

use super::Transaction;
use crate::call::Kind;
use crate::fdb::{Future, RangeCall, EXACT, WANT_ALL};
use crate::space::Space;

/// Keys that a selector counts in one read.
const PAGE: usize = 256;

/// A range read that was checked.
struct Range {
    space: Space,
    begin: KeySelector,
    end: KeySelector,
    options: RangeOptions,
    max_read: &'static [u8],
}

/// The pairs of a range so far.
#[derive(Default)]
struct Found {
    rows: Rows,
    count: usize,
    bytes: usize,
}

impl Transaction {
    pub(super) fn read_key(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        if is_special(key) {
            return self.special_get(keyspace, key);
        }
        match self.issue_key(keyspace, key, snapshot)? {
            None => Ok(None),
            Some(future) => future.wait_for_value().map_err(|error| self.explain(error, key)),
        }
    }

    pub(super) fn read_key_async(
        self: Arc<Self>,
        keyspace: u32,
        key: &[u8],
        snapshot: bool,
        done: Done<Option<Value>>,
    ) -> Option<Arc<dyn Pending>> {
        if is_special(key) {
            let key = key.to_vec();
            return self.on_a_thread(Kind::Plain, done, move |tr| tr.special_get(keyspace, &key));
        }
        let issued = match self.issue_key(keyspace, key, snapshot) {
            Ok(Some(issued)) => issued,
            Ok(None) => return told(done, Ok(None)),
            Err(error) => return told(done, Err(error)),
        };
        self.on_future(Kind::Plain, issued, done, |outcome, future| outcome.and_then(|()| Future::value(future)))
    }

    /// Has the library read a key, unless none so long can be there.
    fn issue_key(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Future>> {
        let mut state = self.usable()?;
        state.bounds.check_read_key(key)?;
        self.database.check_keyspace(keyspace)?;
        let space = Space::of(keyspace);
        if key.len() > state.bounds.longest_readable(key) || space.check_key(key).is_err() {
            return Ok(None);
        }
        state.note_read();
        self.touch(&mut state, keyspace);
        drop(state);
        Ok(Some(self.handle.get(&space.key(key), snapshot)))
    }

    pub(super) fn read_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Value>>> {
        self.finish_many(keyspace, keys, self.issue_many(keyspace, keys, snapshot)?)
    }

    pub(super) fn read_many_async(
        self: Arc<Self>,
        keyspace: u32,
        keys: &[&[u8]],
        snapshot: bool,
        done: Done<Vec<Option<Value>>>,
    ) -> Option<Arc<dyn Pending>> {
        // What the reads see is settled now; they are waited for elsewhere.
        let issued = match self.issue_many(keyspace, keys, snapshot) {
            Ok(issued) => issued,
            Err(error) => return told(done, Err(error)),
        };
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| key.to_vec()).collect();
        let finish = move |tr: &Self| {
            let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
            tr.finish_many(keyspace, &keys, issued)
        };
        self.on_a_thread(Kind::Plain, done, finish)
    }

    fn issue_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Future>>> {
        if keys.len() > MOST_KEYS_AT_ONCE {
            let text = format!("{} keys, allowed are {MOST_KEYS_AT_ONCE}", keys.len());
            return Err(Error::new(Code::INVALID_ARGUMENT).context(text));
        }
        if !keys.is_empty() && keys.iter().all(|key| is_special(key)) {
            return Ok(keys.iter().map(|_| None).collect());
        }
        let mut state = self.usable()?;
        self.database.check_keyspace(keyspace)?;
        let space = Space::of(keyspace);
        for key in keys.iter().filter(|key| !is_special(key)) {
            state.bounds.check_read_key(key)?;
        }
        let bounds = state.bounds;
        let is_stored =
            |key: &[u8]| !is_special(key) && key.len() <= bounds.longest_readable(key) && space.check_key(key).is_ok();
        if keys.iter().any(|key| is_stored(key)) {
            state.note_read();
            self.touch(&mut state, keyspace);
        }
        // No write of another thread comes between two of them.
        Ok(keys.iter().map(|key| is_stored(key).then(|| self.handle.get(&space.key(key), snapshot))).collect())
    }

    fn finish_many(&self, keyspace: u32, keys: &[&[u8]], issued: Vec<Option<Future>>) -> Result<Vec<Option<Value>>> {
        let mut values = Vec::with_capacity(keys.len());
        let mut bytes = 0;
        for (key, future) in keys.iter().zip(issued) {
            let value = match future {
                Some(future) => future.wait_for_value(),
                None if is_special(key) => self.special_get(keyspace, key),
                None => Ok(None),
            };
            let value = value.map_err(|error| self.explain(error, key))?;
            bytes += value.as_ref().map_or(0, |value| value.len());
            if bytes > MOST_VALUES_AT_ONCE {
                let text = format!("the values have more than {MOST_VALUES_AT_ONCE} bytes: ask for fewer keys at once");
                return Err(Error::new(Code::MEMORY_LIMIT_EXCEEDED).context(text));
            }
            values.push(value);
        }
        Ok(values)
    }

    pub(super) fn read_selector(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        let (space, bounds, selector) = self.issue_selector(keyspace, selector)?;
        self.find(space, &bounds, selector, snapshot).map_err(|error| self.closed_or(error))
    }

    pub(super) fn read_selector_async(
        self: Arc<Self>,
        keyspace: u32,
        selector: KeySelector,
        snapshot: bool,
        done: Done<Vec<u8>>,
    ) -> Option<Arc<dyn Pending>> {
        let (space, bounds, selector) = match self.issue_selector(keyspace, selector) {
            Ok(issued) => issued,
            Err(error) => return told(done, Err(error)),
        };
        if is_counted(space, &bounds, &selector) {
            return self.on_a_thread(Kind::Plain, done, move |tr| tr.find(space, &bounds, selector, snapshot));
        }
        let future = self.handle.get_key(&space.selector(&selector, bounds.max_read), snapshot);
        self.on_future(Kind::Plain, future, done, move |outcome, future| {
            outcome?;
            Ok(space.strip(&future.key()?, bounds.max_read))
        })
    }

    fn issue_selector(&self, keyspace: u32, selector: KeySelector) -> Result<(Space, Bounds, KeySelector)> {
        let mut state = self.usable()?;
        state.bounds.check_selector(&selector)?;
        self.database.check_keyspace(keyspace)?;
        let selector = state.bounds.cut_selector(selector);
        state.note_read();
        self.touch(&mut state, keyspace);
        Ok((Space::of(keyspace), state.bounds, selector))
    }

    /// The same, with the conflict that a call of its own has: what lies past the end belongs to it (rule CONF-4).
    fn find(&self, space: Space, bounds: &Bounds, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        let counted = is_counted(space, bounds, &selector) && selector.offset > 0;
        let key = self.resolve(space, bounds, selector, snapshot)?;
        if counted && !snapshot && key == bounds.max_read {
            let end = space.selector(&KeySelector::first_greater_or_equal(bounds.max_read), bounds.max_read).key;
            self.handle.add_conflict(&end, &successor(&end), false)?;
        }
        Ok(key)
    }

    /// The key that a selector names, in the keyspace.
    fn resolve(&self, space: Space, bounds: &Bounds, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        if !is_counted(space, bounds, &selector) {
            let future = self.handle.get_key(&space.selector(&selector, bounds.max_read), snapshot);
            future.wait()?;
            return Ok(space.strip(&future.key()?, bounds.max_read));
        }
        let selector = selector.without_or_equal();
        let forward = selector.offset > 0;
        let wanted = if forward { i64::from(selector.offset) } else { 1 - i64::from(selector.offset) };
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let (begin, end) = match forward {
            true => (selector.key.as_slice(), bounds.max_read),
            false => (&b""[..], selector.key.as_slice()),
        };
        let found = self.count(space, (begin, end, bounds.max_read), wanted, (snapshot, !forward))?;
        match found {
            Some(key) => Ok(key),
            None if forward => Ok(bounds.max_read.to_vec()),
            None => Ok(Vec::new()),
        }
    }

    /// The key number `wanted` from one end of a range, if there are so many.
    fn count(
        &self,
        space: Space,
        (begin, end, max_read): (&[u8], &[u8], &[u8]),
        wanted: usize,
        (snapshot, reverse): (bool, bool),
    ) -> Result<Option<Vec<u8>>> {
        let mut ranges = space.ranges(begin, end, max_read);
        if reverse {
            ranges.reverse();
        }
        let mut counted = 0;
        for mut range in ranges {
            loop {
                let call = RangeCall {
                    limit: (wanted - counted).min(PAGE) as i32,
                    target_bytes: 0,
                    mode: EXACT,
                    snapshot,
                    reverse,
                };
                let rows = self.page(&range, call)?;
                counted += rows.len();
                let Some((last, _)) = rows.iter().last() else { break };
                if counted >= wanted {
                    return Ok(space.own(last).map(<[u8]>::to_vec));
                }
                if !rows.more {
                    break;
                }
                go_on(&mut range, last, reverse);
            }
        }
        Ok(None)
    }

    fn page(&self, range: &KeyRange, call: RangeCall) -> Result<crate::fdb::Rows> {
        let begin = KeySelector::first_greater_or_equal(range.begin.as_slice());
        let end = KeySelector::first_greater_or_equal(range.end.as_slice());
        let future = Arc::new(self.handle.get_range(&begin, &end, call));
        future.wait()?;
        Future::rows(future)
    }

    pub(super) fn read_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        if is_special_range(&begin, &end) {
            return self.special_range(keyspace, begin, end, options);
        }
        match self.issue_range(keyspace, begin, end, options)? {
            None => Ok(RangeResult::default()),
            Some(range) => self.collect(range).map_err(|error| self.closed_or(error)),
        }
    }

    pub(super) fn read_range_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
        done: Done<RangeResult>,
    ) -> Option<Arc<dyn Pending>> {
        if is_special_range(&begin, &end) {
            return self.on_a_thread(Kind::Plain, done, move |tr| tr.special_range(keyspace, begin, end, options));
        }
        let range = match self.issue_range(keyspace, begin, end, options) {
            Ok(Some(range)) => range,
            Ok(None) => return told(done, Ok(RangeResult::default())),
            Err(error) => return told(done, Err(error)),
        };
        // One piece of plain bounds is one future, whose answer says whether that was all.
        let plain = range.begin.offset == 1 && range.end.offset == 1;
        let mut pieces = if plain { range.pieces(&range.begin.key, &range.end.key) } else { Vec::new() };
        if pieces.len() != 1 {
            return self.on_a_thread(Kind::Plain, done, move |tr| tr.collect(range));
        }
        let piece = pieces.swap_remove(0);
        let begin = KeySelector::first_greater_or_equal(piece.begin.as_slice());
        let end = KeySelector::first_greater_or_equal(piece.end.as_slice());
        let future = Arc::new(self.handle.get_range(&begin, &end, range.call(&Found::default())));
        self.clone().rest_of_range(future, range, piece, done)
    }

    /// Waits for the first piece of a range without keeping a thread, and reads the rest on one if there is any.
    fn rest_of_range(
        self: Arc<Self>,
        future: Arc<Future>,
        range: Range,
        piece: KeyRange,
        done: Done<RangeResult>,
    ) -> Option<Arc<dyn Pending>> {
        let first = move |tr: &Self, outcome: Result<()>, future: Arc<Future>| {
            outcome?;
            tr.collect_from(&range, vec![piece], Some(Future::rows(future)?))
        };
        let Ok(future) = Arc::try_unwrap(future) else {
            return told(done, Err(Error::new(Code::INTERNAL_ERROR)));
        };
        let tr = self.clone();
        self.on_future(Kind::Plain, future, done, move |outcome, future| first(&tr, outcome, future))
    }

    fn issue_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<Option<Range>> {
        let mut state = self.usable()?;
        state.bounds.check_selector(&begin)?;
        state.bounds.check_selector(&end)?;
        self.database.check_keyspace(keyspace)?;
        let begin = state.bounds.cut_selector(begin).without_or_equal();
        let end = state.bounds.cut_selector(end).without_or_equal();
        if begin.offset >= end.offset && begin.key >= end.key {
            // Rule RNG-2.
            return Ok(None);
        }
        state.note_read();
        self.touch(&mut state, keyspace);
        let max_read = state.bounds.max_read;
        Ok(Some(Range { space: Space::of(keyspace), begin, end, options, max_read }))
    }

    /// Reads a whole range, or as far as its limits go.
    fn collect(&self, range: Range) -> Result<RangeResult> {
        let bounds = self.lock().bounds;
        let plain = |selector: &KeySelector| match selector.offset {
            1 => Ok(selector.key.clone()),
            _ => self.resolve(range.space, &bounds, selector.clone(), range.options.snapshot),
        };
        let pieces = range.pieces(&plain(&range.begin)?, &plain(&range.end)?);
        self.collect_from(&range, pieces, None)
    }

    /// Reads pieces of a range in order; `first` is what the first of them was answered.
    fn collect_from(
        &self,
        range: &Range,
        pieces: Vec<KeyRange>,
        mut first: Option<crate::fdb::Rows>,
    ) -> Result<RangeResult> {
        let mut found = Found::default();
        for mut piece in pieces {
            loop {
                let rows = match first.take() {
                    Some(rows) => rows,
                    None => self.page(&piece, range.call(&found))?,
                };
                let full = found.take(range, &rows);
                if full {
                    return Ok(RangeResult::new(found.rows, true));
                }
                match rows.iter().last() {
                    Some((last, _)) if rows.more => go_on(&mut piece, last, range.options.reverse),
                    _ => break,
                }
            }
        }
        Ok(RangeResult::new(found.rows, false))
    }
}

impl Range {
    /// The ranges of the cluster between two bounds, in the order they are read.
    fn pieces(&self, begin: &[u8], end: &[u8]) -> Vec<KeyRange> {
        // A bound behind all keys names none of the system's.
        let mut ranges = self.space.ranges(begin, end.min(self.max_read), self.max_read);
        if self.options.reverse {
            ranges.reverse();
        }
        ranges
    }

    /// What the library is asked for next.
    fn call(&self, found: &Found) -> RangeCall {
        let left = |limit: usize, used: usize| match limit {
            0 => 0,
            _ => i32::try_from(limit.saturating_sub(used).max(1)).unwrap_or(i32::MAX),
        };
        let RangeOptions { limit, target_bytes, snapshot, reverse } = self.options;
        let (limit, target_bytes) = (left(limit, found.count), left(target_bytes, found.bytes));
        let mode = if limit == 0 && target_bytes == 0 { WANT_ALL } else { EXACT };
        RangeCall { limit, target_bytes, mode, snapshot, reverse }
    }
}

impl Found {
    /// Takes pairs over, and tells whether a limit is reached (rules RNG-6, RNG-8).
    fn take(&mut self, range: &Range, rows: &crate::fdb::Rows) -> bool {
        for (key, value) in rows.iter() {
            let key = range.space.own(key).unwrap_or_default();
            self.rows.push(key, value);
            self.count += 1;
            self.bytes += 8 + key.len() + value.len();
        }
        let RangeOptions { limit, target_bytes, .. } = range.options;
        (limit > 0 && self.count >= limit) || (target_bytes > 0 && self.bytes >= target_bytes)
    }
}

/// Whether the library would count keys that are none of the keyspace.
fn is_counted(space: Space, bounds: &Bounds, selector: &KeySelector) -> bool {
    let system = space.is_default() && bounds.max_read > plinth_api::key::END_OF_KEYS;
    system || !(0..=1).contains(&selector.offset)
}

/// What is left of a range behind the last key that was read (rule RNG-9).
fn go_on(range: &mut KeyRange, last: &[u8], reverse: bool) {
    match reverse {
        false => range.begin = successor(last),
        true => range.end = last.to_vec(),
    }
}

/// Tells an outcome at once.
pub(super) fn told<T>(done: Done<T>, outcome: Result<T>) -> Option<Arc<dyn Pending>> {
    done(outcome);
    None
}

/// What was being read.
impl Transaction {
    fn explain(&self, error: Error, key: &[u8]) -> Error {
        self.closed_or(error).context(format!("key \"{}\"", printable(key)))
    }
}
