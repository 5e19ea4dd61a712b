//! The committed writes of single keys, in the order of their versions.
//!
//! A write is appended to a log: nothing is ordered by key. The log is cut into chunks, and forgotten
//! a chunk at a time. Each write names the one before it whose key has the same hash; a table has the
//! newest of each hash. So whether a key was written after a version is answered by the few writes of
//! one hash, newest first, however long the log is. A question about a range looks through the writes
//! at the end of the log, or, if the version is older, makes a full chunk be sorted by key, once, and
//! searches it.
//!
//! In front lies a small table of the newest version by hash of the key. It answers the common question
//! (a key that nobody wrote since the transaction began) with one look, and can only err towards
//! looking further: no hash decides a conflict.
//!
//! Invariant: what the table or a write names lies before it in the log, or has been forgotten. A table
//! that the log has outgrown is made anew, four times as large: some ten milliseconds for a million
//! writes, and half a dozen times on the way there.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;

/// Writes of a chunk.
const CHUNK_WRITES: usize = 8_192;
/// Key bytes of a chunk; long keys make chunks shorter.
const CHUNK_BYTES: usize = 1 << 20;
/// Up to this many writes are looked through one by one.
const FEW: usize = 128;
/// Slots of the small table in front; a power of two.
const SLOTS: usize = 1 << 14;
/// Slots of the table of hashes at least; a power of two.
const FEWEST_HEADS: usize = 1 << 10;
/// Writes for each of its slots at most.
const LOAD: usize = 2;
/// Bytes a write occupies beside its key.
const BESIDE_KEY: usize = 16;

/// The log.
#[derive(Default)]
pub struct Points {
    /// Oldest first; only the last one grows.
    chunks: VecDeque<Chunk>,
    /// Writes ever noted: the number of the next one.
    count: u64,
    /// Made with the first write: many keyspaces are never written to.
    newest: Box<[i64]>,
    /// The newest write of each hash: one more than its number; 0 for none.
    heads: Box<[u64]>,
    seeds: Seeds,
    bytes: usize,
    /// Writes looked at for questions about keys.
    #[cfg(test)]
    steps: std::cell::Cell<u64>,
}

/// What makes the hashes of one log unlike those of any other, so that nobody can choose keys of one hash.
struct Seeds {
    start: u64,
    factor: u64,
}

/// A piece of the log. Keys lie one after the other in one buffer.
#[derive(Default)]
struct Chunk {
    /// The number of its first write.
    first: u64,
    keys: Vec<u8>,
    ends: Vec<u32>,
    /// How far back the write before with the same hash is; 0 for none.
    back: Vec<u32>,
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
        let hash = self.seeds.hash(key);
        self.newest[slot(hash)] = version;
        if self.chunks.back().is_none_or(Chunk::is_full) {
            self.forget(floor);
            self.chunks.push_back(Chunk { first: self.count, ..Chunk::default() });
        }
        self.fit();
        let back = link(&mut self.heads, hash, self.count);
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push(key, version, back);
            self.bytes += key.len() + BESIDE_KEY;
            self.count += 1;
        }
    }

    /// Makes the table anew where it does not fit the log.
    fn fit(&mut self) {
        let live = (self.count - self.oldest()) as usize;
        let slots = self.heads.len();
        let is_too_large = slots > FEWEST_HEADS && slots > 8 * live.max(CHUNK_WRITES);
        if live < LOAD * slots && !is_too_large {
            return;
        }
        let slots = (2 * live).next_power_of_two().max(FEWEST_HEADS);
        self.heads = vec![0; slots].into_boxed_slice();
        for chunk in &mut self.chunks {
            for index in 0..chunk.len() {
                let hash = self.seeds.hash(chunk.key(index));
                chunk.back[index] = link(&mut self.heads, hash, chunk.first + index as u64);
            }
        }
    }

    /// Whether `key` was written after `version`.
    pub fn key_written_after(&self, key: &[u8], version: i64) -> bool {
        let hash = self.seeds.hash(key);
        if self.newest.is_empty() || self.newest[slot(hash)] <= version {
            return false;
        }
        let mut next = self.heads[head(&self.heads, hash)].checked_sub(1);
        while let Some((chunk, index)) = next.and_then(|number| self.find(number)) {
            #[cfg(test)]
            self.steps.set(self.steps.get() + 1);
            if chunk.versions[index] <= version {
                return false;
            }
            if chunk.key(index) == key {
                return true;
            }
            let back = u64::from(chunk.back[index]);
            next = next.filter(|_| back > 0).and_then(|number| number.checked_sub(back));
        }
        false
    }

    /// The chunk of a write and its place there; `None` if it was forgotten.
    fn find(&self, number: u64) -> Option<(&Chunk, usize)> {
        let after = self.chunks.partition_point(|chunk| chunk.first <= number);
        let chunk = self.chunks.get(after.checked_sub(1)?)?;
        Some((chunk, (number - chunk.first) as usize))
    }

    /// The number of the oldest write that is not forgotten.
    fn oldest(&self) -> u64 {
        self.chunks.front().map_or(self.count, |chunk| chunk.first)
    }

    /// Whether a key in `[begin, end)` was written after `version`.
    pub fn range_written_after(&self, begin: &[u8], end: &[u8], version: i64) -> bool {
        self.any_chunk(version, |chunk| chunk.has_in_range(begin, end, version))
    }

    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        self.bytes + (self.newest.len() + self.heads.len()) * size_of::<u64>()
    }

    /// Asks the chunks that hold something newer than `version`, newest first.
    fn any_chunk(&self, version: i64, ask: impl FnMut(&Chunk) -> bool) -> bool {
        self.chunks.iter().rev().take_while(|chunk| chunk.newest() > version).any(ask)
    }

    fn forget(&mut self, floor: i64) {
        while self.chunks.front().is_some_and(|chunk| chunk.newest() <= floor) {
            if let Some(chunk) = self.chunks.pop_front() {
                self.bytes -= chunk.keys.len() + chunk.len() * BESIDE_KEY;
            }
        }
    }
}

