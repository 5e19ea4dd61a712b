//! The local store behind `plinth-api`: versions, conflicts and the commit pipeline over
//! RocksDB.
//!
//! A database is open in one process, its host; handles elsewhere are members (`member`), whose calls go
//! to the host (`guest`, `host`) through a socket in the directory.
//!
//! A read: `transaction` -> own writes (`overlay`) -> `service` -> a retained snapshot
//! (`version`) -> `store`. A commit: `transaction` -> `service` -> `commit` (queue, resolve
//! against `conflict`, write, sync, publish). Nothing here knows C; nothing above `store` knows
//! RocksDB.

#![deny(unsafe_code)]

mod advice;
mod atomic;
mod changes;
mod commit;
mod conflict;
mod database;
mod defects;
mod directory;
mod executor;
mod format;
mod front;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod guest;
mod held;
mod host;
#[cfg(test)]
mod hostile;
mod hosting;
pub mod inherited;
mod keyspaces;
mod life;
mod local;
mod lock;
pub mod log;
mod member;
mod metrics;
mod numbers;
mod overlay;
mod places;
mod private;
mod repair;
mod roll;
mod room;
mod service;
mod shards;
pub mod signals;
mod socket;
mod store;
mod transaction;
mod upkeep;
mod upstream;
mod vacant;
mod version;
mod watch;
mod watermark;
mod wire;

use plinth_api::{limits, special};

pub use database::{open, owner};
#[cfg(feature = "defects")]
pub use defects::{switch_on, Defect};
pub use executor::outside;
pub use repair::repair;
pub use store::{store_options, StoreOptions};
pub use upkeep::{backups, delete_backup, keep_backups, restore_backup, verify_backup};
