//! The seam below the engine: what it needs of whatever keeps the bytes.
//!
//! A store knows ordered maps (keyspaces, by number), snapshots, atomic batches and sync. It
//! knows no transactions, no versions and no conflicts. Batches are written by one thread at a
//! time (the pipeline's sequencer), so the order of `write` calls is the order of the log, of
//! memory and of what snapshots see.

mod batch;
mod compaction;
mod dropped;
mod live;
mod logs;
mod memory;
mod options;
mod pins;
mod preset;
mod rocks;
mod rows;
mod seen;
mod tables;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use plinth_api::{Code, Error, Result, Value};

pub use compaction::Piece;
pub use live::{LiveFile, LiveFiles};
pub use logs::{check_log, check_manifest, remove_copies, Unsound};
pub use options::{check_room, options_to_settle, shares, store_options, StoreOptions};
pub use rocks::Rocks;
pub use seen::StoreFacts;
pub use tables::check_table;

/// The number of the engine's own keyspace. It is apart from the users' so that its one hot key
/// costs their reads nothing.
pub const META: u32 = u32::MAX;

/// Receives the pairs of a scan in order; `false` stops it.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> bool + 'a;

/// How far a read may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// To the disk if it must.
    Disk,
    /// Only as far as memory; beyond it the read fails with [`NOT_IN_MEMORY`].
    Memory,
}

/// The error of a read that would have had to go to the disk. It stays inside the engine.
pub const NOT_IN_MEMORY: Code = Code::from_number(-2);

/// A frozen state of all keyspaces.
pub trait Snapshot: Send + Sync {
    /// The value of a key.
    fn get(&self, tier: Tier, keyspace: u32, key: &[u8]) -> Result<Option<Value>>;

    /// The values of keys, in the order of the keys.
    fn get_many(&self, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>>;

    /// Visits the pairs of a range. Returns what it stepped over.
    fn scan(&self, tier: Tier, range: Range<'_>, visit: &mut Visit<'_>) -> Result<Skipped>;

    /// The same in a state that is held, where everything is read once: what is read is not kept in memory,
    /// and keyspaces that were dropped since [`Store::keep_dropped`] are there.
    fn scan_held(&self, range: Range<'_>, visit: &mut Visit<'_>) -> Result<()> {
        self.scan(Tier::Disk, range, visit).map(|_| ())
    }
}

/// The pairs with `begin <= key < end`, ascending, or descending if `reverse`.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The keyspace.
    pub keyspace: u32,
    /// First key.
    pub begin: &'a [u8],
    /// First key past the end.
    pub end: &'a [u8],
    /// Whether to go down.
    pub reverse: bool,
    /// About how many pairs the visitor will take; 0 is not known. Only a hint: a store in another
    /// process may send so many at once.
    pub want: usize,
}

/// What a scan stepped over before it came to its first pair.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many tombstones.
    pub tombstones: u64,
    /// The key of the first pair, if there was one and the tombstones were worth noting.
    pub first: Option<Vec<u8>>,
}

/// Changes that take effect together.
pub trait Batch: Send {
    /// Sets a key.
    fn put(&mut self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()>;
    /// Removes a key.
    fn delete(&mut self, keyspace: u32, key: &[u8]) -> Result<()>;
    /// Removes the keys in `[begin, end)`.
    fn delete_range(&mut self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()>;
    /// Bytes of the changes, about.
    fn bytes(&self) -> usize {
        0
    }
    /// Hands the changes to the log and to memory, without a sync. After an error nobody knows
    /// whether they will be there at the next open.
    fn write(self: Box<Self>) -> Result<()>;
}

/// An open store.
pub trait Store: Send + Sync {
    /// The state after the last `write`.
    fn snapshot(self: Arc<Self>) -> Box<dyn Snapshot>;
    /// The value of a key after the last `write`.
    fn get(self: Arc<Self>, keyspace: u32, key: &[u8]) -> Result<Option<Value>>;
    /// About how many bytes are stored in `[begin, end)`.
    fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64>;
    /// A new, empty batch.
    fn batch(self: Arc<Self>) -> Box<dyn Batch>;
    /// Makes every batch written so far durable. Batches may be written meanwhile.
    fn sync(&self) -> Result<()>;
    /// Whether writes are slowed down or stopped because flushes or compactions lag behind.
    fn is_under_pressure(&self) -> bool;
    /// Gives keyspaces that were found at the opening their numbers; before that they can't be used.
    fn number_keyspaces(&self, numbers: &[(u32, &str)]) -> Result<()>;
    /// Creates a keyspace under a number that was never used before.
    fn create_keyspace(&self, id: u32, name: &str) -> Result<()>;
    /// Removes a keyspace; snapshots that are reading it may go on.
    fn drop_keyspace(&self, id: u32, name: &str) -> Result<()>;
    /// Writes what is in memory to the disk, and lists the files that hold the state after the last `write`, or
    /// after one that comes meanwhile. They stay until the list is dropped.
    fn live_files(self: Arc<Self>) -> Result<LiveFiles> {
        Err(no_files())
    }
    /// The tables that there are, and their lengths.
    fn tables(&self) -> Result<Vec<(PathBuf, u64)>> {
        Err(no_files())
    }
    /// Visits the pairs of a keyspace from a key on, with every checksum computed, and keeps nothing of it in memory.
    fn walk(&self, _keyspace: u32, _from: &[u8], _visit: &mut Visit<'_>) -> Result<()> {
        Err(no_files())
    }
    /// What a keyspace is compacted in.
    fn pieces(&self, _keyspace: u32, _name: &str) -> Result<Vec<Piece>> {
        Err(no_files())
    }
    /// Compacts a piece. `go_on` is asked meanwhile, on this thread; its error ends it.
    fn compact(self: Arc<Self>, _keyspace: u32, _piece: &Piece, _go_on: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        Err(no_files())
    }

    /// How the store is.
    fn facts(&self) -> StoreFacts {
        StoreFacts::default()
    }
    /// Keeps what keyspaces hold that are dropped from now on, until the answer is dropped.
    fn keep_dropped(self: Arc<Self>) -> Box<dyn Send + Sync> {
        Box::new(())
    }
    /// Ends background work. Nothing is read or written afterwards.
    fn stop(&self);
}

/// The error of a keyspace number that the store does not have (any more).
pub fn keyspace_gone(keyspace: u32) -> Error {
    Error::new(Code::KEYSPACE_DROPPED).context(format!("keyspace number {keyspace}"))
}

/// The error of a store that has no files.
pub fn no_files() -> Error {
    Error::new(Code::UNSUPPORTED_OPERATION).context("a database in memory has no files")
}
