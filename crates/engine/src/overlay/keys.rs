//! The single keys that a transaction wrote, in order.
//!
//! Keys and values lie one behind the other in one buffer, and slots say where: a small transaction asks for
//! memory three times, however many keys it writes. The slots are in order, in pages, so that a key that comes
//! between others moves a page and not all of them.
//!
//! Invariant: no page is empty or longer than `PAGE`, and the keys of a page are before those of the next.
//! What was overwritten or removed stays in the buffer until it is more than half of it; then the buffer is
//! made anew. So it is at most three times as large as what it holds, and a key that is set for ever costs
//! no more than a few times its value.

use std::collections::BTreeMap;

use super::pending::Pending;

/// Slots of a page at most.
const PAGE: usize = 128;
/// Room made at the first key.
const FIRST_SLOTS: usize = 8;
const FIRST_BYTES: usize = 1024;
/// Waste of so many bytes is worth no look.
const LITTLE: usize = 4096;

/// What is not a value's length: the key was cleared, or what it will be is in `pending`.
const CLEARED: usize = usize::MAX;
const PENDING: usize = usize::MAX - 1;

/// See the file's top.
#[derive(Clone, Default)]
pub struct Keys {
    bytes: Vec<u8>,
    /// Bytes of the buffer that nothing points at.
    wasted: usize,
    pages: Vec<Vec<Slot>>,
    /// Room for the first page.
    spare: Vec<Slot>,
    pending: BTreeMap<usize, Box<Pending>>,
    /// The number of the next one in `pending`.
    next: usize,
}

/// Where a key and its value are.
#[derive(Clone, Copy)]
struct Slot {
    key: usize,
    key_len: usize,
    /// In the buffer, or in `pending`.
    value: usize,
    /// Or `CLEARED`, or `PENDING`.
    value_len: usize,
}

/// A slot's page and its place in there; behind the last one, the number of pages and 0.
type Place = (usize, usize);

