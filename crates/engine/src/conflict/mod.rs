//! Conflict detection: what transactions read and wrote as half-open key ranges, and whether a
//! read range was written after a version. Pure data structures: no store, no threads.

mod history;
mod points;
mod ranges;
mod set;
mod winners;

pub use history::History;
pub use set::{ConflictSet, RangeRef};
pub use winners::{Winner, Winners, Wrote, MOST_TOLD};
