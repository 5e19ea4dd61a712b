//! The stores that are open in this process: one for each directory, however many handles lead to
//! it (rule NET-5).
//!
//! A store is used while a [`Lease`] of it lives; databases hold one, and so do their transactions,
//! watches, commits, and values that are pinned in it (rule NET-7). One that nobody uses stays open for
//! [`LINGER`], since some programs open a database for each transaction; without a network thread
//! to look after it, it is closed by the function that ended the last handle. A store in memory
//! would lose its data, so it stays.
//!
//! The last lease may go on a thread that works for the store. So dropping a lease takes no lock and
//! closes nothing; the network thread sees to that, functions of the interface that are about to
//! return to the program, or else a thread that is made for it.
//!
//! Lock order: the registry's lock is the outermost. Leases are counted up under it, so a store that
//! is found unused there stays so. Stores are opened under it, and closed without it: an entry that
//! is `closing` keeps its place until the directory is free, and those who want it wait.

use std::cell::Cell;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};
use plinth_boundary::fork::{self, PerProcess};
use plinth_engine::signals;

use crate::location::{Location, Place};
use crate::network;
use crate::store::Store;

/// How long a store that nobody uses stays open.
const LINGER: Duration = Duration::from_secs(1);

/// What tells stores apart. The same path may be another directory later.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Memory,
    Directory { path: PathBuf, device: u64, file: u64 },
}

struct Entry {
    key: Key,
    store: Arc<Shared>,
    closing: bool,
}

/// A store, and who uses it.
struct Shared {
    store: Store,
    leases: AtomicUsize,
    /// Milliseconds since the first look at the clock.
    unused_since: AtomicU64,
}

/// The right to use a store.
pub struct Lease(Arc<Shared>);

struct Registry {
    entries: Mutex<Vec<Entry>>,
    /// Signalled when an entry is gone.
    gone: Condvar,
    /// The first look at the clock.
    start: Instant,
}

/// The stores of the parent stay with the parent.
static REGISTRY: PerProcess<Registry> =
    PerProcess::new(|| Registry { entries: Mutex::new(Vec::new()), gone: Condvar::new(), start: Instant::now() });

thread_local! {
    /// Whether this thread ends a handle, and closes afterwards what is not used any more: one more than
    /// the era in which it does.
    static ENDING: Cell<u32> = const { Cell::new(0) };
}

fn lock() -> MutexGuard<'static, Vec<Entry>> {
    REGISTRY.get().entries.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until an entry is gone.
fn wait(entries: MutexGuard<'static, Vec<Entry>>) -> MutexGuard<'static, Vec<Entry>> {
    REGISTRY.get().gone.wait(entries).unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    u64::try_from(REGISTRY.get().start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Whether this thread ends a handle.
fn is_ending() -> bool {
    ENDING.try_with(Cell::get).map_or(true, |ending| ending == fork::era() + 1)
}

impl Lease {
    /// Under the registry's lock.
    fn of(store: &Arc<Shared>) -> Arc<Self> {
        store.leases.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self(store.clone()))
    }
}

impl std::ops::Deref for Lease {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.0.store
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.unused_since.store(now(), Ordering::Relaxed);
        let last = self.0.leases.fetch_sub(1, Ordering::AcqRel) == 1;
        // Nobody else would come by.
        if last && !network::is_running() && !is_ending() {
            close_elsewhere(close_unused);
        }
    }
}

/// Runs `body`, which ends a handle, and closes what is not used then if there is no network thread to
/// do so.
pub fn ending(body: impl FnOnce()) {
    let before = ENDING.try_with(|ending| ending.replace(fork::era() + 1)).unwrap_or(0);
    body();
    let _ = ENDING.try_with(|ending| ending.set(before));
    settle();
}

/// Runs something that waits for a store, on a thread that the store does not wait for. Without a
/// thread it is left undone; nobody can be served then anyway.
fn close_elsewhere(close: impl FnOnce() + Send + 'static) {
    let builder = std::thread::Builder::new().name("plinth-close".to_owned());
    let _ = signals::without(|| builder.spawn(close));
}

impl Entry {
    /// Whether it may be closed now.
    fn is_unused(&self, for_at_least: Duration) -> bool {
        let shared = &self.store;
        !self.closing
            && self.key != Key::Memory
            && shared.leases.load(Ordering::Acquire) == 0
            && u128::from(now() - shared.unused_since.load(Ordering::Relaxed)) >= for_at_least.as_millis()
    }
}

/// Opens the store of a location, or finds it open.
pub fn open(location: Location) -> Result<Arc<Lease>> {
    settle();
    let mut entries = lock();
    let key = loop {
        let key = key_of(&location)?;
        match entries.iter().find(|entry| entry.key == key || entry.key.is_at(&key)) {
            Some(entry) if entry.closing => {
                entries = wait(entries);
            }
            Some(entry) if entry.key == key => return Ok(Lease::of(&entry.store)),
            // Its directory was replaced by another one.
            Some(entry) if entry.is_unused(Duration::ZERO) => {
                drop(entries);
                close_unused();
                entries = lock();
            }
            _ => break key,
        }
    };
    let shared = Shared { store: Store::open(location)?, leases: AtomicUsize::new(0), unused_since: AtomicU64::new(0) };
    let store = Arc::new(shared);
    let lease = Lease::of(&store);
    entries.push(Entry { key, store, closing: false });
    Ok(lease)
}

impl Key {
    /// Whether both are at one path.
    fn is_at(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory { path, .. }, Self::Directory { path: other, .. }) => path == other,
            _ => false,
        }
    }
}

