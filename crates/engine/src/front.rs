//! What the transactions of one database handle share, wherever the data is: options, limits, the
//! threads of asynchronous calls.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwapOption;
use plinth_api::{Code, DatabaseOption, DatabaseOptions, Error, Metrics, Result, TransactionDefaults};
use uuid::Uuid;

use crate::executor::Executor;
use crate::metrics::{Counter, Operations};
use crate::roll::{OwnLister, Roll};
use crate::room::Room;
use crate::transaction::Idle;
use crate::watch::{Slot, Watch, Watches};
use crate::wire::Counts;

/// Watches at most, unless an option says otherwise (rule WATCH-8).
const MAX_WATCHES: usize = 10_000;
/// Asynchronous calls that wait for a thread, at most.
const QUEUED_CALLS: usize = 10_000;

/// See the file's top.
pub struct Front {
    /// The options the handle was opened with.
    pub options: DatabaseOptions,
    /// Where the database is, and its id.
    pub identity: (String, String),
    /// The watches.
    pub watches: Arc<Watches>,
    /// The threads of asynchronous calls.
    pub executor: Arc<Executor>,
    /// What transactions begin with, once an option of the open database changed it.
    defaults: ArcSwapOption<TransactionDefaults>,
    /// Whether `defaults` holds something: a look at it costs as much as a begin.
    defaults_changed: AtomicBool,
    /// Transactions that took too long.
    pub slow: Counter,
    /// Who tells of its transactions.
    pub lister: OwnLister,
    closed: AtomicBool,
    /// For transactions.
    room: Room,
    reserved: AtomicUsize,
    /// What its transactions did.
    pub operations: Operations,
    /// Transactions that have ended, for those that begin.
    pub idle: Idle,
    /// When it was opened.
    pub opened: Instant,
}

impl Front {
    /// Of a handle that is open, with so many threads at most.
    pub fn new(options: DatabaseOptions, identity: (String, String), threads: usize) -> Self {
        let room = Room::new(options.max_transactions);
        Self {
            options,
            identity,
            watches: Arc::new(Watches::new(MAX_WATCHES)),
            executor: Executor::new(threads, QUEUED_CALLS),
            defaults: ArcSwapOption::empty(),
            defaults_changed: AtomicBool::new(false),
            slow: Counter::default(),
            lister: OwnLister::new(),
            closed: AtomicBool::new(false),
            room,
            reserved: AtomicUsize::new(0),
            operations: Operations::default(),
            idle: Idle::default(),
            opened: Instant::now(),
        }
    }

    /// Fails once the handle is closed.
    pub fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::new(Code::DATABASE_CLOSED));
        }
        Ok(())
    }

    /// Refuses calls from now on. Returns whether it did so already.
    pub fn close(&self) -> bool {
        let was_closed = self.closed.swap(true, Ordering::AcqRel);
        self.idle.close();
        was_closed
    }

    /// What transactions begin with now.
    pub fn defaults(&self) -> TransactionDefaults {
        if !self.defaults_changed.load(Ordering::Acquire) {
            return self.options.transaction;
        }
        self.defaults.load().as_deref().copied().unwrap_or(self.options.transaction)
    }

    /// Sets an option of the open database.
    pub fn set_option(&self, option: DatabaseOption) -> Result<()> {
        self.check_open()?;
        let option = option.check(self.options.transaction.size_limit)?;
        if let DatabaseOption::MaxWatches(limit) = option {
            self.watches.set_limit(usize::try_from(limit).unwrap_or(0));
        }
        let before = self.options.transaction;
        self.defaults.rcu(|now| Some(Arc::new(now.as_deref().copied().unwrap_or(before).with(option))));
        self.defaults_changed.store(true, Ordering::Release);
        Ok(())
    }

    /// The live transactions of the handle; or has the one expired that is asked for.
    pub fn roll(&self, expire: Option<Uuid>) -> Roll {
        match self.check_open() {
            Ok(()) => Roll::of(self.lister.get(), expire),
            Err(_) => Roll::default(),
        }
    }

    /// Makes room for one more transaction; [`Front::ended`] gives it up.
    pub fn admit(&self) -> Result<()> {
        self.check_open()?;
        if self.room.take() {
            return Ok(());
        }
        let text = format!("{} are live", self.options.max_transactions);
        Err(Error::new(Code::TOO_MANY_TRANSACTIONS).context(text))
    }

    /// A transaction has ended.
    pub fn ended(&self) {
        self.room.give_back();
    }

    /// Transactions alive.
    pub fn live(&self) -> u64 {
        self.room.taken() as u64
    }

    /// Takes bytes from the memory budget.
    pub fn reserve(&self, bytes: usize) -> Result<()> {
        let limit = self.options.memory_budget / 4;
        let before = self.reserved.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > limit {
            self.reserved.fetch_sub(bytes, Ordering::Relaxed);
            let text = format!("open transactions hold {before} of {limit} bytes");
            return Err(Error::new(Code::MEMORY_LIMIT_EXCEEDED).context(text));
        }
        Ok(())
    }

    /// Gives bytes back.
    pub fn release(&self, bytes: usize) {
        self.reserved.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Bytes taken.
    pub fn reserved(&self) -> u64 {
        self.reserved.load(Ordering::Relaxed) as u64
    }

    /// What the handle's metrics tell beside its watches, guests and whether it is host, with the
    /// counters of the database.
    pub fn metrics(&self, counts: &Counts) -> Metrics {
        Metrics {
            live_transactions: self.live(),
            commits: counts.commits,
            conflicts: counts.conflicts,
            too_old: counts.too_old,
            refused: counts.refused,
            groups: counts.groups,
            syncs: counts.syncs,
            conflict_history_bytes: counts.conflict_history_bytes,
            transaction_bytes: self.reserved(),
            retained_versions: counts.retained_versions,
            held_states: counts.held_states,
            latest_version: counts.latest_version,
            queue_ns: counts.stages.queue,
            resolve_ns: counts.stages.resolve,
            write_ns: counts.stages.write,
            sync_ns: counts.stages.sync,
            publish_ns: counts.stages.publish,
            slow_transactions: self.slow.get(),
            oldest_version: counts.oldest_version,
            oldest_age_ms: counts.oldest_age_ms,
            retained_bytes: counts.retained_bytes,
            retained_by: counts.retained_by,
            versions_let_go: counts.let_go,
            durability: Some(self.options.durability),
            ..Metrics::default()
        }
    }

    /// Room for one more watch (rule WATCH-8).
    pub fn reserve_watch(&self) -> Result<Slot> {
        self.watches.reserve()
    }

    /// Tells a watch how it ended, on a thread of the executor.
    pub fn end_watch(&self, watch: &Watch, outcome: Result<()>) {
        if let Some(done) = watch.take() {
            self.executor.submit(Box::new(move || done(outcome)));
        }
    }
}
