//! The writes of one transaction in one keyspace, as they stand after every call so far.
//!
//! Invariant: `clears` holds disjoint ranges that do not touch; an entry of `keys` was written
//! after every clear that covers it. So a commit applies the clears first, the keys after them, and
//! the versionstamped keys last (rule COM-9). A key that can't be read, or a write without a
//! conflict range, makes `extras`: without it both can be ruled out at one look.

use std::collections::BTreeMap;
use std::ops::Bound;

use plinth_api::key::{is_successor, successor};
use plinth_api::Mutation;

use super::keys::{Entry, Iter, Keys, Write};
use super::pending::Pending;
use super::stamped::{Extras, StampedKey};
use crate::atomic::{apply, Stamp};
use crate::conflict::{ConflictSet, RangeRef};

/// The overlay of one keyspace.
#[derive(Clone, Default)]
pub struct Overlay {
    keys: Keys,
    clears: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Whether `keys` may hold a pending entry.
    unsettled: bool,
    extras: Option<Box<Extras>>,
}

/// What the overlay knows of a key.
#[derive(Debug)]
pub enum Known<'a> {
    /// Nothing: the database decides.
    Unwritten,
    /// The transaction cleared it.
    Cleared,
    /// The transaction set it.
    Set(&'a [u8]),
    /// Its value is settled at commit.
    Pending(&'a Pending),
}

/// What a part of the key space is to a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Stored keys and own ones.
    Open,
    /// Own keys only.
    Cleared,
    /// It can't be read.
    Unreadable,
}

/// A part of the key space.
pub type Segment<'a> = (&'a [u8], &'a [u8], Kind);

impl Overlay {
    /// An overlay as it was when it was told to another process, but for what only reads look at. The
    /// caller has checked the invariant: `clears` are in order and do not touch, `keys` are in order.
    pub fn restored(
        clears: Vec<(Vec<u8>, Vec<u8>)>,
        keys: Keys,
        stamped: Vec<StampedKey>,
        conflicts: Option<ConflictSet>,
    ) -> Self {
        let unsettled = keys.iter().any(|(_, entry)| matches!(entry, Entry::Pending(_)));
        let seldom = !stamped.is_empty() || conflicts.is_some();
        let extras = seldom.then(|| Box::new(Extras::restored(stamped, conflicts)));
        Self { keys, clears: clears.into_iter().collect(), unsettled, extras }
    }

    /// Forgets everything, and keeps the room if it is not more than so many bytes. Returns whether it is kept.
    pub fn empty(&mut self, most: usize) -> bool {
        let is_small = self.keys.empty(most);
        let Self { clears, unsettled, extras, .. } = self;
        clears.clear();
        (*unsettled, *extras) = (false, None);
        is_small
    }

    /// Sets a key.
    pub fn set(&mut self, key: &[u8], value: &[u8]) {
        if self.is_unreadable(key) {
            self.unsettled = true;
            self.keys.put(key, Write::Pending(Box::new(Pending::on_own(Some(value.to_vec())))));
        } else {
            self.keys.put(key, Write::Set(value));
        }
    }

    /// Clears a key.
    pub fn clear(&mut self, key: &[u8]) {
        if let Some(extras) = &mut self.extras {
            let end = successor(key);
            extras.show(key, &end);
            extras.forget_keys(key, &end);
        }
        if self.is_in_clear(key) {
            self.keys.remove(key);
        } else {
            self.keys.put(key, Write::Cleared);
        }
    }

    /// Clears `[begin, end)`.
    pub fn clear_range(&mut self, begin: &[u8], end: &[u8]) {
        if begin >= end {
            return;
        }
        if let Some(extras) = &mut self.extras {
            extras.show(begin, end);
            extras.forget_keys(begin, end);
        }
        self.keys.remove_range(begin, end);
        let (mut first, mut last) = (begin.to_vec(), end.to_vec());
        // Ranges that overlap or touch become one.
        while let Some((start, stop)) =
            self.clears.range::<[u8], _>((Bound::Unbounded, Bound::Included(&*last))).next_back()
        {
            if *stop < first {
                break;
            }
            first = first.min(start.clone());
            last = last.max(stop.clone());
            let start = start.clone();
            self.clears.remove(&start);
        }
        self.clears.insert(first, last);
    }

