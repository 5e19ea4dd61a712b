//! redb. Relies on its one writer at a time: nothing is tried again.

use std::ops::Bound;
use std::path::Path;

use ::redb::{Database, Durability, ReadableDatabase as _, ReadableTable, TableDefinition};
use plinth_bench::engines::{Engine, Failure, Range, Session, Step, Steps, Task};
use plinth_bench::error::{Context, Result};

use crate::{fatal, refused, CACHE};

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("pairs");

/// An open database.
pub struct Redb(Database);

impl Redb {
    /// Opens or creates it.
    pub fn open(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory).context(directory.display())?;
        let mut options = Database::builder();
        options.set_cache_size(CACHE);
        let db = options.create(directory.join("pairs.redb")).context(directory.display())?;
        let txn = db.begin_write().context("begin")?;
        txn.open_table(TABLE).context("the table")?;
        txn.commit().context("commit")?;
        Ok(Self(db))
    }
}

impl Engine for Redb {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        let durability = if sync { Durability::Immediate } else { Durability::None };
        Ok(Box::new(Client { db: &self.0, durability }))
    }

    fn close(self: Box<Self>) -> Result<()> {
        // What was not synced is lost without this.
        let txn = self.0.begin_write().context("begin")?;
        txn.commit().context("commit")
    }
}

struct Client<'a> {
    db: &'a Database,
    durability: Durability,
}

/// A table in a transaction that only reads.
struct Reads<T>(T);

/// One in a transaction that also writes.
struct Writes<'a, 'txn>(&'a mut ::redb::Table<'txn, &'static [u8], &'static [u8]>);

fn get(table: &impl ReadableTable<&'static [u8], &'static [u8]>, key: &[u8], mut see: impl FnMut(&[u8])) -> Step<bool> {
    let value = table.get(key).map_err(fatal)?;
    Ok(value.map(|value| see(value.value())).is_some())
}

fn range(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    range: Range<'_>,
    mut see: impl FnMut(&[u8], &[u8]),
) -> Step<usize> {
    let end = range.end.map_or(Bound::Unbounded, Bound::Excluded);
    let mut pairs = table.range::<&[u8]>((Bound::Included(range.begin), end)).map_err(fatal)?;
    let mut found = 0;
    while found < range.limit {
        let Some(pair) = (if range.reverse { pairs.next_back() } else { pairs.next() }) else { break };
        let (key, value) = pair.map_err(fatal)?;
        see(key.value(), value.value());
        found += 1;
    }
    Ok(found)
}

impl<T: ReadableTable<&'static [u8], &'static [u8]>> Steps for Reads<T> {
    fn get(&mut self, key: &[u8], see: impl FnMut(&[u8])) -> Step<bool> {
        get(&self.0, key, see)
    }

    fn range(&mut self, asked: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        range(&self.0, asked, see)
    }

    fn set(&mut self, _: &[u8], _: &[u8]) -> Step<()> {
        refused()
    }

    fn clear(&mut self, _: &[u8]) -> Step<()> {
        refused()
    }
}

impl Steps for Writes<'_, '_> {
    fn get(&mut self, key: &[u8], see: impl FnMut(&[u8])) -> Step<bool> {
        get(self.0, key, see)
    }

    fn range(&mut self, asked: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        range(self.0, asked, see)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        self.0.insert(key, value).map(drop).map_err(fatal)
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        self.0.remove(key).map(drop).map_err(fatal)
    }
}

impl Client<'_> {
    fn attempt(&self, task: &Task<'_>) -> Step<()> {
        if !task.writes() {
            let txn = self.db.begin_read().map_err(fatal)?;
            return task.perform(&mut Reads(txn.open_table(TABLE).map_err(fatal)?));
        }
        let mut txn = self.db.begin_write().map_err(fatal)?;
        txn.set_durability(self.durability).map_err(fatal)?;
        {
            let mut table = txn.open_table(TABLE).map_err(fatal)?;
            task.perform(&mut Writes(&mut table))?;
        }
        txn.commit().map_err(fatal)
    }
}

impl Session for Client<'_> {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        self.attempt(task).map(|()| 0).map_err(Failure::into_error)
    }
}
