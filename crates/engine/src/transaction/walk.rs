//! Reads that walk over keys: selectors and ranges, and the conflict ranges they leave behind (rules
//! SEL-1 to SEL-6, RNG-1 to RNG-11, CONF-4 to CONF-6).

use std::cell::OnceCell;
use std::sync::{Arc, MutexGuard};

use plinth_api::{
    key::{is_special_range, successor, END_OF_SYSTEM_KEYS},
    Code, Done, EntryMapper, Error, KeyRange, KeySelector, MappedResult, MappedRow, RangeOptions, RangeResult, Result,
    Rows,
};

use super::calls::Call;
use super::read::{is_on_disk, issue, told, was_reset, Issued};
use super::{State, Transaction};
use crate::defects::{is_on, Defect};
use crate::limits::Bounds;
use crate::metrics::Operation;
use crate::overlay::{resolve, scan, Overlay, Resolved, Stretch, View};
use crate::store::{Range, Tier, Visit};

/// Pairs that room is made for at once, without and with a limit, and what counts as a long pair.
const FIRST_ROOM: usize = 16;
const MOST_ROOM: usize = 4_096;
const LONG_PAIR: usize = 256;

/// Bytes that one entry of a mapped range may lead to.
const LONGEST_MAPPED: usize = 10_000_000;

/// A walk that was issued, and what it sees.
struct Walk {
    issued: Issued,
    /// The own writes.
    overlay: Option<Arc<Overlay>>,
    bounds: Bounds,
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

    /// How many pairs it has, and bytes in them.
    fn size(&self) -> (usize, usize) {
        (0, 0)
    }

    /// Ranges that were read beside.
    fn others(&self) -> &[KeyRange] {
        &[]
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

    fn size(&self) -> (usize, usize) {
        (self.rows.len(), self.rows.bytes())
    }
}

/// Index entries with what they name.
#[derive(Default)]
struct FoundMapped {
    result: MappedResult,
    ranges: Vec<KeyRange>,
}

impl Found for FoundMapped {
    fn size(&self) -> (usize, usize) {
        let rows = &self.result.rows;
        let bytes = rows.iter().map(|row| row.key.len() + row.value.len() + row.found.bytes()).sum();
        (rows.iter().map(|row| 1 + row.found.len()).sum(), bytes)
    }

    fn others(&self) -> &[KeyRange] {
        &self.ranges
    }
}

impl Transaction {
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
        let seen = self.issue_walk(state, Operation::GetKey, keyspace, snapshot)?;
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

    /// Reads a range, in a life of the transaction if it is told which: that may have ended meanwhile.
    pub(super) fn read_range(
        &self,
        life: Option<u64>,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        if is_special_range(&begin, &end) {
            let found = self.special_range(keyspace, begin, end, options)?;
            return match life {
                Some(life) if life != self.lock().epoch => Err(was_reset()),
                _ => Ok(found),
            };
        }
        match self.issue_range(Operation::GetRange, life, keyspace, begin, end, options)? {
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
        if is_special_range(&begin, &end) {
            return told(done, self.special_range(keyspace, begin, end, options));
        }
        match self.issue_range(Operation::GetRange, None, keyspace, begin, end, options) {
            Ok(Some((seen, walk))) => {
                self.walk_async(seen, walk, Box::new(|found| done(found.map(|found: FoundRows| found.rows))))
            }
            Ok(None) => told(done, Ok(RangeResult::default())),
            Err(error) => told(done, Err(error)),
        }
    }

    /// Reads index entries and the ranges that they name, all of it as one read.
    pub(super) fn read_mapped_async(
        self: Arc<Self>,
        keyspace: u32,
        (begin, end): (KeySelector, KeySelector),
        mapper: EntryMapper,
        options: RangeOptions,
        done: Done<MappedResult>,
    ) -> Option<Arc<dyn plinth_api::Pending>> {
        let (seen, entries) = match self.issue_range(Operation::GetMappedRange, None, keyspace, begin, end, options) {
            Ok(Some(issued)) => issued,
            Ok(None) => return told(done, Ok(MappedResult::default())),
            Err(error) => return told(done, Err(error)),
        };
        let bounds = seen.bounds;
        let one = RangeOptions { target_bytes: LONGEST_MAPPED, ..RangeOptions::default() };
        let walk = move |view: &View<'_>| {
            let (entries, touched) = entries(view)?;
            let mut found = FoundMapped::default();
            let mut bytes = 0;
            for (key, value) in entries.rows.iter() {
                let range = mapper(key, value)?;
                bounds.check_read_range(&range.begin, &range.end)?;
                let rows = collect(view, &range.begin, &range.end, one)?;
                if rows.more {
                    return Err(Error::new(Code::QUICK_GET_KEY_VALUES_HAS_MORE));
                }
                bytes += 8 * (1 + rows.len()) + key.len() + value.len() + rows.bytes();
                found.ranges.push(range.clone());
                let (key, value) = (key.to_vec(), value.to_vec());
                found.result.rows.push(MappedRow { key, value, range, found: rows });
                // What the entries lead to counts too (rule RNG-6).
                if options.target_bytes > 0 && bytes >= options.target_bytes {
                    break;
                }
            }
            found.result.more = entries.rows.more || found.result.rows.len() < entries.rows.len();
            Ok((found, touched))
        };
        self.walk_async(seen, walk, Box::new(|found| done(found.map(|found: FoundMapped| found.result))))
    }

