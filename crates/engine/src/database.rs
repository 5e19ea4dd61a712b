//! A database handle: opens, hands out transactions and keyspaces, closes in order.
//!
//! Lock order: `keyspaces`, then the pipeline's locks. Closing goes: refuse new calls, end the
//! watches, let asynchronous calls end, let the pipeline run dry, sync, release every snapshot, stop
//! background work, let go of RocksDB.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use plinth_api::{Code, DatabaseOption, DatabaseOptions, Error, Keyspace, Metrics, Result};

use crate::commit::{Limits, Pipeline, Settings};
use crate::local::{Local, Parts};
use crate::metrics::Counters;
use crate::service::Service;
use crate::store::{store_options, Rocks, Store, Tier, META};
use crate::transaction::Transaction;
use crate::vacant::VacantRanges;
use crate::version::{Clock, SharedSnapshot, Versions};
use crate::watch::Watches;
use crate::{format, limits};

/// A path that opens a throw-away database.
const IN_MEMORY: &str = ":memory:";
/// Names beginning with this are kept for the engine.
const RESERVED: &str = "plinth.";
/// Watches at most, unless an option says otherwise (rule WATCH-8).
const MAX_WATCHES: usize = 10_000;

/// A database handle; the inner part is shared with its transactions.
pub struct Database(Arc<Local>);

/// Opens the database in `path`, or a throw-away one if it is `":memory:"`.
pub fn open(path: &str, options: DatabaseOptions) -> Result<Arc<dyn plinth_api::Database>> {
    limits::check_options(&options)?;
    if path.is_empty() {
        return Err(Error::new(Code::INVALID_ARGUMENT).context("the path is empty"));
    }
    let in_memory = path == IN_MEMORY;
    let path = if in_memory { memory_path() } else { PathBuf::from(path) };
    if in_memory && options.must_exist {
        return Err(Error::new(Code::DATABASE_MISSING).context("a database in memory is always new"));
    }
    let directory = if in_memory { None } else { Some(format::claim(&path, &options)?) };
    let opened = Rocks::open(&path, store_options(&options), directory);
    let (store, names) = opened.map_err(|error| match error.code() {
        Code::LOCK_FILE_FAILURE => error.context(format::owner(&path)),
        _ => error.context(path.display().to_string()),
    })?;
    let uuid = if in_memory { uuid::Uuid::new_v4().to_string() } else { format::uuid(&path) };
    if !in_memory {
        format::note_owner(&path);
    }
    let name = if in_memory { IN_MEMORY.to_owned() } else { path.display().to_string() };
    let inner = start(store, names, options, (name, uuid), format::LEASE)
        .map_err(|error| error.context(path.display().to_string()))?;
    Ok(Arc::new(Database(inner)))
}

/// A name in RocksDB's memory environment, which every database has its own of.
fn memory_path() -> PathBuf {
    Path::new("/").join(format!("plinth-memory-{}", uuid::Uuid::new_v4()))
}

