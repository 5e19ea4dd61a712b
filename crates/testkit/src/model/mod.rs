//! The rules in the most obvious code: one map for every version, lists of ranges, and loops.
//!
//! Left out: transaction size (LIM-4), timeouts, retry limits, and all durability.

mod atomic;
mod conflict;
mod database;
mod options;
mod stamp;
mod state;
mod transaction;
mod transaction_calls;
mod view;

pub use database::ModelDatabase;
pub use transaction::{ModelTransaction, Verdict};

pub(crate) use conflict::{intersects, Span};
pub(crate) use state::Change;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic of another thread: a test that fails must not hide behind it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
