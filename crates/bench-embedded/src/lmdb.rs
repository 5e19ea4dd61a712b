//! LMDB, through heed. Relies on one durability at a time being measured: it is a flag of the whole
//! environment.

use std::ops::Bound;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use heed::types::Bytes;
use heed::{Database, Env, EnvFlags, EnvOpenOptions, FlagSetMode, RoTxn, RwTxn};
use plinth_bench::engines::{Engine, Failure, Range, Session, Step, Steps, Task};
use plinth_bench::error::{Context, Result};

use crate::{fatal, refused};

/// Addresses for the file; as much of it as is there is used.
const MAP: usize = 16 << 30;

type Tree = Database<Bytes, Bytes>;

/// An open environment.
pub struct Lmdb {
    env: Env,
    tree: Tree,
    /// Only one thread may change the flags.
    flags: Mutex<()>,
}

impl Lmdb {
    /// Opens or creates it.
    pub fn open(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory).context(directory.display())?;
        let mut options = EnvOpenOptions::new();
        options.map_size(MAP).max_readers(512);
        // SAFETY: nobody else has this directory, so nobody changes the file under the map.
        let env = unsafe { options.open(directory) }.context(directory.display())?;
        let mut txn = env.write_txn().context("begin")?;
        let tree = env.create_database(&mut txn, None).context("the tree")?;
        txn.commit().context("commit")?;
        Ok(Self { env, tree, flags: Mutex::new(()) })
    }
}

impl Engine for Lmdb {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        let mode = if sync { FlagSetMode::Disable } else { FlagSetMode::Enable };
        let _alone = self.flags.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: one thread at a time; a file that a power cut damages is only measured.
        unsafe { self.env.set_flags(EnvFlags::NO_SYNC, mode) }.context("MDB_NOSYNC")?;
        Ok(Box::new(Client { env: &self.env, tree: self.tree }))
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.env.force_sync().context("sync")?;
        self.env.prepare_for_closing().wait();
        Ok(())
    }
}

struct Client<'a> {
    env: &'a Env,
    tree: Tree,
}

/// A transaction that only reads.
struct Reads<'a>(Tree, &'a RoTxn<'a>);

/// One that also writes.
struct Writes<'a, 'p>(Tree, &'a mut RwTxn<'p>);

fn get(tree: Tree, txn: &RoTxn<'_>, key: &[u8], mut see: impl FnMut(&[u8])) -> Step<bool> {
    let value = tree.get(txn, key).map_err(fatal)?;
    Ok(value.map(&mut see).is_some())
}

fn range(tree: Tree, txn: &RoTxn<'_>, range: Range<'_>, mut see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
    let end = range.end.map_or(Bound::Unbounded, Bound::Excluded);
    let begin = if range.begin.is_empty() { Bound::Unbounded } else { Bound::Included(range.begin) };
    let mut found = 0;
    let mut show = |pair: heed::Result<(&[u8], &[u8])>| -> Step<()> {
        let (key, value) = pair.map_err(fatal)?;
        see(key, value);
        found += 1;
        Ok(())
    };
    match range.reverse {
        false => tree.range(txn, &(begin, end)).map_err(fatal)?.take(range.limit).try_for_each(&mut show)?,
        true => tree.rev_range(txn, &(begin, end)).map_err(fatal)?.take(range.limit).try_for_each(&mut show)?,
    }
    Ok(found)
}

impl Steps for Reads<'_> {
    fn get(&mut self, key: &[u8], see: impl FnMut(&[u8])) -> Step<bool> {
        get(self.0, self.1, key, see)
    }

    fn range(&mut self, asked: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        range(self.0, self.1, asked, see)
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
        get(self.0, self.1, key, see)
    }

    fn range(&mut self, asked: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        range(self.0, self.1, asked, see)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        self.0.put(self.1, key, value).map_err(fatal)
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        self.0.delete(self.1, key).map(drop).map_err(fatal)
    }
}

impl Client<'_> {
    fn attempt(&self, task: &Task<'_>) -> Step<()> {
        if !task.writes() {
            let txn = self.env.read_txn().map_err(fatal)?;
            return task.perform(&mut Reads(self.tree, &txn));
        }
        let mut txn = self.env.write_txn().map_err(fatal)?;
        task.perform(&mut Writes(self.tree, &mut txn))?;
        txn.commit().map_err(fatal)
    }
}

impl Session for Client<'_> {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        self.attempt(task).map(|()| 0).map_err(Failure::into_error)
    }
}
