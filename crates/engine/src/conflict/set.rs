//! The read or write conflict ranges of one transaction in one keyspace.
//!
//! Ranges are appended to one buffer without a look at the others, which is cheaper than any
//! ordered structure for the few ranges of an ordinary transaction. From a few dozen on, a table
//! tells which single keys are there, so that one that is read again is not added again. When the
//! list has doubled since it was last in order, and what doubled it is not in that table, it is
//! sorted and merged. So a transaction that reads the same keys or ranges for ever stays small.

use plinth_api::key::is_successor;

use crate::places::Places;

/// Room made at the first range: enough for an ordinary transaction.
const FIRST_RANGES: usize = 16;
const FIRST_BYTES: usize = 512;
/// Below this many ranges nothing is merged until somebody asks.
const TIDY_FROM: usize = 256;
/// From so many ranges on, the single keys are in the table too.
const TABLE_FROM: usize = 32;

/// Conflict ranges, in order after [`ConflictSet::tidy`].
#[derive(Clone, Default)]
pub struct ConflictSet {
    bytes: Vec<u8>,
    spans: Vec<Span>,
    /// Where the single keys are in `spans`; empty while there are few.
    places: Places,
    /// Ranges that are not in `places`, about.
    untold: usize,
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
        if self.spans.len() < TABLE_FROM {
            self.append_key(key);
            self.untold += 1;
            return;
        }
        if self.places.is_empty() {
            self.make_places();
        }
        let hash = Places::hash(key);
        let (spans, bytes) = (&self.spans, &self.bytes);
        let is_key = |place: usize| spans.get(place).is_some_and(|span| bytes_of(span, bytes) == key);
        if self.places.find(hash, is_key) {
            return;
        }
        self.append_key(key);
        if !self.places.insert(hash, self.spans.len() - 1) {
            self.untold += 1;
            self.tidy_when_doubled();
        }
    }

    fn append_key(&mut self, key: &[u8]) {
        let begin = self.bytes.len();
        self.push(Span { begin, begin_len: key.len(), end_len: 0, single: true });
        self.bytes.extend_from_slice(key);
    }

    /// Adds a range that no other touches.
    fn append(&mut self, begin: &[u8], end: &[u8]) {
        match is_successor(begin, end) {
            true => self.append_key(begin),
            false => self.append_range(begin, end),
        }
    }

    fn append_range(&mut self, begin: &[u8], end: &[u8]) {
        let at = self.bytes.len();
        self.push(Span { begin: at, begin_len: begin.len(), end_len: end.len(), single: false });
        self.bytes.extend_from_slice(begin);
        self.bytes.extend_from_slice(end);
    }

    /// Tells the table of the single keys that there are.
    fn make_places(&mut self) {
        self.places.reserve(self.spans.len());
        self.untold = 0;
        for (place, span) in self.spans.iter().enumerate() {
            let told = span.single && self.places.insert(Places::hash(bytes_of(span, &self.bytes)), place);
            self.untold += usize::from(!told);
        }
    }

    /// Adds `[begin, end)`; an empty range has no effect.
    pub fn add_range(&mut self, begin: &[u8], end: &[u8]) {
        if begin >= end {
            return;
        }
        if is_successor(begin, end) {
            return self.add_key(begin);
        }
        self.append_range(begin, end);
        self.untold += 1;
        self.tidy_when_doubled();
    }

    /// Adds a range.
    pub fn add(&mut self, range: RangeRef<'_>) {
        match range {
            RangeRef::Key(key) => self.add_key(key),
            RangeRef::Range(begin, end) => self.add_range(begin, end),
        }
    }

    /// Forgets all of them, and keeps the room if it is not more than so many bytes. Returns whether it is kept.
    pub fn empty(&mut self, most: usize) -> bool {
        if self.memory() > most {
            *self = Self::default();
            return false;
        }
        let (mut bytes, mut spans) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.spans));
        bytes.clear();
        spans.clear();
        *self = Self { bytes, spans, ..Self::default() };
        true
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The ranges, in order and disjoint if [`ConflictSet::tidy`] was the last call.
    pub fn iter(&self) -> impl Iterator<Item = RangeRef<'_>> {
        self.spans.iter().map(|span| self.range(span))
    }

    /// Whether one of the ranges has a key in common with `range`.
    pub fn touches(&self, range: RangeRef<'_>) -> bool {
        self.iter().any(|own| own.touches(range))
    }

    /// Bytes it occupies.
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + self.spans.capacity() * size_of::<Span>() + self.places.memory()
    }

    /// Sorts the ranges and joins those that overlap or touch.
    pub fn tidy(&mut self) {
        if self.tidied {
            return;
        }
        let mut order: Vec<Span> = self.spans.clone();
        order.sort_unstable_by(|a, b| self.begin_of(a).cmp(self.begin_of(b)));
        let mut merged = ConflictSet::default();
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
                        merged.append(first, &last);
                    }
                }
            }
        }
        if let Some((first, last)) = open {
            merged.append(first, &last);
        }
        merged.tidied = true;
        merged.untold = merged.spans.len();
        merged.tidy_at = merged.untold * 2;
        *self = merged;
    }

    fn push(&mut self, span: Span) {
        if self.spans.capacity() == 0 {
            self.spans.reserve(FIRST_RANGES);
            self.bytes.reserve(FIRST_BYTES);
        }
        self.spans.push(span);
        self.tidied = false;
    }

    fn tidy_when_doubled(&mut self) {
        if self.untold >= self.tidy_at.max(TIDY_FROM) {
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
        bytes_of(span, &self.bytes)
    }

    fn end_of(&self, span: &Span) -> Vec<u8> {
        match self.range(span) {
            RangeRef::Key(key) => plinth_api::key::successor(key),
            RangeRef::Range(_, end) => end.to_vec(),
        }
    }
}

