//! Plinth through the functions of `plinth.h`, called as a C program calls them: a handle for
//! each transaction, `plinth_transaction_on_error()` after an error, `plinth_value_free()` after
//! a read. The functions are those that this program is linked with, or those of `libplinth.so`,
//! loaded at run time. Relies on the header's promises only; the engine's Rust interface is not used.

use std::ffi::{c_char, CStr, CString};
use std::mem;
use std::path::Path;
use std::ptr;
use std::slice;

use ::plinth::{
    plinth_database, plinth_database_close, plinth_database_metrics, plinth_database_open, plinth_database_options,
    plinth_error, plinth_error_is_retryable, plinth_key_selector, plinth_keyspace, plinth_last_error, plinth_metrics,
    plinth_range, plinth_range_free, plinth_range_options, plinth_slice, plinth_transaction,
    plinth_transaction_atomic_op, plinth_transaction_begin, plinth_transaction_clear, plinth_transaction_clear_range,
    plinth_transaction_commit, plinth_transaction_destroy, plinth_transaction_get, plinth_transaction_get_many,
    plinth_transaction_get_range, plinth_transaction_on_error, plinth_transaction_set, plinth_transaction_set_option,
    plinth_transaction_set_versionstamped_key, plinth_value, plinth_value_free, plinth_values, plinth_values_free,
    CBool,
};

use super::common;
use super::library::{self, functions, Library};
use super::steps::{Failure, Range, Step, Steps, LAST};
use super::{Counters, Engine, Key, Session, Settings, Task, SCHEME};
use crate::error::{Error, Result};

