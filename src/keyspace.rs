//! Keyspaces: ordered maps beside the default one, in the same transactions.

use std::ffi::c_char;

use plinth_api::RangeResult;
use plinth_boundary::{entry, slice};

use crate::handles::{database, KeyspaceObject, KEYSPACES};
use crate::{plinth_database, plinth_error, plinth_range};

/// A keyspace of one database. Ended by plinth_keyspace_close(). Wherever a call takes a
/// keyspace, NULL is the default one.
pub struct plinth_keyspace {
    _private: [u8; 0],
}

/// Opens a keyspace and creates it, durably, if it is missing.
///
/// Transactions span keyspaces atomically; conflicts never cross them.
///
/// @param db    the database
/// @param name  1 to 255 bytes of UTF-8. `"default"` is the keyspace that NULL stands for; names
///              that begin with `"plinth."` are reserved.
/// @param out   receives the keyspace; NULL on error. Close it with plinth_keyspace_close().
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL; 9011 bad name; 9015 more than 1,000
/// keyspaces; 9003 closed; 9004 an earlier write failed; 1510 the disk failed; 9002 too many
/// handles; 4100 internal error. Design D9.
///
/// # Safety
/// `name` is a NUL-terminated string; `out` is writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_keyspace_open(
    db: *mut plinth_database,
    name: *const c_char,
    out: *mut *mut plinth_keyspace,
) -> plinth_error {
    entry::call("plinth_keyspace_open", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out.cast::<usize>(), "out") }?;
        let handle = db as usize;
        let db = database(db)?;
        // SAFETY: this function's contract.
        let name = unsafe { entry::text(name, "name") }?;
        let keyspace = db.open_keyspace(name)?;
        *out = KEYSPACES.insert(KeyspaceObject { database: handle, keyspace })?;
        Ok(())
    })
}

/// Closes a keyspace handle. The keyspace and its keys stay.
///
/// @param ks  the keyspace; its handle is stale afterwards
///
/// Threads: any. Errors: 9000 bad handle.
///
/// # Safety
/// `ks` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_keyspace_close(ks: *mut plinth_keyspace) -> plinth_error {
    entry::call("plinth_keyspace_close", || KEYSPACES.remove(ks as usize))
}

/// Lists the names of all keyspaces, `"default"` first and the others in byte order.
///
/// @param db   the database
/// @param out  receives one item for each keyspace, its name as the key (not NUL-terminated) and
///             an empty value. Free it with plinth_range_free().
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 4100 internal error.
///
/// # Safety
/// `out` is writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_keyspace_list(db: *mut plinth_database, out: *mut plinth_range) -> plinth_error {
    entry::call("plinth_keyspace_list", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out, "out") }?;
        let mut rows = RangeResult::default();
        for name in database(db)?.list_keyspaces()? {
            rows.push(name.as_bytes(), b"");
        }
        out.fill(rows)
    })
}

/// Removes a keyspace and all its keys, at once and durably. It is not part of any transaction:
/// those that used the keyspace and have not committed fail with 9010 when they do, as does
/// every call with a handle to it. A keyspace opened later under the same name is a new one.
///
/// @param db    the database
/// @param name  the keyspace; the default one can't be dropped
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL; 9009 there is none of that name; 9011 the
/// default keyspace; 9003 closed; 9004 an earlier write failed; 1510 the disk failed; 4100
/// internal error.
///
/// # Safety
/// `name` is a NUL-terminated string; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_keyspace_drop(db: *mut plinth_database, name: *const c_char) -> plinth_error {
    entry::call("plinth_keyspace_drop", || {
        let db = database(db)?;
        // SAFETY: this function's contract.
        let name = unsafe { entry::text(name, "name") }?;
        db.drop_keyspace(name)
    })
}
