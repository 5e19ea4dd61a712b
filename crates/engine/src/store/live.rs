//! The files that hold the present state of an open RocksDB.
//!
//! What is listed is one state: the tables and the manifest of one moment, and the logs as far as they went a
//! little later. None of the files is removed while the list lives; logs may grow behind the length that the
//! list has, and only that much of them belongs to it.
#![allow(unsafe_code, reason = "the list exists in RocksDB's C API but not in the safe wrapper")]

use std::ffi::{c_char, CStr};
use std::path::PathBuf;
use std::ptr::null_mut;
use std::sync::Arc;

use plinth_api::Result;
use rocksdb::AsRawPtr;

use super::rocks::{failed, translate};
use super::Rocks;

/// A file of a state.
pub struct LiveFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// Bytes of it that belong to the state.
    pub size: u64,
    /// What is in it instead, if it may have changed.
    pub contents: Option<Vec<u8>>,
}

impl LiveFile {
    /// Whether it is a table, which never changes.
    pub fn is_table(&self) -> bool {
        self.name.ends_with(".sst")
    }

    /// Whether it is a log.
    pub fn is_log(&self) -> bool {
        self.name.ends_with(".log")
    }
}

/// See the file's top.
pub struct LiveFiles {
    /// The files.
    pub files: Vec<LiveFile>,
    /// Removes no file before this is dropped.
    _kept: Kept,
}

struct Kept(Arc<Rocks>);

impl Drop for Kept {
    fn drop(&mut self) {
        // If it fails they are removed by the next opening.
        let _ = self.0.db.enable_file_deletions();
    }
}

impl LiveFiles {
    /// Bytes of all.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Writes what is in memory to tables, and lists what there is.
    pub(super) fn of(rocks: Arc<Rocks>) -> Result<Self> {
        rocks.db.disable_file_deletions().map_err(|error| translate(&error, "keeping files"))?;
        let kept = Kept(rocks);
        Ok(Self { files: list(&kept.0)?, _kept: kept })
    }
}

fn list(rocks: &Rocks) -> Result<Vec<LiveFile>> {
    let mut error: *mut c_char = null_mut();
    // SAFETY: the database is open; the options live during the call; an error is a text that is left to us.
    let list = unsafe {
        let options = librocksdb_sys::rocksdb_livefiles_storage_info_options_create();
        let list = librocksdb_sys::rocksdb_get_livefiles_storage_info(rocks.db.as_raw_ptr(), options, &mut error);
        librocksdb_sys::rocksdb_livefiles_storage_info_options_destroy(options);
        list
    };
    if !error.is_null() {
        // SAFETY: a NUL-terminated text that RocksDB made with malloc and leaves to us.
        return Err(unsafe { failed(error, "listing the files") });
    }
    // SAFETY: the list is whole, and destroyed below.
    let count = unsafe { librocksdb_sys::rocksdb_livefiles_storage_info_count(list) };
    // SAFETY: as above, and `at` is below the count.
    let files = (0..count).map(|at| unsafe { file(list, at) }).collect();
    // SAFETY: it is not used any more: what is in it was copied.
    unsafe { librocksdb_sys::rocksdb_livefiles_storage_info_destroy(list) };
    Ok(files)
}

/// # Safety
/// `list` is such a list of more than `at` files.
unsafe fn file(list: *mut librocksdb_sys::rocksdb_livefiles_storage_info_t, at: usize) -> LiveFile {
    // SAFETY: texts of the list, which live as long as it does.
    let text = |text: *const c_char| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    let mut length = 0;
    // SAFETY: the caller's contract.
    let (name, directory, size, contents) = unsafe {
        (
            librocksdb_sys::rocksdb_livefiles_storage_info_relative_filename(list, at),
            librocksdb_sys::rocksdb_livefiles_storage_info_directory(list, at),
            librocksdb_sys::rocksdb_livefiles_storage_info_size(list, at),
            librocksdb_sys::rocksdb_livefiles_storage_info_replacement_contents(list, at, &mut length),
        )
    };
    let name = text(name);
    let contents = match contents.is_null() || length == 0 {
        true => None,
        // SAFETY: so many bytes of the list.
        false => Some(unsafe { std::slice::from_raw_parts(contents.cast::<u8>(), length) }.to_vec()),
    };
    LiveFile { path: PathBuf::from(text(directory)).join(&name), name, size, contents }
}
