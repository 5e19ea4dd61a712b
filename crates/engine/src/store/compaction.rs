//! Compaction of a keyspace, a piece at a time.
//!
//! RocksDB's C API says nothing of a compaction that fails; what it counts as failures of its background work
//! does. A compaction under way is ended by forbidding all that were asked for, of which there is one at a time.
#![allow(unsafe_code, reason = "compactions are ended through RocksDB's C API")]

use std::sync::mpsc::{sync_channel, RecvTimeoutError};
use std::sync::Arc;
use std::time::Duration;

use plinth_api::{Code, Error, Result};
use rocksdb::{AsRawPtr, BottommostLevelCompaction, CompactOptions};

use super::rocks::translate;
use super::{Rocks, META};
use crate::numbers::DEFAULT_NAME;
use crate::signals;

/// Bytes of tables in a piece, about.
const PIECE: u64 = 128 << 20;
/// How often it is asked whether to go on.
const LOOK: Duration = Duration::from_millis(50);
/// The number of failures of background work.
const FAILURES: &str = "rocksdb.background-errors";

/// A range of keys that is compacted at once; without an end it goes on to the last key.
pub struct Piece {
    /// First key; `None` for the first one there is.
    pub begin: Option<Vec<u8>>,
    /// First key behind it.
    pub end: Option<Vec<u8>>,
    /// Bytes of its tables.
    pub bytes: u64,
}

impl Rocks {
    /// Cuts a keyspace into pieces, by the tables that hold most of it.
    pub(super) fn pieces_of(&self, name: &str) -> Result<Vec<Piece>> {
        let files = self.db.live_files().map_err(|error| translate(&error, "listing the tables"))?;
        let mut files: Vec<_> = files.into_iter().filter(|file| file.column_family_name == name).collect();
        let total: u64 = files.iter().map(|file| file.size as u64).sum();
        let lowest = files.iter().map(|file| file.level).max();
        files.retain(|file| Some(file.level) == lowest);
        files.sort_by(|a, b| a.start_key.cmp(&b.start_key));
        let mut pieces = vec![Piece { begin: None, end: None, bytes: 0 }];
        for file in files {
            if let Some(last) = pieces.last_mut().filter(|last| last.bytes >= PIECE) {
                last.end = file.start_key.clone();
                pieces.push(Piece { begin: file.start_key, end: None, bytes: 0 });
            }
            if let Some(last) = pieces.last_mut() {
                last.bytes += file.size as u64;
            }
        }
        // The upper levels are compacted with the first piece, as a rule.
        let counted: u64 = pieces.iter().map(|piece| piece.bytes).sum();
        if let Some(first) = pieces.first_mut() {
            first.bytes += total - counted;
        }
        Ok(pieces)
    }

    /// Compacts a piece; `go_on` is asked on this thread meanwhile, and its error ends it.
    pub(super) fn compact_piece(
        self: &Arc<Self>,
        keyspace: u32,
        piece: &Piece,
        go_on: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let failures = || self.db.property_int_value(FAILURES).ok().flatten().unwrap_or(0);
        let before = failures();
        let (ended, wait) = sync_channel(1);
        let (rocks, begin, end) = (self.clone(), piece.begin.clone(), piece.end.clone());
        let work = move || {
            let _ = ended.send(rocks.compact_range(keyspace, begin.as_deref(), end.as_deref()));
        };
        let thread = std::thread::Builder::new().name("plinth-compact".to_owned());
        let thread = signals::without(|| thread.spawn(work)).map_err(|error| {
            Error::new(Code::IO_ERROR).context("starting a thread for a compaction").caused_by(error)
        })?;
        let outcome = loop {
            match wait.recv_timeout(LOOK) {
                Ok(outcome) => break outcome,
                Err(RecvTimeoutError::Disconnected) => break Err(Error::new(Code::INTERNAL_ERROR)),
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = go_on() {
                        self.end_compactions();
                        break Err(error);
                    }
                }
            }
        };
        let _ = thread.join();
        outcome?;
        match failures() == before {
            true => Ok(()),
            false => Err(Error::new(Code::IO_ERROR).context(
                "a compaction failed, as it does when the disk is full or a table is damaged; the file LOG says why",
            )),
        }
    }

    fn compact_range(&self, keyspace: u32, begin: Option<&[u8]>, end: Option<&[u8]>) -> Result<()> {
        let mut options = CompactOptions::default();
        // Others may go on meanwhile.
        options.set_exclusive_manual_compaction(false);
        options.set_bottommost_level_compaction(BottommostLevelCompaction::ForceOptimized);
        self.with_family(keyspace, |family| {
            self.db.compact_range_cf_opt(family, begin, end, &options);
            Ok(())
        })
    }

    /// Ends those that were asked for, and waits until they have ended.
    fn end_compactions(&self) {
        // SAFETY: the database is open. Each is undone by the other.
        unsafe {
            librocksdb_sys::rocksdb_disable_manual_compaction(self.db.as_raw_ptr());
            librocksdb_sys::rocksdb_enable_manual_compaction(self.db.as_raw_ptr());
        }
    }

    /// The name of the column family of a keyspace that is called `name`, or of the engine's own.
    pub(super) fn family_name(keyspace: u32, name: &str) -> &str {
        match keyspace {
            0 => DEFAULT_NAME,
            META => super::rocks::META_NAME,
            _ => name,
        }
    }
}
