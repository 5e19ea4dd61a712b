//! Small values that were read, by key, in front of RocksDB: a read of one that is here costs a thirtieth of a
//! read that RocksDB answers from its block cache. RocksDB's own row cache refuses removals of ranges.
//!
//! A row is a fact: *this key had this value in state s*, where states are numbered by the batches written before
//! them. A fact stays true for ever; whether it also tells of a later state is found out by whoever asks. For that
//! each key has a mark, which it shares with some others: the number of the last batch that wrote one of them. Marks
//! lie apart, in a small table, because all that writers do here is to raise them. A
//! row of state s answers a read in state r if `s <= r` and the marks are not above `s`: then no batch after `s`, up
//! to `r`, wrote the key.
//!
//! Why that is never wrong: a batch raises the marks of what it writes before it is written, and a state gets
//! its number when every batch up to that number was written. So whoever reads in a state has it from somebody
//! who saw those marks, and sees them too. Marks that are too high, as those of a batch that was given up or
//! is still being written, cost a read of RocksDB and nothing else. A snapshot that holds more than its
//! number says is as good: the batch that it holds beside has raised its marks as well.
//!
//! Readers write nothing. A slot is written under its order, which is odd meanwhile; a reader that finds
//! another order after it than before has read nothing. All words are atomic; those of a row are stored with
//! `Release` and loaded with `Acquire`, so that who sees one of them sees the odd order that was stored before it.
//! Tags tell which slots are worth a look, and the hand which one goes next: both are hints, and may be lost.
#![allow(unsafe_code, reason = "zeroed memory that costs nothing until it is used")]

use std::alloc::{alloc_zeroed, dealloc, Layout};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::defects::{is_on, Defect};

/// Slots of a set.
const WAYS: usize = 7;
/// Marks for each set.
const MARKS: usize = 4;
/// Words of a slot for a key and its value, eight bytes each.
const WORDS: usize = 29;
/// Marks for removals of ranges, by keyspace.
const RANGES: usize = 16;
/// A full set takes one of so many that come.
const TAKES_ONE_OF: u32 = 4;
/// The length that says that there is no such key.
const ABSENT: u16 = u16::MAX;
/// An odd number without a pattern.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// What is kept for keys whose hashes begin alike. The first line is all that a read looks at which finds nothing.
#[repr(C, align(64))]
struct Set {
    /// Of each slot the end of the hash; 0 is free.
    tags: [AtomicU32; WAYS],
    hand: AtomicU32,
    _rest: [u64; 4],
    slots: [Slot; WAYS],
}

#[repr(C)]
struct Slot {
    order: AtomicU64,
    /// The state in which the value was read.
    since: AtomicU64,
    /// The keyspace, and the lengths of key and value.
    shape: AtomicU64,
    words: [AtomicU64; WORDS],
}

/// See the file's top.
pub struct Rows {
    sets: NonNull<Set>,
    count: usize,
    marks: Box<[AtomicU64]>,
    ranges: [AtomicU64; RANGES],
    /// Batches that were written.
    written: AtomicU64,
    /// Slots that hold something, ever.
    used: AtomicU64,
}

// SAFETY: it owns its sets, which hold nothing but atomic numbers.
unsafe impl Send for Rows {}
// SAFETY: as above.
unsafe impl Sync for Rows {}

/// Where a key is looked for.
struct Place<'a> {
    set: &'a Set,
    tag: u32,
    /// The state that a row has to be of at least.
    mark: u64,
}

impl Rows {
    /// Room for rows of so many bytes; none at all if the process can't have it. It takes up memory as it is filled.
    pub fn new(bytes: usize) -> Self {
        let count = bytes / size_of::<Set>();
        let sets = match Layout::array::<Set>(count) {
            // SAFETY: its size is not zero.
            Ok(layout) if count > 0 => NonNull::new(unsafe { alloc_zeroed(layout) }).map(NonNull::cast),
            _ => None,
        };
        let count = if sets.is_some() { count } else { 0 };
        let marks = (0..count * MARKS).map(|_| AtomicU64::new(0)).collect();
        let (ranges, written, used) = (Default::default(), AtomicU64::new(0), AtomicU64::new(0));
        Self { sets: sets.unwrap_or(NonNull::dangling()), count, marks, ranges, written, used }
    }

    /// Bytes that it takes up, about.
    pub fn memory(&self) -> u64 {
        self.used.load(Ordering::Relaxed) * (size_of::<Set>() / WAYS) as u64
    }

    fn sets(&self) -> &[Set] {
        // SAFETY: so many were allocated, and zeros are atomic numbers. They are given back with `self`.
        unsafe { std::slice::from_raw_parts(self.sets.as_ptr(), self.count) }
    }

