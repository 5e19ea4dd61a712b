//! Many threads at work on one database, and a record of all they asked and were told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use plinth_api::{Code, Database, Durability, KeySelector, RangeOptions, Result, Transaction, TransactionOption};

use crate::call::{Answer, Call};
use crate::generator::Calls;
use crate::keys;
use crate::model::lock;

const KEYSPACES: [&str; 2] = ["default", "second"];

/// How much work, and of which kind.
#[derive(Clone, Debug)]
pub struct Load {
    /// The seed of all random choices; the threads' timing is not part of it.
    pub seed: u64,
    /// How many threads.
    pub threads: usize,
    /// How many transactions each begins.
    pub transactions: usize,
    /// How many different keys there are in each keyspace.
    pub keys: usize,
    /// How many keys a range spans at most, in most cases; `None` for ranges of all lengths.
    pub reach: Option<usize>,
    /// Whether commits choose their durability at random.
    pub mixed_durability: bool,
}

/// Everything that was asked and answered.
pub struct History {
    /// A version before the first commit.
    pub first_version: i64,
    /// All transactions.
    pub attempts: Vec<Attempt>,
}

/// One transaction.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Who ran it, for people: thread and number.
    pub name: String,
    /// The newest commit version that was acknowledged before the read version was asked for.
    pub acknowledged: i64,
    /// Its read version, if it needed one.
    pub read_version: Option<i64>,
    /// Whether the read version was chosen by the caller.
    pub by_hand: bool,
    /// When the read version was known.
    pub version_known: u64,
    /// Its calls and their answers.
    pub steps: Vec<(Call, Answer)>,
    /// Its commit, if it came to that.
    pub commit: Option<CommitRecord>,
}

/// A call of `commit`. Times are ticks of a counter that all threads share.
#[derive(Clone, Debug)]
pub struct CommitRecord {
    /// When it was called.
    pub started: u64,
    /// When it returned.
    pub returned: u64,
    /// The newest commit version that was acknowledged before it was called.
    pub acknowledged: i64,
    /// What came of it.
    pub outcome: Outcome,
    /// The versionstamp, if it committed writes.
    pub stamp: Option<[u8; 10]>,
}

/// What came of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Success at this version; -1 if it wrote nothing.
    Committed(i64),
    /// An error.
    Failed(Code),
}

/// What the threads share.
struct Shared<'a> {
    database: &'a dyn Database,
    ids: Vec<u32>,
    ticks: AtomicU64,
    acknowledged: AtomicI64,
    /// Versions of late commits, to be read at by hand.
    recent: Mutex<VecDeque<i64>>,
}

