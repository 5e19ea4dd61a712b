//! What functions answer that make no sense without a cluster: 2108, in the way of their kind.

use plinth_api::{Code, Error};

use super::asking;
use crate::layout::{fdb_error_t, FDBFuture, FDBResult};

fn refusal(name: &str) -> Error {
    Error::new(Code::UNSUPPORTED_OPERATION).context(format!("{name} needs a cluster"))
}

/// A future that has failed.
pub fn future(name: &'static str) -> *mut FDBFuture {
    asking(|| Err(refusal(name)))
}

/// A result that has failed.
pub fn result(_name: &'static str) -> *mut FDBResult {
    super::result::failed()
}

/// An error number.
pub fn error(name: &'static str) -> fdb_error_t {
    super::call(|| Err(refusal(name)))
}

/// Nothing.
pub fn nothing(_name: &'static str) {}

/// Zeroes an output argument.
///
/// # Safety
/// `out` is null or points to writable memory for one `T`, for which zero is valid.
pub unsafe fn clear<T>(out: *mut T) {
    if !out.is_null() {
        // SAFETY: this function's contract; bytes need no alignment.
        unsafe { out.cast::<u8>().write_bytes(0, size_of::<T>()) };
    }
}
