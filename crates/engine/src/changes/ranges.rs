//! Ranges of keys, by keyspace: few enough, and nothing that was added is outside.
//!
//! Invariant: those of a keyspace are in order, none is empty, and they neither overlap nor touch. When there are
//! more than are kept apart, or their bounds have too many bytes, a quarter of the gaps between them is given up,
//! the narrowest first: so that costs little for each range that is added.

use std::collections::BTreeMap;
use std::ops::Bound;

use plinth_api::ChangedRange;

/// Bytes of bounds for each range that may be kept apart, about.
const BYTES_EACH: usize = 256;
/// Bytes of bounds at least.
const LEAST_BYTES: usize = 64 << 10;
/// Bounds are cut to this where nothing else makes them fewer.
const SHORT: usize = 128;

/// The ranges of one keyspace, by their begins.
type Ranges = BTreeMap<Vec<u8>, Vec<u8>>;

/// How far two ranges are from each other: the less, the nearer.
type Distance = (usize, u128);

/// See the file's top.
pub struct ChangedRanges {
    keyspaces: BTreeMap<u32, Ranges>,
    count: usize,
    bytes: usize,
    most: usize,
}

impl ChangedRanges {
    /// None, of which so many are kept apart.
    pub fn new(most: usize) -> Self {
        Self { keyspaces: BTreeMap::new(), count: 0, bytes: 0, most }
    }

    /// Adds a key.
    pub fn add_key(&mut self, keyspace: u32, key: &[u8]) {
        if !self.covers(keyspace, key) {
            self.add_range(keyspace, key, &plinth_api::key::successor(key));
        }
    }

    /// Adds the keys in `[begin, end)`.
    pub fn add_range(&mut self, keyspace: u32, begin: &[u8], end: &[u8]) {
        if begin >= end {
            return;
        }
        let ranges = self.keyspaces.entry(keyspace).or_default();
        let (mut first, mut last) = (begin.to_vec(), end.to_vec());
        let before = ranges.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(begin))).next_back();
        if let Some((from, to)) = before.filter(|(_, to)| to.as_slice() >= begin) {
            if to.as_slice() >= end {
                return;
            }
            first.clone_from(from);
        }
        // What it touches becomes one with it.
        while let Some((from, to)) = ranges.range::<[u8], _>((Bound::Included(&*first), Bound::Included(&*last))).next()
        {
            let from = from.clone();
            if *to > last {
                last.clone_from(to);
            }
            let to = ranges.remove(&from);
            self.count -= 1;
            self.bytes -= from.len() + to.map_or(0, |to| to.len());
        }
        self.count += 1;
        self.bytes += first.len() + last.len();
        ranges.insert(first, last);
        if self.is_too_much() {
            self.make_fewer();
        }
    }

    /// Forgets a keyspace.
    pub fn forget(&mut self, keyspace: u32) {
        let ranges = self.keyspaces.remove(&keyspace).unwrap_or_default();
        self.count -= ranges.len();
        self.bytes -= ranges.iter().map(|(begin, end)| begin.len() + end.len()).sum::<usize>();
    }

    /// Takes all out.
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(self.most))
    }

    /// All, in order.
    pub fn into_list(self) -> Vec<ChangedRange> {
        let keyspaces = self.keyspaces.into_iter();
        let list = keyspaces.flat_map(|(keyspace, ranges)| {
            ranges.into_iter().map(move |(begin, end)| ChangedRange { keyspace, begin, end })
        });
        list.collect()
    }

    /// Adds what others hold.
    pub fn add_all(&mut self, others: Self) {
        for range in others.into_list() {
            self.add_range(range.keyspace, &range.begin, &range.end);
        }
    }

    fn covers(&self, keyspace: u32, key: &[u8]) -> bool {
        let Some(ranges) = self.keyspaces.get(&keyspace) else {
            return false;
        };
        let before = ranges.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back();
        before.is_some_and(|(_, end)| end.as_slice() > key)
    }

    /// How many are kept apart; what cannot be joined is never too many.
    fn most(&self) -> usize {
        self.most.max(2 * self.keyspaces.len())
    }

    fn is_too_much(&self) -> bool {
        let most = self.most();
        self.count > most || self.bytes > (most * BYTES_EACH).max(LEAST_BYTES)
    }

    fn make_fewer(&mut self) {
        let most = self.most();
        let wanted = self.count.saturating_sub(most).max(self.count / 4).max(1);
        self.join(wanted);
        while self.is_too_much() && self.count > self.keyspaces.len() {
            self.join(self.count / 2);
        }
        if self.is_too_much() {
            // Few ranges with very long bounds.
            self.cut();
        }
    }

    /// Joins those that are nearest to each other, so many times.
    fn join(&mut self, wanted: usize) {
        let gaps = |ranges: &Ranges| -> Vec<Distance> {
            let pairs = ranges.values().zip(ranges.keys().skip(1));
            pairs.map(|(end, begin)| distance(end, begin)).collect()
        };
        let mut all: Vec<Distance> = self.keyspaces.values().flat_map(gaps).collect();
        let Some(last) = wanted.min(all.len()).checked_sub(1) else {
            return;
        };
        let widest = *all.select_nth_unstable(last).1;
        let mut left = last + 1;
        for ranges in self.keyspaces.values_mut() {
            let mut joined: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(ranges.len());
            for (begin, end) in std::mem::take(ranges) {
                match joined.last_mut() {
                    Some((_, last)) if left > 0 && distance(last, &begin) <= widest => {
                        *last = end;
                        left -= 1;
                    }
                    _ => joined.push((begin, end)),
                }
            }
            *ranges = joined.into_iter().collect();
        }
        self.count_again();
    }

    /// Makes bounds short.
    fn cut(&mut self) {
        let all = std::mem::take(&mut self.keyspaces);
        for (keyspace, ranges) in all {
            let short: Ranges = ranges.into_iter().map(|(begin, end)| (cut_begin(begin), cut_end(end))).collect();
            self.keyspaces.insert(keyspace, short);
        }
        self.count_again();
    }

    fn count_again(&mut self) {
        self.count = self.keyspaces.values().map(Ranges::len).sum();
        self.bytes = self.keyspaces.values().flatten().map(|(begin, end)| begin.len() + end.len()).sum();
    }
}

