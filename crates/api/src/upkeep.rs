//! What looking after a database comes to.

/// A generation of a directory of backups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backup {
    /// Its number: each newer one has a greater one, and none is given twice.
    pub number: u64,
    /// The version that it holds: all commits up to it, and none later.
    pub version: i64,
    /// When it was made, in seconds since 1970 by the clock of the machine.
    pub time: i64,
    /// Bytes of its files; generations share those that are the same.
    pub bytes: u64,
    /// How many files it has.
    pub files: u64,
    /// What it consists of can't be read: only its number is known.
    pub damaged: bool,
}

/// What was looked at, and found to be in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// The version whose state was read.
    pub version: i64,
    /// Keyspaces, the default one included.
    pub keyspaces: u64,
    /// Keys in all of them.
    pub keys: u64,
    /// Bytes of these keys and their values.
    pub bytes: u64,
    /// Tables whose checksums were computed.
    pub files: u64,
    /// Bytes of the files that were read.
    pub file_bytes: u64,
}
