//! A state that a host holds for this guest.
//!
//! Nothing that comes is believed: pairs are checked as those of a scan are. The state ends with the connection,
//! which this keeps no longer than its owner does.

use std::sync::Arc;

use plinth_api::{Held, Keyspace, RangeOptions, RangeResult, Result, Rows};

use super::call::Owner;
use super::line::Line;
use super::reply::Reply;
use crate::held::lost;
use crate::wire::Ask;

/// See the file's top.
struct HeldElsewhere {
    line: Arc<Line>,
    number: u64,
    version: i64,
    keyspaces: Vec<Keyspace>,
}

/// Holds the newest state.
pub fn hold(line: &Arc<Line>) -> Result<Arc<dyn Held>> {
    match line.ask(&Ask::Hold)? {
        Reply::Held { held, version, keyspaces } => {
            let keyspaces = keyspaces.into_iter().map(|(id, name)| Keyspace { id, name }).collect();
            Ok(Arc::new(HeldElsewhere { line: line.clone(), number: held, version, keyspaces }))
        }
        Reply::Failed(failed) => Err(failed.error),
        _ => Err(line.garbage("an answer of the wrong kind")),
    }
}

impl HeldElsewhere {
    fn ask(&self, keyspace: u32, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult> {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let reverse = options.reverse;
        let (rows, bytes) = (small(options.limit), small(options.target_bytes));
        let answer = self.line.ask(&Ask::ReadHeld { held: self.number, keyspace, begin, end, reverse, rows, bytes })?;
        let piece = match answer {
            Reply::Rows(piece) => piece,
            Reply::Failed(failed) => return Err(failed.error),
            _ => return Err(self.line.garbage("an answer of the wrong kind")),
        };
        let Some((count, _)) = piece.check(self.version, begin, end, reverse) else {
            return Err(self.line.garbage("pairs that were not asked for"));
        };
        let mut found = Rows::default();
        found.reserve(count, 0);
        piece.pairs().for_each(|(key, value)| found.push(key, value));
        Ok(RangeResult::new(found, piece.more))
    }
}

impl Held for HeldElsewhere {
    fn version(&self) -> i64 {
        self.version
    }

    fn keyspaces(&self) -> &[Keyspace] {
        &self.keyspaces
    }

    fn read(&self, keyspace: u32, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult> {
        if begin >= end {
            return Ok(RangeResult::default());
        }
        lost(self.ask(keyspace, begin, end, options))
    }
}

impl Drop for HeldElsewhere {
    fn drop(&mut self) {
        if let Ok((number, frame)) = self.line.frame(&Ask::GiveBack { held: self.number }) {
            self.line.post(number, frame, Owner::Nobody, Arc::default());
        }
    }
}
