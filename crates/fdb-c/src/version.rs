//! Which version of the interface the program asked for (rules ABI-5, ABI-8, AV-1).

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};

use plinth_api::{Code, Error, Result};

/// The newest version there is.
pub const NEWEST: c_int = 800;
/// The oldest version whose behaviour is there (rule AV-2).
const OLDEST: c_int = 510;

/// 0 until one is selected.
static SELECTED: AtomicI32 = AtomicI32::new(0);

/// Selects the behaviour of `runtime`, for a program compiled with the header of `header`.
pub fn select(runtime: c_int, header: c_int) -> Result<()> {
    let refused = |code, text: String| Err(Error::new(code).context(text));
    if selected() != 0 {
        return refused(Code::API_VERSION_ALREADY_SET, format!("it is {}", selected()));
    }
    if runtime > header {
        return refused(Code::API_VERSION_INVALID, format!("{runtime} is newer than the header's {header}"));
    }
    if header > NEWEST || runtime < OLDEST {
        return refused(Code::API_VERSION_NOT_SUPPORTED, format!("{OLDEST} to {NEWEST} are supported"));
    }
    match SELECTED.compare_exchange(0, runtime, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Ok(()),
        Err(now) => refused(Code::API_VERSION_ALREADY_SET, format!("it is {now}")),
    }
}

/// The version selected, 0 if none is.
pub fn selected() -> c_int {
    SELECTED.load(Ordering::Acquire)
}

/// Fails unless a version was selected.
pub fn check_selected() -> Result<()> {
    match selected() {
        0 => Err(Error::new(Code::API_VERSION_UNSET)),
        _ => Ok(()),
    }
}

/// Fails if a version was selected that has the function no more.
pub fn check_below(end: c_int) -> Result<()> {
    check_selected()?;
    match selected() < end {
        true => Ok(()),
        false => Err(Error::new(Code::API_VERSION_UNSET).context(format!("removed in version {end}"))),
    }
}
