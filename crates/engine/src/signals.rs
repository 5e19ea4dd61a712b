//! A program's signals are for the program's own threads: those of the library take none. A handler that runs on
//! a thread of ours would meet no stack, no lock and no thread-local of the program that it knows.
//!
//! A thread begins with the signals blocked that its maker has blocked, so they are blocked while one is made.
//! RocksDB makes its threads while a database is opened.

#![allow(unsafe_code, reason = "the mask of signals is the C library's")]

use std::mem::MaybeUninit;
use std::ptr::null_mut;

/// Signals of a fault in the thread itself: blocked, they would end the process past the program's handler.
const OF_THE_THREAD: [libc::c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT, libc::SIGSYS];

/// Runs something that makes threads: they take no signals.
pub fn without<T>(body: impl FnOnce() -> T) -> T {
    let _restored = Blocked::begin();
    body()
}

/// The signals that were blocked before; they alone are again when it is dropped.
struct Blocked(Option<libc::sigset_t>);

impl Blocked {
    fn begin() -> Self {
        let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: the sets are written before they are read, by functions that only write them.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            for signal in OF_THE_THREAD {
                libc::sigdelset(all.as_mut_ptr(), signal);
            }
            match libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr()) {
                0 => Self(Some(before.assume_init())),
                _ => Self(None),
            }
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // SAFETY: a set that the system has written.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, null_mut()) };
        }
    }
}
