//! The pairs of a range, as many as one answer holds.

use plinth_api::Result;

use crate::local::Local;
use crate::service::Service;
use crate::store::{Range, Tier};
use crate::version::ReadPoint;
use crate::wire::{Answer, Ask, Row};

/// Pairs of one answer, at most.
const MOST_ROWS: usize = 64 << 10;
/// Bytes of one answer, at most, but for its last pair.
const MOST_BYTES: usize = 1 << 20;

/// About how many bytes an answer may have; a guest that gives no bound gets ours.
pub fn most_bytes(asked: u32) -> usize {
    within(asked, MOST_BYTES)
}

/// Tells the pairs of a range. The range was checked.
pub fn scan(local: &Local, at: &ReadPoint, tier: Tier, ask: &Ask<'_>, tell: impl FnOnce(Answer<'_>)) -> Result<()> {
    let Ask::Scan { keyspace, begin, end, reverse, rows: most_rows, bytes: asked, .. } = *ask else {
        return Ok(());
    };
    let (most_rows, most_bytes) = (within(most_rows, MOST_ROWS), most_bytes(asked));
    let (mut bytes, mut rows, mut more) = (Vec::new(), Vec::new(), false);
    let mut visit = |key: &[u8], value: &[u8]| {
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
        // Both are below their limits, which are.
        rows.push(Row { key: key.len() as u32, value: value.len() as u32 });
        more = rows.len() >= most_rows || bytes.len() >= most_bytes;
        !more
    };
    if begin < end {
        local.scan(at, tier, Range { keyspace, begin, end, reverse, want: 0 }, &mut visit)?;
    }
    tell(Answer::Rows { version: at.version, bytes: &bytes, rows, more });
    Ok(())
}

fn within(asked: u32, most: usize) -> usize {
    match asked as usize {
        0 => most,
        asked => asked.min(most),
    }
}
