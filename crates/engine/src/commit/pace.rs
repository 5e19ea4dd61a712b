//! How many commits are worth waiting for before a sync.
//!
//! A sync costs the same for one commit as for fifty, and while it runs the other threads go on. Two things
//! are measured: what a sync takes, and how soon after its end the threads that it kept come with their next
//! commits.
//!
//! - Where they are all back in less than a sync takes, the next one waits for nearly all of them: if it
//!   began with the first few, the rest would need a second one, and each commit would take two.
//! - Where they take longer, the machine is busy with their transactions, and a sync that begins early runs
//!   beside them. It waits for a few, as each has its own cost in system calls and threads woken.
//!
//! How many threads commit at present follows from Little's law: the mean time between two commits of one
//! thread, divided by the mean time between two commits of all. A lone writer has a ratio of one and never
//! waits. Nobody waits longer for company than a sync takes.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// Weight of a new observation.
const WEIGHT: f64 = 1.0 / 8.0;
/// The rate of commits is that of so many rounds of all threads: after a sync they come all at once.
const ROUNDS: f64 = 4.0;
/// Weight of a new rate, which is a mean itself.
const RATE_WEIGHT: f64 = 1.0 / 2.0;
/// What part of the threads to wait for: where they are back soon, a little less than all, as their number is
/// an estimate; and where they are not.
const NEARLY_ALL: f64 = 0.9;
const A_FEW: f64 = 0.2;
/// Longest wait for company.
const PATIENCE: Duration = Duration::from_millis(5);
/// Longer pauses say nothing about the present rate.
const LONGEST: f64 = 0.1;
/// No commits come faster.
const SHORTEST: f64 = 1e-7;

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
        let cycle = before.map(|before| seconds(before.last, last));
        own.set(Some(Own { place, last, cycle }));
    });
}

/// The seconds between the last two commits of the calling thread to the pipeline at `place`.
pub fn own_cycle(place: usize) -> Option<f64> {
    let own = OWN.try_with(Cell::get).ok().flatten().filter(|own| own.place == place);
    own.and_then(|own| own.cycle)
}

/// The observed rhythm of commits. All is in seconds.
pub struct Pace {
    /// When the present rounds began, and how many commits came in them.
    rounds: (Instant, usize),
    /// Between commits of all threads.
    gap: Mean,
    /// Between commits of one thread.
    cycle: Mean,
    /// Of a sync.
    sync: Mean,
    /// Between the commits that come after a sync, until there are as many as it released.
    back: Mean,
    released: Option<Released>,
}

/// A mean that follows what is observed; the first observation is all that is known.
#[derive(Default)]
struct Mean(Option<f64>);

/// Commits that a sync ended.
struct Released {
    at: Instant,
    commits: usize,
    /// How many came since.
    back: usize,
}

impl Mean {
    fn follow(&mut self, observed: f64, weight: f64) {
        let before = self.0.unwrap_or(observed);
        self.0 = Some(before + (observed - before) * weight);
    }
}

impl Pace {
    /// Nothing observed yet: nobody waits.
    pub fn new() -> Self {
        let [gap, cycle, sync, back] = std::array::from_fn(|_| Mean::default());
        Self { rounds: (Instant::now(), 0), gap, cycle, sync, back, released: None }
    }

    /// Observes `commits` commits that came together; `cycle` is what [`own_cycle`] says of a thread that brought
    /// one of them.
    pub fn came(&mut self, now: Instant, commits: usize, cycle: Option<f64>) {
        cycle.into_iter().for_each(|cycle| self.cycle.follow(cycle, WEIGHT));
        self.rounds.1 += commits;
        if let Some(mut released) = self.released.take() {
            released.back += commits;
            match released.back < released.commits {
                true => self.released = Some(released),
                false => self.note_back(&released, now),
            }
        }
    }

    /// Observes a sync that took so long and ended `now`, and with it so many commits.
    pub fn synced(&mut self, now: Instant, took: Duration, commits: usize) {
        self.sync.follow(took.as_secs_f64().min(LONGEST), WEIGHT);
        // Those of the sync before are not all back yet.
        if let Some(released) = self.released.take() {
            self.note_back(&released, now);
        }
        self.released = (commits > 0).then_some(Released { at: now, commits, back: 0 });
        self.note_rounds(now);
    }

