//! Plinth through `libfdb_c.so`, as a program made for FoundationDB uses it: loaded at run time, API
//! version 730, the network thread started once, every read and every commit a future that is
//! blocked on. Relies on `PLINTH_DATA` for where the data is, since a path names a cluster file
//! here. This interface has no buffered commits: all of them are synced.

use std::ffi::{c_char, c_int, c_void, CStr};
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use super::library::{functions, Library};
use super::{common, Engine, Session, Transaction};
use crate::error::{Error, Result};

/// The version of the interface, for the library and for what is declared here.
const API_VERSION: c_int = 730;
/// Streaming mode: exactly as many pairs as the limit says.
const EXACT: c_int = 0;
/// The predicate of errors that are worth trying again.
const RETRYABLE: c_int = 50_000;

/// An opaque object of the library.
type Object = *mut c_void;

/// A key and its value in an array, as the library lays them out.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
struct KeyValue {
    key: *const u8,
    key_length: c_int,
    value: *const u8,
    value_length: c_int,
}

functions! {
    Functions;
    get_error = fdb_get_error: fn(c_int) -> *const c_char;
    error_predicate = fdb_error_predicate: fn(c_int, c_int) -> c_int;
    select_api_version = fdb_select_api_version_impl: fn(c_int, c_int) -> c_int;
    setup_network = fdb_setup_network: fn() -> c_int;
    run_network = fdb_run_network: fn() -> c_int;
    create_database = fdb_create_database: fn(*const c_char, *mut Object) -> c_int;
    database_destroy = fdb_database_destroy: fn(Object);
    create_transaction = fdb_database_create_transaction: fn(Object, *mut Object) -> c_int;
    transaction_destroy = fdb_transaction_destroy: fn(Object);
    get = fdb_transaction_get: fn(Object, *const u8, c_int, c_int) -> Object;
    get_range = fdb_transaction_get_range:
        fn(
            Object, *const u8, c_int, c_int, c_int, *const u8, c_int, c_int, c_int,
            c_int, c_int, c_int, c_int, c_int, c_int
        ) -> Object;
    set = fdb_transaction_set: fn(Object, *const u8, c_int, *const u8, c_int);
    commit = fdb_transaction_commit: fn(Object) -> Object;
    on_error = fdb_transaction_on_error: fn(Object, c_int) -> Object;
    future_destroy = fdb_future_destroy: fn(Object);
    block_until_ready = fdb_future_block_until_ready: fn(Object) -> c_int;
    future_get_error = fdb_future_get_error: fn(Object) -> c_int;
    get_value = fdb_future_get_value: fn(Object, *mut c_int, *mut *const u8, *mut c_int) -> c_int;
    get_keyvalue_array = fdb_future_get_keyvalue_array:
        fn(Object, *mut *const KeyValue, *mut c_int, *mut c_int) -> c_int;
}

impl Functions {
    fn check(&self, error: c_int) -> Result<()> {
        if error == 0 {
            return Ok(());
        }
        // SAFETY: any number is allowed; the text is static.
        let text = unsafe { CStr::from_ptr((self.get_error)(error)) };
        Err(Error::new(format!("error {error}: {}", text.to_string_lossy())))
    }

    /// Waits for a future, hands it on if it has a value, and destroys it; the error's number.
    ///
    /// # Safety
    /// The future is one that the library returned, and is used nowhere else.
    unsafe fn finish(&self, future: Object, take: impl FnOnce(Object) -> c_int) -> c_int {
        // SAFETY: the future lives until it is destroyed, here.
        unsafe {
            let mut error = (self.block_until_ready)(future);
            if error == 0 {
                error = take(future);
            }
            (self.future_destroy)(future);
            error
        }
    }
}

/// Loads the library and starts its network thread, which runs until the process ends.
fn start() -> Result<Functions> {
    let library = Library::load("libfdb_c.so")?;
    // SAFETY: the types are those of the interface at this version.
    let functions = unsafe { Functions::loaded(&library) }?;
    // SAFETY: the calls come in the order that the interface asks for, each once.
    unsafe {
        functions.check((functions.select_api_version)(API_VERSION, API_VERSION))?;
        functions.check((functions.setup_network)())?;
        std::thread::spawn(move || (functions.run_network)());
    }
    Ok(functions)
}

fn started() -> Result<Functions> {
    static STARTED: OnceLock<std::result::Result<Functions, String>> = OnceLock::new();
    STARTED.get_or_init(|| start().map_err(|error| error.to_string())).clone().map_err(Error::new)
}

/// An open database.
pub struct FdbC {
    functions: Functions,
    db: Object,
}

// SAFETY: the interface allows every call from any thread.
unsafe impl Sync for FdbC {}

