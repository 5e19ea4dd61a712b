//! The calls that can wait, with a callback in place of the wait.

use std::ffi::c_void;

use plinth_api::{Code, Error, Value};
use plinth_boundary::entry;

use crate::callback::{start, Callback, Promise, Receiver};
use crate::constants::CBool;
use crate::handles::{free_target, free_transaction};
use crate::range::{options, selector};
use crate::transaction::{key, killed_by_panic};
use crate::{
    plinth_done_callback, plinth_error, plinth_finaliser, plinth_key_selector, plinth_keyspace, plinth_range_callback,
    plinth_range_options, plinth_transaction, plinth_value_callback,
};

/// Starts a call on a transaction. A panic inside kills this transaction only, as in a blocking
/// call.
///
/// # Safety
/// As [`Receiver::new`].
pub(crate) unsafe fn start_on<C: Callback>(
    name: &'static str,
    tr: *mut plinth_transaction,
    (callback, user, finaliser): (Option<C>, *mut c_void, plinth_finaliser),
    begin: impl FnOnce(Promise<C>) -> Result<(), Error>,
) -> plinth_error {
    // SAFETY: this function's contract.
    let receiver = unsafe { Receiver::new(name, callback, user, finaliser) };
    start(receiver, name, |promise| {
        let result = entry::guarded(|| begin(promise));
        if let Err(error) = &result {
            killed_by_panic(name, tr, error.code().number());
        }
        result
    })
}

/// Reads a key like plinth_transaction_get(), without waiting: a value that is in memory comes at
/// once, in a callback inside this call, and any other from a thread of the library.
///
/// What the read sees is settled when the call returns: writes made later are not in it. The
/// commit waits for it.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param key        the key, as in plinth_transaction_get(); copied
/// @param key_len    its length in bytes
/// @param callback   receives the value, or the error
/// @param user       passed to both functions as it is
/// @param finaliser  runs when the callback has returned, also without one; or NULL
/// @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
///
/// Threads: any. Errors: to the callback, as plinth_transaction_get(); 1025 the transaction was
/// cancelled, reset or destroyed meanwhile. Rules GET-1, CONF-2, RYW-2, COM-4, FUT-12.
///
/// # Safety
/// `key` is readable for `key_len` bytes; the functions may be called with `user` on any thread;
/// handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_async(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
    callback: plinth_value_callback,
    user: *mut c_void,
    finaliser: plinth_finaliser,
) -> plinth_error {
    // SAFETY: this function's contract.
    unsafe { get("plinth_transaction_get_async", tr, ks, (key, key_len), (callback, user, finaliser), false) }
}

/// Reads a key like plinth_transaction_get_async(), but without a conflict if someone changes it.
///
/// Parameters, threads and errors as plinth_transaction_get_async(). Rules CONF-7, RYW-6.
///
/// # Safety
/// As plinth_transaction_get_async().
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_snapshot_get_async(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
    callback: plinth_value_callback,
    user: *mut c_void,
    finaliser: plinth_finaliser,
) -> plinth_error {
    // SAFETY: this function's contract.
    unsafe { get("plinth_transaction_snapshot_get_async", tr, ks, (key, key_len), (callback, user, finaliser), true) }
}

/// Both single-key reads.
///
/// # Safety
/// As plinth_transaction_get_async().
unsafe fn get(
    name: &'static str,
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    (bytes, len): (*const u8, usize),
    to: (plinth_value_callback, *mut c_void, plinth_finaliser),
    snapshot: bool,
) -> plinth_error {
    let begin = |promise: Promise<_>| {
        let (transaction, ks) = free_target(tr, ks)?;
        // SAFETY: this function's contract.
        let key = unsafe { key(bytes, len) }?;
        transaction.get_async(ks, key, snapshot, promise.done(|value| value));
        Ok(())
    };
    // SAFETY: this function's contract.
    unsafe { start_on(name, tr, to, begin) }
}

/// Finds the key that a selector names like plinth_transaction_get_key(), without waiting.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param selector   as in plinth_transaction_get_key(); copied
/// @param snapshot   true: without a conflict
/// @param callback   receives the key, or the error
/// @param user       passed to both functions as it is
/// @param finaliser  runs when the callback has returned, also without one; or NULL
/// @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
///
/// Threads: any. Errors: to the callback, as plinth_transaction_get_async(). Rules SEL-1 to SEL-6,
/// CONF-4, RYW-2.
///
/// # Safety
/// `selector` is readable with its key; the functions may be called with `user` on any thread;
/// handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_key_async(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    selector: *const plinth_key_selector,
    snapshot: CBool,
    callback: plinth_value_callback,
    user: *mut c_void,
    finaliser: plinth_finaliser,
) -> plinth_error {
    let begin = |promise: Promise<_>| {
        let (transaction, ks) = free_target(tr, ks)?;
        // SAFETY: this function's contract.
        let selector = unsafe { self::selector(selector, "selector") }?;
        let done = promise.done(|key| Some(Value::Owned(key)));
        transaction.get_key_async(ks, selector, snapshot.get(), done);
        Ok(())
    };
    // SAFETY: this function's contract.
    unsafe { start_on("plinth_transaction_get_key_async", tr, (callback, user, finaliser), begin) }
}

