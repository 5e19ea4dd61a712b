//! An open cluster.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use plinth_api::limits::{check_options, cluster};
use plinth_api::{
    Backup, Code, DatabaseOption, DatabaseOptions, Durability, Error, Keyspace, Metrics, Progress, Result,
    TransactionDefaults, Verified,
};

use crate::call::{Calls, Kind};
use crate::catalogue;
use crate::fdb::{Client, DatabaseHandle};
use crate::pool;
use crate::transaction::Transaction;
use crate::versions;

/// What the names of clusters begin with. What follows is a cluster file; nothing is FoundationDB's default.
pub const SCHEME: &str = "fdb:";

/// What a cluster needs to be opened beside the options of every database.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// FoundationDB's client library; `None` is what the environment or the loader says.
    pub client: Option<PathBuf>,
}

/// A cluster.
pub struct Database(Arc<Shared>);

/// What a cluster's transactions share.
pub struct Shared {
    pub handle: DatabaseHandle,
    pub options: DatabaseOptions,
    pub calls: Arc<Calls>,
    defaults: RwLock<TransactionDefaults>,
    closed: AtomicBool,
    live: AtomicUsize,
    /// Keyspaces that were dropped through this handle.
    dropped: RwLock<HashSet<u32>>,
    pub counts: Counts,
}

/// What is counted.
#[derive(Default)]
pub struct Counts {
    pub commits: AtomicU64,
    pub conflicts: AtomicU64,
    pub too_old: AtomicU64,
    pub refused: AtomicU64,
    pub latest: AtomicU64,
}

/// Opens the cluster that `name` says, `fdb:` and a cluster file. Nothing is asked of the cluster: where it can't be
/// reached the first operation waits.
pub fn open(name: &str, options: DatabaseOptions, settings: &Settings) -> Result<Arc<dyn plinth_api::Database>> {
    let file = name.strip_prefix(SCHEME).filter(|file| !file.is_empty()).map(Path::new);
    check(&options)?;
    if file.is_some_and(|file| !file.exists()) {
        return Err(Error::new(Code::NO_CLUSTER_FILE_FOUND).context(name.to_owned()));
    }
    let client = Client::get(settings.client.as_deref())?;
    let handle = DatabaseHandle::open(client, file)?;
    let shared = Shared {
        handle,
        calls: Arc::default(),
        defaults: RwLock::new(options.transaction),
        closed: AtomicBool::new(false),
        live: AtomicUsize::new(0),
        dropped: RwLock::default(),
        counts: Counts::default(),
        options,
    };
    shared.set_defaults()?;
    pool::enter();
    Ok(Arc::new(Database(Arc::new(shared))))
}

/// Refuses what a cluster can't give.
fn check(options: &DatabaseOptions) -> Result<()> {
    check_options(options)?;
    cluster::check_options(options)?;
    if options.exclusive {
        let text = "a cluster can't be opened exclusively: others may use it at any time";
        return Err(Error::new(Code::UNSUPPORTED_OPERATION).context(text));
    }
    if options.transaction.slow_ms != 0 {
        return Err(no_log());
    }
    if options.must_not_exist {
        return Err(Error::new(Code::DATABASE_EXISTS).context("a cluster is always there"));
    }
    Ok(())
}

/// Slow transactions are told by the engine's log.
fn no_log() -> Error {
    let text = "slow transactions of a cluster are not told by the log; FoundationDB has its own traces";
    Error::new(Code::UNSUPPORTED_OPERATION).context(text)
}

impl Shared {
    /// Gives the library what transactions begin with.
    fn set_defaults(&self) -> Result<()> {
        let (mine, theirs) = (self.options.transaction, TransactionDefaults::default());
        let values = [
            (500, mine.timeout_ms, theirs.timeout_ms),
            (501, mine.retry_limit, theirs.retry_limit),
            (502, mine.max_retry_delay_ms, theirs.max_retry_delay_ms),
            (503, mine.size_limit, theirs.size_limit),
        ];
        for (number, mine, _) in values.into_iter().filter(|(_, mine, theirs)| mine != theirs) {
            self.handle.set_option(number, Some(mine))?;
        }
        Ok(())
    }

