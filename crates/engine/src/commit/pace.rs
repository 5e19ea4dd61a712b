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

/// A thread's commits to one pipeline.
#[derive(Clone, Copy)]
struct Own {
    /// Which pipeline.
    place: usize,
    /// When it began the last one.
    last: Instant,
    /// Seconds between the last two.
    cycle: Option<f64>,
}

thread_local! {
    static OWN: Cell<Option<Own>> = const { Cell::new(None) };
}

/// Notes that this thread begins a commit, whether or not it will lead a group: those who lead now and then
/// would seem to commit as seldom.
pub fn note_commit(place: usize) {
    let last = Instant::now();
    let _ = OWN.try_with(|own| {
        let before = own.get().filter(|before| before.place == place);
        let cycle = before.map(|before| (last - before.last).as_secs_f64().min(LONGEST));
        own.set(Some(Own { place, last, cycle }));
    });
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

    /// Observes `commits` commits to the pipeline at `place` that came together, of which one is the calling
    /// thread's.
    pub fn observe(&mut self, commits: usize, place: usize) {
        let now = Instant::now();
        let gap = (now - self.last).as_secs_f64().min(LONGEST) / commits.max(1) as f64;
        self.last = now;
        self.gap += (gap - self.gap) * WEIGHT * commits.clamp(1, 8) as f64;
        let own = OWN.try_with(Cell::get).ok().flatten().filter(|own| own.place == place);
        if let Some(cycle) = own.and_then(|own| own.cycle) {
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
