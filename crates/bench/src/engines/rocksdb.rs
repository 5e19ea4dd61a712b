//! Plain RocksDB through its C API: the limit, and the floor of a read-modify-write.
//!
//! A transaction takes one snapshot for its reads and writes one batch; nothing is checked. Read
//! options and batch are used again, as a careful C program would. Relies on `common`.

use std::path::Path;

use ::rocksdb::AsRawPtr;
use librocksdb_sys as ffi;
use plinth_engine::StoreOptions;

use super::common::{self, checked, DefaultFamily, ReadOptions, WriteOptions};
use super::{Engine, Session, Transaction};
use crate::error::{Context, Result};

/// An open database.
pub struct Rocksdb {
    db: *mut ffi::rocksdb_t,
    _options: StoreOptions,
}

// SAFETY: RocksDB's database object may be used by any number of threads.
unsafe impl Sync for Rocksdb {}

impl Rocksdb {
    /// Opens or creates it.
    pub fn open(directory: &Path) -> Result<Self> {
        let (path, options) = (common::c_path(directory)?, common::options());
        let mut family = DefaultFamily::new(&options);
        // SAFETY: the path, the options and the lists of one live for the call.
        let db = checked(|error| unsafe {
            ffi::rocksdb_open_column_families(
                options.database.as_raw_ptr(),
                path.as_ptr(),
                1,
                family.names.as_ptr(),
                family.options.as_ptr(),
                family.handles.as_mut_ptr(),
                error,
            )
        });
        let db = db.context(directory.display())?;
        family.forget();
        Ok(Self { db, _options: options })
    }
}

impl Engine for Rocksdb {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        // SAFETY: freed in the session's drop.
        let batch = unsafe { ffi::rocksdb_writebatch_create() };
        Ok(Box::new(Plain { db: self.db, read: ReadOptions::new(), write: WriteOptions::new(sync), batch }))
    }

    fn close(self: Box<Self>) -> Result<()> {
        // SAFETY: open, and no session borrows it any more.
        unsafe { ffi::rocksdb_close(self.db) };
        Ok(())
    }
}

struct Plain {
    db: *mut ffi::rocksdb_t,
    read: ReadOptions,
    write: WriteOptions,
    batch: *mut ffi::rocksdb_writebatch_t,
}

impl Plain {
    fn read_all(&self, transaction: &Transaction<'_>) -> Result<()> {
        for key in transaction.reads {
            // SAFETY: the key lives for the call; a pinned value is let go of in `look`.
            let value = checked(|error| unsafe {
                ffi::rocksdb_get_pinned(self.db, self.read.0, key.as_ptr().cast(), key.len(), error)
            });
            common::look(value.context("get")?)?;
        }
        if let Some((begin, count)) = transaction.range {
            // SAFETY: the read options outlive the iterator, which `look_through` destroys.
            let iterator = unsafe { ffi::rocksdb_create_iterator(self.db, self.read.0) };
            common::look_through(iterator, &begin, count)?;
        }
        Ok(())
    }
}

impl Session for Plain {
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<u64> {
        if !transaction.reads.is_empty() || transaction.range.is_some() || transaction.writes.is_empty() {
            // SAFETY: the snapshot is released below, after the last read at it.
            let snapshot = unsafe { ffi::rocksdb_create_snapshot(self.db) };
            self.read.set_snapshot(snapshot);
            let result = self.read_all(transaction);
            // SAFETY: taken above.
            unsafe { ffi::rocksdb_release_snapshot(self.db, snapshot) };
            result?;
        }
        if transaction.writes.is_empty() {
            return Ok(0);
        }
        // SAFETY: the batch is ours; keys and values are copied into it.
        let written = unsafe {
            ffi::rocksdb_writebatch_clear(self.batch);
            for (key, value) in transaction.writes {
                ffi::rocksdb_writebatch_put(
                    self.batch,
                    key.as_ptr().cast(),
                    key.len(),
                    value.as_ptr().cast(),
                    value.len(),
                );
            }
            checked(|error| ffi::rocksdb_write(self.db, self.write.0, self.batch, error))
        };
        written.context("write")?;
        Ok(0)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { ffi::rocksdb_writebatch_destroy(self.batch) }
    }
}