fn bytes_of<'a>(span: &Span, bytes: &'a [u8]) -> &'a [u8] {
    &bytes[span.begin..span.begin + span.begin_len]
}

impl RangeRef<'_> {
    /// Bytes of begin and end together, as rule LIM-5 counts them.
    pub fn size(&self) -> usize {
        match self {
            RangeRef::Key(key) => 2 * key.len() + 1,
            RangeRef::Range(begin, end) => begin.len() + end.len(),
        }
    }

    /// Whether two ranges have a key in common.
    pub fn touches(self, other: RangeRef<'_>) -> bool {
        match (self, other) {
            (RangeRef::Key(key), RangeRef::Key(other)) => key == other,
            (RangeRef::Key(key), RangeRef::Range(begin, end)) | (RangeRef::Range(begin, end), RangeRef::Key(key)) => {
                begin <= key && key < end
            }
            (RangeRef::Range(begin, end), RangeRef::Range(from, to)) => begin < to && from < end,
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
        // Those before the table are there twice, and so it is.
        assert!(set.iter().count() <= 50 + TABLE_FROM && set.memory() < 8 << 10, "{}", set.memory());
        for round in 0..100_000u32 {
            set.add_range(&(round % 50).to_be_bytes(), &(round % 50 + 2).to_be_bytes());
        }
        assert!(set.memory() < 64 << 10, "{}", set.memory());
        set.tidy();
        let [begin, end] = [0, 51u32].map(u32::to_be_bytes);
        assert_eq!(set.iter().collect::<Vec<_>>(), [RangeRef::Range(&begin, &end)]);
    }

    #[test]
    fn a_key_is_known_again_after_the_ranges_were_merged() {
        let mut set = ConflictSet::default();
        let keys: Vec<_> = (0..300u32).map(|number| (number * 2).to_be_bytes()).collect();
        for _ in 0..3 {
            keys.iter().for_each(|key| set.add_key(key));
            assert_eq!(set.iter().count(), 300);
            set.tidy();
        }
        set.add_range(b"x", b"z");
        set.tidy();
        assert!(set.iter().eq(keys.iter().map(|key| RangeRef::Key(key)).chain([RangeRef::Range(b"x", b"z")])));
        keys.iter().for_each(|key| set.add_key(key));
        assert_eq!(set.iter().count(), 301);
    }
}
