//! A session of RocksDB's own transactions, the same for both of its transaction layers.
//!
//! Only reads: they happen at the transaction's snapshot, unchecked. Reads and writes: reads are
//! `get_for_update` without a snapshot, the cheapest way that is still serialisable (the
//! optimistic layer checks at the commit that they hold, the pessimistic one locks). A conflict,
//! a lock time-out or a deadlock begins the transaction anew. Relies on `common`.

use librocksdb_sys as ffi;

use super::common::{self, checked, ReadOptions, WriteOptions};
use super::{Session, Transaction};
use crate::error::{Context, Error, Result};

type Handle = *mut ffi::rocksdb_transaction_t;

/// One thread's session; `begin` makes a transaction of these write options, with a snapshot if
/// it is told so.
pub struct Transactions<B> {
    begin: B,
    write: WriteOptions,
    at_snapshot: ReadOptions,
    latest: ReadOptions,
}

/// Why a try ended without success.
enum Failure {
    Conflict,
    Other(Error),
}

impl From<String> for Failure {
    fn from(words: String) -> Self {
        let conflict = ["Resource busy", "Operation timed out", "Operation failed. Try again", "Operation aborted"];
        match conflict.iter().any(|start| words.starts_with(start)) {
            true => Self::Conflict,
            false => Self::Other(Error::new(words)),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl<B: Fn(*const ffi::rocksdb_writeoptions_t, bool) -> Handle> Transactions<B> {
    /// A session.
    pub fn new(sync: bool, begin: B) -> Self {
        Self { begin, write: WriteOptions::new(sync), at_snapshot: ReadOptions::new(), latest: ReadOptions::new() }
    }

    fn attempt(&self, handle: Handle, transaction: &Transaction<'_>) -> std::result::Result<(), Failure> {
        if transaction.writes.is_empty() {
            return Ok(self.read_only(handle, transaction)?);
        }
        for key in transaction.reads {
            // SAFETY: the transaction is live; the key lives for the call; `look` frees the value.
            let value = checked(|error| unsafe {
                ffi::rocksdb_transaction_get_pinned_for_update(
                    handle,
                    self.latest.0,
                    key.as_ptr().cast(),
                    key.len(),
                    1,
                    error,
                )
            })?;
            common::look(value)?;
        }
        for (key, value) in transaction.writes {
            // SAFETY: the transaction is live; key and value are copied.
            checked(|error| unsafe {
                ffi::rocksdb_transaction_put(
                    handle,
                    key.as_ptr().cast(),
                    key.len(),
                    value.as_ptr().cast(),
                    value.len(),
                    error,
                )
            })?;
        }
        // SAFETY: the transaction is live.
        Ok(checked(|error| unsafe { ffi::rocksdb_transaction_commit(handle, error) })?)
    }

    fn read_only(&self, handle: Handle, transaction: &Transaction<'_>) -> Result<()> {
        if transaction.reads.is_empty() && transaction.range.is_none() {
            return Ok(());
        }
        // SAFETY: the transaction is live and has a snapshot, which lives as long as it; only the
        // wrapper around it is ours to free, after the last read.
        unsafe {
            let snapshot = ffi::rocksdb_transaction_get_snapshot(handle);
            self.at_snapshot.set_snapshot(snapshot);
            let result = self.read_all(handle, transaction);
            ffi::rocksdb_free(snapshot.cast_mut().cast());
            result
        }
    }

    fn read_all(&self, handle: Handle, transaction: &Transaction<'_>) -> Result<()> {
        for key in transaction.reads {
            // SAFETY: as in `attempt`.
            let value = checked(|error| unsafe {
                ffi::rocksdb_transaction_get_pinned(handle, self.at_snapshot.0, key.as_ptr().cast(), key.len(), error)
            });
            common::look(value.context("get")?)?;
        }
        if let Some((begin, count)) = transaction.range {
            // SAFETY: transaction and options outlive the iterator, which `look_through` destroys.
            let iterator = unsafe { ffi::rocksdb_transaction_create_iterator(handle, self.at_snapshot.0) };
            common::look_through(iterator, &begin, count)?;
        }
        Ok(())
    }
}

impl<B: Fn(*const ffi::rocksdb_writeoptions_t, bool) -> Handle> Session for Transactions<B> {
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<u64> {
        let reads = !transaction.reads.is_empty() || transaction.range.is_some();
        let mut retries = 0;
        loop {
            let handle = (self.begin)(self.write.0, reads && transaction.writes.is_empty());
            let result = self.attempt(handle, transaction);
            // SAFETY: live until here; this also rolls back and unlocks what was not committed.
            unsafe { ffi::rocksdb_transaction_destroy(handle) };
            match result {
                Ok(()) => return Ok(retries),
                Err(Failure::Conflict) => retries += 1,
                Err(Failure::Other(error)) => return Err(error),
            }
        }
    }
}
