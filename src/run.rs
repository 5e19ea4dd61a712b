//! The retry loop as a function.

use std::ffi::c_void;

use plinth_api::{lock::Patience, Code, Error};
use plinth_boundary::{entry, fork};

use crate::handles::{database, TransactionObject, TRANSACTIONS};
use crate::{plinth_database, plinth_error, plinth_transaction};

/// The body of a plinth_run(): does its reads and writes on `tr` and returns 0 to commit, an
/// error of this library to have it retried or returned, or any number of its own (below 0) to
/// give up without a commit.
pub type plinth_run_body = Option<unsafe extern "C" fn(tr: *mut plinth_transaction, user: *mut c_void) -> plinth_error>;

/// Runs a transaction until it commits or fails for good: begins it, calls the body, commits,
/// and after a retryable error waits and calls the body again.
///
/// The body must not commit, reset or destroy `tr`, and must not keep it. Since it may run
/// several times, its effects outside the database should be harmless to repeat. After 1021 (the commit
/// may have happened) the body runs again too: make it safe to apply twice. The body may set a
/// retry limit or a timeout; without one the loop ends only with a commit or another error, and with 1038 after 64
/// tries in a row that found the database locked (half a minute, unless the body shortens the delays).
///
/// @param db    the database
/// @param body  called on this thread, with no lock of the library held. It must return: an
///              exception or longjmp out of it is undefined behaviour.
/// @param user  passed to the body as it is
/// @return 0 after a commit, else what ended the loop; 9016 in a child of fork() that the body made
///
/// Threads: any. Errors: 9000 bad handle; 9001 no body; 9012 too many transactions; what the
/// body returned; every error of plinth_transaction_commit() that is not retryable. Rule ERRH-1.
///
/// # Safety
/// `body` is null or a function of that signature; `user` is what it expects; `db` may be any
/// value.
#[no_mangle]
pub unsafe extern "C" fn plinth_run(
    db: *mut plinth_database,
    body: plinth_run_body,
    user: *mut c_void,
) -> plinth_error {
    let mut given_up = None;
    let code = entry::passing_on("plinth_run", || {
        let body = body.ok_or_else(|| Error::new(Code::INVALID_ARGUMENT).context("body is NULL"))?;
        let transaction = database(db)?.begin()?;
        let handle = TRANSACTIONS.insert(TransactionObject::new(db, transaction.clone()))?;
        let _ended = Ended(handle);
        // Let go of before the handle ends, which then is the last to have it.
        let transaction = transaction;
        let era = fork::era();
        let mut patience = Patience::default();
        loop {
            // SAFETY: this function's contract. No guard on the handle is held meanwhile.
            let code = entry::outside(|| unsafe { body(handle as *mut plinth_transaction, user) });
            if code < 0 {
                given_up = Some(code);
            }
            if fork::era() != era {
                // A child that the body forked came back. The transaction is the parent's.
                std::mem::forget(transaction);
                return Err(fork::inherited());
            }
            if code < 0 {
                return Ok(());
            }
            let outcome = match code {
                0 => transaction.commit(),
                code => Err(Error::new(Code::from_number(code)).context("the body returned it")),
            };
            match outcome {
                Ok(()) => return Ok(()),
                Err(error) => transaction.on_error(patience.bear(error)?)?,
            }
        }
    });
    given_up.unwrap_or(code)
}

/// Ends the loop's handle however the loop ends.
struct Ended(usize);

impl Drop for Ended {
    fn drop(&mut self) {
        // A body that destroyed the handle against the rules has done this already.
        let _ = TRANSACTIONS.remove(self.0);
    }
}
