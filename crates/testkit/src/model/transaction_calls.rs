//! The calls of a model transaction.

use std::sync::atomic::Ordering;

use plinth_api::{Code, Error, KeyRange, KeySelector, Mutation, RangeOptions, RangeResult, Result, Transaction};
use plinth_api::{TransactionOption, Value};

use super::conflict::{get_key_range, RangeRead, ReadSpans, Span};
use super::lock;
use super::special;
use super::stamp::{Place, StampedKey};
use super::state::{AtomicOp, Change, Write};
use super::transaction::{check_keyspace, Inner, ModelTransaction};
use super::view::View;

/// What a mutation adds to the size beside its bytes (LIM-7).
const MUTATION: usize = 28;

impl ModelTransaction {
    /// Whether some of its writes can't be read before the commit.
    pub(crate) fn has_unreadable(&self) -> bool {
        !lock(&self.inner).unreadable.is_empty()
    }

    /// From now on ranges between selectors that count keys are read as a database may that first searches for each
    /// end, as `get_key` does (CONF-4), and then reads between them (CONF-5): these are the conflicts that it must have,
    /// and those of CONF-6 it may have (FREE-4).
    pub(crate) fn search_for_ends(&self) {
        self.searches.store(true, Ordering::Relaxed);
    }

    fn add_range_read(&self, inner: &mut Inner, keyspace: u32, view: &View, read: &RangeRead<'_>) {
        let own = inner.own();
        let mut spans = ReadSpans::default();
        spans.add_range_read(keyspace, read, &own);
        let counts = read.begin.offset != 1 || read.end.offset != 1;
        if counts && self.searches.load(Ordering::Relaxed) {
            spans = spans.searched(keyspace, read, [view.get_key(read.begin), view.get_key(read.end)], &own);
        }
        inner.reads.append(spans);
    }
}

impl Transaction for ModelTransaction {
    fn atomic_op(&self, keyspace: u32, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        self.with(|state, inner| {
            let quiet = inner.enter_write()?;
            check_keyspace(state, keyspace)?;
            inner.options.check_atomic(mutation, key, operand)?;
            check_place(mutation, key, operand)?;
            inner.size += MUTATION + key.len() + operand.len();
            if mutation == Mutation::SetVersionstampedKey {
                add_stamped_key(inner, keyspace, key, operand);
                return Ok(());
            }
            if mutation == Mutation::SetVersionstampedValue {
                inner.unreadable.push(Span { keyspace, range: KeyRange::single(key) });
            }
            let longest = inner.options.value_size;
            let op = AtomicOp { mutation, key: key.to_vec(), operand: operand.to_vec(), longest };
            add_write(inner, Write { keyspace, change: Change::Atomic(op) }, quiet);
            Ok(())
        })
    }

    fn versionstamp(&self) -> Result<[u8; 10]> {
        let stamp = lock(&self.inner).stamp.ok_or(Error::new(Code::TRANSACTION_INVALID_VERSION))?;
        stamp.ok_or(Error::new(Code::NO_COMMIT_VERSION))
    }

    fn approximate_size(&self) -> Result<i64> {
        let inner = lock(&self.inner);
        Ok((inner.size + inner.reads.size) as i64)
    }

    fn estimated_range_size(&self, _: u32, _: &[u8], _: &[u8]) -> Result<i64> {
        Err(Error::new(plinth_api::Code::UNSUPPORTED_OPERATION))
    }

    fn split_points(&self, _: u32, _: &[u8], _: &[u8], _: i64) -> Result<Vec<Vec<u8>>> {
        Err(Error::new(plinth_api::Code::UNSUPPORTED_OPERATION))
    }

    fn watch(
        self: std::sync::Arc<Self>,
        _: u32,
        _: &[u8],
        done: plinth_api::Done<()>,
    ) -> Option<std::sync::Arc<dyn plinth_api::Pending>> {
        done(Err(Error::new(plinth_api::Code::UNSUPPORTED_OPERATION)));
        None
    }

