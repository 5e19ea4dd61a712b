//! Plain RocksDB through its C API: the limit, and the floor of a read-modify-write.
//!
//! A transaction takes one snapshot for its reads and writes one batch; nothing is checked. Read
//! options and batch are used again, as a careful C program would. Relies on `common`.

use std::ffi::c_char;
use std::path::Path;
use std::ptr;

use ::rocksdb::AsRawPtr;
use librocksdb_sys as ffi;
use plinth_engine::StoreOptions;

use super::common::{self, checked, DefaultFamily, ReadOptions, WriteOptions};
use super::steps::{Failure, Range, Step, Steps};
use super::{Engine, Key, Session, Settings, Task};
use crate::error::{Context, Error, Result};

/// An open database.
pub struct Rocksdb {
    db: *mut ffi::rocksdb_t,
    family: DefaultFamily,
    _options: StoreOptions,
}

// SAFETY: RocksDB's database object may be used by any number of threads.
unsafe impl Sync for Rocksdb {}

impl Rocksdb {
    /// Opens or creates it.
    pub fn open(directory: &Path, settings: &Settings) -> Result<Self> {
        let (path, options) = (common::c_path(directory)?, common::options(settings));
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
        Ok(Self { db, family, _options: options })
    }
}

impl Engine for Rocksdb {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        common::count_nothing();
        // SAFETY: freed in the session's drop.
        let batch = unsafe { ffi::rocksdb_writebatch_create() };
        let family = self.family.handles[0];
        Ok(Box::new(Plain { db: self.db, family, read: ReadOptions::new(), write: WriteOptions::new(sync), batch }))
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.family.forget();
        // SAFETY: open, and no session borrows it any more.
        unsafe { ffi::rocksdb_close(self.db) };
        Ok(())
    }
}

struct Plain {
    db: *mut ffi::rocksdb_t,
    family: *mut ffi::rocksdb_column_family_handle_t,
    read: ReadOptions,
    write: WriteOptions,
    batch: *mut ffi::rocksdb_writebatch_t,
}

fn failure(words: String) -> Failure {
    Failure::Fatal(Error::new(words))
}

impl Steps for Plain {
    #[inline]
    fn get(&mut self, key: &[u8], see: impl FnMut(&[u8])) -> Step<bool> {
        // SAFETY: the key lives for the call; a pinned value is let go of in `show`.
        let value = checked(|error| unsafe {
            ffi::rocksdb_get_pinned(self.db, self.read.0, key.as_ptr().cast(), key.len(), error)
        });
        value.map(|value| common::show(value, see)).map_err(failure)
    }

    fn get_many(&mut self, keys: &[Key], mut see: impl FnMut(&[u8])) -> Step<usize> {
        let pointers: Vec<*const c_char> = keys.iter().map(|key| key.as_ptr().cast()).collect();
        let lengths: Vec<usize> = keys.iter().map(|key| key.len()).collect();
        let mut values = vec![ptr::null_mut(); keys.len()];
        let mut errors: Vec<*mut c_char> = vec![ptr::null_mut(); keys.len()];
        // SAFETY: all lists are as long as the number says; each value and error is ours afterwards.
        unsafe {
            ffi::rocksdb_batched_multi_get_cf(
                self.db,
                self.read.0,
                self.family,
                keys.len(),
                pointers.as_ptr(),
                lengths.as_ptr(),
                values.as_mut_ptr(),
                errors.as_mut_ptr(),
                false,
            );
        }
        let found = values.into_iter().filter(|value| common::show(*value, &mut see)).count();
        for error in errors {
            checked(|slot| {
                // SAFETY: the slot is `checked`'s own; it frees what is put there.
                unsafe { *slot = error }
            })
            .map_err(failure)?;
        }
        Ok(found)
    }

    fn range(&mut self, range: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        // SAFETY: the read options outlive the iterator, which `show_all` destroys.
        let iterator = unsafe { ffi::rocksdb_create_iterator(self.db, self.read.0) };
        common::show_all(iterator, range, see).map_err(failure)
    }

    #[inline]
    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        let (data, length) = (value.as_ptr().cast(), value.len());
        // SAFETY: the batch is ours; key and value are copied into it.
        unsafe { ffi::rocksdb_writebatch_put(self.batch, key.as_ptr().cast(), key.len(), data, length) };
        Ok(())
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        // SAFETY: the batch is ours; the key is copied into it.
        unsafe { ffi::rocksdb_writebatch_delete(self.batch, key.as_ptr().cast(), key.len()) };
        Ok(())
    }
}

impl Plain {
    fn attempt(&mut self, task: &Task<'_>) -> Step<()> {
        // SAFETY: the batch is ours.
        unsafe { ffi::rocksdb_writebatch_clear(self.batch) };
        if !task.reads() && task.writes() {
            return task.perform(self);
        }
        // SAFETY: the snapshot is released below, after the last read at it.
        let snapshot = unsafe { ffi::rocksdb_create_snapshot(self.db) };
        self.read.set_snapshot(snapshot);
        let result = task.perform(self);
        // SAFETY: taken above.
        unsafe { ffi::rocksdb_release_snapshot(self.db, snapshot) };
        result
    }
}

impl Session for Plain {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        match self.attempt(task) {
            Ok(()) => {}
            Err(Failure::Fatal(error)) => return Err(error),
            Err(Failure::Conflict | Failure::Code(_)) => return Err(Error::new("nothing is checked here")),
        }
        if task.writes() {
            // SAFETY: the batch is ours.
            checked(|error| unsafe { ffi::rocksdb_write(self.db, self.write.0, self.batch, error) })
                .context("write")?;
        }
        Ok(0)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { ffi::rocksdb_writebatch_destroy(self.batch) }
    }
}