/// The last write of a key.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// It was set.
    Set(&'a [u8]),
    /// It was cleared.
    Cleared,
    /// Its value is settled at commit.
    Pending(&'a Pending),
}

/// A write of a key that is to be the last.
#[derive(Debug)]
pub enum Write<'a> {
    /// It is set.
    Set(&'a [u8]),
    /// It is cleared.
    Cleared,
    /// Its value is settled at commit.
    Pending(Box<Pending>),
}

impl Keys {
    /// Writes a key.
    pub fn put(&mut self, key: &[u8], write: Write<'_>) {
        match self.find(key) {
            Ok(place) => self.replace(place, write),
            Err(place) => {
                let slot = self.append(key, write);
                self.insert(place, slot);
            }
        }
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &[u8]) {
        if let Ok((page, at)) = self.find(key) {
            self.remove_in_page(page, at..at + 1);
        }
    }

    /// Forgets the keys in `[begin, end)`.
    pub fn remove_range(&mut self, begin: &[u8], end: &[u8]) {
        loop {
            let ((page, from), last) = (self.seek(begin), self.seek(end));
            if (page, from) >= last {
                return;
            }
            let to = if last.0 == page { last.1 } else { self.pages[page].len() };
            self.remove_in_page(page, from..to);
        }
    }

    /// What was last written to a key.
    pub fn get(&self, key: &[u8]) -> Option<Entry<'_>> {
        let (page, at) = self.find(key).ok()?;
        Some(self.entry(&self.pages[page][at]))
    }

    /// The pending write of a key, to be changed.
    pub fn pending_mut(&mut self, key: &[u8]) -> Option<&mut Pending> {
        let (page, at) = self.find(key).ok()?;
        let slot = self.pages[page][at];
        match slot.value_len {
            PENDING => self.pending.get_mut(&slot.value).map(|pending| &mut **pending),
            _ => None,
        }
    }

    /// Forgets all of them, and keeps the room if it is not more than so many bytes. Returns whether it is kept.
    pub fn empty(&mut self, most: usize) -> bool {
        let is_small = self.memory() <= most;
        let before = std::mem::take(self);
        if is_small {
            let Self { mut bytes, mut pages, mut spare, .. } = before;
            bytes.clear();
            if let Some(page) = pages.pop() {
                spare = page;
                spare.clear();
            }
            pages.clear();
            *self = Self { bytes, pages, spare, ..Self::default() };
        }
        is_small
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        let pending: usize = self.pending.values().flat_map(|pending| pending.parts()).sum();
        let slots: usize = self.pages.iter().map(Vec::capacity).sum();
        self.bytes.capacity() + slots * size_of::<Slot>() + pending
    }

    /// The keys in `[begin, end)`, in order.
    pub fn range(&self, begin: &[u8], end: &[u8]) -> Iter<'_> {
        let front = self.seek(begin);
        let back = self.seek(end).max(front);
        Iter { keys: self, front, back }
    }

    /// All keys, in order.
    pub fn iter(&self) -> Iter<'_> {
        Iter { keys: self, front: (0, 0), back: (self.pages.len(), 0) }
    }

    /// Where a key is, or would be: then behind the last slot of a page rather than before the first of the next.
    fn find(&self, key: &[u8]) -> Result<Place, Place> {
        let page = match self.pages.len() {
            0 => return Err((0, 0)),
            1 => 0,
            _ => self.pages.partition_point(|page| self.key(&page[0]) <= key).saturating_sub(1),
        };
        let found = self.pages[page].binary_search_by(|slot| self.key(slot).cmp(key));
        found.map(|at| (page, at)).map_err(|at| (page, at))
    }

    /// The first slot whose key is not below `key`.
    fn seek(&self, key: &[u8]) -> Place {
        let (page, at) = self.find(key).unwrap_or_else(|place| place);
        match self.pages.get(page) {
            Some(slots) if at == slots.len() => (page + 1, 0),
            _ => (page, at),
        }
    }

    #[inline]
    fn key(&self, slot: &Slot) -> &[u8] {
        &self.bytes[slot.key..slot.key + slot.key_len]
    }

    #[inline]
    fn entry(&self, slot: &Slot) -> Entry<'_> {
        match slot.value_len {
            CLEARED => Entry::Cleared,
            // It is there as long as its slot is.
            PENDING => self.pending.get(&slot.value).map_or(Entry::Cleared, |pending| Entry::Pending(pending)),
            length => Entry::Set(&self.bytes[slot.value..slot.value + length]),
        }
    }

    /// The slot of a key that is written for the first time.
    fn append(&mut self, key: &[u8], write: Write<'_>) -> Slot {
        if self.bytes.capacity() == 0 {
            self.bytes = Vec::with_capacity(FIRST_BYTES);
        }
        let at = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let (value, value_len) = self.store(write);
        Slot { key: at, key_len: key.len(), value, value_len }
    }

    /// Puts what is written somewhere.
    fn store(&mut self, write: Write<'_>) -> (usize, usize) {
        match write {
            Write::Cleared => (0, CLEARED),
            Write::Set(value) => {
                let at = self.bytes.len();
                self.bytes.extend_from_slice(value);
                (at, value.len())
            }
            Write::Pending(pending) => {
                self.next += 1;
                self.pending.insert(self.next, pending);
                (self.next, PENDING)
            }
        }
    }

    fn insert(&mut self, (page, at): Place, slot: Slot) {
        let Some(slots) = self.pages.get_mut(page) else {
            let mut slots = std::mem::take(&mut self.spare);
            slots.reserve(FIRST_SLOTS);
            slots.push(slot);
            return self.pages.push(slots);
        };
        if slots.len() < PAGE {
            return slots.insert(at, slot);
        }
        // Keys that come in order fill their pages.
        let middle = if at == PAGE { PAGE } else { PAGE / 2 };
        let mut after = Vec::with_capacity(PAGE);
        after.extend(slots.drain(middle..));
        match at.checked_sub(middle) {
            Some(at) => after.insert(at, slot),
            None => slots.insert(at, slot),
        }
        self.pages.insert(page + 1, after);
    }

    fn replace(&mut self, (page, at): Place, write: Write<'_>) {
        let before = self.pages[page][at];
        if let (Write::Set(value), 0..PENDING) = (&write, before.value_len) {
            if value.len() <= before.value_len {
                self.bytes[before.value..before.value + value.len()].copy_from_slice(value);
                self.pages[page][at].value_len = value.len();
                return self.waste(before.value_len - value.len());
            }
        }
        let (value, value_len) = self.store(write);
        self.pages[page][at] = Slot { value, value_len, ..before };
        let wasted = self.let_go(&before);
        self.waste(wasted);
    }

    fn remove_in_page(&mut self, page: usize, range: std::ops::Range<usize>) {
        let mut wasted = 0;
        for at in range.clone() {
            let slot = self.pages[page][at];
            wasted += slot.key_len + self.let_go(&slot);
        }
        self.pages[page].drain(range);
        if self.pages[page].is_empty() {
            self.pages.remove(page);
        }
        self.waste(wasted);
    }

    /// Forgets a value; returns what it leaves in the buffer.
    fn let_go(&mut self, slot: &Slot) -> usize {
        match slot.value_len {
            CLEARED => 0,
            PENDING => {
                self.pending.remove(&slot.value);
                0
            }
            length => length,
        }
    }

    /// Notes that so many bytes are no longer pointed at.
    fn waste(&mut self, bytes: usize) {
        self.wasted += bytes;
        if self.wasted > LITTLE && 2 * self.wasted > self.bytes.len() {
            self.make_anew();
        }
    }

    fn make_anew(&mut self) {
        let mut bytes = Vec::with_capacity(self.bytes.len() - self.wasted);
        for slot in self.pages.iter_mut().flatten() {
            let key = bytes.len();
            bytes.extend_from_slice(&self.bytes[slot.key..slot.key + slot.key_len]);
            slot.key = key;
            if slot.value_len < PENDING {
                let value = bytes.len();
                bytes.extend_from_slice(&self.bytes[slot.value..slot.value + slot.value_len]);
                slot.value = value;
            }
        }
        self.bytes = bytes;
        self.wasted = 0;
    }
}

