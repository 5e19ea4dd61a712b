//! Key selectors, range options and range results.

use std::ffi::c_void;

use plinth_api::{Code, Error, KeySelector, RangeOptions, RangeResult};
use plinth_boundary::slice;

use crate::constants::CBool;
use crate::handles::{Owner, OWNERS};
use crate::transaction::compared;
use crate::value::free;

/// A key and its value inside a plinth_range.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_key_value {
    /// The key's bytes.
    pub key: *const u8,
    /// Number of bytes of the key.
    pub key_len: usize,
    /// The value's bytes, never NULL.
    pub value: *const u8,
    /// Number of bytes of the value.
    pub value_len: usize,
}

/// The result of a range read. It stays valid until plinth_range_free(), whatever happens to the
/// transaction or the database meanwhile.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_range {
    /// The pairs in the order asked for; NULL if there is none.
    pub items: *const plinth_key_value,
    /// Number of pairs.
    pub count: usize,
    /// Whether a limit was reached: there may be more pairs. Never set when count is 0. To go on,
    /// begin after the last key (forward), or end at it (reverse). Rules RNG-8 and RNG-9.
    pub more: bool,
    /// Belongs to the library.
    pub owner: *mut c_void,
}

/// Names a key by its place: take the last key that is smaller than `key` (or equal to it, if
/// `or_equal`), and go `offset` keys further. Rule SEL-1. The usual ones:
///
///     last key below k        {k, len, false, 0}
///     last key at or below k  {k, len, true, 0}
///     first key at or above k {k, len, false, 1}
///     first key above k       {k, len, true, 1}
///
/// Before the first key it resolves to the empty key, after the last one to "\xff", or to
/// "\xff\xff" where system keys may be read.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_key_selector {
    /// The reference key; it need not exist.
    pub key: *const u8,
    /// Number of bytes of the key.
    pub key_len: usize,
    /// Whether a key equal to `key` counts as below it.
    pub or_equal: CBool,
    /// Keys to go on from there; may be negative. The cost grows with it.
    pub offset: i32,
}

/// What a range read is asked for. Set struct_size to sizeof(plinth_range_options) and the rest
/// to zero for a plain forward read of the whole range.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_range_options {
    /// sizeof(plinth_range_options).
    pub struct_size: u32,
    /// Pairs at most; 0 or -1 for no limit.
    pub limit: i32,
    /// Stop at the pair that reaches this many bytes, counting 8 + key + value for each; 0 or -1
    /// for no limit. Rule RNG-6.
    pub target_bytes: i64,
    /// Read without adding read conflicts.
    pub snapshot: CBool,
    /// Return the pairs in descending order, from the end of the range.
    pub reverse: CBool,
}

impl Default for plinth_range {
    fn default() -> Self {
        Self { items: std::ptr::null(), count: 0, more: false, owner: std::ptr::null_mut() }
    }
}

/// A range result with the array that C sees; the pointers lead into `_rows`.
pub struct OwnedRange {
    /// What C sees.
    #[cfg_attr(not(test), expect(dead_code, reason = "held for its memory"))]
    items: Vec<plinth_key_value>,
    /// Held for its bytes, which do not move when the struct does.
    _rows: RangeResult,
}

// SAFETY: the pointers lead into heap memory that this object owns and nobody changes.
unsafe impl Send for OwnedRange {}
// SAFETY: as above, read only.
unsafe impl Sync for OwnedRange {}

impl plinth_range {
    /// Fills the struct from a result.
    pub(crate) fn fill(&mut self, rows: RangeResult) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let items: Vec<_> = rows
            .iter()
            .map(|(key, value)| plinth_key_value {
                key: key.as_ptr(),
                key_len: key.len(),
                value: value.as_ptr(),
                value_len: value.len(),
            })
            .collect();
        let (data, count, more) = (items.as_ptr(), items.len(), rows.more);
        let owner = OWNERS.insert(Owner::Range(OwnedRange { items, _rows: rows }))?;
        *self = Self { items: data, count, more, owner: owner as *mut c_void };
        Ok(())
    }
}

impl OwnedRange {
    #[cfg(test)]
    fn len(&self) -> usize {
        self.items.len()
    }
}

/// Reads a selector argument.
///
/// # Safety
/// `selector` is null or points to a readable selector whose key is readable.
pub(crate) unsafe fn selector(selector: *const plinth_key_selector, name: &str) -> Result<KeySelector, Error> {
    // SAFETY: the caller's contract.
    let Some(selector) = (unsafe { slice::optional(selector, name) })? else {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("{name} is NULL")));
    };
    // SAFETY: the caller's contract.
    let key = unsafe { compared(selector.key, selector.key_len, "the selector's key") }?;
    Ok(KeySelector { key: key.to_vec(), or_equal: selector.or_equal.get(), offset: selector.offset })
}

/// Reads the options of a range read; NULL is the default (rules RNG-3 and RNG-4).
///
/// # Safety
/// `options` is null or points to a readable struct of the size it names.
pub(crate) unsafe fn options(options: *const plinth_range_options) -> Result<RangeOptions, Error> {
    // SAFETY: the caller's contract; zero is valid for every field.
    let Some(given) = (unsafe { slice::sized(options, "options") })? else {
        return Ok(RangeOptions::default());
    };
    if given.limit < -1 || given.target_bytes < -1 {
        return Err(Error::new(Code::RANGE_LIMITS_INVALID)
            .context(format!("limit is {} and target_bytes is {}", given.limit, given.target_bytes)));
    }
    Ok(RangeOptions {
        limit: usize::try_from(given.limit).unwrap_or(0),
        target_bytes: usize::try_from(given.target_bytes).unwrap_or(0),
        snapshot: given.snapshot.get(),
        reverse: given.reverse.get(),
    })
}

/// Frees the result of a range read and sets the struct to zero.
///
/// @param range  NULL, a zeroed struct, or one filled by this library. A struct that was freed
///               before, or a copy of one, is left alone.
///
/// Threads: any, but one struct must not be freed by two threads at once. Errors: none.
///
/// # Safety
/// `range` is null or points to a `plinth_range` that no other thread uses.
#[no_mangle]
pub unsafe extern "C" fn plinth_range_free(range: *mut plinth_range) {
    // SAFETY: checked for null and alignment inside; the caller's contract covers the rest.
    unsafe { free(range, |range| range.owner as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_range_points_into_its_owner() {
        let mut rows = RangeResult::default();
        rows.more = true;
        rows.push(b"a", b"1");
        rows.push(b"b", b"");
        let mut range = plinth_range::default();
        range.fill(rows).unwrap();
        // SAFETY: just filled with two pairs.
        let items = unsafe { std::slice::from_raw_parts(range.items, range.count) };
        assert_eq!((items.len(), items[1].key_len, items[1].value_len, range.more), (2, 1, 0, true));
        assert!(!items[1].value.is_null());
        let copy = range;
        if let Owner::Range(owned) = &*OWNERS.get(range.owner as usize).unwrap() {
            assert_eq!(owned.len(), 2);
        }
        // SAFETY: our own structs; freeing a copy again must do nothing.
        unsafe {
            plinth_range_free(&mut range);
            plinth_range_free(&mut { copy });
        }
        assert!(range.items.is_null());
    }
}