    /// The number of the present state. To be asked for before the snapshot of it is made.
    pub fn state(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// The number of the batch that is begun now, if it is the next to be written.
    pub fn next(&self) -> u64 {
        self.state() + 1
    }

    /// A batch will write a key.
    #[inline]
    pub fn changes(&self, batch: u64, keyspace: u32, key: &[u8]) {
        if is_on(Defect::KeepsRows) {
            return;
        }
        if let Some(mark) = self.mark(hash(keyspace, key)) {
            mark.fetch_max(batch, Ordering::AcqRel);
        }
    }

    /// A batch will remove a range.
    pub fn changes_range(&self, batch: u64, keyspace: u32) {
        self.range(keyspace).fetch_max(batch, Ordering::AcqRel);
    }

    /// A batch is about to be written that took itself for `batch`; one thread at a time. Returns its number.
    pub fn writes(&self, batch: u64) -> u64 {
        let number = self.next();
        if batch != number {
            // Others were written since it was begun: its marks are too low.
            self.changes_all(number);
        }
        number
    }

    /// That batch was written, or nobody knows.
    pub fn wrote(&self, number: u64, is_certain: bool) {
        if !is_certain {
            self.changes_all(number);
        }
        self.written.store(number, Ordering::Release);
    }

    fn changes_all(&self, batch: u64) {
        for mark in &self.ranges {
            mark.fetch_max(batch, Ordering::AcqRel);
        }
    }

    /// What a key is known to hold in a state; `Some(None)` is nothing.
    #[inline]
    pub fn find(&self, state: u64, keyspace: u32, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let Place { set, tag, mark } = self.place(keyspace, key)?;
        let known = |slot: &Slot| slot.find(mark..=state, keyspace, key);
        let slots = set.tags.iter().zip(&set.slots);
        slots.filter(|(other, _)| other.load(Ordering::Relaxed) == tag).find_map(|(_, slot)| known(slot))
    }

    /// Notes what a key holds in a state.
    pub fn keep(&self, state: u64, keyspace: u32, key: &[u8], value: Option<&[u8]>) {
        let length = value.map_or(0, <[u8]>::len);
        if words_for(key.len()) + words_for(length) > WORDS {
            return;
        }
        let Some(Place { set, tag, mark }) = self.place(keyspace, key) else {
            return;
        };
        if state < mark {
            return;
        }
        let Some(way) = set.way_for(tag) else {
            return;
        };
        let slot = &set.slots[way];
        let is_new = slot.order.load(Ordering::Relaxed) == 0;
        if slot.fill(state, keyspace, key, value) {
            set.tags[way].store(tag, Ordering::Relaxed);
            self.used.fetch_add(u64::from(is_new), Ordering::Relaxed);
        }
    }

    fn place(&self, keyspace: u32, key: &[u8]) -> Option<Place<'_>> {
        let hash = hash(keyspace, key);
        // The upper half, spread over as many as there are.
        let set = self.sets().get((((hash >> 32) * self.count as u64) >> 32) as usize)?;
        let mark = self.mark(hash)?.load(Ordering::Acquire).max(self.range(keyspace).load(Ordering::Acquire));
        Some(Place { set, tag: tag_of(hash), mark })
    }

    /// The mark of a key: by the lower half, so that keys of one set have others.
    #[inline]
    fn mark(&self, hash: u64) -> Option<&AtomicU64> {
        self.marks.get((((hash & 0xffff_ffff) * self.marks.len() as u64) >> 32) as usize)
    }

    fn range(&self, keyspace: u32) -> &AtomicU64 {
        &self.ranges[keyspace as usize % RANGES]
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if let (1.., Ok(layout)) = (self.count, Layout::array::<Set>(self.count)) {
            // SAFETY: allocated with this layout; nobody borrows it any more.
            unsafe { dealloc(self.sets.as_ptr().cast(), layout) };
        }
    }
}

impl Set {
    /// The slot for a key: its own, a free one, or where all are taken, now and then another's.
    fn way_for(&self, tag: u32) -> Option<usize> {
        let find = |wanted: u32| self.tags.iter().position(|tag| tag.load(Ordering::Relaxed) == wanted);
        if let Some(way) = find(tag).or_else(|| find(0)) {
            return Some(way);
        }
        let turn = self.hand.load(Ordering::Relaxed).wrapping_add(1);
        self.hand.store(turn, Ordering::Relaxed);
        turn.is_multiple_of(TAKES_ONE_OF).then_some((turn / TAKES_ONE_OF) as usize % WAYS)
    }
}

