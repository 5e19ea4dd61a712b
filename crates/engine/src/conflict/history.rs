//! The committed writes of the window in one keyspace, and the question that decides conflicts:
//! was anything in this range written after that version?
//!
//! Writes of single keys and writes of ranges are kept apart, because almost all are single keys
//! and those can be had much cheaper. Both parts answer exactly: no hash, sample or widening
//! decides a conflict (design D1).

use super::points::Points;
use super::ranges::Ranges;
use super::RangeRef;

/// When each key was last written. Versions at or below the floor may be forgotten.
#[derive(Default)]
pub struct History {
    points: Points,
    ranges: Ranges,
}

impl History {
    /// Whether a key in `range` was written after `version`.
    pub fn written_after(&self, range: RangeRef<'_>, version: i64) -> bool {
        let point = match range {
            RangeRef::Key(key) => self.points.key_written_after(key, version),
            RangeRef::Range(begin, end) => self.points.range_written_after(begin, end, version),
        };
        point || self.ranges.written_after(range, version)
    }

    /// Notes a write of `range` at `version`, which is not below any noted before. Versions at
    /// or below `floor` are forgotten on the way.
    pub fn insert(&mut self, range: RangeRef<'_>, version: i64, floor: i64) {
        match range {
            RangeRef::Key(key) => self.points.insert(key, version, floor),
            RangeRef::Range(begin, end) => self.ranges.insert(begin, end, version, floor),
        }
    }

    /// Bytes it occupies, about.
    pub fn memory(&self) -> usize {
        self.points.memory() + self.ranges.memory()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The simplest twin: a version for each of a small number of keys.
    struct Naive(Vec<(Vec<u8>, i64)>);

    fn all_keys() -> Vec<Vec<u8>> {
        let mut keys = vec![vec![]];
        for first in 0..8u8 {
            for tail in 0..12u8 {
                let mut key = vec![first * 3 + 1, tail];
                keys.push(key.clone());
                key.push(0);
                keys.push(key);
            }
        }
        keys.sort();
        keys
    }

    impl Naive {
        fn inside(range: RangeRef<'_>, key: &[u8]) -> bool {
            match range {
                RangeRef::Key(only) => key == only,
                RangeRef::Range(begin, end) => begin <= key && key < end,
            }
        }
        fn insert(&mut self, range: RangeRef<'_>, version: i64) {
            for (key, last) in &mut self.0 {
                if Self::inside(range, key) {
                    *last = version;
                }
            }
        }
        fn written_after(&self, range: RangeRef<'_>, version: i64) -> bool {
            self.0.iter().any(|(key, last)| Self::inside(range, key) && *last > version)
        }
    }

    fn random_range<'a>(random: &mut fastrand::Rng, keys: &'a [Vec<u8>]) -> RangeRef<'a> {
        let (a, b) = (random.usize(..keys.len()), random.usize(..keys.len()));
        match random.u8(..3) {
            0 if a != b => RangeRef::Range(&keys[a.min(b)], &keys[a.max(b)]),
            _ => RangeRef::Key(&keys[a]),
        }
    }

    /// Ranges over these keys hold a key of the list whenever they hold any key that can have
    /// been written differently, so the twin and the history must agree exactly.
    #[test]
    fn agrees_with_the_simple_twin() {
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        let keys = all_keys();
        let mut naive = Naive(keys.iter().map(|key| (key.clone(), 0)).collect());
        let mut history = History::default();
        let mut floor = 0;
        for version in 1..60_000i64 {
            let range = random_range(&mut random, &keys);
            if random.u8(..2) == 0 {
                history.insert(range, version, floor);
                naive.insert(range, version);
            }
            floor = floor.max(version - random.i64(50..20_000));
            let asked = random_range(&mut random, &keys);
            let since = random.i64(floor..=version);
            assert_eq!(
                history.written_after(asked, since),
                naive.written_after(asked, since),
                "seed {seed}, version {version}, {asked:?} since {since}"
            );
        }
    }

    #[test]
    fn what_left_the_window_is_forgotten() {
        let mut history = History::default();
        for version in 1..200_000i64 {
            let key = (version as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
            history.insert(RangeRef::Key(&key), version, version - 1_000);
        }
        assert!(history.memory() < 1 << 20, "{}", history.memory());
    }

    #[test]
    fn touching_ends_do_not_conflict() {
        // CONF-13: half-open ranges.
        let mut history = History::default();
        history.insert(RangeRef::Range(b"b", b"d"), 10, 0);
        assert!(!history.written_after(RangeRef::Range(b"a", b"b"), 5));
        assert!(history.written_after(RangeRef::Range(b"a", b"b\0"), 5));
        assert!(!history.written_after(RangeRef::Range(b"d", b"e"), 5));
        assert!(!history.written_after(RangeRef::Key(b"d"), 5));
        assert!(history.written_after(RangeRef::Key(b"c\xff"), 5));
        // CONF-14: equality does not conflict.
        assert!(!history.written_after(RangeRef::Key(b"c"), 10));
    }
}