    /// Changes a key. Where the value is known it is changed at once (rule RYW-4). `longest` is the
    /// longest value there may be.
    pub fn atomic(&mut self, mutation: Mutation, key: &[u8], operand: &[u8], longest: usize) {
        let unreadable = self.is_unreadable(key);
        let in_clear = self.is_in_clear(key);
        if let Some(pending) = self.keys.pending_mut(key) {
            return pending.push(mutation, operand, longest);
        }
        let known = match self.keys.get(key) {
            Some(Entry::Set(value)) => Some(apply(mutation, Some(value), operand, longest)),
            Some(Entry::Cleared) => Some(apply(mutation, None, operand, longest)),
            None if in_clear && !unreadable => Some(apply(mutation, None, operand, longest)),
            Some(Entry::Pending(_)) | None => None,
        };
        let write = match &known {
            Some(Some(value)) => Write::Set(value),
            Some(None) => Write::Cleared,
            None => {
                self.unsettled = true;
                let mut pending = if in_clear { Pending::on_own(None) } else { Pending::on_stored(unreadable) };
                pending.push(mutation, operand, longest);
                Write::Pending(Box::new(pending))
            }
        };
        self.keys.put(key, write);
    }

    /// Sets a key to a value with a place for the versionstamp.
    pub fn set_stamped_value(&mut self, key: &[u8], operand: &[u8]) {
        self.unsettled = true;
        self.extras.get_or_insert_default();
        self.keys.put(key, Write::Pending(Box::new(Pending::on_stamp(operand))));
    }

    /// Sets a key with a place for the versionstamp, which may fall anywhere in `range`.
    pub fn set_stamped_key(&mut self, key: StampedKey, range: (Vec<u8>, Vec<u8>)) {
        let extras = self.extras.get_or_insert_default();
        extras.keys.push(key);
        extras.hide(range.0, range.1);
    }

    /// Notes the conflict range of a write that is about to be made, or that it has none (rule
    /// CONF-11). While every write has its own there is nothing to note.
    pub fn note_conflict(&mut self, range: RangeRef<'_>, conflicts: bool) {
        if !conflicts && self.extras.as_ref().is_none_or(|extras| extras.conflicts.is_none()) {
            let mut set = ConflictSet::default();
            self.write_ranges(&mut |range| set.add(range));
            self.extras.get_or_insert_default().conflicts = Some(set);
        }
        if let Some(Extras { conflicts: Some(set), .. }) = self.extras.as_deref_mut() {
            if conflicts {
                set.add(range);
            }
        }
    }

