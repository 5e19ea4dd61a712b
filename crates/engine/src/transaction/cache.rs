//! Values and ranges that a transaction has read from the database (rule RYW-12).
//!
//! While the read version can be read at, reading a key again gives the same value by itself. So
//! the cache is only looked into when it no longer can: entries are appended without order, and
//! searched one by one. From a few dozen on, a table tells which keys are there, so that one that
//! is read for ever is kept once.

use plinth_api::{RangeResult, Value};

use crate::places::Places;

/// Bytes kept at most; values read after that are not kept.
const MOST_BYTES: usize = 1 << 20;
/// Room made at the first value.
const FIRST_ENTRIES: usize = 16;
const FIRST_BYTES: usize = 1024;
/// Bytes of room, for values and for entries, that are worth to be kept for the next transaction.
const MOST_ROOM: usize = 4 << 10;
/// From so many values on, their keys are in the table too.
const TABLE_FROM: usize = 32;
/// Values up to this length are copied; longer ones are shared, where they can be.
const COPY_UP_TO: usize = 1024;

/// What was read, key after key.
#[derive(Default)]
pub struct ReadCache {
    /// Keys, each with its value behind it if that was copied.
    copies: Vec<u8>,
    entries: Vec<Entry>,
    /// Where keys are in `entries`; empty while there are few.
    places: Places,
    ranges: Vec<KnownRange>,
    bytes: usize,
}

/// All that the database holds in a range.
struct KnownRange {
    keyspace: u32,
    begin: Vec<u8>,
    end: Vec<u8>,
    rows: RangeResult,
    reverse: bool,
}

struct Entry {
    keyspace: u32,
    key_begin: usize,
    key_len: usize,
    value: Kept,
}

enum Kept {
    Absent,
    /// Its length; it is behind the key.
    Copied(usize),
    Shared(Value),
}

impl ReadCache {
    /// Keeps what a read of `key` found.
    pub fn keep(&mut self, keyspace: u32, key: &[u8], value: &Option<Value>) {
        let size = key.len() + value.as_ref().map_or(0, |value| value.len());
        if self.bytes + size > MOST_BYTES {
            return;
        }
        match self.entries.len() {
            0 if self.entries.capacity() == 0 => {
                self.entries.reserve(FIRST_ENTRIES);
                self.copies.reserve(FIRST_BYTES);
            }
            TABLE_FROM => self.make_places(),
            _ => {}
        }
        if self.entries.len() >= TABLE_FROM {
            let hash = Places::hash(key);
            if self
                .places
                .find(hash, |place| self.entries.get(place).is_some_and(|entry| self.is_of(entry, keyspace, key)))
            {
                return;
            }
            self.places.insert(hash, self.entries.len());
        }
        self.bytes += size + size_of::<Entry>();
        let key_begin = self.copies.len();
        self.copies.extend_from_slice(key);
        let value = match value {
            None => Kept::Absent,
            Some(value) if value.len() <= COPY_UP_TO => {
                self.copies.extend_from_slice(value);
                Kept::Copied(value.len())
            }
            Some(value) => Kept::Shared(value.clone()),
        };
        self.entries.push(Entry { keyspace, key_begin, key_len: key.len(), value });
    }

    fn make_places(&mut self) {
        if !self.places.is_empty() {
            return;
        }
        for (place, entry) in self.entries.iter().enumerate() {
            self.places.insert(Places::hash(self.key_of(entry)), place);
        }
    }

    fn key_of(&self, entry: &Entry) -> &[u8] {
        &self.copies[entry.key_begin..entry.key_begin + entry.key_len]
    }

    fn is_of(&self, entry: &Entry, keyspace: u32, key: &[u8]) -> bool {
        entry.keyspace == keyspace && self.key_of(entry) == key
    }

    /// What a read of `key` found before, if it is known.
    pub fn find(&self, keyspace: u32, key: &[u8]) -> Option<Option<Value>> {
        let entry = self.entries.iter().find(|entry| self.is_of(entry, keyspace, key))?;
        let begin = entry.key_begin + entry.key_len;
        Some(match &entry.value {
            Kept::Absent => None,
            Kept::Copied(length) => Some(Value::Owned(self.copies[begin..begin + length].to_vec())),
            Kept::Shared(value) => Some(value.clone()),
        })
    }

