//! The special keys that show a transaction's conflict ranges (SPEC-4).

use plinth_api::{KeyRange, RangeResult};

use super::conflict::Span;
use super::transaction::Inner;

/// The prefix of the read conflict ranges.
pub(crate) const READ_CONFLICTS: &[u8] = b"\xff\xff/transaction/read_conflict_range/";

/// The prefix of the write conflict ranges.
pub(crate) const WRITE_CONFLICTS: &[u8] = b"\xff\xff/transaction/write_conflict_range/";

/// The rows of one of the two modules, if `begin` is its first key; they are read whole.
pub(super) fn rows(inner: &Inner, keyspace: u32, begin: &[u8], end: &[u8]) -> Option<RangeResult> {
    let spans = match begin {
        READ_CONFLICTS => inner.reads.required.clone(),
        WRITE_CONFLICTS => written(inner),
        _ => return None,
    };
    let mut result = RangeResult::default();
    for range in joined(spans, keyspace) {
        for (key, value) in [(range.begin, b"1"), (range.end, b"0")] {
            let key = [begin, &key].concat();
            if *key < *end {
                result.push(&key, value);
            }
        }
    }
    Some(result)
}

/// The write conflict ranges; a versionstamped key may come to lie anywhere until the commit.
fn written(inner: &Inner) -> Vec<Span> {
    let (version, max) = (inner.read_version.unwrap_or(0), inner.options.max_read());
    let keys = inner.stamped.iter().map(|key| match inner.stamp {
        Some(Some(stamp)) => key.write(&stamp).span(),
        _ => key.span(version, max),
    });
    inner.write_spans.iter().cloned().chain(keys).collect()
}

/// The ranges of one keyspace in order; those that overlap or touch are one.
fn joined(spans: Vec<Span>, keyspace: u32) -> Vec<KeyRange> {
    let own = spans.into_iter().filter(|span| span.keyspace == keyspace && !span.is_empty());
    let mut ranges: Vec<KeyRange> = own.map(|span| span.range).collect();
    ranges.sort_by(|a, b| a.begin.cmp(&b.begin));
    let mut joined: Vec<KeyRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.begin <= last.end => last.end = range.end.max(std::mem::take(&mut last.end)),
            _ => joined.push(range),
        }
    }
    joined
}
