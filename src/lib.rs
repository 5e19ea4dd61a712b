//! The native C ABI of Plinth. `include/plinth.h` is generated from this crate and is the
//! manual for C; what is behind it, `plinth-engine` or `plinth-cluster`, is reached only through `plinth-api`.
//!
//! Every function follows the same steps: enter the panic guard, check the arguments, look the
//! handles up, make one call, store the outputs. Nothing clever happens here.
#![allow(non_camel_case_types, reason = "type names are C's")]

mod asynchronous;
mod backend;
mod backup;
mod callback;
mod checkpoint;
mod compact;
mod conflict;
mod constants;
mod database;
mod error_numbers;
mod estimate;
mod expiry;
mod handles;
mod keyspace;
mod lock;
mod log;
mod many;
mod metrics;
mod moving;
mod mutation;
mod option;
mod progress;
mod range;
mod repair;
mod result;
mod run;
mod stream;
mod transaction;
mod transfer;
mod value;
mod verify;
mod version;
mod watch;

pub use asynchronous::*;
pub use backup::*;
pub use callback::*;
pub use checkpoint::*;
pub use compact::*;
pub use conflict::*;
pub use constants::*;
pub use database::*;
pub use error_numbers::*;
pub use estimate::*;
pub use expiry::*;
pub use keyspace::*;
pub use log::*;
pub use many::*;
pub use metrics::*;
pub use moving::*;
pub use mutation::*;
pub use option::*;
pub use progress::*;
pub use range::*;
pub use repair::*;
pub use result::*;
pub use run::*;
pub use stream::*;
pub use transaction::*;
pub use transfer::*;
pub use value::*;
pub use verify::*;
pub use version::*;
pub use watch::*;
