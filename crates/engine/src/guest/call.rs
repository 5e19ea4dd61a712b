//! A call on its way: who gets its answer.

use std::sync::Arc;

use plinth_api::Result;

use super::line::Line;
use super::reply::Reply;
use super::slot::{Mark, Slot};

/// Receives the answer to a call that nobody waits for; an error if the link ended before.
pub type Tell = Box<dyn FnOnce(&Line, Result<Reply>) + Send>;

/// Who gets an answer.
pub enum Owner {
    /// A thread that waits for it.
    Caller(Arc<Slot>),
    /// A commit.
    Commit(Tell),
    /// A watch, by number: it only hears of failure.
    Watch(u64),
    /// Nobody.
    Nobody,
}

impl Owner {
    /// Whether it can be told that too many calls wait.
    pub fn may_be_refused(&self) -> bool {
        matches!(self, Self::Commit(_))
    }
}

/// A call that nobody waits for, before it is sent.
pub struct Item {
    /// Its number.
    pub number: u64,
    /// Its frame.
    pub frame: Vec<u8>,
    /// Who gets the answer; `None` once the desk knows it.
    pub owner: Option<Owner>,
    /// Where the frame begins in the stream of bytes sent.
    pub mark: Arc<Mark>,
}

/// A call of this thread, which can wait for its answer. If it does not, the answer is thrown away.
pub struct Call<'a> {
    line: &'a Line,
    number: u64,
    slot: Arc<Slot>,
}

impl<'a> Call<'a> {
    /// A call that was sent.
    pub fn new(line: &'a Line, number: u64, slot: Arc<Slot>) -> Self {
        Self { line, number, slot }
    }

    /// Waits for the answer. Fails only if the link ends.
    pub fn wait(self) -> Result<Reply> {
        self.line.wait(&self.slot)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.slot.is_done() {
            self.line.disown(self.number);
        }
    }
}
