//! Transactions.

use std::ffi::c_char;
use std::ptr;

use plinth_api::{key, Code, Error, Transaction};
use plinth_boundary::{entry, slice};

use crate::constants::CBool;
use crate::handles::{
    database, free_target, free_transaction, keyspace_of, transaction, TransactionObject, TRANSACTIONS,
};
use crate::range::{options, selector};
use crate::{
    plinth_database, plinth_error, plinth_key_selector, plinth_keyspace, plinth_range, plinth_range_options,
    plinth_value,
};

/// A transaction. Ended by plinth_transaction_destroy().
///
/// It sees the database as it was at its read version, plus its own writes. All calls may be
/// made from any thread and by several threads at a time (rule TX-2); a call made after another
/// one returned sees its effect.
///
/// Every call on a transaction can also return: 9000 bad handle, 9003 database closed, 1025
/// cancelled, 1031 out of time, 2017 used after its commit had started, 4100 internal error. A
/// call that returns an error has changed nothing.
///
/// A program's own keys lie below "\xff". System keys, from there up to "\xff\xff", need
/// PLINTH_OPTION_READ_SYSTEM_KEYS or PLINTH_OPTION_ACCESS_SYSTEM_KEYS, but for reading
/// "\xff/metadataVersion". Special keys, from "\xff\xff" on, are not stored: a read computes them,
/// and needs no option; writing one fails with 2114 or 2115. Other keys are refused with 2004.
/// Rules DATA-3 to DATA-5, SPEC-1 to SPEC-3, SPEC-10.
pub struct plinth_transaction {
    _private: [u8; 0],
}

/// Runs `body` on the transaction of a handle. A panic inside kills this transaction only.
pub(crate) fn on(
    name: &'static str,
    tr: *mut plinth_transaction,
    body: impl FnOnce(&TransactionObject) -> Result<(), Error>,
) -> plinth_error {
    let code = entry::call(name, || body(&*transaction(tr)?));
    killed_by_panic(name, tr, code)
}

/// Like [`on`], for a call that may run callbacks, as a write does that fires a watch of its own
/// transaction: no guard is held meanwhile. `ks` is null where the call takes no keyspace.
pub(crate) fn on_free(
    name: &'static str,
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    body: impl FnOnce(&dyn Transaction, u32) -> Result<(), Error>,
) -> plinth_error {
    let code = entry::call(name, || {
        let (transaction, ks) = free_target(tr, ks)?;
        body(&*transaction, ks)
    });
    killed_by_panic(name, tr, code)
}

/// Ends a transaction that a call panicked in.
#[inline]
pub(crate) fn killed_by_panic(name: &'static str, tr: *mut plinth_transaction, code: plinth_error) -> plinth_error {
    if code == Code::INTERNAL_ERROR.number() {
        end_after_panic(name, tr);
    }
    code
}

#[cold]
fn end_after_panic(name: &'static str, tr: *mut plinth_transaction) {
    entry::value(name, (), || free_transaction(tr)?.cancel());
}

/// The key argument of a call.
///
/// # Safety
/// As [`slice::bytes`].
pub(crate) unsafe fn key<'a>(key: *const u8, len: usize) -> Result<&'a [u8], Error> {
    // SAFETY: the caller's contract.
    unsafe { slice::bytes(key, len, "key") }
}

/// No database has longer keys, and one byte more tells that it would be (rules LIM-1, LIM-3).
const LONGEST_COMPARED: usize = (1 << 20) + 64;

/// A key that is only compared with others: nobody needs more of it, so nobody copies more.
///
/// # Safety
/// As [`slice::bytes`].
pub(crate) unsafe fn compared<'a>(key: *const u8, len: usize, name: &str) -> Result<&'a [u8], Error> {
    // SAFETY: the caller's contract.
    let key = unsafe { slice::bytes(key, len, name) }?;
    Ok(&key[..key.len().min(LONGEST_COMPARED + 1)])
}