    /// What is known of `key`, whether it can be read or not.
    pub fn get(&self, key: &[u8]) -> Known<'_> {
        match self.keys.get(key) {
            Some(Entry::Set(value)) => Known::Set(value),
            Some(Entry::Cleared) => Known::Cleared,
            Some(Entry::Pending(pending)) => Known::Pending(pending),
            None if self.is_in_clear(key) => Known::Cleared,
            None => Known::Unwritten,
        }
    }

    /// Whether a stamp is missing in what `key` would read as (rule RYW-8).
    pub fn is_unreadable(&self, key: &[u8]) -> bool {
        let Some(extras) = &self.extras else {
            return false;
        };
        extras.hides(key) || matches!(self.keys.get(key), Some(Entry::Pending(pending)) if pending.unreadable)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.clears.is_empty() && self.stamped_keys().is_empty()
    }

    /// Whether a key at `key` or behind it was written, which is one look for those that write before it.
    pub fn reaches(&self, key: &[u8]) -> bool {
        self.keys().next_back().is_some_and(|(last, _)| last >= key)
            || self.clears.last_key_value().is_some_and(|(_, end)| end.as_slice() > key)
    }

    /// Whether some value is settled at commit.
    pub fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    /// Whether some write may have no conflict range.
    pub fn has_quiet_writes(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.conflicts.is_some())
    }

    /// The write conflict ranges, if some write may have none.
    pub fn conflicts(&self) -> Option<&ConflictSet> {
        self.extras.as_ref().and_then(|extras| extras.conflicts.as_ref())
    }

    /// The single keys in `[begin, end)`, in order.
    pub fn range(&self, begin: &[u8], end: &[u8]) -> Iter<'_> {
        self.keys.range(begin, end)
    }

    /// All single keys, in order.
    pub fn keys(&self) -> Iter<'_> {
        self.keys.iter()
    }

    /// The keys whose value is settled at commit, in order.
    pub fn unsettled(&self) -> impl Iterator<Item = (&[u8], &Pending)> {
        let keys = self.unsettled.then(|| self.keys()).into_iter().flatten();
        keys.filter_map(|(key, entry)| match entry {
            Entry::Pending(pending) => Some((key, pending)),
            _ => None,
        })
    }

    /// The keys that wait for their versionstamp, in call order.
    pub fn stamped_keys(&self) -> &[StampedKey] {
        self.extras.as_ref().map_or(&[], |extras| &extras.keys)
    }

    /// All cleared ranges, in order.
    pub fn clears(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.clears.iter().map(|(begin, end)| (begin.as_slice(), end.as_slice()))
    }

    /// Calls `range` with the write conflict range of each mutation (rule CONF-1), except for keys
    /// that wait for their versionstamp.
    pub fn write_ranges(&self, range: &mut dyn FnMut(RangeRef<'_>)) {
        if let Some(Extras { conflicts: Some(set), .. }) = self.extras.as_deref() {
            return set.iter().for_each(range);
        }
        self.keys().for_each(|(key, _)| range(RangeRef::Key(key)));
        for (begin, end) in self.clears() {
            match is_successor(begin, end) {
                true => range(RangeRef::Key(begin)),
                false => range(RangeRef::Range(begin, end)),
            }
        }
    }

    /// Whether a write conflict range has a key in common with `range`, once the commit has its stamp.
    pub fn wrote_in(&self, range: RangeRef<'_>, stamp: &Stamp) -> bool {
        let stamped = |key: &StampedKey| RangeRef::Key(&key.key(stamp)).touches(range);
        let written = match (self.conflicts(), range) {
            (Some(set), range) => set.touches(range),
            (None, RangeRef::Key(key)) => !matches!(self.get(key), Known::Unwritten),
            (None, RangeRef::Range(begin, end)) => {
                let last = || self.clears.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(end))).next_back();
                self.range(begin, end).next().is_some() || last().is_some_and(|(_, last)| last.as_slice() > begin)
            }
        };
        written || self.stamped_keys().iter().any(stamped)
    }

    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        let clears: usize = self.clears().map(|(begin, end)| begin.len() + end.len()).sum();
        let extras = self.extras.as_ref().map_or(0, |extras| extras.memory());
        self.keys.memory() + clears + extras
    }

    /// Cuts `[begin, end)` into parts of one kind.
    pub fn segments<'a>(&'a self, begin: &'a [u8], end: &'a [u8]) -> Vec<Segment<'a>> {
        let kind = |cleared| if cleared { Kind::Cleared } else { Kind::Open };
        let parts = self.parts(begin, end).into_iter().map(|(first, last, cleared)| (first, last, kind(cleared)));
        let Some(extras) = &self.extras else {
            return parts.collect();
        };
        let mut segments = Vec::new();
        for (first, last, kind) in parts {
            let mut at = first;
            for (from, to) in extras.hidden(first, last) {
                if at < from {
                    segments.push((at, from, kind));
                }
                segments.push((from, to, Kind::Unreadable));
                at = to;
            }
            if at < last {
                segments.push((at, last, kind));
            }
        }
        segments
    }

    /// Cuts `[begin, end)` into the parts inside cleared ranges (`true`) and outside of them.
    fn parts<'a>(&'a self, begin: &'a [u8], end: &'a [u8]) -> Vec<(&'a [u8], &'a [u8], bool)> {
        let mut segments = Vec::new();
        if begin >= end {
            return segments;
        }
        let mut at = begin;
        let before = self.clears.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(begin))).next_back();
        let inside = self.clears.range::<[u8], _>((Bound::Included(begin), Bound::Excluded(end)));
        for (first, last) in before.into_iter().chain(inside) {
            let (first, last) = (first.as_slice().max(at), last.as_slice().min(end));
            if first >= last {
                continue;
            }
            if at < first {
                segments.push((at, first, false));
            }
            segments.push((first, last, true));
            at = last;
        }
        if at < end {
            segments.push((at, end, false));
        }
        segments
    }

    /// Calls `part` with the pieces of `[begin, end)` that the transaction has not written itself,
    /// or only changed (rule CONF-3).
    pub fn unwritten(&self, begin: &[u8], end: &[u8], part: &mut dyn FnMut(&[u8], &[u8])) {
        for (first, last, cleared) in self.parts(begin, end) {
            if cleared {
                continue;
            }
            let mut at = first.to_vec();
            for (key, entry) in self.range(first, last) {
                if matches!(entry, Entry::Pending(pending) if pending.is_dependent()) {
                    continue;
                }
                if at.as_slice() < key {
                    part(&at, key);
                }
                at = successor(key);
            }
            if at.as_slice() < last {
                part(&at, last);
            }
        }
    }

    /// Size of the mutations as rule LIM-5 counts them.
    pub fn size(&self) -> usize {
        self.size_with(HEADER)
    }

    /// The same with another header for each mutation.
    pub fn size_with(&self, header: usize) -> usize {
        let of_key = |(key, entry): (&[u8], Entry<'_>)| match entry {
            Entry::Set(value) => header + key.len() + value.len(),
            Entry::Cleared => header + 2 * key.len() + 1,
            Entry::Pending(pending) => pending.parts().map(|part| header + key.len() + part).sum(),
        };
        let keys: usize = self.keys().map(of_key).sum();
        let clears: usize = self.clears().map(|(begin, end)| header + begin.len() + end.len()).sum();
        let stamped: usize = self.stamped_keys().iter().map(|key| header + key.size()).sum();
        keys + clears + stamped
    }

    fn is_in_clear(&self, key: &[u8]) -> bool {
        let before = self.clears.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back();
        before.is_some_and(|(_, end)| key < end.as_slice())
    }
}

