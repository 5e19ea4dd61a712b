//! The checksums of a table, and the tables of a database.
#![allow(unsafe_code, reason = "the checksums of one table are in RocksDB's C++ API alone")]

use std::ffi::{c_char, CString};
use std::path::{Path, PathBuf};

use plinth_api::{Code, Error, Result};

use super::rocks::{number_of, translate};
use super::Rocks;

extern "C" {
    /// In tables.cc.
    fn plinth_check_table(path: *const c_char) -> *mut c_char;
}

/// Computes the checksums of all blocks of a table, with a mebibyte of memory beside its index.
pub fn check_table(path: &Path) -> Result<()> {
    let text = CString::new(path.to_string_lossy().into_owned());
    let text = text.map_err(|_| Error::new(Code::INVALID_ARGUMENT).context("the path has a zero byte"))?;
    // SAFETY: a NUL-terminated text that lives during the call; it throws nothing.
    let wrong = unsafe { plinth_check_table(text.as_ptr()) };
    if wrong.is_null() {
        return Ok(());
    }
    // SAFETY: a NUL-terminated text that was made with malloc, and is left to us.
    let words = unsafe {
        let words = std::ffi::CStr::from_ptr(wrong).to_string_lossy().into_owned();
        libc::free(wrong.cast());
        words
    };
    Err(number_of(words, &format!("checking {}", path.display())))
}

impl Rocks {
    /// The tables that there are, and their lengths.
    pub(super) fn table_files(&self) -> Result<Vec<(PathBuf, u64)>> {
        let files = self.db.live_files().map_err(|error| translate(&error, "listing the tables"))?;
        let path = |name: &str| self.db.path().join(name.trim_start_matches('/'));
        Ok(files.iter().map(|file| (path(&file.name), file.size as u64)).collect())
    }
}
