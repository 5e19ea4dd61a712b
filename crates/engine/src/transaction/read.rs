//! Reads: of a key, of a selector, of a range, and the conflict ranges they leave behind.
//!
//! A read goes: note that it runs, take the read point and the own writes as they are now (rule
//! RYW-2), read without the lock, then note its end, its conflict range or its error.

use std::sync::{Arc, MutexGuard};

use plinth_api::{
    key::{printable, successor, END_OF_KEYS},
    Code, Error, KeySelector, RangeOptions, RangeResult, Result, Value,
};

use super::{Phase, State, Transaction};
use crate::limits;
use crate::overlay::{resolve, scan, Known, Overlay, Resolved, View};
use crate::version::ReadPoint;

/// Pairs that room is made for at once, without and with a limit, and what counts as a long pair.
const FIRST_ROOM: usize = 16;
const MOST_ROOM: usize = 4_096;
const LONG_PAIR: usize = 256;

/// A read that was issued: what it sees, and whether the transaction is still the same one.
struct Issued {
    epoch: u64,
    overlay: Option<Arc<Overlay>>,
}

/// The read conflict of a finished read: a range, or nothing.
type Touched = Option<(Vec<u8>, Vec<u8>)>;

impl Transaction {
    pub(super) fn read_key(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        let mut state = self.usable()?;
        limits::check_read_key(key)?;
        self.service.check_keyspace(keyspace)?;
        if let Some(overlay) = state.overlay(keyspace) {
            // Own writes need no database and leave no conflict (rules RYW-13, CONF-3).
            match overlay.get(key) {
                Known::Set(value) => return Ok(Some(Value::Owned(value.to_vec()))),
                Known::Cleared => return Ok(None),
                Known::Unwritten => {}
            }
        }
        if key.len() > limits::longest_readable(self.service.options()) {
            return Ok(None);
        }
        self.account_reads(&mut state)?;
        let issued = Self::issue(&mut state, None);
        let point = state.read_point.clone();
        drop(state);
        let result = self.point_or(point).and_then(|point| self.service.get(&point, keyspace, key));
        let result = result.or_else(|error| self.read_again(keyspace, key, error));
        self.finish(&issued, &result, |state, value| {
            state.cache.keep(keyspace, key, value);
            if !snapshot {
                state.reads_mut(keyspace).add_key(key);
            }
        })?;
        result
    }

    /// A key that was read before the read version left the window is still known (rule RYW-12).
    fn read_again(&self, keyspace: u32, key: &[u8], error: Error) -> Result<Option<Value>> {
        let known = match error.code() {
            Code::TRANSACTION_TOO_OLD => self.lock().cache.find(keyspace, key),
            _ => None,
        };
        known.ok_or_else(|| error.context(format!("key \"{}\"", printable(key))))
    }

    pub(super) fn read_selector(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        let state = self.usable()?;
        limits::check_selector(&selector)?;
        let selector = limits::cut_selector(selector, self.service.options()).without_or_equal();
        self.read(state, keyspace, snapshot, |view| {
            let found = resolve(view, &selector)?.key;
            // Rule CONF-4.
            let range = if selector.offset <= 0 {
                (found.clone(), selector.key.clone())
            } else {
                (selector.key.clone(), successor(&found))
            };
            Ok((found, Some(range)))
        })
    }

