//! What is done to look after a database, and what may be there after it was cut short.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A checkpoint of this name.
    Checkpoint(PathBuf),
    /// A further backup.
    Backup,
    /// A backup is removed.
    Delete(u64),
    /// All but the newest two are removed.
    Keep,
    /// A backup becomes a database of this name.
    Restore(u64, PathBuf),
    /// A compaction of everything.
    Compact,
    /// A dump of this name.
    Dump(PathBuf),
    /// A dump is loaded into the database of this name, beside a writer.
    Load(PathBuf, PathBuf),
}

impl Operation {
    /// Its name, as the program has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Checkpoint(_) => "checkpoint",
            Self::Backup => "backup",
            Self::Delete(_) => "delete",
            Self::Keep => "keep",
            Self::Restore(..) => "restore",
            Self::Compact => "compact",
            Self::Dump(_) => "dump",
            Self::Load(..) => "load",
        }
    }

    /// Whether it opens the database that others write to.
    pub fn is_of_database(&self) -> bool {
        matches!(self, Self::Checkpoint(_) | Self::Backup | Self::Compact | Self::Dump(_))
    }

    /// Whether it waits to be told to begin.
    pub fn waits(&self) -> bool {
        self.is_of_database()
    }

    /// The directory that it makes, which is there whole or not at all.
    pub fn makes(&self) -> Option<&Path> {
        match self {
            Self::Checkpoint(path) | Self::Restore(_, path) => Some(path),
            _ => None,
        }
    }

    /// The words of the program, for a database and its directory of backups.
    pub fn words(&self, database: &Path, backups: &Path) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        if self.waits() {
            words.push("wait".into());
        }
        words.push(self.name().into());
        let number = |number: &u64| OsString::from(number.to_string());
        match self {
            Self::Checkpoint(to) | Self::Dump(to) => words.extend([database.into(), to.into()]),
            Self::Backup => words.extend([database.into(), backups.into()]),
            Self::Delete(which) => words.extend([backups.into(), number(which)]),
            Self::Keep => words.extend([backups.into(), number(&2)]),
            Self::Restore(which, to) => words.extend([backups.into(), number(which), to.into()]),
            Self::Compact => words.push(database.into()),
            Self::Load(dump, to) => words.extend([to.into(), dump.into()]),
        }
        words
    }
}
