//! The sequencer: resolves a group of commits, gives it a version and writes it.
//!
//! Everything here happens under the sequencer's lock, so the order of groups is the order of
//! versions, of the log, of RocksDB's sequence numbers and of what snapshots see. Within a group
//! the order is that of the queue, which versionstamps follow; a commit conflicts with earlier
//! members too, and its atomic operations see what they wrote.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;
use std::time::Instant;

use plinth_api::{Code, Error, Result};

use super::publish::Group;
use super::settle::Settler;
use super::waiter::{Members, Refused, Waiter};
use super::{Clear, Request};
use crate::atomic::{stamp, Stamp};
use crate::changes::{Tracker, Trackers};
use crate::conflict::{ConflictSet, History, RangeRef, Winner, Winners, Wrote, MOST_TOLD};
use crate::defects::{is_on, Defect};
use crate::format;
use crate::lock::{Lock, LOCK_KEY};
use crate::metrics::{Causes, Counters};
use crate::overlay::{Entry, Known};
use crate::store::{Batch, Store, META};
use crate::vacant::VacantRanges;
use crate::version::Versions;
use crate::watch::{Touched, Watches};

/// What became of a group. Its members are told when the sequencer's lock is free again.
pub struct Sequenced {
    /// Those that were written.
    pub group: Option<Group>,
    /// Those that were not, and why.
    pub refused: Refused,
    /// Those that lost to commits which nobody can read yet.
    pub lost: Refused,
    /// When that was known.
    pub ended: Instant,
    /// Bytes of conflict history that were dropped, if it had outgrown its share.
    pub forgot: Option<usize>,
}

impl Sequenced {
    fn begun(at: Instant) -> Self {
        Self { group: None, refused: Refused::default(), lost: Refused::default(), ended: at, forgot: None }
    }
}

/// What decides about commits.
pub struct Sequencer {
    histories: HashMap<u32, History>,
    /// Keyspaces that commits may write to.
    keyspaces: HashSet<u32>,
    last_version: i64,
    /// Versions below this are reserved on disk: a crash can't make them be given out again.
    /// Raised when the group that carries a new lease was synced.
    lease: Arc<AtomicI64>,
    /// Ranges that scans may pass over; cut here when a key in them is set.
    vacant: Arc<VacantRanges>,
    watches: Arc<Watches>,
    /// Versions at or below this have no conflict history any more.
    forgotten: i64,
    /// By keyspace, the last version at which a write left no trace in the history: what was found
    /// out before can't be shown to hold by the history alone.
    quiet: HashMap<u32, i64>,
    /// Those who want to know what is written.
    trackers: Trackers,
    /// Who wrote lately, of those that have ids.
    winners: Winners,
    /// Changed by the commits that write its key.
    lock: Arc<Lock>,
    limits: Limits,
}

/// What a sequencer keeps to.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Bytes of conflict history at most.
    pub history: usize,
    /// Versions reserved at a time.
    pub lease_span: i64,
    /// The longest value that an atomic operation may make.
    pub value_size: usize,
}

impl Sequencer {
    /// Begins after `last_version`, with versions below `lease` reserved.
    pub fn new(
        last_version: i64,
        lease: Arc<AtomicI64>,
        (vacant, watches): (Arc<VacantRanges>, Arc<Watches>),
        keyspaces: impl Iterator<Item = u32>,
        limits: Limits,
        lock: Arc<Lock>,
    ) -> Self {
        Self {
            histories: HashMap::new(),
            keyspaces: keyspaces.collect(),
            last_version,
            lease,
            vacant,
            watches,
            // What an earlier life committed is not known.
            forgotten: last_version,
            quiet: HashMap::new(),
            trackers: Trackers::default(),
            winners: Winners::default(),
            lock,
            limits,
        }
    }

    /// Lets commits write to a keyspace.
    pub fn add_keyspace(&mut self, id: u32) {
        self.keyspaces.insert(id);
        self.trackers.note_keyspace(None);
    }

