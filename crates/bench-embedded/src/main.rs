//! Measures Plinth beside other databases that live in the process: LMDB, redb, fjall and SQLite.
//!
//! What is alike and what is not:
//!
//! - Keys and values are the same; each engine has one table or tree of bytes, with the cache that Plinth has
//!   by default (320 MiB), or maps its file into memory.
//! - `sync` is the same everywhere: an acknowledged commit is on disk. What `buffered` is, the notes of the
//!   engines say (`plinth_bench::engines::Kind::note`); redb's promises less.
//! - Isolation is serializable everywhere: LMDB, redb and SQLite have one writer at a time, fjall checks what
//!   was read.
//! - Each does what its guide asks of a careful program: SQLite's writers wait for each other in the process,
//!   because its own way of waiting sleeps; statements are prepared once.

mod fjall;
mod lmdb;
mod redb;
mod sqlite;

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use plinth_bench::engines::{self, Engine, Failure, Kind, Settings, Step};
use plinth_bench::error::{Error, Result};
use plinth_bench::{Group, Program};

/// The cache of each engine: what Plinth's memory budget gives its own by default.
const CACHE: usize = 320 << 20;

fn main() -> ExitCode {
    let engines = &[Kind::Plinth, Kind::Lmdb, Kind::Redb, Kind::Fjall, Kind::Sqlite];
    let groups = &[Group::Peers];
    plinth_bench::main(&Program { name: "plinth-bench-embedded", engines, groups, open, missing: |_| None })
}

fn open(kind: Kind, directory: &Path, settings: &Settings) -> Result<Box<dyn Engine>> {
    match kind {
        Kind::Lmdb => Ok(Box::new(lmdb::Lmdb::open(directory)?)),
        Kind::Redb => Ok(Box::new(redb::Redb::open(directory)?)),
        Kind::Fjall => Ok(Box::new(fjall::Fjall::open(directory)?)),
        Kind::Sqlite => Ok(Box::new(sqlite::Sqlite::open(directory)?)),
        _ => engines::open(kind, directory, settings),
    }
}

/// An engine's error, which nobody tries again after.
fn fatal(error: impl Display) -> Failure {
    Failure::Fatal(Error::new(error.to_string()))
}

/// A write in a transaction that only reads.
fn refused<T>() -> Step<T> {
    Err(fatal("this transaction only reads"))
}
