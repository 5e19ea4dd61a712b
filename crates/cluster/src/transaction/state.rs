//! What is known here of a transaction, so that errors are told by the call that has them and the client library is
//! never given what it would refuse later (rule TX-4).
//!
//! The library keeps the same by itself; here is only what decides whether a call is legal: phase, mark, clock,
//! bounds and options. All of it is under the transaction's one lock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::key::END_OF_SYSTEM_KEYS;
use plinth_api::limits::Bounds;
use plinth_api::{Code, DatabaseOptions, Error, Result, TransactionDefaults};

use crate::fdb::Future;

/// How far the transaction is (rule TX-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reads and writes are welcome.
    Active,
    /// `commit` was called.
    Committing,
    /// `commit` has returned.
    Finished,
}

/// What became of the last commit since reset.
#[derive(Clone)]
pub enum Stamped {
    /// There was none, or it failed.
    No,
    /// It wrote nothing.
    ReadOnly,
    /// The library tells its versionstamp.
    Yes(Arc<Future>),
}

/// A keyspace that the transaction uses, and the read of its record, if that is under way.
pub struct Touched {
    pub keyspace: u32,
    pub record: Option<Arc<Future>>,
}

/// See the file's top.
pub struct State {
    pub phase: Phase,
    /// A terminal mark: every call fails with it until reset (rule TX-3).
    pub mark: Option<Code>,
    /// Grows with each reset.
    pub epoch: u64,
    /// Which keys it may use.
    pub bounds: Bounds,
    /// Options that say what is legal.
    pub values: TransactionDefaults,
    /// Start of the timeout's clock (rule TMO-1).
    pub started: Instant,
    /// Whether it has a read version, or asked for one.
    pub versioned: bool,
    /// The version, if it was told.
    pub version: Option<i64>,
    pub has_read: bool,
    pub has_written: bool,
    /// The next write has no conflict range (rule CONF-11).
    pub next_write_quiet: bool,
    pub ryw_disabled: bool,
    pub special_relaxed: bool,
    pub special_writes: bool,
    /// Whether the library was told that keys may be longer.
    pub raw: bool,
    pub stamped: Stamped,
    /// The versionstamp of the commit under way.
    pub stamp: Option<Arc<Future>>,
    pub touched: Vec<Touched>,
    /// Whether asynchronous calls were made since reset.
    pub has_calls: bool,
}

impl State {
    /// A new transaction.
    pub fn new(options: &DatabaseOptions, values: TransactionDefaults) -> Self {
        Self {
            phase: Phase::Active,
            mark: None,
            epoch: 0,
            bounds: Bounds::new(options),
            values,
            started: Instant::now(),
            versioned: false,
            version: None,
            has_read: false,
            has_written: false,
            next_write_quiet: false,
            ryw_disabled: false,
            special_relaxed: false,
            special_writes: false,
            raw: false,
            stamped: Stamped::No,
            stamp: None,
            touched: Vec::new(),
            has_calls: false,
        }
    }

    /// As new; with `kept` the clock and the persistent options stay (rules RST-1, ERRH-6).
    pub fn begin_again(&mut self, options: &DatabaseOptions, values: TransactionDefaults, kept: bool) {
        let mut new = Self::new(options, values);
        new.epoch = self.epoch + 1;
        if kept {
            new.started = self.started;
            new.values.timeout_ms = self.values.timeout_ms;
            new.values.retry_limit = self.values.retry_limit;
            new.values.max_retry_delay_ms = self.values.max_retry_delay_ms;
        }
        *self = new;
    }

    /// Fails if the transaction has ended by a mark; notices that its time is up.
    pub fn check_mark(&mut self) -> Result<()> {
        if self.mark.is_none() && self.values.timeout_ms > 0 {
            let timeout = Duration::from_millis(u64::try_from(self.values.timeout_ms).unwrap_or(0));
            if self.started.elapsed() >= timeout {
                self.mark = Some(Code::TRANSACTION_TIMED_OUT);
            }
        }
        self.mark.map_or(Ok(()), |mark| Err(Error::new(mark)))
    }

    /// Fails unless reads and writes are welcome (rule COM-3).
    pub fn check_usable(&mut self) -> Result<()> {
        self.check_mark()?;
        if self.phase != Phase::Active {
            if !self.values.used_during_commit_protection_disable {
                self.mark = Some(Code::USED_DURING_COMMIT);
            }
            return Err(Error::new(Code::USED_DURING_COMMIT));
        }
        Ok(())
    }

    /// Lets system keys be read, and written too (rules DATA-4 and LIM-1).
    pub fn allow_system_keys(&mut self, writes: bool) {
        self.bounds.raw = true;
        self.bounds.max_read = END_OF_SYSTEM_KEYS;
        if writes {
            self.bounds.max_write = END_OF_SYSTEM_KEYS;
        }
    }

    /// Notes that something is read at the transaction's version.
    pub fn note_read(&mut self) {
        self.has_read = true;
        self.versioned = true;
    }
}
