//! P15: a panic anywhere ends no process.
//!
//! The libraries are built with defects: the environment says where they panic.

use std::path::PathBuf;

use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;
use crate::{defective, program};

/// The stages of P15.
pub fn stages() -> Vec<Stage> {
    vec![Stage {
        name: "panics",
        obligation: "P15",
        what: "a panic in every exported function, in reads, in the threads of the library and in the commit pipeline",
        rounds: "runs over all functions",
        whole: 10,
        // It needs libraries of its own.
        short: 0,
        must: Must::Hold,
        begin: Panics::begin,
    }]
}

struct Panics {
    workshop: Workshop,
    programs: [PathBuf; 2],
}

impl Panics {
    fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
        let library = defective::library(workshop)?;
        let other = library.with_file_name("libfdb_c.so");
        let programs = [
            workshop.c_program_with("panics_plinth", &library, &["-D_GNU_SOURCE"])?,
            workshop.c_program_with("panics_fdb", &other, &["-D_GNU_SOURCE"])?,
        ];
        Ok(Box::new(Self { workshop: workshop.clone(), programs }))
    }
}

impl Trial for Panics {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let place = self.workshop.scratch()?;
        for (at, program) in self.programs.iter().enumerate() {
            let mut command = program::command(program, 120);
            command.env("PLINTH_DATA", ":memory:").env("PLINTH_QUIET", "1");
            if at == 0 && round.number % 2 == 1 {
                command.arg(place.path().join("data"));
            }
            tally.merge(&program::run(&self.workshop, &mut command, "panics")?);
        }
        Ok(tally)
    }
}
