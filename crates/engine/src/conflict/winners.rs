//! Who won: of the commits of late whose transactions have ids, what each of them wrote.
//!
//! Nothing is kept of others. The list is bounded by number and bytes: an id that is not found any more is
//! not told. What is told is exact. A commit that had a version for itself is known by that; of one that shared it
//! the own writes are kept, which are its transaction's and not copied. Behind the sequencer's lock.

use std::collections::VecDeque;
use std::sync::Arc;

use uuid::Uuid;

use super::{ConflictSet, RangeRef};
use crate::atomic::Stamp;
use crate::overlay::Overlay;

/// Commits in the list at most.
const MOST: usize = 1_024;
/// Bytes of their writes at most.
const MOST_BYTES: usize = 4 << 20;
/// Ranges of one commit at most of which it is told who wrote there.
pub const MOST_TOLD: usize = 1_024;

/// A read conflict range that was hit, as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// The version of the newest commit that wrote there.
    pub version: i64,
    /// Its transaction, if it has an id and is still known.
    pub id: Option<Uuid>,
}

/// See the file's top.
#[derive(Default)]
pub struct Winners {
    list: VecDeque<Entry>,
    bytes: usize,
}

struct Entry {
    version: i64,
    id: Uuid,
    bytes: usize,
    /// `None` if no other commit can have its version.
    wrote: Option<Wrote>,
}

/// What a commit wrote.
pub struct Wrote {
    /// Most write in one keyspace, and add no ranges: nothing is allocated for them.
    first: Option<(u32, Arc<Overlay>)>,
    more: Option<Box<More>>,
    /// What its versionstamped keys got.
    stamp: Stamp,
}

struct More {
    overlays: Vec<(u32, Arc<Overlay>)>,
    /// Write conflict ranges that were added by hand.
    ranges: Vec<(u32, ConflictSet)>,
}

impl Winners {
    /// Notes who committed at a version that is not below any noted before, and what, if it may share the version.
    pub fn note(&mut self, version: i64, id: Uuid, wrote: Option<Wrote>) {
        let bytes = wrote.as_ref().map_or(0, Wrote::bytes);
        self.bytes += bytes;
        self.list.push_back(Entry { version, id, bytes, wrote });
        while self.list.len() > MOST || self.bytes > MOST_BYTES {
            self.bytes -= self.list.pop_front().map_or(0, |entry| entry.bytes);
        }
    }

    /// Whose commit of that version wrote in a range.
    pub fn find(&self, version: i64, keyspace: u32, range: RangeRef<'_>) -> Option<Uuid> {
        let first = self.list.partition_point(|entry| entry.version < version);
        let of_version = self.list.range(first..).take_while(|entry| entry.version == version);
        let wrote = |entry: &&Entry| entry.wrote.as_ref().is_none_or(|wrote| wrote.touches(keyspace, range));
        // The last one of a group is the one whose value is there.
        of_version.filter(wrote).last().map(|entry| entry.id)
    }
}

impl Wrote {
    /// What a commit with that stamp wrote: its own writes by keyspace, and the ranges that were added by hand.
    pub fn new(overlays: &[(u32, Arc<Overlay>)], ranges: &[(u32, ConflictSet)], stamp: Stamp) -> Self {
        let more = || Box::new(More { overlays: overlays.iter().skip(1).cloned().collect(), ranges: ranges.to_vec() });
        let has_more = overlays.len() > 1 || !ranges.is_empty();
        Self { first: overlays.first().cloned(), more: has_more.then(more), stamp }
    }

    fn overlays(&self) -> impl Iterator<Item = &(u32, Arc<Overlay>)> {
        self.first.iter().chain(self.more.iter().flat_map(|more| &more.overlays))
    }

    fn ranges(&self) -> impl Iterator<Item = &(u32, ConflictSet)> {
        self.more.iter().flat_map(|more| &more.ranges)
    }

    fn bytes(&self) -> usize {
        let written = self.overlays().map(|(_, overlay)| overlay.memory());
        written.chain(self.ranges().map(|(_, set)| set.memory())).sum()
    }

