//! What a child of `fork()` inherits and must not keep or use.
//!
//! - Descriptors: a lock that a child keeps outlives its parent, and so does a connection, whose other
//!   end then never hears that the parent has gone. Those that are [`Private`] are listed here, and a
//!   child closes them before anything else happens in it.
//! - RocksDB: its threads are not there in a child, and its locks may be held by one of them for ever. So
//!   a child of a process that has started it never does.
//!
//! Opening and listing a descriptor is one step to those who fork: they wait at the door until nobody
//! is between the two, and nobody goes there while they fork. All waits are bounded.
//!
//! What runs in a child here takes no lock and allocates nothing.

use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU8, Ordering};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};

/// Descriptors listed at most. Above it some stay open in children.
const MOST: usize = 4096;
/// No descriptor.
const NONE: RawFd = -1;
/// What the door reads while a thread forks.
const FORKING: i32 = -1;
/// How long the door is waited for: a signal handler may have forked at the wrong place.
const PATIENCE: Duration = Duration::from_secs(1);

/// RocksDB was not started, neither here nor in a process that this one was forked from.
const NEVER: u8 = 0;
/// It was started in this process.
const HERE: u8 = 1;
/// It was started in one that this one was forked from.
const BEFORE: u8 = 2;

/// The descriptors that a child closes.
static LISTED: [AtomicI32; MOST] = [const { AtomicI32::new(NONE) }; MOST];
/// Threads between opening and listing a descriptor, or [`FORKING`].
static DOOR: AtomicI32 = AtomicI32::new(0);
static ROCKS: AtomicU8 = AtomicU8::new(NEVER);
/// Set at the door. What has to be told when RocksDB was started, and whether it was told.
static WHEN_STARTED: OnceLock<fn()> = OnceLock::new();
static TOLD: AtomicBool = AtomicBool::new(false);
/// How many forks lie between this process and the one that first opened a database.
static ERA: AtomicU32 = AtomicU32::new(0);

/// Something with a descriptor that is of no use to a forked child, and is closed there.
///
/// It must not be used or dropped in a child; what a child has of its parent it leaves alone.
// Fields are dropped in this order: taken off the list, closed, out of the door.
pub struct Private<T> {
    _listed: Entry,
    value: T,
    _door: Leave,
}

impl<T: AsFd> Private<T> {
    /// Opens it with `open`, which is brief: threads that fork wait for it. A connection is made
    /// afterwards, with a socket that is listed.
    pub fn open<E>(open: impl FnOnce() -> std::result::Result<T, E>) -> std::result::Result<Self, E> {
        let _inside = enter();
        let value = open()?;
        let listed = Entry::new(value.as_fd().as_raw_fd());
        Ok(Self { _listed: listed, value, _door: Leave })
    }
}

impl<T: AsFd> From<T> for Private<T> {
    /// Lists something that is open: what forks a moment before has it in its child.
    fn from(value: T) -> Self {
        let listed = Entry::new(value.as_fd().as_raw_fd());
        Self { _listed: listed, value, _door: Leave }
    }
}

impl<T: AsFd> AsFd for Private<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.value.as_fd()
    }
}

impl<T> Deref for Private<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A place in the list, and what stands there.
struct Entry {
    place: Option<usize>,
    descriptor: RawFd,
}

impl Entry {
    fn new(descriptor: RawFd) -> Self {
        let take = |place: &AtomicI32| replace(place, NONE, descriptor);
        Self { place: LISTED.iter().position(take), descriptor }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // `Leave` goes out again.
        std::mem::forget(enter());
        if let Some(place) = self.place.and_then(|place| LISTED.get(place)) {
            replace(place, self.descriptor, NONE);
        }
    }
}

fn replace(place: &AtomicI32, before: i32, after: i32) -> bool {
    place.compare_exchange(before, after, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// Leaves the door when it is dropped.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        let _ = DOOR.fetch_update(Ordering::Release, Ordering::Relaxed, |inside| (inside > 0).then(|| inside - 1));
    }
}

/// Goes through the door. What is done inside is brief and does not wait.
fn enter() -> Leave {
    let step = || {
        let enter = |inside: i32| (inside >= 0).then_some(inside + 1);
        DOOR.fetch_update(Ordering::AcqRel, Ordering::Relaxed, enter).is_ok()
    };
    wait_for(step);
    Leave
}