/// The distance of two keys as fractions of one, of which they are the digits: how many bits are the same, and
/// the next ones of what is between them.
fn distance(end: &[u8], begin: &[u8]) -> Distance {
    let common = end.iter().zip(begin).take_while(|(one, other)| one == other).count();
    let next = |key: &[u8]| {
        let mut digits = [0; 16];
        let rest = &key[common..];
        let length = rest.len().min(16);
        digits[..length].copy_from_slice(&rest[..length]);
        u128::from_be_bytes(digits)
    };
    let between = next(begin).saturating_sub(next(end));
    let zeros = between.leading_zeros();
    (usize::MAX - 8 * common - zeros as usize, between.checked_shl(zeros).unwrap_or(0))
}

/// A key that is not above this one.
fn cut_begin(mut key: Vec<u8>) -> Vec<u8> {
    key.truncate(SHORT);
    key
}

/// A key that is not below this one.
fn cut_end(key: Vec<u8>) -> Vec<u8> {
    let mut short = key[..key.len().min(SHORT)].to_vec();
    if short.len() == key.len() {
        return key;
    }
    while short.last() == Some(&u8::MAX) {
        short.pop();
    }
    match short.last_mut() {
        Some(last) => *last += 1,
        None => return key,
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds random keys and ranges to both; what is covered must hold all, and be no more than was joined.
    fn round(random: &mut fastrand::Rng, most: usize) {
        let (mut ranges, mut keys) = (ChangedRanges::new(most), Vec::new());
        let key = |random: &mut fastrand::Rng| {
            let mut key = random.u32(..50_000).to_string().into_bytes();
            if random.u8(..20) == 0 {
                key.resize(random.usize(..5_000).max(key.len()), random.u8(..));
            }
            key
        };
        for _ in 0..random.usize(..3_000) {
            let (keyspace, one) = (random.u32(..3), key(random));
            if random.u8(..10) == 0 {
                let mut ends = [one, key(random)];
                ends.sort();
                ranges.add_range(keyspace, &ends[0], &ends[1]);
                if ends[0] < ends[1] {
                    keys.push((keyspace, ends[0].clone()));
                }
            } else {
                ranges.add_key(keyspace, &one);
                keys.push((keyspace, one));
            }
            assert!(!ranges.is_too_much());
        }
        for (keyspace, key) in &keys {
            assert!(ranges.covers(*keyspace, key));
        }
        let (count, bytes) = (ranges.count, ranges.bytes);
        let list = ranges.into_list();
        assert_eq!(list.len(), count);
        assert_eq!(list.iter().map(|range| range.begin.len() + range.end.len()).sum::<usize>(), bytes);
        assert!(list.len() <= most.max(6));
        for pair in list.windows(2) {
            let [one, other] = pair else { unreachable!() };
            assert!(one.keyspace < other.keyspace || one.keyspace == other.keyspace && one.end < other.begin);
        }
        assert!(list.iter().all(|range| range.begin < range.end));
    }

    #[test]
    fn nothing_is_lost_and_memory_is_bounded() {
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for most in [1, 2, 10, 100, 1_000, 10_000] {
            for _ in 0..5 {
                round(&mut random, most);
            }
        }
    }

    #[test]
    fn the_nearest_are_joined_first() {
        let mut ranges = ChangedRanges::new(4);
        for key in ["a1", "a2", "k7", "k71", "z"] {
            ranges.add_key(0, key.as_bytes());
        }
        let list = ranges.into_list();
        let text: Vec<_> = list.iter().map(|range| String::from_utf8_lossy(&range.begin).into_owned()).collect();
        assert_eq!(text, ["a1", "a2", "k7", "z"]);
        assert_eq!(list[2].end, b"k71\0");
    }

    #[test]
    fn bounds_are_cut_outwards() {
        let long = [b"abc".as_slice(), &[0xff; 5_000]].concat();
        assert!(cut_begin(long.clone()) <= long && cut_end(long.clone()) > long);
        assert_eq!(cut_end(long), b"abd");
        assert_eq!(cut_end(b"abc".to_vec()), b"abc");
        assert_eq!(cut_end(vec![0xff; 5_000]), vec![0xff; 5_000]);
    }
}
