//! The database that a move goes to.
//!
//! Every transaction that writes reads the mark, with a conflict, and fails if it is not of this run. So what is read
//! here without a conflict is still so when it is written: nobody else may write into the target.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use plinth_api::{
    key::printable, Code, Database, Durability, Error, KeySelector, RangeOptions, RangeResult, Result, Transaction,
    TransactionOption,
};

use super::mark::{Mark, Session, FINISHED, UNFINISHED};
use crate::load::{again, check_keyspace_empty};
use crate::mark::check_whole;

/// What a transaction may hold, about.
const MOST_BYTES: usize = 1 << 20;
const MOST_CHANGES: usize = 4096;

/// See the file's top.
pub struct Target<'a> {
    pub database: &'a dyn Database,
    pub mark: Mark,
    /// The run before this one, if it was cut short.
    pub before: Option<Session>,
    mark_keyspace: u32,
}

/// A change of a key, or a range that is cleared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Set,
    Clear,
    ClearRange,
}

/// Changes that wait for their transaction.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// What, in which keyspace, where its key, or the begin of its range, ends, and where its value or end does.
    changes: Vec<(Kind, u32, usize, usize)>,
}

impl Batch {
    /// A key is to have this value.
    pub fn set(&mut self, keyspace: u32, key: &[u8], value: &[u8]) {
        self.add(Kind::Set, keyspace, key, value);
    }

    /// A key is to be gone.
    pub fn clear(&mut self, keyspace: u32, key: &[u8]) {
        self.add(Kind::Clear, keyspace, key, b"");
    }

    /// The keys of a range are to be gone.
    pub fn clear_range(&mut self, keyspace: u32, begin: &[u8], end: &[u8]) {
        self.add(Kind::ClearRange, keyspace, begin, end);
    }

    /// Whether it is as much as a transaction takes.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= MOST_BYTES || self.changes.len() >= MOST_CHANGES
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn add(&mut self, kind: Kind, keyspace: u32, first: &[u8], second: &[u8]) {
        self.bytes.extend_from_slice(first);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(second);
        self.changes.push((kind, keyspace, middle, self.bytes.len()));
    }

    fn apply(&self, transaction: &dyn Transaction, changes: Range<usize>) -> Result<()> {
        let mut begin = changes.start.checked_sub(1).map_or(0, |before| self.changes[before].3);
        for (kind, keyspace, middle, end) in &self.changes[changes] {
            let (first, second) = (&self.bytes[begin..*middle], &self.bytes[*middle..*end]);
            let done = match kind {
                Kind::Set => transaction.set(*keyspace, first, second),
                Kind::Clear => transaction.clear(*keyspace, first),
                Kind::ClearRange => transaction.clear_range(*keyspace, first, second),
            };
            done.map_err(|error| error.context(format!("moving key \"{}\"", printable(first))))?;
            begin = *end;
        }
        Ok(())
    }
}

impl<'a> Target<'a> {
    /// Makes the target that of this run, if it is empty or that of an earlier one from the same source.
    pub fn begin(database: &'a dyn Database, session: Session, source: &str) -> Result<Self> {
        let names = database.list_keyspaces()?;
        check_whole(names.iter().map(|name| &**name).filter(|name| *name != UNFINISHED))?;
        let mark = Mark { session, source: source.to_owned() };
        let mut keyspaces = Vec::new();
        for name in names.iter().filter(|name| ***name != *UNFINISHED) {
            keyspaces.extend(database.find_keyspace(name)?);
        }
        let begun = names.len() > keyspaces.len();
        if !begun {
            // Before anything is made.
            check_empty(database, &keyspaces)?;
        }
        let mark_keyspace = database.open_keyspace(UNFINISHED)?.id;
        let transaction = database.begin()?;
        let taken = again(&*transaction, || {
            let before = match Mark::read(&*transaction, mark_keyspace)? {
                Some(found) if found.session == session => return Ok(None),
                Some(found) if found.session == FINISHED => return Err(Error::new(Code::TARGET_NOT_EMPTY)),
                Some(found) if found.source != source => return Err(of_another(&found)),
                Some(found) => Some(found.session),
                None => {
                    for keyspace in &keyspaces {
                        check_keyspace_empty(&*transaction, keyspace.id)?;
                    }
                    None
                }
            };
            mark.write(&*transaction, mark_keyspace)?;
            transaction.commit().map(|()| before)
        });
        match taken {
            Ok(before) => Ok(Self { database, mark, before, mark_keyspace }),
            Err(error) => {
                if error.code() == Code::TARGET_NOT_EMPTY {
                    // It was empty when that was looked at first, or a move was finished but for this.
                    Self::drop_mark(database)?;
                }
                Err(error)
            }
        }
    }

