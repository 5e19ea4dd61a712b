//! A host in this process: calls go straight to its database.
//!
//! The host may close its handle while this one goes on: then a call fails with [`LOST`], and watches
//! are kept for the next host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use plinth_api::{Changed, Changes, Code, Error, Held, Keyspace, Progress, RangeOptions, RangeResult, Result, Value};
use uuid::Uuid;

use super::Member;
use crate::changes::{self, Tracking};
use crate::commit::{Outcome, Request};
use crate::held::{self, Hold};
use crate::local::Local;
use crate::metrics::Facts;
use crate::roll::Roll;
use crate::service::{AsyncCommit, Service};
use crate::store::{Range, Tier, Visit};
use crate::upkeep::task::{Finished, Task};
use crate::upstream::{Events, Upstream, LOST};
use crate::version::ReadPoint;
use crate::watch::{Watch, Watches};
use crate::wire::Counts;

/// See the file's top.
pub struct Direct {
    local: Arc<Local>,
    events: Arc<dyn Events>,
    member: Weak<Member>,
    life: u64,
    /// Slots only: what limits the watches is the member's own.
    slots: Arc<Watches>,
    /// What stands for the member's watches in the database, by their numbers.
    stand_ins: Arc<Mutex<BTreeMap<u64, Arc<Watch>>>>,
}

impl Direct {
    /// A connection to a database of this process, the `life`th of the member.
    pub fn new(local: Arc<Local>, events: Arc<dyn Events>, member: Weak<Member>, life: u64) -> Arc<Self> {
        let slots = Arc::new(Watches::new(usize::MAX));
        local.kindred.add(member.clone());
        Arc::new(Self { local, events, member, life, slots, stand_ins: Arc::default() })
    }

    fn watching(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Watch>>> {
        self.stand_ins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Direct {
    /// The database goes on without the member's watches.
    fn drop(&mut self) {
        let stand_ins = std::mem::take(&mut *self.watching());
        for stand_in in stand_ins.into_values() {
            drop(stand_in.take());
            self.local.forget_watch(&stand_in);
        }
    }
}

/// The database was closed, which is not the end for this handle.
fn lost<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.code() == Code::DATABASE_CLOSED => Err(Error::new(LOST)),
        result => result,
    }
}

/// A state that is held by another handle's database.
struct Elsewhere(Hold);

impl Held for Elsewhere {
    fn version(&self) -> i64 {
        self.0.version()
    }

    fn keyspaces(&self) -> &[Keyspace] {
        self.0.keyspaces()
    }

    fn read(&self, keyspace: u32, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult> {
        held::lost(lost(self.0.read(keyspace, begin, end, options)))
    }
}

/// A tracker of another handle's database.
struct TrackedElsewhere(Tracking);

impl Changes for TrackedElsewhere {
    fn take(&mut self) -> Result<Changed> {
        changes::lost(lost(self.0.take()))
    }
}

impl Upstream for Direct {
    fn latest(&self, tier: Tier, lock_aware: bool) -> Result<Arc<ReadPoint>> {
        lost(self.local.check_open().and_then(|()| match lock_aware {
            true => self.local.latest(tier),
            false => self.local.latest_unlocked(tier),
        }))
    }

    fn at(&self, version: i64, wait: bool) -> Result<Arc<ReadPoint>> {
        lost(match wait {
            true => self.local.at(version),
            false => self.local.at_once(version),
        })
    }

    fn get(&self, at: &ReadPoint, tier: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        lost(self.local.get(at, tier, keyspace, key))
    }

    fn get_many(&self, at: &ReadPoint, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
        lost(self.local.get_many(at, tier, keyspace, keys))
    }