/// Tries until `step` succeeds, or for as long as is sensible.
fn wait_for(step: impl Fn() -> bool) {
    if step() {
        return;
    }
    let end = Instant::now() + PATIENCE;
    while !step() && Instant::now() < end {
        std::thread::yield_now();
    }
}

/// To be called before a thread forks: waits until every descriptor is listed.
pub fn before_fork() {
    wait_for(|| replace(&DOOR, 0, FORKING));
}

/// To be called in the parent when it has forked.
pub fn after_fork() {
    replace(&DOOR, FORKING, 0);
}

/// To be called in the child, before anything else: tells the descriptors that it has to close.
pub fn in_child(close: &mut dyn FnMut(RawFd)) {
    DOOR.store(0, Ordering::Release);
    ERA.fetch_add(1, Ordering::Relaxed);
    replace_rocks(HERE, BEFORE);
    for place in &LISTED {
        let descriptor = place.swap(NONE, Ordering::AcqRel);
        if descriptor != NONE {
            close(descriptor);
        }
    }
}

/// Tells what belongs to this process from what one has that it was forked from.
pub fn era() -> u32 {
    ERA.load(Ordering::Relaxed)
}

fn replace_rocks(before: u8, after: u8) {
    let _ = ROCKS.compare_exchange(before, after, Ordering::AcqRel, Ordering::Relaxed);
}

/// Whether a process that this one was forked from had started RocksDB.
pub fn rocks_is_unusable() -> bool {
    ROCKS.load(Ordering::Acquire) == BEFORE
}

/// Fails in a process that must not start RocksDB: it can use a database that another process has
/// open, but not be its host.
pub fn check_may_host() -> Result<()> {
    match rocks_is_unusable() {
        false => Ok(()),
        true => Err(Error::new(Code::FORKED).context(
            "the process that this one was forked from had a database open itself, so this one can only use \
             databases that other processes have open",
        )),
    }
}

/// Runs something brief during which no thread forks: what it locks is not left locked in a child.
pub(crate) fn undisturbed<T>(body: impl FnOnce() -> T) -> T {
    let _inside = enter();
    body()
}

/// Notes that RocksDB is being started.
pub(crate) fn rocks_starts() {
    replace_rocks(NEVER, HERE);
}

/// Notes that a database of RocksDB is open: all that it sets up once in a process is there.
pub(crate) fn rocks_has_started() {
    if !TOLD.swap(true, Ordering::AcqRel) {
        if let Some(tell) = WHEN_STARTED.get() {
            tell();
        }
    }
}

/// Has `tell` called when RocksDB has been started in this process. To be called before a database is
/// opened.
pub fn when_rocks_has_started(tell: fn()) {
    // In the middle of it no fork can happen, which would leave it locked in the child.
    let _inside = enter();
    let _ = WHEN_STARTED.set(tell);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn listed(descriptor: RawFd) -> bool {
        LISTED.iter().any(|place| place.load(Ordering::Acquire) == descriptor)
    }

    #[test]
    fn a_descriptor_is_listed_while_it_is_open() {
        let file = Private::open(|| File::open("/dev/null")).unwrap();
        assert!(listed(file.as_raw_fd()));
        assert!(Private::open(|| File::open("/dev/nowhere")).is_err());
        // One that no file gets, so that other tests do not list it again.
        let entry = Entry::new(1_000_001);
        assert!(listed(1_000_001));
        // `Private` has its own way out.
        drop((entry, Leave));
        assert!(!listed(1_000_001));
    }

    #[test]
    fn who_forks_waits_for_those_inside_and_they_for_the_fork() {
        let inside = enter();
        std::thread::scope(|scope| {
            let forking = scope.spawn(before_fork);
            std::thread::yield_now();
            assert!(DOOR.load(Ordering::Acquire) > 0);
            drop(inside);
            forking.join().unwrap();
        });
        let opening = std::thread::spawn(|| Private::open(|| File::open("/dev/null")).map(drop));
        std::thread::yield_now();
        after_fork();
        assert!(opening.join().unwrap().is_ok());
    }
}
