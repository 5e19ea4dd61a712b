//! A store: the database behind the handles, and what is kept beside it for clients: who it is, its
//! tenants, how busy it is, and the rows that a cluster keeps about itself.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use plinth_api::{
    Code, Database, DatabaseOption, DatabaseOptions, Error, Keyspace, Preset, Result, Transaction, TransactionOption,
};
use plinth_boundary::fork;
use plinth_engine::inherited;

use crate::location::{Location, Place};
use crate::{network, registry, system, tenant, texts};
use plinth_api::status::{ClientFacts, StatusFacts};

/// Names a preset in the environment.
const PRESET: &str = "PLINTH_PRESET";
/// The special key that holds the id of the database.
const CLUSTER_ID: &[u8] = b"\xff\xff/cluster_id";
/// Watches of all handles together.
const MOST_WATCHES: i64 = 1_000_000;
/// The keyspace of the tenants' names.
const TENANTS: &str = "fdb.tenants";
/// What the names of the tenants' own keyspaces begin with.
const TENANT: &str = "fdb.tenant.";
/// What a call is taken to cost, for the busyness.
const COST_OF_A_CALL: Duration = Duration::from_micros(1);
/// The length of time that busyness is measured over.
const WINDOW: Duration = Duration::from_secs(1);

/// What the engine does about forks.
static ENGINE: fork::Engine = fork::Engine {
    before: inherited::before_fork,
    after: inherited::after_fork,
    in_child: inherited::in_child,
    when_rocks_has_started: inherited::when_rocks_has_started,
    rocks_is_unusable: inherited::rocks_is_unusable,
};

/// See the file's top.
pub struct Store {
    database: Arc<dyn Database>,
    /// What the special key of the cluster file's path says.
    pub file: String,
    /// The connection string.
    pub connection: String,
    /// The id of the database.
    identity: String,
    in_memory: bool,
    opened: Instant,
    /// Grows when somebody asks for a restart.
    generation: AtomicI64,
    /// Calls of transactions that have ended.
    calls: AtomicU64,
    busy: Mutex<Busy>,
    tenants: Mutex<Option<Keyspace>>,
    kept: Mutex<system::Kept>,
}

/// Calls at the beginning of the window, and the share of the window before.
struct Busy {
    since: Instant,
    calls: u64,
    share: f64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the environment wants memory and processor time spent on; this interface has no word for it.
fn preset() -> Result<Preset> {
    let Some(name) = std::env::var_os(PRESET).filter(|name| !name.is_empty()) else {
        return Ok(Preset::default());
    };
    name.to_str().and_then(Preset::of_name).ok_or_else(|| {
        let text = format!("{PRESET}={}: none of balanced, small-memory, read-heavy and write-heavy", name.display());
        Error::new(Code::INVALID_OPTION_VALUE).context(text)
    })
}

impl Store {
    /// Opens it; its directory exists.
    pub fn open(location: Location) -> Result<Self> {
        let path = match &location.place {
            Place::Memory => ":memory:".to_owned(),
            Place::Directory(path) => path
                .to_str()
                .ok_or_else(|| Error::new(Code::FILE_NOT_FOUND).context("the path is not UTF-8"))?
                .to_owned(),
        };
        fork::prepare(&ENGINE, registry::close_all);
        let database = plinth_engine::open(&path, DatabaseOptions::of(preset()?))?;
        fork::close_at_exit();
        // Each handle has a limit of its own.
        database.set_option(DatabaseOption::MaxWatches(MOST_WATCHES))?;
        // Also if it is locked.
        let identity = system::retried(&*database, |transaction| {
            transaction.set_option(TransactionOption::ReadLockAware)?;
            transaction.get(0, CLUSTER_ID, true)
        })?;
        let store = Self {
            database,
            identity: identity.map_or_else(String::new, |id| String::from_utf8_lossy(&id).into_owned()),
            in_memory: location.place == Place::Memory,
            opened: Instant::now(),
            file: location.file,
            connection: location.connection,
            generation: AtomicI64::new(1),
            calls: AtomicU64::new(0),
            busy: Mutex::new(Busy { since: Instant::now(), calls: 0, share: 0.0 }),
            tenants: Mutex::new(None),
            kept: Mutex::new(system::Kept::default()),
        };
        store.remove_orphans()?;
        system::begin(&*store.database, &store.connection, &mut lock(&store.kept))?;
        Ok(store)
    }

    /// Closes it. Every commit that was acknowledged is durable already.
    pub fn close(&self) {
        let _ = self.database.close();
    }

