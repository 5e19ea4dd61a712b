//! Values handed to C.

use std::ffi::c_void;

use plinth_api::{Error, Value};
use plinth_boundary::entry;

use crate::handles::{Owner, OWNERS};

/// A value that was read. It stays valid until plinth_value_free(), whatever happens to the
/// transaction or the database meanwhile; until then it may keep the database directory in use.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_value {
    /// The bytes; NULL means there is no such key. An empty value is not NULL.
    pub data: *const u8,
    /// Number of bytes.
    pub len: usize,
    /// Belongs to the library.
    pub owner: *mut c_void,
}

impl Default for plinth_value {
    fn default() -> Self {
        Self { data: std::ptr::null(), len: 0, owner: std::ptr::null_mut() }
    }
}

impl plinth_value {
    /// Fills the struct from a value; an absent one leaves it zeroed.
    pub(crate) fn fill(&mut self, value: Option<Value>) -> Result<(), Error> {
        let Some(value) = value else {
            return Ok(());
        };
        // The bytes live on the heap or inside RocksDB, so moving the value does not move them.
        let (data, len) = (value.as_ptr(), value.len());
        let owner = OWNERS.insert(Owner::Value(value))?;
        // An empty Vec points nowhere but is not null, as the header promises.
        *self = Self { data, len, owner: owner as *mut c_void };
        Ok(())
    }
}

/// Frees a value and sets the struct to zero.
///
/// @param value  NULL, a zeroed struct, or one filled by this library. A struct that was freed
///               before, or a copy of one, is left alone.
///
/// Threads: any, but one struct must not be freed by two threads at once. Errors: none.
///
/// # Safety
/// `value` is null or points to a `plinth_value` that no other thread uses.
#[no_mangle]
pub unsafe extern "C" fn plinth_value_free(value: *mut plinth_value) {
    // SAFETY: checked for null and alignment inside; the caller's contract covers the rest.
    unsafe { free(value, |value| value.owner as usize) }
}

/// Frees what `owner_of` names and zeroes the struct. A stale owner is ignored.
pub(crate) unsafe fn free<T: Default>(result: *mut T, owner_of: impl FnOnce(&T) -> usize) {
    entry::value("plinth_free", (), || {
        if !result.is_null() && result.is_aligned() {
            // SAFETY: not null, aligned, valid by the caller's contract.
            let result = unsafe { &mut *result };
            let owner = owner_of(result);
            *result = T::default();
            if owner != 0 {
                let _ = OWNERS.remove(owner);
            }
        }
        Ok(())
    });
}
