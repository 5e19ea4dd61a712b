//! The engines and their names, in the order of the tables. Relies on nothing.

use std::str::FromStr;

use crate::error::{Error, Result};

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Plinth through its C ABI.
    Plinth,
    /// Plinth through the traits below it.
    Rust,
    /// The first as a guest: another process hosts the database.
    Guest,
    /// The same as Plinth, loaded at run time from `libplinth.so`.
    PlinthSo,
    /// Plinth through FoundationDB's C ABI, loaded at run time from `libfdb_c.so`.
    FdbC,
    /// Plinth's C functions over a client library of clusters.
    Cluster,
    /// Plain RocksDB through its C API.
    Rocksdb,
    /// RocksDB's OptimisticTransactionDB.
    Optimistic,
    /// RocksDB's TransactionDB.
    Pessimistic,
    /// LMDB, through heed.
    Lmdb,
    /// redb.
    Redb,
    /// fjall.
    Fjall,
    /// SQLite, through rusqlite.
    Sqlite,
    /// A Redis server on a Unix socket.
    Redis,
    /// A PostgreSQL server on a Unix socket.
    Postgres,
}

impl Kind {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 15] = [
        Self::Plinth,
        Self::Rust,
        Self::Guest,
        Self::PlinthSo,
        Self::FdbC,
        Self::Cluster,
        Self::Rocksdb,
        Self::Optimistic,
        Self::Pessimistic,
        Self::Lmdb,
        Self::Redb,
        Self::Fjall,
        Self::Sqlite,
        Self::Redis,
        Self::Postgres,
    ];

    /// The databases of other projects that live in the process.
    pub const EMBEDDED: [Self; 4] = [Self::Lmdb, Self::Redb, Self::Fjall, Self::Sqlite];

    /// Whether its directory holds a RocksDB database.
    pub fn is_rocksdb(self) -> bool {
        !matches!(self, Self::Redis | Self::Postgres) && !Self::EMBEDDED.contains(&self)
    }

    /// Whether it can be measured on a cluster of FoundationDB too.
    pub fn takes_clusters(self) -> bool {
        matches!(self, Self::FdbC | Self::Cluster)
    }

    /// Whether it is RocksDB without Plinth.
    pub fn is_bare(self) -> bool {
        matches!(self, Self::Rocksdb | Self::Optimistic | Self::Pessimistic)
    }

    /// Whether transactions are in another process than the data.
    pub fn is_remote(self) -> bool {
        matches!(self, Self::Guest | Self::Redis | Self::Postgres)
    }

    /// Its name in the table and the JSON file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plinth => "plinth",
            Self::Rust => "plinth_rust",
            Self::Guest => "guest",
            Self::PlinthSo => "plinth_so",
            Self::FdbC => "fdb_c",
            Self::Cluster => "cluster",
            Self::Rocksdb => "rocksdb",
            Self::Optimistic => "optimistic",
            Self::Pessimistic => "pessimistic",
            Self::Lmdb => "lmdb",
            Self::Redb => "redb",
            Self::Fjall => "fjall",
            Self::Sqlite => "sqlite",
            Self::Redis => "redis",
            Self::Postgres => "postgres",
        }
    }

    /// What it is, and what `sync` and `buffered` mean for it.
    pub fn note(self) -> &'static str {
        match self {
            Self::Plinth => {
                "Plinth through its C functions, linked into this process. sync: the log is synced before a commit \
                 returns. buffered: it is written, not synced: a killed process loses nothing, a power cut may"
            }
            Self::Rust => "Plinth through its Rust traits, below the C functions; durability as plinth",
            Self::Guest => "Plinth's C functions in another process than the database's host; cpu us is of both",
            Self::PlinthSo => "Plinth's C functions, loaded at run time from libplinth.so; durability as plinth",
            Self::FdbC => {
                "Plinth through libfdb_c.so, blocking on a future for each read and commit; this interface has no \
                 buffered commits"
            }
            Self::Cluster => {
                "Plinth's C functions over a cluster, which libfdb_c.so of fdb_c stands for: what they add to its calls is \
                 the difference to fdb_c; no buffered commits"
            }
            Self::Rocksdb => {
                "plain RocksDB through its C API: no transactions, no conflict check, reads at a snapshot, one write \
                 batch (the limit). sync and buffered as plinth: WriteOptions.sync on and off, the log always written"
            }
            Self::Optimistic => {
                "RocksDB's OptimisticTransactionDB: reads that are followed by writes are for update; durability as \
                 rocksdb"
            }
            Self::Pessimistic => "RocksDB's TransactionDB with deadlock detection: the same",
            Self::Lmdb => {
                "LMDB through heed, one writer at a time. sync: each commit is synced (the default). buffered: \
                 MDB_NOSYNC, as buffered of plinth, except that a power cut may leave a damaged file"
            }
            Self::Redb => {
                "redb, one writer at a time. sync: Durability::Immediate. buffered: Durability::None, which also a \
                 killed process loses: it promises less than buffered elsewhere"
            }
            Self::Fjall => {
                "fjall with serializable optimistic transactions. sync: PersistMode::SyncData at each commit. \
                 buffered: PersistMode::Buffer, as buffered of plinth"
            }
            Self::Sqlite => {
                "SQLite through rusqlite, WAL, BEGIN IMMEDIATE for writes, one table WITHOUT ROWID. sync: \
                 synchronous=FULL. buffered: synchronous=NORMAL, as buffered of plinth"
            }
            Self::Redis => {
                "on a Unix socket; no common state of many reads; WATCH, MULTI, EXEC; sync: appendfsync always, \
                 buffered: everysec"
            }
            Self::Postgres => {
                "on a Unix socket; SERIALIZABLE, prepared; sync: synchronous_commit on, buffered: off, which \
                 promises less than buffered elsewhere"
            }
        }
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| Error::new(format!("there is no engine {name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn every_engine_is_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
        }
        assert!("other".parse::<Kind>().is_err());
    }
}
