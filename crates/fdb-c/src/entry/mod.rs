//! The exported functions, one file per noun, a few lines each. Their names, types and documentation
//! for C come from `schema/fdb_c.toml`; `cargo xtask check` compares the types.
//!
//! Handles are tokens, checked by every function: one that is NULL, stale or foreign becomes an
//! error, or a future that has failed. No panic gets out (rule ABI-4).

pub mod cluster;
pub mod database;
pub mod future;
pub mod general;
pub mod network;
mod refuse;
pub mod refused;
pub mod result;
pub mod tenant;
pub mod transaction;

use std::ffi::c_int;

use plinth_api::{Code, Error, KeySelector, Result};
use plinth_boundary::{entry, slice};

use crate::future::ready;
use crate::layout::{fdb_error_t, FDBFuture};
use crate::{errors, registry};

/// Runs the body of a function that returns an error number.
fn call(body: impl FnOnce() -> Result<()>) -> fdb_error_t {
    entry::guarded(body).map_or_else(|error| errors::number(&error), |()| 0)
}

/// Runs the body of a function that returns nothing: what is wrong with its handle is lost.
fn quietly(body: impl FnOnce() -> Result<()>) {
    let _ = entry::guarded(body);
}

/// Runs the body of a function that ends a handle, after which a store may be unused.
fn ending(body: impl FnOnce() -> Result<()>) {
    quietly(|| {
        registry::ending(|| quietly(body));
        Ok(())
    });
}

/// Runs the body of a function that returns a future; an error becomes one that has failed.
fn asking(body: impl FnOnce() -> Result<*mut FDBFuture>) -> *mut FDBFuture {
    entry::guarded(body).unwrap_or_else(|error| ready(|| Err(error)))
}

/// A byte string as this interface passes them.
///
/// # Safety
/// With a length above zero, `data` points to that many readable bytes that stay unchanged while
/// the result is used.
unsafe fn bytes<'a>(data: *const u8, length: c_int) -> Result<&'a [u8]> {
    let length = usize::try_from(length)
        .map_err(|_| Error::new(Code::CLIENT_INVALID_OPERATION).context(format!("a length of {length} bytes")))?;
    // SAFETY: this function's contract.
    unsafe { slice::bytes(data, length, "an argument") }
}

/// No key is longer, and one byte more tells that it would be (rules LIM-1, LIM-3).
const LONGEST_KEY: usize = 30_000;

/// A key that is only compared with others: nobody needs more of it than the longest key has.
///
/// # Safety
/// As [`bytes`].
unsafe fn cut<'a>(data: *const u8, length: c_int) -> Result<&'a [u8]> {
    // SAFETY: this function's contract.
    let key = unsafe { bytes(data, length) }?;
    Ok(&key[..key.len().min(LONGEST_KEY + 1)])
}

/// A key selector as this interface passes them.
///
/// # Safety
/// As [`bytes`].
unsafe fn selector(data: *const u8, length: c_int, or_equal: c_int, offset: c_int) -> Result<KeySelector> {
    // SAFETY: this function's contract.
    let key = unsafe { cut(data, length) }?;
    Ok(KeySelector { key: key.to_vec(), or_equal: or_equal != 0, offset })
}

/// Writes an output argument, wherever it lies: C structs of this interface are packed.
///
/// # Safety
/// `out` is null or points to writable memory for one `T`, not shared with another thread.
unsafe fn write<T>(out: *mut T, value: T) -> Result<()> {
    if out.is_null() {
        return Err(Error::new(Code::CLIENT_INVALID_OPERATION).context("an output argument is NULL"));
    }
    // SAFETY: not null, and writable by this function's contract.
    unsafe { out.write_unaligned(value) };
    Ok(())
}
