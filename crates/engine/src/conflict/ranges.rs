//! The committed writes of key ranges: for every key, the version of the last range that covered
//! it.
//!
//! The key space is cut at the keys that ranges began or ended at. For each such key there are
//! two versions: that of the key itself (`at`), and that of everything between it and the next
//! one (`after`). Entries live in sorted blocks; a block knows the largest version in it, so
//! that a question about a long range skips blocks that are too old to matter.
//!
//! Forgetting: versions at or below the floor are as good as none. Each insertion sweeps about
//! two entries for each one it makes, so the whole is swept within the time it takes to double.
//!
//! Invariants: the first block begins at the empty key; entries are strictly ascending; a
//! block's `head` equals the `after` of the entry before the block (or both are at or below the
//! floor).

use std::collections::BTreeMap;
use std::ops::Bound;

use plinth_api::key::is_successor;

use super::RangeRef;

/// Entries of a block before it is split in two.
const BLOCK_ENTRIES: usize = 128;
/// Entries swept for each one inserted.
const SWEEP_RATE: usize = 2;

/// When each key was last covered. A version of 0 means "not within the window".
pub struct Ranges {
    blocks: BTreeMap<Box<[u8]>, Block>,
    newest: i64,
    sweep_from: Box<[u8]>,
    sweep_debt: usize,
    bytes: usize,
}

/// A run of entries. Keys lie one after the other in one buffer.
#[derive(Default)]
struct Block {
    /// Version between the block's first key and its first entry.
    head: i64,
    newest: i64,
    keys: Vec<u8>,
    ends: Vec<u32>,
    at: Vec<i64>,
    after: Vec<i64>,
}

impl Default for Ranges {
    fn default() -> Self {
        Self {
            blocks: BTreeMap::from([(Box::default(), Block::default())]),
            newest: 0,
            sweep_from: Box::default(),
            sweep_debt: 0,
            bytes: 0,
        }
    }
}

impl Ranges {
    /// Whether a key in `range` was covered after `version`.
    pub fn written_after(&self, range: RangeRef<'_>, version: i64) -> bool {
        if self.newest <= version {
            return false;
        }
        match range {
            RangeRef::Key(key) => self.version_of(key) > version,
            RangeRef::Range(begin, end) => self.range_written_after(begin, end, version),
        }
    }

    /// Notes a write of `[begin, end)`, which is not empty, at `version`, which is not below any
    /// noted before. Versions at or below `floor` are forgotten on the way.
    pub fn insert(&mut self, begin: &[u8], end: &[u8], version: i64, floor: i64) {
        self.newest = version;
        self.insert_range(begin, end, version);
        self.sweep(floor);
    }

    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        self.bytes + self.blocks.len() * 160
    }

    /// The version that last wrote `key`.
    fn version_of(&self, key: &[u8]) -> i64 {
        let Some((_, block)) = self.blocks.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()
        else {
            return 0;
        };
        match block.find(key) {
            Ok(index) => block.at[index],
            Err(index) => block.before(index),
        }
    }

    fn range_written_after(&self, begin: &[u8], end: &[u8], version: i64) -> bool {
        if self.version_of(begin) > version {
            return true;
        }
        let from = self.blocks.range::<[u8], _>((Bound::Unbounded, Bound::Included(begin))).next_back();
        let first = from.map_or(&[][..], |(key, _)| key);
        for (start, block) in self.blocks.range::<[u8], _>((Bound::Included(first), Bound::Excluded(end))) {
            if block.newest <= version {
                continue;
            }
            // Between a block's start and its first entry nothing new can lie: that is the end
            // of the entry before, which was looked at, or `begin` itself.
            if **start > *begin && block.head > version {
                return true;
            }
            let index = match block.find(begin) {
                Ok(index) | Err(index) => index,
            };
            for index in index..block.len() {
                let key = block.key(index);
                if key >= end {
                    return false;
                }
                if block.at[index] > version || (block.after[index] > version && !is_successor(key, end)) {
                    return true;
                }
            }
        }
        false
    }

    fn insert_key(&mut self, key: &[u8], version: i64) {
        let Some((start, block)) =
            self.blocks.range_mut::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()
        else {
            return;
        };
        match block.find(key) {
            Ok(index) => block.at[index] = version,
            Err(index) => {
                let after = block.before(index);
                block.insert(index, key, version, after);
                self.bytes += key.len() + 20;
                self.sweep_debt += SWEEP_RATE;
            }
        }
        block.newest = version;
        if block.len() > BLOCK_ENTRIES {
            let start = start.clone();
            self.split(&start);
        }
    }

    fn insert_range(&mut self, begin: &[u8], end: &[u8], version: i64) {
        // The end keeps the version it has; only then may what lies before it change.
        self.cut(end);
        self.insert_key(begin, version);
        let starts: Vec<Box<[u8]>> = self
            .blocks
            .range::<[u8], _>((Bound::Unbounded, Bound::Excluded(end)))
            .rev()
            .map(|(start, _)| start.clone())
            .scan(false, |past, start| (!std::mem::replace(past, *start <= *begin)).then_some(start))
            .collect();
        for start in starts {
            let Some(block) = self.blocks.get_mut(&start) else {
                continue;
            };
            self.bytes -= block.cover(&start, begin, end, version);
            if block.len() == 0 && !start.is_empty() {
                self.blocks.remove(&start);
            }
        }
    }

    /// Makes an entry at `key` without changing what any key's version is.
    fn cut(&mut self, key: &[u8]) {
        let Some((start, block)) =
            self.blocks.range_mut::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()
        else {
            return;
        };
        if let Err(index) = block.find(key) {
            let before = block.before(index);
            block.insert(index, key, before, before);
            self.bytes += key.len() + 20;
            self.sweep_debt += SWEEP_RATE;
            if block.len() > BLOCK_ENTRIES {
                let start = start.clone();
                self.split(&start);
            }
        }
    }

    fn split(&mut self, start: &[u8]) {
        if let Some(block) = self.blocks.get_mut(start) {
            let (key, upper) = block.split();
            self.blocks.insert(key, upper);
        }
    }

    /// Forgets a few entries, going on where the last sweep stopped.
    fn sweep(&mut self, floor: i64) {
        while self.sweep_debt >= BLOCK_ENTRIES {
            self.sweep_debt -= BLOCK_ENTRIES;
            let next = self.blocks.range_mut::<[u8], _>((Bound::Excluded(&*self.sweep_from), Bound::Unbounded)).next();
            let start = match next {
                Some((start, _)) => start.clone(),
                None => Box::default(),
            };
            if let Some(block) = self.blocks.get_mut(&start) {
                self.bytes -= block.forget(floor);
                if block.len() == 0 && !start.is_empty() {
                    self.blocks.remove(&start);
                }
            }
            self.sweep_from = start;
        }
    }
}