const DURABILITY_OPTION: i32 = ::plinth::plinth_transaction_option::PLINTH_OPTION_DURABILITY as i32;
const ADD: i32 = ::plinth::plinth_mutation_number::PLINTH_MUTATION_ADD as i32;
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
    get_many = plinth_transaction_get_many:
        fn(
            *mut plinth_transaction,
            *mut plinth_keyspace,
            *const plinth_slice,
            usize,
            CBool,
            *mut plinth_values
        ) -> plinth_error;
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
    clear_range = plinth_transaction_clear_range:
        fn(*mut plinth_transaction, *mut plinth_keyspace, *const u8, usize, *const u8, usize) -> plinth_error;
    clear = plinth_transaction_clear: fn(*mut plinth_transaction, *mut plinth_keyspace, *const u8, usize) -> plinth_error;
    atomic_op = plinth_transaction_atomic_op:
        fn(*mut plinth_transaction, *mut plinth_keyspace, i32, *const u8, usize, *const u8, usize) -> plinth_error;
    set_stamped_key = plinth_transaction_set_versionstamped_key:
        fn(
            *mut plinth_transaction, *mut plinth_keyspace, *const u8, usize, u32, *const u8, usize
        ) -> plinth_error;
    commit = plinth_transaction_commit: fn(*mut plinth_transaction) -> plinth_error;
    on_error = plinth_transaction_on_error: fn(*mut plinth_transaction, plinth_error) -> plinth_error;
    value_free = plinth_value_free: fn(*mut plinth_value);
    values_free = plinth_values_free: fn(*mut plinth_values);
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
            get_many: plinth_transaction_get_many,
            get_range: plinth_transaction_get_range,
            set: plinth_transaction_set,
            clear: plinth_transaction_clear,
            clear_range: plinth_transaction_clear_range,
            atomic_op: plinth_transaction_atomic_op,
            set_stamped_key: plinth_transaction_set_versionstamped_key,
            commit: plinth_transaction_commit,
            on_error: plinth_transaction_on_error,
            value_free: plinth_value_free,
            values_free: plinth_values_free,
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
    /// Opens or creates it, through the functions of this program.
    pub fn open(directory: &Path, settings: &Settings) -> Result<Self> {
        Self::open_with(Functions::linked(), common::c_path(directory)?, None, settings)
    }

    /// The same with a cluster for which `libfdb_c.so` and the directory stand, or with a cluster.
    pub fn open_cluster(directory: &Path, settings: &Settings) -> Result<Self> {
        if let Some(url) = settings.url {
            return Self::open_url(url);
        }
        std::env::set_var("PLINTH_DATA", directory);
        let library = common::c_path(&library::path("libfdb_c.so")?)?;
        let name = common::c_path(Path::new(SCHEME))?;
        Self::open_with(Functions::linked(), name, Some(library), settings)
    }

    /// A cluster, through the client library that Plinth finds.
    pub fn open_url(url: &str) -> Result<Self> {
        Self::open_with(Functions::linked(), common::c_path(Path::new(url))?, None, &Settings::default())
    }

    /// The same through `libplinth.so`.
    pub fn load(directory: &Path, settings: &Settings) -> Result<Self> {
        let library = Library::load("libplinth.so")?;
        // SAFETY: the library has the same functions as this program, of the same types.
        Self::open_with(unsafe { Functions::loaded(&library) }?, common::c_path(directory)?, None, settings)
    }

    fn open_with(functions: Functions, path: CString, client: Option<CString>, settings: &Settings) -> Result<Self> {
        // SAFETY: zero is valid for every field, and the default of each.
        let mut options: plinth_database_options = unsafe { mem::zeroed() };
        options.struct_size = mem::size_of::<plinth_database_options>() as u32;
        options.memory_budget = settings.memory.unwrap_or(0) as u64;
        options.window_ms = settings.window_ms.unwrap_or(0);
        options.fdb_client = client.as_ref().map_or(ptr::null(), |client| client.as_ptr());
        let mut db = ptr::null_mut();
        // SAFETY: path and options with what they point to live for the call; `db` is writable.
        functions.check(unsafe { (functions.open)(path.as_ptr(), &options, &mut db) })?;
        Ok(Self { functions, db })
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> Result<bool> {
        self.once(|steps| steps.range(Range { begin: b"", end: None, limit: 1, reverse: false }, |_, _| ()), false)
            .map(|found| found == 0)
    }

    /// Clears all keys.
    pub fn empty(&self) -> Result<()> {
        self.once(|steps| steps.clear_all(), true)
    }

    /// A transaction of its own, which is not one that is measured.
    fn once<T>(&self, mut body: impl FnMut(&mut Try<'_>) -> Step<T>, writes: bool) -> Result<T> {
        let client = Client { functions: self.functions, db: self.db, sync: true };
        let mut found = None;
        client.in_transaction(|handle| {
            let tried = body(&mut Try { functions: &client.functions, handle })?;
            if writes {
                // SAFETY: any handle is allowed.
                done(unsafe { (client.functions.commit)(handle) })?;
            }
            found = Some(tried);
            Ok(())
        })?;
        found.ok_or_else(|| Error::new("a transaction without an outcome"))
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

/// One try of a transaction.
struct Try<'a> {
    functions: &'a Functions,
    handle: *mut plinth_transaction,
}

fn done(error: plinth_error) -> Step<()> {
    match error {
        0 => Ok(()),
        code => Err(Failure::Code(code)),
    }
}

impl Steps for Try<'_> {
    #[inline]
    fn get(&mut self, key: &[u8], mut see: impl FnMut(&[u8])) -> Step<bool> {
        let mut value = plinth_value::default();
        // SAFETY: the key is readable, the value writable; its bytes live until it is freed.
        unsafe {
            done((self.functions.get)(self.handle, ptr::null_mut(), key.as_ptr(), key.len(), &mut value))?;
            if value.data.is_null() {
                return Ok(false);
            }
            see(slice::from_raw_parts(value.data, value.len));
            (self.functions.value_free)(&mut value);
        }
        Ok(true)
    }

    fn get_many(&mut self, keys: &[Key], mut see: impl FnMut(&[u8])) -> Step<usize> {
        let keys: Vec<plinth_slice> =
            keys.iter().map(|key| plinth_slice { data: key.as_ptr(), len: key.len() }).collect();
        let mut values = plinth_values::default();
        let mut found = 0;
        // SAFETY: the keys are readable for the call, zero is a C bool, the result is writable and valid until
        // it is freed.
        unsafe {
            let conflicts = mem::transmute::<u8, CBool>(0);
            let null = ptr::null_mut();
            done((self.functions.get_many)(self.handle, null, keys.as_ptr(), keys.len(), conflicts, &mut values))?;
            for at in 0..values.count {
                let value = &*values.items.add(at);
                if !value.data.is_null() {
                    see(slice::from_raw_parts(value.data, value.len));
                    found += 1;
                }
            }
            (self.functions.values_free)(&mut values);
        }
        Ok(found)
    }

    fn range(&mut self, range: Range<'_>, mut see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        let end = range.end.unwrap_or(LAST);
        // SAFETY: zero is valid for every field of the two structs, and any byte for a C bool; the selectors' keys are readable
        // for the call, the result is writable and valid until it is freed.
        unsafe {
            let selector =
                |key: &[u8]| plinth_key_selector { key: key.as_ptr(), key_len: key.len(), offset: 1, ..mem::zeroed() };
            let options = plinth_range_options {
                struct_size: mem::size_of::<plinth_range_options>() as u32,
                limit: range.limit as i32,
                reverse: mem::transmute::<u8, CBool>(range.reverse.into()),
                ..mem::zeroed()
            };
            let (first, last) = (selector(range.begin), selector(end));
            let mut found = plinth_range::default();
            done((self.functions.get_range)(self.handle, ptr::null_mut(), &first, &last, &options, &mut found))?;
            for at in 0..found.count {
                let pair = &*found.items.add(at);
                see(slice::from_raw_parts(pair.key, pair.key_len), slice::from_raw_parts(pair.value, pair.value_len));
            }
            let count = found.count;
            (self.functions.range_free)(&mut found);
            Ok(count)
        }
    }

    #[inline]
    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        // SAFETY: key and value are readable.
        done(unsafe {
            (self.functions.set)(self.handle, ptr::null_mut(), key.as_ptr(), key.len(), value.as_ptr(), value.len())
        })
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        // SAFETY: the key is readable.
        done(unsafe { (self.functions.clear)(self.handle, ptr::null_mut(), key.as_ptr(), key.len()) })
    }

    fn add(&mut self, key: &[u8]) -> Step<()> {
        let one = 1u64.to_le_bytes();
        let null = ptr::null_mut();
        // SAFETY: key and operand are readable.
        done(unsafe {
            (self.functions.atomic_op)(self.handle, null, ADD, key.as_ptr(), key.len(), one.as_ptr(), one.len())
        })
    }

    fn append(&mut self, queue: &[u8], number: u16, value: &[u8]) -> Step<()> {
        let key = [queue, &[0; 10], &number.to_be_bytes()].concat();
        let null = ptr::null_mut();
        // SAFETY: key and value are readable.
        done(unsafe {
            (self.functions.set_stamped_key)(
                self.handle,
                null,
                key.as_ptr(),
                key.len(),
                queue.len() as u32,
                value.as_ptr(),
                value.len(),
            )
        })
    }
}

