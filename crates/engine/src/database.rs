//! A database handle: opens, hands out transactions and keyspaces, closes in order.
//!
//! No lock is taken here. Closing goes: refuse new calls, end the
//! watches, let asynchronous calls end, let the pipeline run dry, sync, release every snapshot, stop
//! background work, let go of RocksDB.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{
    Backup, Changes, Code, DatabaseOption, DatabaseOptions, Error, Keyspace, Lister, Metrics, Progress, Result,
    TransactionInfo, Verified,
};

use crate::changes::Tracking;
use crate::commit::{Limits, Pipeline, Settings};
use crate::directory::{Directory, Entrance};
use crate::format::OpenDirectory;
use crate::front::Front;
use crate::held::Hold;
use crate::hosting::Hosting;
use crate::life::{self, Left, Life, Place};
use crate::local::{Local, Parts};
use crate::member::{Member, Shared};
use crate::metrics::{sampling, Counters, Facts, Operation};
use crate::roll::parse_id;
use crate::store::{check_room, remove_copies, store_options, Rocks, Store, Unsound};
use crate::transaction::Transaction;
use crate::upkeep::task::{self, Finished, Task, Upkeeper};
use crate::vacant::VacantRanges;
use crate::version::{Clock, Keep, SharedSnapshot, Versions};
use crate::watermark::{Marks, Watermark};
use crate::{format, limits, upkeep};

/// A path that opens a throw-away database.
pub const IN_MEMORY: &str = ":memory:";
/// Threads for asynchronous calls: enough for a disk to have something to choose from.
const LEAST_THREADS: usize = 4;
const MOST_THREADS: usize = 16;
/// What can be done about a directory that can't be opened as it is.
const WAYS_OUT: &str = "it can be opened with read_only to save what can be read, repaired with \
                        plinth_database_repair(), or restored from a backup";
/// How long an open waits for whoever has the directory, and how often it looks.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);
const KNOCK_AGAIN: Duration = Duration::from_millis(1);

/// The handle of a database that is open in this process for it.
pub struct Database(Hosting);

/// Opens the database in `path`, or a throw-away one if it is `":memory:"`. If somebody else has the
/// directory open, the database is shared with them.
pub fn open(path: &str, options: DatabaseOptions) -> Result<Arc<dyn plinth_api::Database>> {
    #[cfg(feature = "defects")]
    crate::defects::from_environment();
    limits::check_options(&options)?;
    if path.is_empty() {
        return Err(Error::new(Code::INVALID_ARGUMENT).context("the path is empty"));
    }
    if path == IN_MEMORY {
        return open_in_memory(options);
    }
    if options.read_only {
        return open_to_read(Path::new(path), options);
    }
    let directory = Directory::new(path, options)?;
    let until = Instant::now() + OPEN_PATIENCE;
    loop {
        match directory.enter()? {
            Some(Entrance::Host(hosting)) => return Ok(Arc::new(Database(hosting))),
            Some(entrance) => {
                let id = format::uuid(directory.path());
                return Ok(Arc::new(Shared(Member::new(directory, entrance, id)?)));
            }
            None if Instant::now() < until => std::thread::sleep(KNOCK_AGAIN),
            None => return Err(directory.unavailable()),
        }
    }
}

fn open_in_memory(options: DatabaseOptions) -> Result<Arc<dyn plinth_api::Database>> {
    if options.must_exist || options.read_only {
        return Err(Error::new(Code::DATABASE_MISSING).context("a database in memory is always new"));
    }
    check_room(&options)?;
    let began = Instant::now();
    let (store, names) = Rocks::open(&memory_path(), store_options(&options), None)?;
    let place = Place { name: IN_MEMORY.to_owned(), id: uuid::Uuid::new_v4().to_string(), ..Place::default() };
    let local = start(store, names, options, place, format::LEASE)?;
    tell_opened(&local, began, 0);
    Ok(Arc::new(Database::of(local)))
}

