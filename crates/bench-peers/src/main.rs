//! Measures Plinth, in the process and as a guest of another one, beside Redis and PostgreSQL: what a program
//! on one machine could use instead. The servers are started here, on a directory of their own, and
//! listen on a Unix socket in it; one that is not installed is left out.
//!
//! What is alike and what is not:
//!
//! - `sync` is the same everywhere: an acknowledged commit is on disk (`appendfsync always`;
//!   `synchronous_commit = on`).
//! - `buffered`: Plinth's and Redis's (`appendfsync everysec`) are with the operating system; PostgreSQL's
//!   (`synchronous_commit = off`) may still be in its memory, which promises less.
//! - Isolation: PostgreSQL runs at `SERIALIZABLE`, as Plinth does. Redis has no transactions that read: many
//!   reads are not of one state, and a read-modify-write is `WATCH`, reads, `MULTI` and `EXEC`.
//! - One read is one message and its answer, as in a program that needs the first to know the second; the
//!   writes of a transaction go together.
//! - Redis orders no keys: the ranges are of a sorted set of all keys, which updates need not touch here.

mod postgres;
mod redis;
mod server;

use std::path::Path;
use std::process::ExitCode;

use plinth_bench::engines::{self, Engine, Kind, Settings};
use plinth_bench::error::Result;
use plinth_bench::{Group, Program};

fn main() -> ExitCode {
    let engines = &[Kind::Plinth, Kind::Guest, Kind::Redis, Kind::Postgres];
    plinth_bench::main(&Program { name: "plinth-bench-peers", engines, groups: &[Group::Processes], open, missing })
}

fn open(kind: Kind, directory: &Path, settings: &Settings) -> Result<Box<dyn Engine>> {
    match kind {
        Kind::Redis => Ok(Box::new(redis::Redis::open(directory)?)),
        Kind::Postgres => Ok(Box::new(postgres::Postgres::open(directory)?)),
        _ => engines::open(kind, directory, settings),
    }
}

fn missing(kind: Kind) -> Option<String> {
    match kind {
        Kind::Redis => redis::missing(),
        Kind::Postgres => postgres::missing(),
        _ => None,
    }
}
