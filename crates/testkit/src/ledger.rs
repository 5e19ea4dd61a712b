//! Counters that many processes raise, and the proof that each acknowledged raise happened exactly
//! once, in an order that agrees with real time.
//!
//! A raise reads a counter, sets it one higher, writes a mark with a name of its own, and an entry
//! with that name under a versionstamped key. So after a commit of unknown fate the mark tells, and
//! the entries tell in the end what was committed, how often and in which order.

use std::collections::{BTreeMap, BTreeSet};

use plinth_api::{Database, KeySelector, Mutation, RangeOptions, Result, Transaction};
use serde::{Deserialize, Serialize};

use crate::clock::now;

/// A versionstamp; in order like the commits.
pub type Stamp = [u8; 10];

const LOG: &[u8] = b"log/";
const KEYSPACE: u32 = 0;

/// What somebody who raises counters tells while doing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// Is about to commit.
    Try(Raise),
    /// The commit was acknowledged.
    Ack(Receipt),
    /// The commit failed with this error, which says that it did not happen.
    Not(String, i32),
    /// The fate of the commit was unknown (the error's number); whether its mark is there.
    Resolved(String, i32, bool),
    /// What all counters are at one version.
    Look(Look),
}

/// A raise of a counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// Its name, which no other has.
    pub name: String,
    /// Which counter.
    pub counter: usize,
    /// To what.
    pub value: u64,
}

/// A raise that was acknowledged. Times are those of [`now`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What was done.
    pub raise: Raise,
    /// The read version.
    pub read: i64,
    /// The commit version.
    pub version: i64,
    /// The versionstamp.
    pub stamp: Stamp,
    /// Before the read version was asked for.
    pub start: u64,
    /// After the commit returned.
    pub end: u64,
}

/// A look at all counters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// What they are.
    pub values: Vec<u64>,
    /// The read version.
    pub read: i64,
    /// Before the read version was asked for.
    pub start: u64,
}

/// Somebody who raises counters.
pub struct Hand<'a> {
    /// Where.
    pub database: &'a dyn Database,
    /// What its names begin with; nobody else's do.
    pub name: &'a str,
    /// The number of the next name.
    pub next: u64,
    /// Hears what it does.
    pub say: &'a dyn Fn(Note),
}

impl Hand<'_> {
    /// Raises a counter once.
    pub fn raise(&mut self, counter: usize) -> Result<()> {
        let transaction = self.database.begin()?;
        loop {
            let name = format!("{}.{}", self.name, self.next);
            self.next += 1;
            let Err(error) = self.attempt(&*transaction, &name, counter) else { return Ok(()) };
            let number = error.code().number();
            if error.code().is_maybe_committed() {
                let there = retry(self.database, |look| Ok(look.get(KEYSPACE, &mark(&name), false)?.is_some()))?;
                (self.say)(Note::Resolved(name, number, there));
                if there {
                    return Ok(());
                }
            } else {
                (self.say)(Note::Not(name, number));
            }
            transaction.on_error(error)?;
        }
    }

    fn attempt(&self, transaction: &dyn Transaction, name: &str, counter: usize) -> Result<()> {
        let start = now();
        let read = transaction.read_version()?;
        let value = value_of(transaction, counter)? + 1;
        let raise = Raise { name: name.to_owned(), counter, value };
        transaction.set(KEYSPACE, &key_of(counter), &value.to_be_bytes())?;
        let key = [LOG, &[0; 10], &(LOG.len() as u32).to_le_bytes()].concat();
        let entry = postcard::to_stdvec(&raise).unwrap_or_default();
        transaction.atomic_op(KEYSPACE, Mutation::SetVersionstampedKey, &key, &entry)?;
        transaction.set(KEYSPACE, &mark(name), b"")?;
        (self.say)(Note::Try(raise.clone()));
        transaction.commit()?;
        let end = now();
        let (version, stamp) = (transaction.committed_version(), transaction.versionstamp()?);
        (self.say)(Note::Ack(Receipt { raise, read, version, stamp, start, end }));
        Ok(())
    }

    /// Looks at all counters at once.
    pub fn look(&self, counters: usize) -> Result<()> {
        let look = retry(self.database, |transaction| {
            let start = now();
            let read = transaction.read_version()?;
            let values = (0..counters).map(|counter| value_of(transaction, counter)).collect::<Result<_>>()?;
            Ok(Look { values, read, start })
        })?;
        (self.say)(Note::Look(look));
        Ok(())
    }
}

