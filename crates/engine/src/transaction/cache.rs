//! Values that a transaction has read (rule RYW-12).
//!
//! While the read version can be read at, reading a key again gives the same value by itself. So
//! the cache is only looked into when it no longer can: entries are appended without order, and
//! searched one by one.

use plinth_api::Value;

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
    bytes: usize,
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

    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        self.bytes
    }

    /// Forgets everything, and keeps the room.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.entries.clear();
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
}
