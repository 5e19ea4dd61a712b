//! Verification of a database.

use std::ffi::c_void;

use plinth_api::Verified;
use plinth_boundary::{entry, slice};

use crate::handles::database;
use crate::progress::{plinth_progress_callback, Listener};
use crate::{plinth_database, plinth_error};

/// What plinth_database_verify() looked at, and found to be in order.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct plinth_verified {
    /// The version of the newest commit when it began.
    pub version: i64,
    /// Keyspaces, the default one included.
    pub keyspaces: u64,
    /// Keys in all of them.
    pub keys: u64,
    /// Bytes of these keys and their values.
    pub bytes: u64,
    /// Tables whose checksums were computed.
    pub files: u64,
    /// Bytes of the files that were read.
    pub file_bytes: u64,
}

impl From<Verified> for plinth_verified {
    fn from(found: Verified) -> Self {
        let Verified { version, keyspaces, keys, bytes, files, file_bytes } = found;
        Self { version, keyspaces, keys, bytes, files, file_bytes }
    }
}

/// Reads everything that a database has stored, and fails if anything is not as it should be.
///
/// @param db        the database; one that nobody has open is opened with `read_only` for this
/// @param progress  is told how far it is, and may cancel; NULL for none
/// @param context   passed to `progress` as it is
/// @param out       receives what was looked at; `out_size` bytes are written, zeros on error
/// @param out_size  sizeof(plinth_verified)
///
/// It computes the checksum of every block of every table and of every record of the logs; reads all keys, which
/// have to ascend and be within the limits of the library; looks at what the library notes for itself, and
/// whether the newest commit is the one that the file WATERMARK knows of. plinth_last_error() names the file
/// and the place in it, or the key, of the first thing that is wrong; nothing is changed. Others read and write
/// meanwhile. It takes a few mebibytes of memory whatever the size of the database, and room on the disk for what
/// compactions remove meanwhile.
///
/// If another process hosts the database, that one does it.
///
/// Threads: any; one checkpoint, backup, verification or compaction at a time in a database.
/// Errors: 9000 bad handle; 9001 bad argument; 1101 cancelled; 1522 damaged; 9021 commits that were acknowledged are missing;
/// 2108 the database is in memory; 9003 closed; 9016 in a child of fork(); 9017 the process that hosts the database
/// ended meanwhile; 9023 another upkeep is under way; 1510, 1511, 1514 the file system failed; 4100 internal
/// error. Design D1, D12.
///
/// # Safety
/// `progress` is null or may be called with `context`; `out` points to `out_size` writable bytes; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_verify(
    db: *mut plinth_database,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_verified,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_database_verify", || {
        // SAFETY: the first number is writable by this function's contract.
        unsafe { slice::out(out.cast::<u64>(), "out") }?;
        let verify = || {
            let database = database(db)?.clone();
            // SAFETY: this function's contract; it lasts as long as the call.
            let listener = unsafe { Listener::new(progress, context) };
            Ok(database.verify(&listener)?.into())
        };
        // SAFETY: `out_size` bytes are writable by this function's contract.
        unsafe { slice::fill_sized(out, out_size, "out", verify) }
    })
}
