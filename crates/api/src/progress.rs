//! How a long call tells how far it is, and hears that nobody wants its result any more.
//!
//! Whoever works calls [`Steps::step`] as often as it likes: the one who asked is told about ten times a
//! second, on the thread that works for it, with no lock held.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::{Code, Error, Result};

/// Shortest time between two tellings.
const PACE: Duration = Duration::from_millis(100);

/// Who is told how far a call is.
pub trait Progress: Sync {
    /// `done` of `total` bytes are done; a `total` of 0 is one that is not known. Returns false to cancel:
    /// the call then fails with `operation_cancelled` (1101) and leaves nothing behind.
    fn step(&self, done: u64, total: u64) -> bool;
}

/// Nobody is told, and nobody cancels.
impl Progress for () {
    fn step(&self, _done: u64, _total: u64) -> bool {
        true
    }
}

impl<F: Fn(u64, u64) -> bool + Sync> Progress for F {
    fn step(&self, done: u64, total: u64) -> bool {
        self(done, total)
    }
}

/// The steps of one call, on their way to its [`Progress`].
pub struct Steps<'a> {
    to: &'a dyn Progress,
    told: Cell<Option<Instant>>,
}

impl<'a> Steps<'a> {
    /// The steps of a call that begins.
    pub fn new(to: &'a dyn Progress) -> Self {
        Self { to, told: Cell::new(None) }
    }

    /// Tells how far the call is, unless it was told a moment ago. Fails if it is cancelled.
    pub fn step(&self, done: u64, total: u64) -> Result<()> {
        match self.told.get() {
            Some(told) if told.elapsed() < PACE => Ok(()),
            _ => self.tell(done, total),
        }
    }

    /// Tells it in any case: at the beginning, and once more when all is done but the last, irrevocable step.
    pub fn tell(&self, done: u64, total: u64) -> Result<()> {
        let wanted = self.to.step(done, total);
        self.told.set(Some(Instant::now()));
        match wanted {
            true => Ok(()),
            false => Err(Error::new(Code::OPERATION_CANCELLED).context("the progress callback asked for it")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn steps_in_quick_succession_are_told_once_and_the_last_one_always() {
        let told = Mutex::new(Vec::new());
        let note = |done, total| {
            told.lock().unwrap().push((done, total));
            true
        };
        let steps = Steps::new(&note);
        let begun = Instant::now();
        for done in 0..1000 {
            steps.step(done, 1000).unwrap();
        }
        steps.tell(1000, 1000).unwrap();
        let most = 2 + begun.elapsed().as_millis() / PACE.as_millis();
        let told = told.lock().unwrap();
        assert_eq!((told[0], told[told.len() - 1]), ((0, 1000), (1000, 1000)));
        assert!(told.len() as u128 <= most, "{told:?}");
    }

    #[test]
    fn whoever_returns_false_cancels() {
        let error = Steps::new(&|_, _| false).step(0, 0).unwrap_err();
        assert_eq!(error.code(), Code::OPERATION_CANCELLED);
        assert!(Steps::new(&()).step(0, 0).is_ok());
    }
}
