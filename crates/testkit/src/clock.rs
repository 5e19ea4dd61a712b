//! The time that all processes of a machine share.

use rustix::time::{clock_gettime, ClockId};

/// Nanoseconds of the monotonic clock, which is the same in every process.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
