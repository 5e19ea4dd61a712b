//! RocksDB's OptimisticTransactionDB with its default options. Relies on `transaction` for what a
//! transaction does.

use std::path::Path;
use std::ptr;

use ::rocksdb::AsRawPtr;
use librocksdb_sys as ffi;
use plinth_engine::StoreOptions;

use super::common::{self, checked, DefaultFamily};
use super::transaction::Transactions;
use super::{Engine, Session, Settings};
use crate::error::{Context, Result};

/// An open database.
pub struct Optimistic {
    db: *mut ffi::rocksdb_optimistictransactiondb_t,
    plain: *mut ffi::rocksdb_optimistictransaction_options_t,
    at_snapshot: *mut ffi::rocksdb_optimistictransaction_options_t,
    _options: StoreOptions,
}

// SAFETY: the database may be used by any number of threads; the options are never changed.
unsafe impl Sync for Optimistic {}

impl Optimistic {
    /// Opens or creates it.
    pub fn open(directory: &Path, settings: &Settings) -> Result<Self> {
        let (path, options) = (common::c_path(directory)?, common::options(settings));
        let mut family = DefaultFamily::new(&options);
        // SAFETY: the path, the options and the lists of one live for the call.
        let db = checked(|error| unsafe {
            ffi::rocksdb_optimistictransactiondb_open_column_families(
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
        let begin = |snapshot: bool| {
            // SAFETY: made and set here, freed in `close`.
            unsafe {
                let options = ffi::rocksdb_optimistictransaction_options_create();
                ffi::rocksdb_optimistictransaction_options_set_set_snapshot(options, snapshot.into());
                options
            }
        };
        Ok(Self { db, plain: begin(false), at_snapshot: begin(true), _options: options })
    }
}

impl Engine for Optimistic {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(Transactions::new(sync, |write, snapshot| {
            let options = if snapshot { self.at_snapshot } else { self.plain };
            // SAFETY: database and options are live; no transaction is used again.
            unsafe { ffi::rocksdb_optimistictransaction_begin(self.db, write, options, ptr::null_mut()) }
        })))
    }

    fn close(self: Box<Self>) -> Result<()> {
        // SAFETY: open, no session borrows it any more, each freed once.
        unsafe {
            ffi::rocksdb_optimistictransaction_options_destroy(self.plain);
            ffi::rocksdb_optimistictransaction_options_destroy(self.at_snapshot);
            ffi::rocksdb_optimistictransactiondb_close(self.db);
        }
        Ok(())
    }
}
