//! P10: fork leaves the parent unharmed, and tells the child.

use std::path::PathBuf;

use crate::misuse::of_both;
use crate::program;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Children that one process forks, one after the other, while it works.
const FORKS: u64 = 50;

/// The stages of P10.
pub fn stages() -> Vec<Stage> {
    vec![Stage {
        name: "forks",
        obligation: "P10",
        what: "every function with the parent's handles in children that are forked from busy processes",
        rounds: "processes of each library that fork 50 times",
        whole: 20,
        short: 1,
        must: Must::Hold,
        begin: Forks::begin,
    }]
}

struct Forks {
    workshop: Workshop,
    programs: [PathBuf; 2],
}

impl Forks {
    fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
        let programs = of_both(workshop, "forks", &workshop.release, &["-D_GNU_SOURCE"])?;
        Ok(Box::new(Self { workshop: workshop.clone(), programs }))
    }
}

impl Trial for Forks {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let place = self.workshop.scratch()?;
        for (at, program) in self.programs.iter().enumerate() {
            let mut command = program::command(program, 300);
            command.arg(round.seed.to_string()).arg(FORKS.to_string()).current_dir(place.path());
            command.env("PLINTH_QUIET", "1").env("HOME", place.path());
            // Every other process has its data on disk; libplinth's is told as an argument, libfdb_c's is there by itself.
            match (round.number % 2, at) {
                (1, 0) => drop(command.arg(place.path().join("data"))),
                (0, 1) => drop(command.env("PLINTH_DATA", ":memory:")),
                (1, 1) => drop(command.env("PLINTH_DATA", place.path().join("data of fdb"))),
                _ => {}
            }
            tally.merge(&program::run(&self.workshop, &mut command, "forks")?);
        }
        Ok(tally)
    }
}
