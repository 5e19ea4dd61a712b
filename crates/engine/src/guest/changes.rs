//! A tracker that a host has for this guest.
//!
//! Nothing that comes is believed: ranges have to be in order, and no more than there can be. The tracker ends with the
//! connection, which this keeps no longer than its owner does.

use std::sync::Arc;

use plinth_api::{Changed, ChangedRange, Changes, Result, MOST_CHANGED_RANGES};

use super::call::Owner;
use super::line::Line;
use super::reply::Reply;
use crate::changes::lost;
use crate::limits::MOST_KEYSPACES;
use crate::wire::Ask;

/// See the file's top.
struct TrackedElsewhere {
    line: Arc<Line>,
    number: u64,
}

/// Begins one.
pub fn track(line: &Arc<Line>, most_ranges: usize) -> Result<Box<dyn Changes>> {
    let most_ranges = u64::try_from(most_ranges).unwrap_or(u64::MAX);
    match line.ask(&Ask::TrackChanges { most_ranges })? {
        Reply::Tracking(number) => Ok(Box::new(TrackedElsewhere { line: line.clone(), number })),
        Reply::Failed(failed) => Err(failed.error),
        _ => Err(line.garbage("an answer of the wrong kind")),
    }
}

impl TrackedElsewhere {
    /// Fetches a take, piece by piece.
    fn fetch(&self) -> Result<Changed> {
        let mut whole: Option<Changed> = None;
        loop {
            let go_on = whole.is_some();
            let (piece, more) = match self.line.ask(&Ask::TakeChanges { tracker: self.number, go_on })? {
                Reply::Changed(piece, more) => (piece, more),
                Reply::Failed(failed) => return Err(failed.error),
                _ => return Err(self.line.garbage("an answer of the wrong kind")),
            };
            let moved = !more || !piece.ranges.is_empty();
            let joined = match whole.take() {
                None => piece,
                Some(mut before) if before.version == piece.version => {
                    before.ranges.extend(piece.ranges);
                    before
                }
                Some(_) => return Err(self.line.garbage("changes of two takes")),
            };
            if !moved || !is_sound(&joined.ranges) {
                return Err(self.line.garbage("changes that can't be"));
            }
            if !more {
                return Ok(joined);
            }
            whole = Some(joined);
        }
    }
}

/// Whether these are ranges as a tracker tells them.
fn is_sound(ranges: &[ChangedRange]) -> bool {
    let before = |one: &ChangedRange, other: &ChangedRange| {
        one.keyspace < other.keyspace || (one.keyspace == other.keyspace && one.end < other.begin)
    };
    ranges.len() <= MOST_CHANGED_RANGES.max(2 * MOST_KEYSPACES)
        && ranges.iter().all(|range| range.begin < range.end)
        && ranges.windows(2).all(|pair| before(&pair[0], &pair[1]))
}

impl Changes for TrackedElsewhere {
    fn take(&mut self) -> Result<Changed> {
        lost(self.fetch())
    }
}

impl Drop for TrackedElsewhere {
    fn drop(&mut self) {
        if let Ok((number, frame)) = self.line.frame(&Ask::EndTracking { tracker: self.number }) {
            self.line.post(number, frame, Owner::Nobody, Arc::default());
        }
    }
}
