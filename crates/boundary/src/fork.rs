//! Children of `fork()`, and the end of the process.
//!
//! Only the thread that forked is there in a child. What its parent's other threads had locked stays
//! locked, and what they were about to do is never done. So a child touches nothing of what its parent
//! had: it has an [`era`] of its own, everything that is kept for the whole process is kept by era
//! ([`PerProcess`], and the tables of handles), and what belongs to another era is left alone for ever.
//! A handle of the parent is told by its number, see `handle`. All this holds for a child of a child, too.
//!
//! Destructors of static objects and exit handlers run in the reverse order of their registration. A
//! handler that is registered after a database was opened runs before RocksDB takes its own static
//! objects down. It closes what this process still has open, so that no thread works on while they go.
//! RocksDB then waits for its threads, which are not there in a child: if the parent had started it, that
//! handler ends the process in its place.
//!
//! What runs in a child before `fork()` returns takes no lock and allocates nothing.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use plinth_api::{Code, Error};

/// How many forks lie between this process and the one that loaded the library.
static ERA: AtomicU32 = AtomicU32::new(0);

/// What the engine does about forks. The functions take no lock that a call holds for long.
pub struct Engine {
    /// Runs before a thread forks.
    pub before: fn(),
    /// Runs in the parent afterwards.
    pub after: fn(),
    /// Runs in the child: takes no lock, allocates nothing, and tells the descriptors to be closed.
    pub in_child: fn(&mut dyn FnMut(i32)),
    /// Has a function called when RocksDB has been started in this process.
    pub when_rocks_has_started: fn(fn()),
    /// Whether RocksDB was started in a process that this one was forked from.
    pub rocks_is_unusable: fn() -> bool,
}

/// The era of this process: what has another one belongs to a process that this one was forked from.
#[inline]
pub fn era() -> u32 {
    ERA.load(Ordering::Relaxed)
}

/// Has `engine` hear of forks, and `close` called when the process ends. To be called before a database
/// is opened.
pub fn prepare(engine: &'static Engine, close: fn()) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    handlers::prepare(engine, close);
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = (engine, close);
}

/// Has the process close what is open when it ends. To be called when a database has been opened.
pub fn close_at_exit() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    handlers::at_exit();
}

/// The error of a call that used something of the parent.
pub fn inherited() -> Error {
    Error::new(Code::FORKED)
}

/// Ends the process if it was forked since it had this era. For the return of code that is not the
/// library's to where only the parent can go on.
pub fn end_if_forked_since(before: u32) {
    if era() != before {
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        handlers::end();
    }
}

/// Something that each process has one of: a child begins with a new one.
///
/// That of the parent is kept, and not touched: whatever refers to it stays valid.
pub struct PerProcess<T: 'static> {
    now: AtomicPtr<Own<T>>,
    make: fn() -> T,
}

struct Own<T: 'static> {
    era: u32,
    value: T,
    /// Nothing looks at it; it is reachable still, to tools that search for what is lost.
    _before: *const Own<T>,
}

// SAFETY: values are shared by reference, and one that lost a race is dropped where it was made.
unsafe impl<T: Send + Sync> Sync for PerProcess<T> {}

impl<T> PerProcess<T> {
    /// One that `make` makes when it is first used. Of several that race, one is kept.
    pub const fn new(make: fn() -> T) -> Self {
        Self { now: AtomicPtr::new(std::ptr::null_mut()), make }
    }

