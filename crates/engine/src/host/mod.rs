//! The host's side: serves the database that is open in this process to guests in other processes.
//!
//! ```text
//! server     who is there, how it begins and ends
//! pool       the threads, and what they do when something has come
//! poller     which sockets have something to do
//! session    one guest's connection; `flow` is its state, `greeting` how it begins
//! asks       what becomes of each thing that a guest asks; `scan`, `keyspaces`, `commits`, `watches`
//! call       a call that is answered later
//! ```
//!
//! A guest can do no harm to others: what it may have under way is bounded, and when that much is,
//! its connection is not read until some of it is done. A message that can't be read ends the
//! connection it came on.

mod asks;
mod call;
mod changes;
mod commits;
mod flow;
mod greeting;
mod held;
mod many;
mod poller;
mod pool;
mod reply;
mod roll;
mod scan;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod upkeep;
mod watches;

pub use server::Server;
