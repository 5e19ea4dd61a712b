//! Reads of many keys in one call.

use std::ffi::c_void;

use plinth_api::{Code, Error, Value, MOST_KEYS_AT_ONCE};

use crate::asynchronous::start_on;
use crate::callback::{Callback, Promise};
use crate::constants::CBool;
use crate::handles::{free_target, keyspace_of, Owner, OWNERS};
use crate::transaction::{key, on_out};
use crate::value::free;
use crate::{plinth_error, plinth_finaliser, plinth_keyspace, plinth_transaction};

/// Bytes in a list: a key that is asked for, or a value that was found.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_slice {
    /// The bytes. Of a value NULL means that there is no such key; an empty value is not NULL.
    pub data: *const u8,
    /// Number of bytes.
    pub len: usize,
}

/// The result of a read of many keys. It stays valid until plinth_values_free(), whatever happens to
/// the transaction or the database meanwhile; until then it may keep the database directory in use.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_values {
    /// One value for each key, in the order of the keys; NULL if there was no key.
    pub items: *const plinth_slice,
    /// Number of values.
    pub count: usize,
    /// Belongs to the library.
    pub owner: *mut c_void,
}

/// Receives the outcome of a read of many keys, to be freed with plinth_values_free(). Otherwise as
/// plinth_value_callback.
pub type plinth_values_callback =
    Option<unsafe extern "C" fn(user: *mut c_void, error: plinth_error, values: *mut plinth_values)>;

impl Default for plinth_values {
    fn default() -> Self {
        Self { items: std::ptr::null(), count: 0, owner: std::ptr::null_mut() }
    }
}

/// Values with the array that C sees; the pointers lead into `_values`.
pub struct OwnedValues {
    /// What C sees.
    _items: Vec<plinth_slice>,
    /// Held for their bytes, which are on the heap or inside RocksDB and do not move with the values.
    _values: Vec<Option<Value>>,
}

// SAFETY: the pointers lead into memory that this object keeps and nobody changes.
unsafe impl Send for OwnedValues {}
// SAFETY: as above, read only.
unsafe impl Sync for OwnedValues {}

impl plinth_values {
    /// Fills the struct from a result.
    pub(crate) fn fill(&mut self, values: Vec<Option<Value>>) -> Result<(), Error> {
        if values.is_empty() {
            return Ok(());
        }
        let item = |value: &Option<Value>| match value {
            // An empty value points nowhere but is not null, as the header promises.
            Some(value) => plinth_slice { data: value.as_ptr(), len: value.len() },
            None => plinth_slice { data: std::ptr::null(), len: 0 },
        };
        let items: Vec<_> = values.iter().map(item).collect();
        let (data, count) = (items.as_ptr(), items.len());
        let owner = OWNERS.insert(Owner::Values(OwnedValues { _items: items, _values: values }))?;
        *self = Self { items: data, count, owner: owner as *mut c_void };
        Ok(())
    }
}

impl Callback for unsafe extern "C" fn(*mut c_void, plinth_error, *mut plinth_values) {
    type Outcome = Vec<Option<Value>>;
    type Given = plinth_values;

    fn fill(given: &mut plinth_values, outcome: Vec<Option<Value>>) -> Result<(), Error> {
        given.fill(outcome)
    }

    unsafe fn run(self, user: *mut c_void, error: plinth_error, given: &mut plinth_values) {
        // SAFETY: the caller's contract.
        unsafe { self(user, error, given) }
    }
}

/// The keys of a call.
///
/// # Safety
/// `keys` is null, or `count` slices are readable there, each with its bytes.
unsafe fn list<'a>(keys: *const plinth_slice, count: usize) -> Result<Vec<&'a [u8]>, Error> {
    let wrong = |what: String| Err(Error::new(Code::INVALID_ARGUMENT).context(what));
    if count > MOST_KEYS_AT_ONCE {
        return wrong(format!("{count} keys, allowed are {MOST_KEYS_AT_ONCE}"));
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    if keys.is_null() || !keys.is_aligned() {
        return wrong(format!("keys is {}", if keys.is_null() { "NULL" } else { "not aligned" }));
    }
    // SAFETY: not null, aligned, readable by the caller's contract.
    let keys = unsafe { std::slice::from_raw_parts(keys, count) };
    // SAFETY: the caller's contract.
    keys.iter().map(|slice| unsafe { key(slice.data, slice.len) }).collect()
}

/// Reads many keys in one call: faster than a call for each, and all of them at one moment. Otherwise
/// as if plinth_transaction_get() had been called for each: own writes are seen, and the commit fails
/// with 1020 if someone changed one of them meanwhile.
///
/// @param tr        the transaction
/// @param ks        the keyspace, or NULL for the default one
/// @param keys      the keys, each as in plinth_transaction_get(), in any order; the same one may
///                  occur several times. NULL if `count` is 0.
/// @param count     how many: 10,000 at most
/// @param snapshot  true: without a conflict, as plinth_transaction_snapshot_get()
/// @param out       receives the values. Free it with plinth_values_free().
///
/// The values may have 100,000,000 bytes together. If one of the keys can't be read the call fails, and
/// none of them has a conflict; but like plinth_transaction_get(), a failed read lets the commit fail too
/// (rule COM-4). Special keys among the others are computed first.
///
/// Threads: any. Errors: as plinth_transaction_get(); 9001 too many keys, or NULL; 9013 the values are
/// too long, or the memory budget is used up. Rules GET-1, CONF-2, CONF-7, RYW-1, RYW-8, SPEC-1.
///
/// # Safety
/// `count` slices are readable at `keys`, each with its bytes; `out` is writable; handles may be any
/// value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_many(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    keys: *const plinth_slice,
    count: usize,
    snapshot: CBool,
    out: *mut plinth_values,
) -> plinth_error {
    on_out("plinth_transaction_get_many", tr, out, |tr, out| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let keys = unsafe { list(keys, count) }?;
        out.fill(tr.transaction.get_many(ks, &keys, snapshot.get())?)
    })
}

