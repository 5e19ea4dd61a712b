//! The network thread (rules NET-1 to NET-3).

use std::ffi::{c_int, c_void};

use plinth_api::{Code, Error};

use super::{bytes, call};
use crate::layout::fdb_error_t;
use crate::{network, option, version};

/// Options that can't be set once the network is set up.
const BEFORE_SETUP: [c_int; 2] = [60, 61];
/// A library to be loaded beside this one, which has to exist.
const EXTERNAL_LIBRARY: c_int = 62;

/// Sets an option of the network (section 10 of the rules).
///
/// # Safety
/// `value` is readable for `value_length` bytes.
#[no_mangle]
pub unsafe extern "C" fn fdb_network_set_option(option: c_int, value: *const u8, value_length: c_int) -> fdb_error_t {
    call(|| {
        version::check_selected()?;
        // SAFETY: this function's contract.
        let value = unsafe { bytes(value, value_length) }?;
        option::of_network(option, value)?;
        if BEFORE_SETUP.contains(&option) && network::is_set_up() {
            return Err(Error::new(Code::INVALID_OPTION).context("the network is set up"));
        }
        if option == EXTERNAL_LIBRARY {
            check_exists(value)?;
        }
        Ok(())
    })
}

fn check_exists(path: &[u8]) -> Result<(), Error> {
    use std::os::unix::ffi::OsStrExt;
    match std::path::Path::new(std::ffi::OsStr::from_bytes(path)).exists() {
        true => Ok(()),
        false => Err(Error::new(Code::FILE_NOT_FOUND)),
    }
}

/// Sets the network up.
///
/// # Safety
/// None is needed.
#[no_mangle]
pub unsafe extern "C" fn fdb_setup_network() -> fdb_error_t {
    call(|| {
        version::check_selected()?;
        network::set_up()
    })
}

/// Makes the calling thread the network thread.
///
/// # Safety
/// None is needed.
#[no_mangle]
pub unsafe extern "C" fn fdb_run_network() -> fdb_error_t {
    call(|| {
        version::check_selected()?;
        network::run()
    })
}

/// Ends the network thread.
///
/// # Safety
/// None is needed.
#[no_mangle]
pub unsafe extern "C" fn fdb_stop_network() -> fdb_error_t {
    call(|| {
        version::check_selected()?;
        network::stop()
    })
}

/// Adds a function that runs when the network thread ends.
///
/// # Safety
/// `hook` may be called with `hook_parameter` on the network thread.
#[no_mangle]
pub unsafe extern "C" fn fdb_add_network_thread_completion_hook(
    hook: Option<unsafe extern "C" fn(*mut c_void)>,
    hook_parameter: *mut c_void,
) -> fdb_error_t {
    call(|| {
        version::check_selected()?;
        let hook = hook.ok_or_else(|| Error::new(Code::CLIENT_INVALID_OPERATION).context("the hook is NULL"))?;
        network::add_hook(hook, hook_parameter)
    })
}
