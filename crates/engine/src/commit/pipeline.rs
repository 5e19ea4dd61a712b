//! The pipeline as a whole: who leads, who waits, and what happens on failure.
//!
//! Lock order: `sequencer`, then `publishing`, then the retained versions. `queue` and `store`
//! are leaves. No lock is held while a commit's outcome is handed to its thread, except the
//! sequencer's for members that are refused.
//!
//! No wake-up is lost: a thread queues first and tries the sequencer's lock second; whoever holds
//! that lock, for whatever reason, releases it first and looks at the queue second. So either the
//! thread gets the lock or it is seen in the queue and woken. The same holds for `syncing`.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, TryLockError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};

use super::pace::note_commit;
use super::publish::{Group, PublishQueue};
use super::sequencer::{Limits, Sequencer};
use super::waiter::{Stage, Waiter, SHORT_WAIT};
use super::{Outcome, Request};
use crate::changes::Tracker;
use crate::defects::planted;
use crate::format::LEASE_KEY;
use crate::lock::Lock;
use crate::metrics::Counters;
use crate::store::{Batch, Store, Tier, META};
use crate::vacant::VacantRanges;
use crate::version::Versions;
use crate::watch::{Touched, Watches};
use crate::watermark::Watermark;

/// Commits of one group at most, so that no batch grows without bound.
const GROUP_LIMIT: usize = 256;
/// How often the store is asked whether it keeps up.
const PRESSURE_EVERY: Duration = Duration::from_millis(10);
/// How long a commit waits for a store that does not keep up.
const PRESSURE_PATIENCE: Duration = Duration::from_secs(1);

/// Limits of a pipeline.
pub struct Settings {
    /// Where the database is, for what is said of it.
    pub name: String,
    /// Commits waiting at most.
    pub max_queued: usize,
    /// What the sequencer keeps to.
    pub limits: Limits,
    /// Notes how far the log got.
    pub watermark: Watermark,
    /// The lock of the database.
    pub lock: Arc<Lock>,
}

/// Hears of watched keys that a published commit wrote. Called with no lock held.
pub type OnTouched = Box<dyn Fn(Touched) + Send + Sync>;

/// Takes commits through, in one order.
pub struct Pipeline {
    pub(super) settings: Settings,
    versions: Arc<Versions>,
    pub(super) counters: Arc<Counters>,
    on_touched: OnceLock<OnTouched>,
    store: RwLock<Option<Arc<dyn Store>>>,
    queue: Mutex<Queue>,
    idle: Condvar,
    sequencer: Mutex<Sequencer>,
    /// Whether the sequencer's lock is held; only a hint for those who wait for it.
    sequencing: AtomicBool,
    publishing: Mutex<PublishQueue>,
    /// Signalled when a group that needs a sync was written.
    arrived: Condvar,
    /// Signalled when a sync has ended and somebody wants to know.
    sync_ended: Condvar,
    /// Why no further commit is taken.
    failure: OnceLock<(Code, String)>,
    /// Shared with the sequencer.
    lease: Arc<AtomicI64>,
    pressure: AtomicBool,
    pressure_checked: Mutex<Instant>,
}

struct Queue {
    waiters: Vec<Arc<Waiter>>,
    /// Since when there are any.
    since: Instant,
    /// Commits between their call and its return.
    in_flight: usize,
    closed: bool,
}

impl Pipeline {
    /// A pipeline over `store`.
    pub fn new(
        settings: Settings,
        store: Arc<dyn Store>,
        keyspaces: impl Iterator<Item = u32>,
        lease: i64,
        (vacant, watches): (Arc<VacantRanges>, Arc<Watches>),
        versions: Arc<Versions>,
        counters: Arc<Counters>,
    ) -> Self {
        let lease = Arc::new(AtomicI64::new(lease));
        let last = versions.latest().version;
        let (limits, lock) = (settings.limits, settings.lock.clone());
        let sequencer = Sequencer::new(last, lease.clone(), (vacant, watches), keyspaces, limits, lock);
        Self {
            settings,
            versions,
            counters,
            on_touched: OnceLock::new(),
            store: RwLock::new(Some(store)),
            queue: Mutex::new(Queue { waiters: Vec::new(), since: Instant::now(), in_flight: 0, closed: false }),
            idle: Condvar::new(),
            sequencer: Mutex::new(sequencer),
            sequencing: AtomicBool::new(false),
            publishing: Mutex::new(PublishQueue::new()),
            arrived: Condvar::new(),
            sync_ended: Condvar::new(),
            failure: OnceLock::new(),
            lease,
            pressure: AtomicBool::new(false),
            pressure_checked: Mutex::new(Instant::now()),
        }
    }

