//! The seam inside the engine: between one transaction's own state (its writes, its read set,
//! its options) and the database (versions, conflicts, the pipeline).
//!
//! Only keys, ranges, versions and mutations cross it.

use std::sync::Arc;

use plinth_api::{Code, DatabaseOptions, Result, Value};

use crate::commit::Request;
use crate::store::Visit;
use crate::version::ReadPoint;

/// What a transaction needs of its database.
pub trait Service: Send + Sync {
    /// The options the database was opened with.
    fn options(&self) -> &DatabaseOptions;

    /// Fails once the database is closed.
    fn check_open(&self) -> Result<()>;

    /// Fails if a keyspace was dropped.
    fn check_keyspace(&self, keyspace: u32) -> Result<()>;

    /// The newest state, which holds every commit acknowledged so far.
    fn latest(&self) -> Result<Arc<ReadPoint>>;

    /// The state at a version; waits up to a second for one in the future (rule VER-8).
    fn at(&self, version: i64) -> Result<Arc<ReadPoint>>;

    /// Reads a key.
    fn get(&self, at: &ReadPoint, keyspace: u32, key: &[u8]) -> Result<Option<Value>>;

    /// Visits the pairs of a range.
    fn scan(
        &self,
        at: &ReadPoint,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        reverse: bool,
        visit: &mut Visit<'_>,
    ) -> Result<()>;

    /// Commits; returns the version.
    fn commit(&self, request: Request) -> Result<i64>;

    /// Counts a commit that failed.
    fn commit_failed(&self, code: Code);

    /// Takes bytes from the memory budget.
    fn reserve(&self, bytes: usize) -> Result<()>;

    /// Gives bytes back.
    fn release(&self, bytes: usize);

    /// A transaction has ended.
    fn ended(&self);
}
