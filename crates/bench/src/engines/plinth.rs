//! Plinth through the functions of `plinth.h`, called as a C program calls them: a handle for
//! each transaction, `plinth_transaction_on_error()` after an error, `plinth_value_free()` after
//! a read. The functions are those that this program is linked with, or those of `libplinth.so`,
//! loaded at run time. Relies on the header's promises only; the engine's Rust interface is not used.

use std::ffi::{c_char, CStr};
use std::mem;
use std::path::Path;
use std::ptr;

use ::plinth::{
    plinth_database, plinth_database_close, plinth_database_metrics, plinth_database_open, plinth_database_options,
    plinth_error, plinth_error_is_retryable, plinth_key_selector, plinth_keyspace, plinth_last_error, plinth_metrics,
    plinth_range, plinth_range_free, plinth_range_options, plinth_transaction, plinth_transaction_begin,
    plinth_transaction_commit, plinth_transaction_destroy, plinth_transaction_get, plinth_transaction_get_range,
    plinth_transaction_on_error, plinth_transaction_set, plinth_transaction_set_option, plinth_value,
    plinth_value_free,
};

use super::library::{functions, Library};
use super::{common, Counters, Engine, Session, Transaction};
use crate::error::{Error, Result};

const DURABILITY_OPTION: i32 = ::plinth::plinth_transaction_option::PLINTH_OPTION_DURABILITY as i32;
const BUFFERED: i64 = ::plinth::plinth_durability::PLINTH_DURABILITY_BUFFERED as i64;

functions! {
    Functions;
    open = plinth_database_open:
        fn(*const c_char, *const plinth_database_options, *mut *mut plinth_database) -> plinth_error;
    close = plinth_database_close: fn(*mut plinth_database) -> plinth_error;
    metrics = plinth_database_metrics: fn(*mut plinth_database, *mut plinth_metrics, usize) -> plinth_error;
    last_error = plinth_last_error: fn() -> *const c_char;
    is_retryable = plinth_error_is_retryable: fn(plinth_error) -> bool;
    begin = plinth_transaction_begin: fn(*mut plinth_database, *mut *mut plinth_transaction) -> plinth_error;
    destroy = plinth_transaction_destroy: fn(*mut plinth_transaction) -> plinth_error;
    set_option = plinth_transaction_set_option: fn(*mut plinth_transaction, i32, i64) -> plinth_error;
    get = plinth_transaction_get:
        fn(*mut plinth_transaction, *mut plinth_keyspace, *const u8, usize, *mut plinth_value) -> plinth_error;
    get_range = plinth_transaction_get_range:
        fn(
            *mut plinth_transaction,
            *mut plinth_keyspace,
            *const plinth_key_selector,
            *const plinth_key_selector,
            *const plinth_range_options,
            *mut plinth_range
        ) -> plinth_error;
    set = plinth_transaction_set:
        fn(*mut plinth_transaction, *mut plinth_keyspace, *const u8, usize, *const u8, usize) -> plinth_error;
    commit = plinth_transaction_commit: fn(*mut plinth_transaction) -> plinth_error;
    on_error = plinth_transaction_on_error: fn(*mut plinth_transaction, plinth_error) -> plinth_error;
    value_free = plinth_value_free: fn(*mut plinth_value);
    range_free = plinth_range_free: fn(*mut plinth_range);
}

impl Functions {
    /// Those that this program is linked with.
    fn linked() -> Self {
        Self {
            open: plinth_database_open,
            close: plinth_database_close,
            metrics: plinth_database_metrics,
            last_error: plinth_last_error,
            is_retryable: plinth_error_is_retryable,
            begin: plinth_transaction_begin,
            destroy: plinth_transaction_destroy,
            set_option: plinth_transaction_set_option,
            get: plinth_transaction_get,
            get_range: plinth_transaction_get_range,
            set: plinth_transaction_set,
            commit: plinth_transaction_commit,
            on_error: plinth_transaction_on_error,
            value_free: plinth_value_free,
            range_free: plinth_range_free,
        }
    }

    fn check(&self, error: plinth_error) -> Result<()> {
        if error == 0 {
            return Ok(());
        }
        // SAFETY: a NUL-terminated string that lives until the next call on this thread.
        let story = unsafe { CStr::from_ptr((self.last_error)()) };
        Err(Error::new(format!("error {error}: {}", story.to_string_lossy())))
    }
}

/// An open database; its commits are synced unless a transaction says otherwise.
pub struct Plinth {
    functions: Functions,
    db: *mut plinth_database,
}

// SAFETY: the header allows every call from any thread.
unsafe impl Sync for Plinth {}

