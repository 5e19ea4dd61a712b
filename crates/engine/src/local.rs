//! The database itself, as its transactions see it: the service behind the seam.
//!
//! Lock order: `keyspaces`, then the pipeline's locks, then the watches'. No lock is held while a
//! callback runs: callbacks run on the executor, which has no lock of ours, or on a thread that
//! commits, between two groups.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use plinth_api::{key::successor, Code, DatabaseOptions, Error, Result, TransactionDefaults, Value};
use uuid::Uuid;

use crate::commit::{prepare, Detached, Outcome, Pipeline, Request};
use crate::database::milliseconds;
use crate::defects::{is_on, Defect};
use crate::executor::Executor;
use crate::front::Front;
use crate::keyspaces::OnDropped;
use crate::lock::Lock;
use crate::metrics::{AskVisitors, Counters, Operations};
use crate::numbers::Keyspaces;
use crate::roll::{AskGuests, Kindred, Roll};
use crate::service::{AsyncCommit, Service};
use crate::store::{keyspace_gone, Range, Tier, Visit, NOT_IN_MEMORY};
use crate::transaction::Idle;
use crate::upkeep::Gate;
use crate::vacant::{VacantRanges, WORTH_NOTING};
use crate::version::{ReadPoint, Readers, Versions};
use crate::watch::{Seen, Slot, Touched, Watch};
use crate::wire::Counts;

/// Read versions are at most this much older than the clock (rule VER-2).
const STALE: i64 = 100_000;
/// How long a read waits for a version that does not exist yet (rule VER-8).
const FUTURE_PATIENCE: Duration = Duration::from_secs(1);
/// Versions can be raised up to this: so much is left above it for 146,000 years.
const HIGHEST_RAISE: i64 = i64::MAX / 2;
/// How soon a watch looks again for a version that is on its way.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// What a database's transactions share.
pub struct Local {
    pub front: Front,
    pub versions: Arc<Versions>,
    pub pipeline: Arc<Pipeline>,
    pub counters: Arc<Counters>,
    pub keyspaces: Mutex<Keyspaces>,
    /// Who knows of the guests; set at most once.
    pub visitors: OnceLock<AskVisitors>,
    /// Who asks the guests for their transactions; set at most once.
    pub ask_guests: OnceLock<AskGuests>,
    /// The other handles of this process.
    pub kindred: Kindred,
    /// What was done for guests.
    pub for_guests: Operations,
    /// Who hears of keyspaces that are dropped; set at most once.
    pub on_dropped: OnceLock<OnDropped>,
    /// Lets one upkeep in at a time.
    pub upkeep: Gate,
    /// Whether it is locked.
    pub lock: Arc<Lock>,
    /// How many follow the changes.
    pub trackers: AtomicUsize,
    vacant: Arc<VacantRanges>,
    detached: Arc<Detached>,
    /// Numbers of the keyspaces that exist, in order; looked at by every call.
    alive: RwLock<Vec<u32>>,
    me: Weak<Local>,
}

/// What a database is made of.
pub struct Parts {
    pub front: Front,
    pub versions: Arc<Versions>,
    pub pipeline: Pipeline,
    pub counters: Arc<Counters>,
    pub vacant: Arc<VacantRanges>,
    pub keyspaces: Keyspaces,
    pub lock: Arc<Lock>,
}

impl Local {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Arc<Self> {
        let mut alive: Vec<u32> = parts.keyspaces.names.values().copied().collect();
        alive.sort_unstable();
        let pipeline = Arc::new(parts.pipeline);
        let detached = Detached::new(pipeline.clone(), parts.front.executor.clone());
        let local = Arc::new_cyclic(|me: &Weak<Local>| Self {
            front: parts.front,
            versions: parts.versions,
            pipeline,
            counters: parts.counters,
            keyspaces: Mutex::new(parts.keyspaces),
            visitors: OnceLock::new(),
            ask_guests: OnceLock::new(),
            kindred: Kindred::default(),
            for_guests: Operations::default(),
            on_dropped: OnceLock::new(),
            upkeep: Gate::default(),
            lock: parts.lock,
            trackers: AtomicUsize::new(0),
            vacant: parts.vacant,
            detached,
            alive: RwLock::new(alive),
            me: me.clone(),
        });
        let me = local.me.clone();
        local.pipeline.set_on_touched(Box::new(move |touched| {
            if let Some(local) = me.upgrade() {
                let executor = local.front.executor.clone();
                executor.submit(Box::new(move || local.compare(&touched)));
            }
        }));
        local
    }

