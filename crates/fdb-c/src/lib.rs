//! `libfdb_c.so`: FoundationDB's C client library over Plinth, with no cluster.
//!
//! `entry` holds the exported functions. They look handles up and call the objects behind them:
//! `database`, `tenant`, `transaction` and `future`. Stores are shared by all handles in the process
//! (`registry`, `store`); where one is says `location`. Callbacks that can't run at once run on the
//! network thread (`network`). Everything about transactions that is not special to this interface
//! is the engine's.
//!
//! Rules are cited by their ids in `docs/SEMANTICS.md`.

mod database;
mod entry;
mod errors;
mod future;
mod layout;
mod location;
mod mapper;
mod network;
mod option;
mod option_table;
mod output;
mod registry;
mod special;
mod store;
mod streaming;
mod system;
mod tenant;
mod texts;
mod transaction;
mod tuple;
mod version;
