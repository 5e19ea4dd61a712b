//! Range reads: what is asked for and what comes back.

use std::sync::Arc;

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