    fn get(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        self.with(|state, inner| {
            inner.enter()?;
            check_keyspace(state, keyspace)?;
            inner.options.check_read(key)?;
            if key.len() > inner.options.longest(key) {
                return Ok(None);
            }
            inner.has_read = true;
            let conflicts = !snapshot;
            if conflicts && inner.options.ryw_disabled {
                // Even if it fails (CONF-9).
                inner.reads.add(Span { keyspace, range: KeyRange::single(key) }, &[]);
            }
            let view = self.view(state, inner, keyspace, snapshot)?;
            if view.hides_key(key) && !inner.options.bypass_unreadable {
                return Err(inner.refuse_unreadable());
            }
            if conflicts && !inner.options.ryw_disabled {
                let own = inner.own();
                inner.reads.add(Span { keyspace, range: KeyRange::single(key) }, &own);
            }
            Ok(view.get(key).map(Value::Owned))
        })
    }

    fn get_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Value>>> {
        self.with(|state, inner| {
            inner.enter()?;
            check_keyspace(state, keyspace)?;
            keys.iter().try_for_each(|key| inner.options.check_read(key))?;
            let readable = |inner: &Inner, key: &[u8]| key.len() <= inner.options.longest(key);
            let spans: Vec<Span> =
                keys.iter().filter(|key| readable(inner, key)).map(|key| single(keyspace, key)).collect();
            if spans.is_empty() {
                return Ok(keys.iter().map(|_| None).collect());
            }
            inner.has_read = true;
            if !snapshot && inner.options.ryw_disabled {
                // Even if it fails (CONF-9).
                spans.iter().for_each(|span| inner.reads.add(span.clone(), &[]));
            }
            let view = self.view(state, inner, keyspace, snapshot)?;
            let hidden = keys.iter().any(|key| readable(inner, key) && view.hides_key(key));
            if hidden && !inner.options.bypass_unreadable {
                return Err(inner.refuse_unreadable());
            }
            if !snapshot && !inner.options.ryw_disabled {
                let own = inner.own();
                spans.into_iter().for_each(|span| inner.reads.add(span, &own));
            }
            let value = |key: &&[u8]| view.get(key).filter(|_| readable(inner, key)).map(Value::Owned);
            Ok(keys.iter().map(value).collect())
        })
    }

    fn get_key(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        self.with(|state, inner| {
            inner.enter()?;
            check_keyspace(state, keyspace)?;
            inner.options.check_selector(&selector.key)?;
            let selector = shortened(inner, selector);
            inner.has_read = true;
            let view = self.view(state, inner, keyspace, snapshot)?;
            let folded = selector.clone().without_or_equal();
            if view.hides_selector(&folded) {
                return Err(inner.refuse_unreadable());
            }
            let key = view.get_key(&selector);
            if !snapshot {
                let own = inner.own();
                inner.reads.add(Span { keyspace, range: get_key_range(&selector, &key) }, &own);
            }
            Ok(key)
        })
    }