    /// `None` where the range is empty whatever the keys are. Fails if it is for another life.
    #[expect(clippy::type_complexity, reason = "a closure has no other name")]
    fn issue_range(
        &self,
        operation: Operation,
        life: Option<u64>,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<Option<(Walk, impl Fn(&View<'_>) -> Result<(FoundRows, Touched)>)>> {
        let state = self.usable()?;
        if life.is_some_and(|life| life != state.epoch) {
            return Err(was_reset());
        }
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
        let seen = self.issue_walk(state, operation, keyspace, options.snapshot)?;
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
    fn issue_walk(
        &self,
        mut state: MutexGuard<'_, State>,
        operation: Operation,
        keyspace: u32,
        snapshot: bool,
    ) -> Result<Walk> {
        self.service.check_keyspace(keyspace)?;
        state.tally.count(operation);
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
        let source = |stretch: Stretch<'_>, visit: &mut Visit<'_>| {
            let Stretch { begin, end, reverse, want } = stretch;
            let point = match point.get() {
                Some(point) => point,
                None => {
                    let obtained = self.point_of(&seen.issued, tier)?;
                    point.get_or_init(|| obtained)
                }
            };
            let range = Range { keyspace: seen.issued.keyspace, begin, end, reverse, want };
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
            let (pairs, bytes) = found.size();
            state.note_range(|| bytes);
            state.tally.read(pairs, bytes);
            let Some((begin, end)) = range else {
                return;
            };
            if let (None, Some((rows, reverse))) = (&seen.overlay, found.rows()) {
                state.cache.keep_range(keyspace, begin, end, rows, reverse);
            }
            let others = found.others().iter().map(|range| (&range.begin, &range.end));
            for (begin, end) in others.chain([(begin, end)]) {
                match (seen.issued.snapshot, state.options.ryw_disabled) {
                    (true, _) => {}
                    (false, true) => state.add_late_read(keyspace, begin, end),
                    (false, false) => state.add_read(keyspace, begin, end, seen.overlay.as_deref()),
                }
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
    // Where bytes end it, how many pairs that are is not known.
    let stretch = Stretch { begin, end: end.min(view.max), reverse: options.reverse, want: options.limit };
    scan(view, stretch, &mut |key, value| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_hears_of_a_limit() {
        let asked = std::cell::RefCell::new(Vec::new());
        let source = |stretch: Stretch<'_>, _: &mut Visit<'_>| {
            asked.borrow_mut().push(stretch.want);
            Ok(())
        };
        let view = View { source: &source, overlay: None, max: b"\xff", longest: 100 };
        for limit in [0, 1, 500] {
            collect(&view, b"a", b"b", RangeOptions { limit, ..RangeOptions::default() }).unwrap();
        }
        assert_eq!(asked.take(), [0, 1, 500]);
    }
}
