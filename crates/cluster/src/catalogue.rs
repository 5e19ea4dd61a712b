//! The catalogue of keyspaces: a few keys of the cluster, changed in its transactions.
//!
//! | key, behind the prefix of number 0 | value |
//! | --- | --- |
//! | `format` | `plinth keyspaces 1`; written first, and never again |
//! | `name/NAME` | its number, 4 bytes, big-endian |
//! | `next` | the next number, likewise; it only grows |
//! | `number/NUMBER` | the name; whoever uses the keyspace reads it with a conflict |

use std::sync::Arc;

use plinth_api::limits::{check_keyspace_name, MOST_KEYSPACES};
use plinth_api::{Code, Error, Keyspace, Result};

use crate::fdb::{DatabaseHandle, Future, RangeCall, TransactionHandle, EXACT};
use crate::space::{Space, RESERVED};
use plinth_api::key::{KeySelector, END_OF_KEYS};

/// The name of the keyspace that every cluster has.
const DEFAULT_NAME: &str = "default";
/// What is written in the range, so that nobody takes it for something else.
const FORMAT: &[u8] = b"plinth keyspaces 1";
/// How it begins, whatever the version.
const FORMAT_BEGINS: &[u8] = b"plinth keyspaces ";

/// FoundationDB's number of the option to read a locked cluster.
const READ_LOCK_AWARE: std::ffi::c_int = 702;

fn record(name: &[u8]) -> Vec<u8> {
    [RESERVED, &[0; 4], name].concat()
}

fn by_name(name: &str) -> Vec<u8> {
    record(&[b"name/", name.as_bytes()].concat())
}

/// The record that is there as long as the keyspace is.
pub fn by_number(number: u32) -> Vec<u8> {
    record(&[&b"number/"[..], &number.to_be_bytes()].concat())
}

/// Opens a keyspace, and creates it if `create` is set.
pub fn open(database: &DatabaseHandle, name: &str, create: bool) -> Result<Option<Keyspace>> {
    check_keyspace_name(name)?;
    if name == DEFAULT_NAME {
        return Ok(Some(Keyspace { id: 0, name: name.into() }));
    }
    let number = run(database, |tr| {
        if let Some(number) = number(tr, &by_name(name))? {
            return Ok(Some(number));
        }
        if create {
            make(tr, name).map(Some)
        } else {
            Ok(None)
        }
    })?;
    Ok(number.map(|id| Keyspace { id, name: name.into() }))
}

fn make(tr: &TransactionHandle, name: &str) -> Result<u32> {
    check_format(tr)?;
    let there = names(tr)?.len() + 1;
    if there >= MOST_KEYSPACES {
        return Err(Error::new(Code::TOO_MANY_KEYSPACES).context(format!("there are {there}")));
    }
    let number = number(tr, &record(b"next"))?.unwrap_or(1);
    let next = number.checked_add(1).filter(|next| *next < u32::MAX).ok_or(Code::TOO_MANY_KEYSPACES)?;
    tr.set(&record(b"next"), &next.to_be_bytes());
    tr.set(&by_name(name), &number.to_be_bytes());
    tr.set(&by_number(number), name.as_bytes());
    tr.set(&Space::of(number).guard(), b"");
    Ok(number)
}

/// Makes sure that the range is ours, and marks it.
fn check_format(tr: &TransactionHandle) -> Result<()> {
    let found = get(tr, &record(b"format"))?;
    match found.as_deref() {
        Some(FORMAT) => return Ok(()),
        Some(other) if other.starts_with(FORMAT_BEGINS) => {
            let text = format!("the catalogue of keyspaces is \"{}\"", String::from_utf8_lossy(other));
            return Err(Error::new(Code::FORMAT_NOT_SUPPORTED).context(text));
        }
        _ => {}
    }
    let rows = read(tr, RESERVED, END_OF_KEYS, 1)?;
    if found.is_some() || !rows.is_empty() {
        let text = "keys from \\xfe\\xff\\xff to \\xff are there that are none of a keyspace";
        return Err(Error::new(Code::CLUSTER_RANGE_IN_USE).context(text));
    }
    tr.set(&record(b"format"), FORMAT);
    Ok(())
}

