//! The native C ABI of Plinth. `include/plinth.h` is generated from this crate and is the
//! manual for C; the engine behind it is `plinth-engine`, reached only through `plinth-api`.
//!
//! Every function follows the same steps: enter the panic guard, check the arguments, look the
//! handles up, make one call, store the outputs. Nothing clever happens here.
#![allow(non_camel_case_types, reason = "type names are C's")]

mod asynchronous;
mod callback;
mod constants;
mod database;
mod error_numbers;
mod estimate;
mod handles;
mod keyspace;
mod many;
mod metrics;
mod mutation;
mod option;
mod range;
mod repair;
mod result;
mod run;
mod stream;
mod transaction;
mod value;
mod version;
mod watch;

pub use asynchronous::*;
pub use callback::*;
pub use constants::*;
pub use database::*;
pub use error_numbers::*;
pub use estimate::*;
pub use keyspace::*;
pub use many::*;
pub use metrics::*;
pub use mutation::*;
pub use option::*;
pub use range::*;
pub use repair::*;
pub use result::*;
pub use run::*;
pub use stream::*;
pub use transaction::*;
pub use value::*;
pub use version::*;
pub use watch::*;