/// Opens the database in a directory that nobody else has, and serves it.
pub fn host(path: &Path, options: &DatabaseOptions, claimed: OpenDirectory) -> Result<Hosting> {
    check_room(options)?;
    let (began, log_bytes) = (Instant::now(), log_bytes(path));
    let begin = || {
        let (watermark, marks) = Watermark::open(path);
        remove_copies(path);
        upkeep::remove_leftovers(path);
        let unsound = Unsound::find(path).map_err(|error| error.context("nothing was changed"))?;
        if let Some(marks) = marks {
            // Opening would throw away what it can't use.
            look_ahead(path, &unsound, &marks).map_err(|error| error.context("nothing was changed"))?;
        }
        // Nothing is missing: what follows in a log that is not sound was never acknowledged.
        unsound.cut()?;
        let (store, names) = Rocks::open(path, store_options(options), Some(claimed))?;
        let place = Place { watermark, marks: marks.unwrap_or_default(), ..place(path) };
        start(store, names, options.clone(), place, format::LEASE)
    };
    let local = begin().map_err(|error| explain(error, path)).inspect_err(|error| tell_failed(error, path))?;
    tell_opened(&local, began, log_bytes);
    Hosting::begin(local, path, options)
}

/// Bytes of log that an opening reads.
fn log_bytes(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let logs = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "log"));
    logs.map(|log| log.metadata().map_or(0, |metadata| metadata.len())).sum()
}

fn tell_opened(local: &Local, began: Instant, log_bytes: u64) {
    tracing::info!(
        target: "plinth::open",
        database = local.front.identity.0,
        id = local.front.identity.1,
        version = local.versions.latest().version,
        took_ms = milliseconds(began),
        log_bytes,
        read_only = local.front.options.read_only,
        "the database is open",
    );
}

fn tell_failed(error: &Error, path: &Path) {
    let (code, name) = (error.code().number(), path.display());
    tracing::error!(target: "plinth::open", database = %name, code, "the database can't be opened: {error}");
}

/// Milliseconds since a moment.
pub fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Fails if an opening would not find all that was there.
fn look_ahead(path: &Path, unsound: &Unsound, marks: &Marks) -> Result<()> {
    format::check_current(path)?;
    left_to_open(path, unsound)?.check(marks, path)
}

/// What an opening would find.
pub fn left_to_open(path: &Path, unsound: &Unsound) -> Result<Left> {
    let store = Rocks::look_ahead(path, unsound)?;
    let left = Left::read(&*store.clone().snapshot());
    store.stop();
    left
}

/// Opens the database in a directory without any change to it.
fn open_to_read(path: &Path, options: DatabaseOptions) -> Result<Arc<dyn plinth_api::Database>> {
    if options.must_not_exist {
        return Err(Error::new(Code::DATABASE_EXISTS).context("read_only makes no database"));
    }
    let (began, log_bytes) = (Instant::now(), log_bytes(path));
    let begin = || {
        let claimed = format::claim_to_read(path)?;
        format::check_current(path)?;
        let (store, names) = Rocks::open_to_read(path, store_options(&options), claimed)?;
        let life = life::begin_to_read(&(store.clone() as Arc<dyn Store>), &names)?;
        let local = put_together(store, life, Clock::standing_at, options, place(path), format::LEASE);
        local.pipeline.only_read();
        Ok(local)
    };
    let local = begin().map_err(|error: Error| error.context(path.display().to_string()));
    let local = local.inspect_err(|error| tell_failed(error, path))?;
    tell_opened(&local, began, log_bytes);
    Ok(Arc::new(Database::of(local)))
}

fn place(path: &Path) -> Place {
    Place { name: path.display().to_string(), id: format::uuid(path), ..Place::default() }
}

/// Says where it happened, who has the directory, or what can be done.
fn explain(error: Error, path: &Path) -> Error {
    match error.code() {
        Code::LOCK_FILE_FAILURE => error.context(format::owner(path)),
        Code::FILE_CORRUPT | Code::COMMITS_LOST => error.context(format!("{}: {WAYS_OUT}", path.display())),
        _ => error.context(path.display().to_string()),
    }
}

/// Who has the directory open, as a sentence for people.
pub fn owner(path: &str) -> String {
    format::owner(Path::new(path))
}

/// A name in RocksDB's memory environment, which every database has its own of. It has to be a directory of the real file
/// system too, as the binding of RocksDB makes sure that there is one, where an ordinary user may make none.
pub fn memory_path() -> PathBuf {
    PathBuf::from("/.")
}

/// The inner part of a database in memory.
#[cfg(test)]
pub fn memory_for_tests(options: DatabaseOptions) -> Arc<Local> {
    let (store, names) = Rocks::open(&memory_path(), store_options(&options), None).unwrap();
    start(store, names, options, Place::default(), format::LEASE).unwrap()
}