    /// That of this process.
    pub fn get(&'static self) -> &'static T {
        let before = self.now.load(Ordering::Acquire);
        // SAFETY: what was stored is never freed.
        match unsafe { before.as_ref() } {
            Some(own) if own.era == era() => &own.value,
            _ => self.renew(before),
        }
    }

    #[cold]
    fn renew(&'static self, before: *mut Own<T>) -> &'static T {
        let fresh = Box::into_raw(Box::new(Own { era: era(), value: (self.make)(), _before: before }));
        let own = match self.now.compare_exchange(before, fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => fresh,
            Err(other) => {
                // SAFETY: it comes from the box above and nobody has seen it.
                drop(unsafe { Box::from_raw(fresh) });
                other
            }
        };
        // SAFETY: it was stored, so it is never freed; and in this era, by this or another thread.
        unsafe { &(*own).value }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod handlers {
    use std::ffi::{c_int, c_void};
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use super::{era, Engine, ERA};

    /// How long the process waits for its databases to close.
    const PATIENCE: Duration = Duration::from_secs(10);

    static ENGINE: AtomicPtr<Engine> = AtomicPtr::new(null_mut());
    /// The function that closes everything.
    static CLOSE: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    /// One more than the era that has a handler for the end of the process.
    static HANDLER_OF: AtomicU32 = AtomicU32::new(0);

    extern "C" {
        fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    }

    /// When the library is loaded: no thread can fork in the middle of it.
    #[used]
    #[link_section = ".init_array"]
    static WATCH: extern "C" fn() = watch;

    extern "C" fn watch() {
        // SAFETY: the functions live as long as the process: the libraries are never unloaded. Should it
        // fail there is no memory, and nothing better to do.
        unsafe { libc::pthread_atfork(Some(before), Some(after), Some(in_child)) };
    }

    fn engine() -> Option<&'static Engine> {
        // SAFETY: null, or from a static reference.
        unsafe { ENGINE.load(Ordering::Acquire).as_ref() }
    }

    extern "C" fn before() {
        if let Some(engine) = engine() {
            (engine.before)();
        }
    }

    extern "C" fn after() {
        if let Some(engine) = engine() {
            (engine.after)();
        }
    }

    extern "C" fn in_child() {
        ERA.fetch_add(1, Ordering::Relaxed);
        if let Some(engine) = engine() {
            (engine.in_child)(&mut |descriptor| {
                // SAFETY: only what belongs to the parent's era uses the descriptor, and that is never
                // used again.
                unsafe { libc::close(descriptor) };
            });
        }
    }

    pub fn prepare(engine: &'static Engine, close: fn()) {
        CLOSE.store(close as *mut c_void, Ordering::Release);
        ENGINE.store(std::ptr::from_ref(engine).cast_mut(), Ordering::Release);
        (engine.when_rocks_has_started)(after_rocks);
    }

    /// One handler for each process of a line of children.
    pub fn at_exit() {
        if HANDLER_OF.swap(era() + 1, Ordering::AcqRel) != era() + 1 {
            // SAFETY: the function lives as long as the process.
            unsafe { on_exit(exiting, null_mut()) };
        }
    }

    /// One handler that runs before the destructors of RocksDB, in this process and its children.
    fn after_rocks() {
        // SAFETY: as above.
        unsafe { on_exit(exiting_before_rocks, null_mut()) };
    }

    extern "C" fn exiting(_status: c_int, _argument: *mut c_void) {
        let close = CLOSE.load(Ordering::Acquire);
        if !close.is_null() {
            // SAFETY: it was made of such a function.
            close_with_patience(unsafe { std::mem::transmute::<*mut c_void, fn()>(close) });
        }
    }

    extern "C" fn exiting_before_rocks(status: c_int, argument: *mut c_void) {
        exiting(status, argument);
        if engine().is_some_and(|engine| (engine.rocks_is_unusable)()) {
            // SAFETY: both may be called by an exit handler. What the child wrote is not lost.
            unsafe {
                libc::fflush(null_mut());
                libc::_exit(status);
            }
        }
    }

    /// On a thread of its own: whatever may keep it, the process ends.
    fn close_with_patience(close: fn()) {
        let (closed, wait) = sync_channel(1);
        let closing = std::thread::Builder::new().name("plinth-close".to_owned()).spawn(move || {
            let _ = std::panic::catch_unwind(close);
            let _ = closed.send(());
        });
        if closing.is_ok() {
            let _ = wait.recv_timeout(PATIENCE);
        }
    }

    /// See [`super::end_if_forked_since`].
    pub fn end() -> ! {
        const WHY: &[u8] = b"plinth: a child of fork() returned from the callback that it was forked in\n";
        // SAFETY: the bytes are readable, and the thread is one of the program's or the only one.
        unsafe {
            libc::write(libc::STDERR_FILENO, WHY.as_ptr().cast(), WHY.len());
            libc::exit(libc::EXIT_FAILURE)
        }
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;
    use std::sync::Mutex;

    static COUNT: PerProcess<Mutex<u32>> = PerProcess::new(|| Mutex::new(7));

    /// What a child's `body` says it ends with.
    fn in_child(body: impl FnOnce() -> i32) -> i32 {
        // SAFETY: the child ends without going back into the tests.
        unsafe {
            let child = libc::fork();
            if child == 0 {
                libc::alarm(60);
                libc::_exit(body());
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            assert!(libc::WIFEXITED(status), "{status}");
            libc::WEXITSTATUS(status)
        }
    }

    #[test]
    fn each_process_has_its_own() {
        let held = COUNT.get().lock().unwrap();
        let before = era();
        let seen = in_child(|| {
            *COUNT.get().lock().unwrap() += 1;
            let grandchild = in_child(|| *COUNT.get().lock().unwrap() as i32);
            i32::from(era() == before + 1) * 100 + *COUNT.get().lock().unwrap() as i32 * 10 + grandchild
        });
        assert_eq!((seen, *held, era()), (187, 7, before));
    }
}
