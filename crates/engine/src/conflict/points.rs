//! The committed writes of single keys, in the order of their versions.
//!
//! A write is appended to a log: nothing is ordered by key, nothing is looked up. The log is cut
//! into chunks, and forgotten a chunk at a time. Almost every question is about a transaction
//! that began a moment ago, so it concerns only the few writes at the end of the log, and those
//! are simply looked through. Only a question about an older version makes a full chunk be
//! sorted by key, once, and searched.
//!
//! In front lies a table of the newest write by hash of the key. It answers the common question
//! (a key that nobody wrote since the transaction began) with one look, and can only err towards
//! looking further: no hash decides a conflict.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// Writes of a chunk.
const CHUNK_WRITES: usize = 8_192;
/// Key bytes of a chunk; long keys make chunks shorter.
const CHUNK_BYTES: usize = 1 << 20;
/// Up to this many writes are looked through one by one.
const FEW: usize = 128;
/// Slots of the table of newest writes; a power of two.
const SLOTS: usize = 1 << 14;

/// The log.
#[derive(Default)]
pub struct Points {
    /// Oldest first; only the last one grows.
    chunks: VecDeque<Chunk>,
    /// Made with the first write: many keyspaces are never written to.
    newest: Box<[i64]>,
    hasher: RandomState,
    bytes: usize,
}

/// A piece of the log. Keys lie one after the other in one buffer.
#[derive(Default)]
struct Chunk {
    keys: Vec<u8>,
    ends: Vec<u32>,
    /// Ascending.
    versions: Vec<i64>,
    /// Positions by key, then newest first. Only made for a chunk that is full.
    by_key: OnceLock<Vec<u32>>,
}

impl Points {
    /// Notes a write of `key` at `version`, which is not below any noted before. Versions at or
    /// below `floor` are forgotten on the way.
    pub fn insert(&mut self, key: &[u8], version: i64, floor: i64) {
        if self.newest.is_empty() {
            self.newest = vec![0; SLOTS].into_boxed_slice();
        }
        let slot = self.slot(key);
        self.newest[slot] = version;
        if self.chunks.back().is_none_or(Chunk::is_full) {
            self.forget(floor);
            self.chunks.push_back(Chunk::default());
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push(key, version);
            self.bytes += key.len() + 12;
        }
    }

    /// Whether `key` was written after `version`.
    pub fn key_written_after(&self, key: &[u8], version: i64) -> bool {
        if self.newest.is_empty() || self.newest[self.slot(key)] <= version {
            return false;
        }
        self.any_chunk(version, |chunk| chunk.has_key(key, version))
    }

    /// Whether a key in `[begin, end)` was written after `version`.
    pub fn range_written_after(&self, begin: &[u8], end: &[u8], version: i64) -> bool {
        self.any_chunk(version, |chunk| chunk.has_in_range(begin, end, version))
    }

    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        self.bytes + self.newest.len() * size_of::<i64>()
    }

    /// Asks the chunks that hold something newer than `version`, newest first.
    fn any_chunk(&self, version: i64, ask: impl FnMut(&Chunk) -> bool) -> bool {
        self.chunks.iter().rev().take_while(|chunk| chunk.newest() > version).any(ask)
    }

    fn forget(&mut self, floor: i64) {
        while self.chunks.front().is_some_and(|chunk| chunk.newest() <= floor) {
            if let Some(chunk) = self.chunks.pop_front() {
                self.bytes -= chunk.keys.len() + chunk.len() * 12;
            }
        }
    }

    fn slot(&self, key: &[u8]) -> usize {
        self.hasher.hash_one(key) as usize & (SLOTS - 1)
    }
}

impl Chunk {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn is_full(&self) -> bool {
        self.len() >= CHUNK_WRITES || self.keys.len() >= CHUNK_BYTES
    }

    fn newest(&self) -> i64 {
        self.versions.last().copied().unwrap_or(0)
    }

    fn push(&mut self, key: &[u8], version: i64) {
        self.keys.extend_from_slice(key);
        self.ends.push(self.keys.len() as u32);
        self.versions.push(version);
    }

    fn key(&self, index: usize) -> &[u8] {
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.keys[begin..self.ends[index] as usize]
    }

    /// The first write after `version`.
    fn first_after(&self, version: i64) -> usize {
        // Recent versions are the usual ones, so the search begins at the end.
        let near = self.len().saturating_sub(FEW);
        if near > 0 && self.versions[near - 1] > version {
            return self.versions[..near].partition_point(|written| *written <= version);
        }
        near + self.versions[near..].partition_point(|written| *written <= version)
    }

    fn has_key(&self, key: &[u8], version: i64) -> bool {
        let first = self.first_after(version);
        if self.len() - first <= FEW || !self.is_full() {
            return (first..self.len()).any(|index| self.key(index) == key);
        }
        let order = self.by_key();
        let at = order.partition_point(|index| self.key(*index as usize) < key);
        // Newest first: the first write of the key tells.
        order.get(at).is_some_and(|index| self.key(*index as usize) == key && self.versions[*index as usize] > version)
    }

    fn has_in_range(&self, begin: &[u8], end: &[u8], version: i64) -> bool {
        let first = self.first_after(version);
        let inside = |key: &[u8]| begin <= key && key < end;
        if self.len() - first <= FEW || !self.is_full() {
            return (first..self.len()).any(|index| inside(self.key(index)));
        }
        let order = self.by_key();
        let at = order.partition_point(|index| self.key(*index as usize) < begin);
        order[at..]
            .iter()
            .map(|index| *index as usize)
            .take_while(|index| self.key(*index) < end)
            .any(|index| self.versions[index] > version)
    }

    fn by_key(&self) -> &[u32] {
        self.by_key.get_or_init(|| {
            let mut order: Vec<u32> = (0..self.len() as u32).collect();
            order.sort_unstable_by(|a, b| self.key(*a as usize).cmp(self.key(*b as usize)).then(b.cmp(a)));
            order
        })
    }
}
