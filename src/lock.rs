//! The lock of a database.

use plinth_api::{Code, Error, Result};
use plinth_boundary::{entry, slice};

use crate::handles::database;
use crate::{plinth_database, plinth_error};

/// Bytes of an id.
const ID: usize = 16;

/// An id as C has it.
#[derive(Default)]
#[repr(C)]
struct Id([u8; ID]);

/// Locks the database for every process that uses it, durably, until plinth_database_unlock() is called: meanwhile
/// transactions fail with 1038 where they would obtain a read version, and where they commit writes, unless they set
/// PLINTH_OPTION_LOCK_AWARE; with PLINTH_OPTION_READ_LOCK_AWARE they can read. Keyspaces are neither made nor
/// dropped. Reads at a version that a transaction has already go on. 1038 is retryable, so a loop waits for the end of the lock.
///
/// Once this has returned no other commit of a transaction without the option is acknowledged or becomes part of the database: what was
/// committed up to then is all that there is. The lock is the key `\xff/dbLocked`, as in a FoundationDB cluster, which is
/// locked by this function too. Copies of the directory that are made meanwhile are locked.
///
/// Locking it again under the same id does nothing.
///
/// @param db      the database
/// @param id      16 bytes that unlock it again, such as those of a UUID
/// @param id_len  16
///
/// Threads: any. Blocks until the lock is on disk. Errors: 9000 bad handle; 9001 NULL, or another length;
/// 1038 it is locked under another id; 9003 closed; 9004 an earlier write failed; 9022 opened for reading only; 9017 nobody serves the
/// directory; the errors of plinth_transaction_commit(); 4100 internal error. Rule COM-5.
///
/// # Safety
/// `id_len` bytes at `id` are readable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_lock(db: *mut plinth_database, id: *const u8, id_len: usize) -> plinth_error {
    entry::call("plinth_database_lock", || {
        let database = database(db)?;
        // SAFETY: this function's contract.
        let id = unsafe { read_id(id, id_len) }?;
        database.lock(&id)
    })
}

/// Takes the lock of the database away, durably. Does nothing if it is not locked.
///
/// @param db      the database
/// @param id      the 16 bytes that it was locked with
/// @param id_len  16
///
/// Threads: any. Blocks until that is on disk. Errors: 9000 bad handle; 9001 NULL, or another length;
/// 1038 it is locked under another id; 9003 closed; 9004 an earlier write failed; 9022 opened for reading only; 9017 nobody serves the
/// directory; the errors of plinth_transaction_commit(); 4100 internal error. Rule COM-5.
///
/// # Safety
/// `id_len` bytes at `id` are readable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_unlock(
    db: *mut plinth_database,
    id: *const u8,
    id_len: usize,
) -> plinth_error {
    entry::call("plinth_database_unlock", || {
        let database = database(db)?;
        // SAFETY: this function's contract.
        let id = unsafe { read_id(id, id_len) }?;
        database.unlock(&id)
    })
}

/// Tells whether the database is locked, and under which id.
///
/// @param db      the database
/// @param out     receives whether it is; false on error
/// @param out_id  receives the 16 bytes of the id, zeros if it is not locked; may be NULL
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9017 nobody serves the directory; the errors of
/// plinth_transaction_get(); 4100 internal error.
///
/// # Safety
/// `out` is writable, `out_id` is null or 16 bytes there are; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_is_locked(
    db: *mut plinth_database,
    out: *mut bool,
    out_id: *mut u8,
) -> plinth_error {
    entry::call("plinth_database_is_locked", || {
        let out_id = match out_id.is_null() {
            true => None,
            // SAFETY: this function's contract.
            false => Some(unsafe { slice::out(out_id.cast::<Id>(), "out_id") }?),
        };
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out, "out") }?;
        let locked = database(db)?.locked()?;
        *out = locked.is_some();
        if let (Some(out_id), Some(id)) = (out_id, locked) {
            out_id.0 = id;
        }
        Ok(())
    })
}

/// # Safety
/// `len` bytes at `id` are readable.
unsafe fn read_id(id: *const u8, len: usize) -> Result<[u8; ID]> {
    if len != ID {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("the id of a lock has {len} bytes, not {ID}")));
    }
    // SAFETY: this function's contract.
    let bytes = unsafe { slice::bytes(id, len, "id") }?;
    bytes.try_into().map_err(|_| Error::new(Code::INVALID_ARGUMENT))
}
