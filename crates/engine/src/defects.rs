//! Defects that can be switched on, to show that the tests notice them.
//!
//! Only a build with the feature `defects` has them, which no library is made with. Without it
//! [`is_on`] is a constant, and the compiler leaves nothing of the questions. In such a build the
//! environment variable `PLINTH_DEFECT` names the defect that is on from the first open on.

/// A way in which the engine is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Defect {
    /// None.
    #[cfg(feature = "defects")]
    None = 0,
    /// Ranges that were read are not checked for conflicts: phantoms.
    IgnoresReadRanges = 1,
    /// A read range loses the last byte of its end.
    IgnoresLastByte,
    /// A limited range read does not conflict on its last row.
    ForgetsLastRow,
    /// The state of a version is that of the version before.
    VersionsOffByOne,
    /// Reads do not see own atomic operations.
    SkipsOwnAtomics,
    /// Atomic operations do not see what the group's earlier members wrote.
    SkipsTheGroup,
    /// A version is taken for its state before it is written.
    PublishesBeforeWrite,
    /// Reads see the newest state.
    LosesSnapshotBound,
    /// Only the first keyspace is checked for conflicts.
    ForgetsKeyspaces,
    /// No version is too old.
    DropsTooOld,
    /// Clears are applied after the keys that were set later.
    AppliesOutOfOrder,
    /// All commits of a group have the same versionstamp.
    ReusesStamps,
    /// Write conflict ranges that were added by hand are not remembered.
    ForgetsAddedRanges,
    /// Versionstamped keys have no write conflict.
    ForgetsStampedKeys,
    /// A clear does not make a key readable again.
    KeepsUnreadable,
    /// A value that was read is still told after its key was written.
    KeepsRows,
    /// A transaction begins with the options of one that has ended.
    KeepsOptions,
    /// The log does not tell the version of what is in it, and a life begins as if nothing was reserved.
    ForgetsVersions,
    /// What a commit writes in its first keyspace is written before the rest.
    SplitsBatches,
    /// Commits are acknowledged that are in no log.
    SkipsTheLog,
    /// One of thousands of values has another bit than it was set with.
    ChangesABit,
    /// Versions go with the time of day.
    ReadsTheTimeOfDay,
    /// A log that ended early is taken for whole.
    IgnoresTheWatermark,
    /// A copy is made under its own name.
    NamesEarly,
    /// The checksums of a backup's files are not compared.
    TrustsBackups,
}

#[cfg(feature = "defects")]
impl Defect {
    /// Those that show while a database is open.
    pub const ALL: [Self; 17] = [
        Self::IgnoresReadRanges,
        Self::IgnoresLastByte,
        Self::ForgetsLastRow,
        Self::VersionsOffByOne,
        Self::SkipsOwnAtomics,
        Self::SkipsTheGroup,
        Self::PublishesBeforeWrite,
        Self::LosesSnapshotBound,
        Self::ForgetsKeyspaces,
        Self::DropsTooOld,
        Self::AppliesOutOfOrder,
        Self::ReusesStamps,
        Self::ForgetsAddedRanges,
        Self::ForgetsStampedKeys,
        Self::KeepsUnreadable,
        Self::KeepsRows,
        Self::KeepsOptions,
    ];

    /// Those that show only when a process is killed, a clock set or a file damaged, or after a great many
    /// operations: the stages of crates/prove notice them.
    pub const OF_STAGES: [Self; 8] = [
        Self::ForgetsVersions,
        Self::SplitsBatches,
        Self::SkipsTheLog,
        Self::ChangesABit,
        Self::ReadsTheTimeOfDay,
        Self::IgnoresTheWatermark,
        Self::NamesEarly,
        Self::TrustsBackups,
    ];
}

#[cfg(feature = "defects")]
mod switch {
    use std::sync::atomic::{AtomicU8, Ordering};

    static NOW: AtomicU8 = AtomicU8::new(0);

    /// Switches on what the environment names. A name that is none ends the process: a test that must
    /// fail would pass.
    pub fn from_environment() {
        let Ok(name) = std::env::var("PLINTH_DEFECT") else {
            return;
        };
        let mut all = super::Defect::ALL.into_iter().chain(super::Defect::OF_STAGES);
        match all.find(|defect| format!("{defect:?}") == name) {
            Some(defect) => switch_on(defect),
            None => {
                eprintln!("PLINTH_DEFECT: there is no defect {name}");
                std::process::exit(2);
            }
        }
    }

    /// Switches a defect on, in every database of the process, and any other off.
    pub fn switch_on(defect: super::Defect) {
        NOW.store(defect as u8, Ordering::SeqCst);
    }

    /// Whether a defect is on.
    pub fn is_on(defect: super::Defect) -> bool {
        NOW.load(Ordering::SeqCst) == defect as u8
    }
}

#[cfg(feature = "defects")]
pub use switch::{from_environment, is_on, switch_on};

/// No defect is on.
#[cfg(not(feature = "defects"))]
pub const fn is_on(_: Defect) -> bool {
    false
}

/// Panics at a place that the environment variable `PLINTH_PANIC` names at that moment, if this is a build with
/// defects.
#[cfg(feature = "defects")]
#[expect(clippy::panic, reason = "what it is for")]
pub fn planted(place: &str) {
    if std::env::var("PLINTH_PANIC").is_ok_and(|named| named == place) {
        panic!("planted in the {place}");
    }
}

/// Nothing is planted.
#[cfg(not(feature = "defects"))]
pub const fn planted(_: &str) {}