/// Begins with the state as it is, and with the keyspaces that the store found.
pub fn start(
    store: Arc<dyn Store>,
    families: Vec<String>,
    options: DatabaseOptions,
    place: Place,
    lease_span: i64,
) -> Result<Arc<Local>> {
    let life = life::begin(&store, &families, lease_span, &place)?;
    Ok(put_together(store, life, Clock::starting_at, options, place, lease_span))
}

fn put_together(
    store: Arc<dyn Store>,
    Life { first, lease, keyspaces, lock }: Life,
    clock: fn(i64) -> Clock,
    options: DatabaseOptions,
    place: Place,
    lease_span: i64,
) -> Arc<Local> {
    let window = i64::try_from(options.window.as_micros()).unwrap_or(i64::MAX);
    let state = SharedSnapshot::new(store.clone().snapshot());
    let keep = Keep::of(&options, &place.name);
    let versions = Arc::new(Versions::new(clock(first), window, state).keeping(keep));
    let counters = Arc::new(Counters::default());
    let vacant = Arc::new(VacantRanges::default());
    let threads = std::thread::available_parallelism().map_or(LEAST_THREADS, usize::from);
    let limits = Limits { history: options.memory_budget / 8, lease_span, value_size: options.value_size_limit };
    let (max_queued, name) = (options.max_queued_commits, place.name.clone());
    let lock = Arc::new(lock);
    let settings = Settings { name, max_queued, limits, watermark: place.watermark, lock: lock.clone() };
    let front = Front::new(options, (place.name, place.id), threads.clamp(LEAST_THREADS, MOST_THREADS));
    let pipeline = Pipeline::new(
        settings,
        store,
        keyspaces.names.values().copied(),
        lease,
        (vacant.clone(), front.watches.clone()),
        versions.clone(),
        counters.clone(),
    );
    Local::new(Parts { front, versions, pipeline, counters, vacant, keyspaces, lock })
}

impl plinth_api::Database for Database {
    fn set_option(&self, option: DatabaseOption) -> Result<()> {
        self.local().front.set_option(option)
    }

    fn set_lister(&self, lister: Lister) {
        let _ = self.local().front.lister.set(lister);
    }

    fn transactions(&self) -> Result<Vec<TransactionInfo>> {
        Ok(self.local().roll(None)?.infos())
    }

    fn expire_transaction(&self, id: &str) -> Result<()> {
        let id = parse_id(id)?;
        self.local().roll(Some(id))?.outcome(id)
    }

    fn begin(&self) -> Result<Arc<dyn plinth_api::Transaction>> {
        let began = sampling::is_due().then(Instant::now);
        self.local().front.admit()?;
        let transaction = Transaction::begin(self.local());
        if let Some(began) = began {
            self.local().front.operations.took(Operation::Begin, began);
        }
        Ok(transaction)
    }

    fn open_keyspace(&self, name: &str) -> Result<Keyspace> {
        self.local().open_keyspace(name)
    }

    fn find_keyspace(&self, name: &str) -> Result<Option<Keyspace>> {
        self.local().find_keyspace(name)
    }

    fn list_keyspaces(&self) -> Result<Vec<Arc<str>>> {
        self.local().list_keyspaces()
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        self.local().drop_keyspace(name)
    }

    fn sync(&self) -> Result<()> {
        self.local().sync()
    }

    fn metrics(&self) -> Metrics {
        let counts = self.local().counts();
        let metrics = self.local().front.metrics(&counts);
        Metrics { watches: counts.watches, guests: self.0.guests(), is_host: true, ..metrics }
    }

    fn checkpoint(&self, to: &str, progress: &dyn Progress) -> Result<i64> {
        task::checkpoint(self, to, progress)
    }

    fn backup(&self, to: &str, progress: &dyn Progress) -> Result<Backup> {
        task::backup(self, to, progress)
    }

    fn verify(&self, progress: &dyn Progress) -> Result<Verified> {
        task::verify(self, progress)
    }

    fn compact(&self, keyspace: Option<u32>, progress: &dyn Progress) -> Result<()> {
        task::compact(self, keyspace, progress)
    }

