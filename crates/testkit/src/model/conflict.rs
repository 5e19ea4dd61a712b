//! Conflict ranges (rules CONF-3 to CONF-6 and CONF-13).

use plinth_api::key::{successor, END_OF_SYSTEM_KEYS};
use plinth_api::{KeyRange, KeySelector, RangeResult};

/// A range of one keyspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub keyspace: u32,
    pub range: KeyRange,
}

/// The read conflict ranges of a transaction, twice: FREE-4 lets a database add wider ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadSpans {
    /// A later write in one of these must be a conflict.
    pub required: Vec<Span>,
    /// A later write in one of these may be a conflict.
    pub allowed: Vec<Span>,
    /// What the required ones add to the transaction's size (LIM-7).
    pub size: usize,
}

/// How far a range read's selectors ran.
#[derive(Clone, Copy)]
pub(crate) struct Positions {
    pub begin: i64,
    pub end: i64,
    pub count: i64,
    /// The end of the keys that can be read.
    pub max: &'static [u8],
}

/// Whether two lists of ranges share a key (CONF-13).
pub(crate) fn intersects(some: &[Span], others: &[Span]) -> bool {
    some.iter().any(|a| others.iter().any(|b| a.meets(b)))
}

impl Span {
    /// Whether both hold a common key.
    pub fn meets(&self, other: &Span) -> bool {
        self.keyspace == other.keyspace
            && self.range.begin < other.range.end
            && other.range.begin < self.range.end
            && !self.is_empty()
            && !other.is_empty()
    }

    /// What it adds to the transaction's size (LIM-7).
    pub fn size(&self) -> usize {
        24 + self.range.begin.len() + self.range.end.len()
    }

    /// Whether no key is inside.
    pub fn is_empty(&self) -> bool {
        self.range.begin >= self.range.end
    }

    /// What is left of it without `hole`.
    pub fn without(self, hole: &Span) -> Vec<Span> {
        if !self.meets(hole) {
            return vec![self];
        }
        let piece = |begin: &[u8], end: &[u8]| Span {
            keyspace: self.keyspace,
            range: KeyRange { begin: begin.to_vec(), end: end.to_vec() },
        };
        let left = piece(&self.range.begin, &hole.range.begin);
        let right = piece(&hole.range.end, &self.range.end);
        [left, right].into_iter().filter(|span| !span.is_empty()).collect()
    }
}

impl ReadSpans {
    /// Adds a range, less what is in `own` (CONF-3).
    pub fn add(&mut self, span: Span, own: &[Span]) {
        self.add_pieces(cut(span.clone(), own), cut(span, own));
    }

    /// Adds the ranges of a range read (CONF-5 and CONF-6).
    pub fn add_range_read(&mut self, keyspace: u32, read: &RangeRead<'_>, own: &[Span]) {
        let span = |range| Span { keyspace, range };
        self.add_pieces(cut(span(read.conflict_range(false)), own), cut(span(read.conflict_range(true)), own));
    }

    /// Those of a range read that searched for its ends, which are `keys`; what it had may still be there.
    pub fn searched(self, keyspace: u32, read: &RangeRead<'_>, keys: [Vec<u8>; 2], own: &[Span]) -> Self {
        let mut searched = Self { required: Vec::new(), size: 0, ..self };
        for (selector, key) in [read.begin, read.end].into_iter().zip(&keys) {
            let span = Span { keyspace, range: get_key_range(selector, key) };
            match selector.offset {
                1 => searched.allowed.extend(cut(span, own)),
                _ => searched.add(span, own),
            }
        }
        let [begin, end] = keys;
        let between = Span { keyspace, range: read.plain(&begin, &end) };
        searched.allowed.extend(cut(Span { keyspace, range: KeyRange { begin, end } }, own));
        searched.add(between, own);
        searched
    }

    /// Adds those of another read.
    pub fn append(&mut self, others: Self) {
        self.add_pieces(others.required, others.allowed);
    }

