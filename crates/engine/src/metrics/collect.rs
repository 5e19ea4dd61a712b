//! What there is to tell of a database, collected when somebody asks.
//!
//! Each lock is taken for a moment and by itself, so the numbers are of moments that lie a little apart.

use std::path::Path;
use std::time::SystemTime;

use plinth_api::{DatabaseOptions, Durability, Error, Preset};
use serde::{Deserialize, Serialize};

use super::operations::{Failing, Operation, CODES};
use super::{Done, Family, Page};
use crate::format;
use crate::front::Front;
use crate::local::Local;
use crate::service::Service;
use crate::store::{shares, StoreFacts};
use crate::version::Reason;

/// Keyspaces that are told by name, at most.
const MOST_KEYSPACES: usize = 1_000;
/// Guests that are told by their process, at most.
const MOST_GUESTS: usize = 1_024;

/// Who asked for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Transactions of the handle that hosts.
    Host,
    /// Guests of the host, all of them together, as the host sees it.
    Guests,
    /// Transactions of the handle that was asked, where it is a guest's.
    Guest,
}

impl Caller {
    fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Guests => "guests",
            Self::Guest => "guest",
        }
    }
}

/// What there is to tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Where the database is, and its identity.
    pub path: String,
    pub uuid: String,
    /// The library of the host, and its process.
    pub version: String,
    pub pid: u32,
    /// Seconds since 1970, by the clock of the host.
    pub now: u64,
    /// Microseconds since the host opened it.
    pub uptime: u64,
    /// Why no commit is taken: the number and the story.
    pub failure: Option<(i32, String)>,
    /// The id under which it is locked.
    pub locked: Option<[u8; 16]>,
    /// How the host opened it.
    pub options: Options,
    /// Processes that are guests.
    pub guests: Vec<u32>,
    /// Keyspaces with about how many bytes they have.
    pub keyspaces: Vec<(String, u64)>,
    /// Numbers by name.
    pub page: Page,
}

/// How a database was opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Options {
    pub durability: String,
    pub preset: String,
    pub exclusive: bool,
    pub read_only: bool,
    pub memory_budget: u64,
    pub max_transactions: u64,
    pub max_queued_commits: u64,
    pub window_ms: u64,
    pub key_size_limit: u64,
    pub value_size_limit: u64,
    pub transaction_size_limit: i64,
    pub transaction_timeout_ms: i64,
    pub transaction_retry_limit: i64,
    pub transaction_max_retry_delay_ms: i64,
    pub slow_transaction_ms: i64,
}

impl Options {
    fn of(options: &DatabaseOptions) -> Self {
        let defaults = &options.transaction;
        Self {
            durability: match options.durability {
                Durability::Sync => "sync",
                Durability::Buffered => "buffered",
            }
            .to_owned(),
            preset: preset(options.preset).to_owned(),
            exclusive: options.exclusive,
            read_only: options.read_only,
            memory_budget: options.memory_budget as u64,
            max_transactions: options.max_transactions as u64,
            max_queued_commits: options.max_queued_commits as u64,
            window_ms: u64::try_from(options.window.as_millis()).unwrap_or(u64::MAX),
            key_size_limit: options.key_size_limit as u64,
            value_size_limit: options.value_size_limit as u64,
            transaction_size_limit: defaults.size_limit,
            transaction_timeout_ms: defaults.timeout_ms,
            transaction_retry_limit: defaults.retry_limit,
            transaction_max_retry_delay_ms: defaults.max_retry_delay_ms,
            slow_transaction_ms: defaults.slow_ms,
        }
    }
}

fn preset(preset: Preset) -> &'static str {
    match preset {
        Preset::Balanced => "balanced",
        Preset::SmallMemory => "small-memory",
        Preset::ReadHeavy => "read-heavy",
        Preset::WriteHeavy => "write-heavy",
    }
}

/// Tells what the host knows of its guests, while it serves any.
pub type AskVisitors = Box<dyn Fn() -> Option<Visitors> + Send + Sync>;

/// What the host knows of its guests.
pub struct Visitors {
    /// Their processes.
    pub pids: Vec<u32>,
    /// Those that have introduced themselves.
    pub count: u64,
    /// Their watches.
    pub watches: u64,
}

