//! The numbers that keyspaces have on disk, so that they are the same in every life of the database
//! and in every process that uses it.
//!
//! A number never names two keyspaces, whatever is created and dropped, and wherever a crash falls:
//! - A number is told to somebody only when a sync has made two things durable: the keyspace's record,
//!   and a next free number above it. The next free number only grows. So numbers that were told are
//!   below it in every later life, and what is given out there is not.
//! - Creating makes the column family first, then writes the record. A crash in between leaves a column
//!   family without a record. Nobody was told its number, and it gets a new one.
//! - Dropping removes the record first, durably, then the column family. A crash in between leaves a
//!   column family without a record again: the keyspace is still there, but only under a new number, and
//!   the old one names nothing.
//! - So a record without a column family is a creation that was taken back. Removing it frees its name,
//!   not its number.
//!
//! Databases of before have column families only; they get their numbers when they are opened. That
//! makes no new format: nobody had the numbers of before, which changed with every opening, and a reader
//! that does not know of the records passes over them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use plinth_api::{Code, Error, Result};

use crate::format::{END_OF_KEYSPACES, KEYSPACES, NEXT_KEYSPACE_KEY};
use crate::store::{Batch, Range, Snapshot, Tier, META};

/// The name of the default keyspace, whose number is 0 without a record.
pub const DEFAULT_NAME: &str = "default";

/// The keyspaces there are.
#[derive(Debug, PartialEq, Eq)]
pub struct Keyspaces {
    /// The numbers, by name.
    pub names: BTreeMap<Arc<str>, u32>,
    /// The next free number; [`META`] if there is none.
    pub next: u32,
}

impl Keyspaces {
    /// Reads the numbers of the column families `families`, and adds to `batch` what has to be written
    /// before they may be used.
    pub fn read(snapshot: &dyn Snapshot, families: &[String], batch: &mut dyn Batch) -> Result<Self> {
        let next = read_next(snapshot)?;
        let records = read_records(snapshot, next)?;
        let mut keyspaces = Self { names: BTreeMap::from([(Arc::from(DEFAULT_NAME), 0)]), next };
        let families: HashSet<&str> = families.iter().map(String::as_str).collect();
        for (name, number) in records {
            match families.contains(&*name) {
                true => drop(keyspaces.names.insert(name, number)),
                false => remove(batch, &name)?,
            }
        }
        let mut new: Vec<&str> = families.into_iter().filter(|name| !keyspaces.names.contains_key(*name)).collect();
        new.sort_unstable();
        for name in new {
            let number = keyspaces.next()?;
            put(batch, name, number)?;
            keyspaces.add(Arc::from(name), number);
        }
        Ok(keyspaces)
    }

    /// The number that the next keyspace gets.
    pub fn next(&self) -> Result<u32> {
        match self.next {
            META => Err(Error::new(Code::TOO_MANY_KEYSPACES).context("the numbers of keyspaces are used up")),
            next => Ok(next),
        }
    }

    /// Adds the keyspace that got the next number.
    pub fn add(&mut self, name: Arc<str>, number: u32) {
        self.names.insert(name, number);
        self.next = number.saturating_add(1);
    }
}

/// Records a keyspace's number, and that it is taken.
pub fn put(batch: &mut dyn Batch, name: &str, number: u32) -> Result<()> {
    batch.put(META, &record(name), &number.to_be_bytes())?;
    batch.put(META, NEXT_KEYSPACE_KEY, &number.saturating_add(1).to_be_bytes())
}

/// Records the next free number.
pub fn put_next(batch: &mut dyn Batch, next: u32) -> Result<()> {
    batch.put(META, NEXT_KEYSPACE_KEY, &next.to_be_bytes())
}

/// Records again the number of a keyspace that could not be dropped; later ones may have been given out.
pub fn put_again(batch: &mut dyn Batch, name: &str, number: u32) -> Result<()> {
    batch.put(META, &record(name), &number.to_be_bytes())
}

/// Removes a keyspace's record.
pub fn remove(batch: &mut dyn Batch, name: &str) -> Result<()> {
    batch.delete(META, &record(name))
}

fn record(name: &str) -> Vec<u8> {
    [KEYSPACES, name.as_bytes()].concat()
}

/// The next free keyspace number; 1 if none was ever given out.
pub fn read_next(snapshot: &dyn Snapshot) -> Result<u32> {
    match snapshot.get(Tier::Disk, META, NEXT_KEYSPACE_KEY)? {
        None => Ok(1),
        Some(value) => match number(&value) {
            Some(next) if next > 0 => Ok(next),
            _ => Err(corrupt("the next keyspace number is damaged".to_owned())),
        },
    }
}

fn read_records(snapshot: &dyn Snapshot, next: u32) -> Result<Vec<(Arc<str>, u32)>> {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let range = Range { keyspace: META, begin: KEYSPACES, end: END_OF_KEYSPACES, reverse: false, want: 0 };
    snapshot.scan(Tier::Disk, range, &mut |key, value| {
        pairs.push((key.to_vec(), value.to_vec()));
        true
    })?;
    let mut taken: BTreeMap<u32, Arc<str>> = BTreeMap::new();
    for (key, value) in pairs {
        let name = key.strip_prefix(KEYSPACES).unwrap_or_default();
        let Ok(name) = std::str::from_utf8(name) else {
            return Err(corrupt(format!("a keyspace's name is not text: {}", plinth_api::key::printable(name))));
        };
        let Some(number) = number(&value) else {
            return Err(corrupt(format!("the number of keyspace \"{name}\" has {} bytes", value.len())));
        };
        if number == 0 || number >= next {
            let text = format!("keyspace \"{name}\" has number {number}; they go from 1 to below {next}");
            return Err(corrupt(text));
        }
        if let Some(other) = taken.insert(number, Arc::from(name)) {
            return Err(corrupt(format!("keyspaces \"{other}\" and \"{name}\" have the same number {number}")));
        }
    }
    Ok(taken.into_iter().map(|(number, name)| (name, number)).collect())
}

fn number(value: &[u8]) -> Option<u32> {
    <[u8; 4]>::try_from(value).ok().map(u32::from_be_bytes)
}

fn corrupt(text: String) -> Error {
    Error::new(Code::FILE_CORRUPT).context(text)
}
