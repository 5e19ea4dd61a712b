//! Results: answers that were there at once. The functions that make them and those that ask them
//! are refused, so they hold nothing.

use plinth_boundary::handle::Table;

use super::quietly;
use crate::layout::FDBResult;

/// The results that were not destroyed.
static RESULTS: Table<()> = Table::new("result", 12);

/// A result that has failed; NULL only when there are too many.
pub fn failed() -> *mut FDBResult {
    RESULTS.insert(()).unwrap_or(0) as *mut FDBResult
}

/// Ends a result.
///
/// # Safety
/// `r` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_result_destroy(r: *mut FDBResult) {
    quietly(|| RESULTS.remove(r as usize));
}
