//! Which tables keep their index and filter pinned in the cache.
//!
//! Every read that comes to a table looks into both. Pinned, they cost it no look-up in the cache, which is an
//! eighth of a hot read's instructions and a fifth of those that find nothing. But what is pinned never makes
//! room for data, so there is a limit: all tables pin theirs until half of the cache is pinned. From then on
//! tables that are opened pin nothing, keyspace by keyspace, and compactions replace those that do.
//!
//! Relies on RocksDB for this: a table that is open keeps its pins whatever the options become.

use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use rocksdb::{Cache, WriteBufferManager};

/// A database whose tables have so many times the size of the cache has more index and filters than
/// may be pinned, unless its pairs are uncommonly large: it is not tried.
const TOO_LARGE: u64 = 16;
/// One look for so many parts of the cache that were written: tables come from nothing else.
const LOOKS: usize = 32;

/// The setting that lets go, for `SetOptions`.
pub const UNPIN: (&str, &str) =
    ("block_based_table_factory", "{metadata_cache_options={unpartitioned_pinning=kNone;};}");

/// What may be pinned, and how far letting go has come.
pub struct Pins {
    cache: Cache,
    /// Memtables are charged to the cache as something that is pinned.
    buffers: WriteBufferManager,
    capacity: usize,
    /// Bytes written since the last look.
    written: AtomicUsize,
    /// Keyspaces below this number have let go.
    unpinned: AtomicU32,
}

impl Pins {
    /// Of a cache of so many bytes, to which memtables are charged.
    pub fn new(cache: Cache, buffers: WriteBufferManager, capacity: usize) -> Self {
        Self { cache, buffers, capacity, written: AtomicUsize::new(0), unpinned: AtomicU32::new(0) }
    }

    /// Whether pinning is worth a try for the tables in a directory.
    pub fn may_fit(&self, path: &Path) -> bool {
        tables_in(path) / TOO_LARGE <= self.capacity as u64
    }

    /// Bytes that are pinned in the cache, memtables aside.
    pub fn bytes(&self) -> usize {
        self.cache.get_pinned_usage().saturating_sub(self.buffers.get_usage())
    }

    /// Whether more is pinned than may be.
    pub fn are_too_many(&self) -> bool {
        self.bytes() > self.capacity / 2
    }

    /// Notes that so many bytes were written; returns the lowest number of a keyspace that may have to let go, if it
    /// is time to. One thread at a time.
    pub fn wrote(&self, bytes: usize) -> Option<u32> {
        let written = self.written.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if written < self.capacity / LOOKS {
            return None;
        }
        self.written.store(0, Ordering::Relaxed);
        let next = self.unpinned.load(Ordering::Relaxed);
        (next < u32::MAX && self.are_too_many()).then_some(next)
    }

    /// All keyspaces up to and with this number have let go.
    pub fn unpinned(&self, keyspace: u32) {
        self.unpinned.store(keyspace.saturating_add(1), Ordering::Relaxed);
    }
}

/// Bytes of the tables in a directory.
fn tables_in(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return 0;
    };
    let tables = entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "sst"));
    tables.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}
