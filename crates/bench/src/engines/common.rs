//! What the three engines that use RocksDB's C API share: options, errors, pinned values, ranges.
//! Relies on the C API's rules: an error string is allocated with malloc and freed by the caller.

use std::ffi::{c_char, CStr, CString};
use std::path::Path;
use std::ptr;
use std::slice;

use ::rocksdb::perf::{set_perf_stats, PerfStatsLevel};
use ::rocksdb::{
    AsRawPtr, BottommostLevelCompaction, ColumnFamilyDescriptor, CompactOptions, WaitForCompactOptions, DB,
};
use librocksdb_sys as ffi;
use plinth_engine::StoreOptions;

use super::steps::{Range, LAST};
use super::{rust, Settings};
use crate::error::{Context, Error, Result};
use crate::{fairness, machine};

/// The RocksDB options of every engine here: those that Plinth opens a database of the same
/// settings with. They outlive what is opened with them.
pub fn options(settings: &Settings) -> StoreOptions {
    let mut options = plinth_engine::store_options(&rust::options(settings));
    options.database.set_use_direct_reads(settings.direct);
    options
}

/// Has RocksDB count nothing on this thread, as Plinth's point reads do: a program that looks at no counters
/// need not pay for them.
pub fn count_nothing() {
    set_perf_stats(PerfStatsLevel::Disable);
}

/// The one column family of the peers, opened with options of its own.
pub struct DefaultFamily {
    /// What the opening calls take, each a list of one.
    pub names: [*const c_char; 1],
    /// Its options.
    pub options: [*const ffi::rocksdb_options_t; 1],
    /// Receives its handle.
    pub handles: [*mut ffi::rocksdb_column_family_handle_t; 1],
}

impl DefaultFamily {
    /// The lists for an opening call; the options must outlive it.
    pub fn new(options: &StoreOptions) -> Self {
        // SAFETY: only handed on; the caller keeps the options alive.
        let family = unsafe { options.family.as_raw_ptr() };
        Self { names: [c"default".as_ptr()], options: [family.cast_const()], handles: [ptr::null_mut()] }
    }

    /// Frees the handle, which nobody needs: calls without a family use the default one.
    pub fn forget(self) {
        // SAFETY: filled by a successful opening call; freed once; the family stays.
        unsafe { ffi::rocksdb_column_family_handle_destroy(self.handles[0]) }
    }
}

/// A path as the C API wants it.
pub fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_encoded_bytes()).context(path.display())
}

/// Calls a function of the C API that reports errors through its last argument.
pub fn checked<T>(call: impl FnOnce(*mut *mut c_char) -> T) -> std::result::Result<T, String> {
    let mut error: *mut c_char = ptr::null_mut();
    let result = call(&mut error);
    if error.is_null() {
        return Ok(result);
    }
    // SAFETY: an error that is set is a NUL-terminated string of ours to free.
    unsafe {
        let words = CStr::from_ptr(error).to_string_lossy().into_owned();
        ffi::rocksdb_free(error.cast());
        Err(words)
    }
}

/// Shows a pinned value and lets go of it; whether there is one.
#[inline]
pub fn show(value: *mut ffi::rocksdb_pinnableslice_t, mut see: impl FnMut(&[u8])) -> bool {
    if value.is_null() {
        return false;
    }
    let mut length = 0;
    // SAFETY: not null, so a pinned value; its bytes live until it is destroyed.
    unsafe {
        let data = ffi::rocksdb_pinnableslice_value(value, &mut length);
        see(slice::from_raw_parts(data.cast(), length));
        ffi::rocksdb_pinnableslice_destroy(value);
    }
    true
}

