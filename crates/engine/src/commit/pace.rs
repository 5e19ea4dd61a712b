//! How many commits are worth waiting for before a sync.
//!
//! A sync costs the same for one commit as for fifty. While other threads are busy with
//! transactions of their own, a short wait costs nothing: the machine is busy anyway, and they
//! will need a sync too. How many threads commit at present follows from Little's law: the mean
//! time between two commits of one thread, divided by the mean time between two commits of all.
//! A lone writer has a ratio of one and never waits.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// Weight of a new observation.
const WEIGHT: f64 = 1.0 / 16.0;
/// Waiting for half of the threads lets the other half use the machine during the sync.
const SHARE: f64 = 0.5;
/// Longest wait for company.
const PATIENCE: Duration = Duration::from_micros(2_000);
/// Longer pauses say nothing about the present rate.
const LONGEST: f64 = 0.1;

thread_local! {
    /// When this thread last committed, and where.
    static LAST: Cell<Option<(usize, Instant)>> = const { Cell::new(None) };
}

/// The observed rhythm of commits.
pub struct Pace {
    last: Instant,
    /// Mean seconds between commits of all threads.
    gap: f64,
    /// Mean seconds between commits of one thread.
    cycle: f64,
}

impl Pace {
    /// Nothing observed yet: nobody waits.
    pub fn new() -> Self {
        Self { last: Instant::now(), gap: LONGEST, cycle: 0.0 }
    }

    /// Observes `commits` commits that came together, of which one is the calling thread's.
    pub fn observe(&mut self, commits: usize) {
        let now = Instant::now();
        let gap = (now - self.last).as_secs_f64().min(LONGEST) / commits.max(1) as f64;
        self.last = now;
        self.gap += (gap - self.gap) * WEIGHT * commits.clamp(1, 8) as f64;
        let key = std::ptr::from_ref(self) as usize;
        let before = LAST.try_with(|last| last.replace(Some((key, now)))).ok().flatten();
        if let Some((_, before)) = before.filter(|(seen, _)| *seen == key) {
            let cycle = (now - before).as_secs_f64().min(LONGEST);
            self.cycle += (cycle - self.cycle) * WEIGHT;
        }
    }

    /// How many commits a sync should wait for, and for how long at most.
    pub fn worth_waiting_for(&self) -> (usize, Duration) {
        let threads = self.cycle / self.gap.max(1e-7);
        let wanted = (threads * SHARE) as usize;
        let time = Duration::from_secs_f64((self.gap * wanted as f64 * 2.0).min(LONGEST));
        (wanted, time.min(PATIENCE))
    }
}
