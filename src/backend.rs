//! What keeps the data: the engine for directories, FoundationDB's client library for clusters. A build holds one of
//! them or both; what it lacks it refuses with a sentence.

use std::path::PathBuf;
use std::sync::Arc;

use plinth_api::{Code, Database, DatabaseOptions, Error, Repaired};

#[cfg(feature = "engine")]
pub(crate) use with_engine::{log, outside, prepare};
#[cfg(not(feature = "engine"))]
pub(crate) use without_engine::{log, outside, prepare};

#[cfg(feature = "engine")]
pub(crate) use plinth_engine::{backups, delete_backup, keep_backups, restore_backup, verify_backup};
#[cfg(not(feature = "engine"))]
pub(crate) use without_engine::{backups, delete_backup, keep_backups, restore_backup, verify_backup};

/// What the paths of clusters begin with.
const CLUSTER: &str = "fdb:";

/// Opens what `path` names. `client` is the library that clusters are reached through, if that is chosen.
pub(crate) fn open(path: &str, options: DatabaseOptions, client: Option<PathBuf>) -> Result<Arc<dyn Database>, Error> {
    if path.starts_with(CLUSTER) {
        return open_cluster(path, options, client);
    }
    if client.is_some() {
        let text = "fdb_client is for clusters, whose paths begin with \"fdb:\"";
        return Err(Error::new(Code::INVALID_OPTION_VALUE).context(text));
    }
    open_directory(path, options)
}

/// Repairs a directory.
pub(crate) fn repair(path: &str) -> Result<Repaired, Error> {
    if path.starts_with(CLUSTER) {
        let text = "a cluster repairs itself; this call is for directories";
        return Err(Error::new(Code::UNSUPPORTED_OPERATION).context(text));
    }
    #[cfg(feature = "engine")]
    return plinth_engine::repair(path);
    #[cfg(not(feature = "engine"))]
    return Err(without_engine::no_directories());
}

#[cfg(feature = "engine")]
fn open_directory(path: &str, options: DatabaseOptions) -> Result<Arc<dyn Database>, Error> {
    plinth_engine::open(path, options)
}

#[cfg(not(feature = "engine"))]
fn open_directory(_: &str, _: DatabaseOptions) -> Result<Arc<dyn Database>, Error> {
    Err(without_engine::no_directories())
}

#[cfg(feature = "cluster")]
fn open_cluster(path: &str, options: DatabaseOptions, client: Option<PathBuf>) -> Result<Arc<dyn Database>, Error> {
    plinth_cluster::open(path, options, &plinth_cluster::Settings { client })
}

#[cfg(not(feature = "cluster"))]
fn open_cluster(_: &str, _: DatabaseOptions, _: Option<PathBuf>) -> Result<Arc<dyn Database>, Error> {
    let text = "it was built without the feature \"cluster\": it opens directories only";
    Err(Error::new(Code::BACKEND_MISSING).context(text))
}

#[cfg(feature = "engine")]
mod with_engine {
    use plinth_boundary::fork;
    use plinth_engine::inherited;
    pub(crate) use plinth_engine::{log, outside};

    /// What the engine does about forks.
    static ENGINE: fork::Engine = fork::Engine {
        before: inherited::before_fork,
        after: inherited::after_fork,
        in_child: inherited::in_child,
        when_rocks_has_started: inherited::when_rocks_has_started,
        rocks_is_unusable: inherited::rocks_is_unusable,
    };

    /// Gets the process ready for RocksDB, and has `close` called at its end.
    pub(crate) fn prepare(close: fn()) {
        fork::prepare(&ENGINE, close);
    }
}

#[cfg(not(feature = "engine"))]
mod without_engine {
    use plinth_api::{Backup, Code, Error, Progress};
    use plinth_boundary::fork;

    /// Nothing here has threads, locks or files that a child of fork() could meet.
    static ENGINE: fork::Engine = fork::Engine {
        before: || {},
        after: || {},
        in_child: |_| {},
        when_rocks_has_started: |_| {},
        rocks_is_unusable: || false,
    };

    /// Has `close` called at the end of the process.
    pub(crate) fn prepare(close: fn()) {
        fork::prepare(&ENGINE, close);
    }

    /// Callbacks run on threads of which there are as many as are needed.
    pub(crate) fn outside<T>(callback: impl FnOnce() -> T) -> T {
        callback()
    }

    /// Why a directory can't be opened.
    pub(crate) fn no_directories() -> Error {
        let text =
            "it was built without the feature \"engine\": it opens clusters only, whose paths begin with \"fdb:\"";
        Error::new(Code::BACKEND_MISSING).context(text)
    }

    pub(crate) fn backups(_: &str) -> Result<Vec<Backup>, Error> {
        Err(no_directories())
    }

    pub(crate) fn verify_backup(_: &str, _: u64, _: &dyn Progress) -> Result<Backup, Error> {
        Err(no_directories())
    }

    pub(crate) fn restore_backup(_: &str, _: u64, _: &str, _: &dyn Progress) -> Result<Backup, Error> {
        Err(no_directories())
    }

    pub(crate) fn delete_backup(_: &str, _: u64) -> Result<(), Error> {
        Err(no_directories())
    }

    pub(crate) fn keep_backups(_: &str, _: u64) -> Result<(), Error> {
        Err(no_directories())
    }

    /// The log is the engine's.
    pub(crate) mod log {
        use plinth_api::{Code, Error};

        /// How much something matters.
        #[derive(Clone, Copy)]
        #[allow(missing_docs, reason = "as in the header")]
        pub enum Level {
            Error = 1,
            Warning = 2,
            Info = 3,
            Debug = 4,
        }

        /// Something that happened.
        #[allow(missing_docs, reason = "as in the header")]
        pub struct Record {
            pub level: Level,
            pub module: &'static str,
            pub time_us: i64,
            pub message: String,
            pub fields: Vec<(&'static str, String)>,
        }

        /// Who listens.
        pub type Sink = Box<dyn FnMut(&Record) + Send>;

        /// There is nothing to hear.
        pub fn set(_: Level, _: bool, sink: Option<Sink>) -> Result<(), Error> {
            match sink {
                None => Ok(()),
                Some(_) => {
                    Err(Error::new(Code::UNSUPPORTED_OPERATION).context("this build has no engine that says anything"))
                }
            }
        }

        /// Nobody listens.
        pub fn end() {}
    }
}
