//! FoundationDB's client library: its symbols, its one network thread, and its objects as values.

#![allow(unsafe_code, reason = "functions and memory of another library")]

mod client;
mod future;
mod handle;
pub mod signals;
mod symbols;

pub use client::Client;
pub use future::{Future, Rows};
pub use handle::{DatabaseHandle, RangeCall, TransactionHandle, EXACT, WANT_ALL};
