//! Checkpoints of a database.

use std::ffi::{c_char, c_void};

use plinth_boundary::{entry, slice};

use crate::handles::database;
use crate::progress::{plinth_progress_callback, Listener};
use crate::{plinth_database, plinth_error};

/// Makes a copy of a database, a database of its own, while others read and write.
///
/// @param db        the database
/// @param path      the directory to be made, as the process sees it; it must not exist, and its parent must
/// @param progress  is told how far it is, and may cancel; NULL for none
/// @param context   passed to `progress` as it is
/// @param out       receives the version that the copy holds; 0 on error
///
/// The copy holds all commits up to that version and none later; what was acknowledged before the call is among
/// them. It has an id of its own, so that the two are not taken for one another, and shares with its origin
/// only the disk's room: tables, which never change, are further names of the same files where both are on one
/// file system, and are copied elsewhere. So it costs little time and room at first. Each of the two may be
/// changed, moved and removed as it likes. It is not a backup while it is on the same disk: see plinth_database_backup().
///
/// The directory appears when everything in it is on the disk: a process that is killed leaves nothing of that
/// name. What it leaves is called as the copy with `.partial` behind, and is removed by the next call for the
/// same name. If another process hosts the database, that one makes the copy.
///
/// Threads: any; one checkpoint, backup, verification or compaction at a time in a database.
/// Errors: 9000 bad handle; 9001 bad argument, or a place inside the directory of the database; 1101 cancelled;
/// 2108 the database is in memory; 9003 closed; 9004 an earlier write failed; 9016 in a child of fork(); 9017 the process that
/// hosts the database ended meanwhile; 9022 it was opened with `read_only`; 9023 another upkeep is under way; 9024 `path` exists;
/// 1510, 1511, 1514 the file system failed, as when it is full; 1522 a file is damaged; 4100 internal error. Design D1, D12.
///
/// # Safety
/// `path` is a NUL-terminated string; `progress` is null or may be called with `context`; `out` is writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_checkpoint(
    db: *mut plinth_database,
    path: *const c_char,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut i64,
) -> plinth_error {
    entry::call("plinth_database_checkpoint", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out, "out") }?;
        // SAFETY: this function's contract.
        let path = unsafe { entry::text(path, "path") }?;
        let database = database(db)?.clone();
        // SAFETY: this function's contract; it lasts as long as the call.
        let listener = unsafe { Listener::new(progress, context) };
        *out = database.checkpoint(path, &listener)?;
        Ok(())
    })
}
