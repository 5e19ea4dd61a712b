//! What a move is asked for, and what it tells.

use std::time::Duration;

use plinth_api::Progress;

/// What is compared once more after it was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Everything before the source is locked, and what changed after that.
    #[default]
    All,
    /// What changed last, under the lock.
    Changed,
    /// Nothing.
    None,
}

/// How a move goes about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoveOptions {
    /// So many bytes of the source are read in a second at most, while it is not locked; 0 for no limit.
    pub bytes_per_second: u64,
    /// What is compared once more.
    pub verify: Verify,
    /// The longest that the source may be locked before the move is finished; zero for no limit.
    pub max_pause: Duration,
    /// Go on where the versions of the target can't be raised above the source's. Versionstamps that are made
    /// later may then be below those that were moved.
    pub any_versions: bool,
}

/// What a move does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It looks at both sides.
    #[default]
    Begin,
    /// It copies a state of the source.
    Copy,
    /// It follows what changed since.
    Follow,
    /// It compares everything.
    Verify,
    /// The source is locked; it makes the last changes equal.
    Locked,
    /// Everything is equal; versions are raised and the mark is dropped.
    Finish,
    /// The target is the database now.
    Done,
}

/// How far a move is, and what it came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// What it does.
    pub phase: Phase,
    /// The version of the source that the target was made equal to last.
    pub version: i64,
    /// A version of the target, above all that the source ever had; 0 before that is known.
    pub target_version: i64,
    /// Keyspaces of that state, the default one among them.
    pub keyspaces: u64,
    /// Pairs that the copy went through.
    pub pairs: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// Bytes that were read of the source, in all.
    pub read_bytes: u64,
    /// Bytes that were written into the target, in all.
    pub written_bytes: u64,
    /// The checksum of the content, as a dump has it, where everything was compared once more; else 0.
    pub checksum: u64,
    /// How often changes were followed.
    pub rounds: u64,
    /// An earlier move of the same source into the target was cut short, and this one goes on.
    pub resumed: bool,
    /// An earlier move was finished already; everything is equal, and there was nothing to do.
    pub already: bool,
    /// Whether the source tells what changes. Where it does not, everything is compared under the lock.
    pub follows: bool,
    /// How long the source would be locked if it were now; told before it is.
    pub expected_pause: Duration,
    /// How long it was locked before all was done.
    pub pause: Duration,
    /// How long all of it took.
    pub elapsed: Duration,
}

/// Who is told how far a move is, on the thread that works for it.
pub trait MoveProgress: Sync {
    /// `done` of `total` bytes of the phase are done; a `total` of 0 is one that is not known. Returns false to
    /// cancel: the source is unlocked, and another move goes on later.
    fn step(&self, moved: &Moved, done: u64, total: u64) -> bool;
}

impl<P: Progress + ?Sized> MoveProgress for P {
    fn step(&self, _moved: &Moved, done: u64, total: u64) -> bool {
        Progress::step(self, done, total)
    }
}
