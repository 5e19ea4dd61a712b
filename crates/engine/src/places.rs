//! Where keys are in a list: a table of hashes that holds no key itself.
//!
//! A key is searched in a few slots only, and one that finds no room there is not in the table.
//! So it may not know a key that is in the list, and costs little whatever the keys are.

/// Slots that a key may be in, from its own on.
const PROBES: usize = 8;
/// Slots of the smallest table.
const FIRST_SLOTS: usize = 128;
/// An odd number without a pattern.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// See the file's top.
#[derive(Clone, Default)]
pub struct Places {
    /// Of each the hash, and below it the place and one more; 0 is free. Their number is a power of two.
    slots: Vec<u64>,
    used: usize,
}

impl Places {
    /// The hash of a key.
    pub fn hash(key: &[u8]) -> u32 {
        let step = |hash: u64, word: u64| (hash.rotate_left(29) ^ word).wrapping_mul(MIX);
        let mut words = key.chunks_exact(8);
        let hash = words.by_ref().fold(key.len() as u64, |hash, word| step(hash, word_of(word)));
        let hash = match words.remainder() {
            [] => hash,
            rest => step(hash, word_of(rest)),
        };
        (hash >> 32) as u32
    }

    /// Whether it holds a place of this hash that `is_it` says yes to.
    pub fn find(&self, hash: u32, is_it: impl Fn(usize) -> bool) -> bool {
        for slot in self.slots_of(hash) {
            match self.slots[slot] {
                0 => return false,
                told if (told >> 32) as u32 == hash && is_it(told as u32 as usize - 1) => return true,
                _ => {}
            }
        }
        false
    }

    /// Adds a place that it does not hold. Returns whether there was room.
    pub fn insert(&mut self, hash: u32, place: usize) -> bool {
        if 2 * self.used >= self.slots.len() {
            self.grow(2 * self.slots.len());
        }
        match u32::try_from(place + 1) {
            Ok(place) => self.put(u64::from(hash) << 32 | u64::from(place)),
            Err(_) => false,
        }
    }

    /// Makes room for so many places.
    pub fn reserve(&mut self, places: usize) {
        if 2 * places > self.slots.len() {
            self.grow(2 * places);
        }
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Bytes it occupies.
    pub fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }

    fn grow(&mut self, slots: usize) {
        let before = std::mem::take(&mut self.slots);
        self.slots = vec![0; slots.next_power_of_two().max(FIRST_SLOTS)];
        self.used = 0;
        for told in before.into_iter().filter(|told| *told != 0) {
            self.put(told);
        }
    }

    fn put(&mut self, told: u64) -> bool {
        let free = self.slots_of((told >> 32) as u32).find(|slot| self.slots[*slot] == 0);
        let Some(free) = free else {
            return false;
        };
        self.slots[free] = told;
        self.used += 1;
        true
    }

    fn slots_of(&self, hash: u32) -> impl Iterator<Item = usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let probes = if self.slots.is_empty() { 0 } else { PROBES };
        (0..probes).map(move |step| (hash as usize + step) & mask)
    }
}

/// At most eight bytes as a number.
fn word_of(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_nothing_else() {
        let key = |number: usize| format!("a common prefix/{number}").into_bytes();
        let mut places = Places::default();
        assert!(!places.find(Places::hash(&key(0)), |_| true));
        let added: Vec<usize> = (0..10_000).filter(|place| places.insert(Places::hash(&key(*place)), *place)).collect();
        let found = |place: usize| places.find(Places::hash(&key(place)), |found| found == place);
        assert!(added.iter().filter(|place| found(**place)).count() > 9_900, "few are dropped when it grows");
        assert!((10_000..20_000).all(|place| !found(place)));
        assert!(places.memory() <= 8 * 4 * 10_000, "{}", places.memory());
        places.clear();
        assert!(places.is_empty() && !places.find(Places::hash(&key(0)), |_| true));
    }

    #[test]
    fn keys_of_one_hash_fill_no_more_than_their_slots() {
        let mut places = Places::default();
        assert_eq!((0..1_000).filter(|place| places.insert(7, *place)).count(), PROBES);
        assert!(places.find(7, |place| place == PROBES - 1) && !places.find(7, |place| place == PROBES));
        assert!(places.memory() <= 8 * FIRST_SLOTS);
    }

    #[test]
    fn the_length_and_every_byte_count() {
        let keys = [&b""[..], b"\0", b"\0\0", b"12345678", b"12345678\0", b"1234567812345678", b"1234567912345678"];
        let hashes: std::collections::BTreeSet<u32> = keys.iter().map(|key| Places::hash(key)).collect();
        assert_eq!(hashes.len(), keys.len());
    }
}
