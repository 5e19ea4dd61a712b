//! Reads: of a key, of a selector, of a range, and the conflict ranges they leave behind.
//!
//! A read goes: note that it runs, take the read point and the own writes as they are now (rule
//! RYW-2), read without the lock, then note its end, its conflict range or its error. One that may
//! not wait does the same in memory; if that is not enough, it goes on to the disk on a thread of
//! the executor, as if it had just begun.

use std::cell::OnceCell;
use std::sync::{Arc, MutexGuard};

use plinth_api::{
    key::{printable, successor, END_OF_SYSTEM_KEYS},
    Code, Done, Error, KeySelector, RangeOptions, RangeResult, Result, Rows, Value,
};

use super::calls::Call;
use super::{Phase, State, Transaction};
use crate::defects::{is_on, Defect};
use crate::limits::Bounds;
use crate::overlay::{resolve, scan, unreadable, Known, Overlay, Pending, Resolved, View};
use crate::special;
use crate::store::{Range, Tier, Visit, NOT_IN_MEMORY};
use crate::version::ReadPoint;

/// Pairs that room is made for at once, without and with a limit, and what counts as a long pair.
const FIRST_ROOM: usize = 16;
const MOST_ROOM: usize = 4_096;
const LONG_PAIR: usize = 256;

/// A read that was issued: where it reads, and whether the transaction is still the same one.
pub(super) struct Issued {
    pub(super) epoch: u64,
    keyspace: u32,
    snapshot: bool,
    point: Option<Arc<ReadPoint>>,
    wanted: Option<i64>,
}

/// A walk that was issued, and what it sees.
struct Walk {
    issued: Issued,
    /// The own writes.
    overlay: Option<Arc<Overlay>>,
    bounds: Bounds,
}

/// A read of a key: known from own writes, or to be read, and then changed by them.
pub(super) enum KeyRead {
    /// Own writes need no database and leave no conflict (rules RYW-13, CONF-3).
    Known(Option<Value>),
    /// The rest.
    Stored(Issued, Option<Box<Pending>>),
}

/// The read conflict of a finished read: a range, or nothing.
type Touched = Option<(Vec<u8>, Vec<u8>)>;

/// What a walk may find.
trait Found {
    /// The pairs of a range and their direction, where they are all that there is in the conflict
    /// range, and may be kept.
    fn rows(&self) -> Option<(&RangeResult, bool)> {
        None
    }
}

impl Found for Vec<u8> {}

/// The pairs of a range.
struct FoundRows {
    rows: RangeResult,
    reverse: bool,
    /// Whether both bounds were keys.
    plain: bool,
}

impl Found for FoundRows {
    fn rows(&self) -> Option<(&RangeResult, bool)> {
        self.plain.then_some((&self.rows, self.reverse))
    }
}

impl Transaction {
    pub(super) fn read_key(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        if special::is_special(key) {
            return self.special_get(keyspace, key);
        }
        match self.issue_key(keyspace, key, snapshot)? {
            KeyRead::Known(value) => Ok(value),
            KeyRead::Stored(issued, change) => {
                let result = self.fetch(&issued, Tier::Disk, key);
                self.finish_key(&issued, key, &result, |_, _| {})?;
                result.map(|value| self.changed(value, change))
            }
        }
    }