/// Reads a range like plinth_transaction_get_range(), without waiting.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param begin      first end of the range, as in plinth_transaction_get_range(); copied
/// @param end        other end of the range; copied
/// @param options    NULL for the whole range, forward, with conflicts; copied
/// @param callback   receives the pairs, or the error
/// @param user       passed to both functions as it is
/// @param finaliser  runs when the callback has returned, also without one; or NULL
/// @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
///
/// Threads: any. Errors: to the callback, as plinth_transaction_get_range(); 1025 the transaction
/// was cancelled, reset or destroyed meanwhile. Rules RNG-1 to RNG-11, CONF-5, CONF-6, RYW-2.
///
/// # Safety
/// The selectors are readable with their keys; `options` is null or of the size it names; the
/// functions may be called with `user` on any thread; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_range_async(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    begin: *const plinth_key_selector,
    end: *const plinth_key_selector,
    options: *const plinth_range_options,
    callback: plinth_range_callback,
    user: *mut c_void,
    finaliser: plinth_finaliser,
) -> plinth_error {
    let start = |promise: Promise<_>| {
        let (transaction, ks) = free_target(tr, ks)?;
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (selector(begin, "begin")?, selector(end, "end")?) };
        // SAFETY: this function's contract.
        let options = unsafe { self::options(options) }?;
        transaction.get_range_async(ks, begin, end, options, promise.done(|rows| rows));
        Ok(())
    };
    // SAFETY: this function's contract.
    unsafe { start_on("plinth_transaction_get_range_async", tr, (callback, user, finaliser), start) }
}

/// Commits like plinth_transaction_commit(), without waiting for the disk or for other commits.
///
/// @param tr         the transaction
/// @param callback   receives 0 when the commit is as durable as asked for, or the error. It may
///                   use the transaction, as after plinth_transaction_commit().
/// @param user       passed to both functions as it is
/// @param finaliser  runs when the callback has returned, also without one; or NULL
/// @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
///
/// Threads: any. Errors: to the callback, as plinth_transaction_commit(); 1025 the transaction was
/// cancelled, reset or destroyed meanwhile, and the commit may happen or not. Rules COM-1 to COM-8,
/// RST-3.
///
/// # Safety
/// The functions may be called with `user` on any thread; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_commit_async(
    tr: *mut plinth_transaction,
    callback: plinth_done_callback,
    user: *mut c_void,
    finaliser: plinth_finaliser,
) -> plinth_error {
    let begin = |promise: Promise<_>| {
        free_transaction(tr)?.commit_async(promise.done(|()| ()), false);
        Ok(())
    };
    // SAFETY: this function's contract.
    unsafe { start_on("plinth_transaction_commit_async", tr, (callback, user, finaliser), begin) }
}

/// The heart of a retry loop like plinth_transaction_on_error(), without waiting on the calling
/// thread. It may be called from the callback that got the error.
///
/// @param tr         the transaction
/// @param error      what a call returned or its callback received
/// @param callback   receives 0 when it is time to try again, else why not
/// @param user       passed to both functions as it is
/// @param finaliser  runs when the callback has returned, also without one; or NULL
/// @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
///
/// Threads: any. Errors: to the callback, as plinth_transaction_on_error(). Rules ERRH-1 to ERRH-7.
///
/// # Safety
/// The functions may be called with `user` on any thread; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_on_error_async(
    tr: *mut plinth_transaction,
    error: plinth_error,
    callback: plinth_done_callback,
    user: *mut c_void,
    finaliser: plinth_finaliser,
) -> plinth_error {
    let begin = |promise: Promise<_>| {
        let code = Code::from_number(error);
        // The answer may come on another thread, where its story is not known.
        let story = entry::story_of(code).map_or_else(String::new, |story| format!(": {story}"));
        let error = Error::new(code).context(format!("it was passed to on_error{story}"));
        free_transaction(tr)?.on_error_async(error, promise.done(|()| ()));
        Ok(())
    };
    // SAFETY: this function's contract.
    unsafe { start_on("plinth_transaction_on_error_async", tr, (callback, user, finaliser), begin) }
}