    fn metrics_text(&self) -> Result<String> {
        self.local().front.check_open()?;
        Ok(Facts::of(self.local()).text())
    }

    fn status_json(&self) -> Result<String> {
        self.local().front.check_open()?;
        Ok(Facts::of(self.local()).status())
    }

    fn id(&self) -> Option<String> {
        Some(self.local().front.identity.1.clone())
    }

    fn hold(&self) -> Result<Arc<dyn plinth_api::Held>> {
        Ok(Arc::new(Hold::new(self.local())?))
    }

    fn track_changes(&self, most_ranges: usize) -> Result<Box<dyn Changes>> {
        Ok(Box::new(Tracking::begin(self.local(), most_ranges)?))
    }

    fn raise_version(&self, version: i64) -> Result<()> {
        self.local().raise_version(version)
    }

    fn check_open(&self) -> Result<()> {
        self.local().front.check_open()
    }

    fn expire(&self, version: i64) -> Result<u64> {
        self.local().expire(version)
    }

    fn close(&self) -> Result<()> {
        self.0.close()
    }
}

impl Upkeeper for Database {
    fn upkeep(&self, task: Task, progress: &dyn Progress) -> Result<Finished> {
        self.local().upkeep(&task, progress)
    }
}

impl Database {
    /// A database that nobody else can reach.
    pub fn of(local: Arc<Local>) -> Self {
        Self(Hosting::alone(local))
    }

    /// What its transactions share.
    pub fn local(&self) -> &Arc<Local> {
        self.0.local()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = plinth_api::Database::close(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Service as _;
    use plinth_api::Database as _;
    use std::time::Duration;

    use crate::commit::Request;
    use crate::conflict::ConflictSet;
    use crate::overlay::Overlay;

    /// A database in memory that reserves a tenth of a second's versions at a time.
    fn with_short_lease() -> Database {
        let options = DatabaseOptions::default();
        let (store, names) = Rocks::open(&memory_path(), store_options(&options), None).unwrap();
        let local = start(store, names, options, Place::default(), 100_000).unwrap();
        Database::of(local)
    }

    fn idle(database: &Database, versions: i64) {
        let until = database.local().versions.clock.now() + versions;
        while database.local().versions.clock.now() < until {
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
        let until = database.local().versions.clock.now() + 500_000;
        while database.local().versions.clock.now() < until {
            let transaction = database.begin().unwrap();
            transaction.set(0, b"key", b"value").unwrap();
            transaction.commit().unwrap();
        }
    }

    /// A commit that read `key` at a version and writes another key.
    fn request(read_version: i64, key: &[u8]) -> Request {
        let (mut reads, mut overlay) = (ConflictSet::default(), Overlay::default());
        reads.add_key(key);
        overlay.set(b"result", b"");
        Request {
            read_version,
            reads: vec![(0, reads)],
            overlays: vec![(0, Arc::new(overlay))],
            sync: true,
            ..Request::default()
        }
    }

    /// What was read in an earlier life can't be checked: who wrote since is forgotten. With a lease nearly
    /// used up such a version is younger than the window.
    #[test]
    fn a_commit_that_read_in_an_earlier_life_is_too_old() {
        let options = DatabaseOptions::default();
        let (store, names) = Rocks::open(&memory_path(), store_options(&options), None).unwrap();
        let begin = || start(store.clone(), names.clone(), options.clone(), Default::default(), 100_000).unwrap();
        let earlier = Database::of(begin());
        idle(&earlier, 100_000);
        let read = earlier.begin().unwrap().read_version().unwrap();
        let other = earlier.begin().unwrap();
        other.set(0, b"key", b"written since").unwrap();
        other.commit().unwrap();
        assert!(other.committed_version() > read);
        // The end of the earlier life prepared nothing.
        let later = begin();
        assert!(read > later.versions.oldest(), "it lies in the window");
        let (_, outcome) = later.commit(request(read, b"key"));
        assert_eq!(outcome.unwrap_err().code(), Code::TRANSACTION_TOO_OLD);
        // The last version of all that the earlier life had.
        let last = later.versions.latest().version;
        let (_, outcome) = later.commit(request(last - 1, b"other"));
        assert_eq!(outcome.unwrap_err().code(), Code::TRANSACTION_TOO_OLD);
        // Those of this life are not.
        assert!(later.commit(request(last, b"key")).1.unwrap().version > last);
    }
}
