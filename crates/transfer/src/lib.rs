//! Takes whole databases elsewhere: a dump is a stream that holds a database's keyspaces and pairs, and a load
//! puts them into a database again. A move needs no stream, and follows what changes meanwhile.
//!
//! Everything here is written over the traits of `plinth-api`, so that either side may be any backend. Memory is
//! constant: a block of pairs of the stream and a transaction at a time.
//!
//! ```text
//! format    the stream: its parts, and how they are put into bytes
//! content   what is counted and summed up of what a stream holds
//! source    where a dump reads: a state that is held, or transactions
//! dump      writes a stream
//! reader    takes a stream apart, and believes nothing
//! mark      how far a load is, in the database that is loaded into
//! load      puts a stream into a database
//! same      whether a database holds what a stream does
//! file      streams that are files
//! moving    a database into another one, while it goes on
//! ```

#![forbid(unsafe_code)]

mod content;
mod dump;
mod file;
mod format;
mod load;
mod mark;
mod moving;
mod reader;
mod same;
mod source;

pub use dump::{dump, DumpOptions, Dumped};
pub use file::{check_file, dump_to_file, load_from_file};
pub use format::FORMAT;
pub use load::{load, LoadOptions, Loaded, LOCK_WAIT};
pub use mark::UNFINISHED;
pub use moving::{move_database, MoveOptions, MoveProgress, Moved, Phase, Verify, MOVE_UNFINISHED};
pub use reader::check;
