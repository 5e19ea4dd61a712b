//! Backups of a database, in a directory of their own.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

use plinth_api::Backup;
use plinth_boundary::{entry, slice};

use crate::database::prepare;
use crate::handles::{database, Owner, OWNERS};
use crate::progress::{plinth_progress_callback, Listener};
use crate::value::free;
use crate::{plinth_database, plinth_error};

/// A backup: one generation in a directory of backups.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct plinth_backup {
    /// Its number: each newer one has a greater one, and none is given twice.
    pub number: u64,
    /// The version that it holds: all commits up to it, and none later.
    pub version: i64,
    /// When it was made, in seconds of Unix time by the clock of the machine.
    pub time: i64,
    /// Bytes of its files, which are about those that a restore takes. Backups share the files that are the same.
    pub bytes: u64,
    /// How many files it has.
    pub files: u64,
    /// 1 if its description can't be read: only the number is known then. Else 0.
    pub damaged: u64,
}

/// The backups of a directory. It stays valid until plinth_backups_free().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_backups {
    /// The backups, oldest first; NULL if there is none.
    pub items: *const plinth_backup,
    /// How many.
    pub count: usize,
    /// Belongs to the library.
    pub owner: *mut c_void,
}

impl Default for plinth_backups {
    fn default() -> Self {
        Self { items: null(), count: 0, owner: null_mut() }
    }
}

impl From<Backup> for plinth_backup {
    fn from(of: Backup) -> Self {
        let Backup { number, version, time, bytes, files, damaged } = of;
        Self { number, version, time, bytes, files, damaged: damaged.into() }
    }
}

/// Adds a backup of a database to a directory of backups, while others read and write.
///
/// @param db        the database
/// @param path      the directory of backups; made with mode 0700 if it is missing, its parent must exist. It must be
///                  empty or hold backups, of this database or of others
/// @param progress  is told how far it is, and may cancel; NULL for none
/// @param context   passed to `progress` as it is
/// @param out       receives what was added; `out_size` bytes are written, zeros on error
/// @param out_size  sizeof(plinth_backup)
///
/// It holds all commits up to a version and none later; what was acknowledged before the call is among them. Only
/// what is not in the directory yet is copied: tables never change, and are shared by all backups that have them. The
/// directory belongs on another disk or machine; it can be copied as a whole with any tool, while no call is at work in
/// it. It takes a few mebibytes of memory, and for the time of the call the room on the disk of what compactions
/// remove meanwhile.
///
/// A backup is there when all of it is on the disk: a process that is killed adds nothing and harms nothing,
/// and what it left is removed by the next call. If another process hosts the database, that one makes
/// the backup.
///
/// Threads: any; one checkpoint, backup, verification or compaction at a time in a database, and one call that changes it in a directory of
/// backups. Errors: 9000 bad handle; 9001 bad argument, or a place inside the directory of the database; 1101 cancelled; 2108 the
/// database is in memory; 9003 closed; 9004 an earlier write failed; 9008 the backups are of a newer version; 9016 in a child of
/// fork(); 9017 the process that hosts the database ended meanwhile; 9022 it was opened with `read_only`; 9023 another
/// upkeep is under way; 9025 the directory holds something else; 9027 its file PLINTH-BACKUPS is damaged; 1510, 1511, 1514 the file
/// system failed, as when it is full; 1522 a file is damaged; 4100 internal error. Design D1, D12.
///
/// # Safety
/// `path` is a NUL-terminated string; `progress` is null or may be called with `context`; `out` points to `out_size`
/// writable bytes; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_backup(
    db: *mut plinth_database,
    path: *const c_char,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_backup,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_database_backup", || {
        // SAFETY: the first number is writable by this function's contract.
        unsafe { slice::out(out.cast::<u64>(), "out") }?;
        let backup = || {
            // SAFETY: this function's contract.
            let path = unsafe { entry::text(path, "path") }?;
            let database = database(db)?.clone();
            // SAFETY: this function's contract; it lasts as long as the call.
            let listener = unsafe { Listener::new(progress, context) };
            Ok(database.backup(path, &listener)?.into())
        };
        // SAFETY: `out_size` bytes are writable by this function's contract.
        unsafe { slice::fill_sized(out, out_size, "out", backup) }
    })
}

/// Lists the backups of a directory.
///
/// @param path  the directory of backups
/// @param out   receives them, oldest first, to be freed with plinth_backups_free(); zeroed on error
///
/// Threads: any. Errors: 9001 bad argument; 9002 too many results; 9008 they are of a newer version; 9025 the directory holds no
/// backups; 9027 its file PLINTH-BACKUPS is damaged; 1510, 1511, 1514 the file system failed; 4100 internal error.
///
/// # Safety
/// `path` is a NUL-terminated string; `out` is writable.
#[no_mangle]
pub unsafe extern "C" fn plinth_backup_list(path: *const c_char, out: *mut plinth_backups) -> plinth_error {
    entry::call("plinth_backup_list", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out, "out") }?;
        // SAFETY: this function's contract.
        let path = unsafe { entry::text(path, "path") }?;
        let items: Vec<plinth_backup> = crate::backend::backups(path)?.into_iter().map(Into::into).collect();
        if items.is_empty() {
            return Ok(());
        }
        let (data, count) = (items.as_ptr(), items.len());
        let owner = OWNERS.insert(Owner::Backups(items))?;
        *out = plinth_backups { items: data, count, owner: owner as *mut c_void };
        Ok(())
    })
}