/// Begins a transaction. Nothing is read yet: it costs well below a microsecond.
///
/// @param db   the database
/// @param out  receives the transaction; NULL on error. End it with plinth_transaction_destroy().
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL; 9003 closed; 9012 too many live
/// transactions; 9002 too many handles; 4100 internal error. Rule TX-1.
///
/// # Safety
/// `out` is writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_begin(
    db: *mut plinth_database,
    out: *mut *mut plinth_transaction,
) -> plinth_error {
    entry::call("plinth_transaction_begin", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out.cast::<usize>(), "out") }?;
        let transaction = database(db)?.begin()?;
        *out = TRANSACTIONS.insert(TransactionObject::new(db, transaction))?;
        Ok(())
    })
}

/// Ends a transaction. What was not committed is forgotten. Values and ranges that were read
/// stay valid until they are freed. Calls that other threads have running end undisturbed;
/// asynchronous ones end with 1025, as do its watches unless it has committed.
///
/// @param tr  the transaction; its handle is stale afterwards
///
/// Threads: any. Errors: 9000 bad handle, also when destroyed before. Rule RST-3.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_destroy(tr: *mut plinth_transaction) -> plinth_error {
    entry::call("plinth_transaction_destroy", || TRANSACTIONS.remove(tr as usize))
}

/// Reads a key. The commit fails with 1020 if someone changed it meanwhile.
///
/// @param tr       the transaction
/// @param ks       the keyspace, or NULL for the default one
/// @param key      the key, below "\xff" unless an option allows more; or a special key
/// @param key_len  its length in bytes
/// @param out      receives the value; `data` is NULL if there is no such key, which is not an
///                 error. Free it with plinth_value_free().
///
/// Threads: any. Errors: 2004 key out of range; 1007 the read version is older than the window;
/// 1009 it is in the future; 1036 the value is known only after this transaction's commit; 2113
/// no such special key; 9010 keyspace dropped; 9001 NULL; 1510, 1522 the disk failed.
/// Rules GET-1, CONF-2, RYW-1, RYW-8, SPEC-1.
///
/// # Safety
/// `key` is readable for `key_len` bytes; `out` is writable; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
    out: *mut plinth_value,
) -> plinth_error {
    // SAFETY: this function's contract.
    unsafe { get("plinth_transaction_get", tr, ks, (key, key_len), out, false) }
}

/// Reads a key like plinth_transaction_get(), but without a conflict if someone changes it.
///
/// Parameters, threads and errors as plinth_transaction_get(). Own writes are seen. Rules CONF-7,
/// RYW-6.
///
/// # Safety
/// As plinth_transaction_get().
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_snapshot_get(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
    out: *mut plinth_value,
) -> plinth_error {
    // SAFETY: this function's contract.
    unsafe { get("plinth_transaction_snapshot_get", tr, ks, (key, key_len), out, true) }
}

/// Both single-key reads.
///
/// # Safety
/// As plinth_transaction_get().
unsafe fn get(
    name: &'static str,
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    (bytes, len): (*const u8, usize),
    out: *mut plinth_value,
    snapshot: bool,
) -> plinth_error {
    on_out(name, tr, out, |tr, out| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let key = unsafe { key(bytes, len) }?;
        out.fill(tr.transaction.get(ks, key, snapshot)?)
    })
}

/// Like [`on`], with an output that is well-defined also when the handle is bad.
pub(crate) fn on_out<T: Default>(
    name: &'static str,
    tr: *mut plinth_transaction,
    out: *mut T,
    body: impl FnOnce(&TransactionObject, &mut T) -> Result<(), Error>,
) -> plinth_error {
    // SAFETY: every caller's contract says that `out` is writable; null is checked.
    match unsafe { slice::out(out, "out") } {
        Ok(out) => on(name, tr, |tr| body(tr, out)),
        Err(error) => entry::call(name, || Err(error)),
    }
}