    /// Makes commits that use a keyspace fail.
    pub fn remove_keyspace(&mut self, id: u32) {
        self.keyspaces.remove(&id);
        self.histories.remove(&id);
        self.quiet.remove(&id);
        self.trackers.note_keyspace(Some(id));
    }

    /// Notes what commits write from now on, beginning after the version that is returned.
    pub fn track(&mut self, tracker: &Arc<Tracker>) -> i64 {
        self.trackers.add(tracker.clone(), self.last_version);
        self.last_version
    }

    /// Lets scans pass over `[begin, end)`, which was empty at `version`, if nobody wrote there
    /// since.
    pub fn note_vacant(&self, keyspace: u32, begin: &[u8], end: &[u8], version: i64, versions: &Versions) {
        let known = version >= versions.oldest();
        if begin < end && known && self.is_unwritten(keyspace, begin, end, version) {
            self.vacant.note(keyspace, begin, end, version);
        }
    }

    /// A new version, above every one given out before, in this life or an earlier one, and a
    /// lease to be written with it where the present one should be renewed. Versions stay below
    /// the lease, with room for the groups that follow before the renewal is on disk: after a
    /// long idle time they lag behind the clock until then.
    /// `now` is what the clock says.
    pub fn allocate(&mut self, now: i64) -> Result<(i64, Option<i64>)> {
        let lease = self.lease.load(Ordering::Acquire);
        let version = now.min(lease - self.limits.lease_span / 4).max(self.last_version + 1);
        if version >= lease {
            return Err(Error::new(Code::INTERNAL_ERROR).context("the reserved versions are used up"));
        }
        self.last_version = version;
        let renewal = now.max(version) + self.limits.lease_span;
        Ok((version, self.lease_is_short(now).then_some(renewal)))
    }

    /// The lease that versions above `above` need; `None` if they are above it anyway.
    pub fn lease_above(&self, above: i64) -> Option<i64> {
        let lease = above.saturating_add(self.limits.lease_span).max(self.lease.load(Ordering::Acquire));
        (self.last_version < above).then_some(lease)
    }

    /// Gives out no version up to `above` any more. The lease and the clock were raised.
    pub fn raise(&mut self, above: i64) {
        self.last_version = self.last_version.max(above);
    }

    /// Whether the lease should be renewed.
    pub fn lease_is_short(&self, now: i64) -> bool {
        now >= self.lease.load(Ordering::Acquire) - self.limits.lease_span / 2
    }

    /// Takes a group through. An error means that the store failed, and that the members' fate
    /// is unknown, which they have been told. It was taken from the queue at `began`.
    pub fn run(
        &mut self,
        waiters: Vec<Arc<Waiter>>,
        store: &Arc<dyn Store>,
        versions: &Versions,
        counters: &Counters,
        began: Instant,
    ) -> Result<Sequenced> {
        let mut waiters = Members(waiters);
        let now = versions.clock.at(began);
        let (version, lease) = self.allocate(now)?;
        self.watches.sequencing(version);
        let floor = versions.oldest_at(now).max(self.forgotten);
        let published = versions.latest().version;
        let mut batch = store.clone().batch();
        let mut sequenced = Sequenced::begun(began);
        let mut members = Members(Vec::with_capacity(waiters.0.len()));
        let mut settler = Settler::new(store, self.limits.value_size);
        let mut needs_sync = lease.is_some();
        let mut touched = Touched::new();
        for waiter in &waiters.0 {
            let mut request = waiter.request();
            // A group is far smaller than what two bytes can number.
            let order = if is_on(Defect::ReusesStamps) { 0 } else { members.0.len() as u16 };
            let stamp = stamp(version, order);
            let settled = self.resolve(&mut request, floor, &counters.causes);
            match settled.and_then(|()| settler.settle(&request, &members.0, &stamp)) {
                Ok(settled) => {
                    self.apply(&request, &stamp, floor, store, &mut batch)?;
                    self.remember(&request, &stamp, version, floor);
                    self.note_winner(&request, &stamp, version, waiters.0.len() == 1);
                    settler.note(&request, &settled, &stamp);
                    self.note_lock(&request, &settler);
                    self.watches.touched(&request, &stamp, &mut touched);
                    needs_sync |= request.sync;
                    members.0.push(waiter.clone());
                }
                Err(error) if self.has_lost(&request, &error, published) => sequenced.lost.add(waiter, error),
                Err(error) => sequenced.refused.add(waiter, error),
            }
        }
        for (keyspace, key, value) in settler.last_values() {
            self.put(keyspace, key, value, &mut *batch)?;
        }
        let resolved = counters.stages.resolve.record_since(began);
        sequenced.ended = resolved;
        if !members.0.is_empty() {
            let early = is_on(Defect::PublishesBeforeWrite).then(|| store.clone().snapshot());
            counters.written.add(batch.bytes() as u64);
            self.note_changes(&members, version);
            write(version, lease, batch).inspect_err(|error| members.fail(error))?;
            let snapshot = early.unwrap_or_else(|| store.clone().snapshot());
            let snapshot = versions.share(snapshot, counters.written.get(), now);
            members.0.iter().for_each(|member| member.written());
            counters.groups.add(1);
            sequenced.forgot = self.bound_history(version, counters);
            sequenced.ended = counters.stages.write.record_since(resolved);
            sequenced.group =
                Some(Group { version, snapshot, members, needs_sync, lease, touched, lost: Refused::default() });
        }
        // From here on the outcome owns the members.
        waiters.0.clear();
        Ok(sequenced)
    }

