//! The writes of one transaction in one keyspace, as they stand after every call so far.
//!
//! Invariant: `clears` holds disjoint ranges that do not touch; an entry of `keys` was written
//! after every clear that covers it. So a commit applies the clears first and the keys after
//! them, in any order (rule COM-9).

use std::collections::BTreeMap;
use std::ops::Bound;

use plinth_api::key::{is_successor, successor};

use crate::conflict::RangeRef;

/// The overlay of one keyspace.
#[derive(Clone, Default)]
pub struct Overlay {
    keys: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    clears: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What the overlay knows of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// Nothing: the database decides.
    Unwritten,
    /// The transaction cleared it.
    Cleared,
    /// The transaction set it.
    Set(&'a [u8]),
}

impl Overlay {
    /// Sets a key.
    pub fn set(&mut self, key: &[u8], value: &[u8]) {
        self.keys.insert(key.to_vec(), Some(value.to_vec()));
    }

    /// Clears a key.
    pub fn clear(&mut self, key: &[u8]) {
        if self.is_in_clear(key) {
            self.keys.remove(key);
        } else {
            self.keys.insert(key.to_vec(), None);
        }
    }

    /// Clears `[begin, end)`.
    pub fn clear_range(&mut self, begin: &[u8], end: &[u8]) {
        if begin >= end {
            return;
        }
        let covered: Vec<_> = self.range(begin, end).map(|(key, _)| key.to_vec()).collect();
        for key in covered {
            self.keys.remove(&key);
        }
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

    /// What is known of `key`.
    pub fn get(&self, key: &[u8]) -> Known<'_> {
        match self.keys.get(key) {
            Some(Some(value)) => Known::Set(value),
            Some(None) => Known::Cleared,
            None if self.is_in_clear(key) => Known::Cleared,
            None => Known::Unwritten,
        }
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.clears.is_empty()
    }

    /// The single keys in `[begin, end)`, in order; `None` is a clear.
    pub fn range<'a>(
        &'a self,
        begin: &[u8],
        end: &[u8],
    ) -> impl DoubleEndedIterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        // An inverted range would panic in the map.
        let end = end.max(begin);
        self.keys
            .range::<[u8], _>((Bound::Included(begin), Bound::Excluded(end)))
            .map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// All single keys, in order; `None` is a clear.
    pub fn keys(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.keys.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// All cleared ranges, in order.
    pub fn clears(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.clears.iter().map(|(begin, end)| (begin.as_slice(), end.as_slice()))
    }

    /// Calls `range` with the write conflict range of each mutation (rule CONF-1).
    pub fn write_ranges(&self, range: &mut dyn FnMut(RangeRef<'_>)) {
        self.keys().for_each(|(key, _)| range(RangeRef::Key(key)));
        for (begin, end) in self.clears() {
            match is_successor(begin, end) {
                true => range(RangeRef::Key(begin)),
                false => range(RangeRef::Range(begin, end)),
            }
        }
    }

    /// Cuts `[begin, end)` into the parts inside cleared ranges (`true`) and outside of them.
    pub fn segments<'a>(&'a self, begin: &'a [u8], end: &'a [u8]) -> Vec<(&'a [u8], &'a [u8], bool)> {
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

    /// Calls `part` with the pieces of `[begin, end)` that the transaction has not written
    /// itself (rule CONF-3).
    pub fn unwritten(&self, begin: &[u8], end: &[u8], part: &mut dyn FnMut(&[u8], &[u8])) {
        for (first, last, cleared) in self.segments(begin, end) {
            if cleared {
                continue;
            }
            let mut at = first.to_vec();
            for (key, _) in self.range(first, last) {
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
        let keys: usize = self
            .keys()
            .map(|(key, value)| HEADER + value.map_or(2 * key.len() + 1, |value| key.len() + value.len()))
            .sum();
        let clears: usize = self.clears().map(|(begin, end)| HEADER + begin.len() + end.len()).sum();
        keys + clears
    }

    fn is_in_clear(&self, key: &[u8]) -> bool {
        let before = self.clears.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back();
        before.is_some_and(|(_, end)| key < end.as_slice())
    }
}

/// Bytes a mutation counts for beside its parameters (rule LIM-5).
const HEADER: usize = 28;

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

    #[test]
    fn own_writes_are_cut_out_of_read_ranges() {
        // CONF-3 and the vectors of section 19.
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

    #[test]
    fn the_last_write_of_a_key_counts() {
        let mut overlay = Overlay::default();
        overlay.set(b"b", b"1");
        overlay.clear_range(b"a", b"c");
        assert_eq!(overlay.get(b"b"), Known::Cleared);
        overlay.set(b"b", b"2");
        assert_eq!(overlay.get(b"b"), Known::Set(b"2"));
        overlay.clear(b"b");
        assert_eq!(overlay.get(b"b"), Known::Cleared);
        assert_eq!(overlay.get(b"c"), Known::Unwritten);
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
}