/// Finds the directory, and makes it if it may be made.
fn key_of(location: &Location) -> Result<Key> {
    let Place::Directory(path) = &location.place else {
        return Ok(Key::Memory);
    };
    if location.create && !path.is_dir() {
        make(path, location.parents)?;
    }
    let failed = |error: std::io::Error| {
        Error::new(Code::IO_ERROR).context(format!("directory {}", path.display())).caused_by(error)
    };
    let path = path.canonicalize().map_err(failed)?;
    let found = path.metadata().map_err(failed)?;
    Ok(Key::Directory { path, device: found.dev(), file: found.ino() })
}

fn make(path: &Path, parents: bool) -> Result<()> {
    let made = std::fs::DirBuilder::new().recursive(parents).mode(0o700).create(path);
    // Another process may have been first.
    made.or_else(|error| if path.is_dir() { Ok(()) } else { Err(error) }).map_err(|error| {
        let text = format!("the directory {} can't be made", path.display());
        Error::new(Code::FILE_NOT_WRITABLE).context(text).caused_by(error)
    })
}

/// Closes what is not used if there is no network thread to do so.
fn settle() {
    if !network::is_running() {
        close_unused();
    }
}

/// Has what was not used for a while closed, and the others do what they do now and then. Runs on
/// the network thread, and does not keep it.
pub fn look_after() {
    // Whoever opens a store has the lock for long.
    let Ok(mut entries) = REGISTRY.get().entries.try_lock() else {
        return;
    };
    let closing = take_unused(&mut entries, LINGER);
    let stores: Vec<_> = entries.iter().filter(|entry| !entry.closing).map(|entry| entry.store.clone()).collect();
    drop(entries);
    for shared in stores {
        shared.store.look_after();
    }
    if !closing.is_empty() {
        close_elsewhere(move || finish(closing));
    }
}

/// Closes what is not used.
pub fn close_unused() {
    let closing = take_unused(&mut lock(), Duration::ZERO);
    finish(closing);
}

/// Closes everything, used or not: the process ends.
pub fn close_all() {
    let open: Vec<_> = lock().extract_if(.., |entry| !entry.closing).collect();
    for entry in open {
        entry.store.store.close();
    }
    // Other threads may be closing some.
    let mut entries = lock();
    while !entries.is_empty() {
        entries = wait(entries);
    }
}

fn take_unused(entries: &mut [Entry], for_at_least: Duration) -> Vec<Arc<Shared>> {
    let unused = entries.iter_mut().filter(|entry| entry.is_unused(for_at_least));
    unused
        .map(|entry| {
            entry.closing = true;
            entry.store.clone()
        })
        .collect()
}

/// Closes stores that are marked, and lets their directories be opened again.
fn finish(closing: Vec<Arc<Shared>>) {
    for shared in closing {
        shared.store.close();
        let mut entries = lock();
        entries.retain(|entry| !Arc::ptr_eq(&entry.store, &shared));
        // Nobody has a lease; with the entry everything of the store is gone.
        drop(shared);
        drop(entries);
        REGISTRY.get().gone.notify_all();
    }
}
