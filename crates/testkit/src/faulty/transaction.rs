//! The calls of a faulty transaction.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;

use plinth_api::key::{successor, END_OF_SYSTEM_KEYS};
use plinth_api::{Error, KeySelector, Mutation, RangeOptions, RangeResult, Result};
use plinth_api::{Transaction, TransactionOption, Value};

use super::{Fault, FaultyDatabase};
use crate::model::{Change, ModelTransaction, Write};

/// A model transaction behind a layer that lies.
pub(super) struct FaultyTransaction {
    pub database: FaultyDatabase,
    pub inner: Arc<ModelTransaction>,
    /// Taken from the committed version when it is told.
    pub lowered: AtomicI64,
}

impl FaultyTransaction {
    pub fn new(database: FaultyDatabase) -> Self {
        let inner = database.model.begin_model();
        Self { database, inner, lowered: AtomicI64::new(0) }
    }

    pub fn has(&self, fault: Fault) -> bool {
        self.database.fault == fault
    }

    /// What goes wrong before a read.
    fn before_read(&self) -> Result<()> {
        if !self.inner.is_active() {
            return Ok(());
        }
        if self.has(Fault::StaleReads) && self.inner.version().is_none() && self.database.now_and_then() {
            return self.inner.set_read_version(self.database.model.one_before_newest());
        }
        if self.has(Fault::ReadsUnreadable) {
            self.inner.uncover_all();
        }
        if self.has(Fault::MovingReads) {
            self.inner.move_to_newest();
        }
        Ok(())
    }

    /// What goes wrong after a commit.
    fn before_call(&self) -> Result<()> {
        if self.has(Fault::OpenAfterCommit) && !self.inner.is_active() && self.inner.committed_version() != -1 {
            return self.inner.reset();
        }
        Ok(())
    }

    /// Whether reads are made without conflicts, to be added by hand if at all.
    fn reads_loosely(&self, snapshot: bool) -> bool {
        snapshot || self.has(Fault::IgnoresReads) || self.has(Fault::IgnoresLastByte)
    }

    /// Whether a key has an atomic operation and is taken for written because of it.
    fn cuts_out(&self, keyspace: u32, key: &[u8]) -> bool {
        let on_key =
            |write: &Write| write.keyspace == keyspace && matches!(&write.change, Change::Atomic(op) if op.key == key);
        self.has(Fault::CutsOutAtomics) && self.inner.writes().iter().any(on_key)
    }

    /// Adds a read conflict range whose end has lost its last byte.
    fn add_shortened(&self, keyspace: u32, begin: &[u8], end: &[u8], snapshot: bool) -> Result<()> {
        let end = end.strip_suffix(&end[end.len().saturating_sub(1)..]).unwrap_or_default();
        if !snapshot && self.has(Fault::IgnoresLastByte) && begin < end {
            return self.inner.add_read_conflict_range(keyspace, begin, end);
        }
        Ok(())
    }
}

impl Transaction for FaultyTransaction {
    fn atomic_op(&self, keyspace: u32, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        self.before_call()?;
        self.inner.atomic_op(keyspace, mutation, key, operand)
    }

    fn versionstamp(&self) -> Result<[u8; 10]> {
        self.inner.versionstamp()
    }

    fn approximate_size(&self) -> Result<i64> {
        self.inner.approximate_size()
    }

    fn estimated_range_size(&self, _: u32, _: &[u8], _: &[u8]) -> Result<i64> {
        Err(Error::new(plinth_api::Code::UNSUPPORTED_OPERATION))
    }

    fn split_points(&self, _: u32, _: &[u8], _: &[u8], _: i64) -> Result<Vec<Vec<u8>>> {
        Err(Error::new(plinth_api::Code::UNSUPPORTED_OPERATION))
    }

