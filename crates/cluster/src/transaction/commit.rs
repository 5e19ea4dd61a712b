//! Commit, the retry after an error, and what a commit leaves behind.

use std::sync::Arc;

use plinth_api::{Code, Done, Error, Pending, Result};

use super::read::told;
use super::state::{Phase, Stamped};
use super::Transaction;
use crate::call::Kind;
use crate::fdb::Future;

/// Codes above this are not FoundationDB's or ours.
const LARGEST_CODE: i32 = 30_000;
/// Plinth's own codes begin here. The library knows none of them.
const OWN_CODES: i32 = 9_000;

impl Transaction {
    pub(super) fn run_commit(&self) -> Result<()> {
        let (epoch, records) = self.begin_commit()?;
        let outcome = check_records(&records).and_then(|()| self.send_commit(epoch)).and_then(|future| future.wait());
        self.end_commit(epoch, outcome)
    }

    pub(super) fn run_commit_async(self: Arc<Self>, done: Done<()>) -> Option<Arc<dyn Pending>> {
        let (epoch, records) = match self.begin_commit() {
            Ok(begun) => begun,
            Err(error) => return told(done, Err(error)),
        };
        if records.iter().any(|record| !record.is_ready()) {
            return self.on_a_thread(Kind::Commit, done, move |tr| {
                let sent = check_records(&records).and_then(|()| tr.send_commit(epoch));
                tr.end_commit(epoch, sent.and_then(|future| future.wait()))
            });
        }
        let future = match check_records(&records).and_then(|()| self.send_commit(epoch)) {
            Ok(future) => future,
            Err(error) => return told(done, self.end_commit(epoch, Err(error))),
        };
        let tr = self.clone();
        self.on_future(Kind::Commit, future, done, move |outcome, _| tr.end_commit(epoch, outcome))
    }

    /// Begins a commit; tells the records of keyspaces that must be there for it.
    fn begin_commit(&self) -> Result<(u64, Vec<Arc<Future>>)> {
        let mut state = self.usable()?;
        state.phase = Phase::Committing;
        if !state.has_written {
            return Ok((state.epoch, Vec::new()));
        }
        if self.database.options.read_only {
            state.phase = Phase::Finished;
            return Err(Error::new(Code::DATABASE_READ_ONLY));
        }
        let late: Vec<u32> = state.touched.iter().filter(|it| it.record.is_none()).map(|it| it.keyspace).collect();
        late.into_iter().for_each(|keyspace| self.touch(&mut state, keyspace));
        Ok((state.epoch, state.touched.iter().filter_map(|touched| touched.record.clone()).collect()))
    }

    fn send_commit(&self, epoch: u64) -> Result<Future> {
        let mut state = self.lock();
        if state.epoch != epoch {
            return Err(was_reset());
        }
        if state.has_written {
            state.stamp = Some(Arc::new(self.handle.versionstamp()));
        }
        Ok(self.handle.commit())
    }

    fn end_commit(&self, epoch: u64, outcome: Result<()>) -> Result<()> {
        let outcome = outcome.map_err(|error| self.closed_or(error));
        let mut state = self.lock();
        if state.epoch != epoch {
            return Err(was_reset());
        }
        state.phase = Phase::Finished;
        let dropped = state.touched.iter().find_map(|touched| self.database.check_keyspace(touched.keyspace).err());
        let outcome = match (outcome, dropped) {
            // What it conflicted with is the end of a keyspace.
            (Err(error), Some(dropped)) if error.code() == Code::NOT_COMMITTED => Err(dropped),
            (outcome, _) => outcome,
        };
        let stamp = state.stamp.take();
        state.stamped = match (&outcome, stamp) {
            (Ok(()), Some(stamp)) if state.has_written => Stamped::Yes(stamp),
            (Ok(()), _) => Stamped::ReadOnly,
            (Err(_), _) => Stamped::No,
        };
        if state.has_written {
            self.database.count_commit(&outcome, self.handle.committed_version());
        }
        // A use during the commit, or a cancel, wins over its outcome (rules COM-3, RST-2).
        state.mark.map_or(Ok(()), |mark| Err(Error::new(mark))).and(outcome)
    }

