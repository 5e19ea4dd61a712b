//! What there is to be done in an upkeep, and what comes of it: by whoever has the database, for whoever asks.

use plinth_api::{Backup, Code, Error, Progress, Result, Verified};
use serde::{Deserialize, Serialize};

/// What is to be done. Paths are absolute: the host of a database has a working directory of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// See [`plinth_api::Database::checkpoint`].
    Checkpoint { to: String },
    /// See [`plinth_api::Database::backup`].
    Backup { to: String },
    /// See [`plinth_api::Database::verify`].
    Verify,
    /// See [`plinth_api::Database::compact`].
    Compact { keyspace: Option<u32> },
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finished {
    /// The version of a checkpoint.
    Checkpoint(i64),
    /// Number, version, time, bytes and files of a backup.
    Backup(u64, i64, i64, u64, u64),
    /// Version, keyspaces, keys, bytes, files and their bytes.
    Verified(i64, u64, u64, u64, u64, u64),
    /// It is compacted.
    Compacted,
}

impl From<Backup> for Finished {
    fn from(of: Backup) -> Self {
        Self::Backup(of.number, of.version, of.time, of.bytes, of.files)
    }
}

impl From<Verified> for Finished {
    fn from(of: Verified) -> Self {
        Self::Verified(of.version, of.keyspaces, of.keys, of.bytes, of.files, of.file_bytes)
    }
}

/// Whoever can have a task done.
pub trait Upkeeper {
    /// Has it done.
    fn upkeep(&self, task: Task, progress: &dyn Progress) -> Result<Finished>;
}

/// [`plinth_api::Database::checkpoint`] of whoever can.
pub fn checkpoint(by: &impl Upkeeper, to: &str, progress: &dyn Progress) -> Result<i64> {
    match by.upkeep(Task::Checkpoint { to: super::absolute(to)? }, progress)? {
        Finished::Checkpoint(version) => Ok(version),
        other => Err(unexpected(other)),
    }
}

/// [`plinth_api::Database::backup`] of whoever can.
pub fn backup(by: &impl Upkeeper, to: &str, progress: &dyn Progress) -> Result<Backup> {
    match by.upkeep(Task::Backup { to: super::absolute(to)? }, progress)? {
        Finished::Backup(number, version, time, bytes, files) => {
            Ok(Backup { number, version, time, bytes, files, damaged: false })
        }
        other => Err(unexpected(other)),
    }
}

/// [`plinth_api::Database::verify`] of whoever can.
pub fn verify(by: &impl Upkeeper, progress: &dyn Progress) -> Result<Verified> {
    match by.upkeep(Task::Verify, progress)? {
        Finished::Verified(version, keyspaces, keys, bytes, files, file_bytes) => {
            Ok(Verified { version, keyspaces, keys, bytes, files, file_bytes })
        }
        other => Err(unexpected(other)),
    }
}

/// [`plinth_api::Database::compact`] of whoever can.
pub fn compact(by: &impl Upkeeper, keyspace: Option<u32>, progress: &dyn Progress) -> Result<()> {
    match by.upkeep(Task::Compact { keyspace }, progress)? {
        Finished::Compacted => Ok(()),
        other => Err(unexpected(other)),
    }
}

fn unexpected(other: Finished) -> Error {
    Error::new(Code::INTERNAL_ERROR).context(format!("another task came to {other:?}"))
}
