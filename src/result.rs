//! Error numbers in words, and the predicates of retry loops.

use std::ffi::{c_char, CString};

use plinth_api::Code;
use plinth_boundary::entry;
use plinth_boundary::fork::PerProcess;

/// An error number: 0 is success, every other number is one of `PLINTH_ERROR_*`.
pub type plinth_error = i32;

/// The C texts of the table: NUL-terminated, made once, never freed.
struct Texts {
    names: Vec<(i32, CString)>,
    descriptions: Vec<(i32, CString)>,
}

static TEXTS: PerProcess<Texts> = PerProcess::new(|| {
    let codes =
        || (0..10_000).map(Code::from_number).filter(|code| code.name() != "unknown_error" || code.number() == 4000);
    Texts {
        names: codes().map(|code| (code.number(), CString::new(code.name()).unwrap_or_default())).collect(),
        descriptions: codes()
            .map(|code| (code.number(), CString::new(code.description()).unwrap_or_default()))
            .collect(),
    }
});

fn find(texts: &'static [(i32, CString)], error: plinth_error) -> *const c_char {
    let at = texts.binary_search_by_key(&error, |(number, _)| *number);
    let at = at.or_else(|_| texts.binary_search_by_key(&4000, |(number, _)| *number));
    at.map_or(c"unknown_error".as_ptr(), |at| texts[at].1.as_ptr())
}

/// The name of an error number, such as `not_committed`.
///
/// @param error  any number; one that is not known reads as `unknown_error`
/// @return a static string, never NULL, not to be freed
///
/// Threads: any. Errors: none. Rule ERRC-1.
#[no_mangle]
pub extern "C" fn plinth_error_name(error: plinth_error) -> *const c_char {
    entry::value("plinth_error_name", c"unknown_error".as_ptr(), || Ok(find(&TEXTS.get().names, error)))
}

/// One English sentence that describes an error number.
///
/// @param error  any number
/// @return a static string, never NULL, not to be freed
///
/// Threads: any. Errors: none. Rule ERRC-1.
#[no_mangle]
pub extern "C" fn plinth_error_description(error: plinth_error) -> *const c_char {
    entry::value("plinth_error_description", c"An unknown error occurred".as_ptr(), || {
        Ok(find(&TEXTS.get().descriptions, error))
    })
}

/// Whether a transaction that met this error may be tried again.
///
/// plinth_transaction_on_error() decides this for you and waits as long as it should.
///
/// @param error  any number
/// @return true for 1007, 1009, 1020, 1021, 1042 and the like; false for 0 and unknown numbers
///
/// Threads: any. Errors: none. Rule ERRC-2.
#[no_mangle]
pub extern "C" fn plinth_error_is_retryable(error: plinth_error) -> bool {
    Code::from_number(error).is_retryable()
}

/// Whether the commit may have happened although it reported this error.
///
/// A retry after such an error can apply the same change twice: make the change idempotent, or
/// look for its trace first.
///
/// @param error  any number
/// @return true for 1021 and 1039
///
/// Threads: any. Errors: none. Rule ERRC-2.
#[no_mangle]
pub extern "C" fn plinth_error_is_maybe_committed(error: plinth_error) -> bool {
    Code::from_number(error).is_maybe_committed()
}

/// Whether the error is retryable and the commit certainly did not happen.
///
/// @param error  any number
///
/// Threads: any. Errors: none. Rule ERRC-2.
#[no_mangle]
pub extern "C" fn plinth_error_is_retryable_not_committed(error: plinth_error) -> bool {
    Code::from_number(error).is_retryable_not_committed()
}

/// The whole story of the last error that a call of this library returned on this thread.
///
/// It tells which call failed, the number, what was being done, to which key (escaped), and what
/// RocksDB or the operating system said. A success does not erase it.
///
/// @return a NUL-terminated string, empty before the first error. It belongs to the library and
///         stays valid until the next failing call on the same thread, or the thread's end.
///
/// Threads: any; each has its own. Errors: none.
#[no_mangle]
pub extern "C" fn plinth_last_error() -> *const c_char {
    entry::last_error()
}
