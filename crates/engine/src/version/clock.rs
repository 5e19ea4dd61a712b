//! The version clock: about a million versions a second by the monotonic clock (rule VER-2).
//!
//! It never looks at the time of day, so no adjustment of that can move it backwards. Across
//! lives of the database it goes on from a base above everything given out before.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime};

use crate::defects::{is_on, Defect};

/// The coarse clock is by far less behind than that: the kernel's ticks come at least a hundred times a
/// second.
const COARSE: i64 = 1_000_000;

/// Tells the version that time has reached.
pub struct Clock {
    /// None, if it stands.
    start: Option<Instant>,
    /// The same by the clock that the kernel moves at each of its ticks.
    coarse_start: Option<i64>,
    /// For a defect only.
    day: SystemTime,
    base: i64,
    /// How far it was set forward since.
    raised: AtomicI64,
}

impl Clock {
    /// A clock that stands at `base` now.
    pub fn starting_at(base: i64) -> Self {
        Self {
            start: Some(Instant::now()),
            coarse_start: coarse(),
            day: SystemTime::now(),
            base,
            raised: AtomicI64::new(0),
        }
    }

    /// A clock that stands at `base` for ever: of a database in which nothing is committed.
    pub fn standing_at(base: i64) -> Self {
        Self { start: None, coarse_start: None, day: SystemTime::now(), base, raised: AtomicI64::new(0) }
    }

    /// The version that time has reached.
    pub fn now(&self) -> i64 {
        self.at(Instant::now())
    }

    /// The version that time had reached at a moment since it was made.
    pub fn at(&self, moment: Instant) -> i64 {
        if is_on(Defect::ReadsTheTimeOfDay) {
            let since = self.day.elapsed().unwrap_or_default();
            return self.base().saturating_add(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        }
        // A microsecond a version. It overflows after 292,000 years.
        let passed = self
            .start
            .map_or(0, |start| i64::try_from(moment.saturating_duration_since(start).as_micros()).unwrap_or(i64::MAX));
        self.base().saturating_add(passed)
    }

    /// Sets it forward, so that it is above a version. One thread at a time does.
    pub fn raise(&self, above: i64) {
        let missing = above.saturating_add(1).saturating_sub(self.now());
        if missing > 0 {
            self.raised.fetch_add(missing, Ordering::Relaxed);
        }
    }

    fn base(&self) -> i64 {
        self.base.saturating_add(self.raised.load(Ordering::Relaxed))
    }

    /// Whether time is far from reaching a version. It may say no where it is; to ask costs a seventh of
    /// [`Clock::now`].
    pub fn is_well_before(&self, version: i64) -> bool {
        let passed = match (self.coarse_start, coarse()) {
            _ if is_on(Defect::ReadsTheTimeOfDay) => return false,
            (Some(start), Some(now)) => now.saturating_sub(start),
            _ => return false,
        };
        self.base().saturating_add(passed).saturating_add(COARSE) < version
    }
}

/// Microseconds by the coarse monotonic clock.
#[allow(unsafe_code, reason = "the standard library does not have this clock")]
fn coarse() -> Option<i64> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one timespec.
    let told = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &mut now) } == 0;
    told.then(|| now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_lies_far_ahead_is_well_after_now_and_nothing_else() {
        let clock = Clock::starting_at(1_000_000_000);
        let now = clock.now();
        assert!(clock.is_well_before(now + 3 * COARSE));
        assert!(![now - COARSE, now, now + COARSE / 2].iter().any(|version| clock.is_well_before(*version)));
        let until = Instant::now() + Duration::from_millis(100);
        while Instant::now() < until {
            let before = clock.now();
            assert!(!clock.is_well_before(before + COARSE - 100_000), "a tick takes less than a tenth of a second");
            std::thread::yield_now();
        }
        assert!(!Clock::standing_at(5).is_well_before(i64::MAX), "it stands: nobody knows");
    }
}