/// Keys and what was last written to them, in order.
#[derive(Clone)]
pub struct Iter<'a> {
    keys: &'a Keys,
    /// The next one.
    front: Place,
    /// Behind the last one; not before `front`.
    back: Place,
}

impl<'a> Iter<'a> {
    #[inline]
    fn at(&self, (page, at): Place) -> (&'a [u8], Entry<'a>) {
        let slot = &self.keys.pages[page][at];
        (self.keys.key(slot), self.keys.entry(slot))
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a [u8], Entry<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.front == self.back {
            return None;
        }
        let found = self.at(self.front);
        self.front.1 += 1;
        if self.front.1 == self.keys.pages[self.front.0].len() {
            self.front = (self.front.0 + 1, 0);
        }
        Some(found)
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.front == self.back {
            return None;
        }
        if self.back.1 == 0 {
            self.back.0 -= 1;
            self.back.1 = self.keys.pages[self.back.0].len();
        }
        self.back.1 -= 1;
        Some(self.at(self.back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Model = BTreeMap<Vec<u8>, String>;

    fn text(entry: Entry<'_>) -> String {
        match entry {
            Entry::Set(value) => String::from_utf8_lossy(value).into_owned(),
            Entry::Cleared => "cleared".to_owned(),
            Entry::Pending(pending) => format!("{pending:?}"),
        }
    }

    fn listed<'a>(entries: impl Iterator<Item = (&'a [u8], Entry<'a>)>) -> Vec<(Vec<u8>, String)> {
        entries.map(|(key, entry)| (key.to_vec(), text(entry))).collect()
    }

    /// Does the same to the keys and to a map.
    fn step(random: &mut fastrand::Rng, keys: &mut Keys, model: &mut Model, span: u32) {
        let key = |random: &mut fastrand::Rng| format!("key{}", random.u32(..span)).into_bytes();
        let one = key(random);
        match random.u8(..20) {
            0 => {
                let (begin, end) = (one, key(random));
                keys.remove_range(&begin, &end);
                model.retain(|key, _| *key < begin || end <= *key);
            }
            1 | 2 => {
                keys.remove(&one);
                model.remove(&one);
            }
            3 => {
                keys.put(&one, Write::Cleared);
                model.insert(one, text(Entry::Cleared));
            }
            4 => {
                let pending = Pending::on_own(Some(one.clone()));
                model.insert(one.clone(), text(Entry::Pending(&pending)));
                keys.put(&one, Write::Pending(Box::new(pending)));
            }
            _ => {
                let value = "v".repeat(random.usize(..60));
                keys.put(&one, Write::Set(value.as_bytes()));
                model.insert(one, value);
            }
        }
    }

    fn compare(random: &mut fastrand::Rng, keys: &Keys, model: &Model, span: u32) {
        let all: Vec<_> = model.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        assert_eq!(listed(keys.iter()), all);
        assert_eq!(keys.is_empty(), all.is_empty());
        assert!(keys.pages.iter().all(|page| !page.is_empty() && page.len() <= PAGE));
        let mut ends = [0, 1].map(|_| format!("key{}", random.u32(..span)).into_bytes());
        assert_eq!(keys.get(&ends[0]).map(text), model.get(&ends[0]).cloned());
        if ends[0] > ends[1] {
            assert!(keys.range(&ends[0], &ends[1]).next().is_none());
            ends.reverse();
        }
        let [begin, end] = &ends;
        let mut inside: Vec<_> = all.into_iter().filter(|(key, _)| begin <= key && key < end).collect();
        assert_eq!(listed(keys.range(begin, end)), inside);
        // From both ends by turns.
        let (mut range, mut turns) = (keys.range(begin, end), Vec::new());
        while let Some(found) = if turns.len() % 2 == 0 { range.next() } else { range.next_back() } {
            turns.push((found.0.to_vec(), text(found.1)));
        }
        for turn in turns {
            let at = if inside.first() == Some(&turn) { 0 } else { inside.len() - 1 };
            assert_eq!(inside.remove(at), turn);
        }
        assert!(inside.is_empty());
    }

    #[test]
    fn they_are_what_a_map_would_be() {
        let seed = fastrand::u64(..);
        eprintln!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for span in [4, 40, 4_000] {
            let (mut keys, mut model) = (Keys::default(), Model::new());
            for round in 0..12_000 {
                step(&mut random, &mut keys, &mut model, span);
                if round % 97 == 0 {
                    compare(&mut random, &keys, &model, span);
                    let pending = model.values().filter(|value| value.contains("Pending")).count();
                    assert_eq!(keys.pending.len(), pending);
                }
            }
            let held: usize = keys.iter().map(|(key, _)| key.len() + 60).sum();
            assert!(keys.bytes.len() <= 2 * held + 2 * LITTLE, "{} of {held}", keys.bytes.len());
            keys.remove_range(b"", b"z");
            assert!(keys.is_empty() && keys.iter().next().is_none() && keys.pending.is_empty());
        }
    }

    #[test]
    fn keys_in_order_fill_their_pages() {
        let mut keys = Keys::default();
        for number in 0..10_000u32 {
            keys.put(&number.to_be_bytes(), Write::Set(b"value"));
        }
        assert_eq!(keys.pages.len(), 10_000_usize.div_ceil(PAGE));
        assert!(keys.iter().map(|(key, _)| key).eq((0..10_000u32).map(u32::to_be_bytes).collect::<Vec<_>>().iter()));
    }

    #[test]
    fn a_key_that_is_set_for_ever_stays_small() {
        let mut keys = Keys::default();
        for round in 0..100_000_usize {
            keys.put(b"key", Write::Set(&vec![round as u8; round % 100]));
            keys.put(b"other", if round % 2 == 0 { Write::Cleared } else { Write::Set(&[7; 100]) });
        }
        assert!(keys.bytes.capacity() <= 4 * LITTLE, "{}", keys.bytes.capacity());
        assert!(matches!(keys.get(b"key"), Some(Entry::Set(value)) if value == [159; 99]), "{:?}", keys.get(b"key"));
    }
}
