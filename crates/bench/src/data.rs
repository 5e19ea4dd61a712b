//! Keys, values and randomness: the same for every engine, cheap, without allocation once made.
//! Relies on nothing.

/// A key: 16 bytes, the first below 0x80, so it lies in everyone's legal range.
pub type Key = [u8; 16];

/// Length of every value in bytes.
pub const VALUE_LENGTH: usize = 100;

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
    /// A pool of 64 KiB.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self((0..8192).flat_map(|_| random.next().to_le_bytes()).collect())
    }

    /// Any one value.
    pub fn pick(&self, random: &mut Random) -> &[u8] {
        let at = random.below((self.0.len() - VALUE_LENGTH) as u64) as usize;
        &self.0[at..at + VALUE_LENGTH]
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
        }
    }
}
