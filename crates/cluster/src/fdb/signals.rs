//! Threads that the client library and this crate make take no signals: a program's handlers run on its own.

use std::mem::MaybeUninit;
use std::ptr::null_mut;

/// Signals of a fault in the thread itself, which must not be blocked.
const OF_THE_THREAD: [libc::c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT, libc::SIGSYS];

/// Runs something that makes threads: they begin with all other signals blocked.
pub fn without<T>(body: impl FnOnce() -> T) -> T {
    let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: the sets are written before they are read, by functions that only write them.
    let blocked = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        for signal in OF_THE_THREAD {
            libc::sigdelset(all.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr()) == 0
    };
    let made = body();
    if blocked {
        // SAFETY: a set that the system has written.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut()) };
    }
    made
}