/// Finds the key that a selector names. The commit fails with 1020 if the answer changed.
///
/// @param tr        the transaction
/// @param ks        the keyspace, or NULL for the default one
/// @param selector  see plinth_key_selector; its key is at most "\xff" unless an option allows more
/// @param snapshot  true: without a conflict
/// @param out       receives the key: empty (not NULL) before the first key; after the last one
///                  "\xff", or "\xff\xff" where system keys may be read. Free it with
///                  plinth_value_free().
///
/// Threads: any. Errors: as plinth_transaction_get(). Rules SEL-1 to SEL-6, CONF-4.
///
/// # Safety
/// `selector` is readable with its key; `out` is writable; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_key(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    selector: *const plinth_key_selector,
    snapshot: CBool,
    out: *mut plinth_value,
) -> plinth_error {
    on_out("plinth_transaction_get_key", tr, out, |tr, out| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let selector = unsafe { self::selector(selector, "selector") }?;
        let found = tr.transaction.get_key(ks, selector, snapshot.get())?;
        out.fill(Some(plinth_api::Value::Owned(found)))
    })
}

/// Reads the pairs from the key that `begin` names up to, not including, the one `end` names.
///
/// The commit fails with 1020 if someone changed, added or removed a key in what was read: the
/// whole range, or up to the last pair returned if `more` is set.
///
/// @param tr       the transaction
/// @param ks       the keyspace, or NULL for the default one
/// @param begin    first end of the range; its key is at most "\xff" unless an option allows more
/// @param end      other end of the range, likewise. An end at or before the begin is an empty
///                 range, not an error. Both may be special keys of one module.
/// @param options  NULL for the whole range, forward, with conflicts
/// @param out      receives the pairs. Free it with plinth_range_free().
///
/// Without a limit the whole range is returned in one result: set one where the range may be
/// large.
///
/// Threads: any. Errors: as plinth_transaction_get(); 2012 a limit below -1; 2112 special keys of
/// several modules. Rules RNG-1 to RNG-11, CONF-5, CONF-6, SPEC-2.
///
/// # Safety
/// The selectors are readable with their keys; `options` is null or of the size it names; `out`
/// is writable; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_range(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    begin: *const plinth_key_selector,
    end: *const plinth_key_selector,
    options: *const plinth_range_options,
    out: *mut plinth_range,
) -> plinth_error {
    on_out("plinth_transaction_get_range", tr, out, |tr, out| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (selector(begin, "begin")?, selector(end, "end")?) };
        // SAFETY: this function's contract.
        let options = unsafe { self::options(options) }?;
        out.fill(tr.transaction.get_range(ks, begin, end, options)?)
    })
}

/// Sets a key to a value.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param key        the key, below "\xff" unless an option allows more; copied
/// @param key_len    its length: 10,000 bytes at most, unless the database was opened with more
/// @param value      the value; copied. It may be empty, which is not the same as absent.
/// @param value_len  its length: 100,000 bytes at most, unless the database was opened with more
///
/// Threads: any. Errors: 2004 key out of range; 2102 key too large; 2103 value too large; 9013
/// memory budget used up; 9010 keyspace dropped; 9001 NULL. Rules LIM-1, LIM-2, CONF-1.
///
/// # Safety
/// `key` and `value` are readable for their lengths; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_set(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
    value: *const u8,
    value_len: usize,
) -> plinth_error {
    on_free("plinth_transaction_set", tr, ks, |tr, ks| {
        // SAFETY: this function's contract.
        let (key, value) = unsafe { (self::key(key, key_len)?, slice::bytes(value, value_len, "value")?) };
        tr.set(ks, key, value)
    })
}

