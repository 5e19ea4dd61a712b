//! What every engine offers: sessions that run whole transactions. Relies on each engine's file
//! to do with a transaction exactly what a C program that uses that engine would do.

mod common;
mod fdb_c;
mod guest;
mod library;
mod optimistic;
mod pessimistic;
mod plinth;
mod rocksdb;
mod transaction;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

pub use crate::data::Key;
use crate::error::{Error, Result};

/// One transaction: reads, then writes. With both, what was read must still hold at the commit.
/// With neither it is only begun and destroyed.
pub struct Transaction<'a> {
    /// Keys to read; all exist.
    pub reads: &'a [Key],
    /// Keys and values to write.
    pub writes: &'a [(Key, &'a [u8])],
    /// A range read: from this key on, so many pairs.
    pub range: Option<(Key, usize)>,
}

/// One thread's use of an engine.
pub trait Session {
    /// Runs the transaction until it succeeds; returns how often it had to be tried again.
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<u64>;
}

/// What an engine has counted since it was opened.
#[derive(Clone, Copy, Default)]
pub struct Counters {
    /// Commits.
    pub commits: u64,
    /// Syncs of its log.
    pub syncs: u64,
}

/// An open database.
pub trait Engine: Sync {
    /// A session for the calling thread, whose commits are synced or only buffered.
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>>;

    /// What it has counted; zeros if it does not count.
    fn counters(&self) -> Result<Counters> {
        Ok(Counters::default())
    }

    /// Processor time of other processes that work for it.
    fn servers_cpu(&self) -> Result<Duration> {
        Ok(Duration::ZERO)
    }

    /// Closes it.
    fn close(self: Box<Self>) -> Result<()>;
}

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Plinth through its C ABI.
    Plinth,
    /// The same as a guest: another process hosts the database.
    Guest,
    /// The same as Plinth, loaded at run time from `libplinth.so`.
    PlinthSo,
    /// Plinth through FoundationDB's C ABI, loaded at run time from `libfdb_c.so`.
    FdbC,
    /// Plain RocksDB through its C API.
    Rocksdb,
    /// RocksDB's OptimisticTransactionDB.
    Optimistic,
    /// RocksDB's TransactionDB.
    Pessimistic,
    /// A Redis server on a Unix socket.
    Redis,
    /// A PostgreSQL server on a Unix socket.
    Postgres,
}

impl Kind {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Plinth,
        Self::Guest,
        Self::PlinthSo,
        Self::FdbC,
        Self::Rocksdb,
        Self::Optimistic,
        Self::Pessimistic,
        Self::Redis,
        Self::Postgres,
    ];

    /// Whether its directory holds a RocksDB database.
    pub fn is_rocksdb(self) -> bool {
        !matches!(self, Self::Redis | Self::Postgres)
    }

    /// Whether transactions are in another process than the data.
    pub fn is_remote(self) -> bool {
        matches!(self, Self::Guest | Self::Redis | Self::Postgres)
    }

    /// Its name in the table and the JSON file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plinth => "plinth",
            Self::Guest => "guest",
            Self::PlinthSo => "plinth_so",
            Self::FdbC => "fdb_c",
            Self::Rocksdb => "rocksdb",
            Self::Optimistic => "optimistic",
            Self::Pessimistic => "pessimistic",
            Self::Redis => "redis",
            Self::Postgres => "postgres",
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| Error::new(format!("there is no engine {name}")))
    }
}

/// Where a library of this project is that is loaded at run time.
pub use library::path as library_path;

/// The life of the process that hosts a guest's database.
pub use guest::host;

/// Opens or creates a database of the engines that this crate has.
pub fn open(kind: Kind, directory: &Path) -> Result<Box<dyn Engine>> {
    Ok(match kind {
        Kind::Plinth => Box::new(plinth::Plinth::open(directory)?),
        Kind::Guest => Box::new(guest::Guest::open(directory)?),
        Kind::PlinthSo => Box::new(plinth::Plinth::load(directory)?),
        Kind::FdbC => Box::new(fdb_c::FdbC::open(directory)?),
        Kind::Rocksdb => Box::new(rocksdb::Rocksdb::open(directory)?),
        Kind::Optimistic => Box::new(optimistic::Optimistic::open(directory)?),
        Kind::Pessimistic => Box::new(pessimistic::Pessimistic::open(directory)?),
        Kind::Redis | Kind::Postgres => return Err(Error::new("this program has no servers")),
    })
}

/// Brings all data of a closed database into the last level of the tree, so that every engine
/// begins with the same files.
pub fn compact(directory: &Path) -> Result<()> {
    common::compact(directory)
}