    /// Notes that a keyspace came or went.
    pub fn set_alive(&self, id: u32, alive: bool) {
        let mut list = self.alive.write().unwrap_or_else(PoisonError::into_inner);
        match (list.binary_search(&id), alive) {
            (Err(place), true) => list.insert(place, id),
            (Ok(place), false) => drop(list.remove(place)),
            _ => {}
        }
    }

    /// Makes everything acknowledged durable.
    pub fn sync(&self) -> Result<()> {
        self.check_open()?;
        if self.front.options.read_only {
            // There is nothing that could be lost.
            return Ok(());
        }
        self.pipeline.sync()
    }

    /// Has versions go on above one.
    pub fn raise_version(&self, above: i64) -> Result<()> {
        self.check_open()?;
        if above > HIGHEST_RAISE {
            let text = format!("version {above} is above {HIGHEST_RAISE}, to which versions can be raised");
            return Err(Error::new(Code::VERSION_INVALID).context(text));
        }
        self.pipeline.raise(above)
    }

    /// Lets go of versions up to one.
    pub fn expire(&self, version: i64) -> Result<u64> {
        self.check_open()?;
        let gone = self.versions.expire(version);
        let name = &*self.front.identity.0;
        tracing::info!(target: "plinth::versions", database = name, version, gone, "versions were expired");
        Ok(gone)
    }

    /// The live transactions of every handle of every process; or has the one expired that is asked for.
    pub fn roll(&self, expire: Option<Uuid>) -> Result<Roll> {
        self.check_open()?;
        let mut roll = self.front.roll(expire);
        self.kindred.ask(expire, &mut roll);
        if let Some(ask) = self.ask_guests.get() {
            roll.add(ask(expire)?);
        }
        Ok(roll)
    }

    /// The counters.
    pub fn counts(&self) -> Counts {
        let past = self.versions.past();
        Counts {
            commits: self.counters.commits.get(),
            conflicts: self.counters.conflicts.get(),
            too_old: self.counters.too_old.get(),
            refused: self.counters.refused.get(),
            groups: self.counters.groups.get(),
            syncs: self.counters.syncs.get(),
            watches: self.front.watches.count() as u64,
            conflict_history_bytes: self.counters.history_bytes.get(),
            retained_versions: past.versions,
            held_states: self.versions.held() as u64,
            latest_version: self.versions.latest().version,
            guests: 0,
            stages: self.counters.stages.times(),
            oldest_version: past.oldest,
            oldest_age_ms: past.age_ms,
            retained_bytes: past.bytes,
            retained_by: past.reason,
            let_go: past.let_go,
        }
    }

    /// Ends the database in order.
    pub fn close(&self) -> Result<()> {
        if self.front.close() {
            return Ok(());
        }
        let began = Instant::now();
        let ended = self.end();
        let (name, took_ms) = (&*self.front.identity.0, milliseconds(began));
        match &ended {
            Ok(()) => tracing::info!(target: "plinth::open", database = name, took_ms, "the database is closed"),
            Err(error) => {
                let code = error.code().number();
                tracing::error!(target: "plinth::open", database = name, took_ms, code, "closed with a failure: {error}");
            }
        }
        ended
    }

    fn end(&self) -> Result<()> {
        self.end_watches(None, Code::DATABASE_CLOSED);
        self.upkeep.wait_until_free();
        self.front.executor.close();
        let Some(store) = self.pipeline.close() else {
            return Ok(());
        };
        // Buffered commits are made durable at an orderly end. After a failed write a sync
        // that succeeds would prove nothing, and that they are on disk can't be said.
        let synced = match self.front.options.read_only {
            true => Ok(()),
            false => {
                self.pipeline.check_failure().and_then(|()| store.sync()).inspect(|()| self.pipeline.note_all_synced())
            }
        };
        self.versions.close();
        store.stop();
        synced
    }

    /// Ends every watch, or those of a keyspace.
    pub fn end_watches(&self, keyspace: Option<u32>, code: Code) {
        for watch in self.front.watches.take_all(keyspace) {
            self.front.end_watch(&watch, Err(Error::new(code)));
        }
    }

    /// Ends the watches of keys whose value is another one now.
    fn compare(&self, keys: &Touched) {
        for (keyspace, key) in keys {
            if self.front.watches.is_watched(*keyspace, key) {
                let value = self.value_now(*keyspace, key);
                self.fire(*keyspace, key, &value);
            }
        }
    }

