//! What every engine offers: sessions that run whole transactions. Relies on each engine's file
//! to do with a transaction exactly what a program that uses that engine would do.

mod common;
mod fdb_c;
mod guest;
mod kind;
mod library;
mod optimistic;
mod pessimistic;
mod plinth;
mod rocksdb;
mod rust;
mod steps;
mod task;
mod transaction;

use std::path::Path;
use std::time::Duration;

pub use crate::data::Key;
use crate::error::{Error, Result};
pub use kind::Kind;
pub use steps::{Failure, Range, Step, Steps, LAST};
pub use task::{look, Slice, Task, Transaction};

/// One thread's use of an engine.
pub trait Session {
    /// Runs the transaction until it succeeds; returns how often it had to be tried again.
    fn run(&mut self, task: &Task<'_>) -> Result<u64>;
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

/// How a database is opened, where that is not as by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Plinth's memory budget in bytes; the others that use RocksDB get the cache and the write buffers that
    /// follow from it.
    pub memory: Option<usize>,
    /// Files are read past the operating system's cache, where the engine can.
    pub direct: bool,
    /// Milliseconds for which Plinth keeps what was written, to find conflicts.
    pub window_ms: Option<u32>,
    /// The cluster to use in the place of a directory, `fdb:` and perhaps its file.
    pub url: Option<&'static str>,
}

/// Where a library of this project is that is loaded at run time.
pub use library::path as library_path;

/// The life of the process that hosts a guest's database.
pub use guest::host;

/// Opens or creates a database of the engines that this crate has.
pub fn open(kind: Kind, directory: &Path, settings: &Settings) -> Result<Box<dyn Engine>> {
    Ok(match kind {
        Kind::Plinth => Box::new(plinth::Plinth::open(directory, settings)?),
        Kind::Rust => Box::new(rust::Rust::open(directory, settings)?),
        Kind::Guest => Box::new(guest::Guest::open(directory, settings)?),
        Kind::PlinthSo => Box::new(plinth::Plinth::load(directory, settings)?),
        Kind::FdbC => Box::new(fdb_c::FdbC::open(directory, settings)?),
        Kind::Cluster => Box::new(plinth::Plinth::open_cluster(directory, settings)?),
        Kind::Rocksdb => Box::new(rocksdb::Rocksdb::open(directory, settings)?),
        Kind::Optimistic => Box::new(optimistic::Optimistic::open(directory, settings)?),
        Kind::Pessimistic => Box::new(pessimistic::Pessimistic::open(directory, settings)?),
        _ => return Err(Error::new(format!("this program does not have {}", kind.name()))),
    })
}

/// What the names of clusters begin with.
pub const SCHEME: &str = "fdb:";

/// Fails unless a cluster is empty: a benchmark of it leaves it empty.
pub fn check_cluster_empty(url: &'static str) -> Result<()> {
    let cluster = plinth::Plinth::open_url(url)?;
    let empty = cluster.is_empty();
    Box::new(cluster).close()?;
    match empty? {
        true => Ok(()),
        false => Err(Error::new(format!("{url} has keys; give a cluster that is empty, it is emptied at the end"))),
    }
}

/// Empties a cluster.
pub fn empty_cluster(url: &'static str) -> Result<()> {
    let cluster = plinth::Plinth::open_url(url)?;
    let emptied = cluster.empty();
    Box::new(cluster).close()?;
    emptied
}

/// Brings all data of a closed database into the last level of the tree, so that every engine
/// begins with the same files.
pub fn compact(directory: &Path) -> Result<()> {
    common::compact(directory)
}
