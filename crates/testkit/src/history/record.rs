//! The threads at work.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use plinth_api::{
    Code, Database, Durability, Error, KeySelector, Mutation, RangeOptions, Result, Transaction, TransactionOption,
};

use super::{Attempt, CommitRecord, Event, History, Load, Outcome, KEYSPACES, MARKS};
use crate::call::{Answer, Call};
use crate::clock::now;
use crate::generator::Calls;
use crate::keys;
use crate::ledger::retry;
use crate::model::lock;

/// How many late versions are remembered; and how many if a history outlasts the window.
const FEW: usize = 50;
const MANY: usize = 5_000;

/// What the threads of a process share.
struct Shared<'a> {
    database: &'a dyn Database,
    ids: Vec<u32>,
    acknowledged: AtomicI64,
    /// Versions of late commits, to be read at by hand.
    recent: Mutex<VecDeque<i64>>,
    /// How many of them.
    remembered: usize,
    /// Whether errors that may be retried are lived with.
    patient: bool,
    part: Option<Part<'a>>,
}

/// A process that is one of several.
struct Part<'a> {
    name: &'a str,
    stop: &'a AtomicBool,
    say: &'a (dyn Fn(Event) + Sync),
}

/// Runs the load and records it.
pub fn record(database: &dyn Database, load: &Load) -> Result<History> {
    let first_version = database.begin()?.read_version()?;
    let mut shared = Shared::new(database, first_version)?;
    // There are no marks to be looked at.
    shared.ids.truncate(MARKS);
    if load.lasting.is_some() {
        (shared.patient, shared.remembered) = (true, MANY);
    }
    let mut attempts = shared.all_work(load)?;
    attempts.push(retry(database, |_| shared.last_look())?);
    Ok(History { first_version, attempts, in_parts: false, outlasts: load.lasting.is_some() })
}

/// Runs the load in one of several processes until `stop`, and tells each transaction: when it is about
/// to commit, and when it has ended. One that writes leaves a mark, so that its fate can be known.
pub fn take_part(
    database: &dyn Database,
    load: &Load,
    name: &str,
    stop: &AtomicBool,
    say: &(dyn Fn(Event) + Sync),
) -> Result<()> {
    let mut shared =
        retry(database, |transaction| transaction.read_version()).and_then(|version| Shared::new(database, version))?;
    shared.part = Some(Part { name, stop, say });
    shared.patient = true;
    shared.all_work(load).map(drop)
}

/// Reads everything once all processes are done.
pub fn last_look(database: &dyn Database) -> Result<Attempt> {
    Shared::new(database, 0)?.last_look()
}

impl<'a> Shared<'a> {
    fn new(database: &'a dyn Database, first_version: i64) -> Result<Self> {
        let open = |name: &&str| Ok(database.open_keyspace(name)?.id);
        let ids = KEYSPACES.iter().map(open).collect::<Result<Vec<_>>>()?;
        let (acknowledged, recent) = (AtomicI64::new(first_version), Mutex::default());
        Ok(Self { database, ids, acknowledged, recent, remembered: FEW, patient: false, part: None })
    }

