//! A state of a whole database that is held.

use crate::{Keyspace, RangeOptions, RangeResult, Result};

/// States that a database holds at a time, at most: each keeps old data on the disk.
pub const MOST_HELD: usize = 16;

/// The state of a whole database at one version. It can be read until it is dropped, however old it is: as
/// long as it lives, nothing of it is removed from the disk.
///
/// It ends before that with its database: reads fail with `database_closed` then, or with
/// `held_state_lost` where the database goes on with another host.
pub trait Held: Send + Sync {
    /// The version: the state holds what was committed up to it, and nothing of what came later.
    fn version(&self) -> i64;

    /// The keyspaces that there were, the default one first, the others in the order of their names. One that
    /// is dropped later can still be read here.
    fn keyspaces(&self) -> &[Keyspace];

    /// The pairs with `begin <= key < end`, in order. What comes at a time is bounded even where `options`
    /// names no limit, so memory is constant; [`RangeResult::more`] tells that there may be more behind the last
    /// one. No read conflict comes of it.
    fn read(&self, keyspace: u32, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult>;
}
