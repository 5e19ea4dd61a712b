//! Ranges known to be empty, so that scans need not walk over what was cleared there.
//!
//! A key that was cleared leaves a tombstone until RocksDB compacts it away, and a scan has to
//! step over every one. A queue that clears what it reads would step over its whole past at each
//! read. So a scan that met many tombstones in a row notes the range they were in; later scans
//! begin behind it.
//!
//! A range is noted under the sequencer's lock, and only if nothing was written in it since the
//! version of the scan; a commit that sets a key inside cuts it off before the commit can be
//! seen. So what is noted holds for every version from the noted one on. Old versions are never
//! read through it. Only sets matter: a clear leaves an empty range empty.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use arc_swap::ArcSwap;

/// Ranges kept at most; a new one takes the place of the oldest.
const MOST: usize = 16;
/// A range is worth noting when a scan stepped over this many tombstones in it.
pub const WORTH_NOTING: u64 = 128;

/// The ranges of all keyspaces.
#[derive(Default)]
pub struct VacantRanges {
    any: AtomicBool,
    /// Replaced as a whole, by whoever holds the sequencer's lock.
    ranges: ArcSwap<Vec<Vacant>>,
}

/// Nothing is in `[begin, end)` at any version from `version` on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Vacant {
    keyspace: u32,
    begin: Vec<u8>,
    end: Vec<u8>,
    version: i64,
}

impl VacantRanges {
    /// The part of `[begin, end)` that a scan at `version` has to look at.
    pub fn narrow(&self, keyspace: u32, begin: &[u8], end: &[u8], version: i64) -> Option<(Vec<u8>, Vec<u8>)> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let (mut first, mut last) = (begin, end);
        let ranges = self.ranges.load();
        let usable = || ranges.iter().filter(|range| range.keyspace == keyspace && range.version <= version);
        for range in usable() {
            if *range.begin <= *first && *first < *range.end {
                first = &range.end;
            }
            if *range.begin < *last && *last <= *range.end {
                last = &range.begin;
            }
        }
        let narrowed = first != begin || last != end;
        narrowed.then(|| (first.to_vec(), last.to_vec()))
    }

    /// Notes that `[begin, end)` is empty from `version` on. Under the sequencer's lock.
    pub fn note(&self, keyspace: u32, begin: &[u8], end: &[u8], version: i64) {
        let mut new = Vacant { keyspace, begin: begin.to_vec(), end: end.to_vec(), version };
        let mut ranges = Vec::clone(&self.ranges.load());
        ranges.retain(|range| {
            let apart = range.keyspace != keyspace || range.end < new.begin || new.end < range.begin;
            if !apart {
                new.begin = new.begin.clone().min(range.begin.clone());
                new.end = new.end.clone().max(range.end.clone());
                new.version = new.version.max(range.version);
            }
            apart
        });
        if ranges.len() >= MOST {
            ranges.remove(0);
        }
        ranges.push(new);
        self.store(ranges);
    }

    /// Notes that `key` is being set. Under the sequencer's lock, before the set can be seen.
    pub fn set(&self, keyspace: u32, key: &[u8]) {
        if !self.any.load(Ordering::Relaxed) {
            return;
        }
        let inside = |range: &Vacant| range.keyspace == keyspace && *range.begin <= *key && *key < *range.end;
        if !self.ranges.load().iter().any(inside) {
            return;
        }
        let mut ranges = Vec::clone(&self.ranges.load());
        for range in ranges.iter_mut().filter(|range| inside(range)) {
            range.end = key.to_vec();
        }
        ranges.retain(|range| range.begin < range.end);
        self.store(ranges);
    }

    fn store(&self, ranges: Vec<Vacant>) {
        let any = !ranges.is_empty();
        self.ranges.store(Arc::new(ranges));
        self.any.store(any, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(ranges: &VacantRanges, begin: &str, end: &str, version: i64) -> (String, String) {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        match ranges.narrow(0, begin.as_bytes(), end.as_bytes(), version) {
            Some((begin, end)) => (text(begin), text(end)),
            None => (begin.to_owned(), end.to_owned()),
        }
    }

    #[test]
    fn scans_begin_behind_what_is_empty() {
        let ranges = VacantRanges::default();
        ranges.note(0, b"b", b"d", 10);
        assert_eq!(narrowed(&ranges, "c", "z", 10), ("d".into(), "z".into()));
        assert_eq!(narrowed(&ranges, "a", "c", 10), ("a".into(), "b".into()));
        assert_eq!(narrowed(&ranges, "a", "z", 10), ("a".into(), "z".into()));
        assert_eq!(narrowed(&ranges, "c", "z", 9), ("c".into(), "z".into()), "older versions see what was there");
        assert_eq!(ranges.narrow(1, b"c", b"z", 10), None, "another keyspace");
    }

    #[test]
    fn a_set_inside_cuts_the_range_off() {
        let ranges = VacantRanges::default();
        ranges.note(0, b"b", b"f", 10);
        ranges.set(0, b"d");
        assert_eq!(narrowed(&ranges, "b", "z", 11), ("d".into(), "z".into()));
        assert_eq!(narrowed(&ranges, "e", "z", 11), ("e".into(), "z".into()));
        ranges.set(0, b"b");
        assert_eq!(ranges.narrow(0, b"b", b"z", 11), None);
    }

    #[test]
    fn touching_ranges_become_one_and_the_number_is_bounded() {
        let ranges = VacantRanges::default();
        ranges.note(0, b"b", b"d", 10);
        ranges.note(0, b"d", b"f", 12);
        assert_eq!(narrowed(&ranges, "b", "z", 12), ("f".into(), "z".into()));
        assert_eq!(narrowed(&ranges, "b", "z", 11), ("b".into(), "z".into()));
        for number in 0..100u8 {
            ranges.note(1, &[number, 0], &[number, 1], 20);
        }
        assert_eq!(ranges.ranges.load().len(), MOST);
    }
}
