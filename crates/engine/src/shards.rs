//! Something that there are a few of, one for each core at most, so that threads do not all write the same line. A
//! thread always uses the same; more threads than cores share.

use crate::metrics::sampling;

/// At most.
const MOST: usize = 64;

/// See the file's top.
pub struct Shards<T>(Box<[Shard<T>]>);

/// Aligned to what processors fetch at once: two lines.
#[repr(align(128))]
#[derive(Default)]
struct Shard<T>(T);

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self((0..cores.next_power_of_two().min(MOST)).map(|_| Shard::default()).collect())
    }
}

impl<T> Shards<T> {
    /// That of the calling thread.
    #[inline]
    pub fn own(&self) -> &T {
        // Their number is a power of two.
        &self.0[sampling::thread() & (self.0.len() - 1)].0
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|shard| &shard.0)
    }
}