    /// Says who hears of watched keys that were written.
    pub fn set_on_touched(&self, hear: OnTouched) {
        // Set once, at open.
        let _ = self.on_touched.set(hear);
    }

    /// Commits.
    pub fn commit(&self, request: Request) -> Outcome {
        if let Err(error) = self.admit() {
            self.count_refused(&error, 1);
            return (request, Err(error));
        }
        note_commit(self.place());
        let waiter = Waiter::new(request);
        if let Err(error) = self.enqueue(&waiter) {
            return (waiter.outcome().0, Err(error));
        }
        let _in_flight = InFlight(self);
        let _guard = FailOnPanic(self);
        loop {
            match waiter.stage() {
                Stage::Queued => self.get_sequenced(&waiter),
                Stage::Written => self.get_synced(&waiter),
                Stage::Done => return waiter.outcome(),
            }
        }
    }

    /// Tells it from others.
    fn place(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Commits for others: their commits share groups as those of several threads do. `done`
    /// receives each outcome as soon as it is known.
    pub fn commit_all<T>(self: &Arc<Self>, requests: Vec<(Request, T)>, mut done: impl FnMut(T, Outcome)) {
        let begun = self.begin_all(requests, &mut done);
        self.end_all(begun, done);
    }

    /// The first half of it: takes commits into the log. Those that it returns wait for a sync, and for
    /// [`Pipeline::end_all`], without which they never end.
    pub fn begin_all<T>(
        self: &Arc<Self>,
        requests: Vec<(Request, T)>,
        done: &mut impl FnMut(T, Outcome),
    ) -> Vec<Begun<T>> {
        note_commit(self.place());
        let admitted = self.admit().inspect_err(|error| self.count_refused(error, requests.len()));
        let mut begun = Vec::with_capacity(requests.len());
        for (request, whose) in requests {
            let waiter = Waiter::new(request);
            let entered = match &admitted {
                Ok(()) => self.enqueue(&waiter),
                Err(error) => Err(error.code().into()),
            };
            match entered {
                Ok(_) => begun.push(Begun { waiter, whose, _in_flight: InFlight(self.clone()) }),
                Err(error) => done(whose, (waiter.outcome().0, Err(error))),
            }
        }
        let _guard = FailOnPanic(self);
        while let Some(queued) = begun.iter().find(|begun| begun.waiter.stage() == Stage::Queued) {
            self.get_sequenced(&queued.waiter);
        }
        tell_finished(&mut begun, done);
        begun
    }

    /// The second half, on any thread.
    pub fn end_all<T>(&self, mut begun: Vec<Begun<T>>, mut done: impl FnMut(T, Outcome)) {
        let _guard = FailOnPanic(self);
        let me = std::thread::current();
        begun.iter().for_each(|begun| begun.hand_to(&me));
        tell_finished(&mut begun, &mut done);
        while let Some(first) = begun.first() {
            self.get_synced(&first.waiter);
            tell_finished(&mut begun, &mut done);
        }
    }

    /// Runs `work` between two groups, with the store, as an exclusive writer. Commits that queued
    /// meanwhile are taken through before the lock is free, so that a caller who comes back at
    /// once can't keep them waiting.
    pub fn exclusively<T>(&self, work: impl FnOnce(&mut Sequencer, &Arc<dyn Store>) -> Result<T>) -> Result<T> {
        let mut sequencing = self.sequence();
        let store = self.store()?;
        self.check_failure()?;
        let _guard = FailOnPanic(self);
        let result = work(&mut sequencing, &store);
        self.lead(sequencing);
        result
    }

    /// Writes and syncs a batch of the engine's own, as the only one who does either: for the work of
    /// [`Pipeline::exclusively`]. After a failure the pipeline takes nothing more, as after that of a
    /// commit; two syncs at a time could hide it, as the second might succeed.
    pub fn write_synced(&self, store: &Arc<dyn Store>, batch: Box<dyn Batch>) -> Result<()> {
        let mut publishing = lock(&self.publishing);
        while publishing.syncing {
            publishing.wanted = true;
            publishing = self.sync_ended.wait(publishing).unwrap_or_else(PoisonError::into_inner);
        }
        publishing.wanted = false;
        publishing.syncing = true;
        drop(publishing);
        let result = self.check_failure().and_then(|()| batch.write()).and_then(|()| self.sync_log(store));
        // Groups that wait are left to one of their own, who may tell their members.
        self.end_sync(0, &result);
        result.map(|_| ())
    }

    /// Takes no commits from the beginning: nothing is to be changed.
    pub fn only_read(&self) {
        let _ = self.failure.set((Code::DATABASE_READ_ONLY, "it was opened with read_only".to_owned()));
    }

    /// What notes how far the log got.
    pub fn watermark(&self) -> &Watermark {
        &self.settings.watermark
    }

    /// Looks something up in the store.
    pub fn with_store<T>(&self, look: impl FnOnce(&Arc<dyn Store>) -> Result<T>) -> Result<T> {
        look(&self.store()?)
    }

    /// Makes everything acknowledged durable: an empty commit that asks for a sync.
    pub fn sync(&self) -> Result<()> {
        let request = Request { read_version: i64::MAX, sync: true, lock_aware: true, ..Request::default() };
        self.commit(request).1.map(|_| ())
    }

    /// Has commits noted from now on, beginning after the version that is returned.
    pub fn track(&self, tracker: &Arc<Tracker>) -> i64 {
        self.sequence().track(tracker)
    }

    /// Waits until every commit up to a version that was given out is published: until an empty one behind them is.
    pub fn wait_published(&self, version: i64) -> Result<()> {
        if self.versions.latest().version >= version {
            return Ok(());
        }
        self.commit(Request { read_version: i64::MAX, lock_aware: true, ..Request::default() }).1.map(|_| ())
    }

    /// Has versions go on above one. The versions in between are reserved on disk before any is used.
    pub fn raise(&self, above: i64) -> Result<()> {
        self.exclusively(|sequencer, store| {
            let Some(lease) = sequencer.lease_above(above) else {
                return Ok(());
            };
            let mut batch = store.clone().batch();
            batch.put(META, LEASE_KEY, &lease.to_be_bytes())?;
            self.write_synced(store, batch)?;
            self.settings.watermark.synced(0, lease);
            self.lease.fetch_max(lease, Ordering::AcqRel);
            self.versions.clock.raise(above);
            sequencer.raise(above);
            Ok(())
        })?;
        // The newest version is above it when this returns, on disk too.
        self.sync()
    }

    /// Notes that a scan at `version` found nothing in `[begin, end)` but tombstones. Where the
    /// sequencer is busy the next such scan will do it.
    pub fn note_vacant(&self, keyspace: u32, begin: &[u8], end: &[u8], version: i64) {
        if let Some(sequencing) = self.try_sequence() {
            sequencing.note_vacant(keyspace, begin, end, version, &self.versions);
        }
    }

    /// Publishes the present state under the present version, unless commits are under way and
    /// will do so: while nobody writes, read versions go on with time (rule VER-2).
    ///
    /// The renewal of the lease has to be written, and is a commit like any other; if it fails, the
    /// next commit says so. Returns false if that is due and the caller does not want to wait.
    pub fn advance(&self, tier: Tier) -> bool {
        if !self.try_advance() {
            return true;
        }
        if tier == Tier::Disk && self.sync().is_ok() {
            self.try_advance();
        }
        tier == Tier::Disk
    }

    /// Returns whether the lease has to be renewed first.
    fn try_advance(&self) -> bool {
        let Some(mut sequencer) = self.try_sequence() else {
            return false;
        };
        if self.check_failure().is_err() {
            return false;
        }
        let publishing = lock(&self.publishing);
        if !publishing.is_empty() {
            return false;
        }
        let now = self.versions.clock.now();
        if sequencer.lease_is_short(now) {
            return true;
        }
        if let Ok((version, _)) = sequencer.allocate(now) {
            self.versions.publish(version, None, now);
        }
        false
    }

    /// Takes no further commits, waits for those under way, and lets go of the store.
    pub fn close(&self) -> Option<Arc<dyn Store>> {
        let mut queue = lock(&self.queue);
        queue.closed = true;
        while queue.in_flight > 0 {
            queue = self.idle.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        drop(queue);
        // A call that works exclusively may still hold the store.
        let _sequencing = self.sequence();
        self.store.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes that everything ever written is on disk; nothing is under way.
    pub fn note_all_synced(&self) {
        let (version, lease) = lock(&self.publishing).newest();
        self.settings.watermark.synced(version, lease);
    }

    /// How many commits wait in the queue, and how many are between their call and its return.
    pub fn depths(&self) -> (usize, usize) {
        let queue = lock(&self.queue);
        (queue.waiters.len(), queue.in_flight)
    }

    /// Fails if an earlier write failed.
    pub fn check_failure(&self) -> Result<()> {
        match self.failure.get() {
            None => Ok(()),
            Some((code, story)) => Err(Error::new(*code).context(story.clone())),
        }
    }

    /// Queues a commit, which is under way from now on.
    fn enqueue(&self, waiter: &Arc<Waiter>) -> Result<()> {
        self.check_failure()?;
        let mut queue = lock(&self.queue);
        if queue.closed {
            return Err(Error::new(Code::DATABASE_CLOSED));
        }
        if queue.waiters.len() >= self.settings.max_queued {
            self.counters.causes.queue.add(1);
            return Err(Error::new(Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED).context("the commit queue is full"));
        }
        if queue.waiters.is_empty() {
            queue.since = Instant::now();
        }
        queue.waiters.push(waiter.clone());
        queue.in_flight += 1;
        Ok(())
    }

    /// Leads a group through the sequencer, or waits for another leader.
    fn get_sequenced(&self, waiter: &Waiter) {
        match self.try_sequence() {
            Some(sequencing) => self.lead(sequencing),
            None => waiter.wait(Stage::Queued, SHORT_WAIT, || !self.sequencing.load(Ordering::Relaxed)),
        }
    }

    fn sequence(&self) -> Sequencing<'_> {
        Sequencing::new(self, lock(&self.sequencer))
    }

    fn try_sequence(&self) -> Option<Sequencing<'_>> {
        let sequencer = match self.sequencer.try_lock() {
            Ok(sequencer) => sequencer,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Sequencing::new(self, sequencer))
    }

    /// Takes what is queued through. Whoever can go on is told after the lock is free: waking a
    /// thread takes as long as a small group.
    fn lead(&self, mut sequencing: Sequencing<'_>) {
        let (waiters, since) = self.take_queued();
        if waiters.is_empty() {
            return;
        }
        let stages = &self.counters.stages;
        let began = stages.queue.record_since(since);
        let store = self.check_failure().and_then(|()| self.store());
        let store = match store {
            Ok(store) => store,
            Err(error) => {
                let story = error.story();
                let told = || Err(Error::new(error.code()).context(story.clone()));
                return waiters.iter().for_each(|waiter| waiter.finish(told()));
            }
        };
        planted("pipeline");
        let sequenced = match sequencing.run(waiters, &store, &self.versions, &self.counters, began) {
            Ok(sequenced) => sequenced,
            Err(error) => return self.fail(&error),
        };
        if let Some(group) = sequenced.group.as_ref().filter(|group| !group.needs_sync) {
            // Its members may be told at once.
            self.settings.watermark.written(group.version);
        }
        if let Some(bytes) = sequenced.forgot {
            self.say_forgot(bytes);
        }
        sequenced.lost.hold();
        let handed = sequenced.group.map(|group| self.hand_over(group, sequenced.ended));
        let lost = if sequenced.lost.is_empty() { None } else { lock(&self.publishing).hold(sequenced.lost) };
        let ended = stages.publish.record_since(sequenced.ended);
        self.note_pressure(ended);
        drop(sequencing);
        drop((sequenced.refused, lost));
        if let Some(handed) = handed {
            self.tell(handed);
        }
    }

    /// A group, and since when its first member waited.
    fn take_queued(&self) -> (Vec<Arc<Waiter>>, Instant) {
        let mut queue = lock(&self.queue);
        if queue.waiters.len() <= GROUP_LIMIT {
            return (std::mem::take(&mut queue.waiters), queue.since);
        }
        (queue.waiters.drain(..GROUP_LIMIT).collect(), queue.since)
    }

    /// Publishes a group that was written at `now`, or leaves it to whoever syncs.
    fn hand_over(&self, group: Group, now: Instant) -> Handed {
        let mut publishing = lock(&self.publishing);
        if let Some((_, story)) = self.failure.get() {
            // A sync failed meanwhile: no later one may make this group look durable.
            drop(publishing);
            group.fail(|| Error::new(Code::COMMIT_UNKNOWN_RESULT).context(story.clone()));
            return Handed::default();
        }
        publishing.add(group, now, self.place());
        let published = publishing.publish(&self.versions, self.versions.clock.at(now));
        // The leader may be the calling thread, which then goes on to sync by itself.
        let leader = if publishing.syncing { None } else { publishing.next_leader() };
        if publishing.syncing && publishing.waiting >= publishing.pace.worth_waiting_for().0 {
            self.arrived.notify_one();
        }
        Handed { published, leader }
    }

    /// Syncs for all groups written so far, or waits for whoever does.
    fn get_synced(&self, waiter: &Waiter) {
        let mut publishing = lock(&self.publishing);
        if publishing.syncing {
            drop(publishing);
            return waiter.wait(Stage::Written, Duration::ZERO, || false);
        }
        if publishing.is_empty() {
            // Published between the look at the stage and the lock, and about to be told by a thread that may be
            // asleep: it goes first.
            drop(publishing);
            return std::thread::yield_now();
        }
        publishing.syncing = true;
        publishing = self.wait_for_company(publishing);
        let target = publishing.sync_target();
        let (version, lease) = publishing.newest();
        drop(publishing);
        let result = self.store().and_then(|store| self.sync_log(&store));
        if result.is_ok() {
            self.settings.watermark.synced(version, lease);
        }
        self.end_sync(target, &result);
    }

    /// Syncs, and tells how long that took.
    fn sync_log(&self, store: &Arc<dyn Store>) -> Result<Duration> {
        let began = Instant::now();
        let result = store.sync();
        let ended = self.counters.stages.sync.record_since(began);
        self.counters.syncs.add(1);
        result.map(|()| ended.saturating_duration_since(began))
    }

    fn wait_for_company<'a>(&self, mut publishing: MutexGuard<'a, PublishQueue>) -> MutexGuard<'a, PublishQueue> {
        let (wanted, patience) = publishing.pace.worth_waiting_for();
        let until = Instant::now() + patience;
        while publishing.waiting < wanted {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            publishing = self.arrived.wait_timeout(publishing, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        publishing
    }

    fn end_sync(&self, target: u64, result: &Result<Duration>) {
        if let Err(error) = result {
            self.fail(error);
        }
        let began = Instant::now();
        let mut publishing = lock(&self.publishing);
        publishing.syncing = false;
        if publishing.wanted {
            self.sync_ended.notify_one();
        }
        let published = match result {
            Ok(took) => {
                publishing.synced_to(target);
                let published = publishing.publish(&self.versions, self.versions.clock.at(began));
                publishing.pace.synced(began, *took, published.iter().map(|group| group.members.0.len()).sum());
                published
            }
            Err(_) => Vec::new(),
        };
        let leader = publishing.next_leader();
        drop(publishing);
        self.counters.stages.publish.record_since(began);
        self.tell(Handed { published, leader });
    }

    fn tell(&self, handed: Handed) {
        if let Some(leader) = handed.leader {
            leader.wake();
        }
        for mut group in handed.published {
            if let Some(lease) = group.lease {
                self.lease.fetch_max(lease, Ordering::AcqRel);
            }
            if let (false, Some(hear)) = (group.touched.is_empty(), self.on_touched.get()) {
                hear(std::mem::take(&mut group.touched));
            }
            self.counters.commits.add(group.succeed() as u64);
        }
    }

    /// Closes the database to writes: after a failed log write or sync nobody knows what is on
    /// disk, so nothing may be acknowledged until a reopen has read it back.
    fn fail(&self, error: &Error) {
        let first = || {
            self.say_failed(error);
            (Code::DATABASE_FAILED, error.story())
        };
        let (code, story) = self.failure.get_or_init(first).clone();
        self.settings.watermark.doubt();
        let groups = lock(&self.publishing).give_up();
        for group in groups {
            group.fail(|| Error::new(Code::COMMIT_UNKNOWN_RESULT).context(story.clone()));
        }
        let queued = std::mem::take(&mut lock(&self.queue).waiters);
        for waiter in queued {
            waiter.finish(Err(Error::new(code).context(story.clone())));
        }
    }

    fn store(&self) -> Result<Arc<dyn Store>> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        store.clone().ok_or_else(|| Error::new(Code::DATABASE_CLOSED))
    }

