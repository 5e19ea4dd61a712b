//! Values and ranges that a transaction has read from the database (rule RYW-12).
//!
//! While the read version can be read at, reading a key again gives the same value by itself. So
//! the cache is only looked into when it no longer can: entries are appended without order, and
//! searched one by one.

use plinth_api::{RangeResult, Value};

/// Bytes kept at most; values read after that are not kept.
const MOST_BYTES: usize = 1 << 20;
/// Room made at the first value.
const FIRST_ENTRIES: usize = 16;
const FIRST_BYTES: usize = 512;

/// What was read, key after key.
#[derive(Default)]
pub struct ReadCache {
    keys: Vec<u8>,
    entries: Vec<Entry>,
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
    value: Option<Value>,
}

impl ReadCache {
    /// Keeps what a read of `key` found.
    pub fn keep(&mut self, keyspace: u32, key: &[u8], value: &Option<Value>) {
        let size = key.len() + value.as_ref().map_or(0, |value| value.len());
        if self.bytes + size > MOST_BYTES {
            return;
        }
        if self.entries.capacity() == 0 {
            self.entries.reserve(FIRST_ENTRIES);
            self.keys.reserve(FIRST_BYTES);
        }
        self.bytes += size + size_of::<Entry>();
        self.entries.push(Entry { keyspace, key_begin: self.keys.len(), key_len: key.len(), value: value.clone() });
        self.keys.extend_from_slice(key);
    }

    /// What a read of `key` found before, if it is known.
    pub fn find(&self, keyspace: u32, key: &[u8]) -> Option<Option<Value>> {
        let same = |entry: &&Entry| {
            entry.keyspace == keyspace && &self.keys[entry.key_begin..entry.key_begin + entry.key_len] == key
        };
        self.entries.iter().find(same).map(|entry| entry.value.clone())
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
        self.bytes
    }

    /// Forgets everything, and keeps the room.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.entries.clear();
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
