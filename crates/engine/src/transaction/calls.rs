//! Asynchronous calls of one transaction that are under way.
//!
//! Each call's outcome is told once, by whoever takes `done` first: the work itself, a cancel, or
//! the end of the transaction (rule TX-3). Nobody holds the transaction's lock while telling.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use plinth_api::{Code, Done, Error, Result};

use super::{State, Transaction};
use crate::executor::Executor;

/// The calls under way, by number.
#[derive(Default)]
pub struct Calls {
    next: u64,
    /// Whose they are; known from the first one on.
    owner: Weak<Transaction>,
    calls: BTreeMap<u64, Arc<dyn Abort>>,
}

/// Ends a call early.
pub trait Abort: Send + Sync {
    /// Tells the call's owner of an error, on a thread of the executor.
    fn abort(&self, code: Code);
}

/// A call under way.
pub struct Call<T> {
    number: u64,
    transaction: Weak<Transaction>,
    executor: Arc<Executor>,
    done: Mutex<Option<Done<T>>>,
}

impl Calls {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The transaction whose they are, if there are any.
    pub fn owner(&self) -> Option<Arc<Transaction>> {
        if self.is_empty() {
            return None;
        }
        self.owner.upgrade()
    }

    /// Takes all of them out.
    pub fn take(&mut self) -> Self {
        Self { calls: std::mem::take(&mut self.calls), ..Self::default() }
    }

    /// Ends all of them.
    pub fn abort(self, code: Code) {
        self.calls.into_values().for_each(|call| call.abort(code));
    }
}

impl<T: Send + 'static> Call<T> {
    /// Notes a call of a transaction. `epoch` is the one it was made in: if the transaction was
    /// reset since, the call has ended already.
    pub fn begin(transaction: &Arc<Transaction>, epoch: u64, done: Done<T>) -> Arc<Self> {
        let executor = transaction.service.executor().clone();
        let mut state = transaction.lock();
        let calls = &mut state.make_seldom().calls;
        calls.next += 1;
        let number = calls.next;
        calls.owner = Arc::downgrade(transaction);
        let weak = calls.owner.clone();
        let call = Arc::new(Self { number, transaction: weak, executor, done: Mutex::new(Some(done)) });
        let ended = match state.mark {
            _ if state.epoch != epoch => Some(Code::TRANSACTION_CANCELLED),
            mark => mark,
        };
        match ended {
            Some(code) => {
                drop(state);
                call.abort(code);
            }
            None => {
                state.make_seldom().calls.calls.insert(number, call.clone());
                transaction.watch_deadline(state);
            }
        }
        call
    }

    /// Tells the outcome, on the calling thread.
    pub fn complete(&self, outcome: Result<T>) {
        if let Some(done) = self.take() {
            done(outcome);
        }
    }

    /// Takes what is to be told, for a caller that holds the transaction's lock.
    pub fn take_from(&self, state: &mut State) -> Option<Done<T>> {
        state.make_seldom().calls.calls.remove(&self.number);
        self.lock().take()
    }

    /// Takes what is to be told; `None` if that has been taken.
    pub fn take(&self) -> Option<Done<T>> {
        let done = self.lock().take()?;
        if let Some(transaction) = self.transaction.upgrade() {
            transaction.lock().make_seldom().calls.calls.remove(&self.number);
        }
        Some(done)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Done<T>>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + 'static> Abort for Call<T> {
    fn abort(&self, code: Code) {
        let done = self.lock().take();
        if let Some(done) = done {
            self.executor.submit(Box::new(move || done(Err(Error::new(code)))));
        }
    }
}

impl<T: Send + 'static> plinth_api::Pending for Call<T> {
    fn cancel(&self) {
        if let Some(done) = self.take() {
            self.executor.submit(Box::new(move || done(Err(Error::new(Code::OPERATION_CANCELLED)))));
        }
    }
}