impl Slot {
    /// The value of a key, if it is here and of one of these states.
    #[inline]
    fn find(&self, states: std::ops::RangeInclusive<u64>, keyspace: u32, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let order = self.order.load(Ordering::Acquire);
        let shape = self.shape.load(Ordering::Acquire);
        let length = shape as u16;
        let is_it = order.is_multiple_of(2)
            && states.contains(&self.since.load(Ordering::Acquire))
            && shape >> 16 == shape_of(keyspace, key.len(), 0) >> 16;
        let (keys, values) = self.words.split_at_checked(words_for(key.len())).filter(|_| is_it)?;
        if words_of(key).zip(keys).any(|(word, kept)| kept.load(Ordering::Acquire) != word) {
            return None;
        }
        let value = (length != ABSENT).then(|| copied(values, usize::from(length)));
        (self.order.load(Ordering::Relaxed) == order).then_some(value)
    }

    /// Writes a row, unless somebody else is writing here, or what is here is newer. Returns whether it did.
    fn fill(&self, state: u64, keyspace: u32, key: &[u8], value: Option<&[u8]>) -> bool {
        let order = self.order.load(Ordering::Relaxed);
        if order % 2 == 1 || self.since.load(Ordering::Relaxed) > state {
            return false;
        }
        if self.order.compare_exchange(order, order + 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return false;
        }
        let length = value.map_or(ABSENT, |value| value.len() as u16);
        self.since.store(state, Ordering::Release);
        self.shape.store(shape_of(keyspace, key.len(), length), Ordering::Release);
        let words = words_of(key).chain(words_of(value.unwrap_or_default()));
        self.words.iter().zip(words).for_each(|(kept, word)| kept.store(word, Ordering::Release));
        self.order.store(order + 2, Ordering::Release);
        true
    }
}

const fn words_for(bytes: usize) -> usize {
    bytes.div_ceil(8)
}

/// Keys of a slot are far shorter than what two bytes can number.
const fn shape_of(keyspace: u32, key: usize, value: u16) -> u64 {
    (keyspace as u64) << 32 | (key as u64 & 0xffff) << 16 | value as u64
}

/// The bytes as numbers, the last one filled up with zeros.
#[inline]
fn words_of(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let (whole, rest) = bytes.as_chunks::<8>();
    let last = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    whole.iter().map(|word| u64::from_le_bytes(*word)).chain((!rest.is_empty()).then_some(last))
}

/// So many bytes of these numbers. A length that was read while it changed may be too large; then nothing of
/// this is used.
#[inline]
fn copied(words: &[AtomicU64], length: usize) -> Vec<u8> {
    let mut bytes = [[0; 8]; WORDS];
    for (to, word) in bytes.iter_mut().zip(words).take(words_for(length)) {
        *to = word.load(Ordering::Acquire).to_le_bytes();
    }
    let bytes = bytes.as_flattened();
    bytes[..length.min(bytes.len())].to_vec()
}

fn tag_of(hash: u64) -> u32 {
    hash as u32 | 1
}