/// The names of all keyspaces in order, the default one first.
pub fn list(database: &DatabaseHandle) -> Result<Vec<Arc<str>>> {
    let found = run(database, names)?;
    Ok(std::iter::once(DEFAULT_NAME.into()).chain(found).collect())
}

fn names(tr: &TransactionHandle) -> Result<Vec<Arc<str>>> {
    let begin = record(b"name/");
    let rows = read(tr, &begin, &record(b"name0"), MOST_KEYSPACES)?;
    Ok(rows.iter().map(|(key, _)| String::from_utf8_lossy(&key[begin.len()..]).into()).collect())
}

/// The number of a keyspace that is to be dropped.
pub fn find_to_drop(database: &DatabaseHandle, name: &str) -> Result<u32> {
    if name == DEFAULT_NAME {
        return Err(Error::new(Code::INVALID_KEYSPACE_NAME).context("the default keyspace can't be dropped"));
    }
    let not_found = || Error::new(Code::KEYSPACE_NOT_FOUND).context(format!("keyspace \"{name}\""));
    run(database, |tr| number(tr, &by_name(name)))?.ok_or_else(not_found)
}

/// Removes a keyspace with all that is in it, in one transaction.
pub fn drop_keyspace(database: &DatabaseHandle, name: &str, dropped: u32) -> Result<()> {
    run(database, |tr| {
        if number(tr, &by_name(name))? == Some(dropped) {
            let whole = Space::of(dropped).whole();
            tr.clear(&by_name(name));
            tr.clear(&by_number(dropped));
            tr.clear_range(&whole.begin, &whole.end);
        }
        Ok(())
    })
}

fn number(tr: &TransactionHandle, key: &[u8]) -> Result<Option<u32>> {
    let Some(value) = get(tr, key)? else {
        return Ok(None);
    };
    let bytes = value.as_slice().try_into();
    let bytes = bytes.map_err(|_| Error::new(Code::CLUSTER_RANGE_IN_USE).context("a number of a keyspace is none"))?;
    Ok(Some(u32::from_be_bytes(bytes)))
}

fn get(tr: &TransactionHandle, key: &[u8]) -> Result<Option<Vec<u8>>> {
    let future = tr.get(key, false);
    future.wait()?;
    Ok(Future::value(future)?.map(|value| value.to_vec()))
}

fn read(tr: &TransactionHandle, begin: &[u8], end: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let begin = KeySelector::first_greater_or_equal(begin);
    let end = KeySelector::first_greater_or_equal(end);
    let call = RangeCall { limit: limit as i32, target_bytes: 0, mode: EXACT, snapshot: false, reverse: false };
    let future = Arc::new(tr.get_range(&begin, &end, call));
    future.wait()?;
    Ok(Future::rows(future)?.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect())
}

/// Runs a transaction until it has committed: as one that reads a locked cluster too, and if it has something to write
/// as one that does not. FoundationDB decides how often it is tried.
fn run<T>(database: &DatabaseHandle, body: impl Fn(&TransactionHandle) -> Result<T>) -> Result<T> {
    match run_as(database, true, &body) {
        Err(error) if error.code() == Code::TRANSACTION_READ_ONLY => run_as(database, false, &body),
        ended => ended,
    }
}

fn run_as<T>(
    database: &DatabaseHandle,
    only_reads: bool,
    body: &impl Fn(&TransactionHandle) -> Result<T>,
) -> Result<T> {
    let tr = database.begin()?;
    loop {
        if only_reads {
            // A retry takes it away.
            tr.set_option(READ_LOCK_AWARE, None)?;
        }
        let tried = body(&tr).and_then(|found| tr.commit().wait().map(|()| found));
        match tried {
            Ok(found) => return Ok(found),
            // Nobody knows for how long.
            Err(error) if error.code() == Code::DATABASE_LOCKED => return Err(error),
            Err(error) if error.code().is_retryable() => tr.on_error(error.code()).wait()?,
            Err(error) => return Err(error),
        }
    }
}
