//! Watches: a callback when a key changes.

use std::ffi::c_void;

use plinth_api::Error;
use plinth_boundary::{entry, slice};

use crate::asynchronous::start_on;
use crate::callback::Promise;
use crate::handles::{free_target, watch, WATCHES};
use crate::transaction::key;
use crate::{plinth_done_callback, plinth_error, plinth_finaliser, plinth_keyspace, plinth_transaction};

/// A watch on a key. Ended by plinth_watch_destroy(), also after its callback ran.
pub struct plinth_watch {
    _private: [u8; 0],
}

/// Calls back once when the value of a key changes from what the transaction sees now.
///
/// The watch looks at the database from the commit of its transaction on; a transaction that wrote
/// nothing has to commit for it too. A change between the transaction's read version and its
/// commit counts. Before the commit only the transaction's own later writes can end it. Once
/// committed, the watch outlives the transaction, and waits until the key changes, it is
/// cancelled, or its keyspace or database is no more.
///
/// A value that changes and changes back may go unnoticed, and the call back does not say what the
/// value is: read it in a new transaction. Like a read, a watch makes the commit of writes fail with
/// 1020 if the key changed.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param key        the key, below "\xff" unless an option allows more; copied
/// @param key_len    its length: 10,000 bytes at most, unless the database was opened with more
/// @param callback   receives 0 when the key changed, or the error that ended the watch
/// @param user       passed to both functions as it is
/// @param finaliser  runs when the callback has returned, also without one; or NULL
/// @param out        receives the watch before the callback runs, or NULL if it ended at once; it may
///                   be NULL. End it with plinth_watch_destroy().
/// @return 9001 if `callback` is NULL, else 0: the callback runs, and it alone tells of any error
///
/// Threads: any. Errors: to the callback, as plinth_transaction_get(); 2102 key too large; 1034
/// PLINTH_OPTION_READ_YOUR_WRITES_DISABLE is set; 1032 there are
/// PLINTH_DATABASE_OPTION_MAX_WATCHES already; 1101 cancelled; 9003 the database was closed; 9010 the
/// keyspace was dropped; 1025 the transaction was reset or destroyed before its commit; or why its
/// commit failed; 9002 too many handles. Rules WATCH-1 to WATCH-10, CONF-8.
///
/// # Safety
/// `key` is readable for `key_len` bytes; the functions may be called with `user` on any thread;
/// `out` is null or writable; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_watch(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
    callback: plinth_done_callback,
    user: *mut c_void,
    finaliser: plinth_finaliser,
    out: *mut *mut plinth_watch,
) -> plinth_error {
    // SAFETY: this function's contract.
    let out = (!out.is_null()).then(|| unsafe { slice::out(out.cast::<usize>(), "out") }).transpose();
    let begin = |promise: Promise<_>| {
        let out = out?;
        let (transaction, ks) = free_target(tr, ks)?;
        // SAFETY: this function's contract.
        let key = unsafe { self::key(key, key_len) }?;
        let pending = transaction.watch(ks, key, promise.done(|()| ()));
        if let (Some(pending), Some(out)) = (pending, out) {
            *out = WATCHES.insert(pending.clone()).inspect_err(|_| pending.cancel())?;
        }
        Ok(())
    };
    // SAFETY: this function's contract.
    unsafe { start_on("plinth_transaction_watch", tr, (callback, user, finaliser), begin) }
}

/// Ends the wait of a watch: its callback runs with 1101, if no other outcome is known yet. The
/// handle stays valid.
///
/// @param watch  the watch
///
/// Threads: any. Errors: 9000 bad handle; 4100 internal error. Rule WATCH-9.
///
/// # Safety
/// `watch` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_watch_cancel(watch: *mut plinth_watch) -> plinth_error {
    entry::call("plinth_watch_cancel", || {
        self::watch(watch)?.cancel();
        Ok(())
    })
}

/// Ends a watch and its handle. If it is still waiting, its callback runs with 1101 as after
/// plinth_watch_cancel().
///
/// @param watch  the watch; its handle is stale afterwards
///
/// Threads: any. Errors: 9000 bad handle, also when destroyed before; 4100 internal error. Rule
/// WATCH-9.
///
/// # Safety
/// `watch` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_watch_destroy(watch: *mut plinth_watch) -> plinth_error {
    entry::call("plinth_watch_destroy", || {
        let pending = self::watch(watch)?;
        // Of two racing callers one gets the handle; the other one's is stale.
        WATCHES.remove(watch as usize)?;
        pending.cancel();
        Ok::<(), Error>(())
    })
}