    /// Holds a commit back while the store does not keep up, and refuses it in the end.
    fn admit(&self) -> Result<()> {
        if !self.pressure.load(Ordering::Relaxed) {
            return Ok(());
        }
        let until = Instant::now() + PRESSURE_PATIENCE;
        loop {
            // After a failed write the store may stay under pressure for ever.
            self.check_failure()?;
            self.note_pressure(Instant::now());
            if !self.pressure.load(Ordering::Relaxed) {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(Error::new(Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED)
                    .context("the disk does not keep up with flushes and compactions"));
            }
            std::thread::sleep(PRESSURE_EVERY);
        }
    }

    fn count_refused(&self, error: &Error, commits: usize) {
        if error.code() == Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED {
            self.counters.causes.disk.add(commits as u64);
        }
    }

    fn note_pressure(&self, now: Instant) {
        let Ok(mut checked) = self.pressure_checked.try_lock() else {
            return;
        };
        if now.saturating_duration_since(*checked) >= PRESSURE_EVERY {
            *checked = now;
            if let Ok(store) = self.store() {
                let now = store.is_under_pressure();
                if self.pressure.swap(now, Ordering::Relaxed) != now {
                    self.say_pressure(now);
                }
            }
        }
    }
}

/// Those who can go on: members of published groups, and one who has to sync for the others.
#[derive(Default)]
struct Handed {
    published: Vec<Group>,
    leader: Option<Arc<Waiter>>,
}