    /// Rule CONF-15: too old, else conflict, else it commits.
    fn resolve(&self, request: &mut Request, floor: i64, causes: &Causes) -> Result<()> {
        if !request.lock_aware {
            self.lock.check()?;
        }
        let used = request.writes.iter().map(|(id, _)| id).chain(request.overlays.iter().map(|(id, _)| id));
        if let Some(gone) = used.chain(request.reads.iter().map(|(id, _)| id)).find(|id| !self.keyspaces.contains(id)) {
            return Err(crate::store::keyspace_gone(*gone));
        }
        if request.read_version < floor {
            match request.read_version < self.forgotten {
                true => causes.history.add(1),
                false => causes.window.add(1),
            }
            return Err(Error::new(Code::TRANSACTION_TOO_OLD));
        }
        let checked = if is_on(Defect::ForgetsKeyspaces) { 1 } else { request.reads.len() };
        for (keyspace, reads) in request.reads.iter().take(checked) {
            if let Some(history) = self.histories.get(keyspace) {
                let hit =
                    reads.iter().filter_map(seen).find(|range| history.written_after(*range, request.read_version));
                if let Some(hit) = hit {
                    match hit {
                        RangeRef::Key(_) => causes.point.add(1),
                        RangeRef::Range(..) => causes.range.add(1),
                    }
                    if request.report {
                        request.hits = self.hits(request);
                        request.winners = self.winners(request);
                    }
                    return Err(Error::new(Code::NOT_COMMITTED));
                }
            }
        }
        Ok(())
    }

    /// Whether a commit failed because of one that is not published: read again before that is, the same
    /// keys would have it fail again.
    fn has_lost(&self, request: &Request, error: &Error, published: i64) -> bool {
        error.code() == Code::NOT_COMMITTED
            && request.reads.iter().any(|(keyspace, reads)| {
                let history = self.histories.get(keyspace);
                history.is_some_and(|history| reads.iter().any(|range| history.written_after(range, published)))
            })
    }

    /// The read conflict ranges that others wrote in, whole as they were sent (rule SPEC-6).
    fn hits(&self, request: &Request) -> Vec<(u32, ConflictSet)> {
        let mut hits = Vec::new();
        for (keyspace, reads) in &request.reads {
            let Some(history) = self.histories.get(keyspace) else {
                continue;
            };
            // Ranges that touch are one range.
            let mut reads = reads.clone();
            reads.tidy();
            let mut set = ConflictSet::default();
            reads
                .iter()
                .filter(|range| history.written_after(*range, request.read_version))
                .for_each(|hit| set.add(hit));
            hits.push((*keyspace, set));
        }
        hits.sort_by_key(|(keyspace, _)| *keyspace);
        hits
    }

