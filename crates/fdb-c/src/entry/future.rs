//! Futures (rules FUT-1 to FUT-13).

use std::ffi::{c_char, c_int, c_void};

use plinth_api::{Code, Error, Result};
use plinth_boundary::entry::guarded;

use super::{call, ending, quietly, write};
use crate::errors::Number;
use crate::future::{future, Callback, FUTURES};
use crate::layout::{
    fdb_bool_t, fdb_error_t, FDBCallback, FDBDatabase, FDBFuture, FDBKey, FDBKeyRange, FDBKeyValue, FDBMappedKeyValue,
};
use crate::output::Output;
use crate::version;

/// What a future tells keeps its number.
type Told<T> = std::result::Result<T, Number>;

/// Runs the body of a function that asks a future.
fn tell(body: impl FnOnce() -> Told<()>) -> fdb_error_t {
    let told = guarded(|| Ok(body())).unwrap_or_else(|panic| Err(panic.into()));
    told.map_or_else(|Number(number)| number, |()| 0)
}

/// Writes an output argument.
///
/// # Safety
/// As [`write`].
unsafe fn put<T>(out: *mut T, value: T) -> Told<()> {
    // SAFETY: this function's contract.
    Ok(unsafe { write(out, value) }?)
}

/// Looks at the value of a future.
fn get<T>(f: *mut FDBFuture, look: impl FnOnce(&mut Output) -> Result<T>) -> Told<T> {
    FUTURES.get(f as usize)?.get(look)
}

/// Ends what a future waits for (rule FUT-6).
///
/// # Safety
/// `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_cancel(f: *mut FDBFuture) {
    quietly(|| {
        future(f)?.cancel();
        Ok(())
    });
}

/// Gives a value back (rule FUT-7).
///
/// # Safety
/// `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_release_memory(f: *mut FDBFuture) {
    quietly(|| {
        FUTURES.get(f as usize)?.release();
        Ok(())
    });
}

/// Ends a future (rules FUT-2, FUT-6).
///
/// # Safety
/// `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_destroy(f: *mut FDBFuture) {
    ending(|| {
        let guard = FUTURES.get(f as usize)?;
        if guard.is_over() {
            // Whoever ended it meanwhile was the one to do so.
            guard.remove();
            return Ok(());
        }
        let future = guard.clone();
        drop(guard);
        future.destroy(f as usize);
        Ok(())
    });
}

/// Waits until a future is ready (rule FUT-9).
///
/// # Safety
/// `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_block_until_ready(f: *mut FDBFuture) -> fdb_error_t {
    call(|| {
        let guard = FUTURES.get(f as usize)?;
        if guard.has_come() {
            return Ok(());
        }
        // The waiting thread holds the future itself: another one may destroy the handle meanwhile.
        let future = guard.clone();
        drop(guard);
        future.block()
    })
}

/// Whether a future is ready (rule FUT-10).
///
/// # Safety
/// `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_is_ready(f: *mut FDBFuture) -> fdb_bool_t {
    let mut ready = true;
    // A handle that leads nowhere has nothing to wait for.
    quietly(|| {
        ready = future(f)?.is_ready();
        Ok(())
    });
    ready.into()
}

/// Has a function run when a future is ready (rules FUT-4, FUT-5).
///
/// # Safety
/// `callback` may be called with `callback_parameter`, once, on this thread or the network thread.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_set_callback(
    f: *mut FDBFuture,
    callback: FDBCallback,
    callback_parameter: *mut c_void,
) -> fdb_error_t {
    tell(|| {
        let missing = || Error::new(Code::CLIENT_INVALID_OPERATION).context("the callback is NULL");
        let function = callback.ok_or_else(missing)?;
        future(f)?.set_callback(Callback { function, parameter: callback_parameter, handle: f as usize });
        Ok(())
    })
}

/// The error of a future (rule FUT-3).
///
/// # Safety
/// `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_error(f: *mut FDBFuture) -> fdb_error_t {
    tell(|| FUTURES.get(f as usize)?.error())
}

/// A truth value. No function here returns such a future.
///
/// # Safety
/// `out` is null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_bool(f: *mut FDBFuture, out: *mut fdb_bool_t) -> fdb_error_t {
    tell(|| {
        let number = get(f, |output| output.as_int64())?;
        // SAFETY: this function's contract.
        unsafe { put(out, fdb_bool_t::from(number != 0)) }
    })
}

/// A number.
///
/// # Safety
/// `out` is null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_int64(f: *mut FDBFuture, out: *mut i64) -> fdb_error_t {
    tell(|| {
        let number = get(f, |output| output.as_int64())?;
        // SAFETY: this function's contract.
        unsafe { put(out, number) }
    })
}

/// A number, under its name of versions below 620.
///
/// # Safety
/// `out_version` is null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_version(f: *mut FDBFuture, out_version: *mut i64) -> fdb_error_t {
    tell(|| {
        version::check_below(620)?;
        let number = get(f, |output| output.as_int64())?;
        // SAFETY: this function's contract.
        unsafe { put(out_version, number) }
    })
}

/// A number without a sign.
///
/// # Safety
/// `out` is null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_uint64(f: *mut FDBFuture, out: *mut u64) -> fdb_error_t {
    tell(|| {
        let number = get(f, |output| output.as_uint64())?;
        // SAFETY: this function's contract.
        unsafe { put(out, number) }
    })
}

