//! The local store behind `plinth-api`: versions, conflicts and the commit pipeline over
//! RocksDB.
//!
//! A read: `transaction` -> own writes (`overlay`) -> `service` -> a retained snapshot
//! (`version`) -> `store`. A commit: `transaction` -> `service` -> `commit` (queue, resolve
//! against `conflict`, write, sync, publish). Nothing here knows C; nothing above `store` knows
//! RocksDB.

#![deny(unsafe_code)]

mod commit;
mod conflict;
mod database;
mod format;
mod limits;
mod metrics;
mod overlay;
mod service;
mod store;
mod transaction;
mod vacant;
mod version;

pub use database::open;
pub use store::{store_options, StoreOptions};
