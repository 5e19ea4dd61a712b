//! The wrapper around every exported function.
//!
//! A panic must not unwind into C. It is caught here and becomes `internal_error` (4100) with
//! its message and place. The text of the last error is kept per thread in a buffer that lives
//! until the next error of that thread, so the pointer handed to C stays valid as documented.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::{c_char, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use plinth_api::{Code, Error};

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::new(CString::default());
    /// The number that the text belongs to; 0 before the first.
    static LAST_CODE: Cell<i32> = const { Cell::new(0) };
    static PANIC_PLACE: RefCell<String> = const { RefCell::new(String::new()) };
    /// Nesting depth: the panic hook stays quiet for panics that `call` will catch.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
}

/// Runs the body of an exported function and returns its code.
///
/// The thread's last-error text is written only on failure, so a success in between does not
/// hide the reason a caller has yet to print.
pub fn call(what: &'static str, body: impl FnOnce() -> Result<(), Error>) -> i32 {
    match guarded(body) {
        Ok(()) => 0,
        Err(error) => {
            let code = error.code().number();
            remember(what, &error);
            code
        }
    }
}

/// Like [`call`], for functions that may only pass on an error that the caller got before: the
/// story of that one is kept, which tells more.
pub fn passing_on(what: &'static str, body: impl FnOnce() -> Result<(), Error>) -> i32 {
    match guarded(body) {
        Ok(()) => 0,
        Err(error) => {
            let code = error.code().number();
            if LAST_CODE.try_with(Cell::get).unwrap_or(0) != code {
                remember(what, &error);
            }
            code
        }
    }
}

/// Runs a body that has a plain answer: `fallback` is returned on an error or a panic.
pub fn value<T>(what: &'static str, fallback: T, body: impl FnOnce() -> Result<T, Error>) -> T {
    match guarded(body) {
        Ok(value) => value,
        Err(error) => {
            remember(what, &error);
            fallback
        }
    }
}

/// Runs `body`; a panic becomes an error that names its message and place.
pub fn guarded<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    install_hook();
    // Every object reached from a body is either dropped with it or protected by locks that
    // treat a panic as the end of that object, so unwind safety is the callee's own matter.
    let body = || {
        planted();
        body()
    };
    // One look at the thread's own memory for both ends: each is a call. It holds no destructor, so it is
    // there as long as the thread.
    let caught = INSIDE.with(|depth| {
        depth.set(depth.get() + 1);
        let caught = catch_unwind(AssertUnwindSafe(body));
        depth.set(depth.get() - 1);
        caught
    });
    caught.unwrap_or_else(|panic| Err(panic_error(&*panic)))
}

/// Panics if `PLINTH_PANIC` is `export` at that moment, in a build with defects.
#[cfg(feature = "defects")]
#[expect(clippy::panic, reason = "what it is for")]
fn planted() {
    if std::env::var("PLINTH_PANIC").is_ok_and(|named| named == "export") {
        panic!("planted in the export");
    }
}

/// Nothing is planted.
#[cfg(not(feature = "defects"))]
const fn planted() {}

/// Runs code that is not the library's, such as a callback: a panic there is not one of ours, so
/// its hook is not kept quiet.
pub fn outside<T>(body: impl FnOnce() -> T) -> T {
    let _depth = Outside(INSIDE.try_with(|depth| depth.replace(0)).unwrap_or(0));
    body()
}

/// The story of this thread's last error, if that was a `code`.
pub fn story_of(code: Code) -> Option<String> {
    if LAST_CODE.try_with(Cell::get) != Ok(code.number()) {
        return None;
    }
    LAST_ERROR.try_with(|text| text.borrow().to_string_lossy().into_owned()).ok()
}

/// The text of this thread's last error; empty before the first one.
///
/// The pointer stays valid until the next failing call on the same thread, or its end.
pub fn last_error() -> *const c_char {
    LAST_ERROR.try_with(|text| text.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// Stores the full story of `error` as this thread's last error.
pub fn remember(what: &str, error: &Error) {
    let story = format!("{what}: {}", error.story());
    let text = CString::new(story.replace('\0', "\\x00")).unwrap_or_default();
    // A thread that is being torn down has no thread-locals left; the code still tells.
    let _ = LAST_ERROR.try_with(|slot| *slot.borrow_mut() = text);
    let _ = LAST_CODE.try_with(|code| code.set(error.code().number()));
}

/// Reads a NUL-terminated string argument.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that stays unchanged during the call.
pub unsafe fn text<'a>(text: *const c_char, name: &str) -> Result<&'a str, Error> {
    if text.is_null() {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("{name} is NULL")));
    }
    // SAFETY: not null, and NUL-terminated by the caller's contract.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| Error::new(Code::INVALID_ARGUMENT).context(format!("{name} is not UTF-8")))
}

fn panic_error(panic: &(dyn Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned());
    let place = PANIC_PLACE.try_with(|place| place.borrow().clone()).unwrap_or_default();
    Error::new(Code::INTERNAL_ERROR).context(format!("panic at {place}: {message}"))
}

/// How deep this thread was before it left the library; restored at the end.
struct Outside(u32);

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = INSIDE.try_with(|depth| depth.set(self.0));
    }
}

/// Records where a panic happened. Panics outside our calls go to whatever hook was there.
///
/// Nobody waits for the one who installs it: a child that was forked meanwhile would wait for ever. Until
/// it is there a panic is only less quiet.
#[inline]
fn install_hook() {
    static BEGUN: AtomicBool = AtomicBool::new(false);
    if !BEGUN.load(Ordering::Relaxed) && !BEGUN.swap(true, Ordering::Relaxed) {
        really_install_hook();
    }
}

#[cold]
fn really_install_hook() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if INSIDE.try_with(Cell::get).unwrap_or(0) == 0 {
            previous(info);
            return;
        }
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let _ = PANIC_PLACE.try_with(|slot| *slot.borrow_mut() = place);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last() -> String {
        // SAFETY: the pointer belongs to this thread and no error happens in between.
        unsafe { CStr::from_ptr(last_error()) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_panic_becomes_internal_error_with_its_place() {
        let code = call("test_call", || panic!("the reason"));
        assert_eq!(code, 4100);
        assert!(last().contains("the reason"), "{}", last());
        assert!(last().contains("entry.rs:"), "{}", last());
    }

    #[test]
    fn an_error_passed_on_keeps_its_story() {
        call("first", || Err(Error::new(Code::IO_ERROR).context("the disk")));
        passing_on("on_error", || Err(Error::new(Code::IO_ERROR)));
        assert!(last().contains("the disk"), "{}", last());
        passing_on("on_error", || Err(Error::new(Code::NOT_COMMITTED)));
        assert!(last().starts_with("on_error: "), "{}", last());
    }

    #[test]
    fn the_story_is_told_for_its_own_code_only() {
        call("first", || Err(Error::new(Code::IO_ERROR).context("the disk")));
        assert!(story_of(Code::IO_ERROR).unwrap().contains("the disk"));
        assert_eq!(story_of(Code::NOT_COMMITTED), None);
    }

    #[test]
    fn outside_there_is_no_depth_and_afterwards_it_is_back() {
        let depth = || INSIDE.with(Cell::get);
        let seen = guarded(|| Ok((depth(), outside(depth), depth()))).unwrap();
        assert_eq!(seen, (1, 0, 1));
    }

    #[test]
    fn a_success_keeps_the_last_error() {
        call("first", || Err(Error::new(Code::NOT_COMMITTED)));
        assert_eq!(call("second", || Ok(())), 0);
        assert!(last().starts_with("first: "), "{}", last());
    }
}