    fn get_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        self.with(|state, inner| {
            if let Some(rows) = special::rows(inner, keyspace, &begin.key, &end.key) {
                // During and after the commit too (COM-3).
                return inner.mark.map_or(Ok(rows), |code| Err(code.into()));
            }
            inner.enter()?;
            check_keyspace(state, keyspace)?;
            inner.options.check_selector(&begin.key)?;
            inner.options.check_selector(&end.key)?;
            let begin = shortened(inner, begin).without_or_equal();
            let end = shortened(inner, end).without_or_equal();
            if begin.offset >= end.offset && begin.key >= end.key {
                return Ok(RangeResult::default());
            }
            inner.has_read = true;
            let view = self.view(state, inner, keyspace, options.snapshot)?;
            let result = view.get_range(&begin, &end, options);
            if view.hides_range(&begin, &end, options.reverse, &result) {
                return Err(inner.refuse_unreadable());
            }
            if !options.snapshot {
                let positions = view.positions(&begin, &end);
                let read = RangeRead { begin: &begin, end: &end, reverse: options.reverse, positions, result: &result };
                self.add_range_read(inner, keyspace, &view, &read);
            }
            Ok(result)
        })
    }

    fn set(&self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
        self.with(|state, inner| {
            let quiet = inner.enter_write()?;
            check_keyspace(state, keyspace)?;
            inner.options.check_set(key, value)?;
            inner.size += MUTATION + key.len() + value.len();
            add_write(inner, Write { keyspace, change: Change::Set(key.to_vec(), value.to_vec()) }, quiet);
            Ok(())
        })
    }

    fn clear(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        self.with(|state, inner| {
            let quiet = inner.enter_write()?;
            check_keyspace(state, keyspace)?;
            inner.options.check_clear(key)?;
            if key.len() <= inner.options.longest(key) {
                let write = Write { keyspace, change: Change::Clear(KeyRange::single(key)) };
                inner.size += write.span().size();
                add_write(inner, write, quiet);
            }
            Ok(())
        })
    }

    fn clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.with(|state, inner| {
            let quiet = inner.enter_write()?;
            check_keyspace(state, keyspace)?;
            let range = legal_range(inner, begin, end, true)?;
            inner.size += MUTATION + begin.len() + end.len();
            add_write(inner, Write { keyspace, change: Change::Clear(range) }, quiet);
            Ok(())
        })
    }

    fn add_read_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.with(|state, inner| {
            inner.enter()?;
            check_keyspace(state, keyspace)?;
            let range = legal_range(inner, begin, end, false)?;
            let own = inner.own();
            inner.reads.add(Span { keyspace, range }, &own);
            Ok(())
        })
    }

    fn add_write_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.with(|state, inner| {
            inner.enter()?;
            check_keyspace(state, keyspace)?;
            let span = Span { keyspace, range: legal_range(inner, begin, end, true)? };
            if begin != end {
                // LIM-7 counts the bounds as they were passed.
                inner.size += 24 + begin.len() + end.len();
            }
            if !span.is_empty() {
                inner.write_spans.push(span);
            }
            Ok(())
        })
    }

    fn read_version(&self) -> Result<i64> {
        self.with(|state, inner| {
            inner.mark.map_or(Ok(()), |code| Err(Error::new(code)))?;
            Ok(*inner.read_version.get_or_insert_with(|| state.newest()))
        })
    }

    fn set_read_version(&self, version: i64) -> Result<()> {
        self.with(|_, inner| {
            inner.enter()?;
            if version <= 0 {
                return Err(Code::VERSION_INVALID.into());
            }
            if inner.read_version.is_some() {
                return Err(Code::READ_VERSION_ALREADY_SET.into());
            }
            inner.read_version = Some(version);
            Ok(())
        })
    }

    fn commit(&self) -> Result<()> {
        self.commit_now()
    }

    fn committed_version(&self) -> i64 {
        lock(&self.inner).committed_version
    }

    fn on_error(&self, error: Error) -> Result<()> {
        self.with(|_, inner| {
            inner.mark.map_or(Ok(()), |code| Err(Error::new(code)))?;
            if error.code().on_error().is_some() {
                inner.reset(&self.shared.current());
                return Ok(());
            }
            inner.mark = Some(Code::TRANSACTION_CANCELLED);
            Err(if error.code() == Code::SUCCESS { Code::CLIENT_INVALID_OPERATION.into() } else { error })
        })
    }

    fn reset(&self) -> Result<()> {
        self.with(|_, inner| {
            inner.reset(&self.shared.current());
            Ok(())
        })
    }

    fn cancel(&self) -> Result<()> {
        self.with(|_, inner| {
            inner.mark = inner.mark.or(Some(Code::TRANSACTION_CANCELLED));
            Ok(())
        })
    }

    fn set_option(&self, option: TransactionOption) -> Result<()> {
        let option = option.check(self.shared.options.transaction.size_limit)?;
        self.with(|_, inner| {
            let used = inner.has_read || !inner.is_read_only();
            if option == TransactionOption::ReadYourWritesDisable && used {
                return Err(Code::CLIENT_INVALID_OPERATION.into());
            }
            inner.options.take(option);
            Ok(())
        })
    }

    fn id(&self) -> Result<String> {
        Err(Code::UNSUPPORTED_OPERATION.into())
    }

    fn known_id(&self) -> Option<String> {
        None
    }
}

