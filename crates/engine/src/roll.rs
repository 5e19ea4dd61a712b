//! Who is there: the live transactions of a database, in whatever handle and process, and the end of one of them.
//!
//! A handle knows its own by whoever hands them out. The host's database asks its own handle, the other handles of its
//! process (`Kin`), and its guests; a guest asks its host. Nothing is kept for it while nobody asks, so that a begin costs
//! nothing for it, and no lock is held while somebody is asked. How many are told is bounded, the oldest first.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use plinth_api::{Code, Error, Lister, Result, Transaction, TransactionInfo};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Transactions of one handle that are told.
pub const MOST_OF_HANDLE: usize = 1_000;
/// Transactions that are told in all.
pub const MOST: usize = 10_000;

/// Questions of a host that a guest answers at a time, which is how many a host asks; others are left unanswered.
pub const MOST_QUESTIONS: usize = 8;

/// A live transaction, as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub id: [u8; 16],
    pub pid: u32,
    pub read_version: i64,
    pub age_us: u64,
    pub bytes: u64,
    pub retries: u64,
}

/// What came of asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roll {
    /// Those who are there; nobody, if one was to be expired.
    pub rows: Vec<Row>,
    /// The error that the one had that was to be expired, 0 if none; nothing if it was not found.
    pub expired: Option<i32>,
}

/// Who can be asked for the transactions of a handle.
pub trait Kin: Send + Sync {
    /// Those of the handle; or has the one expired that is asked for.
    fn own_roll(&self, expire: Option<Uuid>) -> Roll;
}

/// The other handles of a process on a database. The list is a leaf lock.
#[derive(Default)]
pub struct Kindred(Mutex<Vec<Weak<dyn Kin>>>);

/// Asks the guests.
pub type AskGuests = Box<dyn Fn(Option<Uuid>) -> Result<Roll> + Send + Sync>;

impl Roll {
    /// Those that a handle tells of.
    pub fn of(lister: Option<&Lister>, expire: Option<Uuid>) -> Self {
        let mut roll = Self::default();
        let Some(lister) = lister else { return roll };
        lister(&mut |transaction| match expire {
            Some(id) => roll.expire(transaction, id),
            None => roll.rows.extend(row(&transaction.describe())),
        });
        roll.keep_oldest(MOST_OF_HANDLE);
        roll
    }

    fn expire(&mut self, transaction: &dyn Transaction, id: Uuid) {
        if transaction.known_id().is_some_and(|known| known == id.to_string()) {
            self.expired = Some(transaction.expire().err().map_or(0, |error| error.code().number()));
        }
    }

    /// Those of another handle too.
    pub fn add(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.expired = self.expired.or(other.expired);
        self.keep_oldest(MOST);
    }

    fn keep_oldest(&mut self, most: usize) {
        if self.rows.len() > most {
            self.rows.sort_by_key(|row| std::cmp::Reverse(row.age_us));
            self.rows.truncate(most);
        }
    }

    /// As the user sees them, the oldest first and each once.
    pub fn infos(mut self) -> Vec<TransactionInfo> {
        self.rows.sort_by_key(|row| std::cmp::Reverse(row.age_us));
        let mut seen = HashSet::new();
        self.rows.retain(|row| seen.insert(row.id));
        self.rows.iter().map(info).collect()
    }

    /// What came of an expiry.
    pub fn outcome(&self, id: Uuid) -> Result<()> {
        match self.expired {
            Some(0) => Ok(()),
            Some(number) => {
                let code = Some(Code::from_number(number)).filter(|code| code.is_known());
                Err(Error::new(code.unwrap_or(Code::INTERNAL_ERROR)).context(format!("transaction {id}")))
            }
            None => Err(Error::new(Code::TRANSACTION_NOT_FOUND).context(id.to_string())),
        }
    }
}

impl Kindred {
    /// Another handle.
    pub fn add(&self, kin: Weak<dyn Kin>) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|kin| kin.strong_count() > 0);
        list.push(kin);
    }

    /// Asks all of them.
    pub fn ask(&self, expire: Option<Uuid>, roll: &mut Roll) {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for kin in list.iter().filter_map(Weak::upgrade) {
            roll.add(kin.own_roll(expire));
        }
    }
}

/// A handle's own lister, if it has one.
pub type OwnLister = OnceLock<Lister>;

/// The id that a text is.
pub fn parse_id(id: &str) -> Result<Uuid> {
    let wrong = |error| Error::new(Code::INVALID_ARGUMENT).context("id is not a UUID").caused_by(error);
    Uuid::parse_str(id).map_err(wrong)
}

fn row(info: &TransactionInfo) -> Option<Row> {
    let id = Uuid::parse_str(&info.id).ok()?.into_bytes();
    let TransactionInfo { read_version, bytes, retries, .. } = *info;
    let age_us = u64::try_from(info.age.as_micros()).unwrap_or(u64::MAX);
    Some(Row { id, pid: std::process::id(), read_version, age_us, bytes, retries })
}

fn info(row: &Row) -> TransactionInfo {
    TransactionInfo {
        id: Uuid::from_bytes(row.id).to_string(),
        pid: row.pid,
        read_version: row.read_version,
        age: Duration::from_micros(row.age_us),
        bytes: row.bytes,
        retries: row.retries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roll(ages: impl Iterator<Item = u64>) -> Roll {
        let row = |age_us: u64| {
            let id = u128::from(age_us).to_be_bytes();
            Row { id, pid: 1, read_version: 0, age_us, bytes: 0, retries: 0 }
        };
        Roll { rows: ages.map(row).collect(), expired: None }
    }

    #[test]
    fn the_oldest_are_told_each_once() {
        let mut all = roll(0..8_000);
        all.add(roll(7_000..15_000));
        assert_eq!(all.rows.len(), MOST);
        let infos = all.infos();
        assert_eq!(infos[0].age, Duration::from_micros(14_999));
        assert!(infos.windows(2).all(|pair| pair[0].age > pair[1].age));
    }

    #[test]
    fn an_expiry_ends_as_it_did_where_the_transaction_is() {
        let id = Uuid::new_v4();
        let code =
            |expired| Roll { rows: Vec::new(), expired }.outcome(id).map_or_else(|e| e.code(), |()| Code::SUCCESS);
        assert_eq!(code(Some(0)), Code::SUCCESS);
        assert_eq!(code(Some(2017)), Code::USED_DURING_COMMIT);
        assert_eq!(code(Some(-7)), Code::INTERNAL_ERROR);
        assert_eq!(code(None), Code::TRANSACTION_NOT_FOUND);
        let mut first = Roll { rows: Vec::new(), expired: Some(0) };
        first.add(Roll::default());
        assert_eq!(first.expired, Some(0));
    }
}