    /// Compares new watches, and again once the state of `version` is published, or can't be any
    /// more. Others on the same keys were compared before.
    fn compare_new(&self, version: i64, mut watches: Vec<Arc<Watch>>) {
        watches.sort_by(|a, b| (a.keyspace, &a.key).cmp(&(b.keyspace, &b.key)));
        // Asked before the values are read: what is published meanwhile may not be in them.
        let on_its_way = self.versions.latest().version < version && self.pipeline.check_failure().is_ok();
        for same in watches.chunk_by(|a, b| a.is_on(b.keyspace, &b.key)) {
            let (keyspace, key) = (same[0].keyspace, &same[0].key);
            let value = self.value_now(keyspace, key);
            if same.iter().any(|watch| fires(watch, &value)) {
                self.fire(keyspace, key, &value);
            }
        }
        watches.retain(|watch| !watch.has_ended());
        if on_its_way && self.check_open().is_ok() && !watches.is_empty() {
            let me = self.me.clone();
            let again = move || {
                if let Some(local) = me.upgrade() {
                    local.compare_new(version, watches);
                }
            };
            self.front.executor.at(Instant::now() + LOOK_AGAIN, Box::new(again));
        }
    }

    fn value_now(&self, keyspace: u32, key: &[u8]) -> Result<Seen> {
        let value = self.latest(Tier::Disk).and_then(|at| self.get(&at, Tier::Disk, keyspace, key))?;
        Ok(Seen::of(value.as_deref()))
    }

    /// Ends the watches of a key that was found to have this value, or to be unreadable.
    fn fire(&self, keyspace: u32, key: &[u8], value: &Result<Seen>) {
        for watch in self.front.watches.take_if(keyspace, key, |watch| fires(watch, value)) {
            let outcome = match value {
                Ok(_) => Ok(()),
                Err(error) => Err(Error::new(error.code()).context(error.story())),
            };
            self.front.end_watch(&watch, outcome);
        }
    }

    /// A snapshot that is gone because the database was closed is not "too old".
    fn closed_or<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(error) if error.code() == Code::TRANSACTION_TOO_OLD => {
                self.check_open()?;
                Err(error)
            }
            result => result,
        }
    }
}

/// Whether a watch ends when its key is found so.
fn fires(watch: &Watch, value: &Result<Seen>) -> bool {
    value.as_ref().map_or(true, |value| watch.differs_from(value))
}

impl Service for Local {
    fn options(&self) -> &DatabaseOptions {
        &self.front.options
    }

    fn defaults(&self) -> TransactionDefaults {
        self.front.defaults()
    }

    fn identity(&self) -> (&str, &str) {
        (&self.front.identity.0, &self.front.identity.1)
    }

    fn check_open(&self) -> Result<()> {
        self.front.check_open()
    }

    fn check_writable(&self) -> Result<()> {
        self.check_open()?;
        self.pipeline.check_failure()
    }

    fn check_keyspace(&self, keyspace: u32) -> Result<()> {
        if keyspace == 0 {
            return Ok(());
        }
        let alive = self.alive.read().unwrap_or_else(PoisonError::into_inner);
        match alive.binary_search(&keyspace) {
            Ok(_) => Ok(()),
            Err(_) => Err(keyspace_gone(keyspace)),
        }
    }

    fn latest(&self, tier: Tier) -> Result<Arc<ReadPoint>> {
        let latest = self.versions.latest();
        if self.versions.clock.now() - latest.version < STALE {
            return Ok(latest);
        }
        if !self.pipeline.advance(tier) {
            return Err(Error::new(NOT_IN_MEMORY));
        }
        Ok(self.versions.latest())
    }

    fn latest_unlocked(&self, tier: Tier) -> Result<Arc<ReadPoint>> {
        let point = self.latest(tier)?;
        // After the look at the state: once a lock is there no state of a later moment is given out.
        self.lock.check().map(|()| point)
    }

    fn at(&self, version: i64) -> Result<Arc<ReadPoint>> {
        let until = Instant::now() + FUTURE_PATIENCE;
        loop {
            match self.at_once(version) {
                Err(error) if error.code() == Code::FUTURE_VERSION && Instant::now() < until => {}
                result => return result,
            }
            let ahead = version.saturating_sub(self.versions.clock.now()).clamp(500, 20_000);
            // On a thread of the executor another one takes its place meanwhile.
            self.front.executor.blocking(|| std::thread::sleep(Duration::from_micros(ahead as u64)));
        }
    }

