//! Compaction on request.

use std::ffi::c_void;

use plinth_boundary::entry;

use crate::handles::{database, keyspace_in};
use crate::progress::{plinth_progress_callback, Listener};
use crate::{plinth_database, plinth_error, plinth_keyspace};

/// Compacts a keyspace, or all: what was overwritten or cleared takes no room any more, and reads step over less.
///
/// @param db        the database
/// @param ks        the keyspace, or NULL for all of them
/// @param progress  is told how far it is, and may cancel; NULL for none
/// @param context   passed to `progress` as it is
///
/// A database compacts itself; this is for after a large removal, or before a copy. It writes every table anew, and
/// takes as much room on the disk meanwhile as the largest of the pieces that it goes by: about 128 MiB, or the
/// newest tables. What a version of the window still needs stays, so clear first and compact `window_ms`
/// later. Others read and write meanwhile, more slowly.
///
/// What is done when it is cancelled, or the process is killed, stays done. If another process hosts the
/// database, that one does it.
///
/// Threads: any; one checkpoint, backup, verification or compaction at a time in a database.
/// Errors: 9000 bad handle, or the keyspace of another database; 1101 cancelled; 9003 closed; 9004 an earlier write failed; 9010 keyspace
/// dropped; 9016 in a child of fork(); 9017 the process that hosts the database ended meanwhile; 9022 it was opened with `read_only`;
/// 9023 another upkeep is under way; 1510 it failed, as when the disk is full; 1522 a file is damaged; 4100 internal
/// error. Design D1, D12.
///
/// # Safety
/// `progress` is null or may be called with `context`; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_compact(
    db: *mut plinth_database,
    ks: *mut plinth_keyspace,
    progress: plinth_progress_callback,
    context: *mut c_void,
) -> plinth_error {
    entry::call("plinth_database_compact", || {
        let keyspace = match ks.is_null() {
            true => None,
            false => Some(keyspace_in(db, ks)?),
        };
        let database = database(db)?.clone();
        // SAFETY: this function's contract; it lasts as long as the call.
        let listener = unsafe { Listener::new(progress, context) };
        database.compact(keyspace, &listener)
    })
}
