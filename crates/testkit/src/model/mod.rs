//! The rules in the most obvious code: one map for every version, lists of ranges, and loops.
//!
//! Left out: the limit of a transaction's size (LIM-4), timeouts, retry limits, watches, options of the
//! database, estimates, special keys other than conflict ranges, and all durability.

mod atomic;
mod conflict;
mod database;
mod options;
mod special;
mod stamp;
mod state;
mod transaction;
mod transaction_calls;
mod view;

pub use database::ModelDatabase;
pub use transaction::{ModelTransaction, Verdict};

pub(crate) use conflict::{intersects, Span};
pub(crate) use special::{READ_CONFLICTS, WRITE_CONFLICTS};
pub(crate) use state::{Change, Write};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic of another thread: a test that fails must not hide behind it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
