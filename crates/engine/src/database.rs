//! An open database: opens, hands out transactions and keyspaces, closes in order.
//!
//! Lock order: `keyspaces`, then the pipeline's locks. Closing goes: refuse new calls, let the
//! pipeline run dry, sync, release every snapshot, stop background work, let go of RocksDB.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use plinth_api::{key::successor, Code, DatabaseOptions, Error, Keyspace, Metrics, Result, Value};

use crate::commit::{Pipeline, Request, Settings};
use crate::metrics::Counters;
use crate::service::Service;
use crate::store::{keyspace_gone, store_options, Rocks, Store, Visit, META};
use crate::transaction::Transaction;
use crate::vacant::{VacantRanges, WORTH_NOTING};
use crate::version::{Clock, ReadPoint, SharedSnapshot, Versions};
use crate::{format, limits};

/// A path that opens a throw-away database.
const IN_MEMORY: &str = ":memory:";
/// Read versions are at most this much older than the clock (rule VER-2).
const STALE: i64 = 100_000;
/// How long a read waits for a version that does not exist yet (rule VER-8).
const FUTURE_PATIENCE: Duration = Duration::from_secs(1);
/// Names beginning with this are kept for the engine.
const RESERVED: &str = "plinth.";

/// A database handle; the inner part is shared with its transactions.
pub struct Database(Arc<Inner>);

/// What a database's transactions share.
pub struct Inner {
    options: DatabaseOptions,
    versions: Arc<Versions>,
    pipeline: Pipeline,
    counters: Arc<Counters>,
    vacant: Arc<VacantRanges>,
    keyspaces: Mutex<Keyspaces>,
    /// Numbers of the keyspaces that exist; looked at by every call.
    alive: RwLock<Vec<bool>>,
    closed: AtomicBool,
    live: AtomicUsize,
    reserved: AtomicUsize,
}

struct Keyspaces {
    names: BTreeMap<Arc<str>, u32>,
    next: u32,
}

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
    if !in_memory {
        format::note_owner(&path);
    }
    let inner =
        start(store, names, options, format::LEASE).map_err(|error| error.context(path.display().to_string()))?;
    Ok(Arc::new(Database(Arc::new(inner))))
}

/// A name in RocksDB's memory environment, which every database has its own of.
fn memory_path() -> PathBuf {
    Path::new("/").join(format!("plinth-memory-{}", uuid::Uuid::new_v4()))
}

