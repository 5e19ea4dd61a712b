//! How long things took: counts of durations in cells whose width is a quarter of their power of two.
//!
//! Written with relaxed atomics by whoever did the work, and read while others write: a sum and the cells
//! may be of moments that lie a few records apart, and each of them only grows. What was seen is one
//! [`Durations`], and the number of durations in it is always that of its cells.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// The first power of two of nanoseconds that has cells of its own; all below is in the first cell.
const FIRST: u32 = 8;
/// The first that has none any more: 34 seconds and all above are in the last cell.
const END: u32 = 35;
/// Cells of a power of two.
const PARTS: usize = 4;
/// All cells.
const CELLS: usize = (END - FIRST) as usize * PARTS + 2;

/// Powers of two of nanoseconds that are bounds of a page's buckets: from a microsecond to 17 seconds.
pub const BOUNDS: std::ops::RangeInclusive<u32> = 10..=34;

/// Counts of durations.
pub struct Histogram {
    cells: [AtomicU64; CELLS],
    /// Nanoseconds of all of them.
    sum: AtomicU64,
}

/// What a histogram held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// How many are in each cell; cells at the end that are empty are left out.
    cells: Vec<u64>,
    /// Nanoseconds of all of them.
    pub sum: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { cells: [const { AtomicU64::new(0) }; CELLS], sum: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// Notes a duration.
    pub fn record(&self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.cells[cell(nanos)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Notes the time since a moment, and returns the present one.
    pub fn record_since(&self, from: Instant) -> Instant {
        let now = Instant::now();
        // A clock that another thread read later is no reason to count backwards.
        self.record(now.saturating_duration_since(from));
        now
    }

    /// Nanoseconds of all durations.
    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    /// Adds what it holds.
    pub fn add_to(&self, all: &mut Durations) {
        all.cells.resize(CELLS, 0);
        for (all, cell) in all.cells.iter_mut().zip(&self.cells) {
            *all += cell.load(Ordering::Relaxed);
        }
        all.sum += self.sum();
    }

    /// What it holds.
    pub fn durations(&self) -> Durations {
        let mut all = Durations::default();
        self.add_to(&mut all);
        all.trim();
        all
    }
}

/// The cell of a duration: up to and with its upper bound.
fn cell(nanos: u64) -> usize {
    let below = nanos.saturating_sub(1);
    let power = below.max(1).ilog2();
    match power {
        0..FIRST => 0,
        FIRST..END => {
            let part = (below >> (power - 2)) as usize & (PARTS - 1);
            1 + (power - FIRST) as usize * PARTS + part
        }
        _ => CELLS - 1,
    }
}

/// The lower and the upper bound of a cell in nanoseconds.
fn bounds(cell: usize) -> (u64, u64) {
    let bound = |at: usize| ((PARTS + at % PARTS) as u64 * (1 << (FIRST - 2))) << (at / PARTS);
    match cell {
        0 => (0, bound(0)),
        cell => (bound(cell - 1), bound(cell)),
    }
}

impl Durations {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.cells.resize(self.cells.len().max(other.cells.len()), 0);
        // What a host tells may be anything.
        self.cells.iter_mut().zip(&other.cells).for_each(|(all, count)| *all = all.wrapping_add(*count));
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// Durations with so many cells, all full.
    #[cfg(test)]
    pub fn odd(cells: usize) -> Self {
        Self { cells: vec![u64::MAX / 3; cells], sum: u64::MAX }
    }

    /// Leaves the empty cells at the end out.
    pub fn trim(&mut self) {
        let used = self.cells.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        self.cells.truncate(used);
    }

    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.cells.iter().fold(0, |all, count| all.wrapping_add(*count))
    }

    /// How many are not longer than `1 << power` nanoseconds.
    pub fn up_to(&self, power: u32) -> u64 {
        let end = 1 + power.saturating_sub(FIRST) as usize * PARTS;
        self.cells.iter().take(end).fold(0, |all, count| all.wrapping_add(*count))
    }

    /// The duration in seconds that this share of them does not exceed, to about an eighth; 0 if there are none.
    pub fn quantile(&self, share: f64) -> f64 {
        let wanted = share * self.count() as f64;
        let mut before = 0.0;
        for (at, count) in self.cells.iter().take(CELLS).enumerate().filter(|(_, count)| **count > 0) {
            let here = *count as f64;
            if before + here >= wanted {
                let (low, high) = bounds(at);
                let inside = ((wanted - before) / here).clamp(0.0, 1.0);
                return (low as f64 + (high - low) as f64 * inside) / 1e9;
            }
            before += here;
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations: &[u64]) -> Durations {
        let histogram = Histogram::default();
        durations.iter().for_each(|nanos| histogram.record(Duration::from_nanos(*nanos)));
        histogram.durations()
    }

    #[test]
    fn each_duration_is_within_the_bounds_of_its_cell() {
        for power in 0..40 {
            for nanos in [(1 << power) - 1, 1 << power, (1 << power) + 1, (1 << power) * 3 / 2, (1 << power) * 7 / 4] {
                let (low, high) = bounds(cell(nanos));
                assert!(
                    cell(nanos) == CELLS - 1 || (low < nanos || nanos <= 1) && nanos <= high,
                    "{nanos} in {low}..={high}"
                );
            }
        }
        assert_eq!(cell(u64::MAX), CELLS - 1);
        assert_eq!(bounds(CELLS - 1).0, 1 << END);
    }

    #[test]
    fn a_bucket_has_what_is_not_longer_than_its_bound() {
        let durations = of(&[1, 1_024, 1_025, 2_048, 1 << 34, (1 << 34) + 1, u64::MAX / 2]);
        assert_eq!(durations.up_to(10), 2);
        assert_eq!(durations.up_to(11), 4);
        assert_eq!(durations.up_to(33), 4);
        assert_eq!(durations.up_to(34), 5);
        assert_eq!(durations.count(), 7);
    }

    #[test]
    fn quantiles_are_near_what_they_stand_for() {
        let durations = of(&(1..=1_000).map(|micros| micros * 1_000).collect::<Vec<_>>());
        for (share, expected) in [(0.5, 0.000_5), (0.95, 0.000_95), (0.99, 0.000_99)] {
            let found = durations.quantile(share);
            assert!((found / expected - 1.0).abs() < 0.13, "{share}: {found}");
        }
        assert_eq!(Durations::default().quantile(0.5), 0.0);
        assert_eq!(of(&[5_000_000]).count(), 1);
    }

    #[test]
    fn laps_add_up_to_the_whole_time() {
        let (first, second) = (Histogram::default(), Histogram::default());
        let began = Instant::now();
        let middle = first.record_since(began);
        let end = second.record_since(middle);
        assert_eq!(u128::from(first.sum() + second.sum()), (end - began).as_nanos());
        first.record_since(Instant::now() + Duration::from_secs(60));
        assert_eq!(u128::from(first.sum() + second.sum()), (end - began).as_nanos());
    }
}
