//! What a commit conflicted with.

use std::ffi::{c_char, c_void, CString};
use std::ptr;

use plinth_api::Conflict;

use crate::handles::{Owner, KEYSPACES, OWNERS};
use crate::transaction::on_out;
use crate::value::free;
use crate::{plinth_error, plinth_transaction};

/// A range that a transaction had read and that another commit wrote in before it could commit. Free it with
/// plinth_conflict_free().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_conflict {
    /// First key of the range as it was read; NULL if there is no such conflict.
    pub begin: *const u8,
    /// Its length.
    pub begin_len: usize,
    /// The end of the range, which is not in it: for a single key, that key and a zero byte.
    pub end: *const u8,
    /// Its length.
    pub end_len: usize,
    /// The keyspace's name, if a handle of it is open; else NULL, which is the default keyspace if `keyspace_id`
    /// is 0.
    pub keyspace: *const c_char,
    /// The keyspace's number, which stands for it in plinth_last_error() and in the log.
    pub keyspace_id: u32,
    /// Zero.
    pub reserved: u32,
    /// The version of the newest commit that wrote there.
    pub version: i64,
    /// The id of the transaction that made it, if it has one and is remembered; else empty. A transaction has an id
    /// once plinth_transaction_id() was called for it, and from its commit on if it has
    /// PLINTH_OPTION_REPORT_CONFLICTING_KEYS itself. The last 1,024 commits with an id are remembered; fewer if those
    /// that shared their versions with others wrote more than 4 MiB.
    pub id: [c_char; 40],
    /// Belongs to the library.
    pub owner: *mut c_void,
}

/// What the pointers of a conflict lead into.
#[expect(dead_code, reason = "held for its bytes")]
pub struct OwnedConflict {
    conflict: Conflict,
    keyspace: Option<CString>,
}

impl Default for plinth_conflict {
    fn default() -> Self {
        Self {
            begin: ptr::null(),
            begin_len: 0,
            end: ptr::null(),
            end_len: 0,
            keyspace: ptr::null(),
            keyspace_id: 0,
            reserved: 0,
            version: 0,
            id: [0; 40],
            owner: ptr::null_mut(),
        }
    }
}

/// Tells what the last commit of a transaction failed for with 1020, if the transaction had
/// PLINTH_OPTION_REPORT_CONFLICTING_KEYS then: each range that it had read and another commit wrote in, who wrote there
/// last, and at which version. Ranges that touch are one range. It can be asked after plinth_transaction_on_error() too,
/// until another such commit fails, and tells the first 1,024 ranges; the special keys
/// `\xff\xff/transaction/conflicting_keys/` have all of them. plinth_last_error() has the first one after the commit,
/// and so has the log at level debug, with module `plinth::conflict`.
///
/// @param tr     the transaction
/// @param index  which one, from 0 on, in order of keyspace numbers and keys
/// @param out    receives it; zeroed, which is no error, if there are fewer, and on error. Free it with
///               plinth_conflict_free().
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL; 9002 too many handles; 4100 internal error. Rules
/// SPEC-4, SPEC-6.
///
/// # Safety
/// `out` is writable; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_conflict(
    tr: *mut plinth_transaction,
    index: usize,
    out: *mut plinth_conflict,
) -> plinth_error {
    on_out("plinth_transaction_get_conflict", tr, out, |tr, out| {
        let Some(conflict) = tr.transaction.conflict(index)? else {
            return Ok(());
        };
        let mut keyspace = None;
        KEYSPACES.each(|object| {
            if object.database == tr.database && object.keyspace.id == conflict.keyspace {
                keyspace = CString::new(&*object.keyspace.name).ok();
            }
        });
        let mut given = plinth_conflict {
            begin: conflict.begin.as_ptr(),
            begin_len: conflict.begin.len(),
            end: conflict.end.as_ptr(),
            end_len: conflict.end.len(),
            keyspace: keyspace.as_ref().map_or(ptr::null(), |name| name.as_ptr()),
            keyspace_id: conflict.keyspace,
            version: conflict.version,
            ..plinth_conflict::default()
        };
        for (place, letter) in given.id.iter_mut().zip(conflict.id.iter().flat_map(|id| id.bytes()).take(36)) {
            *place = letter as c_char;
        }
        // The bytes are on the heap, and do not move with what holds them.
        given.owner = OWNERS.insert(Owner::Conflict(Box::new(OwnedConflict { conflict, keyspace })))? as *mut c_void;
        *out = given;
        Ok(())
    })
}

/// Frees a conflict and sets the struct to zero.
///
/// @param conflict  NULL, a zeroed struct, or one filled by this library. A struct that was freed before, or a
///                  copy of one, is left alone.
///
/// Threads: any, but one struct must not be freed by two threads at once. Errors: none.
///
/// # Safety
/// `conflict` is null or points to a `plinth_conflict` that no other thread uses.
#[no_mangle]
pub unsafe extern "C" fn plinth_conflict_free(conflict: *mut plinth_conflict) {
    // SAFETY: checked for null and alignment inside; the caller's contract covers the rest.
    unsafe { free(conflict, |conflict| conflict.owner as usize) }
}
