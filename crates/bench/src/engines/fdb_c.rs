//! Plinth through `libfdb_c.so`, as a program made for FoundationDB uses it, or a cluster through FoundationDB's own
//! library of that name: loaded at run time, API
//! version 730, the network thread started once, every read and every commit a future that is
//! blocked on. Relies on `PLINTH_DATA` for where the data is, since a path names a cluster file
//! here. This interface has no buffered commits: all of them are synced.

use std::ffi::{c_char, c_int, c_void, CStr};
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::OnceLock;

use super::library::{functions, Library};
use super::steps::{Failure, Range, Step, Steps, LAST};
use super::{common, Engine, Key, Session, Settings, Task, SCHEME};
use crate::error::{Error, Result};

/// The library, here and as the loader knows FoundationDB's.
const LIBRARY: &str = "libfdb_c.so";
/// Names FoundationDB's own, as for Plinth's clusters.
const CLIENT: &str = "PLINTH_FDB_CLIENT";
/// The version of the interface, for the library and for what is declared here.
const API_VERSION: c_int = 730;
/// Streaming mode: exactly as many pairs as the limit says.
const EXACT: c_int = 0;
/// Atomic operations.
const ADD: c_int = 2;
const SET_VERSIONSTAMPED_KEY: c_int = 14;
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
    clear = fdb_transaction_clear: fn(Object, *const u8, c_int);
    atomic_op = fdb_transaction_atomic_op: fn(Object, *const u8, c_int, *const u8, c_int, c_int);
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

