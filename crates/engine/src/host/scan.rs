//! The pairs of a range, as many as one answer holds.

use plinth_api::{Code, Error, Result};

use super::reply::Said;
use crate::local::Local;
use crate::service::Service;
use crate::store::{Range, Tier};
use crate::version::ReadPoint;
use crate::wire::{Ask, PairsFrame};

/// Pairs of one answer, at most.
const MOST_ROWS: usize = 64 << 10;
/// Bytes of the keys and values of one answer, at most, but for its last pair.
const MOST_BYTES: usize = 1 << 20;
/// Room that is made at once, and for each pair that is asked for.
const MOST_ROOM: usize = 256 << 10;
const ROOM: usize = 160;

/// About how many bytes an answer may have; a guest that gives no bound gets ours.
pub fn most_bytes(asked: u32) -> usize {
    within(asked, MOST_BYTES)
}

/// Looks for the pairs of a range. The range was checked.
pub fn scan(local: &Local, at: &ReadPoint, tier: Tier, ask: &Ask<'_>) -> Result<Said<'static>> {
    let Ask::Scan { keyspace, begin, end, reverse, rows, bytes, .. } = *ask else {
        return Err(Error::new(Code::INTERNAL_ERROR).context("a call on the wrong way"));
    };
    let (most_rows, most_bytes) = (within(rows, MOST_ROWS), most_bytes(bytes));
    let mut pairs = PairsFrame::new(most_bytes.min(most_rows * ROOM).min(MOST_ROOM));
    let (mut bytes, mut more) = (0, false);
    let mut visit = |key: &[u8], value: &[u8]| {
        pairs.push(key, value);
        bytes += key.len() + value.len();
        more = pairs.count() >= most_rows || bytes >= most_bytes;
        !more
    };
    if begin < end {
        local.scan(at, tier, Range { keyspace, begin, end, reverse, want: 0 }, &mut visit)?;
    }
    Ok(Said::Pairs { pairs, version: at.version, more })
}

fn within(asked: u32, most: usize) -> usize {
    match asked as usize {
        0 => most,
        asked => asked.min(most),
    }
}