/// The sequencer's lock. Whoever lets go of it tells the first in the queue, who may have tried
/// for it in vain meanwhile.
struct Sequencing<'a> {
    pipeline: &'a Pipeline,
    sequencer: Option<MutexGuard<'a, Sequencer>>,
}

impl<'a> Sequencing<'a> {
    fn new(pipeline: &'a Pipeline, sequencer: MutexGuard<'a, Sequencer>) -> Self {
        pipeline.sequencing.store(true, Ordering::Relaxed);
        Self { pipeline, sequencer: Some(sequencer) }
    }
}

impl Deref for Sequencing<'_> {
    type Target = Sequencer;

    fn deref(&self) -> &Sequencer {
        // Present until `drop`.
        self.sequencer.as_deref().unwrap_or_else(|| unreachable!())
    }
}

impl DerefMut for Sequencing<'_> {
    fn deref_mut(&mut self) -> &mut Sequencer {
        self.sequencer.as_deref_mut().unwrap_or_else(|| unreachable!())
    }
}

impl Drop for Sequencing<'_> {
    fn drop(&mut self) {
        self.pipeline.sequencing.store(false, Ordering::Relaxed);
        self.sequencer = None;
        let next = lock(&self.pipeline.queue).waiters.first().cloned();
        if let Some(next) = next {
            next.wake();
        }
    }
}

