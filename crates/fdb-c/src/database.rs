//! A database's handle: the store behind it, or why there is none, and its options.
//!
//! A bad cluster file is no error of the call that opens it, but of every operation (NET-4).
//! Options belong to the handle, not to the store, and are defaults of its transactions (OPT-5).

use std::ffi::c_int;
use std::fs::File;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::{Code, DatabaseOption, Error, Result, Transaction, TransactionOption};
use plinth_boundary::handle::Table;

use crate::layout::FDBDatabase;
use crate::location::Location;
use crate::option;
use crate::registry::{self, Lease};
use plinth_api::status::ClientFacts;

/// Lanes of databases beside the first: every thread begins its transactions there.
const MORE_LANES: usize = 7;

/// All databases that were not destroyed.
pub static DATABASES: Table<Arc<Database>, MORE_LANES> = Table::new("database", 9);

/// Watches of a handle at most, unless an option says otherwise (rule WATCH-8).
const MOST_WATCHES: usize = 10_000;

/// See the file's top.
pub struct Database {
    store: std::result::Result<Arc<Lease>, Code>,
    defaults: Mutex<Vec<TransactionOption>>,
    /// Whether there are any: most programs set none.
    has_defaults: AtomicBool,
    watches: AtomicUsize,
    most_watches: AtomicUsize,
}

/// A watch that counts among those of its database's handle, and keeps that open (rule NET-7).
pub struct WatchPlace {
    database: Arc<Database>,
    given_back: bool,
}

impl WatchPlace {
    /// A place, if there is one left.
    pub fn take(database: &Arc<Database>) -> Option<Self> {
        let most = database.most_watches.load(Ordering::Relaxed);
        let take = |taken| (taken < most).then_some(taken + 1);
        database.watches.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(Self { database: database.clone(), given_back: false })
    }

    /// Counts no more from now on.
    pub fn give_back(&mut self) {
        if !std::mem::replace(&mut self.given_back, true) {
            self.database.watches.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for WatchPlace {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// The database of a handle.
pub fn database(handle: *mut FDBDatabase) -> Result<Arc<Database>> {
    DATABASES.get(handle as usize).map(|guard| guard.clone())
}

impl Database {
    /// Opens the store of a location. What is wrong with the cluster file is told by the first
    /// operation, what is wrong with the store at once.
    pub fn open(location: Result<Location>) -> Result<Self> {
        let store = match location {
            Ok(location) => Ok(registry::open(location).inspect_err(report)?),
            Err(error) => Err(error.code()),
        };
        Ok(Self {
            store,
            defaults: Mutex::new(Vec::new()),
            has_defaults: AtomicBool::new(false),
            watches: AtomicUsize::new(0),
            most_watches: AtomicUsize::new(MOST_WATCHES),
        })
    }

    /// The store, or what every operation fails with.
    pub fn store(&self) -> Result<&Arc<Lease>> {
        self.store.as_ref().map_err(|code| Error::new(*code))
    }

    fn defaults(&self) -> MutexGuard<'_, Vec<TransactionOption>> {
        self.defaults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the client's status tells.
    pub fn client(&self) -> ClientFacts {
        match &self.store {
            Ok(store) => store.client(),
            Err(code) => ClientFacts { error: Some(code.number()), ..ClientFacts::default() },
        }
    }

    /// Sets an option. A bad value is told at once and changes nothing (rule OPT-2).
    pub fn set_option(&self, code: c_int, value: &[u8]) -> Result<()> {
        let Some(option) = option::of_database(code, value)? else {
            return Ok(());
        };
        if let DatabaseOption::MaxWatches(most) = option {
            self.most_watches.store(usize::try_from(most).unwrap_or(0), Ordering::Relaxed);
        }
        if let Some(default) = option::default_of(option) {
            let kind = std::mem::discriminant(&default);
            let mut defaults = self.defaults();
            match defaults.iter_mut().find(|other| std::mem::discriminant(*other) == kind) {
                Some(other) => *other = option::joined(*other, default),
                None => defaults.push(default),
            }
            self.has_defaults.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Gives a transaction what this handle's transactions begin with. Those that a retry keeps are
    /// left out if `again` (rule OPT-4).
    pub fn apply_defaults(&self, transaction: &dyn Transaction, again: bool) {
        if !self.has_defaults.load(Ordering::Acquire) {
            return;
        }
        let defaults = self.defaults().clone();
        for default in defaults.into_iter().filter(|default| !again || !option::is_kept(*default)) {
            // They were checked when they were set.
            let _ = transaction.set_option(default);
        }
    }
}

/// Says on the error output why a store can't be opened: this interface has numbers only. Silenced
/// by `PLINTH_QUIET`.
fn report(error: &Error) {
    if std::env::var_os("PLINTH_QUIET").is_none() {
        let text = format!("plinth: fdb_create_database: {}\n", error.story());
        // Without the lock of Rust's own: in a forked child it may be held for ever.
        // SAFETY: it is written to and not closed; a program that has closed it gets an error.
        let stderr = ManuallyDrop::new(unsafe { File::from_raw_fd(2) });
        // Nobody may be there to read it.
        let _ = (&*stderr).write_all(text.as_bytes());
    }
}