    pub(super) fn read_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        let state = self.usable()?;
        limits::check_selector(&begin)?;
        limits::check_selector(&end)?;
        let begin = limits::cut_selector(begin, self.service.options()).without_or_equal();
        let end = limits::cut_selector(end, self.service.options()).without_or_equal();
        if begin.offset >= end.offset && begin.key >= end.key {
            // Rule RNG-2: no read version, no conflict.
            self.service.check_keyspace(keyspace)?;
            return Ok(RangeResult::default());
        }
        self.read(state, keyspace, options.snapshot, |view| {
            let plain = begin.offset == 1 && end.offset == 1;
            if plain {
                let rows = collect(view, &begin.key, &end.key, options)?;
                let range = plain_conflict(&begin.key, &end.key, &rows, options.reverse);
                return Ok((rows, Some(range)));
            }
            let (first, last) = (resolve(view, &begin)?, resolve(view, &end)?);
            let rows = collect(view, &first.key, &last.key, options)?;
            let range = general_conflict(&begin, &end, &first, &last, &rows, options.reverse);
            Ok((rows, range))
        })
    }

    /// A read that walks over the view and leaves at most one conflict range. `state` is that of a
    /// usable transaction; its lock is let go before the walk.
    fn read<T>(
        &self,
        mut state: MutexGuard<'_, State>,
        keyspace: u32,
        snapshot: bool,
        walk: impl FnOnce(&View<'_>) -> Result<(T, Touched)>,
    ) -> Result<T> {
        self.service.check_keyspace(keyspace)?;
        let overlay = state.overlay(keyspace).filter(|overlay| !overlay.is_empty()).cloned();
        self.account_reads(&mut state)?;
        let issued = Self::issue(&mut state, overlay);
        let point = state.read_point.clone();
        drop(state);
        let overlay = issued.overlay.clone();
        let result = self.point_or(point).and_then(|point| {
            let source = |begin: &[u8], end: &[u8], reverse: bool, visit: &mut crate::store::Visit<'_>| {
                self.service.scan(&point, keyspace, begin, end, reverse, visit)
            };
            walk(&View { source: &source, overlay: overlay.as_deref() })
        });
        self.finish(&issued, &result, |state, (_, range)| {
            if let (false, Some((begin, end))) = (snapshot, range) {
                add_read(state, keyspace, begin, end, issued.overlay.as_deref());
            }
        })?;
        result.map(|(value, _)| value)
    }

    /// The read point; obtained now if there is none. Waits, if it must, without the lock.
    pub(super) fn read_point(&self) -> Result<Arc<ReadPoint>> {
        let point = self.lock().read_point.clone();
        self.point_or(point)
    }

    fn point_or(&self, point: Option<Arc<ReadPoint>>) -> Result<Arc<ReadPoint>> {
        if let Some(point) = point {
            return Ok(point);
        }
        let (epoch, wanted) = {
            let state = self.lock();
            (state.epoch, state.wanted_version)
        };
        let found = match wanted {
            Some(version) => self.service.at(version)?,
            None => self.service.latest()?,
        };
        let mut state = self.lock();
        if state.epoch != epoch {
            return Err(Error::new(Code::TRANSACTION_CANCELLED).context("the transaction was reset meanwhile"));
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

    fn issue(state: &mut State, overlay: Option<Arc<Overlay>>) -> Issued {
        state.reads_running += 1;
        Issued { epoch: state.epoch, overlay }
    }

    /// Notes the end of a read. Fails if the transaction was ended or reset meanwhile.
    fn finish<T>(&self, issued: &Issued, result: &Result<T>, note: impl FnOnce(&mut State, &T)) -> Result<()> {
        let mut state = self.lock();
        if state.epoch != issued.epoch {
            return Err(Error::new(Code::TRANSACTION_CANCELLED).context("the transaction was reset meanwhile"));
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
        drop(state);
        if awaited {
            self.changed.notify_all();
        }
        marked
    }
}

/// Adds a read conflict range less the own writes as they were when the read was issued (rule
/// CONF-3).
pub(super) fn add_read(state: &mut State, keyspace: u32, begin: &[u8], end: &[u8], overlay: Option<&Overlay>) {
    let reads = state.reads_mut(keyspace);
    match overlay {
        None => reads.add_range(begin, end),
        Some(overlay) => overlay.unwritten(begin, end, &mut |begin, end| reads.add_range(begin, end)),
    }
}

/// The visible pairs of a range up to the limits (rules RNG-3 to RNG-8).
fn collect(view: &View<'_>, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult> {
    let mut rows = RangeResult::default();
    let mut bytes = 0;
    let most = if options.limit == 0 { FIRST_ROOM } else { options.limit.min(MOST_ROOM) };
    scan(view, begin, end.min(END_OF_KEYS), options.reverse, &mut |key, value| {
        if rows.is_empty() {
            // The first pair tells how long the others may be.
            rows.reserve(most, (key.len() + value.len()).min(LONG_PAIR));
        }
        rows.push(key, value);
        bytes += 8 + key.len() + value.len();
        rows.more = rows.len() == options.limit || (options.target_bytes > 0 && bytes >= options.target_bytes);
        !rows.more
    })?;
    Ok(rows)
}

/// Rule CONF-5: both selectors name their own key.
fn plain_conflict(begin: &[u8], end: &[u8], rows: &RangeResult, reverse: bool) -> (Vec<u8>, Vec<u8>) {
    match rows.last().filter(|_| rows.more) {
        None => (begin.to_vec(), end.to_vec()),
        Some((last, _)) if reverse => (last.to_vec(), end.to_vec()),
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
        high = END_OF_KEYS.to_vec();
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
