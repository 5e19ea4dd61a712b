//! The state of one transaction: what it read and wrote, its options, and how it ended.
//!
//! All of it is under the transaction's one lock, which is never held during I/O or a wait for
//! others. A read copies what it needs (read point, own writes), lets go, reads, and comes back
//! to note its conflict range. `epoch` tells it whether the transaction was reset meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::key::END_OF_SYSTEM_KEYS;
use plinth_api::{Code, Conflict, Durability, Error, Result, TransactionDefaults};

use super::backoff::Backoff;
use super::cache::ReadCache;
use super::calls::{Call, Calls};
use super::read::Wanted;
use super::slow::Work;
use crate::atomic::Stamp;
use crate::commit::size::RANGE_HEADER;
use crate::commit::Request;
use crate::conflict::{ConflictSet, RangeRef, Winner};
use crate::defects::{is_on, Defect};
use crate::executor::{Job, Timer};
use crate::limits::Bounds;
use crate::metrics::Tally;
use crate::overlay::Overlay;
use crate::version::{ReadPoint, Reader};
use crate::watch::Watch;

/// Bytes of room that are kept of the own writes, and of the read conflict ranges: what ordinary transactions need, and
/// less than what is taken from the memory budget only when it is used.
const MOST_SPARE: usize = 2 << 10;

/// How far the transaction is (rule TX-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Reads and writes are welcome.
    Active,
    /// `commit` was called.
    Committing,
    /// `commit` has returned.
    Finished,
    /// Its read version was taken away from it.
    Expired,
}

/// Options of the transaction.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Those that a database has defaults for.
    pub values: TransactionDefaults,
    /// Durability of the commit.
    pub durability: Durability,
    /// Which keys it may use.
    pub bounds: Bounds,
    /// Rule COM-6.
    pub causal_write_risky: bool,
    /// The next write has no conflict range (rule CONF-11).
    pub next_write_quiet: bool,
    /// Rule RYW-7.
    pub ryw_disabled: bool,
    /// Rule COM-5.
    pub lock_aware: bool,
    /// Rule COM-5.
    pub read_lock_aware: bool,
    /// Rule SPEC-2.
    pub special_relaxed: bool,
    /// Rule SPEC-3.
    pub special_writes: bool,
}

/// What became of the last commit since reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamped {
    /// There was none, or it failed.
    No,
    /// It wrote nothing.
    ReadOnly,
    /// It has a versionstamp.
    Yes(Stamp),
}

impl Stamped {
    /// The versionstamp, or why there is none (rules VST-1, COM-12).
    pub fn told(self) -> Result<Stamp> {
        match self {
            Self::Yes(stamp) => Ok(stamp),
            Self::ReadOnly => Err(Error::new(Code::NO_COMMIT_VERSION)),
            Self::No => Err(Error::new(Code::TRANSACTION_INVALID_VERSION)),
        }
    }
}

/// What was pending when a transaction was reset: to be told without its lock.
#[must_use]
#[derive(Default)]
pub struct Abandoned {
    /// Calls under way.
    pub calls: Calls,
    /// Watches that wait for a commit.
    pub watches: Vec<Arc<Watch>>,
}

/// What few transactions have.
#[derive(Default)]
pub struct Seldom {
    /// Asynchronous calls under way.
    pub calls: Calls,
    /// Ends them when the time is up.
    pub timer: Option<Timer>,
    /// Sends the commit on its way when no read is running any more.
    pub after_reads: Option<Job>,
    /// Watches that wait for the commit.
    pub watches: Vec<Arc<Watch>>,
    /// Those that wait for the versionstamp.
    pub stamps: Vec<Arc<Call<Stamp>>>,
    /// Read conflict ranges that do not count for the size of the commit (rule LIM-6).
    pub late_reads: Vec<(u32, ConflictSet)>,
    /// Read conflict ranges that the last commit to report them failed for (rule SPEC-6).
    pub hits: Vec<(u32, ConflictSet)>,
    /// Who wrote in each of them.
    pub winners: Vec<Winner>,
}