    fn scan(&self, at: &ReadPoint, tier: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<()> {
        lost(self.local.scan(at, tier, range, visit))
    }

    fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64> {
        lost(self.local.estimate(keyspace, begin, end))
    }

    fn commit(&self, mut request: Request) -> Outcome {
        if let Err(error) = self.local.prepare(&mut request) {
            return (request, lost(Err(error)));
        }
        let (request, result) = self.local.commit(request);
        (request, lost(result))
    }

    fn commit_async(&self, mut request: Request, done: Box<dyn FnOnce(Outcome) + Send>) {
        let local = self.local.clone();
        if let Err(error) = local.check_open().and_then(|()| local.prepare(&mut request)) {
            return done((request, lost(Err(error))));
        }
        let done = move |outcome: Result<Option<Outcome>>| match outcome {
            Ok(Some((request, result))) => done((request, lost(result))),
            Ok(None) => done((Request::default(), Err(Error::new(Code::INTERNAL_ERROR)))),
            // The request is gone, so it can't be made again.
            Err(error) => done((Request::default(), Err(error))),
        };
        let prepare = Box::new(move || Ok(Some(request)));
        self.local.commit_async(AsyncCommit { prepare, done: Box::new(done), brief: true });
    }

    fn watch(&self, watch: &Arc<Watch>) {
        let number = watch.number;
        let slot = match self.slots.reserve() {
            Ok(slot) => slot,
            Err(error) => return self.events.fired(number, Err(error)),
        };
        let (events, member, life) = (self.events.clone(), self.member.clone(), self.life);
        let stand_ins = self.stand_ins.clone();
        let done = move |outcome: Result<()>| {
            stand_ins.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
            match outcome {
                Err(error) if error.code() == Code::DATABASE_CLOSED => {
                    let _ = member.upgrade().map(|member| member.life_ended(life));
                }
                outcome => events.fired(number, outcome),
            }
        };
        let stand_in = Watch::of_seen(watch.keyspace, &watch.key, watch.seen.clone(), Box::new(done), slot);
        self.watching().insert(number, stand_in.clone());
        self.local.activate(vec![stand_in]);
    }

    fn unwatch(&self, watch: &Arc<Watch>) {
        let stand_in = self.watching().remove(&watch.number);
        if let Some(stand_in) = stand_in {
            stand_in.take();
            self.local.forget_watch(&stand_in);
        }
    }

    fn check_keyspace(&self, keyspace: u32) -> Result<()> {
        self.local.check_keyspace(keyspace)
    }

    fn commit_failed(&self, code: Code) {
        self.local.commit_failed(code);
    }

    fn help_commits(&self) {
        self.local.help_commits();
    }

    fn keyspace(&self, name: &str, create: bool) -> Result<Option<u32>> {
        let found = match create {
            true => self.local.open_keyspace(name).map(Some),
            false => self.local.find_keyspace(name),
        };
        lost(found).map(|found| found.map(|keyspace| keyspace.id))
    }

    fn keyspaces(&self) -> Result<Vec<Arc<str>>> {
        lost(self.local.list_keyspaces())
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        lost(self.local.drop_keyspace(name))
    }

    fn sync(&self) -> Result<()> {
        lost(self.local.sync())
    }

    fn upkeep(&self, task: &Task, progress: &dyn Progress) -> Result<Finished> {
        lost(self.local.upkeep(task, progress))
    }

    fn facts(&self) -> Result<Facts> {
        lost(self.local.check_open())?;
        Ok(Facts::of(&self.local))
    }

    fn hold(self: Arc<Self>) -> Result<Arc<dyn Held>> {
        Ok(Arc::new(Elsewhere(lost(Hold::new(&self.local))?)))
    }

    fn track_changes(self: Arc<Self>, most_ranges: usize) -> Result<Box<dyn Changes>> {
        Ok(Box::new(TrackedElsewhere(lost(Tracking::begin(&self.local, most_ranges))?)))
    }

    fn raise_version(&self, above: i64) -> Result<()> {
        lost(self.local.raise_version(above))
    }

    fn expire(&self, version: i64) -> Result<u64> {
        lost(self.local.expire(version))
    }

    fn roll(&self, expire: Option<Uuid>) -> Result<Roll> {
        lost(self.local.roll(expire))
    }

    fn counts(&self) -> Result<Counts> {
        Ok(self.local.counts())
    }
}
