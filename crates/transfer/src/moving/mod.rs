//! Moves a database into another one while it goes on being written to.
//!
//! One thing is done again and again: a range of the target is made equal to the same range of a state of the source
//! (`equal`). That may be repeated at any time and cut short at any moment, so a move that was killed goes on by
//! making everything equal once more, where most is equal already.
//!
//! The order that loses nothing:
//!
//! 1. the target is empty, or holds the [`mark::Mark`] of a move from the same source; the mark is written, with the
//!    session of this run. Every later transaction reads it, so that of two runs the later one goes on alone;
//! 2. the source's changes are followed, and then a state is held and copied: what it lacks is in the changes;
//! 3. round by round the changes are taken, a state that has them is held, and what changed is made equal to it,
//!    until a round is short. What a round took behind its state is looked at again in the next one;
//! 4. the source is locked under the session, durably. From here on it has no commit that was not
//!    taken, so a last round makes both sides equal. Whatever fails until here unlocks it;
//! 5. the versions of the target are raised above those of the source, the target is synced, the mark says that all is
//!    there, so that no other run takes the target over, and is dropped. The source stays locked: whoever was left
//!    behind there is told, and writes nothing into a dead copy.
//!
//! A source that tells no changes (a cluster) is compared as a whole in each round, and once more under the lock.

mod equal;
mod follow;
mod mark;
mod origin;
mod pace;
mod report;
mod run;
mod target;

pub use mark::UNFINISHED as MOVE_UNFINISHED;
pub use report::{MoveOptions, MoveProgress, Moved, Phase, Verify};
pub use run::move_database;