    fn watch(
        self: std::sync::Arc<Self>,
        _: u32,
        _: &[u8],
        done: plinth_api::Done<()>,
    ) -> Option<std::sync::Arc<dyn plinth_api::Pending>> {
        done(Err(Error::new(plinth_api::Code::UNSUPPORTED_OPERATION)));
        None
    }

    fn get(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        self.before_call()?;
        self.before_read()?;
        let loosely = self.reads_loosely(snapshot) || self.cuts_out(keyspace, key);
        let value = self.inner.get(keyspace, key, loosely)?;
        self.add_shortened(keyspace, key, &successor(key), snapshot)?;
        Ok(value)
    }

    fn get_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Value>>> {
        self.before_call()?;
        self.before_read()?;
        let loosely = self.reads_loosely(snapshot) || keys.iter().any(|key| self.cuts_out(keyspace, key));
        let values = self.inner.get_many(keyspace, keys, loosely)?;
        keys.iter().try_for_each(|key| self.add_shortened(keyspace, key, &successor(key), snapshot))?;
        Ok(values)
    }

    fn get_key(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        self.before_call()?;
        self.before_read()?;
        self.inner.get_key(keyspace, selector, snapshot || self.has(Fault::IgnoresReads))
    }

    fn get_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        if begin.key.starts_with(END_OF_SYSTEM_KEYS) {
            return self.inner.get_range(keyspace, begin, end, options);
        }
        self.before_call()?;
        self.before_read()?;
        let loose = self.has(Fault::MissesPhantoms) || self.reads_loosely(options.snapshot);
        let loosely = RangeOptions { snapshot: loose, ..options };
        let read = || self.inner.get_range(keyspace, begin.clone(), end.clone(), loosely);
        let mut result = if self.has(Fault::HidesOwnWrites) {
            let mut hidden = Vec::new();
            self.inner.tamper(|writes| std::mem::swap(writes, &mut hidden));
            let result = read();
            self.inner.tamper(|writes| *writes = hidden);
            result?
        } else {
            read()?
        };
        if !options.snapshot && self.has(Fault::MissesPhantoms) {
            result
                .iter()
                .try_for_each(|(key, _)| self.inner.add_read_conflict_range(keyspace, key, &successor(key)))?;
        }
        self.add_shortened(keyspace, &begin.key, &end.key, options.snapshot)?;
        result.more &= !self.has(Fault::ForgetsMore);
        Ok(result)
    }

    fn set(&self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
        self.before_call()?;
        self.inner.set(keyspace, key, value)
    }

    fn clear(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        self.before_call()?;
        self.inner.clear(keyspace, key)
    }

    fn clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.before_call()?;
        self.inner.clear_range(keyspace, begin, end)
    }

    fn add_read_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.before_call()?;
        self.inner.add_read_conflict_range(keyspace, begin, end)
    }

    fn add_write_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.before_call()?;
        self.inner.add_write_conflict_range(keyspace, begin, end)
    }

    fn read_version(&self) -> Result<i64> {
        self.inner.read_version()
    }

    fn set_read_version(&self, version: i64) -> Result<()> {
        self.before_call()?;
        self.inner.set_read_version(version)
    }

    fn commit(&self) -> Result<()> {
        self.commit_badly()
    }

    fn committed_version(&self) -> i64 {
        self.inner.committed_version() - self.lowered.load(Ordering::Relaxed)
    }

    fn on_error(&self, error: Error) -> Result<()> {
        self.inner.on_error(error)
    }

    fn reset(&self) -> Result<()> {
        self.inner.reset()
    }

    fn cancel(&self) -> Result<()> {
        self.inner.cancel()
    }

    fn set_option(&self, option: TransactionOption) -> Result<()> {
        if self.has(Fault::IgnoresQuiet) && option == TransactionOption::NextWriteNoWriteConflictRange {
            return Ok(());
        }
        self.inner.set_option(option)
    }

    fn id(&self) -> Result<String> {
        self.inner.id()
    }

    fn known_id(&self) -> Option<String> {
        self.inner.known_id()
    }
}
