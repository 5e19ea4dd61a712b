//! Errors and versions.

use std::ffi::{c_char, c_int};

use plinth_api::Code;

use super::call;
use crate::layout::{fdb_bool_t, fdb_error_t};
use crate::{errors, texts, version};

/// The text of an error number (rule ERRC-1).
///
/// # Safety
/// Any number may be passed.
#[no_mangle]
pub unsafe extern "C" fn fdb_get_error(code: fdb_error_t) -> *const c_char {
    texts::of(Code::from_number(code)).as_ptr()
}

/// Whether an error number has a property (rule ERRC-2).
///
/// # Safety
/// Any numbers may be passed.
#[no_mangle]
pub unsafe extern "C" fn fdb_error_predicate(predicate_test: c_int, code: fdb_error_t) -> fdb_bool_t {
    errors::predicate(predicate_test, code).into()
}

/// Selects the version of the interface (rule ABI-5).
///
/// # Safety
/// Any numbers may be passed.
#[no_mangle]
pub unsafe extern "C" fn fdb_select_api_version_impl(runtime_version: c_int, header_version: c_int) -> fdb_error_t {
    call(|| version::select(runtime_version, header_version))
}

/// The newest version of the interface.
///
/// # Safety
/// None is needed.
#[no_mangle]
pub unsafe extern "C" fn fdb_get_max_api_version() -> c_int {
    version::NEWEST
}

/// Release, source version and protocol version, separated by commas.
///
/// # Safety
/// None is needed.
#[no_mangle]
pub unsafe extern "C" fn fdb_get_client_version() -> *const c_char {
    texts::client_version().as_ptr()
}

/// Accepted; there is no other client to be compatible with.
///
/// # Safety
/// None is needed.
#[no_mangle]
pub unsafe extern "C" fn fdb_use_future_protocol_version() {}
