//! Writers that go on while a database is moved, and know what they have written.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use plinth_api::{
    key::successor, Code, Database, Durability, Error, KeySelector, Mutation, RangeOptions, Result, Transaction,
    TransactionOption,
};

use crate::common::Contents;

/// A range is cleared, and pairs are set: what a commit did in a keyspace.
enum Change {
    Set(String, Vec<u8>, Vec<u8>),
    ClearRange(String, Vec<u8>, Vec<u8>),
    Add(Vec<u8>, u64),
    Stamped(Vec<u8>, Vec<u8>),
}

/// What the writers share.
pub struct Writers {
    pub database: Arc<dyn Database>,
    pub done: AtomicBool,
    /// Commits that were acknowledged.
    pub commits: AtomicU64,
    /// Commits that were refused because of the lock.
    pub refused: AtomicU64,
    /// Milliseconds between two commits of a writer.
    pub pause_us: u64,
    /// Whether keyspaces come and go.
    pub keyspaces: bool,
    /// What must be there in the end.
    pub expected: Mutex<Contents>,
    /// The sums of the counters that all add to.
    counters: Mutex<BTreeMap<Vec<u8>, u64>>,
}

/// Ends the writers, also when the test fails.
pub struct Ends<'a>(pub &'a Writers);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.done.store(true, Ordering::SeqCst);
    }
}

impl Writers {
    pub fn new(database: &Arc<dyn Database>, expected: Contents, pause_us: u64, keyspaces: bool) -> Self {
        let counter = |(key, sum): (&Vec<u8>, &Vec<u8>)| {
            let sum = sum.as_slice().try_into().ok().filter(|_| key.len() == 2 && key[0] == b'c');
            Some((key.clone(), u64::from_le_bytes(sum?)))
        };
        // What earlier writers have left.
        let counters = expected.get("default").into_iter().flatten().filter_map(counter).collect();
        Self {
            database: database.clone(),
            done: AtomicBool::new(false),
            commits: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            pause_us,
            keyspaces,
            expected: Mutex::new(expected),
            counters: Mutex::new(counters),
        }
    }

