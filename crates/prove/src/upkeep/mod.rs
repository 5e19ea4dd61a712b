//! P1, P2, P6 and P8 of what looks after a database: checkpoints, backups, restores, compactions, dumps and loads, while
//! others write.
//!
//! `c/upkeep.c` makes the calls, victims write beside it, and the oracle of the victims knows what a copy of their
//! directory holds at a version: all commits up to it, and none later.

mod corrupt;
mod full;
mod helper;
mod kills;
mod operation;
mod power;
mod yard;

use std::path::PathBuf;

use crate::defective;
use crate::stage::{Must, Stage, Trouble};
use crate::workshop::Workshop;

/// The stages.
pub fn stages() -> Vec<Stage> {
    let stage = |name, obligation, what, rounds, (whole, short), begin| Stage {
        name,
        obligation,
        what,
        rounds,
        whole,
        short,
        must: Must::Hold,
        begin,
    };
    let twin = |stage: Stage, name, what, short, begin| Stage {
        name,
        what,
        begin,
        whole: 50,
        short,
        must: Must::Break,
        ..stage
    };
    let kills = || {
        let what = "SIGKILL at a random moment, or call, of a copy, a restore, a compaction, a dump or a load";
        stage("upkeep-kills", "P1", what, "rounds of three kills", (1_000, 2), |w| kills::begin(w, Tools::whole(w)?))
    };
    let power = || {
        let what = "backups, checkpoints and dumps on the disk that is cut";
        stage("upkeep-power", "P2", what, "cuts", (500, 2), |w| power::begin(w, false))
    };
    let full = || {
        let what = "a full disk for each: a small tmpfs, and ENOSPC at any call";
        stage("upkeep-full", "P6", what, "full disks", (1_000, 3), |w| full::begin(w, Tools::whole(w)?, false))
    };
    let corrupt = || {
        let what = "damage to the files of backups and dumps";
        stage("upkeep-corrupt", "P8", what, "damages", (5_000, 20), |w| corrupt::begin(w, Tools::whole(w)?))
    };
    vec![
        kills(),
        twin(kills(), "upkeep-kills-half", "a copy has its name from the beginning", 0, |w| {
            kills::begin(w, Tools::broken(w, "NamesEarly")?)
        }),
        power(),
        twin(power(), "upkeep-power-no-fsync", "a process whose syncs do nothing", 5, |w| power::begin(w, true)),
        full(),
        twin(full(), "upkeep-full-ignored", "writes that found no room are told as done", 2, |w| {
            full::begin(w, Tools::whole(w)?, true)
        }),
        corrupt(),
        twin(corrupt(), "upkeep-corrupt-unsummed", "checksums of backups are not compared", 0, |w| {
            corrupt::begin(w, Tools::broken(w, "TrustsBackups")?)
        }),
    ]
}

/// The programs, and the library that they have.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Writes, and is the oracle's.
    pub victim: PathBuf,
    /// Looks after the database.
    pub upkeep: PathBuf,
    /// Counts calls, and has them fail.
    pub shim: PathBuf,
    /// What is wrong with the library of the second one.
    pub defect: Option<&'static str>,
}

impl Tools {
    fn whole(workshop: &Workshop) -> Result<Self, Trouble> {
        Self::of(workshop, &workshop.release.join("libplinth.so"), None)
    }

    fn broken(workshop: &Workshop, defect: &'static str) -> Result<Self, Trouble> {
        Self::of(workshop, &defective::library(workshop)?, Some(defect))
    }

    fn of(workshop: &Workshop, library: &std::path::Path, defect: Option<&'static str>) -> Result<Self, Trouble> {
        Ok(Self {
            victim: workshop.c_program_with("victim", library, &[])?,
            upkeep: workshop.c_program_with("upkeep", library, &[])?,
            shim: workshop.c_shim("shim_io")?,
            defect,
        })
    }
}