/// Reads many keys like plinth_transaction_get_many(), without waiting: what is in memory comes at once,
/// in a callback inside this call, and any other from a thread of the library.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param keys       the keys, as in plinth_transaction_get_many(); copied
/// @param count      how many: 10,000 at most
/// @param snapshot   true: without a conflict
/// @param callback   receives the values, or the error
/// @param user       passed to both functions as it is
/// @param finaliser  runs when the callback has returned, also without one; or NULL
/// @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
///
/// Threads: any. Errors: to the callback, as plinth_transaction_get_many(); 1025 the transaction was
/// cancelled, reset or destroyed meanwhile. Rules GET-1, CONF-2, RYW-2, COM-4, FUT-12.
///
/// # Safety
/// `count` slices are readable at `keys`, each with its bytes; the functions may be called with `user`
/// on any thread; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_many_async(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    keys: *const plinth_slice,
    count: usize,
    snapshot: CBool,
    callback: plinth_values_callback,
    user: *mut c_void,
    finaliser: plinth_finaliser,
) -> plinth_error {
    let begin = |promise: Promise<_>| {
        let (transaction, ks) = free_target(tr, ks)?;
        // SAFETY: this function's contract.
        let keys = unsafe { list(keys, count) }?;
        transaction.get_many_async(ks, &keys, snapshot.get(), promise.done(|values| values));
        Ok(())
    };
    // SAFETY: this function's contract.
    unsafe { start_on("plinth_transaction_get_many_async", tr, (callback, user, finaliser), begin) }
}

/// Frees the result of a read of many keys and sets the struct to zero.
///
/// @param values  NULL, a zeroed struct, or one filled by this library. A struct that was freed
///                before, or a copy of one, is left alone.
///
/// Threads: any, but one struct must not be freed by two threads at once. Errors: none.
///
/// # Safety
/// `values` is null or points to a `plinth_values` that no other thread uses.
#[no_mangle]
pub unsafe extern "C" fn plinth_values_free(values: *mut plinth_values) {
    // SAFETY: checked for null and alignment inside; the caller's contract covers the rest.
    unsafe { free(values, |values| values.owner as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filled_values_tell_what_is_absent_from_what_is_empty() {
        let mut values = plinth_values::default();
        values.fill(vec![Some(Value::Owned(Vec::new())), None, Some(Value::Shared((*b"abc").into()))]).unwrap();
        // SAFETY: just filled with three values.
        let items = unsafe { std::slice::from_raw_parts(values.items, values.count) };
        assert_eq!(items.iter().map(|item| item.len).collect::<Vec<_>>(), [0, 0, 3]);
        assert_eq!(items.iter().map(|item| item.data.is_null()).collect::<Vec<_>>(), [false, true, false]);
        let copy = values;
        // SAFETY: our own structs; freeing a copy again must do nothing.
        unsafe {
            plinth_values_free(&mut values);
            plinth_values_free(&mut { copy });
        }
        assert!(values.items.is_null() && values.count == 0);
    }

    #[test]
    fn a_list_is_looked_at_only_if_it_can_be_one() {
        // SAFETY: none of them is read.
        let refused = |keys, count| unsafe { list(keys, count) }.is_err();
        assert!(refused(std::ptr::null(), 1) && refused(std::ptr::dangling(), MOST_KEYS_AT_ONCE + 1));
        assert!(refused(std::ptr::without_provenance(1), 1));
        // SAFETY: a count of zero reads nothing.
        assert!(unsafe { list(std::ptr::null(), 0) }.unwrap().is_empty());
    }
}
