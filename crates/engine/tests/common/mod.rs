//! What the tests of the engine share.

#![allow(dead_code)]

use std::fmt::Debug;
use std::sync::Arc;

use plinth_api::{Database, DatabaseOptions, KeySelector, RangeOptions, Result, Transaction};
use rocksdb::{DBWithThreadMode, MultiThreaded, Options};

/// The default keyspace.
pub const DEFAULT: u32 = 0;

/// A database in memory.
pub fn memory() -> Arc<dyn Database> {
    memory_with(DatabaseOptions::default())
}

/// A database in memory with these options.
pub fn memory_with(options: DatabaseOptions) -> Arc<dyn Database> {
    plinth_engine::open(":memory:", options).unwrap()
}

/// A directory for a database; removed in the end.
pub struct Disk {
    dir: tempfile::TempDir,
}

impl Disk {
    /// A new one.
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// Where the database lies.
    pub fn path(&self) -> String {
        self.at("database")
    }

    /// A place beside the database.
    pub fn at(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_string()
    }

    /// Opens the database.
    pub fn open(&self) -> Arc<dyn Database> {
        self.open_with(DatabaseOptions::default())
    }

    /// Opens the database with these options.
    pub fn open_with(&self, options: DatabaseOptions) -> Arc<dyn Database> {
        plinth_engine::open(&self.path(), options).unwrap()
    }
}

/// The closed database in a directory as RocksDB sees it, with all of its column families.
pub fn raw(path: &str) -> DBWithThreadMode<MultiThreaded> {
    let names = DBWithThreadMode::<MultiThreaded>::list_cf(&Options::default(), path).unwrap();
    DBWithThreadMode::open_cf(&Options::default(), path, names).unwrap()
}

/// Writes into the engine's own keyspace of a closed database; `None` removes the key.
pub fn write_meta(path: &str, key: &str, value: Option<&[u8]>) {
    let db = raw(path);
    let meta = db.cf_handle("plinth.meta").unwrap();
    match value {
        Some(value) => db.put_cf(&meta, key, value).unwrap(),
        None => db.delete_cf(&meta, key).unwrap(),
    }
}

/// Reads a keyspace number of the engine's own keyspace of a closed database.
pub fn read_meta(path: &str, key: &str) -> Option<u32> {
    let db = raw(path);
    let value = db.get_cf(&db.cf_handle("plinth.meta").unwrap(), key).unwrap();
    value.map(|value| u32::from_be_bytes(value.try_into().unwrap()))
}

/// The number of the error, 0 for success.
pub fn code<T>(result: Result<T>) -> i32 {
    result.err().map_or(0, |error| error.code().number())
}

/// Sets a key in a transaction of its own; gives the commit version.
pub fn put(database: &dyn Database, key: &[u8], value: &[u8]) -> i64 {
    put_in(database, DEFAULT, key, value)
}

/// Sets a key of a keyspace.
pub fn put_in(database: &dyn Database, keyspace: u32, key: &[u8], value: &[u8]) -> i64 {
    let transaction = database.begin().unwrap();
    transaction.set(keyspace, key, value).unwrap();
    transaction.commit().unwrap();
    transaction.committed_version()
}

/// Reads a key in a transaction of its own.
pub fn look(database: &dyn Database, key: &[u8]) -> Option<Vec<u8>> {
    get(&*database.begin().unwrap(), key)
}

/// Reads a key of the default keyspace.
pub fn get(transaction: &dyn Transaction, key: &[u8]) -> Option<Vec<u8>> {
    get_in(transaction, DEFAULT, key)
}

/// Reads a key of a keyspace.
pub fn get_in(transaction: &dyn Transaction, keyspace: u32, key: &[u8]) -> Option<Vec<u8>> {
    transaction.get(keyspace, key, false).unwrap().map(|value| value.to_vec())
}

/// The keys in `[begin, end)` of the default keyspace, as text.
pub fn keys(transaction: &dyn Transaction, begin: &str, end: &str) -> Vec<String> {
    let plain = KeySelector::first_greater_or_equal;
    let rows = transaction.get_range(DEFAULT, plain(begin), plain(end), RangeOptions::default()).unwrap();
    rows.iter().map(|(key, _)| String::from_utf8_lossy(key).into_owned()).collect()
}

/// A number from the environment.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Waits for `condition`, but not for ever.
pub fn wait_until(what: impl Debug, condition: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !condition() {
        assert!(start.elapsed().as_secs() < 60, "waited in vain for {what:?}");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
