//! What becomes of RocksDB's openings if memory can't be had.
//!
//! RocksDB throws then, and an opening that throws waits for ever for a lock that it has itself. So it ends the
//! process instead, as memory that can't be had does elsewhere. C++ asks a function of the process what to do; ours says
//! so on threads that are opening, and leaves everything else to whoever was asked before.

#![allow(unsafe_code, reason = "C++'s function for memory that can't be had")]

use std::cell::Cell;
use std::io::Write as _;
use std::sync::{Once, OnceLock};

/// Frees memory, throws, or ends the process.
type Handler = unsafe extern "C-unwind" fn();

extern "C-unwind" {
    /// `std::set_new_handler`: returns the one before.
    #[link_name = "_ZSt15set_new_handlerPFvvE"]
    fn set_new_handler(handler: Option<Handler>) -> Option<Handler>;

    /// `std::__throw_bad_alloc`: what is done without a handler.
    #[link_name = "_ZSt17__throw_bad_allocv"]
    fn throw_bad_alloc();
}

thread_local! {
    static OPENING: Cell<bool> = const { Cell::new(false) };
}

/// The handler of before.
static BEFORE: OnceLock<Option<Handler>> = OnceLock::new();

/// Opens something of RocksDB's.
pub fn opening<T>(open: impl FnOnce() -> T) -> T {
    static SET: Once = Once::new();
    // SAFETY: the handler may be called on any thread at any time: it takes no lock and needs no memory.
    SET.call_once(|| _ = BEFORE.set(unsafe { set_new_handler(Some(no_memory)) }));
    let _end = Opening(OPENING.replace(true));
    open()
}

/// Puts back what was before.
struct Opening(bool);

impl Drop for Opening {
    fn drop(&mut self) {
        OPENING.set(self.0);
    }
}

unsafe extern "C-unwind" fn no_memory() {
    if OPENING.get() {
        let _ = std::io::stderr().write_all(b"plinth: there is no memory to open the database\n");
        std::process::abort();
    }
    match BEFORE.get() {
        // SAFETY: it was set as a handler, and is called as one.
        Some(Some(before)) => unsafe { before() },
        // SAFETY: it throws, as is due here, and nothing in this frame has to be dropped.
        _ => unsafe { throw_bad_alloc() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_opening_until_it_is_done() {
        opening(|| {
            opening(|| assert!(OPENING.get()));
            assert!(OPENING.get());
            assert!(!std::thread::spawn(|| OPENING.get()).join().unwrap());
        });
        assert!(!OPENING.get());
        assert!(std::panic::catch_unwind(|| opening(|| panic!("within"))).is_err());
        assert!(!OPENING.get());
    }
}