    /// Refuses what only the engine has.
    fn has_no<T>(&self, what: &str) -> Result<T> {
        self.check_open()?;
        Err(Error::new(Code::UNSUPPORTED_OPERATION).context(format!("a cluster has no {what}")))
    }

    /// Fails if the handle was closed.
    pub fn check_open(&self) -> Result<()> {
        match self.closed.load(Ordering::Acquire) {
            false => Ok(()),
            true => Err(Error::new(Code::DATABASE_CLOSED)),
        }
    }

    /// What transactions begin with.
    pub fn defaults(&self) -> TransactionDefaults {
        *self.defaults.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails if the keyspace was dropped through this handle.
    pub fn check_keyspace(&self, number: u32) -> Result<()> {
        if number == 0 || !self.dropped.read().unwrap_or_else(PoisonError::into_inner).contains(&number) {
            return Ok(());
        }
        Err(Error::new(Code::KEYSPACE_DROPPED))
    }

    /// A transaction has ended.
    pub fn ended(&self) {
        self.live.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts how a commit of writes ended.
    pub fn count_commit(&self, outcome: &Result<()>, version: i64) {
        let counts = &self.counts;
        let counter = match outcome.as_ref().map_err(Error::code) {
            Ok(()) => &counts.commits,
            Err(Code::NOT_COMMITTED) => &counts.conflicts,
            Err(Code::TRANSACTION_TOO_OLD) => &counts.too_old,
            Err(code) if code.number() == 1042 => &counts.refused,
            Err(_) => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.note_version(version);
    }

    /// Notes a version that was seen.
    pub fn note_version(&self, version: i64) {
        self.counts.latest.fetch_max(u64::try_from(version).unwrap_or(0), Ordering::Relaxed);
    }

    fn mark_dropped(&self, number: u32, dropped: bool) {
        let mut set = self.dropped.write().unwrap_or_else(PoisonError::into_inner);
        if dropped {
            set.insert(number);
        } else {
            set.remove(&number);
        }
    }
}

impl plinth_api::Database for Database {
    fn begin(&self) -> Result<Arc<dyn plinth_api::Transaction>> {
        self.0.check_open()?;
        if self.0.live.fetch_add(1, Ordering::Relaxed) >= self.0.options.max_transactions {
            self.0.ended();
            let text = format!("{} are live", self.0.options.max_transactions);
            return Err(Error::new(Code::TOO_MANY_TRANSACTIONS).context(text));
        }
        match self.0.handle.begin() {
            Ok(handle) => Ok(Arc::new(Transaction::new(self.0.clone(), handle))),
            Err(error) => {
                self.0.ended();
                Err(error)
            }
        }
    }

    fn open_keyspace(&self, name: &str) -> Result<Keyspace> {
        self.0.check_open()?;
        let create = !self.0.options.read_only;
        let found = catalogue::open(&self.0.handle, name, create)?;
        found.ok_or_else(|| Error::new(Code::DATABASE_READ_ONLY).context(format!("keyspace \"{name}\" is not there")))
    }

    fn find_keyspace(&self, name: &str) -> Result<Option<Keyspace>> {
        self.0.check_open()?;
        catalogue::open(&self.0.handle, name, false)
    }

    fn list_keyspaces(&self) -> Result<Vec<Arc<str>>> {
        self.0.check_open()?;
        catalogue::list(&self.0.handle)
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        self.0.check_open()?;
        if self.0.options.read_only {
            return Err(Error::new(Code::DATABASE_READ_ONLY));
        }
        let number = catalogue::find_to_drop(&self.0.handle, name)?;
        // Before the commit, so that a watch that it fires is told why.
        self.0.mark_dropped(number, true);
        catalogue::drop_keyspace(&self.0.handle, name, number).inspect_err(|_| self.0.mark_dropped(number, false))?;
        self.0.calls.end(Code::KEYSPACE_DROPPED, |kind| kind == Kind::Watch(number));
        Ok(())
    }

    fn set_option(&self, option: DatabaseOption) -> Result<()> {
        use DatabaseOption as Is;
        self.0.check_open()?;
        let option = option.check(self.0.options.transaction.size_limit)?;
        let (number, value) = match option {
            Is::MaxWatches(value) => (20, Some(value)),
            Is::SnapshotRywEnable => (26, None),
            Is::SnapshotRywDisable => (27, None),
            Is::TransactionTimeout(value) => (500, Some(value)),
            Is::TransactionRetryLimit(value) => (501, Some(value)),
            Is::TransactionMaxRetryDelay(value) => (502, Some(value)),
            Is::TransactionSizeLimit(value) => (503, Some(value)),
            Is::TransactionBypassUnreadable => (700, None),
            Is::TransactionUsedDuringCommitProtectionDisable => (701, None),
            Is::TransactionReportConflictingKeys => (702, None),
            Is::SlowTransaction(_) => return Err(no_log()),
        };
        self.0.handle.set_option(number, value)?;
        let mut defaults = self.0.defaults.write().unwrap_or_else(PoisonError::into_inner);
        *defaults = defaults.with(option);
        Ok(())
    }

    /// A cluster acknowledges no commit that is not durable.
    fn sync(&self) -> Result<()> {
        self.0.check_open()
    }

    /// Writes what makes a cluster recover with higher versions, as FoundationDB's own restore does.
    fn raise_version(&self, version: i64) -> Result<()> {
        self.0.check_open()?;
        if self.0.options.read_only {
            return Err(Error::new(Code::DATABASE_READ_ONLY));
        }
        versions::raise(&self.0.handle, version)
    }

    fn metrics(&self) -> Metrics {
        let counts = &self.0.counts;
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            live_transactions: self.0.live.load(Ordering::Relaxed) as u64,
            commits: of(&counts.commits),
            conflicts: of(&counts.conflicts),
            too_old: of(&counts.too_old),
            refused: of(&counts.refused),
            latest_version: i64::try_from(of(&counts.latest)).unwrap_or(i64::MAX),
            watches: self.0.calls.watches(),
            durability: Some(Durability::Sync),
            is_host: false,
            ..Metrics::default()
        }
    }

    fn metrics_text(&self) -> Result<String> {
        self.0.has_no("page of metrics: ask the cluster, with fdbcli")
    }

    fn status_json(&self) -> Result<String> {
        self.0.has_no("status of Plinth's: ask the cluster, with fdbcli or at \\xff\\xff/status/json")
    }

    fn checkpoint(&self, _: &str, _: &dyn Progress) -> Result<i64> {
        self.0.has_no("checkpoints: FoundationDB's fdbbackup copies it, and a dump takes its data elsewhere")
    }

    fn backup(&self, _: &str, _: &dyn Progress) -> Result<Backup> {
        self.0.has_no("backups of Plinth's: FoundationDB's fdbbackup makes them, and a dump takes its data elsewhere")
    }

    fn verify(&self, _: &dyn Progress) -> Result<Verified> {
        self.0.has_no("files that could be read here: FoundationDB looks after its own")
    }

    fn compact(&self, _: Option<u32>, _: &dyn Progress) -> Result<()> {
        self.0.has_no("compaction that could be asked for: FoundationDB tidies up by itself")
    }

    fn is_host(&self) -> bool {
        false
    }

    fn close(&self) -> Result<()> {
        if !self.0.closed.swap(true, Ordering::AcqRel) {
            self.0.calls.close();
            pool::leave();
        }
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = plinth_api::Database::close(self);
    }
}
