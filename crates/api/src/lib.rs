//! The contract between the C faces and whatever keeps the data.
//!
//! Both faces see only these traits and types. Nothing here knows RocksDB, C or threads of its
//! own, so another backend can stand behind the same faces.

#![forbid(unsafe_code)]

mod changes;
mod database;
mod error;
mod error_table;
mod held;
pub mod key;
pub mod limits;
pub mod lock;
mod mutation;
mod options;
mod pending;
mod progress;
mod range;
pub mod special;
pub mod status;
mod upkeep;
mod value;

pub use changes::{Changed, ChangedRange, Changes, MOST_CHANGED_RANGES, MOST_TRACKERS};
pub use database::{
    Conflict, Database, Keyspace, Lister, Metrics, Repaired, Transaction, TransactionInfo, MOST_KEYS_AT_ONCE,
    MOST_VALUES_AT_ONCE,
};
pub use error::{Code, Error, Result};
pub use error_table::OnError;
pub use held::{Held, MOST_HELD};
pub use key::{KeyRange, KeySelector};
pub use mutation::Mutation;
pub use options::{DatabaseOption, DatabaseOptions, Durability, Preset, TransactionDefaults, TransactionOption};
pub use pending::{Done, Pending, Soon};
pub use progress::{Progress, Steps};
pub use range::{EntryMapper, MappedResult, MappedRow, RangeOptions, RangeResult, Rows};
pub use upkeep::{Backup, Verified};
pub use value::{Pinned, Value};