/// Clears a key; it need not exist.
///
/// @param tr       the transaction
/// @param ks       the keyspace, or NULL for the default one
/// @param key      the key, below "\xff" unless an option allows more; copied
/// @param key_len  its length in bytes
///
/// Threads: any. Errors: 2004 key out of range; 9013 memory budget used up; 9010 keyspace
/// dropped; 9001 NULL. Rules CONF-1, CONF-16, LIM-3.
///
/// # Safety
/// `key` is readable for its length; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_clear(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
) -> plinth_error {
    on_free("plinth_transaction_clear", tr, ks, |tr, ks| {
        // SAFETY: this function's contract.
        let key = unsafe { self::key(key, key_len) }?;
        tr.clear(ks, key)
    })
}

/// Clears every key from `begin` up to, not including, `end`.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param begin      first key to clear, at most "\xff" unless an option allows more; copied
/// @param begin_len  its length in bytes
/// @param end        first key to leave, at most "\xff" unless an option allows more; copied
/// @param end_len    its length in bytes
///
/// Threads: any. Errors: 2005 begin after end; 2004 a key out of range; 9013 memory budget used
/// up; 9010 keyspace dropped; 9001 NULL. Rules CONF-1, DATA-5.
///
/// # Safety
/// `begin` and `end` are readable for their lengths; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_clear_range(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    begin: *const u8,
    begin_len: usize,
    end: *const u8,
    end_len: usize,
) -> plinth_error {
    on_free("plinth_transaction_clear_range", tr, ks, |tr, ks| {
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (slice::bytes(begin, begin_len, "begin")?, slice::bytes(end, end_len, "end")?) };
        tr.clear_range(ks, begin, end)
    })
}

/// Makes the commit fail with 1020 if someone changes the key, as if it had been read.
///
/// A key that this transaction wrote before the call is left out (rule CONF-10).
///
/// @param tr       the transaction
/// @param ks       the keyspace, or NULL for the default one
/// @param key      the key, below "\xff" unless an option allows more; copied
/// @param key_len  its length in bytes
///
/// Threads: any. Errors: 2004 key out of range; 9010 keyspace dropped; 9001 NULL. Rule CONF-10.
///
/// # Safety
/// `key` is readable for its length; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_add_read_conflict(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
) -> plinth_error {
    on("plinth_transaction_add_read_conflict", tr, |tr| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let key = unsafe { compared(key, key_len, "key") }?;
        tr.transaction.add_read_conflict_range(ks, key, &key::successor(key))
    })
}

/// Makes the commit fail with 1020 if someone changes a key from `begin` up to, not including,
/// `end`, as if the range had been read.
///
/// Keys that this transaction wrote before the call are left out. An empty range has no effect.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param begin      first key of the range, at most "\xff" unless an option allows more; copied
/// @param begin_len  its length in bytes
/// @param end        first key after the range, at most "\xff" unless an option allows more; copied
/// @param end_len    its length in bytes
///
/// Threads: any. Errors: 2005 begin after end; 2004 a key out of range; 9010 keyspace dropped;
/// 9001 NULL. Rule CONF-10.
///
/// # Safety
/// `begin` and `end` are readable for their lengths; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_add_read_conflict_range(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    begin: *const u8,
    begin_len: usize,
    end: *const u8,
    end_len: usize,
) -> plinth_error {
    on("plinth_transaction_add_read_conflict_range", tr, |tr| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (slice::bytes(begin, begin_len, "begin")?, slice::bytes(end, end_len, "end")?) };
        tr.transaction.add_read_conflict_range(ks, begin, end)
    })
}

/// Makes others that read in the range and commit later fail with 1020, as if this transaction
/// had written every key in it. It makes the commit a write commit, also without any write.
///
/// Parameters, threads and errors as plinth_transaction_add_read_conflict_range(). Rules COM-2,
/// CONF-10.
///
/// # Safety
/// As plinth_transaction_add_read_conflict_range().
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_add_write_conflict_range(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    begin: *const u8,
    begin_len: usize,
    end: *const u8,
    end_len: usize,
) -> plinth_error {
    on("plinth_transaction_add_write_conflict_range", tr, |tr| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (slice::bytes(begin, begin_len, "begin")?, slice::bytes(end, end_len, "end")?) };
        tr.transaction.add_write_conflict_range(ks, begin, end)
    })
}

