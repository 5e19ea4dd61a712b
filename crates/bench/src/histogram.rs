//! Latencies in logarithmic buckets: 32 for each power of two, so a percentile is exact to
//! about 3 %. Recording neither allocates nor takes a lock. Relies on nothing.

const SUB_BITS: u32 = 5;
const SUB: usize = 1 << SUB_BITS;
const BUCKETS: usize = SUB * (64 - SUB_BITS as usize + 1);

/// Counts of nanoseconds.
#[derive(Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// An empty one; the only allocation.
    pub fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }

    /// Counts `times` events of this length.
    pub fn record(&mut self, nanoseconds: u64, times: u64) {
        self.counts[bucket(nanoseconds)] += times;
        self.total += times;
    }

    /// Adds another one's counts.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// The nanoseconds that `share` of the events (0 to 1) do not exceed; 0 without any event.
    pub fn percentile(&self, share: f64) -> u64 {
        let rank = ((self.total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return middle(bucket);
            }
        }
        0
    }
}

fn bucket(nanoseconds: u64) -> usize {
    if nanoseconds < SUB as u64 {
        return nanoseconds as usize;
    }
    let shift = 63 - nanoseconds.leading_zeros() - SUB_BITS;
    SUB * (shift as usize + 1) + ((nanoseconds >> shift) as usize & (SUB - 1))
}

fn middle(bucket: usize) -> u64 {
    if bucket < SUB {
        return bucket as u64;
    }
    let shift = (bucket / SUB - 1) as u32;
    let low = ((SUB + bucket % SUB) as u64) << shift;
    low + ((1u64 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_has_a_bucket_near_it() {
        for nanoseconds in (0..200).chain([1_000, 4_095, 4_096, 123_456_789, u64::MAX >> 1, u64::MAX]) {
            let found = middle(bucket(nanoseconds));
            assert!(found.abs_diff(nanoseconds) <= nanoseconds / 32, "{nanoseconds} became {found}");
        }
    }

    #[test]
    fn buckets_grow_with_length() {
        assert!((1..100_000u64).all(|n| bucket(n - 1) <= bucket(n)));
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn percentiles_of_a_known_set() {
        let (mut low, mut high) = (Histogram::new(), Histogram::new());
        for n in 1..=500 {
            low.record(n * 1_000, 1);
            high.record((500 + n) * 1_000, 1);
        }
        low.merge(&high);
        assert!(low.percentile(0.5).abs_diff(500_000) <= 16_000);
        assert!(low.percentile(0.99).abs_diff(990_000) <= 32_000);
        assert_eq!(Histogram::new().percentile(0.5), 0);
    }

    #[test]
    fn an_event_may_count_many_times() {
        let mut histogram = Histogram::new();
        histogram.record(10, 98);
        histogram.record(1_000_000, 2);
        assert_eq!(histogram.percentile(0.98), 10);
        assert!(histogram.percentile(0.99) > 900_000);
    }
}
