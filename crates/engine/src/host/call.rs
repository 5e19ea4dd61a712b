//! A call that is answered after the turn in which it was asked, maybe on another thread.
//!
//! It is counted with its connection while it lives, and takes its part of the memory budget with it.
//! One that is dropped without an answer is a defect of ours: it ends the connection, because the guest
//! would wait for ever.

use std::sync::Arc;
use std::time::Instant;

use plinth_api::{Code, Error};

use super::reply::Said;
use super::session::Session;
use crate::metrics::{Failing, Operation};
use crate::service::Service;
use crate::wire::Answer;

/// A call under way.
pub struct Call {
    /// Whose it is.
    pub session: Arc<Session>,
    number: u64,
    /// Bytes that its answer may have.
    promised: usize,
    /// Bytes of the memory budget.
    reserved: usize,
    /// When a commit was asked for.
    began: Option<Instant>,
    answered: bool,
}

impl Call {
    /// Begins a call whose answer may have so many bytes.
    pub fn begin(session: &Arc<Session>, number: u64, promised: usize) -> Self {
        session.lock_flow().begin_call(promised);
        Self { session: session.clone(), number, promised, reserved: 0, began: None, answered: false }
    }

    /// The same for a commit, with bytes of the memory budget; 9013 if it is used up.
    pub fn reserve(session: &Arc<Session>, number: u64, promised: usize, bytes: usize) -> plinth_api::Result<Self> {
        session.host.local.reserve(bytes)?;
        let mut call = Self::begin(session, number, promised);
        call.reserved = bytes;
        call.began = Some(Instant::now());
        Ok(call)
    }

    /// Notes how a commit ended, and how long it took.
    pub fn note_commit(&self, sync: bool, result: Result<(), Code>) {
        let done = &self.session.host.local.for_guests;
        let operation = Operation::commit(sync);
        done.count(operation);
        if let Some(began) = self.began {
            done.took(operation, began);
        }
        if let Err(code) = result {
            done.failed(Failing::Commit, code);
        }
    }

    /// Answers it.
    pub fn answer(mut self, outcome: plinth_api::Result<Answer<'_>>) {
        self.put(outcome);
        let session = self.session.clone();
        drop(self);
        session.flush();
    }

    /// The same with what was looked up.
    pub fn say(mut self, said: Said<'_>) {
        self.answered = true;
        self.session.say(self.number, said);
        let session = self.session.clone();
        drop(self);
        session.flush();
    }

    /// The same as [`Call::answer`], and leaves the sending to the caller.
    pub fn answer_later(mut self, outcome: plinth_api::Result<Answer<'_>>) -> Arc<Session> {
        self.put(outcome);
        self.session.clone()
    }

    /// Fails it.
    pub fn fail(self, error: &Error) {
        self.answer(Err(Error::new(error.code()).context(error.story())));
    }

    /// Gives it up: the caller answers it in another way.
    pub fn withdraw(mut self) {
        self.answered = true;
    }

    fn put(&mut self, outcome: plinth_api::Result<Answer<'_>>) {
        self.answered = true;
        self.session.answer(self.number, outcome);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.session.host.local.release(self.reserved);
        self.session.lock_flow().end_call(self.promised);
        if !self.answered {
            self.session.end();
        }
    }
}