/// The version that the transaction reads at. It is obtained by the first read, by the commit,
/// or by this call, and stays the same until reset.
///
/// Every commit that was acknowledged before it was obtained is visible at it.
///
/// @param tr   the transaction
/// @param out  receives the version, above 0
///
/// Threads: any, also after the commit. Errors: 1007, 1009 for a version set by hand; 9001 NULL.
/// Rules VER-4, COM-11.
///
/// # Safety
/// `out` is writable; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_read_version(
    tr: *mut plinth_transaction,
    out: *mut i64,
) -> plinth_error {
    on_out("plinth_transaction_get_read_version", tr, out, |tr, out| {
        *out = tr.transaction.read_version()?;
        Ok(())
    })
}

/// Makes the transaction read at a version of its choice, usually one that another transaction
/// got from plinth_transaction_get_committed_version() or plinth_transaction_get_read_version().
///
/// The call itself only notes the version: reads fail with 1007 if it is older than the window,
/// and with 1009, after waiting up to a second, if it lies in the future.
///
/// @param tr       the transaction, which must not have a read version yet
/// @param version  above 0
///
/// Threads: any. Errors: 2011 not above 0; 2010 there is a read version already. Rules VER-7 to
/// VER-9.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_set_read_version(
    tr: *mut plinth_transaction,
    version: i64,
) -> plinth_error {
    on("plinth_transaction_set_read_version", tr, |tr| tr.transaction.set_read_version(version))
}

/// Commits. Success means that all writes took effect together, at one version, that nothing the
/// transaction read was changed by others since its read version, and that it is as durable as
/// PLINTH_OPTION_DURABILITY says. Every transaction begun afterwards sees it.
///
/// A transaction that wrote nothing always succeeds, and has no committed version.
///
/// After any error the transaction must go through plinth_transaction_on_error() or
/// plinth_transaction_reset() before it is used again. After success it must be reset or
/// destroyed.
///
/// @param tr  the transaction
///
/// Threads: any; it waits for calls that other threads have running on the transaction.
/// Errors: 1020 conflict, 1007 too old, 1009 read version in the future: not committed, retry;
/// 1042 too much queued, or the disk can't keep up: not committed, retry; 2101 larger than its size limit;
/// 1021 the disk failed and the outcome is unknown; 9004 an earlier write failed, not committed; 9010 a keyspace was
/// dropped; 2023 PLINTH_OPTION_READ_LOCK_AWARE is set; or the error that an earlier read of this transaction returned.
/// Rules COM-1 to COM-8, CONF-14 to CONF-17.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_commit(tr: *mut plinth_transaction) -> plinth_error {
    on_free("plinth_transaction_commit", tr, ptr::null_mut(), |tr, _| tr.commit())
}

/// The version at which the transaction last committed.
///
/// @param tr   the transaction
/// @param out  receives the version; -1 before the first commit and after a read-only one. It
///             is kept over reset.
///
/// Threads: any, at any time. Errors: 9000 bad handle; 9001 NULL. Rule COM-10.
///
/// # Safety
/// `out` is writable; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_committed_version(
    tr: *mut plinth_transaction,
    out: *mut i64,
) -> plinth_error {
    on_out("plinth_transaction_get_committed_version", tr, out, |tr, out| {
        *out = tr.transaction.committed_version();
        Ok(())
    })
}