    /// Rounds end with a sync, so that none is counted in part.
    fn note_rounds(&mut self, now: Instant) {
        let (began, commits) = self.rounds;
        let passed = now.saturating_duration_since(began).as_secs_f64();
        if commits > 0 && self.cycle.0.is_some_and(|cycle| passed >= ROUNDS * cycle) {
            self.gap.follow(passed / commits as f64, RATE_WEIGHT);
            self.rounds = (now, 0);
        }
    }

    fn note_back(&mut self, released: &Released, now: Instant) {
        self.back.follow(seconds(released.at, now) / released.back.max(1) as f64, WEIGHT);
    }

    /// How many commits a sync should wait for, and for how long at most.
    pub fn worth_waiting_for(&self) -> (usize, Duration) {
        let (Some(gap), Some(cycle), Some(sync), Some(back)) = (self.gap.0, self.cycle.0, self.sync.0, self.back.0)
        else {
            return (0, Duration::ZERO);
        };
        let threads = cycle / gap.max(SHORTEST);
        let (share, each) = if threads * back < sync { (NEARLY_ALL, back) } else { (A_FEW, gap) };
        let wanted = (threads * share).round();
        let time = Duration::from_secs_f64((each * wanted * 2.0).min(sync));
        (wanted as usize, time.min(PATIENCE))
    }
}

/// Seconds that tell a rhythm.
fn seconds(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64().min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Duration = Duration::from_micros(1);

    /// A pace after many rounds in which `threads` threads come with a commit each, one every `gap`, and a sync
    /// follows; as observed by the rhythm of each.
    fn steady(threads: u32, gap: Duration, sync: Duration) -> (Pace, Instant) {
        let mut pace = Pace::new();
        let mut now = Instant::now();
        let cycle = gap * threads + sync;
        for _ in 0..500 {
            for _ in 0..threads {
                now += gap;
                pace.came(now, 1, Some(cycle.as_secs_f64()));
            }
            now += sync;
            pace.synced(now, sync, threads as usize);
        }
        (pace, now)
    }

    #[test]
    fn nobody_waits_before_anything_is_known() {
        assert_eq!(Pace::new().worth_waiting_for(), (0, Duration::ZERO));
    }

    #[test]
    fn a_lone_writer_waits_for_itself_at_most() {
        for sync in [50, 500, 5_000, 50_000] {
            for gap in [10, 100, 1_000, 10_000] {
                let (wanted, _) = steady(1, gap * US, sync * US).0.worth_waiting_for();
                assert!(wanted <= 1, "{wanted} with a commit every {gap} us and syncs of {sync} us");
            }
        }
    }

    #[test]
    fn a_slow_sync_waits_for_nearly_all_who_are_back_soon() {
        for threads in [2, 4, 16, 64] {
            let (wanted, patience) = steady(threads, 20 * US, 10_000 * US).0.worth_waiting_for();
            let (least, most) = ((threads * 8).div_ceil(10), threads);
            assert!((least..=most).contains(&(wanted as u32)), "{wanted} of {threads}");
            assert!(patience >= 20 * US * (wanted as u32), "they come in {patience:?}");
        }
    }

    #[test]
    fn a_fast_sync_begins_with_a_few_and_runs_beside_the_others() {
        for threads in [16, 64] {
            let (wanted, _) = steady(threads, 40 * US, 80 * US).0.worth_waiting_for();
            assert!((1..=threads as usize / 4).contains(&wanted), "{wanted} of {threads}");
        }
    }

    #[test]
    fn no_wait_is_longer_than_a_sync() {
        for threads in [2, 5, 16, 64, 1_000] {
            for gap in [1, 20, 300, 5_000] {
                for sync in [1, 80, 2_000, 90_000] {
                    let (_, patience) = steady(threads, gap * US, sync * US).0.worth_waiting_for();
                    assert!(patience <= sync * US + US, "{patience:?} for a sync of {sync} us");
                }
            }
        }
    }

    #[test]
    fn threads_that_went_away_are_not_waited_for() {
        let (mut pace, mut now) = steady(16, 20 * US, 4_000 * US);
        for _ in 0..200 {
            now += 4_100 * US;
            pace.came(now, 1, Some(4_100e-6));
            pace.synced(now, 4_000 * US, 1);
        }
        let (wanted, _) = pace.worth_waiting_for();
        assert!(wanted <= 1, "{wanted}");
    }
}