impl Plinth {
    /// Opens or creates it, with default options, through the functions of this program.
    pub fn open(directory: &Path) -> Result<Self> {
        Self::open_with(Functions::linked(), directory)
    }

    /// The same through `libplinth.so`.
    pub fn load(directory: &Path) -> Result<Self> {
        let library = Library::load("libplinth.so")?;
        // SAFETY: the library has the same functions as this program, of the same types.
        Self::open_with(unsafe { Functions::loaded(&library) }?, directory)
    }

    fn open_with(functions: Functions, directory: &Path) -> Result<Self> {
        let path = common::c_path(directory)?;
        let mut db = ptr::null_mut();
        // SAFETY: the path lives for the call; `db` is writable.
        functions.check(unsafe { (functions.open)(path.as_ptr(), ptr::null(), &mut db) })?;
        Ok(Self { functions, db })
    }
}

impl Engine for Plinth {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(Client { functions: self.functions, db: self.db, sync }))
    }

    fn counters(&self) -> Result<Counters> {
        let mut metrics = plinth_metrics::default();
        let size = mem::size_of::<plinth_metrics>();
        // SAFETY: `metrics` is writable and of the size given.
        self.functions.check(unsafe { (self.functions.metrics)(self.db, &mut metrics, size) })?;
        Ok(Counters { commits: metrics.commits, syncs: metrics.syncs })
    }

    fn close(self: Box<Self>) -> Result<()> {
        // SAFETY: any handle is allowed.
        self.functions.check(unsafe { (self.functions.close)(self.db) })
    }
}

struct Client {
    functions: Functions,
    db: *mut plinth_database,
    sync: bool,
}

impl Client {
    /// Reads, writes and commits; the number of the first error, or 0.
    fn attempt(&self, handle: *mut plinth_transaction, transaction: &Transaction<'_>) -> plinth_error {
        let functions = &self.functions;
        if !self.sync && !transaction.writes.is_empty() {
            // SAFETY: any handle is allowed.
            let error = unsafe { (functions.set_option)(handle, DURABILITY_OPTION, BUFFERED) };
            if error != 0 {
                return error;
            }
        }
        for key in transaction.reads {
            let mut value = plinth_value::default();
            // SAFETY: the key is readable, the value writable; its bytes live until it is freed.
            let error = unsafe {
                let error = (functions.get)(handle, ptr::null_mut(), key.as_ptr(), key.len(), &mut value);
                if !value.data.is_null() {
                    common::touch(value.data, value.len);
                } else if error == 0 {
                    return MISSING;
                }
                (functions.value_free)(&mut value);
                error
            };
            if error != 0 {
                return error;
            }
        }
        if let Some((begin, count)) = transaction.range {
            let error = range(functions, handle, &begin, count);
            if error != 0 {
                return error;
            }
        }
        for (key, value) in transaction.writes {
            // SAFETY: key and value are readable.
            let error = unsafe {
                (functions.set)(handle, ptr::null_mut(), key.as_ptr(), key.len(), value.as_ptr(), value.len())
            };
            if error != 0 {
                return error;
            }
        }
        if transaction.writes.is_empty() {
            return 0;
        }
        // SAFETY: any handle is allowed.
        unsafe { (functions.commit)(handle) }
    }
}

/// Not an error of the library: the data is not what was loaded.
const MISSING: plinth_error = -1;

fn range(functions: &Functions, handle: *mut plinth_transaction, begin: &[u8], count: usize) -> plinth_error {
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
        let error = (functions.get_range)(handle, ptr::null_mut(), &first, &last, &options, &mut range);
        if error != 0 {
            return error;
        }
        let found = range.count;
        for at in 0..found {
            let pair = &*range.items.add(at);
            common::touch(pair.key, pair.key_len);
            common::touch(pair.value, pair.value_len);
        }
        (functions.range_free)(&mut range);
        if found == count {
            0
        } else {
            MISSING
        }
    }
}

impl Session for Client {
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<u64> {
        let functions = &self.functions;
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` is writable.
        functions.check(unsafe { (functions.begin)(self.db, &mut handle) })?;
        let mut retries = 0;
        let result = loop {
            let error = self.attempt(handle, transaction);
            if error == 0 {
                break Ok(retries);
            }
            if error == MISSING {
                break Err(Error::new("a key is missing"));
            }
            // SAFETY: any number is allowed.
            if !unsafe { (functions.is_retryable)(error) } {
                break functions.check(error).map(|()| retries);
            }
            retries += 1;
            // SAFETY: any handle is allowed.
            if let Err(error) = functions.check(unsafe { (functions.on_error)(handle, error) }) {
                break Err(error);
            }
        };
        // SAFETY: any handle is allowed.
        functions.check(unsafe { (functions.destroy)(handle) })?;
        result
    }
}