fn single(keyspace: u32, key: &[u8]) -> Span {
    Span { keyspace, range: KeyRange::single(key) }
}

/// A selector with a key that is not needlessly long (LIM-3).
fn shortened(inner: &Inner, mut selector: KeySelector) -> KeySelector {
    selector.key = inner.options.cut(&selector.key);
    selector
}

/// A range of legal bounds in order (CONF-10 and DATA-5), cut as LIM-3 says.
fn legal_range(inner: &Inner, begin: &[u8], end: &[u8], writes: bool) -> Result<KeyRange> {
    if begin > end {
        return Err(Code::INVERTED_RANGE.into());
    }
    inner.options.check_range(begin, end, writes)?;
    Ok(KeyRange { begin: inner.options.cut(begin), end: inner.options.cut(end) })
}

/// Adds a mutation and, unless `quiet`, its write conflict range (CONF-1 and CONF-11); an empty one
/// is nothing at all.
fn add_write(inner: &mut Inner, write: Write, quiet: bool) {
    let span = write.span();
    if !span.is_empty() {
        if matches!(write.change, Change::Clear(_)) {
            inner.uncover(&span);
        }
        if !quiet {
            inner.size += span.size();
            inner.write_spans.push(span);
        }
        inner.writes.push(write);
    }
}

/// VST-4.
fn check_place(mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
    let placed = match mutation {
        Mutation::SetVersionstampedKey => Place::parse(key).is_some(),
        Mutation::SetVersionstampedValue => Place::parse(operand).is_some(),
        _ => true,
    };
    if placed {
        Ok(())
    } else {
        Err(Code::CLIENT_INVALID_OPERATION.into())
    }
}

