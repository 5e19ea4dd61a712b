//! The read or write conflict ranges of one transaction in one keyspace.
//!
//! Ranges are appended to one buffer without a look at the others, which is cheaper than any
//! ordered structure for the few ranges of an ordinary transaction. When the list has doubled
//! since it was last in order it is sorted and merged, so a transaction that reads the same
//! keys for ever stays small.

use plinth_api::key::is_successor;

/// Room made at the first range: enough for an ordinary transaction.
const FIRST_RANGES: usize = 16;
const FIRST_BYTES: usize = 512;
/// Below this many ranges nothing is merged until somebody asks.
const TIDY_FROM: usize = 256;

/// Conflict ranges, in order after [`ConflictSet::tidy`].
#[derive(Clone, Default)]
pub struct ConflictSet {
    bytes: Vec<u8>,
    spans: Vec<Span>,
    tidy_at: usize,
    tidied: bool,
}

/// Where a range's bytes are. The end of a single-key range is not stored.
#[derive(Clone, Copy)]
struct Span {
    begin: usize,
    begin_len: usize,
    end_len: usize,
    single: bool,
}

/// A range of a set: `[key, key\0)` or `[begin, end)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeRef<'a> {
    /// Just this key.
    Key(&'a [u8]),
    /// From the first up to, not including, the second.
    Range(&'a [u8], &'a [u8]),
}

impl ConflictSet {
    /// Adds a single key.
    pub fn add_key(&mut self, key: &[u8]) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(key);
        self.push(Span { begin, begin_len: key.len(), end_len: 0, single: true });
    }

    /// Adds `[begin, end)`; an empty range has no effect.
    pub fn add_range(&mut self, begin: &[u8], end: &[u8]) {
        if begin >= end {
            return;
        }
        if is_successor(begin, end) {
            return self.add_key(begin);
        }
        let at = self.bytes.len();
        self.bytes.extend_from_slice(begin);
        self.bytes.extend_from_slice(end);
        self.push(Span { begin: at, begin_len: begin.len(), end_len: end.len(), single: false });
    }

    /// Adds a range.
    pub fn add(&mut self, range: RangeRef<'_>) {
        match range {
            RangeRef::Key(key) => self.add_key(key),
            RangeRef::Range(begin, end) => self.add_range(begin, end),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The ranges, in order and disjoint if [`ConflictSet::tidy`] was the last call.
    pub fn iter(&self) -> impl Iterator<Item = RangeRef<'_>> {
        self.spans.iter().map(|span| self.range(span))
    }

    /// Bytes it occupies.
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + self.spans.capacity() * size_of::<Span>()
    }

    /// Sorts the ranges and joins those that overlap or touch.
    pub fn tidy(&mut self) {
        if self.tidied {
            return;
        }
        let mut order: Vec<Span> = self.spans.clone();
        order.sort_unstable_by(|a, b| self.begin_of(a).cmp(self.begin_of(b)));
        // The bound keeps `merged` from being tidied while it is made.
        let mut merged = ConflictSet { tidy_at: usize::MAX, ..ConflictSet::default() };
        let mut open: Option<(&[u8], Vec<u8>)> = None;
        for span in &order {
            let (begin, end) = (self.begin_of(span), self.end_of(span));
            match &mut open {
                Some((_, last)) if begin <= last.as_slice() => {
                    if end > *last {
                        *last = end;
                    }
                }
                _ => {
                    if let Some((first, last)) = open.replace((begin, end)) {
                        merged.add_range(first, &last);
                    }
                }
            }
        }
        if let Some((first, last)) = open {
            merged.add_range(first, &last);
        }
        merged.tidied = true;
        merged.tidy_at = (merged.spans.len() * 2).max(TIDY_FROM);
        *self = merged;
    }

    fn push(&mut self, span: Span) {
        if self.spans.capacity() == 0 {
            self.spans.reserve(FIRST_RANGES);
            self.bytes.reserve(FIRST_BYTES);
        }
        self.spans.push(span);
        self.tidied = false;
        if self.spans.len() >= self.tidy_at.max(TIDY_FROM) {
            self.tidy();
        }
    }

    fn range(&self, span: &Span) -> RangeRef<'_> {
        let begin = self.begin_of(span);
        if span.single {
            return RangeRef::Key(begin);
        }
        let middle = span.begin + span.begin_len;
        RangeRef::Range(begin, &self.bytes[middle..middle + span.end_len])
    }

    fn begin_of(&self, span: &Span) -> &[u8] {
        &self.bytes[span.begin..span.begin + span.begin_len]
    }

    fn end_of(&self, span: &Span) -> Vec<u8> {
        match self.range(span) {
            RangeRef::Key(key) => plinth_api::key::successor(key),
            RangeRef::Range(_, end) => end.to_vec(),
        }
    }
}

impl RangeRef<'_> {
    /// Bytes of begin and end together, as rule LIM-5 counts them.
    pub fn size(&self) -> usize {
        match self {
            RangeRef::Key(key) => 2 * key.len() + 1,
            RangeRef::Range(begin, end) => begin.len() + end.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(&str, &str)]) -> ConflictSet {
        let mut set = ConflictSet::default();
        for (begin, end) in ranges {
            set.add_range(begin.as_bytes(), end.as_bytes());
        }
        set
    }

    #[test]
    fn overlapping_and_touching_ranges_are_joined() {
        let mut set = set(&[("d", "f"), ("a", "b"), ("e", "g"), ("b", "c"), ("x", "x"), ("z", "y")]);
        set.tidy();
        let ranges: Vec<_> = set.iter().collect();
        assert_eq!(ranges, [RangeRef::Range(b"a", b"c"), RangeRef::Range(b"d", b"g")]);
    }

    #[test]
    fn a_range_of_one_key_is_a_key() {
        let mut set = set(&[("a", "a\0"), ("a\0", "a\0\0")]);
        assert_eq!(set.iter().next(), Some(RangeRef::Key(b"a")));
        set.tidy();
        assert_eq!(set.iter().collect::<Vec<_>>(), [RangeRef::Range(b"a", b"a\0\0")]);
    }

    #[test]
    fn many_ranges_are_kept_in_order() {
        let mut set = ConflictSet::default();
        for number in (0..10_000u32).rev() {
            set.add_key(&(number * 2).to_be_bytes());
        }
        set.tidy();
        let keys: Vec<_> = (0..10_000u32).map(|number| (number * 2).to_be_bytes()).collect();
        assert!(set.iter().eq(keys.iter().map(|key| RangeRef::Key(key))));
    }

    #[test]
    fn reading_the_same_keys_for_ever_stays_small() {
        let mut set = ConflictSet::default();
        for round in 0..100_000u32 {
            set.add_key(&(round % 50).to_be_bytes());
        }
        assert!(set.memory() < 64 << 10, "{}", set.memory());
    }
}