    /// Writes until it is told to end. Each writer has keys of its own, and adds to counters of all.
    pub fn write(&self, writer: u8, seed: u64) {
        let mut rng = Rng::with_seed(seed.wrapping_mul(31).wrapping_add(u64::from(writer)));
        let mut mine: Vec<(String, u32)> = vec![("default".to_owned(), 0)];
        let mut made = 0;
        while !self.done.load(Ordering::SeqCst) {
            if self.keyspaces && rng.u8(..60) == 0 {
                self.change_keyspaces(writer, &mut rng, &mut mine, &mut made);
                continue;
            }
            match self.commit(writer, &mut rng, &mine) {
                Ok(()) => _ = self.commits.fetch_add(1, Ordering::SeqCst),
                Err(error) if error.code() == Code::DATABASE_LOCKED => {
                    self.refused.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
                Err(error) => panic!("writer {writer}: {}", error.story()),
            }
            if self.pause_us > 0 {
                std::thread::sleep(std::time::Duration::from_micros(self.pause_us));
            }
        }
    }

    fn change_keyspaces(&self, writer: u8, rng: &mut Rng, mine: &mut Vec<(String, u32)>, made: &mut u32) {
        if mine.len() > 3 || (mine.len() > 1 && rng.bool()) {
            let (name, _) = mine[rng.usize(1..mine.len())].clone();
            match self.database.drop_keyspace(&name) {
                Ok(()) => {
                    mine.retain(|(known, _)| *known != name);
                    self.expected.lock().unwrap().remove(&name);
                }
                Err(error) => assert_eq!(error.code(), Code::DATABASE_LOCKED, "{}", error.story()),
            }
            return;
        }
        // Some names come back.
        *made += 1;
        let name = format!("keyspace {writer} {}", *made % 3);
        if mine.iter().any(|(known, _)| *known == name) {
            return;
        }
        match self.database.open_keyspace(&name) {
            Ok(keyspace) => {
                self.expected.lock().unwrap().insert(name.clone(), BTreeMap::new());
                mine.push((name, keyspace.id));
            }
            Err(error) => assert_eq!(error.code(), Code::DATABASE_LOCKED, "{}", error.story()),
        }
    }

    fn commit(&self, writer: u8, rng: &mut Rng, mine: &[(String, u32)]) -> Result<()> {
        let transaction = self.database.begin()?;
        if rng.bool() {
            let _ = transaction.set_option(TransactionOption::Durability(Durability::Buffered));
        }
        let mut changes = Vec::new();
        for _ in 0..rng.usize(1..6) {
            let (name, id) = mine[rng.usize(..mine.len())].clone();
            changes.push(one(&*transaction, writer, rng, name, id)?);
        }
        match transaction.commit() {
            Ok(()) => {}
            // It did not happen, as if the lock had refused it.
            Err(error) if error.code().is_retryable_not_committed() => {
                return Err(Error::new(Code::DATABASE_LOCKED).context(error.story()));
            }
            Err(error) => return Err(error),
        }
        // One that cleared nothing has none.
        let stamp = transaction.versionstamp().unwrap_or_default();
        let mut expected = self.expected.lock().unwrap();
        for change in changes {
            self.note(&mut expected, change, &stamp);
        }
        Ok(())
    }

    fn note(&self, expected: &mut Contents, change: Change, stamp: &[u8; 10]) {
        match change {
            Change::Set(name, key, value) => _ = expected.entry(name).or_default().insert(key, value),
            Change::ClearRange(name, begin, end) => {
                let pairs = expected.entry(name).or_default();
                let gone: Vec<_> = pairs.range(begin..end).map(|(key, _)| key.clone()).collect();
                gone.iter().for_each(|key| _ = pairs.remove(key));
            }
            Change::Add(key, number) => {
                let mut counters = self.counters.lock().unwrap();
                let sum = counters.entry(key.clone()).or_default();
                *sum = sum.wrapping_add(number);
                expected.entry("default".to_owned()).or_default().insert(key, sum.to_le_bytes().to_vec());
            }
            Change::Stamped(prefix, value) => {
                let key = [&prefix[..], stamp].concat();
                expected.entry("default".to_owned()).or_default().insert(key, value);
            }
        }
    }
}

fn one(transaction: &dyn Transaction, writer: u8, rng: &mut Rng, name: String, id: u32) -> Result<Change> {
    let key = |rng: &mut Rng| [&[b'w', writer][..], &rng.u16(..500).to_be_bytes()].concat();
    match rng.u8(..10) {
        0 => {
            let (one, other) = (key(rng), key(rng));
            let (begin, end) = if one <= other { (one, other) } else { (other, one) };
            transaction.clear_range(id, &begin, &end)?;
            Ok(Change::ClearRange(name, begin, end))
        }
        1 => {
            let key = key(rng);
            transaction.clear(id, &key)?;
            let end = successor(&key);
            Ok(Change::ClearRange(name, key, end))
        }
        2 => {
            let (key, number) = (vec![b'c', rng.u8(..4)], rng.u64(..1000));
            transaction.atomic_op(0, Mutation::Add, &key, &number.to_le_bytes())?;
            Ok(Change::Add(key, number))
        }
        3 => {
            // Another prefix each time: a transaction has one stamp.
            let prefix = [b's', writer, rng.u8(..)];
            let prefix = [&prefix[..], &rng.u64(..).to_be_bytes()].concat();
            let template = [&prefix[..], &[0; 10], &(prefix.len() as u32).to_le_bytes()].concat();
            transaction.atomic_op(0, Mutation::SetVersionstampedKey, &template, b"stamped")?;
            Ok(Change::Stamped(prefix, b"stamped".to_vec()))
        }
        _ => {
            let key = key(rng);
            let mut value = vec![0; if rng.u8(..20) == 0 { rng.usize(..20_000) } else { rng.usize(..200) }];
            rng.fill(&mut value);
            transaction.set(id, &key, &value)?;
            Ok(Change::Set(name, key, value))
        }
    }
}

/// All that is in a database of any kind, locked or not.
pub fn read(database: &dyn Database) -> Contents {
    read_from(database, b"")
}

/// What is in each keyspace from a key on.
pub fn read_from(database: &dyn Database, first: &[u8]) -> Contents {
    let transaction = database.begin().unwrap();
    let mut contents = Contents::new();
    for name in database.list_keyspaces().unwrap() {
        let keyspace = database.find_keyspace(&name).unwrap().unwrap().id;
        let pairs = contents.entry(name.to_string()).or_default();
        let mut begin = first.to_vec();
        loop {
            transaction.set_option(TransactionOption::ReadLockAware).unwrap();
            let [from, to] = [&begin[..], b"\xff"].map(KeySelector::first_greater_or_equal);
            let options = RangeOptions { snapshot: true, target_bytes: 1 << 20, ..RangeOptions::default() };
            match transaction.get_range(keyspace, from, to, options) {
                Ok(found) => {
                    pairs.extend(found.iter().map(|(key, value)| (key.to_vec(), value.to_vec())));
                    match found.last().filter(|_| found.more) {
                        Some((last, _)) => begin = successor(last),
                        None => break,
                    }
                }
                Err(error) => transaction.on_error(error).unwrap(),
            }
        }
    }
    contents
}
