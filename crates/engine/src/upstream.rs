//! Where a guest's calls go: to the host of the directory, which is another process, or another handle
//! in this one.
//!
//! A host can go away at any moment. A call that this cuts short fails with [`LOST`] if nothing came
//! of it: the guest may make it again at the next host, unless it concerns a version of the old one. A
//! commit of which that is not known fails with 1021.

use std::sync::Arc;

use plinth_api::{Changes, Code, Held, Progress, Result, Value};
use uuid::Uuid;

use crate::commit::{Outcome, Request};
use crate::metrics::Facts;
use crate::roll::Roll;
use crate::store::{Range, Tier, Visit};
use crate::upkeep::task::{Finished, Task};
use crate::version::ReadPoint;
use crate::watch::Watch;
use crate::wire::Counts;

/// The error of a call that came to nothing because the host has gone. It stays inside the engine.
pub const LOST: Code = Code::from_number(-3);

/// What a guest asks of its host.
///
/// With [`Tier::Memory`] a call never waits: it fails with [`crate::store::NOT_IN_MEMORY`] where it
/// would have to.
pub trait Upstream: Send + Sync {
    /// The newest state; 1038 while the database is locked, unless the caller is aware of that.
    fn latest(&self, tier: Tier, lock_aware: bool) -> Result<Arc<ReadPoint>>;

    /// The state at a version. `wait` for up to a second if it lies in the future.
    fn at(&self, version: i64, wait: bool) -> Result<Arc<ReadPoint>>;

    /// Reads a key.
    fn get(&self, at: &ReadPoint, tier: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>>;

    /// Reads keys: their values in the same order.
    fn get_many(&self, at: &ReadPoint, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>>;

    /// Reads a key in the newest state, and says which one that is; 1038 while the database is locked.
    fn get_latest(&self, tier: Tier, keyspace: u32, key: &[u8]) -> Result<(Arc<ReadPoint>, Option<Value>)> {
        let point = self.latest(tier, false)?;
        let value = self.get(&point, tier, keyspace, key)?;
        Ok((point, value))
    }

    /// Visits the pairs of a range.
    fn scan(&self, at: &ReadPoint, tier: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<()>;

    /// About how many bytes are stored in `[begin, end)`.
    fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64>;

    /// Commits.
    fn commit(&self, request: Request) -> Outcome;

    /// Commits, and calls `done`, which returns at once, on a thread that others may wait for.
    fn commit_async(&self, request: Request, done: Box<dyn FnOnce(Outcome) + Send>);

    /// Has a watch wait. Returns at once. When it has ended the guest hears of it, with its number.
    fn watch(&self, watch: &Arc<Watch>);

    /// Forgets a watch. Returns at once.
    fn unwatch(&self, watch: &Arc<Watch>);

    /// Fails if a keyspace is known to have been dropped.
    fn check_keyspace(&self, _keyspace: u32) -> Result<()> {
        Ok(())
    }

    /// Counts a commit that failed, if nobody else does.
    fn commit_failed(&self, _code: Code) {}

    /// Takes commits of [`Upstream::commit_async`] through on the calling thread, if it can.
    fn help_commits(&self) {}

    /// The number of a keyspace, which is created if it is missing and `create` is set.
    fn keyspace(&self, name: &str, create: bool) -> Result<Option<u32>>;

    /// The names of all keyspaces, the default one first.
    fn keyspaces(&self) -> Result<Vec<Arc<str>>>;

    /// Removes a keyspace.
    fn drop_keyspace(&self, name: &str) -> Result<()>;

    /// Makes every acknowledged commit durable.
    fn sync(&self) -> Result<()>;

    /// Has a task of upkeep done. `progress` hears of it on the calling thread.
    fn upkeep(&self, task: &Task, progress: &dyn Progress) -> Result<Finished>;

    /// What there is to tell of the database.
    fn facts(&self) -> Result<Facts>;

    /// Holds the newest state.
    fn hold(self: Arc<Self>) -> Result<Arc<dyn Held>>;

    /// Begins to note what commits write.
    fn track_changes(self: Arc<Self>, most_ranges: usize) -> Result<Box<dyn Changes>>;

    /// Has versions go on above one.
    fn raise_version(&self, above: i64) -> Result<()>;

    /// Lets go of versions up to one.
    fn expire(&self, version: i64) -> Result<u64>;

    /// The live transactions of the database; or has the one expired that is asked for.
    fn roll(&self, expire: Option<Uuid>) -> Result<Roll>;

    /// Answers what [`Events::who`] asked. Returns at once.
    fn here(&self, _question: u64, _roll: Roll) {}

    /// The counters of the database.
    fn counts(&self) -> Result<Counts>;
}

/// Hears what a host tells unasked, on whichever thread reads it: returns at once, and takes no lock
/// that is held during a call of [`Upstream`].
pub trait Events: Send + Sync {
    /// A watch fired, or failed.
    fn fired(&self, watch: u64, outcome: Result<()>);

    /// A keyspace is no more.
    fn dropped(&self, keyspace: u32);

    /// The host asks for the live transactions of this handle, or has one expired: [`Upstream::here`].
    fn who(&self, question: u64, expire: Option<Uuid>);
}