/// The slot of a hash in the small table.
fn slot(hash: u64) -> usize {
    hash as usize & (SLOTS - 1)
}

/// The slot of a hash in the table: other bits of it than the small table looks at.
fn head(heads: &[u64], hash: u64) -> usize {
    (hash >> 20) as usize & (heads.len() - 1)
}

/// Makes a write the newest of its hash. Returns how far back the one before is; 0 for none.
fn link(heads: &mut [u64], hash: u64, number: u64) -> u32 {
    let place = head(heads, hash);
    match std::mem::replace(&mut heads[place], number + 1) {
        0 => 0,
        // What is farther back than can be said was forgotten long ago.
        before => u32::try_from(number + 1 - before).unwrap_or(0),
    }
}

impl Default for Seeds {
    fn default() -> Self {
        let random = RandomState::new();
        Self { start: random.hash_one(0), factor: random.hash_one(1) | 1 }
    }
}

impl Seeds {
    /// A product of eight bytes at a time, both halves of it.
    fn hash(&self, key: &[u8]) -> u64 {
        let mix = |hash: u64, word: u64| {
            let product = u128::from(hash ^ word) * u128::from(self.factor);
            (product ^ (product >> 64)) as u64
        };
        let (words, rest) = key.as_chunks::<8>();
        let hash = words.iter().fold(self.start ^ key.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        mix(hash, u64::from_le_bytes(last))
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

    fn push(&mut self, key: &[u8], version: i64, back: u32) {
        self.keys.extend_from_slice(key);
        self.ends.push(self.keys.len() as u32);
        self.versions.push(version);
        self.back.push(back);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> [u8; 16] {
        let mut key = [b'k'; 16];
        key[8..].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        key
    }

    /// A log of so many writes, each of a key of its own, at versions from 1 on.
    fn log(writes: u64) -> Points {
        let mut points = Points::default();
        (1..=writes).for_each(|number| points.insert(&key(number), number as i64, 0));
        points
    }

    /// What a question about a key costs does not depend on how much was written since.
    #[test]
    fn a_question_about_a_key_looks_at_few_writes_however_many_there_are() {
        for writes in [10, 1_000, 100_000, 1_000_000] {
            let points = log(writes);
            let questions = 2_000.min(writes);
            let every = writes / questions;
            for (asked, since, answer) in [(0, 0, true), (writes, 0, false), (0, writes as i64 / 2, false)] {
                let numbers = (1..=questions).map(|number| asked + number * every);
                let numbers = numbers.filter(|number| answer || *number > writes || *number as i64 <= since);
                let before = points.steps.get();
                for number in numbers {
                    assert_eq!(points.key_written_after(&key(number), since), answer, "{number} of {writes}");
                }
                let steps = (points.steps.get() - before) as f64 / questions as f64;
                assert!(steps < 5.0, "{steps} steps a question after {writes} writes since {since}");
            }
        }
    }

    #[test]
    fn keys_are_found_across_tables_and_chunks_and_after_some_were_forgotten() {
        let mut points = Points::default();
        let long = vec![b'l'; 60_000];
        for version in 1..=60_000i64 {
            // Long keys make short chunks.
            if version % 1_000 == 0 {
                points.insert(&long, version, version - 30_000);
            }
            points.insert(&key(version as u64), version, version - 30_000);
            points.insert(b"hot", version, version - 30_000);
        }
        assert!(points.heads.len() > FEWEST_HEADS && points.chunks.front().unwrap().first > 0);
        for version in (30_000..=60_000i64).step_by(7) {
            assert!(points.key_written_after(&key(version as u64), version - 1));
            assert!(!points.key_written_after(&key(version as u64), version));
            assert_eq!(points.key_written_after(&long, version), version < 60_000);
            assert_eq!(points.key_written_after(b"hot", version), version < 60_000);
            assert!(!points.key_written_after(&key(version as u64 + 60_000), 30_000));
        }
    }

    #[test]
    fn a_small_table_will_do_again_after_a_burst() {
        let mut points = log(200_000);
        let (at_most, heads) = (points.memory(), points.heads.len());
        (0..3 * CHUNK_WRITES as i64).for_each(|more| points.insert(b"k", 300_000 + more, 299_999 + more));
        assert!(points.memory() < at_most / 8 && points.heads.len() < heads, "{} of {at_most}", points.memory());
        assert!(points.key_written_after(b"k", 300_000));
    }
}