    pub(super) fn read_key_async(
        self: Arc<Self>,
        keyspace: u32,
        key: &[u8],
        snapshot: bool,
        done: Done<Option<Value>>,
    ) -> Option<Arc<dyn plinth_api::Pending>> {
        if special::is_special(key) {
            done(self.special_get(keyspace, key));
            return None;
        }
        let (issued, change) = match self.issue_key(keyspace, key, snapshot) {
            Ok(KeyRead::Stored(issued, change)) => (issued, change),
            Ok(KeyRead::Known(value)) => return told(done, Ok(value)),
            Err(error) => return told(done, Err(error)),
        };
        let ended = move |tr: &Self, issued: &Issued, key: &[u8], result: Result<Option<Value>>| {
            tr.finish_key(issued, key, &result, |_, _| {})?;
            result.map(|value| tr.changed(value, change))
        };
        let result = self.fetch(&issued, Tier::Memory, key);
        if !is_on_disk(&result) {
            return told(done, ended(&self, &issued, key, result));
        }
        let (call, key) = (Call::begin(&self, issued.epoch, done), key.to_vec());
        let handle = call.clone();
        self.service.executor().clone().submit(Box::new(move || {
            let result = self.fetch(&issued, Tier::Disk, &key);
            call.complete(ended(&self, &issued, &key, result));
        }));
        Some(handle)
    }

    /// Settles what a read of a key sees.
    pub(super) fn issue_key(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<KeyRead> {
        let mut state = self.usable()?;
        state.options.bounds.check_read_key(key)?;
        self.service.check_keyspace(keyspace)?;
        if key.len() > state.options.bounds.longest_readable(key) {
            return Ok(KeyRead::Known(None));
        }
        let mut change = None;
        if let Some(overlay) = state.visible(keyspace, snapshot) {
            if overlay.is_unreadable(key) && !state.options.values.bypass_unreadable {
                state.read_error.get_or_insert(Code::ACCESSED_UNREADABLE);
                return Err(unreadable().context(format!("key \"{}\"", printable(key))));
            }
            match overlay.get(key) {
                Known::Set(value) => return Ok(KeyRead::Known(Some(Value::Owned(value.to_vec())))),
                Known::Cleared => return Ok(KeyRead::Known(None)),
                Known::Unwritten => {}
                Known::Pending(pending) if pending.is_dependent() => change = Some(Box::new(pending.clone())),
                Known::Pending(pending) => {
                    let value = pending.settle(None, None, state.options.bounds.value_size);
                    return Ok(KeyRead::Known(value.map(Value::Owned)));
                }
            }
        }
        self.account_reads(&mut state)?;
        if state.options.ryw_disabled && !snapshot {
            // Rule CONF-9: at its issue, even if it fails.
            state.add_read_key(keyspace, key);
        }
        Ok(KeyRead::Stored(issue(&mut state, keyspace, snapshot), change))
    }

    /// Reads a key. In memory only, a read that must go to the disk has not ended.
    pub(super) fn fetch(&self, issued: &Issued, tier: Tier, key: &[u8]) -> Result<Option<Value>> {
        let read = |point: &ReadPoint| self.service.get(point, tier, issued.keyspace, key);
        let result = match &issued.point {
            Some(point) => read(point),
            None => self.obtain_point(issued.epoch, issued.wanted, tier).and_then(|point| read(&point)),
        };
        result.or_else(|error| self.read_again(issued.keyspace, key, error))
    }

    /// A key that was read before the read version left the window is still known (rule RYW-12).
    fn read_again(&self, keyspace: u32, key: &[u8], error: Error) -> Result<Option<Value>> {
        let known = match error.code() {
            NOT_IN_MEMORY => return Err(error),
            Code::TRANSACTION_TOO_OLD => self.lock().cache.find(keyspace, key),
            _ => None,
        };
        known.ok_or_else(|| error.context(format!("key \"{}\"", printable(key))))
    }

    /// Notes the end of a read of a key; `note` does so too where it succeeded.
    pub(super) fn finish_key(
        &self,
        issued: &Issued,
        key: &[u8],
        result: &Result<Option<Value>>,
        note: impl FnOnce(&mut State, &Option<Value>),
    ) -> Result<()> {
        self.finish(issued, result, |state, value| {
            state.cache.keep(issued.keyspace, key, value);
            if !issued.snapshot && !state.options.ryw_disabled {
                state.add_read_key(issued.keyspace, key);
            }
            note(state, value);
        })
    }

    /// The same for the read of a watched value, whose failure is the watch's alone (rule WATCH-2).
    pub(super) fn finish_watch(
        &self,
        issued: &Issued,
        key: &[u8],
        result: &Result<Option<Value>>,
        note: impl FnOnce(&mut State, &Option<Value>),
    ) -> Result<()> {
        if result.is_ok() {
            return self.finish_key(issued, key, result, note);
        }
        self.finish(issued, &Ok(()), |_, ()| {})
    }

    /// A value with the transaction's own operations on it (rule RYW-3).
    pub(super) fn changed(&self, value: Option<Value>, change: Option<Box<Pending>>) -> Option<Value> {
        match change {
            None => value,
            Some(_) if is_on(Defect::SkipsOwnAtomics) => value,
            Some(change) => {
                let longest = self.service.options().value_size_limit;
                change.settle(value.as_deref(), None, longest).map(Value::Owned)
            }
        }
    }

    pub(super) fn read_selector(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        let (seen, walk) = self.issue_selector(keyspace, selector, snapshot)?;
        self.walk_and_finish(&seen, &walk)
    }

    pub(super) fn read_selector_async(
        self: Arc<Self>,
        keyspace: u32,
        selector: KeySelector,
        snapshot: bool,
        done: Done<Vec<u8>>,
    ) -> Option<Arc<dyn plinth_api::Pending>> {
        match self.issue_selector(keyspace, selector, snapshot) {
            Ok((seen, walk)) => self.walk_async(seen, walk, done),
            Err(error) => told(done, Err(error)),
        }
    }

    #[expect(clippy::type_complexity, reason = "a closure has no other name")]
    fn issue_selector(
        &self,
        keyspace: u32,
        selector: KeySelector,
        snapshot: bool,
    ) -> Result<(Walk, impl Fn(&View<'_>) -> Result<(Vec<u8>, Touched)>)> {
        let state = self.usable()?;
        state.options.bounds.check_selector(&selector)?;
        let selector = state.options.bounds.cut_selector(selector).without_or_equal();
        let seen = self.issue_walk(state, keyspace, snapshot)?;
        let walk = move |view: &View<'_>| {
            let found = resolve(view, &selector)?.key;
            // Rule CONF-4.
            let range = if selector.offset <= 0 {
                (found.clone(), selector.key.clone())
            } else {
                (selector.key.clone(), after(&found))
            };
            Ok((found, Some(range)))
        };
        Ok((seen, walk))
    }

    pub(super) fn read_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        if special::is_special_range(&begin, &end) {
            return self.special_range(keyspace, begin, end, options);
        }
        match self.issue_range(keyspace, begin, end, options)? {
            None => Ok(RangeResult::default()),
            Some((seen, walk)) => self.walk_and_finish(&seen, &walk).map(|found| found.rows),
        }
    }