impl Block {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn key(&self, index: usize) -> &[u8] {
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.keys[begin..self.ends[index] as usize]
    }

    /// Where `key` is, or where it would go.
    fn find(&self, key: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.key(middle).cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(middle),
            }
        }
        Err(low)
    }

    /// The version just before the entry at `index`.
    fn before(&self, index: usize) -> i64 {
        index.checked_sub(1).map_or(self.head, |before| self.after[before])
    }

    fn insert(&mut self, index: usize, key: &[u8], at: i64, after: i64) {
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.keys.splice(begin..begin, key.iter().copied());
        self.ends.insert(index, begin as u32);
        for end in &mut self.ends[index..] {
            *end += key.len() as u32;
        }
        self.at.insert(index, at);
        self.after.insert(index, after);
    }

    /// Makes everything in `[begin, end)` that lies in this block newest, where `begin` has an
    /// entry in this block or lies before it. Returns the bytes freed.
    fn cover(&mut self, start: &[u8], begin: &[u8], end: &[u8], version: i64) -> usize {
        if *start > *begin {
            self.head = version;
        }
        self.newest = version;
        self.retain(|key, at, after| {
            if key == begin {
                (*at, *after) = (version, version);
                return true;
            }
            key < begin || key >= end
        })
    }

    /// Drops what is at or below the floor, and entries that divide nothing any more. Returns
    /// the bytes freed.
    fn forget(&mut self, floor: i64) -> usize {
        let fade = |version: &mut i64| {
            if *version <= floor {
                *version = 0;
            }
        };
        fade(&mut self.head);
        let mut before = self.head;
        let mut newest = before;
        let freed = self.retain(|_, at, after| {
            fade(at);
            fade(after);
            let divides = *at != before || *after != before;
            before = *after;
            newest = newest.max(*at).max(*after);
            divides
        });
        self.newest = newest;
        freed
    }

    /// Keeps the entries that `keep` says, in place. Returns the bytes freed.
    fn retain(&mut self, mut keep: impl FnMut(&[u8], &mut i64, &mut i64) -> bool) -> usize {
        let (bytes, entries) = (self.keys.len(), self.len());
        let (mut kept, mut kept_bytes, mut begin) = (0, 0, 0);
        for index in 0..entries {
            let end = self.ends[index] as usize;
            if keep(&self.keys[begin..end], &mut self.at[index], &mut self.after[index]) {
                self.keys.copy_within(begin..end, kept_bytes);
                kept_bytes += end - begin;
                self.ends[kept] = kept_bytes as u32;
                self.at[kept] = self.at[index];
                self.after[kept] = self.after[index];
                kept += 1;
            }
            begin = end;
        }
        self.keys.truncate(kept_bytes);
        self.ends.truncate(kept);
        self.at.truncate(kept);
        self.after.truncate(kept);
        bytes - kept_bytes + (entries - kept) * 20
    }

    /// Moves the upper half into a block of its own; returns it with its first key.
    fn split(&mut self) -> (Box<[u8]>, Block) {
        let middle = self.len() / 2;
        let cut = self.ends[middle - 1];
        let upper = Block {
            head: self.after[middle - 1],
            newest: self.newest,
            keys: self.keys.split_off(cut as usize),
            ends: self.ends.split_off(middle).iter().map(|end| end - cut).collect(),
            at: self.at.split_off(middle),
            after: self.after.split_off(middle),
        };
        (upper.key(0).into(), upper)
    }
}