    fn touches(&self, keyspace: u32, range: RangeRef<'_>) -> bool {
        let written = |(id, overlay): &(u32, Arc<Overlay>)| *id == keyspace && overlay.wrote_in(range, &self.stamp);
        let added = |(id, set): &(u32, ConflictSet)| *id == keyspace && set.touches(range);
        self.overlays().any(written) || self.ranges().any(added)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::StampedKey;

    fn wrote(key: &[u8], value: &[u8], keyspace: u32) -> Option<Wrote> {
        let mut overlay = Overlay::default();
        overlay.set(key, value);
        Some(Wrote::new(&[(keyspace, Arc::new(overlay))], &[], [0; 10]))
    }

    #[test]
    fn the_commit_that_wrote_there_is_found_and_no_other() {
        let [a, b, c, d] = [(); 4].map(|()| Uuid::new_v4());
        let mut winners = Winners::default();
        winners.note(5, a, wrote(b"k", b"", 0));
        winners.note(7, b, wrote(b"k", b"", 0));
        winners.note(7, c, wrote(b"m", b"", 0));
        winners.note(9, d, None);
        let find = |version, keyspace, range| winners.find(version, keyspace, range);
        assert_eq!(find(7, 0, RangeRef::Key(b"k")), Some(b));
        assert_eq!(find(5, 0, RangeRef::Range(b"a", b"z")), Some(a));
        assert_eq!(find(7, 0, RangeRef::Range(b"l", b"n")), Some(c));
        assert_eq!(find(7, 0, RangeRef::Range(b"l", b"m")), None);
        assert_eq!((find(6, 0, RangeRef::Key(b"k")), find(7, 1, RangeRef::Key(b"k"))), (None, None));
        assert_eq!((find(9, 0, RangeRef::Key(b"k")), find(10, 0, RangeRef::Key(b"k"))), (Some(d), None));
    }

    #[test]
    fn ranges_stamped_keys_and_ranges_by_hand_are_found() {
        let (mut overlay, mut ranges, id) = (Overlay::default(), ConflictSet::default(), Uuid::new_v4());
        overlay.clear_range(b"d", b"f");
        let key = StampedKey { template: [&b"s"[..], &[0; 10]].concat(), offset: 1, value: Vec::new() };
        overlay.set_stamped_key(key, (b"s".to_vec(), b"t".to_vec()));
        ranges.add_range(b"x", b"z");
        let stamp = [7; 10];
        let mut winners = Winners::default();
        let overlays = [(1, Arc::default()), (3, Arc::new(overlay))];
        winners.note(2, id, Some(Wrote::new(&overlays, &[(3, ranges)], stamp)));
        let found = |range| winners.find(2, 3, range).is_some();
        let stamped = [&b"s"[..], &stamp].concat();
        for range in [RangeRef::Key(b"d"), RangeRef::Range(b"a", b"d\0"), RangeRef::Range(b"e\xff", b"g")] {
            assert!(found(range), "{range:?}");
        }
        for range in [RangeRef::Key(&stamped), RangeRef::Range(b"s", b"t"), RangeRef::Range(b"y", b"zz")] {
            assert!(found(range), "{range:?}");
        }
        for range in
            [RangeRef::Key(b"f"), RangeRef::Range(b"a", b"d"), RangeRef::Range(b"f", b"s"), RangeRef::Key(b"z")]
        {
            assert!(!found(range), "{range:?}");
        }
    }

    #[test]
    fn the_list_is_bounded() {
        for (size, expected) in [(0, MOST), (100_000, MOST_BYTES / 110_000)] {
            let mut winners = Winners::default();
            for version in 0..3_000 {
                winners.note(version, Uuid::new_v4(), wrote(b"k", &vec![7; size], 0));
            }
            assert!(winners.list.len() <= MOST && winners.bytes <= MOST_BYTES);
            assert!(winners.list.len() >= expected, "{} of {size}", winners.list.len());
            assert!(winners.find(2_999, 0, RangeRef::Key(b"k")).is_some());
            assert!(winners.find(1, 0, RangeRef::Key(b"k")).is_none());
        }
    }
}
