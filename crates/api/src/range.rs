//! Range reads: what is asked for and what comes back.

use std::sync::Arc;

use crate::{KeyRange, KeySelector, Result};

/// What a range read is asked for. The default is the whole range, forward, ordinary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RangeOptions {
    /// At most this many pairs; 0 for no limit.
    pub limit: usize,
    /// Stop after about this many bytes (rule RNG-6); 0 for no limit.
    pub target_bytes: usize,
    /// Read without read conflict ranges.
    pub snapshot: bool,
    /// Return the pairs in descending order.
    pub reverse: bool,
}

/// Key-value pairs in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    bytes: Vec<u8>,
    /// For each pair, where its value begins and where it ends; a pair begins where the one
    /// before it ends.
    ends: Vec<(usize, usize)>,
}

/// The pairs of a range read. A clone shares them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeResult {
    rows: Arc<Rows>,
    /// Whether a limit was reached; there may be more (rule RNG-8).
    pub more: bool,
}

/// A pair of a mapped range read: an index entry, the range that it names, and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedRow {
    /// The entry's key.
    pub key: Vec<u8>,
    /// The entry's value.
    pub value: Vec<u8>,
    /// The range that it names.
    pub range: KeyRange,
    /// The pairs in that range.
    pub found: RangeResult,
}

/// What a mapped range read finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedResult {
    /// The pairs, in the order asked for.
    pub rows: Vec<MappedRow>,
    /// Whether a limit was reached (rule RNG-8).
    pub more: bool,
}

/// Tells which range an index entry, a key and a value, names.
pub type EntryMapper = Box<dyn Fn(&[u8], &[u8]) -> Result<KeyRange> + Send>;

impl Rows {
    /// Makes room for `pairs` more pairs of `bytes` each, so that a long result is not moved while
    /// it grows.
    pub fn reserve(&mut self, pairs: usize, bytes: usize) {
        self.ends.reserve(pairs);
        self.bytes.reserve(pairs.saturating_mul(bytes));
    }

    /// Appends a pair.
    #[inline]
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((middle, self.bytes.len()));
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl RangeResult {
    /// The pairs, and whether a limit was reached.
    pub fn new(rows: Rows, more: bool) -> Self {
        Self { rows: Arc::new(rows), more }
    }

    /// What a range read finds among `rows`, which are computed and in order. Selectors end at the
    /// first and last row (rule SPEC-2).
    pub fn select(
        rows: &[(Vec<u8>, Vec<u8>)],
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> RangeResult {
        let position = |selector: KeySelector| {
            let selector = selector.without_or_equal();
            let below = rows.partition_point(|(key, _)| *key < selector.key) as i64;
            let position = below - 1 + i64::from(selector.offset);
            usize::try_from(position).unwrap_or(0).min(rows.len())
        };
        let (first, last) = (position(begin), position(end));
        let mut result = RangeResult::default();
        let mut bytes = 0;
        for index in 0..last.saturating_sub(first) {
            let (key, value) = &rows[if options.reverse { last - 1 - index } else { first + index }];
            result.push(key, value);
            bytes += 8 + key.len() + value.len();
            result.more = result.len() == options.limit || (options.target_bytes > 0 && bytes >= options.target_bytes);
            if result.more {
                break;
            }
        }
        result
    }

    /// Appends a pair.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        Arc::make_mut(&mut self.rows).push(key, value);
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        self.rows.bytes.len()
    }

    /// The pair at `index`, in the order asked for.
    pub fn get(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let (middle, end) = *self.rows.ends.get(index)?;
        let begin = index.checked_sub(1).map_or(0, |before| self.rows.ends[before].1);
        Some((&self.rows.bytes[begin..middle], &self.rows.bytes[middle..end]))
    }

    /// The last pair.
    pub fn last(&self) -> Option<(&[u8], &[u8])> {
        self.len().checked_sub(1).and_then(|index| self.get(index))
    }

    /// All pairs in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        let mut begin = 0;
        self.rows.ends.iter().map(move |(middle, end)| {
            let pair = (&self.rows.bytes[begin..*middle], &self.rows.bytes[*middle..*end]);
            begin = *end;
            pair
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RNG-8 and SEL-1 hold for special keys too.
    #[test]
    fn rows_are_selected_as_stored_ones_are() {
        let rows: Vec<_> = ["b", "d", "f"].iter().map(|key| (key.as_bytes().to_vec(), b"1".to_vec())).collect();
        let seen = |begin: (&str, i32), end: (&str, i32), limit: usize, reverse: bool| {
            let selector = |(key, offset): (&str, i32)| KeySelector { key: key.into(), or_equal: false, offset };
            let options = RangeOptions { limit, reverse, ..RangeOptions::default() };
            let found = RangeResult::select(&rows, selector(begin), selector(end), options);
            let keys: String = found.iter().map(|(key, _)| String::from_utf8_lossy(key).into_owned()).collect();
            format!("{keys}{}", if found.more { "+" } else { "" })
        };
        assert_eq!(seen(("a", 1), ("z", 1), 0, false), "bdf");
        assert_eq!(seen(("a", 1), ("z", 1), 2, true), "fd+");
        assert_eq!(seen(("a", 2), ("d", 1), 0, false), "");
        assert_eq!(seen(("d", 0), ("d", 2), 0, false), "bd");
        assert_eq!(seen(("d", -9), ("d", 9), 3, false), "bdf+");
        assert_eq!(seen(("f", 1), ("b", 1), 0, false), "");
    }
}