/// Frees a list of backups and sets the struct to zero.
///
/// @param backups  NULL, a zeroed struct, or one filled by this library. A struct that was freed before, or a copy of
///                 one, is left alone.
///
/// Threads: any, but one struct must not be freed by two threads at once. Errors: none.
///
/// # Safety
/// `backups` is null or points to a `plinth_backups` that no other thread uses.
#[no_mangle]
pub unsafe extern "C" fn plinth_backups_free(backups: *mut plinth_backups) {
    // SAFETY: checked for null and alignment inside; the caller's contract covers the rest.
    unsafe { free(backups, |backups| backups.owner as usize) }
}

/// Reads all files of a backup and compares them with their checksums.
///
/// @param path      the directory of backups
/// @param number    the backup's number; 0 for the newest
/// @param progress  is told how far it is, and may cancel; NULL for none
/// @param context   passed to `progress` as it is
/// @param out       receives what the backup is; `out_size` bytes are written, zeros on error
/// @param out_size  sizeof(plinth_backup)
///
/// plinth_last_error() names the first file that is damaged or missing. It takes a mebibyte of memory.
///
/// Threads: any. Errors: 9001 bad argument; 1101 cancelled; 9027 a file is missing or damaged; 9026 there is no such backup; 9025 the directory
/// holds no backups; 9008 they are of a newer version; 9023 another call changes the directory; 1510, 1511, 1514 the file system
/// failed; 4100 internal error.
///
/// # Safety
/// `path` is a NUL-terminated string; `progress` is null or may be called with `context`; `out` points to `out_size`
/// writable bytes.
#[no_mangle]
pub unsafe extern "C" fn plinth_backup_verify(
    path: *const c_char,
    number: u64,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_backup,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_backup_verify", || {
        // SAFETY: the first number is writable by this function's contract.
        unsafe { slice::out(out.cast::<u64>(), "out") }?;
        let verify = || {
            // SAFETY: this function's contract.
            let path = unsafe { entry::text(path, "path") }?;
            // SAFETY: this function's contract; it lasts as long as the call.
            let listener = unsafe { Listener::new(progress, context) };
            Ok(crate::backend::verify_backup(path, number, &listener)?.into())
        };
        // SAFETY: `out_size` bytes are writable by this function's contract.
        unsafe { slice::fill_sized(out, out_size, "out", verify) }
    })
}

/// Makes a directory the database that a backup holds.
///
/// @param path      the directory of backups
/// @param number    the backup's number; 0 for the newest
/// @param to        the directory to be made; it must not exist, and its parent must
/// @param progress  is told how far it is, and may cancel; NULL for none
/// @param context   passed to `progress` as it is
/// @param out       receives what was restored; `out_size` bytes are written, zeros on error
/// @param out_size  sizeof(plinth_backup)
///
/// Every file is compared with its checksum on the way. The directory appears when everything in it is on the
/// disk; what a process that is killed leaves is called as it with `.partial` behind, and is removed by the next
/// call for the same name. It takes a few mebibytes of memory.
///
/// The restored database has an id of its own. Its versions go on above all that its origin can have given out
/// since the backup was made, by the clock of the machine: versionstamps do not come back.
///
/// Threads: any. Errors: as plinth_backup_verify(); 9024 `to` exists; 9016 in a child of a process that had a database open; 1522
/// it can't be opened.
///
/// # Safety
/// `path` and `to` are NUL-terminated strings; `progress` is null or may be called with `context`; `out` points to
/// `out_size` writable bytes.
#[no_mangle]
pub unsafe extern "C" fn plinth_backup_restore(
    path: *const c_char,
    number: u64,
    to: *const c_char,
    progress: plinth_progress_callback,
    context: *mut c_void,
    out: *mut plinth_backup,
    out_size: usize,
) -> plinth_error {
    entry::call("plinth_backup_restore", || {
        // SAFETY: the first number is writable by this function's contract.
        unsafe { slice::out(out.cast::<u64>(), "out") }?;
        let restore = || {
            // SAFETY: this function's contract.
            let (path, to) = unsafe { (entry::text(path, "path")?, entry::text(to, "to")?) };
            // SAFETY: this function's contract; it lasts as long as the call.
            let listener = unsafe { Listener::new(progress, context) };
            prepare();
            Ok(crate::backend::restore_backup(path, number, to, &listener)?.into())
        };
        // SAFETY: `out_size` bytes are writable by this function's contract.
        unsafe { slice::fill_sized(out, out_size, "out", restore) }
    })
}

/// Removes a backup, and the files that no other one has.
///
/// @param path    the directory of backups
/// @param number  the backup's number
///
/// Threads: any. Errors: 9001 bad argument; 9026 there is no such backup; 9025 the directory holds no backups; 9008 they are of a newer
/// version; 9023 another call uses the directory; 9027 its file PLINTH-BACKUPS is damaged; 1510, 1511, 1514 the file system failed; 4100
/// internal error.
///
/// # Safety
/// `path` is a NUL-terminated string.
#[no_mangle]
pub unsafe extern "C" fn plinth_backup_delete(path: *const c_char, number: u64) -> plinth_error {
    entry::call("plinth_backup_delete", || {
        // SAFETY: this function's contract.
        crate::backend::delete_backup(unsafe { entry::text(path, "path") }?, number)
    })
}

/// Removes all backups but the newest ones, and the files that only those had. Damaged ones do not count, and stay.
///
/// @param path    the directory of backups
/// @param newest  how many stay, 1 at least
///
/// Threads: any. Errors: as plinth_backup_delete().
///
/// # Safety
/// `path` is a NUL-terminated string.
#[no_mangle]
pub unsafe extern "C" fn plinth_backup_keep(path: *const c_char, newest: u64) -> plinth_error {
    entry::call("plinth_backup_keep", || {
        // SAFETY: this function's contract.
        crate::backend::keep_backups(unsafe { entry::text(path, "path") }?, newest)
    })
}
