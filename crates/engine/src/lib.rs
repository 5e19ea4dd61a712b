//! The local store behind `plinth-api`: versions, conflicts and the commit pipeline over
//! RocksDB.
//!
//! A read: `transaction` -> own writes (`overlay`) -> `service` -> a retained snapshot
//! (`version`) -> `store`. A commit: `transaction` -> `service` -> `commit` (queue, resolve
//! against `conflict`, write, sync, publish). Nothing here knows C; nothing above `store` knows
//! RocksDB.

#![deny(unsafe_code)]

mod atomic;
mod commit;
mod conflict;
mod database;
mod defects;
mod executor;
mod format;
mod limits;
mod local;
mod metrics;
mod overlay;
mod service;
mod special;
mod store;
mod transaction;
mod vacant;
mod version;
mod watch;

pub use database::open;
#[cfg(feature = "defects")]
pub use defects::{switch_on, Defect};
pub use format::held_locks;
pub use store::{store_options, StoreOptions};