#[inline]
fn hash(keyspace: u32, key: &[u8]) -> u64 {
    let seed = u64::from(keyspace) << 32 ^ key.len() as u64;
    let mixed = words_of(key).fold(seed, |hash, word| (hash.rotate_left(29) ^ word).wrapping_mul(MIX));
    (mixed ^ mixed >> 32).wrapping_mul(MIX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn write(rows: &Rows, keys: &[&[u8]]) {
        let batch = rows.next();
        keys.iter().for_each(|key| rows.changes(batch, 0, key));
        let number = rows.writes(batch);
        rows.wrote(number, true);
    }

    fn found(rows: &Rows, state: u64, key: &[u8]) -> Option<Option<Vec<u8>>> {
        rows.find(state, 0, key)
    }

    #[test]
    fn a_row_answers_in_its_state_and_after_it_until_its_key_is_written() {
        let rows = Rows::new(1 << 20);
        write(&rows, &[b"a"]);
        rows.keep(1, 0, b"a", Some(b"one"));
        rows.keep(1, 0, b"absent", None);
        assert_eq!(found(&rows, 0, b"a"), None, "a state before it");
        assert_eq!(found(&rows, 1, b"a"), Some(Some(b"one".to_vec())));
        assert_eq!(rows.find(1, 1, b"a"), None, "another keyspace");
        assert_eq!((found(&rows, 7, b"absent"), found(&rows, 7, b"b")), (Some(None), None));
        let batch = rows.next();
        rows.changes(batch, 0, b"a");
        assert_eq!(found(&rows, 1, b"a"), None, "its mark is raised before it is written");
        assert_eq!(found(&rows, 1, b"absent"), Some(None));
        let number = rows.writes(batch);
        rows.wrote(number, true);
        rows.keep(1, 0, b"a", Some(b"one"));
        assert_eq!(found(&rows, 2, b"a"), None, "a reader of the state before was late");
        rows.keep(2, 0, b"a", Some(b""));
        assert_eq!(found(&rows, 2, b"a"), Some(Some(Vec::new())));
    }

    #[test]
    fn a_range_and_a_batch_that_nobody_can_tell_of_take_all_rows() {
        let rows = Rows::new(1 << 20);
        let keep = |state| {
            rows.keep(state, 0, b"a", Some(b"one"));
            rows.keep(state, 1, b"a", Some(b"two"));
        };
        let kept = |state| [0, 1].map(|keyspace| rows.find(state, keyspace, b"a").is_some());
        keep(0);
        rows.changes_range(rows.next(), 1);
        assert_eq!(kept(0), [true, false]);
        rows.wrote(rows.writes(1), true);
        keep(1);
        // Two that were begun at the same time, of which the second took itself for the first.
        let [first, second] = [rows.next(), rows.next()];
        rows.wrote(rows.writes(first), true);
        assert_eq!(kept(2), [true, true]);
        rows.wrote(rows.writes(second), true);
        assert_eq!((rows.state(), kept(3)), (3, [false, false]));
        keep(3);
        rows.wrote(rows.writes(4), false);
        assert_eq!(kept(4), [false, false]);
    }

    #[test]
    fn keys_and_values_of_every_length_are_kept_or_left_out() {
        let rows = Rows::new(4 << 20);
        let bytes = |length: usize, salt: usize| (0..length).map(|at| (at * 7 + salt) as u8).collect::<Vec<_>>();
        for key in 0..260 {
            let lengths = [0, 1, 7, 8, 9, 100, 224, 231, 232, 233, 1_000, 65_535, 70_000];
            for (keyspace, value) in (0..).zip(lengths) {
                let (key, value) = (bytes(key, value), bytes(value, key));
                rows.keep(0, keyspace, &key, Some(&value));
                let fits = words_for(key.len()) + words_for(value.len()) <= WORDS;
                let found = rows.find(0, keyspace, &key);
                assert!(found.is_none() || fits && found == Some(Some(value)), "{}", key.len());
            }
        }
        rows.keep(0, 0, b"12345678", Some(b""));
        assert_eq!((found(&rows, 0, b"12345678\0"), found(&rows, 0, b"1234567")), (None, None));
        let none = Rows::new(100);
        none.keep(0, 0, b"a", None);
        none.changes(1, 0, b"a");
        assert_eq!(found(&none, 0, b"a"), None);
    }

    #[test]
    fn a_full_table_keeps_what_is_read_often() {
        let rows = Rows::new(64 * size_of::<Set>());
        for number in 0..20_000_u32 {
            for key in [number % 64, number + 1_000] {
                if found(&rows, 0, &key.to_be_bytes()).is_none() {
                    rows.keep(0, 0, &key.to_be_bytes(), Some(&key.to_be_bytes()));
                }
            }
        }
        let hot = (0..64_u32).filter(|key| found(&rows, 0, &key.to_be_bytes()).is_some()).count();
        assert!(hot > 32, "{hot} of 64");
    }

    /// One writer, who gives each of a few keys the number of the batch in pairs, and readers of the newest
    /// state: none may see an older value than that of its state, nor half of one.
    #[test]
    fn no_reader_ever_sees_a_value_of_another_state() {
        let rounds = if cfg!(miri) { 40 } else { 5_000 };
        let rows = Rows::new(2 * size_of::<Set>());
        // What the keys hold after each batch, as snapshots would tell.
        let keys: Vec<[u8; 4]> = (0..12_u32).map(u32::to_be_bytes).collect();
        let states: Vec<Vec<u64>> = (0..=rounds)
            .scan(vec![0; keys.len()], |values, batch| {
                let at = (batch as usize * 7) % keys.len();
                values[at] = batch;
                Some(values.clone())
            })
            .collect();
        let (ended, hits) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for reader in 0..2_usize {
                let (rows, keys, states, ended, hits) = (&rows, &keys, &states, &ended, &hits);
                scope.spawn(move || {
                    let mut turn = reader;
                    while !ended.load(Ordering::Relaxed) {
                        turn += 1;
                        // Some reads are in states of the past.
                        let state = rows.state().saturating_sub((turn % 3) as u64);
                        let key = turn % keys.len();
                        let holds = states[state as usize][key].to_be_bytes().repeat(10);
                        match rows.find(state, 0, &keys[key]) {
                            Some(found) => {
                                assert_eq!(found.as_deref(), Some(&*holds), "state {state}");
                                hits.fetch_add(1, Ordering::Relaxed);
                            }
                            None => rows.keep(state, 0, &keys[key], Some(&holds)),
                        }
                    }
                });
            }
            for batch in 1..=rounds {
                write(&rows, &[&keys[(batch as usize * 7) % keys.len()]]);
                if batch % 8 == 0 {
                    std::thread::yield_now();
                }
            }
            // As many as it takes: a slow machine may not have read yet.
            while hits.load(Ordering::Relaxed) < 10 {
                std::thread::yield_now();
            }
            ended.store(true, Ordering::Relaxed);
        });
    }
}
