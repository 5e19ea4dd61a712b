//! The sequencer: resolves a group of commits, gives it a version and writes it.
//!
//! Everything here happens under the sequencer's lock, so the order of groups is the order of
//! versions, of the log, of RocksDB's sequence numbers and of what snapshots see. Within a group
//! the order is that of the queue; a commit conflicts with earlier members too.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;

use plinth_api::{Code, Error, Result};

use super::publish::Group;
use super::waiter::{Members, Waiter};
use super::{Clear, Request};
use crate::conflict::{History, RangeRef};
use crate::format;
use crate::metrics::Counters;
use crate::store::{Batch, Store, META};
use crate::vacant::VacantRanges;
use crate::version::{SharedSnapshot, Versions};

/// What became of a group. Its members are told when the sequencer's lock is free again.
pub struct Sequenced {
    /// Those that were written.
    pub group: Option<Group>,
    /// Those that were not, and why.
    pub refused: Vec<(Arc<Waiter>, Error)>,
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
    /// How many versions are reserved at a time.
    lease_span: i64,
    /// Ranges that scans may pass over; cut here when a key in them is set.
    vacant: Arc<VacantRanges>,
    /// Versions at or below this have no conflict history any more.
    forgotten: i64,
    history_limit: usize,
}

impl Sequencer {
    /// Begins after `last_version`, with versions below `lease` reserved.
    pub fn new(
        last_version: i64,
        lease: Arc<AtomicI64>,
        vacant: Arc<VacantRanges>,
        keyspaces: impl Iterator<Item = u32>,
        (history_limit, lease_span): (usize, i64),
    ) -> Self {
        Self {
            histories: HashMap::new(),
            keyspaces: keyspaces.collect(),
            last_version,
            lease,
            lease_span,
            vacant,
            forgotten: 0,
            history_limit,
        }
    }

    /// Lets commits write to a keyspace.
    pub fn add_keyspace(&mut self, id: u32) {
        self.keyspaces.insert(id);
    }

    /// Makes commits that use a keyspace fail.
    pub fn remove_keyspace(&mut self, id: u32) {
        self.keyspaces.remove(&id);
        self.histories.remove(&id);
    }

    /// Lets scans pass over `[begin, end)`, which was empty at `version`, if nobody wrote there
    /// since.
    pub fn note_vacant(&self, keyspace: u32, begin: &[u8], end: &[u8], version: i64, versions: &Versions) {
        let written = |history: &History| history.written_after(RangeRef::Range(begin, end), version);
        let known = version >= versions.oldest().max(self.forgotten);
        if begin < end && known && !self.histories.get(&keyspace).is_some_and(written) {
            self.vacant.note(keyspace, begin, end, version);
        }
    }

    /// A new version, above every one given out before, in this life or an earlier one, and a
    /// lease to be written with it where the present one should be renewed. Versions stay below
    /// the lease, with room for the groups that follow before the renewal is on disk: after a
    /// long idle time they lag behind the clock until then.
    pub fn allocate(&mut self, versions: &Versions) -> Result<(i64, Option<i64>)> {
        let now = versions.clock.now();
        let lease = self.lease.load(Ordering::Acquire);
        let version = now.min(lease - self.lease_span / 4).max(self.last_version + 1);
        if version >= lease {
            return Err(Error::new(Code::INTERNAL_ERROR).context("the reserved versions are used up"));
        }
        self.last_version = version;
        let renewal = now.max(version) + self.lease_span;
        Ok((version, self.lease_is_short(versions).then_some(renewal)))
    }

    /// Whether the lease should be renewed.
    pub fn lease_is_short(&self, versions: &Versions) -> bool {
        versions.clock.now() >= self.lease.load(Ordering::Acquire) - self.lease_span / 2
    }

