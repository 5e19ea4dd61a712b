//! A FoundationDB cluster behind the traits of `plinth-api`.
//!
//! The work is done by FoundationDB's own client library, `libfdb_c`, which is loaded when the first cluster
//! is opened (`fdb::client`) and never linked. Everything that is not safe is in `fdb`; above it a `Future` and
//! a `Handle` of a transaction are ordinary values.
//!
//! What this crate adds to the client library:
//! - errors are told by the call that has them, before anything is changed, where FoundationDB keeps them for the
//!   next future (rule TX-4): `transaction::state` knows enough of the transaction for that;
//! - keyspaces, as prefixes of keys (`space`, `catalogue`);
//! - callbacks on threads that may wait (`pool`): nothing of the program runs on FoundationDB's network thread.
//!
//! Locks: a transaction's state, then leaves (the pool's queue, the list of calls under way). The state is held
//! while a write is handed to the client library, which keeps it in memory; never during a wait, a read or a
//! callback.

#![deny(unsafe_code)]

mod call;
mod catalogue;
mod database;
mod fdb;
mod pool;
mod space;
mod transaction;
mod versions;

pub use database::{open, Settings, SCHEME};