/// Bytes a mutation counts for beside its parameters (rule LIM-5).
pub const HEADER: usize = 28;

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(overlay: &Overlay, begin: &str, end: &str) -> Vec<(String, String)> {
        let mut parts = Vec::new();
        overlay.unwritten(begin.as_bytes(), end.as_bytes(), &mut |begin, end| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            parts.push((text(begin), text(end)));
        });
        parts
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(begin, end)| ((*begin).to_owned(), (*end).to_owned())).collect()
    }

    /// CONF-3 and the vectors of section 19.
    #[test]
    fn own_writes_are_cut_out_of_read_ranges() {
        let mut overlay = Overlay::default();
        overlay.set(b"d", b"x");
        assert_eq!(parts(&overlay, "a", "g"), owned(&[("a", "d"), ("d\0", "g")]));
        let mut overlay = Overlay::default();
        overlay.clear_range(b"c", b"e");
        assert_eq!(parts(&overlay, "a", "g"), owned(&[("a", "c"), ("e", "g")]));
        assert_eq!(parts(&overlay, "c", "e"), owned(&[]));
        assert_eq!(parts(&overlay, "d", "f"), owned(&[("e", "f")]));
        assert_eq!(parts(&overlay, "f", "e"), owned(&[]));
    }

    /// CONF-3, RYW-3 and RYW-4: a key that is only changed stays in the read range, one whose value
    /// was known does not.
    #[test]
    fn keys_that_are_only_changed_stay_in_read_ranges() {
        let mut overlay = Overlay::default();
        overlay.atomic(Mutation::Add, b"b", b"\x01", 100);
        overlay.set(b"d", b"\x01");
        overlay.atomic(Mutation::Add, b"d", b"\x01", 100);
        overlay.set_stamped_value(b"f", b"..........\0\0\0\0");
        assert_eq!(parts(&overlay, "a", "g"), owned(&[("a", "d"), ("d\0", "f"), ("f\0", "g")]));
        assert!(matches!(overlay.get(b"d"), Known::Set(b"\x02")));
        assert!(matches!(overlay.get(b"b"), Known::Pending(pending) if pending.is_dependent()));
        assert!(overlay.is_unreadable(b"f") && !overlay.is_unreadable(b"d"));
    }

    #[test]
    fn the_last_write_of_a_key_counts() {
        let mut overlay = Overlay::default();
        overlay.set(b"b", b"1");
        overlay.clear_range(b"a", b"c");
        assert!(matches!(overlay.get(b"b"), Known::Cleared));
        overlay.set(b"b", b"2");
        assert!(matches!(overlay.get(b"b"), Known::Set(b"2")));
        overlay.clear(b"b");
        assert!(matches!(overlay.get(b"b"), Known::Cleared));
        assert!(matches!(overlay.get(b"c"), Known::Unwritten));
    }

    #[test]
    fn cleared_ranges_that_touch_become_one() {
        let mut overlay = Overlay::default();
        overlay.clear_range(b"a", b"b");
        overlay.clear_range(b"c", b"d");
        overlay.clear_range(b"b", b"c");
        assert_eq!(overlay.clears().collect::<Vec<_>>(), [(&b"a"[..], &b"d"[..])]);
        overlay.clear_range(b"b", b"c");
        assert_eq!(overlay.clears().count(), 1);
    }

    fn write_ranges(overlay: &Overlay) -> Vec<String> {
        let mut ranges = Vec::new();
        overlay.write_ranges(&mut |range| ranges.push(format!("{range:?}")));
        ranges
    }

    /// CONF-11: a write without a conflict range takes none away that an earlier one made.
    #[test]
    fn quiet_writes_have_no_conflict_range() {
        let mut overlay = Overlay::default();
        overlay.set(b"a", b"1");
        overlay.note_conflict(RangeRef::Key(b"a"), false);
        overlay.set(b"a", b"2");
        overlay.note_conflict(RangeRef::Key(b"b"), false);
        overlay.set(b"b", b"1");
        overlay.note_conflict(RangeRef::Key(b"c"), true);
        overlay.set(b"c", b"1");
        assert_eq!(write_ranges(&overlay), ["Key([97])", "Key([99])"]);
        assert!(overlay.has_quiet_writes());
    }

    /// RYW-9: a set leaves a key unreadable, a clear does not.
    #[test]
    fn only_a_clear_makes_a_key_readable_again() {
        let mut overlay = Overlay::default();
        overlay.set_stamped_value(b"k", b"..........\0\0\0\0");
        overlay.set(b"k", b"1");
        assert!(overlay.is_unreadable(b"k"));
        overlay.atomic(Mutation::Add, b"k", b"\x01", 100);
        assert!(overlay.is_unreadable(b"k"));
        overlay.clear(b"k");
        assert!(!overlay.is_unreadable(b"k"));
        overlay.set(b"k", b"1");
        assert!(matches!(overlay.get(b"k"), Known::Set(b"1")));
    }
}
