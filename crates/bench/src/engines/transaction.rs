//! A session of RocksDB's own transactions, the same for both of its transaction layers.
//!
//! Only reads: they happen at the transaction's snapshot, unchecked. Reads and writes: reads are
//! `get_for_update` without a snapshot, the cheapest way that is still serialisable (the
//! optimistic layer checks at the commit that they hold, the pessimistic one locks). A conflict,
//! a lock time-out or a deadlock begins the transaction anew. Relies on `common`.

use librocksdb_sys as ffi;

use super::common::{self, checked, ReadOptions, WriteOptions};
use super::steps::{Failure, Range, Step, Steps};
use super::{Session, Task};
use crate::error::{Error, Result};

type Handle = *mut ffi::rocksdb_transaction_t;

/// One thread's session; `begin` makes a transaction of these write options, with a snapshot if
/// it is told so.
pub struct Transactions<B> {
    begin: B,
    write: WriteOptions,
    at_snapshot: ReadOptions,
    latest: ReadOptions,
}

fn failure(words: String) -> Failure {
    let conflict = ["Resource busy", "Operation timed out", "Operation failed. Try again", "Operation aborted"];
    match conflict.iter().any(|start| words.starts_with(start)) {
        true => Failure::Conflict,
        false => Failure::Fatal(Error::new(words)),
    }
}

/// One try.
struct Try<'a> {
    handle: Handle,
    read: &'a ReadOptions,
    /// What is read is read for update.
    locks: bool,
}

impl Try<'_> {
    fn pinned(&self, key: &[u8]) -> Step<*mut ffi::rocksdb_pinnableslice_t> {
        let (data, length) = (key.as_ptr().cast(), key.len());
        // SAFETY: the transaction is live; the key lives for the call; the value is the caller's.
        let value = checked(|error| unsafe {
            match self.locks {
                true => {
                    ffi::rocksdb_transaction_get_pinned_for_update(self.handle, self.read.0, data, length, 1, error)
                }
                false => ffi::rocksdb_transaction_get_pinned(self.handle, self.read.0, data, length, error),
            }
        });
        value.map_err(failure)
    }
}

impl Steps for Try<'_> {
    #[inline]
    fn get(&mut self, key: &[u8], see: impl FnMut(&[u8])) -> Step<bool> {
        self.pinned(key).map(|value| common::show(value, see))
    }

    fn range(&mut self, range: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        // SAFETY: transaction and options outlive the iterator, which `show_all` destroys.
        let iterator = unsafe { ffi::rocksdb_transaction_create_iterator(self.handle, self.read.0) };
        common::show_all(iterator, range, see).map_err(failure)
    }

    #[inline]
    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        // SAFETY: the transaction is live; key and value are copied.
        let set = checked(|error| unsafe {
            let (data, length) = (value.as_ptr().cast(), value.len());
            ffi::rocksdb_transaction_put(self.handle, key.as_ptr().cast(), key.len(), data, length, error)
        });
        set.map_err(failure)
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        // SAFETY: the transaction is live; the key is copied.
        let cleared = checked(|error| unsafe {
            ffi::rocksdb_transaction_delete(self.handle, key.as_ptr().cast(), key.len(), error)
        });
        cleared.map_err(failure)
    }

    /// A range read locks and notes nothing.
    fn guard(&mut self, key: &[u8]) -> Step<()> {
        match self.get(key, |_| ())? {
            true => Ok(()),
            false => Err(Failure::Conflict),
        }
    }
}

impl<B: Fn(*const ffi::rocksdb_writeoptions_t, bool) -> Handle> Transactions<B> {
    /// A session.
    pub fn new(sync: bool, begin: B) -> Self {
        common::count_nothing();
        Self { begin, write: WriteOptions::new(sync), at_snapshot: ReadOptions::new(), latest: ReadOptions::new() }
    }

    fn attempt(&self, handle: Handle, task: &Task<'_>) -> Step<()> {
        if !task.writes() {
            return self.read_only(handle, task);
        }
        let performed = task.perform(&mut Try { handle, read: &self.latest, locks: true });
        if matches!(performed, Err(Failure::Conflict)) {
            return performed;
        }
        // What makes no sense may have been read while another commit came in between: the commit tells.
        // SAFETY: the transaction is live.
        let committed = checked(|error| unsafe { ffi::rocksdb_transaction_commit(handle, error) });
        committed.map_err(failure).and(performed)
    }

    fn read_only(&self, handle: Handle, task: &Task<'_>) -> Step<()> {
        if !task.reads() {
            return Ok(());
        }
        // SAFETY: the transaction is live and has a snapshot, which lives as long as it; only the
        // wrapper around it is ours to free, after the last read.
        unsafe {
            let snapshot = ffi::rocksdb_transaction_get_snapshot(handle);
            self.at_snapshot.set_snapshot(snapshot);
            let result = task.perform(&mut Try { handle, read: &self.at_snapshot, locks: false });
            ffi::rocksdb_free(snapshot.cast_mut().cast());
            result
        }
    }
}

impl<B: Fn(*const ffi::rocksdb_writeoptions_t, bool) -> Handle> Session for Transactions<B> {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        let mut retries = 0;
        loop {
            let handle = (self.begin)(self.write.0, task.reads() && !task.writes());
            let result = self.attempt(handle, task);
            // SAFETY: live until here; this also rolls back and unlocks what was not committed.
            unsafe { ffi::rocksdb_transaction_destroy(handle) };
            match result {
                Ok(()) => return Ok(retries),
                Err(Failure::Conflict) => retries += 1,
                Err(Failure::Code(code)) => return Err(Error::new(format!("error {code}"))),
                Err(Failure::Fatal(error)) => return Err(error),
            }
        }
    }
}