/// Runs `work` in a transaction until it succeeds, as a client would.
pub fn retry<T>(database: &dyn Database, mut work: impl FnMut(&dyn Transaction) -> Result<T>) -> Result<T> {
    let transaction = database.begin()?;
    loop {
        match work(&*transaction) {
            Ok(result) => return Ok(result),
            Err(error) => transaction.on_error(error)?,
        }
    }
}

/// Everything that is there in the end.
#[derive(Clone, Debug)]
pub struct Final {
    /// The entries in the order of their stamps.
    pub entries: Vec<(Stamp, Raise)>,
    /// The marks.
    pub marks: BTreeSet<String>,
    /// The counters.
    pub values: Vec<u64>,
}

impl Final {
    /// Reads it at one version.
    pub fn read(database: &dyn Database, counters: usize) -> Result<Self> {
        retry(database, |transaction| {
            let mut entries = Vec::new();
            for (key, value) in all(transaction, LOG)? {
                let stamp = Stamp::try_from(&key[LOG.len()..]).unwrap_or_default();
                let nameless = Raise { name: String::new(), counter: counters, value: 0 };
                entries.push((stamp, postcard::from_bytes(&value).unwrap_or(nameless)));
            }
            let name = |key: &[u8]| String::from_utf8_lossy(&key[b"mark/".len()..]).into_owned();
            let marks = all(transaction, b"mark/")?.iter().map(|(key, _)| name(key)).collect();
            let values = (0..counters).map(|counter| value_of(transaction, counter)).collect::<Result<_>>()?;
            Ok(Self { entries, marks, values })
        })
    }
}

/// What was proved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Raises that were acknowledged.
    pub acknowledged: usize,
    /// Raises whose fate was unknown, but which happened.
    pub found: usize,
    /// Raises whose fate was unknown, and which did not happen.
    pub missing: usize,
    /// Commits that failed for certain.
    pub refused: usize,
    /// Looks that agree with the entries.
    pub looks: usize,
}

/// Proves it. The error says what was broken.
pub fn check(notes: &[Note], last: &Final) -> std::result::Result<Summary, String> {
    let happened = entries_by_name(last)?;
    counters_go_up(last)?;
    let summary = fates(notes, &happened)?;
    real_time(notes)?;
    let looks = looks(notes, last)?;
    Ok(Summary { looks, ..summary })
}

type Happened<'a> = BTreeMap<&'a str, (&'a Stamp, &'a Raise)>;

fn entries_by_name(last: &Final) -> std::result::Result<Happened<'_>, String> {
    let mut happened = Happened::new();
    for (stamp, raise) in &last.entries {
        if let Some((before, _)) = happened.insert(&raise.name, (stamp, raise)) {
            return Err(format!("{raise:?} was applied twice, with the stamps {before:?} and {stamp:?}"));
        }
    }
    let names: BTreeSet<String> = happened.keys().map(|name| (*name).to_owned()).collect();
    match names.symmetric_difference(&last.marks).next() {
        Some(name) => Err(format!("{name} has an entry and no mark, or a mark and no entry")),
        None => Ok(happened),
    }
}

/// In the order of the stamps each counter goes up by one at a time.
fn counters_go_up(last: &Final) -> std::result::Result<(), String> {
    let mut values = vec![0; last.values.len()];
    for (stamp, raise) in &last.entries {
        let value = values.get_mut(raise.counter).ok_or_else(|| format!("an entry is not ours: {raise:?}"))?;
        if raise.value != *value + 1 {
            return Err(format!("{raise:?} with the stamp {stamp:?} comes when the counter is {value}"));
        }
        *value = raise.value;
    }
    match values == last.values {
        true => Ok(()),
        false => Err(format!("the counters are {:?}; by the entries they are {values:?}", last.values)),
    }
}

/// What everybody was told about a commit is what became of it.
fn fates(notes: &[Note], happened: &Happened<'_>) -> std::result::Result<Summary, String> {
    let mut summary = Summary::default();
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    for note in notes {
        match note {
            Note::Try(raise) => {
                if !tried.insert(&raise.name) {
                    return Err(format!("two raises have the name {}", raise.name));
                }
                open.insert(&raise.name);
            }
            Note::Ack(receipt) => {
                summary.acknowledged += 1;
                open.remove(&*receipt.raise.name);
                acknowledged(receipt, happened)?;
            }
            Note::Not(name, code) => {
                summary.refused += 1;
                open.remove(&**name);
                if happened.contains_key(&**name) {
                    return Err(format!("{name} failed with {code}, but it happened"));
                }
            }
            Note::Resolved(name, code, there) => {
                summary.found += usize::from(*there);
                summary.missing += usize::from(!there);
                open.remove(&**name);
                match (there, happened.contains_key(&**name)) {
                    (true, false) => return Err(format!("{name} ended with {code}, was there, and is lost")),
                    (false, true) => {
                        return Err(format!("{name} ended with {code}, was not there, and happened later"))
                    }
                    _ => {}
                }
            }
            Note::Look(_) => {}
        }
    }
    if let Some(name) = happened.keys().find(|name| !tried.contains(**name)) {
        return Err(format!("{name} happened, and nobody tried it"));
    }
    // Whoever tried these was killed before the answer came.
    let found = open.iter().filter(|name| happened.contains_key(**name)).count();
    summary.found += found;
    summary.missing += open.len() - found;
    Ok(summary)
}

