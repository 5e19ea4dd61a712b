//! Keys, values and randomness: the same for every engine, cheap, without allocation once made.
//! Relies on nothing.

/// A key: 16 bytes, the first below 0x80, so it lies in everyone's legal range.
pub type Key = [u8; 16];

/// Length of every value in bytes.
pub const VALUE_LENGTH: usize = 100;

/// Length of a large value.
pub const LARGE: usize = 100_000;

const KEY_SEED: u64 = 0x5EED_0F0B_5E55_ED01;

/// Key number `number`. The order of the keys is not the order of their numbers.
pub fn key(number: u64) -> Key {
    let first = mix(number ^ KEY_SEED) >> 1;
    let second = mix(first);
    let mut key = [0; 16];
    key[..8].copy_from_slice(&first.to_be_bytes());
    key[8..].copy_from_slice(&second.to_be_bytes());
    key
}

/// Where a range of `length` keys may begin so that, of `keys` keys spread evenly, enough follow.
pub fn range_begin(random: &mut Random, keys: u64, length: usize) -> Key {
    let spare = 2.0 * length as f64 / keys as f64;
    let below = ((1.0 - spare) * (1u64 << 63) as f64) as u64;
    let mut key = [0; 16];
    key[..8].copy_from_slice(&random.below(below).to_be_bytes());
    key
}

/// Where a range of `length` keys that goes backwards may begin.
pub fn range_end(random: &mut Random, keys: u64, length: usize) -> Key {
    let mut key = range_begin(random, keys, length);
    let first = (1u64 << 63) - 1 - u64::from_be_bytes([key[0], key[1], key[2], key[3], key[4], key[5], key[6], key[7]]);
    key[..8].copy_from_slice(&first.to_be_bytes());
    key
}

/// The key that lies `part` of `parts` into a range of `length` keys; there is none so far.
pub fn between(begin: &Key, keys: u64, length: usize, part: usize, parts: usize) -> Key {
    let width = ((1u64 << 63) as f64 * length as f64 / keys as f64 * 0.5) as u64;
    let first = u64::from_be_bytes([begin[0], begin[1], begin[2], begin[3], begin[4], begin[5], begin[6], begin[7]]);
    let mut key = *begin;
    key[..8].copy_from_slice(&(first + width / parts as u64 * part as u64 + 1).to_be_bytes());
    key
}

/// What the keys of a queue begin with: behind all keys that are loaded.
pub const QUEUE: &[u8] = b"\xa0queue";

/// The key of the number that all count up.
pub const COUNTER: &[u8] = b"\xa1counter";

/// The key of a large value.
pub fn large_key(number: u64) -> Key {
    marked(0xa4, number)
}

/// A key that is written only to have been written.
pub fn recent_key(number: u64) -> Key {
    marked(0xa5, number)
}

fn marked(mark: u8, number: u64) -> Key {
    let mut key = [mark; 16];
    key[8..].copy_from_slice(&mix(number).to_be_bytes());
    key
}

/// A file of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// The directory's number.
    pub directory: u64,
    /// Its name.
    pub name: u64,
}

impl File {
    /// The number of its inode, when it is made.
    pub fn number(&self) -> u64 {
        mix(mix(self.directory) ^ self.name)
    }
}

/// The key of a file's entry in its directory.
pub fn entry(file: File) -> [u8; 17] {
    let mut key = [0xa2; 17];
    key[1..9].copy_from_slice(&file.directory.to_be_bytes());
    key[9..].copy_from_slice(&file.name.to_be_bytes());
    key
}

/// The key of an inode.
pub fn inode(number: u64) -> [u8; 9] {
    let mut key = [0xa3; 9];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

/// The range of a directory's entries.
pub fn directory(number: u64) -> ([u8; 9], [u8; 9]) {
    let key = |number: u64| {
        let mut key = [0xa2; 9];
        key[1..].copy_from_slice(&number.to_be_bytes());
        key
    };
    (key(number), key(number + 1))
}

fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A xorshift generator; one for each thread.
pub struct Random(u64);

impl Random {
    /// A generator that repeats for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed) | 1)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`, evenly enough for any `end` used here.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }
}

/// Random bytes that values are cut from; made before the clock starts.
pub struct Values(Vec<u8>);

impl Values {
    /// A pool of 256 KiB.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self((0..32_768).flat_map(|_| random.next().to_le_bytes()).collect())
    }

    /// Any one value of the usual length.
    pub fn pick(&self, random: &mut Random) -> &[u8] {
        self.pick_long(random, VALUE_LENGTH)
    }

    /// Any one value of a length, at most `LARGE`.
    pub fn pick_long(&self, random: &mut Random, length: usize) -> &[u8] {
        let length = length.min(LARGE);
        // The usual ones are of few lines of the processor's cache.
        let room = if length <= VALUE_LENGTH { 64 << 10 } else { self.0.len() };
        let at = random.below((room - length) as u64) as usize;
        &self.0[at..at + length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_repeat_and_differ() {
        let keys: std::collections::BTreeSet<Key> = (0..100_000).map(key).collect();
        assert_eq!(keys.len(), 100_000);
        assert!(keys.iter().all(|key| key[0] < 0x80));
        assert_eq!(key(7), key(7));
    }

    #[test]
    fn a_range_has_room_behind_its_begin() {
        let keys: std::collections::BTreeSet<Key> = (0..20_000).map(key).collect();
        let mut random = Random::new(1);
        for _ in 0..200 {
            let begin = range_begin(&mut random, 20_000, 1_000);
            assert!(keys.range(begin..).count() >= 1_000);
            let end = range_end(&mut random, 20_000, 1_000);
            assert!(keys.range(..end).count() >= 1_000);
        }
    }

    #[test]
    fn own_keys_lie_in_the_range_and_are_new() {
        let keys: Vec<Key> = {
            let mut keys: Vec<Key> = (0..20_000).map(key).collect();
            keys.sort_unstable();
            keys
        };
        let begin = range_begin(&mut Random::new(5), 20_000, 1_000);
        let at = keys.partition_point(|key| *key < begin);
        let own: std::collections::BTreeSet<Key> =
            (0..100).map(|part| between(&begin, 20_000, 1_000, part, 100)).collect();
        assert_eq!(own.len(), 100);
        assert!(own.iter().all(|key| *key >= begin && *key < keys[at + 900] && keys.binary_search(key).is_err()));
    }

    #[test]
    fn a_directory_has_its_entries_and_no_others() {
        let (begin, end) = directory(7);
        let inside = |directory, name| {
            let key = entry(File { directory, name });
            key[..] >= begin[..] && key[..] < end[..]
        };
        assert!(inside(7, 0) && inside(7, u64::MAX) && !inside(6, u64::MAX) && !inside(8, 0));
        assert_ne!(File { directory: 1, name: 2 }.number(), File { directory: 2, name: 1 }.number());
    }

    #[test]
    fn values_have_their_lengths() {
        let (values, mut random) = (Values::new(1), Random::new(1));
        assert_eq!(values.pick(&mut random).len(), VALUE_LENGTH);
        assert_eq!(values.pick_long(&mut random, LARGE).len(), LARGE);
    }
}
