//! The seam inside the engine: between one transaction's own state (its writes, its read set,
//! its options) and the database (versions, conflicts, the pipeline).
//!
//! Only keys, ranges, versions and mutations cross it.

use std::sync::Arc;

use plinth_api::{Code, DatabaseOptions, Result, TransactionDefaults, Value};

use crate::commit::{Outcome, Request};
use crate::executor::Executor;
use crate::metrics::Operations;
use crate::store::{Range, Tier, Visit};
use crate::transaction::Idle;
use crate::version::{ReadPoint, Readers};
use crate::watch::{Slot, Watch};

/// A commit that nobody waits for.
pub struct AsyncCommit {
    /// Makes the request; may go to the disk. `None` if there is nothing to write.
    pub prepare: Box<dyn FnOnce() -> Result<Option<Request>> + Send>,
    /// Receives the outcome, on a thread of the executor or, if it is brief, on the one that took the
    /// commit through.
    pub done: Box<dyn FnOnce(Result<Option<Outcome>>) + Send>,
    /// It returns at once: it may be called where other commits wait for it.
    pub brief: bool,
}

/// What a transaction needs of its database.
pub trait Service: Send + Sync {
    /// The options the database was opened with.
    fn options(&self) -> &DatabaseOptions;

    /// What transactions begin with now.
    fn defaults(&self) -> TransactionDefaults;

    /// Where the database is, and its id.
    fn identity(&self) -> (&str, &str);

    /// Fails once the database is closed.
    fn check_open(&self) -> Result<()>;

    /// Fails if commits are refused.
    fn check_writable(&self) -> Result<()>;

    /// Fails if a keyspace was dropped.
    fn check_keyspace(&self, keyspace: u32) -> Result<()>;

    /// The newest state, which holds every commit acknowledged so far.
    fn latest(&self, tier: Tier) -> Result<Arc<ReadPoint>>;

    /// The same for who does not know of locks: 1038 while the database is locked.
    fn latest_unlocked(&self, tier: Tier) -> Result<Arc<ReadPoint>>;

    /// The state at a version; waits up to a second for one in the future (rule VER-8).
    fn at(&self, version: i64) -> Result<Arc<ReadPoint>>;

    /// The same without a wait: 1009 for one in the future (rule VER-10).
    fn at_once(&self, version: i64) -> Result<Arc<ReadPoint>>;

    /// Reads a key.
    fn get(&self, at: &ReadPoint, tier: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>>;

    /// Reads keys: their values in the same order.
    fn get_many(&self, at: &ReadPoint, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>>;

    /// Reads a key in the newest state, and says which one that is; 1038 while the database is locked.
    fn get_latest(&self, keyspace: u32, key: &[u8]) -> Result<(Arc<ReadPoint>, Option<Value>)> {
        let point = self.latest_unlocked(Tier::Disk)?;
        let value = self.get(&point, Tier::Disk, keyspace, key)?;
        Ok((point, value))
    }

    /// Visits the pairs of a range.
    fn scan(&self, at: &ReadPoint, tier: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<()>;

    /// About how many bytes are stored in `[begin, end)`.
    fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64>;

    /// Looks up what a commit needs; may go to the disk.
    fn prepare(&self, request: &mut Request) -> Result<()>;

    /// Commits.
    fn commit(&self, request: Request) -> Outcome;

    /// Commits on a thread of the executor.
    fn commit_async(&self, commit: AsyncCommit);

    /// Takes such commits through on the calling thread, those that no thread has taken yet.
    fn help_commits(&self);

    /// Counts a commit that failed.
    fn commit_failed(&self, code: Code);

    /// Where transactions are noted that read, if somebody wants to know.
    fn readers(&self) -> Option<&Arc<Readers>> {
        None
    }

    /// Transactions that have ended, for those that begin.
    fn idle(&self) -> &Idle;

    /// Counts a transaction that took too long.
    fn note_slow(&self);

    /// The threads of asynchronous calls.
    fn executor(&self) -> &Arc<Executor>;

    /// Room for one more watch (rule WATCH-8).
    fn reserve_watch(&self) -> Result<Slot>;

    /// Has watches wait for a change after their transaction has committed.
    fn activate(&self, watches: Vec<Arc<Watch>>);

    /// Takes a watch out, wherever it waits.
    fn forget_watch(&self, watch: &Arc<Watch>);

    /// Takes bytes from the memory budget.
    fn reserve(&self, bytes: usize) -> Result<()>;

    /// Gives bytes back.
    fn release(&self, bytes: usize);

    /// Where what transactions do is counted.
    fn operations(&self) -> &Operations;

    /// A transaction has ended.
    fn ended(&self);
}
