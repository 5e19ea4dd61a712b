//! Which library this is.

use std::ffi::c_char;

/// The number of the binary interface. It changes only when a program compiled against an older
/// header would no longer work; additions do not change it.
pub const PLINTH_ABI_VERSION: u32 = 1;

/// The version of the library as text, such as `0.1.0`.
///
/// @return a static string, not to be freed
///
/// Threads: any. Errors: none.
#[no_mangle]
pub extern "C" fn plinth_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The number of the binary interface of the loaded library.
///
/// @return PLINTH_ABI_VERSION of the header the library was built with; a program should refuse
///         to run when it differs from the PLINTH_ABI_VERSION it was compiled with
///
/// Threads: any. Errors: none.
#[no_mangle]
pub extern "C" fn plinth_abi_version() -> u32 {
    PLINTH_ABI_VERSION
}
