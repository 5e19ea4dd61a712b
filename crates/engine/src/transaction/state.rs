//! The state of one transaction: what it read and wrote, its options, and how it ended.
//!
//! All of it is under the transaction's one lock, which is never held during I/O or a wait for
//! others. A read copies what it needs (read point, own writes), lets go, reads, and comes back
//! to note its conflict range. `epoch` tells it whether the transaction was reset meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{Code, Durability, Error, Result, TransactionDefaults};

use super::cache::ReadCache;
use crate::conflict::ConflictSet;
use crate::overlay::Overlay;
use crate::version::ReadPoint;

/// First upper bound of the back-off (rule ERRH-2).
pub const FIRST_BACKOFF: Duration = Duration::from_millis(10);

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

/// Options of the transaction.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Timeout, retry limit, maximum delay, size limit.
    pub values: TransactionDefaults,
    /// Durability of the commit.
    pub durability: Durability,
}

/// See the file's top.
pub struct State {
    /// How far it is.
    pub phase: Phase,
    /// A terminal mark: every call fails with it until reset (rule TX-3).
    pub mark: Option<Code>,
    /// Grows with each reset.
    pub epoch: u64,
    /// Where it reads; obtained by the first read.
    pub read_point: Option<Arc<ReadPoint>>,
    /// A read version set by hand and not used yet.
    pub wanted_version: Option<i64>,
    /// Own writes by keyspace.
    pub overlays: Vec<(u32, Arc<Overlay>)>,
    /// Read conflict ranges by keyspace.
    pub reads: Vec<(u32, ConflictSet)>,
    /// Write conflict ranges added by hand, by keyspace. Those of the own writes are the own
    /// writes themselves.
    pub writes: Vec<(u32, ConflictSet)>,
    /// Values read, for when they can no longer be read.
    pub cache: ReadCache,
    /// Reads between their issue and their end.
    pub reads_running: usize,
    /// The first error that a started read ended with (rule COM-4).
    pub read_error: Option<Code>,
    /// Options as set.
    pub options: Options,
    /// Start of the timeout's clock (rule TMO-1).
    pub started: Instant,
    /// Calls of `on_error` since reset.
    pub retries: i64,
    /// Upper bound of the next back-off.
    pub backoff: Duration,
    /// Version of the last commit, -1 for none.
    pub committed: i64,
    /// Bytes taken from the memory budget.
    pub reserved: usize,
    /// Bytes of writes and conflict ranges, about.
    pub used: usize,
}

impl State {
    /// A new transaction.
    pub fn new(options: Options) -> Self {
        Self {
            phase: Phase::Active,
            mark: None,
            epoch: 0,
            read_point: None,
            wanted_version: None,
            overlays: Vec::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            cache: ReadCache::default(),
            reads_running: 0,
            read_error: None,
            options,
            started: Instant::now(),
            retries: 0,
            backoff: FIRST_BACKOFF,
            committed: -1,
            reserved: 0,
            used: 0,
        }
    }

    /// Fails if the transaction has ended by a mark; notices that its time is up.
    pub fn check_mark(&mut self) -> Result<()> {
        if self.mark.is_none() && self.deadline().is_some_and(|deadline| Instant::now() >= deadline) {
            self.mark = Some(Code::TRANSACTION_TIMED_OUT);
        }
        self.mark.map_or(Ok(()), |mark| Err(Error::new(mark)))
    }

    /// Fails unless reads and writes are welcome. A use after commit has started is remembered,
    /// so that the commit and everything after it fail too (rule COM-3).
    pub fn check_usable(&mut self) -> Result<()> {
        self.check_mark()?;
        if self.phase != Phase::Active {
            self.mark = Some(Code::USED_DURING_COMMIT);
            return Err(Error::new(Code::USED_DURING_COMMIT));
        }
        Ok(())
    }

    /// When the time is up.
    pub fn deadline(&self) -> Option<Instant> {
        let timeout = u64::try_from(self.options.values.timeout_ms).ok().filter(|timeout| *timeout > 0)?;
        self.started.checked_add(Duration::from_millis(timeout))
    }

    /// The own writes of a keyspace; `None` where there are none.
    pub fn overlay(&self, keyspace: u32) -> Option<&Arc<Overlay>> {
        self.overlays.iter().find(|(id, _)| *id == keyspace).map(|(_, overlay)| overlay)
    }

    /// The own writes of a keyspace, to be changed. Reads that are running keep what they saw.
    pub fn overlay_mut(&mut self, keyspace: u32) -> &mut Overlay {
        Arc::make_mut(entry(&mut self.overlays, keyspace))
    }

    /// The read conflict ranges of a keyspace.
    pub fn reads_mut(&mut self, keyspace: u32) -> &mut ConflictSet {
        entry(&mut self.reads, keyspace)
    }

    /// The write conflict ranges of a keyspace that were added by hand.
    pub fn writes_mut(&mut self, keyspace: u32) -> &mut ConflictSet {
        entry(&mut self.writes, keyspace)
    }

    /// Forgets reads, writes and marks. Options, clocks and counts are the caller's matter.
    pub fn forget(&mut self) {
        self.phase = Phase::Active;
        self.mark = None;
        self.epoch += 1;
        self.read_point = None;
        self.wanted_version = None;
        self.overlays.clear();
        self.reads.clear();
        self.writes.clear();
        self.cache.clear();
        self.reads_running = 0;
        self.read_error = None;
        self.used = 0;
    }
}

/// The entry of a keyspace in a short list; most transactions use one.
fn entry<T: Default>(list: &mut Vec<(u32, T)>, keyspace: u32) -> &mut T {
    let at = list.iter().position(|(id, _)| *id == keyspace).unwrap_or_else(|| {
        list.push((keyspace, T::default()));
        list.len() - 1
    });
    &mut list[at].1
}