/// Reserves versions above all of earlier lives, and begins with the state as it is.
fn start(store: Arc<Rocks>, names: Vec<String>, options: DatabaseOptions, lease_span: i64) -> Result<Inner> {
    let store: Arc<dyn Store> = store;
    let snapshot = store.clone().snapshot();
    let read = |key: &[u8]| -> Result<i64> {
        let Some(value) = snapshot.get(META, key)? else {
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
    let settings =
        Settings { max_queued: options.max_queued_commits, history_limit: options.memory_budget / 8, lease_span };
    let pipeline = Pipeline::new(
        settings,
        store,
        0..names.len() as u32,
        lease,
        vacant.clone(),
        versions.clone(),
        counters.clone(),
    );
    let keyspaces = Keyspaces {
        next: names.len() as u32,
        names: names.iter().enumerate().map(|(id, name)| (Arc::from(name.as_str()), id as u32)).collect(),
    };
    Ok(Inner {
        options,
        versions,
        pipeline,
        counters,
        vacant,
        alive: RwLock::new(vec![true; names.len()]),
        keyspaces: Mutex::new(keyspaces),
        closed: AtomicBool::new(false),
        live: AtomicUsize::new(0),
        reserved: AtomicUsize::new(0),
    })
}

impl plinth_api::Database for Database {
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

impl Inner {
    fn set_alive(&self, id: u32, alive: bool) {
        let mut list = self.alive.write().unwrap_or_else(PoisonError::into_inner);
        if list.len() <= id as usize {
            list.resize(id as usize + 1, false);
        }
        list[id as usize] = alive;
    }
}

impl Service for Inner {
    fn options(&self) -> &DatabaseOptions {
        &self.options
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Error::new(Code::DATABASE_CLOSED));
        }
        Ok(())
    }

    fn check_keyspace(&self, keyspace: u32) -> Result<()> {
        if keyspace == 0 {
            return Ok(());
        }
        let alive = self.alive.read().unwrap_or_else(PoisonError::into_inner);
        match alive.get(keyspace as usize) {
            Some(true) => Ok(()),
            _ => Err(keyspace_gone(keyspace)),
        }
    }

    fn latest(&self) -> Result<Arc<ReadPoint>> {
        let latest = self.versions.latest();
        if self.versions.clock.now() - latest.version < STALE {
            return Ok(latest);
        }
        self.pipeline.advance();
        Ok(self.versions.latest())
    }

    fn at(&self, version: i64) -> Result<Arc<ReadPoint>> {
        let until = Instant::now() + FUTURE_PATIENCE;
        loop {
            self.check_open()?;
            match self.versions.at(version) {
                Err(error) if error.code() == Code::FUTURE_VERSION && Instant::now() < until => {}
                result => return result,
            }
            // The clock may be past it while nobody commits.
            if self.versions.clock.now() >= version {
                self.pipeline.advance();
            }
            let ahead = version.saturating_sub(self.versions.clock.now()).clamp(500, 20_000);
            std::thread::sleep(Duration::from_micros(ahead as u64));
        }
    }

    fn get(&self, at: &ReadPoint, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
        self.versions.check_age(at.version)?;
        self.closed_or(at.snapshot.read(|snapshot| snapshot.get(keyspace, key)))
    }

    fn scan(
        &self,
        at: &ReadPoint,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        reverse: bool,
        visit: &mut Visit<'_>,
    ) -> Result<()> {
        self.versions.check_age(at.version)?;
        let narrowed = self.vacant.narrow(keyspace, begin, end, at.version);
        let (begin, end) = narrowed.as_ref().map_or((begin, end), |(begin, end)| (begin, end));
        let scanned = at.snapshot.read(|snapshot| snapshot.scan(keyspace, begin, end, reverse, visit));
        let skipped = self.closed_or(scanned)?;
        if skipped.tombstones >= WORTH_NOTING {
            let (begin, end) = match (skipped.first, reverse) {
                (None, _) => (begin.to_vec(), end.to_vec()),
                (Some(first), false) => (begin.to_vec(), first),
                (Some(first), true) => (successor(&first), end.to_vec()),
            };
            self.pipeline.note_vacant(keyspace, &begin, &end, at.version);
        }
        Ok(())
    }

    fn commit(&self, request: Request) -> Result<i64> {
        self.pipeline.commit(request)
    }

    fn commit_failed(&self, code: Code) {
        match code {
            Code::NOT_COMMITTED => self.counters.conflicts.add(1),
            Code::TRANSACTION_TOO_OLD => self.counters.too_old.add(1),
            Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED => self.counters.refused.add(1),
            _ => {}
        }
    }

    fn reserve(&self, bytes: usize) -> Result<()> {
        let limit = self.options.memory_budget / 4;
        let before = self.reserved.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > limit {
            self.reserved.fetch_sub(bytes, Ordering::Relaxed);
            let text = format!("open transactions hold {before} of {limit} bytes");
            return Err(Error::new(Code::MEMORY_LIMIT_EXCEEDED).context(text));
        }
        Ok(())
    }

    fn release(&self, bytes: usize) {
        self.reserved.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn ended(&self) {
        self.live.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inner {
    /// A snapshot that is gone because the database was closed is not "too old".
    fn closed_or<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(error) if error.code() == Code::TRANSACTION_TOO_OLD => {
                self.check_open()?;
                Err(error)
            }
            result => result,
        }
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

    /// A database in memory that reserves a tenth of a second's versions at a time.
    fn with_short_lease() -> Database {
        let options = DatabaseOptions::default();
        let (store, names) = Rocks::open(&memory_path(), store_options(&options), None).unwrap();
        Database(Arc::new(start(store, names, options, 100_000).unwrap()))
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