/// Loads the library, of a cluster FoundationDB's own, and starts its network thread, which runs until the process ends.
fn start(of_cluster: bool) -> Result<Functions> {
    let library = match of_cluster {
        true => Library::load_from(Path::new(&std::env::var_os(CLIENT).unwrap_or_else(|| LIBRARY.into())))?,
        false => Library::load(LIBRARY)?,
    };
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

fn started(of_cluster: bool) -> Result<Functions> {
    static STARTED: OnceLock<std::result::Result<Functions, String>> = OnceLock::new();
    STARTED.get_or_init(|| start(of_cluster).map_err(|error| error.to_string())).clone().map_err(Error::new)
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
    pub fn open(directory: &Path, settings: &Settings) -> Result<Self> {
        if settings.url.is_none() {
            std::env::set_var("PLINTH_DATA", directory);
        }
        let functions = started(settings.url.is_some())?;
        let file = settings.url.and_then(|url| url.strip_prefix(SCHEME)).unwrap_or_default();
        let text = common::c_path(Path::new(file))?;
        let file = if file.is_empty() { ptr::null() } else { text.as_ptr() };
        let mut db = ptr::null_mut();
        // SAFETY: null stands for the default cluster file, else it is NUL-terminated; `db` is writable.
        functions.check(unsafe { (functions.create_database)(file, &mut db) })?;
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

/// One try of a transaction.
struct Try<'a> {
    functions: &'a Functions,
    handle: Object,
}

fn done(error: c_int) -> Step<()> {
    match error {
        0 => Ok(()),
        code => Err(Failure::Code(code)),
    }
}

impl Steps for Try<'_> {
    fn get(&mut self, key: &[u8], see: impl FnMut(&[u8])) -> Step<bool> {
        // SAFETY: the transaction is live, the key readable for the call.
        let future = unsafe { (self.functions.get)(self.handle, key.as_ptr(), key.len() as c_int, 0) };
        self.value(future, see)
    }

    /// All are asked for, then each is waited for.
    fn get_many(&mut self, keys: &[Key], mut see: impl FnMut(&[u8])) -> Step<usize> {
        let ask = |key: &Key| {
            // SAFETY: as above.
            unsafe { (self.functions.get)(self.handle, key.as_ptr(), key.len() as c_int, 0) }
        };
        let futures: Vec<Object> = keys.iter().map(ask).collect();
        let (mut found, mut outcome) = (0, Ok(()));
        for future in futures {
            match self.value(future, &mut see) {
                Ok(present) => found += usize::from(present),
                Err(failure) => outcome = Err(failure),
            }
        }
        outcome.map(|()| found)
    }

    fn range(&mut self, range: Range<'_>, mut see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        let functions = self.functions;
        let mut count = 0;
        let take = |future| {
            let (mut pairs, mut found, mut more) = (ptr::null(), 0, 0);
            // SAFETY: the future is ready and of this type; its array lives until it is destroyed.
            unsafe {
                let error = (functions.get_keyvalue_array)(future, &mut pairs, &mut found, &mut more);
                if error != 0 {
                    return error;
                }
                count = found as usize;
                for at in 0..count {
                    let pair: KeyValue = *pairs.add(at);
                    let bytes = |data, length: c_int| slice::from_raw_parts(data, length as usize);
                    see(bytes(pair.key, pair.key_length), bytes(pair.value, pair.value_length));
                }
            }
            0
        };
        let ((first, length), last) = ((range.begin.as_ptr(), range.begin.len() as c_int), range.end.unwrap_or(LAST));
        let (limit, reverse) = (range.limit as c_int, c_int::from(range.reverse));
        // SAFETY: the transaction is live, both keys readable for the call; the future is new.
        let error = unsafe {
            let (last, last_length) = (last.as_ptr(), last.len() as c_int);
            let future = (functions.get_range)(
                self.handle,
                first,
                length,
                0,
                1,
                last,
                last_length,
                0,
                1,
                limit,
                0,
                EXACT,
                1,
                0,
                reverse,
            );
            functions.finish(future, take)
        };
        done(error).map(|()| count)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        let lengths = (key.len() as c_int, value.len() as c_int);
        // SAFETY: the transaction is live; key and value are readable for the call.
        unsafe { (self.functions.set)(self.handle, key.as_ptr(), lengths.0, value.as_ptr(), lengths.1) };
        Ok(())
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        // SAFETY: the transaction is live; the key is readable for the call.
        unsafe { (self.functions.clear)(self.handle, key.as_ptr(), key.len() as c_int) };
        Ok(())
    }

    fn add(&mut self, key: &[u8]) -> Step<()> {
        self.change(key, &1u64.to_le_bytes(), ADD);
        Ok(())
    }

    fn append(&mut self, queue: &[u8], number: u16, value: &[u8]) -> Step<()> {
        let place = (queue.len() as u32).to_le_bytes();
        self.change(&[queue, &[0; 10], &number.to_be_bytes(), &place].concat(), value, SET_VERSIONSTAMPED_KEY);
        Ok(())
    }
}

impl Try<'_> {
    fn change(&self, key: &[u8], operand: &[u8], kind: c_int) {
        let lengths = (key.len() as c_int, operand.len() as c_int);
        // SAFETY: the transaction is live; key and operand are readable for the call.
        unsafe { (self.functions.atomic_op)(self.handle, key.as_ptr(), lengths.0, operand.as_ptr(), lengths.1, kind) };
    }

    fn value(&self, future: Object, mut see: impl FnMut(&[u8])) -> Step<bool> {
        let functions = self.functions;
        let mut present = 0;
        let take = |future| {
            let (mut value, mut length) = (ptr::null(), 0);
            // SAFETY: the future is ready and of this type; its value lives until it is destroyed.
            unsafe {
                let error = (functions.get_value)(future, &mut present, &mut value, &mut length);
                if error == 0 && present != 0 {
                    see(slice::from_raw_parts(value, length as usize));
                }
                error
            }
        };
        // SAFETY: the future is the library's, and used here only.
        let error = unsafe { functions.finish(future, take) };
        done(error).map(|()| present != 0)
    }
}

impl Client {
    /// Reads, writes and commits.
    fn attempt(&self, handle: Object, task: &Task<'_>) -> Step<()> {
        let functions = &self.functions;
        task.perform(&mut Try { functions, handle })?;
        if !task.writes() {
            return Ok(());
        }
        // SAFETY: the transaction is live; the future is new, and ready when it is asked.
        done(unsafe { functions.finish((functions.commit)(handle), |future| (functions.future_get_error)(future)) })
    }

    fn retry(&self, handle: Object, task: &Task<'_>) -> Result<u64> {
        let functions = &self.functions;
        let mut retries = 0;
        loop {
            let error = match self.attempt(handle, task) {
                Ok(()) => return Ok(retries),
                Err(Failure::Code(error)) => error,
                Err(Failure::Conflict) => return Err(Error::new("a conflict without a number")),
                Err(Failure::Fatal(error)) => return Err(error),
            };
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
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        let mut handle = ptr::null_mut();
        // SAFETY: the database is open; `handle` is writable.
        self.functions.check(unsafe { (self.functions.create_transaction)(self.db, &mut handle) })?;
        let result = self.retry(handle, task);
        // SAFETY: live, and used by nobody any more.
        unsafe { (self.functions.transaction_destroy)(handle) };
        result
    }
}