    /// Adds a commit's changes to the batch, but for the keys that were settled, which come last. Clears come
    /// before keys: an overlay's keys were written after the clears that cover them.
    fn apply(
        &self,
        request: &Request,
        stamp: &Stamp,
        floor: i64,
        store: &Arc<dyn Store>,
        batch: &mut Box<dyn Batch>,
    ) -> Result<()> {
        for (at, (keyspace, overlay)) in request.overlays.iter().enumerate() {
            if at == 1 && is_on(Defect::SplitsBatches) {
                std::mem::replace(batch, store.clone().batch()).write()?;
            }
            if is_on(Defect::AppliesOutOfOrder) {
                overlay.keys().try_for_each(|(key, entry)| match entry {
                    Entry::Set(value) => batch.put(*keyspace, key, value),
                    _ => Ok(()),
                })?;
            }
            for (begin, end) in overlay.clears() {
                let looked_up = request.clears.iter().find(|clear| clear.keyspace == *keyspace && clear.begin == begin);
                match looked_up.filter(|clear| self.is_unchanged(clear, begin, end, floor)) {
                    Some(clear) => clear.keys.iter().try_for_each(|key| batch.delete(*keyspace, key))?,
                    None => batch.delete_range(*keyspace, begin, end)?,
                }
            }
            for (key, entry) in overlay.keys() {
                let value = match entry {
                    Entry::Set(_) if is_on(Defect::AppliesOutOfOrder) => continue,
                    Entry::Set(value) => Some(value),
                    Entry::Cleared => None,
                    Entry::Pending(_) => continue,
                };
                self.put(*keyspace, key, value, &mut **batch)?;
            }
            for key in overlay.stamped_keys() {
                self.put(*keyspace, &key.key(stamp), Some(&key.value), &mut **batch)?;
            }
        }
        Ok(())
    }

    fn put(&self, keyspace: u32, key: &[u8], value: Option<&[u8]>, batch: &mut dyn Batch) -> Result<()> {
        match value {
            Some(value) => {
                self.vacant.set(keyspace, key);
                if is_on(Defect::ChangesABit) && !value.is_empty() && fastrand::u16(..4_096) == 0 {
                    let mut value = value.to_vec();
                    let at = fastrand::usize(..value.len());
                    value[at] ^= 1 << fastrand::u8(..8);
                    return batch.put(keyspace, key, &value);
                }
                batch.put(keyspace, key, value)
            }
            None => batch.delete(keyspace, key),
        }
    }

    /// Whether the keys that were looked up in a cleared range are still all that is in it.
    fn is_unchanged(&self, clear: &Clear, begin: &[u8], end: &[u8], floor: i64) -> bool {
        clear.version >= floor && self.is_unwritten(clear.keyspace, begin, end, clear.version)
    }

    /// Who wrote in the ranges that were hit. Few are looked up: the sequencer waits.
    fn winners(&self, request: &Request) -> Vec<Winner> {
        let ranges = request.hits.iter().flat_map(|(keyspace, set)| set.iter().map(move |hit| (*keyspace, hit)));
        let winner = |(keyspace, hit): (u32, RangeRef<'_>)| {
            let version = self.last_written(keyspace, hit, request.read_version);
            Winner { version, id: self.winners.find(version, keyspace, hit) }
        };
        ranges.take(MOST_TOLD).map(winner).collect()
    }

    /// The version of the newest commit that wrote in a range that was written after `since`.
    fn last_written(&self, keyspace: u32, range: RangeRef<'_>, since: i64) -> i64 {
        // Below it the history says yes, from it on no.
        let (mut written, mut not) = (since, self.last_version);
        let Some(history) = self.histories.get(&keyspace) else { return not };
        while not - written > 1 {
            let middle = written + (not - written) / 2;
            match history.written_after(range, middle) {
                true => written = middle,
                false => not = middle,
            }
        }
        not
    }