    fn add_pieces(&mut self, required: Vec<Span>, allowed: Vec<Span>) {
        self.size += required.iter().map(Span::size).sum::<usize>();
        self.required.extend(required);
        self.allowed.extend(allowed);
    }
}

/// `span` less everything in `own`.
fn cut(span: Span, own: &[Span]) -> Vec<Span> {
    if span.is_empty() {
        return Vec::new();
    }
    own.iter().fold(vec![span], |pieces, hole| pieces.into_iter().flat_map(|piece| piece.without(hole)).collect())
}

/// The range of a `get_key` with the answer `result` (CONF-4).
pub(crate) fn get_key_range(selector: &KeySelector, result: &[u8]) -> KeyRange {
    let selector = selector.clone().without_or_equal();
    if selector.offset <= 0 {
        KeyRange { begin: result.to_vec(), end: selector.key }
    } else {
        let end = if result == END_OF_SYSTEM_KEYS { result.to_vec() } else { successor(result) };
        KeyRange { begin: selector.key, end }
    }
}

/// A finished range read. The selectors have `or_equal` folded in.
pub(crate) struct RangeRead<'a> {
    pub begin: &'a KeySelector,
    pub end: &'a KeySelector,
    pub reverse: bool,
    pub positions: Positions,
    pub result: &'a RangeResult,
}

impl RangeRead<'_> {
    /// The range to add; `widely` takes "ran off the end" in its widest sense.
    fn conflict_range(&self, widely: bool) -> KeyRange {
        let (begin, end) = (&self.begin.key, &self.end.key);
        if self.begin.offset == 1 && self.end.offset == 1 && begin < end {
            return self.plain(begin, end);
        }
        self.general(widely)
    }

    /// CONF-5.
    fn plain(&self, begin: &[u8], end: &[u8]) -> KeyRange {
        let mut range = KeyRange { begin: begin.to_vec(), end: end.to_vec() };
        if let (true, Some((last, _))) = (self.result.more, self.result.last()) {
            if self.reverse {
                range.begin = last.to_vec();
            } else {
                range.end = successor(last);
            }
        }
        range
    }

    /// CONF-6, step by step.
    fn general(&self, widely: bool) -> KeyRange {
        let (begin, end) = (self.begin.key.clone(), self.end.key.clone());
        let ordered = begin < end;
        let (mut low, mut high) = if ordered { (begin, end) } else { (end, begin) };
        if ordered && self.result.more {
            if !self.reverse && self.end.offset > 0 {
                high = self.begin.key.clone();
            }
            if self.reverse && self.begin.offset <= 1 {
                low = self.end.key.clone();
            }
        }
        if self.hit_begin() && self.begin.offset <= 0 {
            low = Vec::new();
        }
        if self.hit_end(widely) && self.end.offset > 0 {
            high = self.positions.max.to_vec();
        }
        self.widened_by_pairs(low, high)
    }

    /// Step 3 of CONF-6.
    fn widened_by_pairs(&self, mut low: Vec<u8>, mut high: Vec<u8>) -> KeyRange {
        if let (Some((first, _)), Some((last, _))) = (self.result.get(0), self.result.last()) {
            if self.reverse {
                low = low.min(last.to_vec());
                if self.end.offset > 0 && *high <= *first {
                    high = successor(first);
                }
            } else {
                if self.begin.offset <= 0 {
                    low = low.min(first.to_vec());
                }
                if *high <= *last {
                    high = successor(last);
                }
            }
        }
        KeyRange { begin: low, end: high }
    }

    fn hit_begin(&self) -> bool {
        let off = self.positions.begin < 0 || self.positions.end < 0;
        off && !(self.reverse && self.result.more)
    }

    fn hit_end(&self, widely: bool) -> bool {
        let limit = if widely { self.positions.count } else { self.positions.count + 1 };
        let off = self.positions.begin >= limit || self.positions.end >= limit;
        off && (self.reverse || !self.result.more)
    }
}