/// Room that was made before, with nothing in it: one entry, or none.
#[derive(Default)]
struct Spare {
    overlays: Vec<(u32, Arc<Overlay>)>,
    reads: Vec<(u32, ConflictSet)>,
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
    /// The same again while no read has it: one that takes it, and gives it back, leaves the count alone,
    /// which is shared with other transactions that read there.
    pub spare_point: Option<Arc<ReadPoint>>,
    /// A read version set by hand and not used yet.
    pub wanted_version: Option<i64>,
    /// Own writes by keyspace.
    pub overlays: Vec<(u32, Arc<Overlay>)>,
    /// Read conflict ranges by keyspace.
    pub reads: Vec<(u32, ConflictSet)>,
    /// Room for the next own writes and read conflict ranges: that of the last ones, empty.
    spare: Spare,
    /// Write conflict ranges added by hand, by keyspace. Those of the own writes are the own
    /// writes themselves.
    pub writes: Vec<(u32, ConflictSet)>,
    /// Values read, for when they can no longer be read.
    pub cache: ReadCache,
    /// Reads between their issue and their end.
    pub reads_running: usize,
    /// Whether anything was read since reset (rule RYW-7).
    pub has_read: bool,
    /// The first error that a started read ended with (rule COM-4).
    pub read_error: Option<Code>,
    /// What the commit sent, for special keys.
    pub sent: Option<Box<Request>>,
    /// The versionstamp.
    pub stamped: Stamped,
    /// The running sum of rule LIM-7.
    pub approximate: usize,
    /// The entry among those who read, if there is a list of them.
    pub reading: Option<Reader>,
    /// What it did, if slow transactions are told.
    pub work: Option<Box<Work>>,
    /// What few transactions have; made when it is needed, so that the others begin and end faster.
    seldom: Option<Box<Seldom>>,
    /// Options as set.
    pub options: Options,
    /// Start of the timeout's clock (rule TMO-1).
    pub started: Instant,
    /// Calls of `on_error` since reset.
    pub retries: i64,
    /// How long the next `on_error` waits.
    pub backoff: Backoff,
    /// Version of the last commit, -1 for none.
    pub committed: i64,
    /// Bytes taken from the memory budget.
    pub reserved: usize,
    /// Bytes of writes and conflict ranges, about.
    pub used: usize,
    /// What it did and has not handed in yet.
    pub tally: Tally,
}

