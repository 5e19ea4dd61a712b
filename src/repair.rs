//! Repair of a damaged database.

use std::ffi::c_char;

use plinth_api::Repaired;
use plinth_boundary::{entry, slice};

use crate::database::prepare;
use crate::plinth_error;

/// What plinth_database_repair() came to.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct plinth_repaired {
    /// The version of the newest commit that is there.
    pub version: i64,
    /// The version of the newest commit that is known to have been there; 0 if nothing is known. Commits
    /// above `version` are lost.
    pub acknowledged: i64,
    /// 0: everything but lost commits at the end is there, as it was at `version`. 1: damaged files were left
    /// out, and the state may be one that never was: see plinth_database_repair().
    pub rebuilt: u64,
    /// Files that were put aside, into `lost` in the directory.
    pub lost_files: u64,
    /// Bytes in them.
    pub lost_bytes: u64,
}

impl From<Repaired> for plinth_repaired {
    fn from(repaired: Repaired) -> Self {
        Self {
            version: repaired.version,
            acknowledged: repaired.acknowledged,
            rebuilt: repaired.rebuilt.into(),
            lost_files: repaired.lost_files,
            lost_bytes: repaired.lost_bytes,
        }
    }
}

/// Makes a damaged directory a database again, with what can be read of it.
///
/// Make a copy of the directory first. Try plinth_database_open() with `read_only` before: what it can
/// read it shows as it was.
///
/// @param path      the directory of a database that nobody has open
/// @param out       receives what came of it; `out_size` bytes are written, zeros on error
/// @param out_size  sizeof(plinth_repaired)
///
/// If only the end of the log is damaged or gone, what is before it stays as it was, and nothing else is
/// touched. If other files are damaged (`rebuilt` is 1), the database is put together anew of those that are
/// whole: what was only in the others is lost, values that were overwritten or cleared may be back, and
/// keyspaces of which nothing was found are gone. Files that are taken out are kept in `lost` in the
/// directory; remove them when they are of no use any more. Everything is read once, which takes its
/// time in a large database.
///
/// Versions and versionstamps go on above all that were given out. A database that is whole stays as it is.
///
/// Threads: any.
/// Errors: 9001 bad argument; 9006 there is no database; 9008 written by a newer version; 1529 it is open;
/// 9016 in a child of a process that had a database open; 2108 for a cluster; 9043 this build has no engine; 1510, 1511, 1514 the file system failed; 1522 it
/// is beyond repair; 4100 internal error.
///
/// # Safety
/// `path` is a NUL-terminated string; `out` points to `out_size` writable bytes.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_repair(
    path: *const c_char,
    out: *mut plinth_repaired,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_database_repair", || {
        // SAFETY: the first number is writable by this function's contract.
        unsafe { slice::out(out.cast::<u64>(), "out") }?;
        let repair = || {
            // SAFETY: this function's contract.
            let path = unsafe { entry::text(path, "path") }?;
            prepare();
            Ok(crate::backend::repair(path)?.into())
        };
        // SAFETY: `out_size` bytes are writable by this function's contract.
        unsafe { slice::fill_sized(out, out_size, "out", repair) }
    })
}