/// A commit of somebody else that has been begun.
pub struct Begun<T> {
    waiter: Arc<Waiter>,
    whose: T,
    _in_flight: InFlight<Arc<Pipeline>>,
}

impl<T> Begun<T> {
    /// Has that thread wait for it, which must look again afterwards.
    pub fn hand_to(&self, thread: &Thread) {
        self.waiter.hand_to(thread);
    }
}

fn tell_finished<T>(begun: &mut Vec<Begun<T>>, done: &mut impl FnMut(T, Outcome)) {
    let finished: Vec<_> = begun.extract_if(.., |begun| begun.waiter.stage() == Stage::Done).collect();
    finished.into_iter().for_each(|Begun { waiter, whose, .. }| done(whose, waiter.outcome()));
}

/// Counts a queued commit as under way while it lives.
struct InFlight<P: Deref<Target = Pipeline>>(P);

impl<P: Deref<Target = Pipeline>> Drop for InFlight<P> {
    fn drop(&mut self) {
        let mut queue = lock(&self.0.queue);
        queue.in_flight -= 1;
        if queue.closed && queue.in_flight == 0 {
            self.0.idle.notify_all();
        }
    }
}

/// A panic inside the pipeline leaves it in an unknown state: it takes nothing more.
struct FailOnPanic<'a>(&'a Pipeline);

impl Drop for FailOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(&Error::new(Code::INTERNAL_ERROR).context("a panic in the commit pipeline"));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
