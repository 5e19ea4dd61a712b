//! The end of the process, and children of `fork()`.
//!
//! Destructors of static objects and exit handlers run in the reverse order of their registration. A
//! handler that is registered after a database was opened runs before RocksDB takes its own static
//! objects down. It closes what is still open, so that no thread works on while they go.
//!
//! In a child nothing of ours can work: no thread of RocksDB or of ours is there, and what the child
//! wrote would go into the parent's files. So every call in it fails with `forked` (9016) and does
//! nothing, and the handler ends the process: RocksDB would wait for threads that are not there. A
//! process that forks before it opens its first database is not concerned, nor is its child.

use std::sync::atomic::{AtomicBool, Ordering};

use plinth_api::{Code, Error};

/// Whether this process is a child of one that had opened a database.
static FORKED: AtomicBool = AtomicBool::new(false);

/// Tells descriptors to a function that closes them.
pub type Inherited = fn(&mut dyn FnMut(i32));

/// Fails in a forked child.
pub fn check() -> Result<(), Error> {
    match FORKED.load(Ordering::Relaxed) {
        false => Ok(()),
        true => Err(Error::new(Code::FORKED)),
    }
}

/// Has forked children notice. To be called before a database is opened.
///
/// `inherited` tells the descriptors that a child must not keep: a lock that it inherits would outlive
/// the parent. It runs in the child, so it may neither allocate nor lock.
pub fn watch(inherited: Inherited) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    handlers::at_fork(inherited);
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = inherited;
}

/// Has `close` run when the process ends, once, if it is not a forked child. To be called when a
/// database has been opened.
pub fn close_at_exit(close: fn()) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    handlers::at_exit(close);
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = close;
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod handlers {
    use std::ffi::{c_int, c_void};
    use std::sync::atomic::Ordering;
    use std::sync::mpsc::sync_channel;
    use std::sync::{Once, OnceLock};
    use std::time::Duration;

    use super::{Inherited, FORKED};

    /// How long the process waits for its databases to close.
    const PATIENCE: Duration = Duration::from_secs(10);

    static CLOSE: OnceLock<fn()> = OnceLock::new();
    static INHERITED: OnceLock<Inherited> = OnceLock::new();

    extern "C" {
        fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
    }

    extern "C" fn forked() {
        FORKED.store(true, Ordering::Relaxed);
        if let Some(inherited) = INHERITED.get() {
            inherited(&mut |descriptor| {
                // SAFETY: nothing in the child uses the descriptor: every call is refused.
                unsafe { libc::close(descriptor) };
            });
        }
    }

    extern "C" fn exiting(status: c_int, _argument: *mut c_void) {
        if FORKED.load(Ordering::Relaxed) {
            // SAFETY: both may be called by an exit handler. What the child wrote is not lost.
            unsafe {
                libc::fflush(std::ptr::null_mut());
                libc::_exit(status);
            }
        }
        if let Some(close) = CLOSE.get() {
            close_with_patience(*close);
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

    pub fn at_fork(inherited: Inherited) {
        static ONCE: Once = Once::new();
        let _ = INHERITED.set(inherited);
        ONCE.call_once(|| {
            // SAFETY: the function lives as long as the process: the libraries are never unloaded.
            // Should it fail there is no memory, and nothing better to do.
            unsafe { libc::pthread_atfork(None, None, Some(forked)) };
        });
    }

    pub fn at_exit(close: fn()) {
        static ONCE: Once = Once::new();
        let _ = CLOSE.set(close);
        // SAFETY: as above.
        ONCE.call_once(|| unsafe {
            on_exit(exiting, std::ptr::null_mut());
        });
    }
}
