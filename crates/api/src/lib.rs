//! The contract between the C faces and whatever keeps the data.
//!
//! Both faces see only these traits and types. Nothing here knows RocksDB, C or threads of its
//! own, so another backend can stand behind the same faces.

#![forbid(unsafe_code)]

mod database;
mod error;
mod error_table;
pub mod key;
mod mutation;
mod options;
mod pending;
mod range;
mod value;

pub use database::{Database, Keyspace, Metrics, Repaired, Transaction, MOST_KEYS_AT_ONCE, MOST_VALUES_AT_ONCE};
pub use error::{Code, Error, Result};
pub use error_table::OnError;
pub use key::{KeyRange, KeySelector};
pub use mutation::Mutation;
pub use options::{DatabaseOption, DatabaseOptions, Durability, Preset, TransactionDefaults, TransactionOption};
pub use pending::{Done, Pending};
pub use range::{EntryMapper, MappedResult, MappedRow, RangeOptions, RangeResult, Rows};
pub use value::{Pinned, Value};