    /// One that has no mark, to look at.
    pub fn unmarked(database: &'a dyn Database) -> Self {
        let mark = Mark { session: Session::default(), source: String::new() };
        Self { database, mark, before: None, mark_keyspace: 0 }
    }

    /// Takes back what [`Target::begin`] did to a new one.
    pub fn give_up(&self) {
        let _ = self.database.drop_keyspace(UNFINISHED);
    }

    /// The keyspaces that it has, by name, without that of the mark.
    pub fn keyspaces(&self) -> Result<BTreeMap<Arc<str>, u32>> {
        let mut found = BTreeMap::new();
        for name in self.database.list_keyspaces()?.into_iter().filter(|name| **name != *UNFINISHED) {
            if let Some(keyspace) = self.database.find_keyspace(&name)? {
                found.insert(name, keyspace.id);
            }
        }
        Ok(found)
    }

    /// The first pairs of a range, about so many bytes of them.
    pub fn read(&self, keyspace: u32, begin: &[u8], end: &[u8], bytes: usize) -> Result<RangeResult> {
        let options = RangeOptions { target_bytes: bytes, snapshot: true, ..RangeOptions::default() };
        let transaction = self.database.begin()?;
        again(&*transaction, || {
            let [from, to] = [begin, end].map(KeySelector::first_greater_or_equal);
            transaction.get_range(keyspace, from, to, options)
        })
    }

    /// Commits what waits, in pieces where it is too much for one transaction. Returns its bytes.
    pub fn write(&self, batch: &mut Batch) -> Result<u64> {
        let bytes = batch.bytes.len() as u64;
        if !batch.changes.is_empty() {
            self.commit(batch, 0..batch.changes.len())?;
        }
        batch.bytes.clear();
        batch.changes.clear();
        Ok(bytes)
    }

    fn commit(&self, batch: &Batch, changes: Range<usize>) -> Result<()> {
        let transaction = self.database.begin()?;
        let done = again(&*transaction, || {
            // What is not on disk after a kill is copied again. A backend that has no such choice does what it does.
            let _ = transaction.set_option(TransactionOption::Durability(Durability::Buffered));
            self.check_mark(&*transaction)?;
            batch.apply(&*transaction, changes.clone())?;
            transaction.commit()
        });
        match done {
            Err(error) if error.code() == Code::TRANSACTION_TOO_LARGE && changes.len() > 1 => {
                let middle = changes.start + changes.len() / 2;
                self.commit(batch, changes.start..middle)?;
                self.commit(batch, middle..changes.end)
            }
            done => done,
        }
    }

    fn check_mark(&self, transaction: &dyn Transaction) -> Result<()> {
        match Mark::read(transaction, self.mark_keyspace)? {
            Some(mark) if mark == self.mark => Ok(()),
            _ => Err(Error::new(Code::MOVE_UNFINISHED).context("another move into the same target goes on")),
        }
    }

    /// Says in the mark that everything is there, and on disk. From then on no run takes the target over. Fails with
    /// `move_unfinished` if one has done so before.
    pub fn mark_finished(&self) -> Result<()> {
        self.database.sync()?;
        let transaction = self.database.begin()?;
        again(&*transaction, || {
            match Mark::read(&*transaction, self.mark_keyspace)? {
                // A commit took effect of which that was not known.
                Some(mark) if mark.session == FINISHED => return Ok(()),
                _ => self.check_mark(&*transaction)?,
            }
            let mark = Mark { session: FINISHED, source: self.mark.source.clone() };
            mark.write(&*transaction, self.mark_keyspace)?;
            transaction.commit()
        })
    }

    /// The last step, after [`Target::mark_finished`].
    pub fn drop_mark(database: &dyn Database) -> Result<()> {
        match database.drop_keyspace(UNFINISHED) {
            // Another run has come by.
            Err(error) if error.code() == Code::KEYSPACE_NOT_FOUND => Ok(()),
            dropped => dropped,
        }
    }
}

fn check_empty(database: &dyn Database, keyspaces: &[plinth_api::Keyspace]) -> Result<()> {
    let transaction = database.begin()?;
    for keyspace in keyspaces {
        let named = |error: Error| error.context(format!("keyspace \"{}\" of the target", keyspace.name));
        again(&*transaction, || check_keyspace_empty(&*transaction, keyspace.id)).map_err(named)?;
    }
    Ok(())
}

fn of_another(found: &Mark) -> Error {
    let from = if found.source.is_empty() { "a cluster" } else { &found.source };
    let text = format!("it came from {from}; finish that move, or begin with an empty target");
    Error::new(Code::MOVE_UNFINISHED).context(text)
}
