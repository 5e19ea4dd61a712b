//! How long a transaction's calls take, and when what it counted is handed in.
//!
//! Calls that are short are sampled, so that a clock is read for one in 64 of them; the others are always timed.

use std::time::Instant;

use plinth_api::{Done, Result};

use super::{State, Transaction};
use crate::metrics::{sampling, Operation};

/// Whether all calls of an operation are timed: those that take long beside two looks at a clock.
fn is_always_timed(operation: Operation) -> bool {
    matches!(operation, Operation::GetMany | Operation::GetRange | Operation::GetMappedRange)
}

/// The present moment, if the operation that begins now is timed.
#[inline]
pub(super) fn begin(operation: Operation) -> Option<Instant> {
    (is_always_timed(operation) || sampling::is_due()).then(Instant::now)
}

impl Transaction {
    /// Makes a call, and perhaps notes how long it took.
    #[inline]
    pub(super) fn timed<T>(&self, operation: Operation, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let began = begin(operation);
        let result = call();
        self.took(operation, began);
        result
    }

    /// Notes how long an operation took, if it is timed.
    #[inline]
    pub(super) fn took(&self, operation: Operation, began: Option<Instant>) {
        if let Some(began) = began {
            self.service.operations().took(operation, began);
        }
    }

    /// Perhaps has it noted, when `done` is called, how long that took.
    pub(super) fn timed_done<T: 'static>(&self, operation: Operation, done: Done<T>) -> Done<T> {
        self.noted_from(operation, begin(operation), done)
    }

    /// The same for one that began before, if it is timed.
    pub(super) fn noted_from<T: 'static>(
        &self,
        operation: Operation,
        began: Option<Instant>,
        done: Done<T>,
    ) -> Done<T> {
        match began {
            None => done,
            Some(began) => self.noted(operation, began, done),
        }
    }

    /// Has it noted when `done` is called.
    pub(super) fn noted<T: 'static>(&self, operation: Operation, began: Instant, done: Done<T>) -> Done<T> {
        let service = self.service.clone();
        Box::new(move |outcome| {
            service.operations().took(operation, began);
            done(outcome);
        })
    }

    /// Hands in what the transaction has counted.
    #[inline]
    pub(super) fn hand_in(&self, state: &mut State) {
        self.service.operations().hand_in(&mut state.tally);
    }
}