    pub(super) fn read_range_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
        done: Done<RangeResult>,
    ) -> Option<Arc<dyn plinth_api::Pending>> {
        if special::is_special_range(&begin, &end) {
            return told(done, self.special_range(keyspace, begin, end, options));
        }
        match self.issue_range(keyspace, begin, end, options) {
            Ok(Some((seen, walk))) => {
                self.walk_async(seen, walk, Box::new(|found| done(found.map(|found: FoundRows| found.rows))))
            }
            Ok(None) => told(done, Ok(RangeResult::default())),
            Err(error) => told(done, Err(error)),
        }
    }

    /// `None` where the range is empty whatever the keys are.
    #[expect(clippy::type_complexity, reason = "a closure has no other name")]
    fn issue_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<Option<(Walk, impl Fn(&View<'_>) -> Result<(FoundRows, Touched)>)>> {
        let state = self.usable()?;
        let bounds = state.options.bounds;
        bounds.check_selector(&begin)?;
        bounds.check_selector(&end)?;
        let begin = bounds.cut_selector(begin).without_or_equal();
        let end = bounds.cut_selector(end).without_or_equal();
        if begin.offset >= end.offset && begin.key >= end.key {
            // Rule RNG-2: no read version, no conflict.
            self.service.check_keyspace(keyspace)?;
            return Ok(None);
        }
        let seen = self.issue_walk(state, keyspace, options.snapshot)?;
        let walk = move |view: &View<'_>| {
            let (plain, reverse) = (begin.offset == 1 && end.offset == 1, options.reverse);
            if plain {
                let rows = collect(view, &begin.key, &end.key, options)?;
                let range = plain_conflict(&begin.key, &end.key, &rows, reverse);
                return Ok((FoundRows { rows, reverse, plain }, Some(range)));
            }
            let (first, last) = (resolve(view, &begin)?, resolve(view, &end)?);
            let rows = collect(view, &first.key, &last.key, options)?;
            let range = general_conflict(&begin, &end, &first, &last, &rows, reverse, view.max);
            Ok((FoundRows { rows, reverse, plain }, range))
        };
        Ok(Some((seen, walk)))
    }

    /// Settles what a walk sees. `state` is that of a usable transaction; its lock is let go.
    fn issue_walk(&self, mut state: MutexGuard<'_, State>, keyspace: u32, snapshot: bool) -> Result<Walk> {
        self.service.check_keyspace(keyspace)?;
        let overlay = state.visible(keyspace, snapshot).filter(|overlay| !overlay.is_empty()).cloned();
        self.account_reads(&mut state)?;
        let bounds = state.options.bounds;
        Ok(Walk { issued: issue(&mut state, keyspace, snapshot), overlay, bounds })
    }

    /// Walks over what a read sees. In memory only, a walk that must go to the disk has not ended.
    fn walk<T>(
        &self,
        seen: &Walk,
        tier: Tier,
        walk: &impl Fn(&View<'_>) -> Result<(T, Touched)>,
    ) -> Result<(T, Touched)> {
        // Obtained when it is needed: a read of own writes alone needs none (rule RYW-13).
        let point = OnceCell::new();
        let source = |begin: &[u8], end: &[u8], reverse: bool, visit: &mut Visit<'_>| {
            let point = match point.get() {
                Some(point) => point,
                None => {
                    let obtained = self.point_of(&seen.issued, tier)?;
                    point.get_or_init(|| obtained)
                }
            };
            let range = Range { keyspace: seen.issued.keyspace, begin, end, reverse };
            let scanned = self.service.scan(point, tier, range, visit);
            scanned.or_else(|error| self.scan_again(range, error, visit))
        };
        let overlay = seen.overlay.as_deref();
        let view = View { source: &source, overlay, max: seen.bounds.max_read, longest: seen.bounds.value_size };
        walk(&view)
    }

    /// A range that was read before the read version left the window is still known (rule RYW-12).
    fn scan_again(&self, range: Range<'_>, error: Error, visit: &mut Visit<'_>) -> Result<()> {
        if error.code() != Code::TRANSACTION_TOO_OLD {
            return Err(error);
        }
        let known = self.lock().cache.find_range(range.keyspace, range.begin, range.end, range.reverse);
        let known = known.ok_or(error)?;
        for (key, value) in known.iter() {
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn finish_walk<T: Found>(&self, seen: &Walk, result: Result<(T, Touched)>) -> Result<T> {
        let keyspace = seen.issued.keyspace;
        self.finish(&seen.issued, &result, |state, (found, range)| {
            let Some((begin, end)) = range else {
                return;
            };
            if let (None, Some((rows, reverse))) = (&seen.overlay, found.rows()) {
                state.cache.keep_range(keyspace, begin, end, rows, reverse);
            }
            match (seen.issued.snapshot, state.options.ryw_disabled) {
                (true, _) => {}
                (false, true) => state.add_late_read(keyspace, begin, end),
                (false, false) => state.add_read(keyspace, begin, end, seen.overlay.as_deref()),
            }
        })?;
        result.map(|(value, _)| value)
    }

    fn walk_and_finish<T: Found>(&self, seen: &Walk, walk: &impl Fn(&View<'_>) -> Result<(T, Touched)>) -> Result<T> {
        let result = self.walk(seen, Tier::Disk, walk);
        self.finish_walk(seen, result)
    }

    fn walk_async<T: Found + Send + 'static>(
        self: Arc<Self>,
        seen: Walk,
        walk: impl Fn(&View<'_>) -> Result<(T, Touched)> + Send + 'static,
        done: Done<T>,
    ) -> Option<Arc<dyn plinth_api::Pending>> {
        let result = self.walk(&seen, Tier::Memory, &walk);
        if !is_on_disk(&result) {
            let result = self.finish_walk(&seen, result);
            return told(done, result);
        }
        let call = Call::begin(&self, seen.issued.epoch, done);
        let handle = call.clone();
        self.service.executor().clone().submit(Box::new(move || {
            call.complete(self.walk_and_finish(&seen, &walk));
        }));
        Some(handle)
    }

    /// The read point; obtained now if there is none. Waits, if it must, without the lock.
    pub(super) fn read_point(&self) -> Result<Arc<ReadPoint>> {
        let issued = {
            let state = self.lock();
            if let Some(point) = &state.read_point {
                return Ok(point.clone());
            }
            (state.epoch, state.wanted_version)
        };
        self.obtain_point(issued.0, issued.1, Tier::Disk)
    }

    fn point_of(&self, issued: &Issued, tier: Tier) -> Result<Arc<ReadPoint>> {
        match &issued.point {
            Some(point) => Ok(point.clone()),
            None => self.obtain_point(issued.epoch, issued.wanted, tier),
        }
    }

    fn obtain_point(&self, epoch: u64, wanted: Option<i64>, tier: Tier) -> Result<Arc<ReadPoint>> {
        let found = match wanted {
            // The version may lie in the future.
            Some(_) if tier == Tier::Memory => return Err(Error::new(NOT_IN_MEMORY)),
            Some(version) => self.service.at(version)?,
            None => self.service.latest(tier)?,
        };
        let mut state = self.lock();
        if state.epoch != epoch {
            return Err(was_reset());
        }
        // Another thread's read may have been first: all read at one version (rule VER-4).
        Ok(state.read_point.get_or_insert(found).clone())
    }

    pub(super) fn set_version(&self, version: i64) -> Result<()> {
        let mut state = self.usable()?;
        if version <= 0 {
            return Err(Error::new(Code::VERSION_INVALID).context(format!("read version {version}")));
        }
        if state.read_point.is_some() || state.wanted_version.is_some() || state.reads_running > 0 {
            return Err(Error::new(Code::READ_VERSION_ALREADY_SET));
        }
        state.wanted_version = Some(version);
        Ok(())
    }

    /// Notes the end of a read. Fails if the transaction was ended or reset meanwhile.
    fn finish<T>(&self, issued: &Issued, result: &Result<T>, note: impl FnOnce(&mut State, &T)) -> Result<()> {
        let mut state = self.lock();
        if state.epoch != issued.epoch {
            return Err(was_reset());
        }
        state.reads_running -= 1;
        match result {
            Ok(value) => note(&mut state, value),
            Err(error) => {
                state.read_error.get_or_insert(error.code());
            }
        }
        let marked = state.check_mark();
        // Only a commit waits for reads; a needless wake-up costs a system call.
        let awaited = state.reads_running == 0 && state.phase == Phase::Committing;
        let commit = state.seldom().filter(|_| awaited).and_then(|seldom| seldom.after_reads.take());
        drop(state);
        if awaited {
            self.changed.notify_all();
        }
        if let Some(commit) = commit {
            commit();
        }
        marked
    }
}

fn issue(state: &mut State, keyspace: u32, snapshot: bool) -> Issued {
    state.reads_running += 1;
    state.has_read = true;
    Issued { epoch: state.epoch, keyspace, snapshot, point: state.read_point.clone(), wanted: state.wanted_version }
}

/// Whether a read that was to stay in memory has to go on to the disk.
pub(super) fn is_on_disk<T>(result: &Result<T>) -> bool {
    matches!(result, Err(error) if error.code() == NOT_IN_MEMORY)
}

/// Tells an outcome at once.
pub(super) fn told<T>(done: Done<T>, outcome: Result<T>) -> Option<Arc<dyn plinth_api::Pending>> {
    done(outcome);
    None
}

pub(super) fn was_reset() -> Error {
    Error::new(Code::TRANSACTION_CANCELLED).context("the transaction was reset meanwhile")
}

/// The key after `key`; the end of the system keys is its own (rule CONF-4).
fn after(key: &[u8]) -> Vec<u8> {
    if key == END_OF_SYSTEM_KEYS {
        key.to_vec()
    } else {
        successor(key)
    }
}

/// The visible pairs of a range up to the limits (rules RNG-3 to RNG-8).
fn collect(view: &View<'_>, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult> {
    let mut rows = Rows::default();
    let (mut bytes, mut more) = (0, false);
    let most = if options.limit == 0 { FIRST_ROOM } else { options.limit.min(MOST_ROOM) };
    scan(view, begin, end.min(view.max), options.reverse, &mut |key, value| {
        if rows.is_empty() {
            // The first pair tells how long the others may be.
            rows.reserve(most, (key.len() + value.len()).min(LONG_PAIR));
        }
        rows.push(key, value);
        bytes += 8 + key.len() + value.len();
        more = rows.len() == options.limit || (options.target_bytes > 0 && bytes >= options.target_bytes);
        !more
    })?;
    Ok(RangeResult::new(rows, more))
}

/// Rule CONF-5: both selectors name their own key.
fn plain_conflict(begin: &[u8], end: &[u8], rows: &RangeResult, reverse: bool) -> (Vec<u8>, Vec<u8>) {
    match rows.last().filter(|_| rows.more) {
        None => (begin.to_vec(), end.to_vec()),
        Some((last, _)) if reverse => (last.to_vec(), end.to_vec()),
        Some((last, _)) if is_on(Defect::ForgetsLastRow) => (begin.to_vec(), last.to_vec()),
        Some((last, _)) => (begin.to_vec(), successor(last)),
    }
}

/// Rule CONF-6: selectors that had to be resolved.
fn general_conflict(
    begin: &KeySelector,
    end: &KeySelector,
    first: &Resolved,
    last: &Resolved,
    rows: &RangeResult,
    reverse: bool,
    max: &[u8],
) -> Touched {
    let (kb, ke) = (&begin.key, &end.key);
    let (mut low, mut high) = if kb < ke { (kb.clone(), ke.clone()) } else { (ke.clone(), kb.clone()) };
    let hit_begin = (first.hit_begin || last.hit_begin) && !(reverse && rows.more);
    let hit_end = (first.hit_end || last.hit_end) && (reverse || !rows.more);
    if kb < ke && rows.more {
        if !reverse && end.offset > 0 {
            high.clone_from(kb);
        }
        if reverse && begin.offset <= 1 {
            low.clone_from(ke);
        }
    }
    if hit_begin && begin.offset <= 0 {
        low.clear();
    }
    if hit_end && end.offset > 0 {
        high = max.to_vec();
    }
    if let (Some((head, _)), Some((tail, _))) = (rows.get(0), rows.last()) {
        if reverse {
            low = low.min(tail.to_vec());
            if end.offset > 0 && high.as_slice() <= head {
                high = successor(head);
            }
        } else {
            if begin.offset <= 0 {
                low = low.min(head.to_vec());
            }
            if high.as_slice() <= tail {
                high = successor(tail);
            }
        }
    }
    (low < high).then_some((low, high))
}