impl Try<'_> {
    fn clear_all(&mut self) -> Step<()> {
        // SAFETY: both keys are readable.
        done(unsafe {
            (self.functions.clear_range)(self.handle, ptr::null_mut(), LAST.as_ptr(), 0, LAST.as_ptr(), LAST.len())
        })
    }
}

impl Client {
    /// Reads, writes and commits.
    fn attempt(&self, handle: *mut plinth_transaction, task: &Task<'_>) -> Step<()> {
        let functions = &self.functions;
        if !self.sync && task.writes() {
            // SAFETY: any handle is allowed.
            done(unsafe { (functions.set_option)(handle, DURABILITY_OPTION, BUFFERED) })?;
        }
        task.perform(&mut Try { functions, handle })?;
        match task.writes() {
            // SAFETY: any handle is allowed.
            true => done(unsafe { (functions.commit)(handle) }),
            false => Ok(()),
        }
    }

    #[inline]
    fn retry(
        &self,
        handle: *mut plinth_transaction,
        mut attempt: impl FnMut(*mut plinth_transaction) -> Step<()>,
    ) -> Result<u64> {
        let functions = &self.functions;
        let mut retries = 0;
        loop {
            let error = match attempt(handle) {
                Ok(()) => return Ok(retries),
                Err(Failure::Code(error)) => error,
                Err(Failure::Conflict) => return Err(Error::new("a conflict without a number")),
                Err(Failure::Fatal(error)) => return Err(error),
            };
            // SAFETY: any number is allowed.
            if !unsafe { (functions.is_retryable)(error) } {
                return functions.check(error).map(|()| retries);
            }
            retries += 1;
            // SAFETY: any handle is allowed.
            functions.check(unsafe { (functions.on_error)(handle, error) })?;
        }
    }
}

impl Client {
    #[inline]
    fn in_transaction(&self, attempt: impl FnMut(*mut plinth_transaction) -> Step<()>) -> Result<u64> {
        let functions = &self.functions;
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` is writable.
        functions.check(unsafe { (functions.begin)(self.db, &mut handle) })?;
        let result = self.retry(handle, attempt);
        // SAFETY: any handle is allowed.
        functions.check(unsafe { (functions.destroy)(handle) })?;
        result
    }
}

impl Session for Client {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        self.in_transaction(|handle| self.attempt(handle, task))
    }
}
