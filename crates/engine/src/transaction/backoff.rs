//! How long `on_error` waits (rule ERRH-2).
//!
//! FoundationDB's waits are made for a cluster, whose commits take milliseconds: they keep those who lost a race from
//! each other's way. Here a commit that loses is told when what it lost to can be read, so that the next try
//! reads it, and a transaction takes microseconds: a wait of ten milliseconds is as long as hundreds of them. So the
//! first races that a transaction lost are run again at once. Whoever goes on losing waits as in a cluster: one
//! that can't win, because it takes too long, does not keep a core busy with it.
//!
//! An error that is not the outcome of the transaction's own commit waits as the rule says, from the first time on.

use std::time::Duration;

/// First upper bound of the wait.
pub const FIRST: Duration = Duration::from_millis(10);
/// Lost races that are run again at once.
const AT_ONCE: u32 = 16;

/// What a transaction knows of its waits. Survives `on_error`; a reset begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Upper bound of the next wait.
    bound: Duration,
    /// Lost races that were run again at once.
    races: u32,
    /// Whether the last commit lost one, and nothing was tried again since.
    has_lost: bool,
}

impl Backoff {
    /// Nothing went wrong yet.
    pub const fn new() -> Self {
        Self { bound: FIRST, races: 0, has_lost: false }
    }

    /// Notes how a commit ended.
    pub fn committed(&mut self, has_lost: bool) {
        self.has_lost = has_lost;
    }

    /// Takes the next wait: a random part of the bound, which doubles up to `longest`. None after a race that was
    /// `lost` just now, if it is one of the first.
    pub fn take(&mut self, lost: bool, longest: Duration) -> Duration {
        if std::mem::take(&mut self.has_lost) && lost && self.races < AT_ONCE {
            self.races += 1;
            return Duration::ZERO;
        }
        let wait = self.bound.mul_f64(fastrand::f64());
        self.bound = (self.bound * 2).min(longest);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(1);

    /// The bound that the next wait is a part of: the longest of many, nearly.
    fn bound(backoff: Backoff) -> Duration {
        let longest = (0..2_000).map(|_| Backoff { ..backoff }.take(false, LONGEST)).max().unwrap_or_default();
        assert!(longest < backoff.bound, "a part is less than the whole");
        longest
    }

    fn lose(backoff: &mut Backoff) -> Duration {
        backoff.committed(true);
        backoff.take(true, LONGEST)
    }

    #[test]
    fn bounds_double_up_to_the_longest_errh2() {
        let mut backoff = Backoff::new();
        for expected in [10, 20, 40, 80, 160, 320, 640, 1_000, 1_000] {
            let found = bound(backoff);
            assert!(found > Duration::from_millis(expected) * 9 / 10, "{found:?} of {expected}");
            assert_eq!(backoff.bound, Duration::from_millis(expected));
            backoff.take(false, LONGEST);
        }
    }

    #[test]
    fn the_first_lost_races_are_run_again_at_once_and_later_ones_wait() {
        let mut backoff = Backoff::new();
        assert!((0..AT_ONCE).all(|_| lose(&mut backoff).is_zero()));
        assert_eq!(backoff.bound, FIRST, "those that did not wait did not double it");
        let waited: Duration = (0..20).map(|_| lose(&mut backoff)).sum();
        assert!(waited > Duration::from_millis(100), "{waited:?}");
        assert_eq!(backoff.bound, LONGEST);
    }

    #[test]
    fn an_error_that_no_commit_gave_waits() {
        let mut backoff = Backoff::new();
        backoff.take(true, LONGEST);
        assert_eq!(backoff.bound, FIRST * 2, "it lost nothing");
        backoff.committed(true);
        backoff.take(false, LONGEST);
        assert_eq!(backoff.bound, FIRST * 4, "another error than the one it lost with");
        backoff.take(true, LONGEST);
        assert_eq!(backoff.bound, FIRST * 8, "a lost race counts once");
        backoff.committed(true);
        backoff.committed(false);
        backoff.take(true, LONGEST);
        assert_eq!(backoff.bound, FIRST * 16, "the last commit did not lose");
    }
}
