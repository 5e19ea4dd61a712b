//! P2: what was acknowledged as synced survives a power cut, on a disk that keeps nothing but what was
//! flushed and a random part of the rest, and on file systems that the kernel shuts down.

mod fuse;
mod image;
mod lives;
mod medium;
mod names;

use crate::power::lives::{Lives, Victims};
use crate::power::medium::{Disked, FileSystem, Shut};
use crate::power::names::Comings;
pub use lives::{after as after_cut, no_sync};
pub use medium::{own_mounts, Medium};

use crate::stage::{Must, Stage, Trial, Trouble};
use crate::workshop::Workshop;

/// The stages of P2.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, rounds, (whole, short), must, begin| Stage {
        name,
        obligation: "P2",
        what,
        rounds,
        whole,
        short,
        must,
        begin,
    };
    let (hold, fail) = (Must::Hold, Must::Break);
    vec![
        stage("power-cut", "torn and reordered sectors under ext4", "cuts", (5000, 10), hold, |workshop| {
            on_disk(workshop, FileSystem::Ext4, Victims::One, false)
        }),
        stage("power-cut-xfs", "the same under XFS", "cuts", (2000, 0), hold, |workshop| {
            on_disk(workshop, FileSystem::Xfs, Victims::One, false)
        }),
        stage("power-cut-guests", "two processes on one directory, under ext4", "cuts", (1000, 0), hold, |workshop| {
            on_disk(workshop, FileSystem::Ext4, Victims::Two, false)
        }),
        stage("power-cut-names", "databases and keyspaces that come and go", "cuts", (500, 3), hold, |workshop| {
            names(workshop, false)
        }),
        stage("power-cut-names-no-fsync", "a process whose syncs do nothing", "cuts", (50, 0), fail, |workshop| {
            names(workshop, true)
        }),
        stage("power-cut-no-fsync", "a process whose syncs do nothing", "cuts", (50, 5), fail, |workshop| {
            on_disk(workshop, FileSystem::Ext4, Victims::One, true)
        }),
        stage("shutdown-ext4", "ext4 is shut down", "shutdowns", (500, 3), hold, |workshop| {
            shut_down(workshop, FileSystem::Ext4, false)
        }),
        stage("shutdown-xfs", "XFS is shut down", "shutdowns", (500, 0), hold, |workshop| {
            shut_down(workshop, FileSystem::Xfs, false)
        }),
        stage("shutdown-no-fsync", "a process whose syncs do nothing", "shutdowns", (50, 5), fail, |workshop| {
            shut_down(workshop, FileSystem::Ext4, true)
        }),
    ]
}

/// A disk with ext4.
pub fn disk(workshop: &Workshop) -> Result<Box<dyn Medium>, Trouble> {
    Ok(Box::new(Disked::new(workshop, FileSystem::Ext4)?))
}

fn on_disk(workshop: &Workshop, system: FileSystem, victims: Victims, broken: bool) -> Result<Box<dyn Trial>, Trouble> {
    let medium = Disked::new(workshop, system)?;
    Ok(Box::new(Lives::new(workshop, Box::new(medium), victims, broken)?))
}

fn shut_down(workshop: &Workshop, system: FileSystem, broken: bool) -> Result<Box<dyn Trial>, Trouble> {
    let medium = Shut::new(workshop, system)?;
    Ok(Box::new(Lives::new(workshop, Box::new(medium), Victims::One, broken)?))
}

fn names(workshop: &Workshop, broken: bool) -> Result<Box<dyn Trial>, Trouble> {
    let medium = Disked::new(workshop, FileSystem::Ext4)?;
    Ok(Box::new(Comings::new(workshop, Box::new(medium), broken)?))
}
