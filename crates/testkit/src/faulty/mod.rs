//! Databases that are broken on purpose, each in one way that a real engine could be.
//!
//! They are the model behind a layer that lies. A checker that does not notice one of them
//! proves nothing about the others.

mod commit;
mod transaction;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use plinth_api::{Database, DatabaseOption, DatabaseOptions, Keyspace, Metrics, Result, Transaction};

use crate::model::ModelDatabase;
use transaction::FaultyTransaction;

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing. The layer itself changes nothing.
    None,
    /// Reads add no conflicts: lost updates and write skew.
    IgnoresReads,
    /// Range reads conflict only with the rows they returned: phantoms.
    MissesPhantoms,
    /// A conflict range loses the last byte of its end.
    IgnoresLastByte,
    /// Some transactions read at the version before the newest.
    StaleReads,
    /// Every read is made at the newest version: read skew.
    MovingReads,
    /// Some commits are acknowledged and forgotten.
    DropsCommits,
    /// Some commits apply only the first half of their writes.
    HalvesCommits,
    /// Commits that conflict are refused, but applied.
    AppliesRefused,
    /// Commits that conflict are refused, but others conflict with them.
    RemembersRefused,
    /// Some commits are refused without a reason.
    InventsConflicts,
    /// No version is too old.
    NeverTooOld,
    /// `more` is never set.
    ForgetsMore,
    /// Own writes are not seen by range reads.
    HidesOwnWrites,
    /// Some commits tell a version lower than the one they got.
    LowersVersions,
    /// Calls after the commit are taken.
    OpenAfterCommit,
    /// Atomic operations work on the value at the read version.
    SettlesEarly,
    /// Keys without their versionstamp can be read.
    ReadsUnreadable,
    /// Reads of keys with a dependent atomic operation add no conflicts.
    CutsOutAtomics,
    /// Writes that should add no write conflict do.
    IgnoresQuiet,
}

impl Fault {
    /// All of them but [`Fault::None`].
    pub const ALL: [Fault; 19] = [
        Fault::IgnoresReads,
        Fault::MissesPhantoms,
        Fault::IgnoresLastByte,
        Fault::StaleReads,
        Fault::MovingReads,
        Fault::DropsCommits,
        Fault::HalvesCommits,
        Fault::AppliesRefused,
        Fault::RemembersRefused,
        Fault::InventsConflicts,
        Fault::NeverTooOld,
        Fault::ForgetsMore,
        Fault::HidesOwnWrites,
        Fault::LowersVersions,
        Fault::OpenAfterCommit,
        Fault::SettlesEarly,
        Fault::ReadsUnreadable,
        Fault::CutsOutAtomics,
        Fault::IgnoresQuiet,
    ];

    /// Those that a history of legal calls can show.
    pub fn shows_in_histories(self) -> bool {
        let in_atomics = matches!(self, Fault::SettlesEarly | Fault::CutsOutAtomics);
        let in_options = matches!(self, Fault::ReadsUnreadable | Fault::IgnoresQuiet);
        let in_errors = matches!(self, Fault::NeverTooOld | Fault::OpenAfterCommit);
        self != Fault::None && !in_atomics && !in_options && !in_errors
    }
}

/// A database with a fault.
#[derive(Clone)]
pub struct FaultyDatabase {
    model: ModelDatabase,
    fault: Fault,
    counter: Arc<AtomicU64>,
}

impl FaultyDatabase {
    /// An empty one.
    pub fn new(fault: Fault, options: DatabaseOptions) -> Self {
        let model = match fault {
            Fault::NeverTooOld => ModelDatabase::never_too_old(),
            _ => ModelDatabase::new(options),
        };
        Self { model, fault, counter: Arc::default() }
    }

    /// True for one call in twenty.
    fn now_and_then(&self) -> bool {
        self.counter.fetch_add(1, Ordering::Relaxed) % 20 == 19
    }
}

impl Database for FaultyDatabase {
    fn set_option(&self, option: DatabaseOption) -> Result<()> {
        self.model.set_option(option)
    }

    fn begin(&self) -> Result<Arc<dyn Transaction>> {
        self.model.begin()?;
        Ok(Arc::new(FaultyTransaction::new(self.clone())))
    }

    fn open_keyspace(&self, name: &str) -> Result<Keyspace> {
        self.model.open_keyspace(name)
    }

    fn list_keyspaces(&self) -> Result<Vec<Arc<str>>> {
        self.model.list_keyspaces()
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        self.model.drop_keyspace(name)
    }

    fn sync(&self) -> Result<()> {
        self.model.sync()
    }

    fn metrics(&self) -> Metrics {
        self.model.metrics()
    }

    fn close(&self) -> Result<()> {
        self.model.close()
    }
}
