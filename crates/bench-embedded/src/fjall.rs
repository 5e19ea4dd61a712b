//! fjall, with its serializable optimistic transactions. Relies on its check at the commit.

use std::ops::Bound;
use std::path::Path;

use ::fjall::{
    Config, PartitionCreateOptions, PersistMode, ReadTransaction, TxKeyspace, TxPartition, WriteTransaction,
};
use plinth_bench::engines::{Engine, Failure, Range, Session, Step, Steps, Task};
use plinth_bench::error::{Context, Result};

use crate::{fatal, refused, CACHE};

/// An open keyspace.
pub struct Fjall {
    keyspace: TxKeyspace,
    tree: TxPartition,
}

impl Fjall {
    /// Opens or creates it.
    pub fn open(directory: &Path) -> Result<Self> {
        let keyspace = Config::new(directory).cache_size(CACHE as u64).open_transactional();
        let keyspace = keyspace.context(directory.display())?;
        let tree = keyspace.open_partition("pairs", PartitionCreateOptions::default()).context("the partition")?;
        Ok(Self { keyspace, tree })
    }
}

impl Engine for Fjall {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        let mode = if sync { PersistMode::SyncData } else { PersistMode::Buffer };
        Ok(Box::new(Client { keyspace: &self.keyspace, tree: &self.tree, mode }))
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.keyspace.persist(PersistMode::SyncAll).context("persist")
    }
}

struct Client<'a> {
    keyspace: &'a TxKeyspace,
    tree: &'a TxPartition,
    mode: PersistMode,
}

/// A transaction that only reads.
struct Reads<'a>(&'a TxPartition, ReadTransaction);

/// One that also writes.
struct Writes<'a>(&'a TxPartition, &'a mut WriteTransaction);

type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

fn bounds<'a>(range: &Range<'a>) -> Bounds<'a> {
    (Bound::Included(range.begin), range.end.map_or(Bound::Unbounded, Bound::Excluded))
}

fn show(
    mut pairs: impl DoubleEndedIterator<Item = ::fjall::Result<::fjall::KvPair>>,
    range: &Range<'_>,
    mut see: impl FnMut(&[u8], &[u8]),
) -> Step<usize> {
    let mut found = 0;
    while found < range.limit {
        let Some(pair) = (if range.reverse { pairs.next_back() } else { pairs.next() }) else { break };
        let (key, value) = pair.map_err(fatal)?;
        see(&key, &value);
        found += 1;
    }
    Ok(found)
}

impl Steps for Reads<'_> {
    fn get(&mut self, key: &[u8], mut see: impl FnMut(&[u8])) -> Step<bool> {
        let value = self.1.get(self.0, key).map_err(fatal)?;
        Ok(value.map(|value| see(&value)).is_some())
    }

    fn range(&mut self, range: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        show(self.1.range::<&[u8], _>(self.0, bounds(&range)), &range, see)
    }

    fn set(&mut self, _: &[u8], _: &[u8]) -> Step<()> {
        refused()
    }

    fn clear(&mut self, _: &[u8]) -> Step<()> {
        refused()
    }
}

impl Steps for Writes<'_> {
    fn get(&mut self, key: &[u8], mut see: impl FnMut(&[u8])) -> Step<bool> {
        let value = self.1.get(self.0, key).map_err(fatal)?;
        Ok(value.map(|value| see(&value)).is_some())
    }

    fn range(&mut self, range: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        show(self.1.range::<&[u8], _>(self.0, bounds(&range)), &range, see)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        self.1.insert(self.0, key, value);
        Ok(())
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        self.1.remove(self.0, key);
        Ok(())
    }
}

impl Client<'_> {
    fn attempt(&self, task: &Task<'_>) -> Step<()> {
        if !task.writes() {
            return task.perform(&mut Reads(self.tree, self.keyspace.read_tx()));
        }
        let mut txn = self.keyspace.write_tx().map_err(fatal)?.durability(Some(self.mode));
        task.perform(&mut Writes(self.tree, &mut txn))?;
        match txn.commit().map_err(fatal)? {
            Ok(()) => Ok(()),
            Err(_conflict) => Err(Failure::Conflict),
        }
    }
}

impl Session for Client<'_> {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        let mut retries = 0;
        loop {
            match self.attempt(task) {
                Ok(()) => return Ok(retries),
                Err(Failure::Conflict) => retries += 1,
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }
}