/// Reserves versions above all of earlier lives, and begins with the state as it is.
fn start(
    store: Arc<Rocks>,
    names: Vec<String>,
    options: DatabaseOptions,
    identity: (String, String),
    lease_span: i64,
) -> Result<Arc<Local>> {
    let store: Arc<dyn Store> = store;
    let snapshot = store.clone().snapshot();
    let read = |key: &[u8]| -> Result<i64> {
        let Some(value) = snapshot.get(Tier::Disk, META, key)? else {
            return Ok(0);
        };
        let bytes = <[u8; 8]>::try_from(&*value);
        bytes
            .map(i64::from_be_bytes)
            .map_err(|_| Error::new(Code::FILE_CORRUPT).context("a version record has a wrong length"))
    };
    let first = read(format::VERSION_KEY)?.max(read(format::LEASE_KEY)?).max(format::FIRST_VERSION) + 1;
    let lease = first
        .checked_add(lease_span)
        .ok_or_else(|| Error::new(Code::FILE_CORRUPT).context("the versions are used up"))?;
    let mut batch = store.clone().batch();
    batch.put(META, format::LEASE_KEY, &lease.to_be_bytes())?;
    batch.write()?;
    store.sync()?;
    let window = i64::try_from(options.window.as_micros()).unwrap_or(i64::MAX);
    let state = SharedSnapshot::new(store.clone().snapshot());
    let versions = Arc::new(Versions::new(Clock::starting_at(first), window, state));
    let counters = Arc::new(Counters::default());
    let vacant = Arc::new(VacantRanges::default());
    let watches = Arc::new(Watches::new(MAX_WATCHES));
    let limits = Limits { history: options.memory_budget / 8, lease_span, value_size: options.value_size_limit };
    let pipeline = Pipeline::new(
        Settings { max_queued: options.max_queued_commits, limits },
        store,
        0..names.len() as u32,
        lease,
        (vacant.clone(), watches.clone()),
        versions.clone(),
        counters.clone(),
    );
    Ok(Local::new(Parts { options, identity, versions, pipeline, counters, vacant, watches, keyspaces: names }))
}

impl plinth_api::Database for Database {
    fn set_option(&self, option: DatabaseOption) -> Result<()> {
        self.0.check_open()?;
        let option = option.check(self.0.options.transaction.size_limit)?;
        if let DatabaseOption::MaxWatches(limit) = option {
            self.0.watches.set_limit(usize::try_from(limit).unwrap_or(0));
        }
        let before = self.0.options.transaction;
        self.0.defaults.rcu(|now| Some(Arc::new(now.as_deref().copied().unwrap_or(before).with(option))));
        self.0.defaults_changed.store(true, Ordering::Release);
        Ok(())
    }

    fn begin(&self) -> Result<Arc<dyn plinth_api::Transaction>> {
        self.0.check_open()?;
        if self.0.live.fetch_add(1, Ordering::Relaxed) >= self.0.options.max_transactions {
            self.0.live.fetch_sub(1, Ordering::Relaxed);
            let text = format!("{} are live", self.0.options.max_transactions);
            return Err(Error::new(Code::TOO_MANY_TRANSACTIONS).context(text));
        }
        Ok(Arc::new(Transaction::new(self.0.clone())))
    }

    fn open_keyspace(&self, name: &str) -> Result<Keyspace> {
        self.0.check_open()?;
        check_name(name)?;
        let mut keyspaces = self.0.keyspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let name: Arc<str> = Arc::from(name);
        if let Some(id) = keyspaces.names.get(&name) {
            return Ok(Keyspace { id: *id, name });
        }
        if keyspaces.names.len() >= limits::MOST_KEYSPACES {
            return Err(Error::new(Code::TOO_MANY_KEYSPACES).context(format!("there are {}", keyspaces.names.len())));
        }
        let id = keyspaces.next;
        self.0.pipeline.exclusively(|sequencer, store| {
            store.create_keyspace(id, &name)?;
            sequencer.add_keyspace(id);
            Ok(())
        })?;
        keyspaces.next += 1;
        keyspaces.names.insert(name.clone(), id);
        self.0.set_alive(id, true);
        Ok(Keyspace { id, name })
    }

    fn find_keyspace(&self, name: &str) -> Result<Option<Keyspace>> {
        self.0.check_open()?;
        let keyspaces = self.0.keyspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let found = keyspaces.names.get_key_value(name);
        Ok(found.map(|(name, id)| Keyspace { id: *id, name: name.clone() }))
    }