impl State {
    /// A new transaction.
    pub fn new(options: Options) -> Self {
        Self {
            phase: Phase::Active,
            mark: None,
            epoch: 0,
            read_point: None,
            spare_point: None,
            wanted_version: None,
            overlays: Vec::new(),
            reads: Vec::new(),
            spare: Spare::default(),
            writes: Vec::new(),
            cache: ReadCache::default(),
            reads_running: 0,
            has_read: false,
            read_error: None,
            sent: None,
            stamped: Stamped::No,
            reading: None,
            work: (options.values.slow_ms > 0).then(Box::default),
            seldom: None,
            approximate: 0,
            options,
            started: Instant::now(),
            retries: 0,
            backoff: Backoff::new(),
            committed: -1,
            reserved: 0,
            used: 0,
            tally: Tally::begun(),
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
        if self.phase == Phase::Expired {
            return Err(Error::new(Code::TRANSACTION_TOO_OLD).context("the transaction was expired"));
        }
        if self.phase != Phase::Active {
            if !self.options.values.used_during_commit_protection_disable {
                self.mark = Some(Code::USED_DURING_COMMIT);
            }
            return Err(Error::new(Code::USED_DURING_COMMIT));
        }
        Ok(())
    }

    /// When the time is up.
    pub fn deadline(&self) -> Option<Instant> {
        let timeout = u64::try_from(self.options.values.timeout_ms).ok().filter(|timeout| *timeout > 0)?;
        self.started.checked_add(Duration::from_millis(timeout))
    }

    /// The read point for one read, if it is known.
    pub fn lend_point(&mut self) -> Option<Arc<ReadPoint>> {
        self.spare_point.take().or_else(|| self.read_point.clone())
    }

    /// The own writes that a read sees (rules RYW-1, RYW-6 and RYW-7).
    pub fn visible(&self, keyspace: u32, snapshot: bool) -> Option<&Arc<Overlay>> {
        let hidden = self.options.ryw_disabled || (snapshot && self.options.values.snapshot_ryw <= 0);
        self.overlay(keyspace).filter(|_| !hidden)
    }

    /// Whether the transaction wrote anything, or added a write conflict range.
    pub fn has_written(&self) -> bool {
        self.writes.iter().any(|(_, set)| !set.is_empty())
            || self.overlays.iter().any(|(_, overlay)| !overlay.is_empty())
    }

    /// The own writes of a keyspace; `None` where there are none.
    pub fn overlay(&self, keyspace: u32) -> Option<&Arc<Overlay>> {
        self.overlays.iter().find(|(id, _)| *id == keyspace).map(|(_, overlay)| overlay)
    }

    /// The own writes of a keyspace, to be changed. Reads that are running keep what they saw.
    pub fn overlay_mut(&mut self, keyspace: u32) -> &mut Overlay {
        use_spare(&mut self.overlays, &mut self.spare.overlays, keyspace);
        Arc::make_mut(entry(&mut self.overlays, keyspace))
    }

    /// The read conflict ranges of a keyspace.
    pub fn reads_mut(&mut self, keyspace: u32) -> &mut ConflictSet {
        use_spare(&mut self.reads, &mut self.spare.reads, keyspace);
        entry(&mut self.reads, keyspace)
    }

    /// The write conflict ranges of a keyspace that were added by hand.
    pub fn writes_mut(&mut self, keyspace: u32) -> &mut ConflictSet {
        entry(&mut self.writes, keyspace)
    }

    /// Where it is to read, if it has no read point yet.
    pub fn wanted(&self) -> Wanted {
        let lock_aware = self.options.lock_aware || self.options.read_lock_aware;
        Wanted { version: self.wanted_version, lock_aware }
    }

    /// What few transactions have, if this one has it.
    pub fn seldom(&mut self) -> Option<&mut Seldom> {
        self.seldom.as_deref_mut()
    }

    /// What few transactions have.
    pub fn make_seldom(&mut self) -> &mut Seldom {
        self.seldom.get_or_insert_default()
    }

    /// Whether an asynchronous call is under way.
    pub fn has_calls(&self) -> bool {
        self.seldom.as_ref().is_some_and(|seldom| !seldom.calls.is_empty())
    }

    /// Takes out the asynchronous calls under way.
    pub fn take_calls(&mut self) -> Calls {
        self.seldom().map(|seldom| seldom.calls.take()).unwrap_or_default()
    }

    /// Takes out the watches that wait for the commit.
    pub fn take_watches(&mut self) -> Vec<Arc<Watch>> {
        self.seldom().map(|seldom| std::mem::take(&mut seldom.watches)).unwrap_or_default()
    }

    /// Takes out those that wait for the versionstamp.
    pub fn take_stamps(&mut self) -> Vec<Arc<Call<Stamp>>> {
        self.seldom().map(|seldom| std::mem::take(&mut seldom.stamps)).unwrap_or_default()
    }

    /// Read conflict ranges that do not count for the size of the commit.
    pub fn late_reads(&self) -> &[(u32, ConflictSet)] {
        self.seldom.as_ref().map_or(&[], |seldom| &seldom.late_reads)
    }

    /// Read conflict ranges that the last commit to report them failed for.
    pub fn hits(&self) -> &[(u32, ConflictSet)] {
        self.seldom.as_ref().map_or(&[], |seldom| &seldom.hits)
    }

    /// A range that the last commit to report them failed for, and who won there.
    pub fn conflict(&self, index: usize) -> Option<(u32, RangeRef<'_>, Winner)> {
        let seldom = self.seldom.as_deref()?;
        let winner = *seldom.winners.get(index)?;
        let mut ranges = seldom.hits.iter().flat_map(|(keyspace, set)| set.iter().map(move |range| (*keyspace, range)));
        let (keyspace, range) = ranges.nth(index)?;
        Some((keyspace, range, winner))
    }

    /// Adds the read conflict of a key.
    pub fn add_read_key(&mut self, keyspace: u32, key: &[u8]) {
        self.approximate += range_size(key.len(), key.len() + 1);
        self.reads_mut(keyspace).add_key(key);
    }

    /// Adds a read conflict range less the own writes as they were when the read was issued (rule
    /// CONF-3).
    pub fn add_read(&mut self, keyspace: u32, begin: &[u8], end: &[u8], overlay: Option<&Overlay>) {
        let mut added = 0;
        let reads = self.reads_mut(keyspace);
        let mut add = |begin: &[u8], end: &[u8]| {
            if begin < end {
                added += range_size(begin.len(), end.len());
                reads.add_range(begin, end);
            }
        };
        match overlay {
            None => add(begin, end),
            Some(overlay) => overlay.unwritten(begin, end, &mut add),
        }
        self.approximate += added;
    }

    /// Adds the read conflict range of a walk that saw no own writes because they are hidden.
    pub fn add_late_read(&mut self, keyspace: u32, begin: &[u8], end: &[u8]) {
        if begin < end {
            self.approximate += range_size(begin.len(), end.len());
            entry(&mut self.make_seldom().late_reads, keyspace).add_range(begin, end);
        }
    }

    /// All read conflict ranges of a keyspace.
    pub fn all_reads(&self, keyspace: u32) -> ConflictSet {
        let of = |sets: &[(u32, ConflictSet)]| sets.iter().find(|(id, _)| *id == keyspace).map(|(_, set)| set.clone());
        let mut reads = of(&self.reads).unwrap_or_default();
        of(self.late_reads()).unwrap_or_default().iter().for_each(|range| reads.add(range));
        reads
    }

    /// Counts the late read conflict ranges among the others from now on.
    pub fn merge_late_reads(&mut self) {
        let Some(seldom) = &mut self.seldom else {
            return;
        };
        for (keyspace, late) in std::mem::take(&mut seldom.late_reads) {
            let reads = self.reads_mut(keyspace);
            late.iter().for_each(|range| reads.add(range));
        }
    }

    /// Forgets reads, writes and marks. Options, clocks and counts are the caller's matter.
    pub fn forget(&mut self) -> Abandoned {
        self.wipe();
        self.abandon()
    }

    fn wipe(&mut self) {
        self.phase = Phase::Active;
        self.mark = None;
        self.epoch += 1;
        self.read_point = None;
        self.spare_point = None;
        self.reading = None;
        self.wanted_version = None;
        self.keep_spare();
        self.overlays.clear();
        self.reads.clear();
        self.writes.clear();
        self.cache.clear();
        self.reads_running = 0;
        self.has_read = false;
        self.read_error = None;
        self.sent = None;
        self.stamped = Stamped::No;
        self.approximate = 0;
        self.used = 0;
    }

    /// Keeps the room of the own writes and read conflict ranges, if it is not much.
    fn keep_spare(&mut self) {
        let (overlays, reads) = match &mut self.sent {
            Some(sent) => (&mut sent.overlays, &mut sent.reads),
            None => (&mut self.overlays, &mut self.reads),
        };
        if let Some((_, overlay)) = overlays.first_mut() {
            if Arc::get_mut(overlay).is_some_and(|own| own.empty(MOST_SPARE)) {
                overlays.truncate(1);
                self.spare.overlays = std::mem::take(overlays);
            }
        }
        if reads.first_mut().is_some_and(|(_, own)| own.empty(MOST_SPARE)) {
            reads.truncate(1);
            self.spare.reads = std::mem::take(reads);
        }
    }

    /// Forgets everything but for some room: its transaction has ended, and nothing is pending.
    pub fn rest(&mut self) {
        self.wipe();
        self.seldom = None;
        self.work = None;
        self.cache.shrink();
    }

    /// Begins with one that rested.
    pub fn renew(&mut self, options: Options) {
        if !is_on(Defect::KeepsOptions) {
            self.options = options;
        }
        self.started = Instant::now();
        self.retries = 0;
        self.backoff = Backoff::new();
        self.committed = -1;
        self.tally = Tally::begun();
        self.begin_work();
    }

    /// Lets go of its read version: it can't read or commit until it is reset. Does nothing once its commit was
    /// called.
    pub fn expire(&mut self) -> bool {
        if !matches!(self.phase, Phase::Active | Phase::Expired) {
            return false;
        }
        self.phase = Phase::Expired;
        self.read_point = self.read_point.take().map(|point| ReadPoint::elsewhere(point.version));
        (self.spare_point, self.reading) = (None, None);
        true
    }

    /// Takes out what is pending.
    pub fn abandon(&mut self) -> Abandoned {
        let Some(seldom) = &mut self.seldom else {
            return Abandoned::default();
        };
        seldom.late_reads.clear();
        seldom.after_reads = None;
        // They are among the calls, which end.
        seldom.stamps.clear();
        Abandoned { calls: seldom.calls.take(), watches: std::mem::take(&mut seldom.watches) }
    }
}

impl Options {
    /// Lets system keys be read, and written too (rules DATA-4 and LIM-1).
    pub fn allow_system_keys(&mut self, writes: bool) {
        self.bounds.raw = true;
        self.bounds.max_read = END_OF_SYSTEM_KEYS;
        if writes {
            self.bounds.max_write = END_OF_SYSTEM_KEYS;
        }
    }
}

/// Bytes that a conflict range with bounds of these lengths counts for.
pub const fn range_size(begin: usize, end: usize) -> usize {
    RANGE_HEADER + begin + end
}

/// Begins a list with room that was made before.
fn use_spare<T>(list: &mut Vec<(u32, T)>, spare: &mut Vec<(u32, T)>, keyspace: u32) {
    if let (true, Some(first)) = (list.is_empty(), spare.first_mut()) {
        first.0 = keyspace;
        std::mem::swap(list, spare);
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

/// A conflict as it is told.
pub fn conflict_of(keyspace: u32, range: RangeRef<'_>, winner: Winner) -> Conflict {
    let (begin, end) = match range {
        RangeRef::Key(key) => (key.to_vec(), plinth_api::key::successor(key)),
        RangeRef::Range(begin, end) => (begin.to_vec(), end.to_vec()),
    };
    Conflict { keyspace, begin, end, version: winner.version, id: winner.id.map(|id| id.to_string()) }
}