/// A number with a fraction.
///
/// # Safety
/// `out` is null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_double(f: *mut FDBFuture, out: *mut f64) -> fdb_error_t {
    tell(|| {
        let number = get(f, |output| output.as_double())?;
        // SAFETY: this function's contract.
        unsafe { put(out, number) }
    })
}

/// A key (rule FUT-8).
///
/// # Safety
/// The output arguments are null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_key(
    f: *mut FDBFuture,
    out_key: *mut *const u8,
    out_key_length: *mut c_int,
) -> fdb_error_t {
    tell(|| {
        let FDBKey { key, key_length } = get(f, |output| output.as_key())?;
        // SAFETY: this function's contract.
        unsafe {
            put(out_key, key)?;
            put(out_key_length, key_length)
        }
    })
}

/// A value, or that there is none (rules GET-1, FUT-8).
///
/// # Safety
/// The output arguments are null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_value(
    f: *mut FDBFuture,
    out_present: *mut fdb_bool_t,
    out_value: *mut *const u8,
    out_value_length: *mut c_int,
) -> fdb_error_t {
    tell(|| {
        let value = get(f, |output| output.as_value())?;
        // SAFETY: this function's contract.
        unsafe {
            put(out_present, fdb_bool_t::from(value.is_some()))?;
            let Some(FDBKey { key, key_length }) = value else {
                return Ok(());
            };
            put(out_value, key)?;
            put(out_value_length, key_length)
        }
    })
}

/// The pairs of a range (rules RNG-8, FUT-8).
///
/// # Safety
/// The output arguments are null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_keyvalue_array(
    f: *mut FDBFuture,
    out_kv: *mut *const FDBKeyValue,
    out_count: *mut c_int,
    out_more: *mut fdb_bool_t,
) -> fdb_error_t {
    tell(|| {
        version::check_selected()?;
        let ((pairs, count), more) = get(f, Output::as_rows)?;
        // SAFETY: this function's contract.
        unsafe {
            put(out_kv, pairs)?;
            put(out_count, count)?;
            put(out_more, more.into())
        }
    })
}

/// The pairs of a mapped range (rule MAP-1).
///
/// # Safety
/// The output arguments are null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_mappedkeyvalue_array(
    f: *mut FDBFuture,
    out_kv: *mut *const FDBMappedKeyValue,
    out_count: *mut c_int,
    out_more: *mut fdb_bool_t,
) -> fdb_error_t {
    tell(|| {
        let ((pairs, count), more) = get(f, Output::as_mapped)?;
        // SAFETY: this function's contract.
        unsafe {
            put(out_kv, pairs)?;
            put(out_count, count)?;
            put(out_more, more.into())
        }
    })
}

/// Keys (rule FUT-8).
///
/// # Safety
/// The output arguments are null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_key_array(
    f: *mut FDBFuture,
    out_key_array: *mut *const FDBKey,
    out_count: *mut c_int,
) -> fdb_error_t {
    tell(|| {
        let (keys, count) = get(f, |output| output.as_keys())?;
        // SAFETY: this function's contract.
        unsafe {
            put(out_key_array, keys)?;
            put(out_count, count)
        }
    })
}

/// Texts (rule FUT-8).
///
/// # Safety
/// The output arguments are null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_string_array(
    f: *mut FDBFuture,
    out_strings: *mut *mut *const c_char,
    out_count: *mut c_int,
) -> fdb_error_t {
    tell(|| {
        let (texts, count) = get(f, |output| output.as_strings())?;
        // SAFETY: this function's contract.
        unsafe {
            put(out_strings, texts.cast_mut())?;
            put(out_count, count)
        }
    })
}

/// Key ranges. No function here returns such a future.
///
/// # Safety
/// The output arguments are null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_keyrange_array(
    f: *mut FDBFuture,
    out_ranges: *mut *const FDBKeyRange,
    out_count: *mut c_int,
) -> fdb_error_t {
    tell(|| {
        // SAFETY: this function's contract.
        unsafe {
            put(out_ranges, std::ptr::null())?;
            put(out_count, 0)?;
        }
        FUTURES.get(f as usize)?.error()?;
        Err(Code::CLIENT_INVALID_OPERATION.into())
    })
}

/// A cluster, of versions below 610. The caller owns it.
///
/// # Safety
/// `out_cluster` is null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_cluster(
    f: *mut FDBFuture,
    out_cluster: *mut *mut crate::layout::FDBCluster,
) -> fdb_error_t {
    tell(|| {
        version::check_below(610)?;
        // SAFETY: this function's contract.
        unsafe { take(f, out_cluster) }
    })
}

/// A database, of versions below 610. The caller owns it.
///
/// # Safety
/// `out_database` is null or writable; `f` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_future_get_database(
    f: *mut FDBFuture,
    out_database: *mut *mut FDBDatabase,
) -> fdb_error_t {
    tell(|| {
        version::check_below(610)?;
        // SAFETY: this function's contract.
        unsafe { take(f, out_database) }
    })
}

/// Hands the handle in a future over.
///
/// # Safety
/// `out` is null or writable.
unsafe fn take<T>(f: *mut FDBFuture, out: *mut *mut T) -> Told<()> {
    // SAFETY: this function's contract.
    unsafe { put(out, std::ptr::null_mut()) }?;
    let handle = get(f, Output::take_handle)?;
    // SAFETY: as above.
    unsafe { put(out, handle as *mut T) }
}