/// Runs the load and records it.
pub fn record(database: &dyn Database, load: &Load) -> Result<History> {
    let open = |name: &&str| Ok(database.open_keyspace(name)?.id);
    let ids = KEYSPACES.iter().map(open).collect::<Result<Vec<_>>>()?;
    let first_version = database.begin()?.read_version()?;
    let shared = Shared {
        database,
        ids,
        ticks: AtomicU64::new(1),
        acknowledged: AtomicI64::new(first_version),
        recent: Mutex::new(VecDeque::new()),
    };
    let keys = keys::few(load.keys);
    let mut attempts = Vec::new();
    std::thread::scope(|scope| {
        let spawn = |thread| {
            let (shared, load, keys) = (&shared, load, keys.clone());
            scope.spawn(move || shared.work(thread, load, keys))
        };
        let workers: Vec<_> = (0..load.threads).map(spawn).collect();
        for worker in workers {
            attempts.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok::<(), plinth_api::Error>(())
    })?;
    attempts.push(shared.last_look()?);
    Ok(History { first_version, attempts })
}

impl Shared<'_> {
    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    fn work(&self, thread: usize, load: &Load, keys: Vec<Vec<u8>>) -> Result<Vec<Attempt>> {
        let seed = load.seed.wrapping_mul(1_000_003).wrapping_add(thread as u64);
        let mut calls = Calls::legal(seed, self.ids.len(), keys).reaching(load.reach).with_atomics();
        let attempt = |number| self.attempt(&format!("{thread}.{number}"), &mut calls, load);
        (0..load.transactions).map(attempt).collect()
    }

    fn attempt(&self, name: &str, calls: &mut Calls, load: &Load) -> Result<Attempt> {
        let transaction = self.database.begin()?;
        if load.mixed_durability {
            let durability = if calls.rng().bool() { Durability::Sync } else { Durability::Buffered };
            transaction.set_option(TransactionOption::Durability(durability))?;
        }
        let mut attempt = Attempt::new(name);
        self.maybe_go_back(&*transaction, &mut attempt, calls.rng())?;
        let reads_only = calls.rng().u8(..10) == 0;
        for _ in 0..calls.rng().usize(1..7) {
            let read = reads_only || calls.rng().bool();
            let call = if read { calls.read() } else { calls.write(&format!("{name}:")) };
            self.step(&*transaction, &mut attempt, call, calls.rng())?;
            pause(calls.rng());
        }
        self.learn_version(&*transaction, &mut attempt, calls.rng().bool())?;
        if !reads_only && calls.rng().u8(..16) == 0 {
            // Last, so that nothing is read that can't be before the commit.
            let call = calls.last_write(name);
            self.step(&*transaction, &mut attempt, call, calls.rng())?;
        }
        if calls.rng().u8(..100) < 88 {
            attempt.commit = Some(self.commit(&*transaction));
        }
        Ok(attempt)
    }

    /// Sets the read version to that of a late commit now and then.
    fn maybe_go_back(&self, transaction: &dyn Transaction, attempt: &mut Attempt, rng: &mut Rng) -> Result<()> {
        let recent = lock(&self.recent);
        if recent.is_empty() || rng.u8(..100) >= 8 {
            return Ok(());
        }
        let version = recent[rng.usize(..recent.len())];
        drop(recent);
        attempt.by_hand = true;
        attempt.read_version = Some(version);
        transaction.set_read_version(version)
    }

    fn step(&self, transaction: &dyn Transaction, attempt: &mut Attempt, call: Call, rng: &mut Rng) -> Result<()> {
        if call.needs_version() && attempt.acknowledged == 0 {
            attempt.acknowledged = self.acknowledged.load(Ordering::SeqCst);
            let ask_first = rng.bool() || !call.is_read();
            self.learn_version(transaction, attempt, ask_first)?;
        }
        let answer = call.perform(transaction, &self.ids);
        attempt.steps.push((call, answer));
        Ok(())
    }

    /// Asks for the read version, if the transaction needs one or if `ask`.
    fn learn_version(&self, transaction: &dyn Transaction, attempt: &mut Attempt, ask: bool) -> Result<()> {
        if attempt.read_version.is_some() || (!ask && attempt.steps.iter().all(|(call, _)| !call.needs_version())) {
            return Ok(());
        }
        if attempt.acknowledged == 0 {
            attempt.acknowledged = self.acknowledged.load(Ordering::SeqCst);
        }
        attempt.read_version = Some(transaction.read_version()?);
        attempt.version_known = self.tick();
        Ok(())
    }

    fn commit(&self, transaction: &dyn Transaction) -> CommitRecord {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        let started = self.tick();
        let outcome = match transaction.commit() {
            Ok(()) => Outcome::Committed(transaction.committed_version()),
            Err(error) => Outcome::Failed(error.code()),
        };
        if let Outcome::Committed(version) = outcome {
            self.acknowledge(version);
        }
        let stamp = transaction.versionstamp().ok();
        CommitRecord { started, returned: self.tick(), acknowledged, outcome, stamp }
    }

    fn acknowledge(&self, version: i64) {
        if version == -1 {
            return;
        }
        self.acknowledged.fetch_max(version, Ordering::SeqCst);
        let mut recent = lock(&self.recent);
        recent.push_back(version);
        if recent.len() > 50 {
            recent.pop_front();
        }
    }

    /// Reads everything once all threads are done.
    fn last_look(&self) -> Result<Attempt> {
        let transaction = self.database.begin()?;
        let mut attempt = Attempt::new("last look");
        let mut rng = Rng::with_seed(0);
        for keyspace in 0..self.ids.len() {
            let begin = KeySelector::first_greater_or_equal("");
            let end = KeySelector::first_greater_or_equal(&b"\xff"[..]);
            let call = Call::GetRange { keyspace, begin, end, options: RangeOptions::default() };
            self.step(&*transaction, &mut attempt, call, &mut rng)?;
        }
        self.learn_version(&*transaction, &mut attempt, true)?;
        attempt.commit = Some(self.commit(&*transaction));
        Ok(attempt)
    }
}

impl Attempt {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            acknowledged: 0,
            read_version: None,
            by_hand: false,
            version_known: 0,
            steps: Vec::new(),
            commit: None,
        }
    }

    /// The commit version, if it committed writes.
    pub fn committed(&self) -> Option<i64> {
        match self.commit.as_ref()?.outcome {
            Outcome::Committed(version) if version != -1 => Some(version),
            _ => None,
        }
    }
}

/// Lets others in between, now and then.
fn pause(rng: &mut Rng) {
    match rng.u8(..20) {
        0..=5 => std::thread::yield_now(),
        6 => std::thread::sleep(Duration::from_micros(rng.u64(20..300))),
        _ => {}
    }
}