impl Facts {
    /// Of a database, and of those who are served by its host.
    pub fn of(local: &Local) -> Self {
        let visitors = local.visitors.get().and_then(|ask| ask());
        let front = &local.front;
        let store = local.pipeline.with_store(|store| Ok(store.facts())).unwrap_or_default();
        let failure = local.check_writable().err().map(|error: Error| (error.code().number(), error.circumstances()));
        let options = Options::of(&front.options);
        let uptime = u64::try_from(front.opened.elapsed().as_micros()).unwrap_or(u64::MAX);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut facts = Self {
            path: front.identity.0.clone(),
            uuid: front.identity.1.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            now: since.as_secs(),
            uptime,
            failure,
            locked: local.lock.id(),
            options,
            guests: visitors.as_ref().map(|visitors| visitors.pids.clone()).unwrap_or_default(),
            keyspaces: keyspaces(local, &store),
            page: Page::default(),
        };
        facts.guests.truncate(MOST_GUESTS);
        facts.tell_identity(visitors.as_ref().map_or(0, |visitors| visitors.count));
        let page = &mut facts.page;
        tell_caller(page, Caller::Host, front);
        if let Some(visitors) = &visitors {
            tell_done(page, Caller::Guests, &local.for_guests.done());
            page.count(Family::Watches, &[Caller::Guests.name()], visitors.watches);
        }
        tell_commits(page, local);
        tell_queues(page, local);
        tell_versions(page, local);
        tell_memory(page, local, &store);
        tell_store(page, &store, local.list_keyspaces().map_or(0, |names| names.len() as u64));
        tell_disk(page, Path::new(&facts.path));
        facts
    }

    /// The numbers as text.
    pub fn text(&self) -> String {
        self.page.text(&self.path)
    }

    /// Adds what a guest's own handle knows.
    pub fn add_guest(&mut self, front: &Front) {
        tell_caller(&mut self.page, Caller::Guest, front);
    }

    fn tell_identity(&mut self, guests: u64) {
        let format = format::FORMAT.to_string();
        let labels = [&self.version, &format, &self.uuid, &self.options.preset, &self.options.durability];
        let page = &mut self.page;
        page.count(Family::Info, &labels.map(String::as_str), 1);
        page.count(Family::Up, &[], self.failure.is_none().into());
        page.real(Family::Uptime, &[], self.uptime as f64 / 1e6);
        page.count(Family::HostPid, &[], self.pid.into());
        page.count(Family::Guests, &[], guests);
    }
}

fn keyspaces(local: &Local, store: &StoreFacts) -> Vec<(String, u64)> {
    let known = local.keyspaces.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut keyspaces: Vec<(String, u64)> = Vec::new();
    for (number, bytes) in store.keyspaces.iter().take(MOST_KEYSPACES) {
        let named = known.names.iter().find(|(_, id)| *id == number).map(|(name, _)| name.to_string());
        let name = if *number == 0 { Some("default".to_owned()) } else { named };
        keyspaces.extend(name.map(|name| (name, *bytes)));
    }
    keyspaces
}

fn tell_caller(page: &mut Page, caller: Caller, front: &Front) {
    tell_done(page, caller, &front.operations.done());
    page.count(Family::Live, &[caller.name()], front.live());
    page.count(Family::Slow, &[caller.name()], front.slow.get());
    page.count(Family::Watches, &[caller.name()], front.watches.count() as u64);
}

fn tell_done(page: &mut Page, caller: Caller, done: &Done) {
    let caller = caller.name();
    for operation in Operation::ALL {
        page.count(Family::Operations, &[caller, operation.name()], done.count(operation));
    }
    for (operation, times) in Operation::ALL.iter().zip(&done.times) {
        page.durations(Family::Seconds, &[caller, operation.name()], times.clone());
    }
    page.count(Family::ReadBytes, &[caller], done.bytes);
    page.count(Family::ReadPairs, &[caller], done.pairs);
    for (kind, what) in [(Failing::Read, "read"), (Failing::Commit, "commit"), (Failing::Retry, "")] {
        for (code, count) in CODES.iter().zip(&done.failed[kind as usize]) {
            let code = if *code == 0 { "other".to_owned() } else { code.to_string() };
            match kind {
                Failing::Retry => page.count(Family::Retries, &[caller, &code], *count),
                _ => page.count(Family::Failures, &[caller, what, &code], *count),
            }
        }
    }
}