    fn at_once(&self, version: i64) -> Result<Arc<ReadPoint>> {
        self.check_open()?;
        let found = self.versions.at(version);
        let ahead = matches!(&found, Err(error) if error.code() == Code::FUTURE_VERSION);
        // The clock may be past it while nobody commits.
        if ahead && self.versions.clock.now() >= version {
            self.pipeline.advance(Tier::Disk);
            return self.versions.at(version);
        }
        found
    }

    fn get(&self, at: &ReadPoint, tier: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        self.versions.check_age(at.version)?;
        if is_on(Defect::LosesSnapshotBound) {
            return self.closed_or(self.versions.latest().snapshot.read(|newest| newest.get(tier, keyspace, key)));
        }
        self.closed_or(at.snapshot.read(|snapshot| snapshot.get(tier, keyspace, key)))
    }

    fn get_many(&self, at: &ReadPoint, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
        self.versions.check_age(at.version)?;
        self.closed_or(at.snapshot.read(|snapshot| snapshot.get_many(tier, keyspace, keys)))
    }

    fn scan(&self, at: &ReadPoint, tier: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<()> {
        let Range { keyspace, begin, end, reverse, .. } = range;
        self.versions.check_age(at.version)?;
        let narrowed = self.vacant.narrow(keyspace, begin, end, at.version);
        let (begin, end) = narrowed.as_ref().map_or((begin, end), |(begin, end)| (begin, end));
        let range = Range { begin, end, ..range };
        let skipped = self.closed_or(at.snapshot.read(|snapshot| snapshot.scan(tier, range, visit)))?;
        if skipped.tombstones >= WORTH_NOTING {
            let (begin, end) = match (skipped.first, reverse) {
                (None, _) => (begin.to_vec(), end.to_vec()),
                (Some(first), false) => (begin.to_vec(), first),
                (Some(first), true) => (successor(&first), end.to_vec()),
            };
            self.pipeline.note_vacant(keyspace, &begin, &end, at.version);
        }
        Ok(())
    }

    fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64> {
        self.pipeline.with_store(|store| store.estimate(keyspace, begin, end))
    }

    fn prepare(&self, request: &mut Request) -> Result<()> {
        prepare(self, request)
    }

    fn commit(&self, request: Request) -> Outcome {
        self.pipeline.commit(request)
    }

    fn commit_async(&self, commit: AsyncCommit) {
        self.detached.add(commit, self.front.options.max_queued_commits);
    }

    fn help_commits(&self) {
        self.detached.help();
    }

    fn executor(&self) -> &Arc<Executor> {
        &self.front.executor
    }

    fn readers(&self) -> Option<&Arc<Readers>> {
        self.versions.keep().readers.as_ref()
    }

    fn idle(&self) -> &Idle {
        &self.front.idle
    }

    fn note_slow(&self) {
        self.front.slow.add(1);
    }

    fn reserve_watch(&self) -> Result<Slot> {
        self.front.reserve_watch()
    }

    fn activate(&self, watches: Vec<Arc<Watch>>) {
        let version = watches.iter().map(|watch| self.front.watches.add(watch.clone())).max();
        // A cancel may have come between the transaction and here.
        watches.iter().filter(|watch| watch.has_ended()).for_each(|watch| self.front.watches.remove(watch));
        // Closing takes out what is listed; what came after that is taken out here.
        if self.check_open().is_err() {
            return self.end_watches(None, Code::DATABASE_CLOSED);
        }
        if let Some(version) = version {
            self.compare_new(version, watches);
        }
    }

    fn forget_watch(&self, watch: &Arc<Watch>) {
        self.front.watches.remove(watch);
    }

    fn commit_failed(&self, code: Code) {
        match code {
            Code::NOT_COMMITTED => self.counters.conflicts.add(1),
            Code::TRANSACTION_TOO_OLD => self.counters.too_old.add(1),
            Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED => self.counters.refused.add(1),
            _ => {}
        }
    }

    fn reserve(&self, bytes: usize) -> Result<()> {
        self.front.reserve(bytes)
    }

    fn release(&self, bytes: usize) {
        self.front.release(bytes);
    }

    fn operations(&self) -> &Operations {
        &self.front.operations
    }

    fn ended(&self) {
        self.front.ended();
    }
}
