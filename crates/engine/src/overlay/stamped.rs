//! What few transactions have: keys that wait for their versionstamp, key ranges that can't be
//! read because of them, and write conflict ranges that are not simply those of the mutations.
//!
//! Invariant: the unreadable ranges are disjoint.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::atomic::{stamped, Stamp, OFFSET};
use crate::conflict::ConflictSet;
use crate::defects::{is_on, Defect};

/// See the file's top.
#[derive(Clone, Default)]
pub struct Extras {
    /// Versionstamped keys, in call order.
    pub keys: Vec<StampedKey>,
    /// Where their stamps may fall.
    unreadable: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The write conflict ranges, if some write has none (rule CONF-11).
    pub conflicts: Option<ConflictSet>,
}

/// A key that waits for its versionstamp, and its value.
#[derive(Clone, Debug)]
pub struct StampedKey {
    /// The key with ten bytes to be replaced.
    pub template: Vec<u8>,
    /// Where they are.
    pub offset: usize,
    /// The value.
    pub value: Vec<u8>,
}

impl StampedKey {
    /// The key with its stamp.
    pub fn key(&self, stamp: &Stamp) -> Vec<u8> {
        stamped(&self.template, self.offset, stamp)
    }

    /// The range that holds the key whatever the stamp, if the stamp is above that of `version`
    /// (rule RYW-8). `max` is the end of the keys that can be read.
    pub fn range(&self, version: i64, max: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let first = self.key(&crate::atomic::stamp(version, 0));
        let last = plinth_api::key::successor(&self.key(&[0xff; 10]));
        (first, last.min(max.to_vec()))
    }

    /// Bytes of the mutation as it was passed.
    pub fn size(&self) -> usize {
        self.template.len() + OFFSET + self.value.len()
    }
}

impl Extras {
    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        let keys: usize = self.keys.iter().map(StampedKey::size).sum();
        keys + self.conflicts.as_ref().map_or(0, ConflictSet::memory)
    }

    /// What a host needs of them: nobody reads there, so no range is unreadable.
    pub fn restored(keys: Vec<StampedKey>, conflicts: Option<ConflictSet>) -> Self {
        Self { keys, unreadable: BTreeMap::new(), conflicts }
    }

    /// Makes `[begin, end)` unreadable.
    pub fn hide(&mut self, begin: Vec<u8>, end: Vec<u8>) {
        if begin >= end {
            return;
        }
        self.show(&begin, &end);
        self.unreadable.insert(begin, end);
    }

    /// Makes `[begin, end)` readable.
    pub fn show(&mut self, begin: &[u8], end: &[u8]) {
        if is_on(Defect::KeepsUnreadable) {
            return;
        }
        while let Some((first, last)) =
            self.unreadable.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(end))).next_back()
        {
            if **last <= *begin {
                break;
            }
            let (first, last) = (first.clone(), last.clone());
            self.unreadable.remove(&first);
            if *end < *last {
                self.unreadable.insert(end.to_vec(), last);
            }
            if *first < *begin {
                self.unreadable.insert(first, begin.to_vec());
            }
        }
    }

    /// Whether a key is in an unreadable range.
    pub fn hides(&self, key: &[u8]) -> bool {
        let before = self.unreadable.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back();
        before.is_some_and(|(_, end)| key < end.as_slice())
    }

    /// The unreadable ranges that meet `[begin, end)`, in order.
    pub fn hidden<'a>(&'a self, begin: &'a [u8], end: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let before = self.unreadable.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(begin))).next_back();
        let inside = self.unreadable.range::<[u8], _>((Bound::Included(begin), Bound::Excluded(end.max(begin))));
        let cut =
            move |(first, last): (&'a Vec<u8>, &'a Vec<u8>)| (first.as_slice().max(begin), last.as_slice().min(end));
        before.into_iter().chain(inside).map(cut).filter(|(first, last)| first < last)
    }

    /// Forgets the versionstamped keys whose placeholder lies in `[begin, end)` (rule VST-5).
    pub fn forget_keys(&mut self, begin: &[u8], end: &[u8]) {
        self.keys.retain(|key| *key.template < *begin || *end <= *key.template);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(extras: &Extras) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ranges = extras.hidden(b"", b"~").map(|(begin, end)| format!("{}-{}", text(begin), text(end)));
        ranges.collect::<Vec<_>>().join(" ")
    }

    /// RYW-9: what a clear covers can be read again.
    #[test]
    fn a_clear_cuts_unreadable_ranges() {
        let mut extras = Extras::default();
        extras.hide(b"b".to_vec(), b"f".to_vec());
        extras.hide(b"h".to_vec(), b"k".to_vec());
        extras.show(b"c", b"d");
        assert_eq!(ranges(&extras), "b-c d-f h-k");
        extras.show(b"e", b"i");
        assert_eq!(ranges(&extras), "b-c d-e i-k");
        extras.hide(b"a".to_vec(), b"z".to_vec());
        assert_eq!(ranges(&extras), "a-z");
        assert!(extras.hides(b"a") && extras.hides(b"y") && !extras.hides(b"z"));
    }

    /// VST-5: a clear drops the keys whose placeholder it covers.
    #[test]
    fn a_clear_drops_the_keys_it_covers() {
        let mut extras = Extras::default();
        extras.keys.push(StampedKey { template: b"a0000000000".to_vec(), offset: 1, value: Vec::new() });
        extras.forget_keys(b"a1", b"b");
        assert_eq!(extras.keys.len(), 1);
        extras.forget_keys(b"a", b"b");
        assert!(extras.keys.is_empty());
    }
}