/// Shows the pairs of a range and destroys the iterator; how many there were.
pub fn show_all(
    iterator: *mut ffi::rocksdb_iterator_t,
    range: Range<'_>,
    mut see: impl FnMut(&[u8], &[u8]),
) -> std::result::Result<usize, String> {
    let mut seen = 0;
    // SAFETY: the iterator is live until destroyed here; keys and values are read only while it
    // stands on them and is valid.
    unsafe {
        seek(iterator, range);
        while seen < range.limit && ffi::rocksdb_iter_valid(iterator) != 0 {
            let key = ffi::rocksdb_iter_key_slice(iterator);
            let key = slice::from_raw_parts(key.data.cast(), key.size);
            if !range.reverse && range.end.is_some_and(|end| key >= end) || range.reverse && key < range.begin {
                break;
            }
            let value = ffi::rocksdb_iter_value_slice(iterator);
            see(key, slice::from_raw_parts(value.data.cast(), value.size));
            seen += 1;
            match range.reverse {
                _ if seen == range.limit => {}
                false => ffi::rocksdb_iter_next(iterator),
                true => ffi::rocksdb_iter_prev(iterator),
            }
        }
        let result = checked(|error| ffi::rocksdb_iter_get_error(iterator, error));
        ffi::rocksdb_iter_destroy(iterator);
        result.map(|()| seen)
    }
}

/// Stands the iterator on the first pair of a range.
///
/// # Safety
/// The iterator is live.
unsafe fn seek(iterator: *mut ffi::rocksdb_iterator_t, range: Range<'_>) {
    let begin = match range.reverse {
        false => range.begin,
        true => range.end.unwrap_or(LAST),
    };
    // SAFETY: the key is readable for the call, and the iterator is live.
    unsafe {
        if !range.reverse {
            return ffi::rocksdb_iter_seek(iterator, begin.as_ptr().cast(), begin.len());
        }
        ffi::rocksdb_iter_seek_for_prev(iterator, begin.as_ptr().cast(), begin.len());
        if ffi::rocksdb_iter_valid(iterator) != 0 {
            let key = ffi::rocksdb_iter_key_slice(iterator);
            if slice::from_raw_parts(key.data.cast::<u8>(), key.size) == begin {
                ffi::rocksdb_iter_prev(iterator);
            }
        }
    }
}

/// Compacts all column families of a closed database and waits until nothing is left to do.
pub fn compact(directory: &Path) -> Result<()> {
    let (options, path) = (options(&Settings::default()), fairness::database(directory)?);
    // A library has a RocksDB of its own, and locks do not exclude the process that has them.
    machine::wait_until_closed(&path)?;
    let names = DB::list_cf(&options.database, &path).context("column families")?;
    let families = names.iter().map(|name| ColumnFamilyDescriptor::new(name, options.family.clone()));
    let db = DB::open_cf_descriptors(&options.database, &path, families).context(path.display())?;
    let mut how = CompactOptions::default();
    how.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
    for name in &names {
        let family = db.cf_handle(name).ok_or_else(|| Error::new(format!("no column family {name}")))?;
        db.flush_cf(&family).context("flush")?;
        db.compact_range_cf_opt(&family, None::<&[u8]>, None::<&[u8]>, &how);
    }
    db.wait_for_compact(&WaitForCompactOptions::default()).context("waiting for compactions")
}

/// Write options, freed when dropped.
pub struct WriteOptions(pub *mut ffi::rocksdb_writeoptions_t);

impl WriteOptions {
    /// Synced or only buffered.
    pub fn new(sync: bool) -> Self {
        // SAFETY: made and set here, freed in drop.
        unsafe {
            let options = ffi::rocksdb_writeoptions_create();
            ffi::rocksdb_writeoptions_set_sync(options, sync.into());
            Self(options)
        }
    }
}

impl Drop for WriteOptions {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { ffi::rocksdb_writeoptions_destroy(self.0) }
    }
}

/// Read options, freed when dropped.
pub struct ReadOptions(pub *mut ffi::rocksdb_readoptions_t);

impl ReadOptions {
    /// The defaults.
    pub fn new() -> Self {
        // SAFETY: freed in drop.
        Self(unsafe { ffi::rocksdb_readoptions_create() })
    }

    /// Reads from now on happen at this snapshot, which must outlive them.
    pub fn set_snapshot(&self, snapshot: *const ffi::rocksdb_snapshot_t) {
        // SAFETY: the options are live; the snapshot is only stored.
        unsafe { ffi::rocksdb_readoptions_set_snapshot(self.0, snapshot) }
    }
}

impl Drop for ReadOptions {
    fn drop(&mut self) {
        // SAFETY: ours, freed once.
        unsafe { ffi::rocksdb_readoptions_destroy(self.0) }
    }
}