    /// Notes a commit whose transaction has an id, and what it wrote unless it is `alone` in its group.
    fn note_winner(&mut self, request: &Request, stamp: &Stamp, version: i64, alone: bool) {
        let Some(id) = request.id else { return };
        let wrote = || Wrote::new(&request.overlays, &request.writes, *stamp);
        self.winners.note(version, id, (!alone).then(wrote));
    }

    /// Whether nobody wrote in a range after `version`, which lies in the window.
    fn is_unwritten(&self, keyspace: u32, begin: &[u8], end: &[u8], version: i64) -> bool {
        let written = |history: &History| history.written_after(RangeRef::Range(begin, end), version);
        let known = version >= self.forgotten && self.quiet.get(&keyspace).is_none_or(|quiet| version >= *quiet);
        known && !self.histories.get(&keyspace).is_some_and(written)
    }

    /// Adds a commit's write ranges to the history.
    fn remember(&mut self, request: &Request, stamp: &Stamp, version: i64, floor: i64) {
        for (keyspace, overlay) in &request.overlays {
            let history = self.histories.entry(*keyspace).or_default();
            overlay.write_ranges(&mut |range| history.insert(range, version, floor));
            for key in overlay.stamped_keys().iter().filter(|_| !is_on(Defect::ForgetsStampedKeys)) {
                history.insert(RangeRef::Key(&key.key(stamp)), version, floor);
            }
            if overlay.has_quiet_writes() {
                self.quiet.insert(*keyspace, version);
            }
        }
        for (keyspace, writes) in request.writes.iter().filter(|_| !is_on(Defect::ForgetsAddedRanges)) {
            let history = self.histories.entry(*keyspace).or_default();
            writes.iter().for_each(|range| history.insert(range, version, floor));
        }
    }

    /// Fails while the database is locked.
    pub fn check_lock(&self) -> Result<()> {
        self.lock.check()
    }

    /// Locks the database for the commits that follow, or unlocks it, if a member does so.
    fn note_lock(&self, request: &Request, settler: &Settler<'_>) {
        let overlay = request.overlays.iter().find(|(keyspace, _)| *keyspace == 0);
        let Some((_, overlay)) = overlay.filter(|(_, overlay)| overlay.reaches(LOCK_KEY)) else {
            return;
        };
        match overlay.get(LOCK_KEY) {
            Known::Set(value) => self.lock.set(Some(value)),
            Known::Cleared => self.lock.set(None),
            Known::Pending(_) => self.lock.set(settler.left(0, LOCK_KEY)),
            Known::Unwritten => {}
        }
    }

    /// Tells those who follow the changes, before anything of the group can be seen.
    fn note_changes(&mut self, members: &Members, version: i64) {
        if !self.trackers.is_empty() {
            self.trackers.note(version, |take| members.0.iter().for_each(|member| take(&member.request())));
        }
    }

    /// Forgets everything when the history outgrows its share of the memory budget: transactions
    /// that began before are then too old.
    fn bound_history(&mut self, version: i64, counters: &Counters) -> Option<usize> {
        let bytes: usize = self.histories.values().map(History::memory).sum();
        counters.history_bytes.set(bytes as u64);
        if bytes <= self.limits.history {
            return None;
        }
        self.histories.clear();
        self.forgotten = version;
        Some(bytes)
    }
}

/// A read conflict range as the resolver looks at it: as it is.
fn seen(range: RangeRef<'_>) -> Option<RangeRef<'_>> {
    match range {
        RangeRef::Range(..) if is_on(Defect::IgnoresReadRanges) => None,
        RangeRef::Range(begin, end) if is_on(Defect::IgnoresLastByte) => {
            end.split_last().map(|(_, end)| RangeRef::Range(begin, end))
        }
        range => Some(range),
    }
}

/// Completes a batch with its version, so that data and version can't disagree, and writes it.
fn write(version: i64, lease: Option<i64>, mut batch: Box<dyn Batch>) -> Result<()> {
    if !is_on(Defect::ForgetsVersions) {
        batch.put(META, format::VERSION_KEY, &version.to_be_bytes())?;
    }
    if let Some(lease) = lease {
        batch.put(META, format::LEASE_KEY, &lease.to_be_bytes())?;
    }
    batch.write()
}
