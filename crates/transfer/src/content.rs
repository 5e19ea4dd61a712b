//! What a stream holds, counted and summed up as it goes by.
//!
//! The checksum is of the content alone: the XXH3 (64 bits) of each keyspace's name with its length in four bytes
//! before it, in the header's order, and then, of each pair, of the place of its keyspace, the lengths of key and
//! value, four bytes each, the key and the value. So databases of the same content have the same checksum, whatever
//! their versions, and however their pairs lie in frames.

use xxhash_rust::xxh3::Xxh3;

/// See the file's top.
pub struct Content {
    /// Pairs so far.
    pub pairs: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    sum: Xxh3,
}

impl Content {
    /// Of these keyspaces, without a pair.
    pub fn new(keyspaces: &[String]) -> Self {
        let mut sum = Xxh3::new();
        for name in keyspaces {
            sum.update(&(name.len() as u32).to_le_bytes());
            sum.update(name.as_bytes());
        }
        Self { pairs: 0, bytes: 0, sum }
    }

    /// Adds a pair.
    pub fn add(&mut self, keyspace: usize, key: &[u8], value: &[u8]) {
        let mut before = [0; 12];
        before[..4].copy_from_slice(&(keyspace as u32).to_le_bytes());
        before[4..8].copy_from_slice(&(key.len() as u32).to_le_bytes());
        before[8..].copy_from_slice(&(value.len() as u32).to_le_bytes());
        self.sum.update(&before);
        self.sum.update(key);
        self.sum.update(value);
        self.pairs += 1;
        self.bytes += (key.len() + value.len()) as u64;
    }

    /// The checksum of what was added so far.
    pub fn checksum(&self) -> u64 {
        self.sum.digest()
    }
}