    fn all_work(&self, load: &Load) -> Result<Vec<Attempt>> {
        let keys = keys::few(load.keys);
        let mut attempts = Vec::new();
        std::thread::scope(|scope| {
            let spawn = |thread| {
                let keys = keys.clone();
                scope.spawn(move || self.work(thread, load, keys))
            };
            let workers: Vec<_> = (0..load.threads).map(spawn).collect();
            for worker in workers {
                attempts.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok::<(), Error>(())
        })?;
        Ok(attempts)
    }

    fn work(&self, thread: usize, load: &Load, keys: Vec<Vec<u8>>) -> Result<Vec<Attempt>> {
        let seed = load.seed.wrapping_mul(1_000_003).wrapping_add(thread as u64);
        let mut calls = Calls::legal(seed, MARKS, keys).reaching(load.reach).with_atomics();
        let mut attempts = Vec::new();
        for number in 0..load.transactions {
            let attempt = match &self.part {
                None => self.attempt(format!("{thread}.{number}"), &mut calls, load)?,
                Some(part) if part.stop.load(Ordering::Relaxed) => break,
                Some(part) => self.attempt(format!("{}.{thread}.{number}", part.name), &mut calls, load)?,
            };
            match &self.part {
                None => attempts.push(attempt),
                Some(part) => (part.say)(attempt),
            }
            if let Some(lasting) = load.lasting {
                // Twice the even share at most, so the share on average.
                let share = lasting.as_micros() as u64 / load.transactions.max(1) as u64;
                std::thread::sleep(Duration::from_micros(calls.rng().u64(..=2 * share)));
            }
        }
        Ok(attempts)
    }

    fn attempt(&self, name: String, calls: &mut Calls, load: &Load) -> Result<Attempt> {
        let transaction = self.database.begin()?;
        let mut attempt = Attempt::new(&name);
        let committing = match self.steps(&*transaction, &mut attempt, calls, load) {
            Ok(committing) => committing,
            // The host went away.
            Err(error) if self.may_happen(error.code()) => {
                if attempt.read_version.is_none() {
                    // At which version these were read is not known.
                    attempt.steps.clear();
                }
                false
            }
            Err(error) => return Err(error),
        };
        if committing {
            self.commit(&*transaction, &mut attempt);
        }
        // The next one may be the same, begun again.
        transaction.end();
        Ok(attempt)
    }

    /// All calls but the commit. Whether there is to be one.
    fn steps(
        &self,
        transaction: &dyn Transaction,
        attempt: &mut Attempt,
        calls: &mut Calls,
        load: &Load,
    ) -> Result<bool> {
        if load.mixed_durability {
            let durability = if calls.rng().bool() { Durability::Sync } else { Durability::Buffered };
            transaction.set_option(TransactionOption::Durability(durability))?;
        }
        self.maybe_go_back(transaction, attempt, calls.rng())?;
        let reads_only = calls.rng().u8(..10) == 0;
        for _ in 0..calls.rng().usize(1..7) {
            let read = reads_only || calls.rng().bool();
            let call = if read { calls.read() } else { calls.write(&format!("{}:", attempt.name)) };
            self.step(transaction, attempt, call, calls.rng())?;
            pause(calls.rng());
        }
        self.learn_version(transaction, attempt, calls.rng().bool())?;
        if !reads_only && calls.rng().u8(..16) == 0 {
            // Last, so that nothing is read that can't be before the commit.
            let call = calls.last_write(&attempt.name);
            self.step(transaction, attempt, call, calls.rng())?;
        }
        let committing = calls.rng().u8(..100) < 88;
        if committing && !reads_only && self.part.is_some() {
            let call = mark(&attempt.name);
            self.step(transaction, attempt, call, calls.rng())?;
        }
        Ok(committing)
    }

    /// Whether an error is one that has to be lived with.
    fn may_happen(&self, code: Code) -> bool {
        self.patient && code.is_retryable()
    }

    /// Sets the read version to that of a late commit now and then.
    fn maybe_go_back(&self, transaction: &dyn Transaction, attempt: &mut Attempt, rng: &mut Rng) -> Result<()> {
        let recent = lock(&self.recent);
        // More often where versions of any age are remembered, so that some are too old.
        let share = if self.remembered > FEW { 25 } else { 8 };
        if recent.is_empty() || rng.u8(..100) >= share {
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
            self.note_acknowledged(attempt);
            let ask_first = rng.bool() || !call.is_read();
            self.learn_version(transaction, attempt, ask_first)?;
        }
        match call.perform(transaction, &self.ids) {
            Answer::Failed(code) if self.may_happen(code) => Err(code.into()),
            answer => {
                attempt.steps.push((call, answer));
                Ok(())
            }
        }
    }

    fn note_acknowledged(&self, attempt: &mut Attempt) {
        attempt.acknowledged = self.acknowledged.load(Ordering::SeqCst);
        attempt.asked = now();
    }

    /// Asks for the read version, if the transaction needs one or if `ask`.
    fn learn_version(&self, transaction: &dyn Transaction, attempt: &mut Attempt, ask: bool) -> Result<()> {
        if attempt.read_version.is_some() || (!ask && attempt.steps.iter().all(|(call, _)| !call.needs_version())) {
            return Ok(());
        }
        if attempt.acknowledged == 0 {
            self.note_acknowledged(attempt);
        }
        attempt.read_version = Some(transaction.read_version()?);
        attempt.version_known = now();
        Ok(())
    }

    fn commit(&self, transaction: &dyn Transaction, attempt: &mut Attempt) {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        let unknown =
            CommitRecord { started: now(), returned: u64::MAX, acknowledged, outcome: Outcome::Unknown, stamp: None };
        attempt.commit = Some(unknown.clone());
        if let Some(part) = &self.part {
            (part.say)(attempt.clone());
        }
        let outcome = match transaction.commit() {
            Ok(()) => Outcome::Committed(transaction.committed_version()),
            Err(error) => Outcome::Failed(error.code()),
        };
        if let Outcome::Committed(version) = outcome {
            self.acknowledge(version);
        }
        let stamp = transaction.versionstamp().ok();
        attempt.commit = Some(CommitRecord { returned: now(), outcome, stamp, ..unknown });
    }

    fn acknowledge(&self, version: i64) {
        if version == -1 {
            return;
        }
        self.acknowledged.fetch_max(version, Ordering::SeqCst);
        let mut recent = lock(&self.recent);
        recent.push_back(version);
        if recent.len() > self.remembered {
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
        self.commit(&*transaction, &mut attempt);
        Ok(attempt)
    }
}

/// The mark of a transaction: a key with its name, whose value becomes its versionstamp.
fn mark(name: &str) -> Call {
    let mutation = Mutation::SetVersionstampedValue;
    Call::Atomic { keyspace: MARKS, mutation, key: name.as_bytes().to_vec(), operand: vec![0; 14] }
}

/// Lets others in between, now and then.
fn pause(rng: &mut Rng) {
    match rng.u8(..20) {
        0..=5 => std::thread::yield_now(),
        6 => std::thread::sleep(Duration::from_micros(rng.u64(20..300))),
        _ => {}
    }
}
