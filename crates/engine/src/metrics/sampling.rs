//! Which of many equal things are looked at closely: about one in sixty-four on each thread, at distances that
//! vary, so that no rhythm of the program hides some of them.
//!
//! Nothing here is shared between threads: to find out that it is not this one's turn costs a few instructions.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One in so many.
const EVERY: u32 = 64;

/// A count down to the next one that is looked at. The first one is.
pub struct Sampler {
    left: Cell<u32>,
    random: Cell<u32>,
}

impl Sampler {
    /// One for a thread.
    pub const fn new() -> Self {
        Self { left: Cell::new(0), random: Cell::new(0x9e37_79b9) }
    }

    /// Whether this one is looked at.
    #[inline]
    pub fn is_due(&self) -> bool {
        match self.left.get() {
            0 => self.begin_again(),
            left => {
                self.left.set(left - 1);
                false
            }
        }
    }

    #[cold]
    fn begin_again(&self) -> bool {
        let random = self.random.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.random.set(random);
        // From a half to one and a half of the distance, which is its mean.
        self.left.set(EVERY / 2 + (random >> 16) % EVERY);
        true
    }
}

thread_local! {
    static CALLS: Sampler = const { Sampler::new() };
    static THREAD: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Whether the calling thread takes the time of what it begins now.
#[inline]
pub fn is_due() -> bool {
    CALLS.with(Sampler::is_due)
}

/// A number of the calling thread: small, and another one for each.
#[inline]
pub fn thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    THREAD.with(|thread| {
        if thread.get() == usize::MAX {
            thread.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        thread.get()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_so_many_is_due_in_every_rhythm() {
        for rhythm in [1, 2, 3, 64, 65] {
            let sampler = Sampler::new();
            let mut due = vec![0_u32; rhythm];
            for number in 0..rhythm * 64_000 {
                due[number % rhythm] += u32::from(sampler.is_due());
            }
            assert!(due.iter().all(|count| (600..1_500).contains(count)), "{rhythm}: {due:?}");
        }
    }
}
