//! What was committed since somebody looked last, without the values.

use crate::Result;

/// Trackers of changes that a database has at a time, at most: each costs every commit something.
pub const MOST_TRACKERS: usize = 4;
/// Ranges that a tracker can be asked to keep apart, at most.
pub const MOST_CHANGED_RANGES: usize = 65_536;

/// Notes which keys commits write, from the moment it was made until it is dropped. It keeps no values: what a
/// range holds now is read from a state that is held ([`crate::Database::hold`]) after the take that told it.
///
/// So a copy is made and followed without a gap: make a tracker, hold a state and copy it, then again and again
/// take, hold, and copy the ranges that were taken.
///
/// It ends before that with its database: takes fail with `database_closed` then, or with `changes_lost` where
/// the database goes on with another host. What was committed since the last take is then not known.
pub trait Changes: Send {
    /// What was committed since the last take, or since the tracker was made. A state that is held afterwards has
    /// the returned version or a later one. A take that failed with another error than `database_closed` and
    /// `changes_lost` may be repeated: nothing that it would have told is lost.
    fn take(&mut self) -> Result<Changed>;
}

/// What was committed in a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Every commit with a version up to this one, and above that of the take before, lies in the ranges.
    /// Later ones may lie in them too, and are told again by the next take.
    pub version: i64,
    /// Keyspaces were created or dropped: the list of a state that is held now tells which there are. What was
    /// written in a new one is in the ranges; a number that is not in that list any more belongs to a dropped one.
    pub catalogue: bool,
    /// Ordered by keyspace and begin; they do not overlap or touch. Nothing that was written is outside. More than was
    /// written may be inside: where more ranges were written than the tracker keeps apart, near ones were joined.
    pub ranges: Vec<ChangedRange>,
}

/// The keys of a keyspace with `begin <= key < end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRange {
    /// [`crate::Keyspace::id`].
    pub keyspace: u32,
    /// The first key that may have changed.
    pub begin: Vec<u8>,
    /// The first one behind that did not.
    pub end: Vec<u8>,
}
