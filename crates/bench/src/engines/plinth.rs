//! Plinth through the functions of `plinth.h`, called as a C program calls them: a handle for
//! each transaction, `plinth_transaction_on_error()` after an error, `plinth_value_free()` after
//! a read. Relies on the header's promises only; the engine's Rust interface is not used.

use std::ffi::CStr;
use std::mem;
use std::path::Path;
use std::ptr;

use ::plinth::{
    plinth_database, plinth_database_close, plinth_database_metrics, plinth_database_open, plinth_error,
    plinth_error_is_retryable, plinth_key_selector, plinth_last_error, plinth_metrics, plinth_range, plinth_range_free,
    plinth_range_options, plinth_transaction, plinth_transaction_begin, plinth_transaction_commit,
    plinth_transaction_destroy, plinth_transaction_get, plinth_transaction_get_range, plinth_transaction_on_error,
    plinth_transaction_set, plinth_transaction_set_option, plinth_value, plinth_value_free,
};

use super::{common, Counters, Engine, Session, Transaction};
use crate::error::{Error, Result};

const DURABILITY_OPTION: i32 = ::plinth::plinth_transaction_option::PLINTH_OPTION_DURABILITY as i32;
const BUFFERED: i64 = ::plinth::plinth_durability::PLINTH_DURABILITY_BUFFERED as i64;

/// An open database; its commits are synced unless a transaction says otherwise.
pub struct Plinth {
    db: *mut plinth_database,
}

// SAFETY: the header allows every call from any thread.
unsafe impl Sync for Plinth {}

impl Plinth {
    /// Opens or creates it, with default options.
    pub fn open(directory: &Path) -> Result<Self> {
        let path = common::c_path(directory)?;
        let mut db = ptr::null_mut();
        // SAFETY: the path lives for the call; `db` is writable.
        check(unsafe { plinth_database_open(path.as_ptr(), ptr::null(), &mut db) })?;
        Ok(Self { db })
    }
}

impl Engine for Plinth {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(Client { db: self.db, sync }))
    }

    fn counters(&self) -> Result<Counters> {
        let mut metrics = plinth_metrics::default();
        // SAFETY: `metrics` is writable and of the size given.
        check(unsafe { plinth_database_metrics(self.db, &mut metrics, mem::size_of::<plinth_metrics>()) })?;
        Ok(Counters { commits: metrics.commits, syncs: metrics.syncs })
    }

    fn close(self: Box<Self>) -> Result<()> {
        // SAFETY: any handle is allowed.
        check(unsafe { plinth_database_close(self.db) })
    }
}

struct Client {
    db: *mut plinth_database,
    sync: bool,
}

impl Client {
    /// Reads, writes and commits; the number of the first error, or 0.
    fn attempt(&self, handle: *mut plinth_transaction, transaction: &Transaction<'_>) -> plinth_error {
        if !self.sync && !transaction.writes.is_empty() {
            // SAFETY: any handle is allowed.
            let error = unsafe { plinth_transaction_set_option(handle, DURABILITY_OPTION, BUFFERED) };
            if error != 0 {
                return error;
            }
        }
        for key in transaction.reads {
            let mut value = plinth_value::default();
            // SAFETY: the key is readable, the value writable; its bytes live until it is freed.
            let error = unsafe {
                let error = plinth_transaction_get(handle, ptr::null_mut(), key.as_ptr(), key.len(), &mut value);
                if !value.data.is_null() {
                    common::touch(value.data, value.len);
                } else if error == 0 {
                    return MISSING;
                }
                plinth_value_free(&mut value);
                error
            };
            if error != 0 {
                return error;
            }
        }
        if let Some((begin, count)) = transaction.range {
            let error = range(handle, &begin, count);
            if error != 0 {
                return error;
            }
        }
        for (key, value) in transaction.writes {
            // SAFETY: key and value are readable.
            let error = unsafe {
                plinth_transaction_set(handle, ptr::null_mut(), key.as_ptr(), key.len(), value.as_ptr(), value.len())
            };
            if error != 0 {
                return error;
            }
        }
        if transaction.writes.is_empty() {
            return 0;
        }
        // SAFETY: any handle is allowed.
        unsafe { plinth_transaction_commit(handle) }
    }
}

/// Not an error of the library: the data is not what was loaded.
const MISSING: plinth_error = -1;

fn range(handle: *mut plinth_transaction, begin: &[u8], count: usize) -> plinth_error {
    // SAFETY: zero is valid for every field of the two structs; the selectors' keys are readable
    // for the call, the result is writable and valid until it is freed.
    unsafe {
        let first = plinth_key_selector { key: begin.as_ptr(), key_len: begin.len(), offset: 1, ..mem::zeroed() };
        let last = plinth_key_selector { key: b"\xff".as_ptr(), key_len: 1, offset: 1, ..mem::zeroed() };
        let options = plinth_range_options {
            struct_size: mem::size_of::<plinth_range_options>() as u32,
            limit: count as i32,
            ..mem::zeroed()
        };
        let mut range = plinth_range::default();
        let error = plinth_transaction_get_range(handle, ptr::null_mut(), &first, &last, &options, &mut range);
        if error != 0 {
            return error;
        }
        let found = range.count;
        for at in 0..found {
            let pair = &*range.items.add(at);
            common::touch(pair.key, pair.key_len);
            common::touch(pair.value, pair.value_len);
        }
        plinth_range_free(&mut range);
        if found == count {
            0
        } else {
            MISSING
        }
    }
}

impl Session for Client {
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<u64> {
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` is writable.
        check(unsafe { plinth_transaction_begin(self.db, &mut handle) })?;
        let mut retries = 0;
        let result = loop {
            let error = self.attempt(handle, transaction);
            if error == 0 {
                break Ok(retries);
            }
            if error == MISSING {
                break Err(Error::new("a key is missing"));
            }
            if !plinth_error_is_retryable(error) {
                break check(error).map(|()| retries);
            }
            retries += 1;
            // SAFETY: any handle is allowed.
            if let Err(error) = check(unsafe { plinth_transaction_on_error(handle, error) }) {
                break Err(error);
            }
        };
        // SAFETY: any handle is allowed.
        check(unsafe { plinth_transaction_destroy(handle) })?;
        result
    }
}

fn check(error: plinth_error) -> Result<()> {
    if error == 0 {
        return Ok(());
    }
    // SAFETY: a NUL-terminated string that lives until the next call on this thread.
    let story = unsafe { CStr::from_ptr(plinth_last_error()) };
    Err(Error::new(format!("error {error}: {}", story.to_string_lossy())))
}
