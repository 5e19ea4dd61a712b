//! `on_error`: decide, wait, begin again (rules ERRH-1 to ERRH-7).

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use plinth_api::{Code, Done, Error, Pending, Result};

use super::backoff;
use super::calls::Call;
use super::read::{told, was_reset};
use super::{State, Transaction};
use crate::metrics::{Failing, Operation};

/// Upper bound of the back-off after the database asked for less load.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);
/// Codes outside this range are not FoundationDB's or ours.
const LARGEST_CODE: i32 = 30_000;

/// What kind of wait an error asks for.
#[derive(Clone, Copy)]
enum Wait {
    Jittered { longest: Duration },
    Fixed(Duration),
}

impl Transaction {
    pub(super) fn retry_after(&self, error: Error) -> Result<()> {
        let began = Instant::now();
        let (state, delay) = self.decide(error)?;
        let state = self.back_off(state, delay)?;
        self.begin_again(state, None);
        self.took(Operation::OnError, Some(began));
        Ok(())
    }

    /// The same without a wait on the calling thread.
    pub(super) fn retry_after_async(self: Arc<Self>, error: Error, done: Done<()>) -> Option<Arc<dyn Pending>> {
        let (epoch, delay) = match self.decide(error) {
            Ok((state, delay)) => (state.epoch, delay),
            Err(error) => return told(done, Err(error)),
        };
        let done = self.noted(Operation::OnError, Instant::now(), done);
        let call = Call::begin(&self, epoch, done);
        let handle = call.clone();
        let executor = self.service.executor().clone();
        let again = move || {
            let ended = self.service.check_open().and_then(|()| {
                let mut state = self.lock();
                state.check_mark()?;
                if state.epoch != epoch {
                    return Err(was_reset());
                }
                Ok(state)
            });
            match ended {
                // The call itself ends with success, not with the transaction it began again.
                Ok(mut state) => {
                    let done = call.take_from(&mut state);
                    self.begin_again(state, done);
                }
                Err(error) => call.complete(Err(error)),
            }
        };
        executor.at(Instant::now() + delay, Box::new(again));
        Some(handle)
    }

    /// Whether to try again, and after what time.
    fn decide(&self, error: Error) -> Result<(MutexGuard<'_, State>, Duration)> {
        self.service.check_open()?;
        let number = error.code().number();
        let mut state = self.lock();
        state.check_mark()?;
        let limit = state.options.values.retry_limit;
        let exhausted = limit >= 0 && state.retries >= limit;
        state.retries += 1;
        let Some(wait) = wait_for(error.code(), &state).filter(|_| !exhausted) else {
            // Rule ERRH-5.
            state.mark = Some(Code::TRANSACTION_CANCELLED);
            let abandoned = state.abandon();
            drop(state);
            self.tell_abandoned(abandoned, Code::TRANSACTION_CANCELLED);
            return Err(match number {
                0 => Error::new(Code::CLIENT_INVALID_OPERATION).context("on_error needs an error"),
                1..=LARGEST_CODE => error,
                _ => Error::new(Code::UNKNOWN_ERROR).context(error.story()),
            });
        };
        let delay = match wait {
            Wait::Fixed(delay) => delay,
            Wait::Jittered { longest } => state.backoff.take(error.code() == Code::NOT_COMMITTED, longest),
        };
        state.tally.count(Operation::OnError);
        self.service.operations().failed(Failing::Retry, error.code());
        Ok((state, delay))
    }

    /// Waits; a timeout, a cancel, a reset or a close ends it early.
    fn back_off<'a>(&'a self, mut state: MutexGuard<'a, State>, delay: Duration) -> Result<MutexGuard<'a, State>> {
        let epoch = state.epoch;
        let until = Instant::now() + delay;
        loop {
            self.service.check_open()?;
            state.check_mark()?;
            if state.epoch != epoch {
                return Err(was_reset());
            }
            let now = Instant::now();
            if now >= until {
                return Ok(state);
            }
            // Waking now and then notices a database that was closed.
            let end = state.deadline().map_or(until, |deadline| deadline.min(until));
            let step = end.saturating_duration_since(now).min(Duration::from_millis(50));
            state = self.changed.wait_timeout(state, step).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Rule ERRH-6: as new, but for the persistent options, the clocks and the counts. Then tells
    /// `done`, if there is one.
    fn begin_again(&self, mut state: MutexGuard<'_, State>, done: Option<Done<()>>) {
        let kept = state.options.values;
        state.go_on();
        let abandoned = state.forget();
        state.options = self.defaults();
        state.options.values.timeout_ms = kept.timeout_ms;
        state.options.values.retry_limit = kept.retry_limit;
        state.options.values.max_retry_delay_ms = kept.max_retry_delay_ms;
        self.give_back(&mut state);
        self.hand_in(&mut state);
        drop(state);
        self.tell_abandoned(abandoned, Code::TRANSACTION_CANCELLED);
        if let Some(done) = done {
            done(Ok(()));
        }
    }
}

fn wait_for(code: Code, state: &State) -> Option<Wait> {
    let longest = Duration::from_millis(u64::try_from(state.options.values.max_retry_delay_ms).unwrap_or(0));
    use plinth_api::OnError;
    Some(match code.on_error()? {
        OnError::Backoff => Wait::Jittered { longest },
        OnError::Memory => Wait::Jittered { longest: LONGEST_BACKOFF },
        OnError::Short => Wait::Fixed(backoff::FIRST.min(longest)),
        OnError::Now => Wait::Fixed(Duration::ZERO),
        OnError::None => return None,
    })
}