    pub(super) fn stamp(&self) -> Result<[u8; 10]> {
        let stamped = self.lock().stamped.clone();
        match stamped {
            Stamped::No => Err(Error::new(Code::TRANSACTION_INVALID_VERSION)),
            Stamped::ReadOnly => Err(Error::new(Code::NO_COMMIT_VERSION)),
            Stamped::Yes(future) => {
                future.wait()?;
                stamp_of(&future)
            }
        }
    }

    pub(super) fn retry_after(&self, error: Error) -> Result<()> {
        let (epoch, asked) = self.decide(&error)?;
        let outcome = self.handle.on_error(asked).wait();
        self.end_retry(epoch, error, asked, outcome)
    }

    pub(super) fn retry_after_async(self: Arc<Self>, error: Error, done: Done<()>) -> Option<Arc<dyn Pending>> {
        let (epoch, asked) = match self.decide(&error) {
            Ok(decided) => decided,
            Err(error) => return told(done, Err(error)),
        };
        let future = self.handle.on_error(asked);
        let tr = self.clone();
        self.on_future(Kind::Plain, future, done, move |outcome, _| tr.end_retry(epoch, error, asked, outcome))
    }

    /// Ends the transaction for errors that the library need not be asked about (rule ERRH-5); tells what it is to be
    /// asked about else. It knows none of Plinth's own that are to be retried.
    fn decide(&self, error: &Error) -> Result<(u64, Code)> {
        self.database.check_open()?;
        let mut state = self.lock();
        state.check_mark()?;
        let number = error.code().number();
        let own = match number {
            0 => Error::new(Code::CLIENT_INVALID_OPERATION).context("on_error needs an error"),
            OWN_CODES..=LARGEST_CODE if error.code().is_retryable() => return Ok((state.epoch, Code::NOT_COMMITTED)),
            OWN_CODES..=LARGEST_CODE => Error::new(error.code()).context(error.circumstances()),
            1..OWN_CODES => return Ok((state.epoch, error.code())),
            _ => Error::new(Code::UNKNOWN_ERROR).context(error.story()),
        };
        state.mark = Some(Code::TRANSACTION_CANCELLED);
        drop(state);
        self.handle.cancel();
        Err(own)
    }

    fn end_retry(&self, epoch: u64, error: Error, asked: Code, outcome: Result<()>) -> Result<()> {
        let mut state = self.lock();
        if state.epoch != epoch {
            return Err(was_reset());
        }
        match outcome {
            Ok(()) => {
                state.begin_again(&self.database.options, self.database.defaults(), true);
                Ok(())
            }
            Err(failed) => {
                let failed = self.closed_or(failed);
                // Passed on, it is no more than what was asked about.
                let timed_out = failed.code() == Code::TRANSACTION_TIMED_OUT && failed.code() != asked;
                let mark = if timed_out { failed.code() } else { Code::TRANSACTION_CANCELLED };
                state.mark.get_or_insert(mark);
                Err(if failed.code() == asked { error } else { failed })
            }
        }
    }
}

/// The versionstamp of a future that is ready.
pub(super) fn stamp_of(future: &Future) -> Result<[u8; 10]> {
    future
        .key()?
        .as_slice()
        .try_into()
        .map_err(|_| Error::new(Code::INTERNAL_ERROR).context("a versionstamp of another length"))
}

/// Every keyspace that was written in must still be there. The reads left a conflict, so that it is at the commit too.
fn check_records(records: &[Arc<Future>]) -> Result<()> {
    for record in records {
        record.wait()?;
        if !record.is_present()? {
            return Err(Error::new(Code::KEYSPACE_DROPPED));
        }
    }
    Ok(())
}

pub(super) fn was_reset() -> Error {
    Error::new(Code::TRANSACTION_CANCELLED).context("the transaction was reset meanwhile")
}