    fn list_keyspaces(&self) -> Result<Vec<Arc<str>>> {
        self.0.check_open()?;
        let keyspaces = self.0.keyspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<_> = keyspaces.names.iter().map(|(name, id)| (*id != 0, name.clone())).collect();
        names.sort();
        Ok(names.into_iter().map(|(_, name)| name).collect())
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        self.0.check_open()?;
        if name == "default" {
            return Err(Error::new(Code::INVALID_KEYSPACE_NAME).context("the default keyspace can't be dropped"));
        }
        let mut keyspaces = self.0.keyspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let not_found = || Error::new(Code::KEYSPACE_NOT_FOUND).context(format!("keyspace \"{name}\""));
        let id = keyspaces.names.get(name).copied().ok_or_else(not_found)?;
        self.0.pipeline.exclusively(|sequencer, store| {
            store.drop_keyspace(id, name)?;
            sequencer.remove_keyspace(id);
            Ok(())
        })?;
        keyspaces.names.remove(name);
        self.0.set_alive(id, false);
        drop(keyspaces);
        self.0.end_watches(Some(id), Code::KEYSPACE_DROPPED);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.0.check_open()?;
        self.0.pipeline.sync()
    }

    fn metrics(&self) -> Metrics {
        let counters = &self.0.counters;
        Metrics {
            live_transactions: self.0.live.load(Ordering::Relaxed) as u64,
            commits: counters.commits.get(),
            conflicts: counters.conflicts.get(),
            too_old: counters.too_old.get(),
            refused: counters.refused.get(),
            groups: counters.groups.get(),
            syncs: counters.syncs.get(),
            watches: self.0.watches.count() as u64,
            conflict_history_bytes: counters.history_bytes.get(),
            transaction_bytes: self.0.reserved.load(Ordering::Relaxed) as u64,
            retained_versions: self.0.versions.count() as u64,
            latest_version: self.0.versions.latest().version,
            durability: Some(self.0.options.durability),
        }
    }

    fn close(&self) -> Result<()> {
        if self.0.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.0.end_watches(None, Code::DATABASE_CLOSED);
        self.0.executor.close();
        let failed = self.0.pipeline.check_failure();
        let Some(store) = self.0.pipeline.close() else {
            return Ok(());
        };
        // Buffered commits are made durable at an orderly end. After a failed write a sync
        // that succeeds would prove nothing.
        let synced = if failed.is_ok() { store.sync() } else { Ok(()) };
        self.0.versions.close();
        store.stop();
        synced
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = plinth_api::Database::close(self);
    }
}

fn check_name(name: &str) -> Result<()> {
    let why = match name {
        "" => "it is empty",
        _ if name.len() > 255 => "it is longer than 255 bytes",
        _ if name.starts_with(RESERVED) => "names beginning with \"plinth.\" are reserved",
        _ => return Ok(()),
    };
    Err(Error::new(Code::INVALID_KEYSPACE_NAME).context(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plinth_api::Database as _;
    use std::time::Duration;

    /// A database in memory that reserves a tenth of a second's versions at a time.
    fn with_short_lease() -> Database {
        let options = DatabaseOptions::default();
        let (store, names) = Rocks::open(&memory_path(), store_options(&options), None).unwrap();
        Database(start(store, names, options, (String::new(), String::new()), 100_000).unwrap())
    }

    fn idle(database: &Database, versions: i64) {
        let until = database.0.versions.clock.now() + versions;
        while database.0.versions.clock.now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// VER-11: the reserved versions must never run out, however long nobody commits or reads.
    #[test]
    fn a_long_idle_time_does_not_use_the_versions_up() {
        let database = with_short_lease();
        let mut last = 0;
        for round in 0..6 {
            idle(&database, 350_000);
            let transaction = database.begin().unwrap();
            if round % 2 == 0 {
                assert!(transaction.get(0, b"key", false).is_ok());
                assert!(transaction.read_version().unwrap() > last);
            }
            transaction.set(0, b"key", b"value").unwrap();
            transaction.commit().unwrap();
            assert!(transaction.committed_version() > last);
            last = transaction.committed_version();
        }
    }

    #[test]
    fn the_lease_is_renewed_while_commits_go_on() {
        let database = with_short_lease();
        let until = database.0.versions.clock.now() + 500_000;
        while database.0.versions.clock.now() < until {
            let transaction = database.begin().unwrap();
            transaction.set(0, b"key", b"value").unwrap();
            transaction.commit().unwrap();
        }
    }
}
