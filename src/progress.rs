//! How a long call tells C how far it is.

use std::ffi::c_void;

use plinth_api::Progress;
use plinth_boundary::{entry, fork};

use crate::constants::CBool;

/// Is told how far a call is that may take long: `done` of `total` bytes. A `total` of 0 is one that is not
/// known yet; it may change on the way. Returns true to go on, false to cancel: the call then fails with
/// 1101, undoes what it began, and leaves nothing behind.
///
/// It runs on the thread that made the call, inside it, at least once, about ten times a second, and once
/// more when all is done but the last step; no lock of the library is held. It may use the database; if it closes
/// it, the call fails with 9003 when the callback returns. It must return: an exception or longjmp out of it is
/// undefined behaviour. A child that was forked in it must not return from it: it ends.
///
/// Where a function takes one, NULL is none: the call then can't be cancelled.
pub type plinth_progress_callback = Option<unsafe extern "C" fn(context: *mut c_void, done: u64, total: u64) -> CBool>;

/// A callback with its argument, for the length of one call.
pub(crate) struct Listener {
    callback: plinth_progress_callback,
    context: *mut c_void,
}

// SAFETY: the engine tells progress on the calling thread alone, which is where the callback is promised.
unsafe impl Sync for Listener {}

impl Listener {
    /// Who is told of a call.
    ///
    /// # Safety
    /// The callback is null or may be called with `context` until this is dropped.
    pub(crate) unsafe fn new(callback: plinth_progress_callback, context: *mut c_void) -> Self {
        Self { callback, context }
    }
}

impl Progress for Listener {
    fn step(&self, done: u64, total: u64) -> bool {
        let Some(callback) = self.callback else {
            return true;
        };
        let era = fork::era();
        // SAFETY: the contract of `new`.
        let wanted = entry::outside(|| unsafe { callback(self.context, done, total) });
        fork::end_if_forked_since(era);
        wanted.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::null_mut;

    unsafe extern "C" fn note(context: *mut c_void, done: u64, total: u64) -> CBool {
        // SAFETY: the test passes a pair of numbers.
        unsafe { *context.cast::<(u64, u64)>() = (done, total) };
        // SAFETY: any byte is a `CBool`.
        unsafe { std::mem::transmute::<u8, CBool>(u8::from(done < 5)) }
    }

    #[test]
    fn the_callback_is_told_and_its_answer_heard() {
        let mut seen = (0u64, 0u64);
        // SAFETY: `note` takes a pair of numbers, which outlives the listener.
        let listener = unsafe { Listener::new(Some(note), (&raw mut seen).cast()) };
        assert!(listener.step(4, 9));
        assert!(!listener.step(5, 9));
        assert_eq!(seen, (5, 9));
        // SAFETY: there is no callback.
        assert!(unsafe { Listener::new(None, null_mut()) }.step(0, 0));
    }
}