    /// Begins a transaction.
    pub fn begin(&self) -> Result<Arc<dyn Transaction>> {
        self.database.begin()
    }

    /// Sees to it that later versions are above one.
    pub fn raise_version(&self, version: i64) -> Result<()> {
        self.database.raise_version(version)
    }

    /// What has to be done now and then.
    pub fn look_after(&self) {
        self.look_at_busyness();
        system::go_on(&*self.database, &mut lock(&self.kept));
    }

    /// Notes that somebody asked for a restart.
    pub fn restarted(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts calls of a transaction.
    pub fn add_calls(&self, calls: u64) {
        if calls > 0 {
            self.calls.fetch_add(calls, Ordering::Relaxed);
        }
    }

    /// The share of the last second that was spent on calls, about: 0 to 1.
    pub fn busyness(&self) -> f64 {
        self.look_at_busyness();
        (lock(&self.busy).share + network::share_at_work()).min(1.0)
    }

    fn look_at_busyness(&self) {
        let mut busy = lock(&self.busy);
        let calls = self.calls.load(Ordering::Relaxed);
        let length = busy.since.elapsed();
        if length >= WINDOW {
            let cost = COST_OF_A_CALL.as_secs_f64() * (calls - busy.calls) as f64;
            *busy = Busy { since: Instant::now(), calls, share: (cost / length.as_secs_f64()).min(1.0) };
        }
    }

    /// What the status tells.
    pub fn status(&self) -> StatusFacts {
        let metrics = self.database.metrics();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        StatusFacts {
            file: self.file.clone(),
            connection: self.connection.clone(),
            address: texts::ADDRESS.to_owned(),
            identity: self.identity.clone(),
            release: texts::release().to_owned(),
            protocol: texts::protocol(),
            available: self.database.begin().is_ok(),
            lock: self.database.locked().ok().flatten(),
            in_memory: self.in_memory,
            generation: self.generation.load(Ordering::Relaxed),
            timestamp: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            uptime_seconds: self.opened.elapsed().as_secs(),
            clients: 1,
            latest_version: metrics.latest_version,
            committed: metrics.commits,
            conflicted: metrics.conflicts,
            started: None,
            trouble: None,
            work: None,
        }
    }

    /// What the client's status tells.
    pub fn client(&self) -> ClientFacts {
        ClientFacts {
            connection: self.connection.clone(),
            address: texts::ADDRESS.to_owned(),
            identity: self.identity.clone(),
            release: texts::release().to_owned(),
            protocol: texts::protocol(),
            uptime_seconds: self.opened.elapsed().as_secs(),
            error: None,
        }
    }

    /// The keyspace of the tenants' names.
    pub fn tenants(&self) -> Result<u32> {
        let mut tenants = lock(&self.tenants);
        let keyspace = match tenants.take() {
            Some(keyspace) => keyspace,
            None => self.database.open_keyspace(TENANTS)?,
        };
        let id = keyspace.id;
        *tenants = Some(keyspace);
        Ok(id)
    }

    /// The keyspace of a tenant that a transaction found. It is made when it is first used; if it is
    /// not there the tenant is new, or was deleted since the transaction's read version.
    pub fn tenant(&self, name: &[u8], id: i64) -> Result<u32> {
        let keyspace = format!("{TENANT}{id}");
        if let Some(found) = self.database.find_keyspace(&keyspace)? {
            return Ok(found.id);
        }
        match tenant::look_up(&*self.begin()?, self, name)? == id {
            true => Ok(self.database.open_keyspace(&keyspace)?.id),
            false => Err(Error::new(Code::TENANT_NOT_FOUND)),
        }
    }

    /// Removes the keyspace of a tenant that was deleted.
    pub fn remove_tenant(&self, id: i64) {
        // What is left is empty, and removed when the store is opened next.
        let _ = self.database.drop_keyspace(&format!("{TENANT}{id}"));
    }

    /// Removes the keyspaces of tenants that were deleted when the process ended.
    fn remove_orphans(&self) -> Result<()> {
        let names = self.database.list_keyspaces()?;
        if !names.iter().any(|name| &**name == TENANTS) {
            return Ok(());
        }
        let tenants = self.tenants()?;
        let known = system::retried(&*self.database, |transaction| {
            transaction.set_option(TransactionOption::ReadLockAware)?;
            tenant::ids(transaction, tenants)
        })?;
        let id = |name: &str| name.strip_prefix(TENANT).and_then(|id| id.parse::<i64>().ok());
        for orphan in names.iter().filter_map(|name| id(name)).filter(|id| !known.contains(id)) {
            self.remove_tenant(orphan);
        }
        Ok(())
    }
}
