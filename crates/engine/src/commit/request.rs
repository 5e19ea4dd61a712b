//! What a transaction asks the pipeline for, and what it gets back.

use std::sync::Arc;

use plinth_api::Result;
use uuid::Uuid;

use crate::atomic::{stamp, Stamp};
use crate::conflict::{ConflictSet, Winner};
use crate::overlay::Overlay;

/// A commit: what was read, what was written, and how.
#[derive(Default)]
pub struct Request {
    /// The version the reads were made at; the largest one if there were none.
    pub read_version: i64,
    /// Read conflict ranges, by keyspace.
    pub reads: Vec<(u32, ConflictSet)>,
    /// Write conflict ranges beside those of the mutations, by keyspace.
    pub writes: Vec<(u32, ConflictSet)>,
    /// Mutations, by keyspace; each is a write conflict too (rule CONF-1).
    pub overlays: Vec<(u32, Arc<Overlay>)>,
    /// For some cleared ranges, the keys found in them.
    pub clears: Vec<Clear>,
    /// Whether it is to be on disk before it is acknowledged.
    pub sync: bool,
    /// Whether to tell which read conflict ranges were hit.
    pub report: bool,
    /// Whether it may write a locked database.
    pub lock_aware: bool,
    /// Those that were hit, by keyspace (rule SPEC-6).
    pub hits: Vec<(u32, ConflictSet)>,
    /// Who wrote in each of them, in their order.
    pub winners: Vec<Winner>,
    /// The transaction's id, if it has one.
    pub id: Option<Uuid>,
}

/// A commit that took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its version.
    pub version: i64,
    /// Its place among the commits of that version.
    pub order: u16,
}

/// What became of a request, and the request itself: it still tells what was sent.
pub type Outcome = (Request, Result<Committed>);

impl Committed {
    /// Its versionstamp.
    pub fn stamp(&self) -> Stamp {
        stamp(self.version, self.order)
    }
}

/// The few keys that a cleared range held at a version. If nobody wrote in the range since, they
/// are deleted one by one, which costs later readers less than a range tombstone.
pub struct Clear {
    /// The keyspace.
    pub keyspace: u32,
    /// First key of the range.
    pub begin: Vec<u8>,
    /// The version the keys were looked up at.
    pub version: i64,
    /// The keys.
    pub keys: Vec<Vec<u8>>,
}