/// The heart of a retry loop: give it the error that a call on the transaction returned. If the
/// error is retryable it waits (longer each time), resets the transaction and returns 0: start
/// again from the first read. Otherwise it returns the error, and the transaction answers 1025
/// to everything until it is reset. The first sixteen times that the transaction's own commit failed with 1020
/// it does not wait: over an embedded database what the commit lost to can be read by then.
///
/// Timeout, retry limit and maximum delay are kept, their counts too; other options must be set
/// again.
///
/// @param tr     the transaction
/// @param error  what a call returned
/// @return 0 to try again, else why not
///
/// Threads: any; it waits on the calling thread, up to PLINTH_OPTION_MAX_RETRY_DELAY.
/// Errors: the error given, if it is not retryable or the retry limit is reached; 2000 for an error of 0; 1025,
/// 1031, 2017 if that is the transaction's state. Rules ERRH-1 to ERRH-7.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_on_error(tr: *mut plinth_transaction, error: plinth_error) -> plinth_error {
    entry::passing_on("plinth_transaction_on_error", || {
        let error = Error::new(Code::from_number(error)).context("it was passed to on_error");
        free_transaction(tr)?.on_error(error)
    })
}

/// Makes the transaction as new: forgets its reads, writes and options, and an end by cancel,
/// timeout or commit. The committed version is kept. Asynchronous calls under way end with 1025,
/// as do its watches unless it has committed.
///
/// @param tr  the transaction
///
/// Threads: any. Errors: 9000 bad handle; 9003 database closed. Rule RST-1.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_reset(tr: *mut plinth_transaction) -> plinth_error {
    on_free("plinth_transaction_reset", tr, ptr::null_mut(), |tr, _| tr.reset())
}

/// Makes every further call on the transaction fail with 1025 until it is reset, and ends a wait
/// in plinth_transaction_on_error() and asynchronous calls under way. A commit that is running may
/// still happen. Watches stay as they are.
///
/// @param tr  the transaction
///
/// Threads: any. Errors: 9000 bad handle. Rule RST-2.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_cancel(tr: *mut plinth_transaction) -> plinth_error {
    on_free("plinth_transaction_cancel", tr, ptr::null_mut(), |tr, _| tr.cancel())
}

/// A UUID as text, NUL-terminated.
#[repr(C)]
struct IdText([u8; 37]);

impl Default for IdText {
    fn default() -> Self {
        Self([0; 37])
    }
}

/// The transaction's id: a random UUID, for logs and for plinth_transaction_find(). It is made
/// by the first call and stays the same for the life of the handle.
///
/// @param tr   the transaction
/// @param out  receives 36 characters and a NUL
///
/// Threads: any, at any time. Errors: 9000 bad handle; 9001 NULL.
///
/// # Safety
/// 37 bytes at `out` are writable; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_id(tr: *mut plinth_transaction, out: *mut c_char) -> plinth_error {
    on_out("plinth_transaction_id", tr, out.cast::<IdText>(), |handle, out| {
        let id = handle.transaction.id()?;
        crate::handles::IDS.put(&id, tr as usize);
        out.0[..36].copy_from_slice(id.as_bytes().get(..36).ok_or(Code::INTERNAL_ERROR)?);
        Ok(())
    })
}

/// Finds a live transaction by the id that plinth_transaction_id() gave.
///
/// @param db   the database it belongs to
/// @param id   36 characters and a NUL
/// @param out  receives the same handle the transaction was begun with; NULL on error. It is not
///             a second one: it is destroyed once.
///
/// Threads: any. Errors: 9000 bad handle; 9001 NULL or not a UUID; 9014 no live transaction of
/// the database has this id.
///
/// # Safety
/// `id` is a NUL-terminated string; `out` is writable; `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_find(
    db: *mut plinth_database,
    id: *const c_char,
    out: *mut *mut plinth_transaction,
) -> plinth_error {
    entry::call("plinth_transaction_find", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out.cast::<usize>(), "out") }?;
        database(db)?;
        // SAFETY: this function's contract.
        let id = unsafe { entry::text(id, "id") }?;
        *out = crate::handles::IDS.find(id, db as usize)?;
        Ok(())
    })
}
