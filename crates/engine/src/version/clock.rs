//! The version clock: about a million versions a second by the monotonic clock (rule VER-2).
//!
//! It never looks at the time of day, so no adjustment of that can move it backwards. Across
//! lives of the database it goes on from a base above everything given out before.

use std::time::{Instant, SystemTime};

use crate::defects::{is_on, Defect};

/// Tells the version that time has reached.
pub struct Clock {
    /// None, if it stands.
    start: Option<Instant>,
    /// For a defect only.
    day: SystemTime,
    base: i64,
}

impl Clock {
    /// A clock that stands at `base` now.
    pub fn starting_at(base: i64) -> Self {
        Self { start: Some(Instant::now()), day: SystemTime::now(), base }
    }

    /// A clock that stands at `base` for ever: of a database in which nothing is committed.
    pub fn standing_at(base: i64) -> Self {
        Self { start: None, day: SystemTime::now(), base }
    }

    /// The version that time has reached.
    pub fn now(&self) -> i64 {
        self.at(Instant::now())
    }

    /// The version that time had reached at a moment since it was made.
    pub fn at(&self, moment: Instant) -> i64 {
        if is_on(Defect::ReadsTheTimeOfDay) {
            let since = self.day.elapsed().unwrap_or_default();
            return self.base.saturating_add(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        }
        // A microsecond a version. It overflows after 292,000 years.
        let passed = self
            .start
            .map_or(0, |start| i64::try_from(moment.saturating_duration_since(start).as_micros()).unwrap_or(i64::MAX));
        self.base.saturating_add(passed)
    }
}
