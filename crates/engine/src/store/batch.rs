//! Changes that are written together.
//!
//! Relies on one thread at a time writing batches, in the order in which states follow each other: a batch raises the
//! marks of the rows that it changes before it is written, see `rows`.

use std::sync::Arc;

use plinth_api::Result;
use rocksdb::{WriteBatch, WriteOptions};

use super::rocks::translate;
use super::{Batch, Rocks, META};
use crate::defects::{is_on, Defect};

/// Room that a batch begins with: an ordinary small commit fits, and so is not moved while it grows.
const BATCH_BYTES: usize = 1024;

/// A write batch with the database it is for.
pub(super) struct RocksBatch {
    batch: WriteBatch,
    /// What rows call the state after it.
    number: u64,
    rocks: Arc<Rocks>,
}

impl RocksBatch {
    /// An empty one.
    pub(super) fn of(rocks: Arc<Rocks>) -> Self {
        let number = rocks.rows.next();
        Self { batch: WriteBatch::with_capacity_bytes(BATCH_BYTES), number, rocks }
    }

    /// A key will be written. Nobody keeps rows of the engine's own.
    fn changes(&self, keyspace: u32, key: &[u8]) {
        if keyspace != META {
            self.rocks.rows.changes(self.number, keyspace, key);
        }
    }
}

impl Batch for RocksBatch {
    fn put(&mut self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
        self.changes(keyspace, key);
        let batch = &mut self.batch;
        self.rocks.with_family(keyspace, |family| {
            batch.put_cf(family, key, value);
            Ok(())
        })
    }

    fn delete(&mut self, keyspace: u32, key: &[u8]) -> Result<()> {
        self.changes(keyspace, key);
        let batch = &mut self.batch;
        self.rocks.with_family(keyspace, |family| {
            batch.delete_cf(family, key);
            Ok(())
        })
    }

    fn delete_range(&mut self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.rocks.rows.changes_range(self.number, keyspace);
        let batch = &mut self.batch;
        self.rocks.with_family(keyspace, |family| {
            batch.delete_range_cf(family, begin, end);
            Ok(())
        })
    }

    fn bytes(&self) -> usize {
        self.batch.size_in_bytes()
    }

    fn write(self: Box<Self>) -> Result<()> {
        let rows = &self.rocks.rows;
        let number = rows.writes(self.number);
        if is_on(Defect::SkipsTheLog) {
            let mut options = WriteOptions::default();
            options.disable_wal(true);
            let written = self.rocks.db.write_opt(self.batch, &options);
            rows.wrote(number, written.is_ok());
            return written.map_err(|error| translate(&error, "writing without a log"));
        }
        let bytes = self.batch.size_in_bytes();
        self.rocks.seen.written.add(bytes as u64);
        let written = self.rocks.db.write_opt(self.batch, &self.rocks.write_options);
        rows.wrote(number, written.is_ok());
        self.rocks.wrote(bytes);
        written.map_err(|error| translate(&error, "writing to the log"))
    }
}