    /// Takes a group through. An error means that the store failed, and that the members' fate
    /// is unknown, which they have been told.
    pub fn run(
        &mut self,
        waiters: Vec<Arc<Waiter>>,
        store: &Arc<dyn Store>,
        versions: &Versions,
        counters: &Counters,
    ) -> Result<Sequenced> {
        let mut waiters = Members(waiters);
        let (version, lease) = self.allocate(versions)?;
        let floor = versions.oldest().max(self.forgotten);
        let mut batch = store.clone().batch();
        let mut sequenced = Sequenced { group: None, refused: Vec::new() };
        let mut members = Members(Vec::with_capacity(waiters.0.len()));
        let mut needs_sync = lease.is_some();
        for waiter in &waiters.0 {
            let request = waiter.request();
            match self.resolve(&request, floor) {
                Ok(()) => {
                    self.apply(&request, version, floor, &mut *batch)?;
                    needs_sync |= request.sync;
                    members.0.push(waiter.clone());
                }
                Err(error) => sequenced.refused.push((waiter.clone(), error)),
            }
        }
        if !members.0.is_empty() {
            write(version, lease, batch)?;
            let snapshot = SharedSnapshot::new(store.clone().snapshot());
            members.0.iter().for_each(|member| member.written());
            counters.groups.add(1);
            self.bound_history(version, counters);
            sequenced.group = Some(Group { version, snapshot, members, needs_sync, lease });
        }
        // From here on the outcome owns the members.
        waiters.0.clear();
        Ok(sequenced)
    }

    /// Rule CONF-15: too old, else conflict, else it commits.
    fn resolve(&self, request: &Request, floor: i64) -> Result<()> {
        let used = request.writes.iter().map(|(id, _)| id).chain(request.overlays.iter().map(|(id, _)| id));
        if let Some(gone) = used.chain(request.reads.iter().map(|(id, _)| id)).find(|id| !self.keyspaces.contains(id)) {
            return Err(crate::store::keyspace_gone(*gone));
        }
        if request.read_version < floor {
            return Err(Error::new(Code::TRANSACTION_TOO_OLD));
        }
        for (keyspace, reads) in &request.reads {
            if let Some(history) = self.histories.get(keyspace) {
                if reads.iter().any(|range| history.written_after(range, request.read_version)) {
                    return Err(Error::new(Code::NOT_COMMITTED));
                }
            }
        }
        Ok(())
    }

    /// Adds a commit's changes to the batch, and its write ranges to the history. Clears come
    /// before keys: an overlay's keys were written after the clears that cover them.
    fn apply(&mut self, request: &Request, version: i64, floor: i64, batch: &mut dyn Batch) -> Result<()> {
        for (keyspace, overlay) in &request.overlays {
            for (begin, end) in overlay.clears() {
                let looked_up = request.clears.iter().find(|clear| clear.keyspace == *keyspace && clear.begin == begin);
                match looked_up.filter(|clear| self.is_unchanged(clear, begin, end, floor)) {
                    Some(clear) => clear.keys.iter().try_for_each(|key| batch.delete(*keyspace, key))?,
                    None => batch.delete_range(*keyspace, begin, end)?,
                }
            }
            for (key, value) in overlay.keys() {
                match value {
                    Some(value) => {
                        self.vacant.set(*keyspace, key);
                        batch.put(*keyspace, key, value)?;
                    }
                    None => batch.delete(*keyspace, key)?,
                }
            }
        }
        self.remember(request, version, floor);
        Ok(())
    }

    /// Whether the keys that were looked up in a cleared range are still all that is in it.
    fn is_unchanged(&self, clear: &Clear, begin: &[u8], end: &[u8], floor: i64) -> bool {
        let written = |history: &History| history.written_after(RangeRef::Range(begin, end), clear.version);
        clear.version >= floor && !self.histories.get(&clear.keyspace).is_some_and(written)
    }

    /// Adds a commit's write ranges to the history.
    fn remember(&mut self, request: &Request, version: i64, floor: i64) {
        for (keyspace, overlay) in &request.overlays {
            let history = self.histories.entry(*keyspace).or_default();
            overlay.write_ranges(&mut |range| history.insert(range, version, floor));
        }
        for (keyspace, writes) in &request.writes {
            let history = self.histories.entry(*keyspace).or_default();
            writes.iter().for_each(|range| history.insert(range, version, floor));
        }
    }

    /// Forgets everything when the history outgrows its share of the memory budget: transactions
    /// that began before are then too old.
    fn bound_history(&mut self, version: i64, counters: &Counters) {
        let bytes: usize = self.histories.values().map(History::memory).sum();
        counters.history_bytes.set(bytes as u64);
        if bytes > self.history_limit {
            self.histories.clear();
            self.forgotten = version;
        }
    }
}

/// Completes a batch with its version, so that data and version can't disagree, and writes it.
fn write(version: i64, lease: Option<i64>, mut batch: Box<dyn Batch>) -> Result<()> {
    batch.put(META, format::VERSION_KEY, &version.to_be_bytes())?;
    if let Some(lease) = lease {
        batch.put(META, format::LEASE_KEY, &lease.to_be_bytes())?;
    }
    batch.write()
}
