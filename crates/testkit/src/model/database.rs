//! The model as a database.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use plinth_api::{
    Code, Database, DatabaseOption, DatabaseOptions, Error, Keyspace, Metrics, Result, Transaction, TransactionDefaults,
};

use super::conflict::Span;
use super::lock;
use super::state::{State, Write};
use super::transaction::ModelTransaction;

/// The version a fresh database begins with: above 5,000,001, so that version 1 is too old (VER-8).
const FIRST_VERSION: i64 = 10_000_000;

/// A database kept in plain maps, with every version it ever had.
///
/// Made by [`ModelDatabase::new`] it is a complete database of its own. Made by
/// [`ModelDatabase::following`] it takes its versions from another one.
#[derive(Clone)]
pub struct ModelDatabase {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub state: Mutex<State>,
    pub options: DatabaseOptions,
    /// What transactions begin with (OPT-5).
    pub defaults: Mutex<TransactionDefaults>,
    /// When version [`FIRST_VERSION`] was; `None` if versions come from outside.
    clock: Option<Instant>,
    pub live: AtomicU64,
    pub commits: AtomicU64,
    pub conflicts: AtomicU64,
}

impl Shared {
    /// What the next commit version must not be below.
    fn now(&self) -> i64 {
        let micros = self.clock.map_or(0, |start| start.elapsed().as_micros() as i64);
        FIRST_VERSION + micros
    }

    /// The options that a transaction begins with now.
    pub fn current(&self) -> DatabaseOptions {
        DatabaseOptions { transaction: *lock(&self.defaults), ..self.options.clone() }
    }

    /// The oldest version that can be read (VER-6).
    pub fn floor(&self, state: &State) -> i64 {
        let window = self.options.window.as_micros() as i64;
        let aged = if self.clock.is_some() { self.now() - window } else { i64::MIN };
        state.oldest().max(aged)
    }

    /// The next commit version (VER-2 and VER-5).
    pub fn next_version(&self, state: &State) -> i64 {
        self.now().max(state.newest() + 1)
    }
}

impl ModelDatabase {
    /// An empty database with a clock of its own.
    pub fn new(options: DatabaseOptions) -> Self {
        Self::build(FIRST_VERSION, options, Some(Instant::now()))
    }

    /// An empty database whose oldest version is `first_version` and whose commits get their
    /// versions from the caller.
    pub fn following(first_version: i64, options: DatabaseOptions) -> Self {
        Self::build(first_version, options, None)
    }

    fn build(first_version: i64, options: DatabaseOptions, clock: Option<Instant>) -> Self {
        let shared = Shared {
            state: Mutex::new(State::new(first_version)),
            defaults: Mutex::new(options.transaction),
            options,
            clock,
            live: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            conflicts: AtomicU64::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A database with a clock that never calls a version too old, not even 1.
    pub(crate) fn never_too_old() -> Self {
        let options = DatabaseOptions { window: std::time::Duration::from_secs(1 << 30), ..DatabaseOptions::default() };
        let database = Self::build(0, options, Some(Instant::now()));
        database.apply(FIRST_VERSION, &[], Vec::new());
        database
    }

    /// Begins a transaction as the model's own type.
    pub fn begin_model(&self) -> Arc<ModelTransaction> {
        Arc::new(ModelTransaction::new(self.shared.clone()))
    }

    /// Begins a transaction at a version that is known to be good.
    pub(crate) fn begin_at(&self, version: i64) -> Arc<ModelTransaction> {
        let transaction = self.begin_model();
        transaction.place_at(version);
        transaction
    }

    /// The newest commit version.
    pub fn newest(&self) -> i64 {
        lock(&self.shared.state).newest()
    }

    /// Tells the model of a read version, which may lie above the newest commit.
    pub(crate) fn note_version(&self, version: i64) {
        let mut state = lock(&self.shared.state);
        state.seen = state.seen.max(version);
    }

    pub(crate) fn one_before_newest(&self) -> i64 {
        lock(&self.shared.state).one_before_newest()
    }

    /// The version of the first commit after `version`.
    pub(crate) fn first_after(&self, version: i64) -> Option<i64> {
        lock(&self.shared.state).first_after(version)
    }

    /// Adds a commit that happened elsewhere.
    pub(crate) fn apply(&self, version: i64, writes: &[Write], spans: Vec<Span>) {
        lock(&self.shared.state).apply(version, writes, spans);
    }

    /// The version of the first commit after `version` that wrote in `reads`.
    pub(crate) fn conflict_after(&self, version: i64, reads: &[Span]) -> Option<i64> {
        lock(&self.shared.state).conflict_after(version, reads)
    }

    fn open(&self) -> Result<std::sync::MutexGuard<'_, State>> {
        let state = lock(&self.shared.state);
        if state.closed {
            return Err(Code::DATABASE_CLOSED.into());
        }
        Ok(state)
    }
}

impl Database for ModelDatabase {
    fn set_option(&self, option: DatabaseOption) -> Result<()> {
        drop(self.open()?);
        let option = option.check(self.shared.options.transaction.size_limit)?;
        let mut defaults = lock(&self.shared.defaults);
        *defaults = defaults.with(option);
        Ok(())
    }

    fn begin(&self) -> Result<Arc<dyn Transaction>> {
        drop(self.open()?);
        Ok(self.begin_model())
    }

    fn open_keyspace(&self, name: &str) -> Result<Keyspace> {
        check_name(name)?;
        let mut state = self.open()?;
        let known = state.keyspaces.iter().position(|keyspace| &*keyspace.name == name && !keyspace.dropped);
        let id = known.map_or_else(|| state.add_keyspace(name), |index| index as u32);
        Ok(Keyspace { id, name: name.into() })
    }

    fn list_keyspaces(&self) -> Result<Vec<Arc<str>>> {
        let state = self.open()?;
        let live = state.keyspaces.iter().filter(|keyspace| !keyspace.dropped);
        let mut names: Vec<Arc<str>> = live.map(|keyspace| keyspace.name.clone()).collect();
        names[1..].sort();
        Ok(names)
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        let mut state = self.open()?;
        if name == "default" {
            return Err(Code::INVALID_KEYSPACE_NAME.into());
        }
        let mut live = state.keyspaces.iter_mut().filter(|keyspace| !keyspace.dropped);
        let found = live.find(|keyspace| &*keyspace.name == name);
        found.map(|keyspace| keyspace.dropped = true).ok_or(Error::new(Code::KEYSPACE_NOT_FOUND))
    }

    fn sync(&self) -> Result<()> {
        self.open().map(drop)
    }

    fn metrics(&self) -> Metrics {
        let state = lock(&self.shared.state);
        Metrics {
            live_transactions: self.shared.live.load(Ordering::Relaxed),
            commits: self.shared.commits.load(Ordering::Relaxed),
            conflicts: self.shared.conflicts.load(Ordering::Relaxed),
            retained_versions: state.versions.len() as u64,
            latest_version: state.newest(),
            durability: Some(self.shared.options.durability),
            ..Metrics::default()
        }
    }

    fn close(&self) -> Result<()> {
        lock(&self.shared.state).closed = true;
        Ok(())
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > 255 || name.starts_with("plinth.") {
        return Err(Code::INVALID_KEYSPACE_NAME.into());
    }
    Ok(())
}