/// A key that gets its stamp at commit, and hides where that may be (RYW-8).
fn add_stamped_key(inner: &mut Inner, keyspace: u32, key: &[u8], value: &[u8]) {
    let Some(place) = Place::parse(key) else { return };
    let key = StampedKey { keyspace, place, value: value.to_vec() };
    inner.unreadable.push(key.span(inner.read_version.unwrap_or(0), inner.options.max_read()));
    inner.stamped.push(key);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use plinth_api::{Database, DatabaseOptions};

    use super::*;
    use crate::model::ModelDatabase;

    type Ranges = Vec<(&'static [u8], &'static [u8])>;

    fn plain(key: &str) -> KeySelector {
        KeySelector::first_greater_or_equal(key)
    }

    fn range(transaction: &ModelTransaction, begin: &str, end: &str, limit: usize, reverse: bool) -> usize {
        let options = RangeOptions { limit, reverse, ..RangeOptions::default() };
        transaction.get_range(0, plain(begin), plain(end), options).unwrap().len()
    }

    fn get_key(transaction: &ModelTransaction, key: &str, or_equal: bool, offset: i32) {
        let selector = KeySelector { key: key.as_bytes().to_vec(), or_equal, offset };
        transaction.get_key(0, selector, false).unwrap();
    }

    #[test]
    fn read_conflict_ranges_are_those_of_section_19() {
        let database = ModelDatabase::new(DatabaseOptions::default());
        let setup = database.begin().unwrap();
        ["b", "d", "f"].iter().for_each(|key| setup.set(0, key.as_bytes(), b"v").unwrap());
        setup.commit().unwrap();
        let check = |steps: &dyn Fn(&ModelTransaction), expected: Ranges| {
            let transaction = database.begin_model();
            steps(&transaction);
            let reads = transaction.reads();
            let found: Vec<(&[u8], &[u8])> =
                reads.required.iter().map(|span| (&*span.range.begin, &*span.range.end)).collect();
            assert_eq!(found, expected);
            assert_eq!(reads.required, reads.allowed);
        };
        check(&|t| assert!(t.get(0, b"c", false).unwrap().is_none()), vec![(b"c", b"c\0")]);
        check(&|t| assert_eq!(range(t, "a", "g", 0, false), 3), vec![(b"a", b"g")]);
        check(&|t| assert_eq!(range(t, "a", "g", 2, false), 2), vec![(b"a", b"d\0")]);
        check(&|t| assert_eq!(range(t, "a", "g", 3, false), 3), vec![(b"a", b"f\0")]);
        check(&|t| assert_eq!(range(t, "a", "g", 1, true), 1), vec![(b"f", b"g")]);
        check(&|t| assert_eq!(range(t, "e", "b", 0, false), 0), vec![]);
        check(&|t| (t.set(0, b"d", b"").unwrap(), range(t, "a", "g", 0, false)).0, vec![(b"a", b"d"), (b"d\0", b"g")]);
        check(
            &|t| (t.clear_range(0, b"c", b"e").unwrap(), range(t, "a", "g", 0, false)).0,
            vec![(b"a", b"c"), (b"e", b"g")],
        );
        check(&|t| (t.get(0, b"d", false).unwrap(), t.set(0, b"d", b"").unwrap()).1, vec![(b"d", b"d\0")]);
        check(&|t| (t.set(0, b"d", b"").unwrap(), t.get(0, b"d", false).unwrap()).0, vec![]);
        check(&|t| get_key(t, "b", true, 1), vec![(b"b\0", b"d\0")]);
        check(&|t| get_key(t, "d", false, 0), vec![(b"b", b"d")]);
        check(&|t| get_key(t, "g", false, 1), vec![(b"g", b"\xff\0")]);
        check(
            &|t| (t.set(0, b"d", b"").unwrap(), t.add_read_conflict_range(0, b"c", b"e").unwrap()).1,
            vec![(b"c", b"d"), (b"d\0", b"e")],
        );
        check(&|t| assert!(t.get(0, b"b", true).unwrap().is_some()), vec![]);
        let add = |t: &ModelTransaction| t.atomic_op(0, Mutation::Add, b"d", b"\x01").unwrap();
        check(&|t| (add(t), t.get(0, b"d", false).unwrap()).0, vec![(b"d", b"d\0")]);
        check(&|t| (t.set(0, b"d", b"").unwrap(), add(t), t.get(0, b"d", false).unwrap()).1, vec![]);
    }

    #[test]
    fn a_key_without_its_stamp_is_as_section_19_says() {
        let database = ModelDatabase::new(DatabaseOptions::default());
        let begin = || {
            let transaction = database.begin_model();
            transaction.atomic_op(0, Mutation::SetVersionstampedValue, b"k", &[0; 14]).unwrap();
            transaction
        };
        let code = |result: Result<Option<Value>>| result.unwrap_err().code();
        let read = begin();
        assert_eq!(code(read.get(0, b"k", false)), Code::ACCESSED_UNREADABLE);
        assert_eq!(read.commit().unwrap_err().code(), Code::ACCESSED_UNREADABLE);
        assert_eq!(read.versionstamp().unwrap_err().code(), Code::TRANSACTION_INVALID_VERSION);
        let set = begin();
        set.set(0, b"k", b"v").unwrap();
        assert_eq!(code(set.get(0, b"k", false)), Code::ACCESSED_UNREADABLE);
        let cleared = begin();
        cleared.clear(0, b"k").unwrap();
        assert!(cleared.get(0, b"k", false).unwrap().is_none());
        let committed = begin();
        committed.commit().unwrap();
        let value = database.begin_model().get(0, b"k", false).unwrap().unwrap().to_vec();
        assert_eq!(value, committed.versionstamp().unwrap());
    }
}