impl FdbC {
    /// Opens or creates it.
    pub fn open(directory: &Path) -> Result<Self> {
        std::env::set_var("PLINTH_DATA", directory);
        let functions = started()?;
        let mut db = ptr::null_mut();
        // SAFETY: null stands for the default cluster file; `db` is writable.
        functions.check(unsafe { (functions.create_database)(ptr::null(), &mut db) })?;
        // A database that could not be opened says so with its first use, which is the loading.
        Ok(Self { functions, db })
    }
}

impl Engine for FdbC {
    fn session(&self, _sync: bool) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(Client { functions: self.functions, db: self.db }))
    }

    fn close(self: Box<Self>) -> Result<()> {
        // SAFETY: open, and no session borrows it any more.
        unsafe { (self.functions.database_destroy)(self.db) };
        Ok(())
    }
}

struct Client {
    functions: Functions,
    db: Object,
}

/// Not an error of the library: the data is not what was loaded.
const MISSING: c_int = -1;

impl Client {
    fn read(&self, handle: Object, key: &[u8]) -> c_int {
        let functions = &self.functions;
        let take = |future| {
            let (mut present, mut value, mut length) = (0, ptr::null(), 0);
            // SAFETY: the future is ready and of this type; its value lives until it is destroyed.
            unsafe {
                let error = (functions.get_value)(future, &mut present, &mut value, &mut length);
                if error != 0 {
                    return error;
                }
                if present == 0 {
                    return MISSING;
                }
                common::touch(value, length as usize);
            }
            0
        };
        // SAFETY: the transaction is live, the key readable for the call; the future is new.
        unsafe { functions.finish((functions.get)(handle, key.as_ptr(), key.len() as c_int, 0), take) }
    }

    fn range(&self, handle: Object, begin: &[u8], count: usize) -> c_int {
        let functions = &self.functions;
        let take = |future| {
            let (mut pairs, mut found, mut more) = (ptr::null(), 0, 0);
            // SAFETY: the future is ready and of this type; its array lives until it is destroyed.
            unsafe {
                let error = (functions.get_keyvalue_array)(future, &mut pairs, &mut found, &mut more);
                if error != 0 {
                    return error;
                }
                for at in 0..found as usize {
                    let pair: KeyValue = *pairs.add(at);
                    common::touch(pair.key, pair.key_length as usize);
                    common::touch(pair.value, pair.value_length as usize);
                }
            }
            match found as usize == count {
                true => 0,
                false => MISSING,
            }
        };
        let (first, last, length) = (begin.as_ptr(), b"\xff".as_ptr(), begin.len() as c_int);
        // SAFETY: the transaction is live, both keys readable for the call; the future is new.
        unsafe {
            let future =
                (functions.get_range)(handle, first, length, 0, 1, last, 1, 0, 1, count as c_int, 0, EXACT, 1, 0, 0);
            functions.finish(future, take)
        }
    }

    /// Reads, writes and commits; the number of the first error, or 0.
    fn attempt(&self, handle: Object, transaction: &Transaction<'_>) -> c_int {
        for key in transaction.reads {
            let error = self.read(handle, key);
            if error != 0 {
                return error;
            }
        }
        if let Some((begin, count)) = transaction.range {
            let error = self.range(handle, &begin, count);
            if error != 0 {
                return error;
            }
        }
        for (key, value) in transaction.writes {
            // SAFETY: the transaction is live; key and value are readable for the call.
            unsafe {
                (self.functions.set)(handle, key.as_ptr(), key.len() as c_int, value.as_ptr(), value.len() as c_int);
            }
        }
        if transaction.writes.is_empty() {
            return 0;
        }
        let functions = &self.functions;
        // SAFETY: the transaction is live; the future is new, and ready when it is asked.
        unsafe { functions.finish((functions.commit)(handle), |future| (functions.future_get_error)(future)) }
    }

    fn retry(&self, handle: Object, transaction: &Transaction<'_>) -> Result<u64> {
        let functions = &self.functions;
        let mut retries = 0;
        loop {
            let error = self.attempt(handle, transaction);
            if error == 0 {
                return Ok(retries);
            }
            if error == MISSING {
                return Err(Error::new("a key is missing"));
            }
            // SAFETY: any number is allowed.
            if unsafe { (functions.error_predicate)(RETRYABLE, error) } == 0 {
                return functions.check(error).map(|()| retries);
            }
            retries += 1;
            // SAFETY: as for a commit.
            functions.check(unsafe {
                functions.finish((functions.on_error)(handle, error), |future| (functions.future_get_error)(future))
            })?;
        }
    }
}

impl Session for Client {
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<u64> {
        let mut handle = ptr::null_mut();
        // SAFETY: the database is open; `handle` is writable.
        self.functions.check(unsafe { (self.functions.create_transaction)(self.db, &mut handle) })?;
        let result = self.retry(handle, transaction);
        // SAFETY: live, and used by nobody any more.
        unsafe { (self.functions.transaction_destroy)(handle) };
        result
    }
}
