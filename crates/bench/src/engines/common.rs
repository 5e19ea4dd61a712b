//! What the three engines that use RocksDB's C API share: options, errors, pinned values, ranges.
//! Relies on the C API's rules: an error string is allocated with malloc and freed by the caller.

use std::ffi::{c_char, CStr, CString};
use std::hint::black_box;
use std::path::Path;
use std::ptr;

use ::rocksdb::{
    AsRawPtr, BottommostLevelCompaction, ColumnFamilyDescriptor, CompactOptions, WaitForCompactOptions, DB,
};
use librocksdb_sys as ffi;
use plinth_engine::StoreOptions;

use crate::error::{Context, Error, Result};
use crate::{fairness, machine};

/// The RocksDB options of every engine here: those that Plinth opens a database of default
/// options with. They outlive what is opened with them.
pub fn options() -> StoreOptions {
    plinth_engine::store_options(&plinth_api::DatabaseOptions::default())
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

/// Looks at the first and the last byte, as a program that uses what it reads would at least.
///
/// # Safety
/// `data` points to `length` readable bytes.
pub unsafe fn touch(data: *const u8, length: usize) {
    if length > 0 {
        // SAFETY: both lie in the bytes given.
        unsafe { black_box((*data, *data.add(length - 1))) };
    }
}

/// Looks at a pinned value and lets go of it. A missing key is an error: all keys exist.
pub fn look(value: *mut ffi::rocksdb_pinnableslice_t) -> Result<()> {
    if value.is_null() {
        return Err(Error::new("a key is missing"));
    }
    let mut length = 0;
    // SAFETY: not null, so a pinned value; its bytes live until it is destroyed.
    unsafe {
        let data = ffi::rocksdb_pinnableslice_value(value, &mut length);
        touch(data.cast(), length);
        ffi::rocksdb_pinnableslice_destroy(value);
    }
    Ok(())
}

/// Looks at so many pairs from `begin` on and destroys the iterator.
pub fn look_through(iterator: *mut ffi::rocksdb_iterator_t, begin: &[u8], count: usize) -> Result<()> {
    let mut seen = 0;
    // SAFETY: the iterator is live until destroyed here; keys and values are read only while it
    // stands on them and is valid.
    let result = unsafe {
        ffi::rocksdb_iter_seek(iterator, begin.as_ptr().cast(), begin.len());
        while seen < count && ffi::rocksdb_iter_valid(iterator) != 0 {
            let key = ffi::rocksdb_iter_key_slice(iterator);
            let value = ffi::rocksdb_iter_value_slice(iterator);
            touch(key.data.cast(), key.size);
            touch(value.data.cast(), value.size);
            seen += 1;
            if seen < count {
                ffi::rocksdb_iter_next(iterator);
            }
        }
        let result = checked(|error| ffi::rocksdb_iter_get_error(iterator, error));
        ffi::rocksdb_iter_destroy(iterator);
        result
    };
    result.context("range read")?;
    match seen == count {
        true => Ok(()),
        false => Err(Error::new(format!("a range read found {seen} pairs of {count}"))),
    }
}

/// Compacts all column families of a closed database and waits until nothing is left to do.
pub fn compact(directory: &Path) -> Result<()> {
    let (options, path) = (options(), fairness::database(directory)?);
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
