//! P13: whatever a caller passes, it is an error and never a crash.
//!
//! The programs go by tables of all functions that are generated from the headers (`cargo xtask misuse`), so
//! that a new function cannot be left out.

mod calls;

use std::path::{Path, PathBuf};

use crate::program;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// The stages of P13.
pub fn stages() -> Vec<Stage> {
    let hold = |name, what, whole, short, begin| Stage {
        name,
        obligation: "P13",
        what,
        rounds: "runs over all functions",
        whole,
        short,
        must: Must::Hold,
        begin,
    };
    let mut stages = vec![
        hold("misuse", "bad arguments of every class to every function of both libraries", 100, 1, |workshop| {
            Misuse::begin(workshop, &workshop.release.clone(), &["-D_GNU_SOURCE"], 50)
        }),
        hold("misuse-asan", "the same under AddressSanitizer", 20, 0, |workshop| {
            let built = built(workshop, "scripts/asan.sh", &[], "asan")?;
            Misuse::begin(workshop, &built, &["-D_GNU_SOURCE", "-fsanitize=address"], 50)
        }),
    ];
    stages.extend(calls::stages());
    stages
}

/// The directory that a script which builds libraries prints.
pub fn built(workshop: &Workshop, script: &str, arguments: &[&str], log: &str) -> Result<PathBuf, Trouble> {
    let mut command = std::process::Command::new(workshop.root.join(script));
    command.args(arguments).current_dir(&workshop.root);
    let output = workshop.output(&mut command, log)?;
    match (output.status.success(), output.status.code()) {
        (true, _) => Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())),
        (false, Some(3)) => Err(Trouble::Missing(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        _ => Err(Trouble::Rig(format!("{script} failed; see {}", workshop.log(log).display()))),
    }
}

/// Makes a program twice: of libplinth and of libfdb_c.
pub fn of_both(workshop: &Workshop, name: &str, from: &Path, flags: &[&str]) -> Result<[PathBuf; 2], Trouble> {
    Ok([
        workshop.c_program_with(&format!("{name}_plinth"), &from.join("libplinth.so"), flags)?,
        workshop.c_program_with(&format!("{name}_fdb"), &from.join("libfdb_c.so"), flags)?,
    ])
}

struct Misuse {
    /// Where the logs are.
    workshop: Workshop,
    programs: [PathBuf; 2],
    mixtures: u64,
}

impl Misuse {
    fn begin(workshop: &Workshop, from: &Path, flags: &[&str], mixtures: u64) -> Result<Box<dyn Trial>, Trouble> {
        let programs = of_both(workshop, "misuse", from, flags)?;
        let workshop = workshop.clone();
        Ok(Box::new(Self { workshop, programs, mixtures }))
    }
}

impl Trial for Misuse {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let place = self.workshop.scratch()?;
        for program in &self.programs {
            let mut command = program::command(program, 600);
            command.arg(round.seed.to_string()).arg(self.mixtures.to_string()).current_dir(place.path());
            // Whatever path is asked for, the data is in memory.
            command.env("PLINTH_DATA", ":memory:").env("PLINTH_QUIET", "1").env("HOME", place.path());
            let counts = program::run(&self.workshop, &mut command, "misuse")?;
            tally.merge(&counts);
        }
        Ok(tally)
    }
}