fn acknowledged(receipt: &Receipt, happened: &Happened<'_>) -> std::result::Result<(), String> {
    let Some((stamp, raise)) = happened.get(&*receipt.raise.name) else {
        return Err(format!("{receipt:?} was acknowledged and is lost"));
    };
    if **stamp != receipt.stamp || **raise != receipt.raise {
        return Err(format!("{receipt:?} was acknowledged; what is there is {raise:?} with the stamp {stamp:?}"));
    }
    if receipt.stamp[..8] != receipt.version.to_be_bytes() || receipt.read >= receipt.version {
        return Err(format!("{receipt:?}: read version, version and stamp do not go together"));
    }
    Ok(())
}

/// Whoever began after an acknowledgement reads and commits at later versions.
fn real_time(notes: &[Note]) -> std::result::Result<(), String> {
    let receipts = || notes.iter().filter_map(|note| if let Note::Ack(receipt) = note { Some(receipt) } else { None });
    let mut ends: Vec<(u64, i64)> = receipts().map(|receipt| (receipt.end, receipt.version)).collect();
    ends.sort_unstable();
    let mut newest = 0;
    for (_, version) in &mut ends {
        newest = newest.max(*version);
        *version = newest;
    }
    let before = |start: u64| {
        let count = ends.partition_point(|(end, _)| *end < start);
        count.checked_sub(1).map_or(0, |at| ends[at].1)
    };
    for receipt in receipts() {
        if receipt.read < before(receipt.start) {
            let acknowledged = before(receipt.start);
            return Err(format!("{receipt:?} reads at an old version; {acknowledged} was acknowledged before"));
        }
    }
    for note in notes {
        if let Note::Look(look) = note {
            if look.read < before(look.start) {
                let acknowledged = before(look.start);
                return Err(format!("{look:?} reads at an old version; {acknowledged} was acknowledged before"));
            }
        }
    }
    Ok(())
}

/// Every look saw what the entries up to its version come to.
fn looks(notes: &[Note], last: &Final) -> std::result::Result<usize, String> {
    let looks = notes.iter().filter_map(|note| if let Note::Look(look) = note { Some(look) } else { None });
    let mut looks: Vec<&Look> = looks.collect();
    looks.sort_by_key(|look| look.read);
    let mut entries = last.entries.iter().peekable();
    let mut values = vec![0; last.values.len()];
    for look in &looks {
        while let Some((_, raise)) = entries.next_if(|(stamp, _)| stamp[..8] <= look.read.to_be_bytes()[..]) {
            values[raise.counter] = raise.value;
        }
        if look.values != values {
            return Err(format!("{look:?}: by the entries the counters were {values:?}"));
        }
    }
    Ok(looks.len())
}

fn key_of(counter: usize) -> Vec<u8> {
    format!("counter/{counter}").into_bytes()
}

fn mark(name: &str) -> Vec<u8> {
    format!("mark/{name}").into_bytes()
}

fn value_of(transaction: &dyn Transaction, counter: usize) -> Result<u64> {
    let value = transaction.get(KEYSPACE, &key_of(counter), false)?;
    let bytes = value.map(|value| <[u8; 8]>::try_from(&*value).unwrap_or_default());
    Ok(bytes.map_or(0, u64::from_be_bytes))
}

/// The pairs whose keys begin with `prefix`.
fn all(transaction: &dyn Transaction, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let end = KeySelector::first_greater_or_equal([prefix, b"\xff"].concat());
    let mut begin = KeySelector::first_greater_or_equal(prefix);
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    loop {
        let options = RangeOptions { limit: 10_000, snapshot: true, ..RangeOptions::default() };
        let rows = transaction.get_range(KEYSPACE, begin, end.clone(), options)?;
        pairs.extend(rows.iter().map(|(key, value)| (key.to_vec(), value.to_vec())));
        match pairs.last() {
            Some((key, _)) if rows.more => begin = KeySelector::first_greater_than(key.clone()),
            _ => return Ok(pairs),
        }
    }
}