    /// Keeps what a read of a range found: `rows` is all that is in `[begin, end)`.
    pub fn keep_range(&mut self, keyspace: u32, begin: &[u8], end: &[u8], rows: &RangeResult, reverse: bool) {
        let size = rows.bytes() + begin.len() + end.len() + size_of::<KnownRange>();
        if self.bytes + size <= MOST_BYTES {
            self.bytes += size;
            let (begin, end) = (begin.to_vec(), end.to_vec());
            self.ranges.push(KnownRange { keyspace, begin, end, rows: rows.clone(), reverse });
        }
    }

    /// What the database holds in `[begin, end)`, ascending, or descending if `reverse`, if it is
    /// known.
    pub fn find_range(&self, keyspace: u32, begin: &[u8], end: &[u8], reverse: bool) -> Option<RangeResult> {
        let covers = |known: &&KnownRange| known.keyspace == keyspace && *known.begin <= *begin && *end <= *known.end;
        let known = self.ranges.iter().find(covers)?;
        let mut found: Vec<_> = known.rows.iter().filter(|(key, _)| begin <= *key && *key < end).collect();
        if known.reverse != reverse {
            found.reverse();
        }
        let mut rows = RangeResult::default();
        found.into_iter().for_each(|(key, value)| rows.push(key, value));
        Some(rows)
    }

    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        self.bytes + self.places.memory()
    }

    /// Gives up room that an ordinary transaction does not need. It holds nothing.
    pub fn shrink(&mut self) {
        if self.copies.capacity() > MOST_ROOM || self.entries.capacity() * size_of::<Entry>() > MOST_ROOM {
            *self = Self::default();
        }
    }

    /// Forgets everything, and keeps the room.
    pub fn clear(&mut self) {
        if self.entries.is_empty() && self.ranges.is_empty() {
            return;
        }
        self.copies.clear();
        self.entries.clear();
        self.places.clear();
        self.ranges.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_known_and_bounded() {
        let mut cache = ReadCache::default();
        cache.keep(0, b"a", &None);
        cache.keep(1, b"a", &Some(Value::Owned(b"1".to_vec())));
        assert!(matches!(cache.find(0, b"a"), Some(None)));
        assert_eq!(cache.find(1, b"a").flatten().as_deref(), Some(&b"1"[..]));
        assert!(cache.find(0, b"b").is_none());
        for _ in 0..100 {
            cache.keep(0, b"c", &Some(Value::Owned(vec![0; 100_000])));
        }
        assert!(cache.memory() < MOST_BYTES + 200_000);
    }

    #[test]
    fn a_key_that_is_read_for_ever_is_kept_once() {
        let mut cache = ReadCache::default();
        let key = |number: u32| (number % 50).to_be_bytes();
        let long = |number: u32| Value::Owned(vec![number as u8; number as usize % 50 * 40]);
        let value = |number: u32| Some(number).filter(|number| *number > 10).map(long);
        for number in 0..100_000 {
            cache.keep(number % 2, &key(number), &value(number % 50));
        }
        assert!(cache.entries.len() <= 50 + TABLE_FROM, "{}", cache.entries.len());
        for number in 0..50 {
            let found = cache.find(number % 2, &key(number)).flatten();
            assert_eq!(found.as_deref(), value(number).as_deref(), "{number}");
            assert!(cache.find((number + 1) % 2, &key(number)).is_none());
        }
        cache.clear();
        assert!(cache.find(0, &key(0)).is_none());
        cache.keep(0, &key(0), &None);
        assert!(matches!(cache.find(0, &key(0)), Some(None)));
    }

    /// RYW-12: a range is known from a wider one, in either direction.
    #[test]
    fn a_range_is_known_from_a_wider_one() {
        let mut cache = ReadCache::default();
        let mut rows = RangeResult::default();
        ["f", "d", "b"].iter().for_each(|key| rows.push(key.as_bytes(), b""));
        cache.keep_range(0, b"a", b"g", &rows, true);
        let keys = |begin: &[u8], end: &[u8], reverse: bool| {
            let found = cache.find_range(0, begin, end, reverse)?;
            Some(found.iter().map(|(key, _)| String::from_utf8_lossy(key).into_owned()).collect::<String>())
        };
        assert_eq!(keys(b"a", b"g", false).as_deref(), Some("bdf"));
        assert_eq!(keys(b"b\0", b"f", true).as_deref(), Some("d"));
        assert_eq!(keys(b"a", b"g\0", false), None);
        assert!(cache.find_range(1, b"a", b"g", false).is_none());
    }
}