fn tell_commits(page: &mut Page, local: &Local) {
    let counters = &local.counters;
    let causes = &counters.causes;
    page.count(Family::Commits, &[], counters.commits.get());
    page.count(Family::Conflicts, &["point"], causes.point.get());
    page.count(Family::Conflicts, &["range"], causes.range.get());
    page.count(Family::TooOld, &["window"], causes.window.get());
    page.count(Family::TooOld, &["history"], causes.history.get());
    page.count(Family::Refused, &["queue"], causes.queue.get());
    page.count(Family::Refused, &["disk"], causes.disk.get());
    page.count(Family::Forgotten, &[], counters.forgotten.get());
    page.count(Family::Groups, &[], counters.groups.get());
    page.count(Family::Syncs, &[], counters.syncs.get());
    let stages = &counters.stages;
    for (name, stage) in [
        ("queue", &stages.queue),
        ("resolve", &stages.resolve),
        ("write", &stages.write),
        ("sync", &stages.sync),
        ("publish", &stages.publish),
    ] {
        page.durations(Family::Stages, &[name], stage.durations());
    }
}

fn tell_queues(page: &mut Page, local: &Local) {
    let options = &local.front.options;
    let (queued, running) = local.pipeline.depths();
    page.count(Family::Queued, &[], queued as u64);
    page.count(Family::InFlight, &[], running as u64);
    page.count(Family::QueueLimit, &[], options.max_queued_commits as u64);
    page.count(Family::LiveLimit, &[], options.max_transactions as u64);
    let (jobs, timers, threads) = local.front.executor.counts();
    page.count(Family::Jobs, &[], jobs as u64);
    page.count(Family::Timers, &[], timers as u64);
    page.count(Family::Threads, &[], threads as u64);
}

fn tell_versions(page: &mut Page, local: &Local) {
    let (oldest, age) = local.versions.oldest_retained();
    page.version(Family::LatestVersion, local.versions.latest().version);
    page.version(Family::OldestVersion, oldest);
    page.real(Family::OldestAge, &[], age as f64 / 1e6);
    page.real(Family::Window, &[], local.front.options.window.as_secs_f64());
    let past = local.versions.past();
    page.count(Family::Retained, &[], past.versions);
    page.count(Family::RetainedBytes, &[], past.bytes);
    for reason in Reason::ALL {
        page.count(Family::RetainedBy, &[reason.name()], u64::from(past.reason == reason as u64));
    }
    page.count(Family::LetGo, &[], past.let_go);
    page.count(Family::HeldStates, &[], local.versions.held() as u64);
}

fn tell_memory(page: &mut Page, local: &Local, store: &StoreFacts) {
    let budget = local.front.options.memory_budget as u64;
    let shares = shares(&local.front.options);
    for (owner, bytes) in [
        ("block_cache", store.cache),
        ("rows", store.row_bytes),
        ("pinned_tables", store.pinned),
        ("memtables", store.memtables),
        ("table_readers", store.readers),
        ("conflict_history", local.counters.history_bytes.get()),
        ("transactions", local.front.reserved()),
    ] {
        page.count(Family::Memory, &[owner], bytes);
    }
    for (owner, bytes) in [
        ("block_cache", shares.cache as u64),
        ("rows", shares.rows as u64),
        ("conflict_history", budget / 8),
        ("transactions", budget / 4),
    ] {
        page.count(Family::MemoryLimit, &[owner], bytes);
    }
}

fn tell_store(page: &mut Page, store: &StoreFacts, keyspaces: u64) {
    page.count(Family::CommittedBytes, &[], store.written);
    page.count(Family::CacheSample, &["hit"], store.hits);
    page.count(Family::CacheSample, &["miss"], store.misses);
    page.count(Family::CacheSample, &["none"], store.no_block);
    page.count(Family::CacheSample, &["row"], store.rows);
    for (level, files) in store.levels.iter().enumerate() {
        page.count(Family::LevelFiles, &[&level.to_string()], *files);
    }
    for (family, number) in [
        (Family::StoredBytes, store.live_bytes),
        (Family::TableBytes, store.table_bytes),
        (Family::Keys, store.keys),
        (Family::Keyspaces, keyspaces),
        (Family::PendingBytes, store.pending),
        (Family::Compactions, store.compactions),
        (Family::Flushes, store.flushes),
        (Family::Immutable, store.immutable),
        (Family::WriteStopped, store.stopped.into()),
        (Family::WriteRate, store.write_rate),
        (Family::BackgroundErrors, store.errors),
        (Family::Snapshots, store.snapshots),
    ] {
        page.count(family, &[], number);
    }
}

/// A database in memory has no disk, and nothing is told of it.
fn tell_disk(page: &mut Page, path: &Path) {
    if let Ok(disk) = rustix::fs::statvfs(path) {
        page.count(Family::DiskFree, &[], disk.f_bavail.saturating_mul(disk.f_frsize));
        page.count(Family::DiskSize, &[], disk.f_blocks.saturating_mul(disk.f_frsize));
        page.count(Family::DiskInodes, &[], disk.f_favail);
    }
}
