//! P15: a panic anywhere ends no process.
//!
//! The libraries are built with defects: the environment says where they panic.

use std::path::PathBuf;
use std::time::Duration;

use crate::oracle::{Loss, Oracle};
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::victim::{Dump, Event, Running, Work};
use crate::workshop::Workshop;
use crate::{defective, program};

/// The stages of P15.
pub fn stages() -> Vec<Stage> {
    let stage = Stage {
        name: "panics",
        obligation: "P15",
        what: "a panic in every exported function, in reads, in the threads of the library and in the commit pipeline",
        rounds: "runs over all functions",
        whole: 10,
        // It needs libraries of its own.
        short: 0,
        must: Must::Hold,
        begin: Panics::begin,
    };
    let beside = Stage {
        name: "panics-beside",
        what: "panics in the threads that serve a guest, and in the guest's own, while both processes work",
        rounds: "pairs of processes",
        begin: Beside::begin,
        ..stage
    };
    vec![stage, beside]
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

/// The environment variable that says where a library built with defects panics.
const PANIC: &str = "PLINTH_PANIC";
/// Nothing of a process takes longer: a guest that nobody serves gives up after half a minute.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host and a guest, one of which panics whenever it has to do with the other.
struct Beside {
    workshop: Workshop,
    victim: PathBuf,
}

impl Beside {
    fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
        let victim = workshop.c_program_with("victim", &defective::library(workshop)?, &[])?;
        Ok(Box::new(Self { workshop: workshop.clone(), victim }))
    }
}

impl Trial for Beside {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let (place, log) = (self.workshop.scratch()?, self.workshop.log("panics"));
        let directory = place.path().join("db");
        let work = |life, commits| Work {
            program: self.victim.clone(),
            directory: directory.clone(),
            life,
            seed: round.seed,
            threads: 2,
            options: vec![("commits", commits), ("failures", 20)],
        };
        let (host, guest) = (work(0, 0), work(1, 200));
        let (mut hosts, mut guests) = (host.command(), guest.command());
        let (panics, name) = match round.number % 2 {
            0 => (&mut hosts, "host"),
            _ => (&mut guests, "guest"),
        };
        panics.env(PANIC, name);

        let mut oracle = Oracle::new(16);
        oracle.begin(0, host.threads)?;
        let running = Running::start(hosts, &log)?;
        // Told in order: the guest opens above what the host had committed.
        acknowledged(&running)?.iter().try_for_each(|event| oracle.take(0, event))?;
        oracle.begin_beside(1, guest.threads)?;
        let (told, ended) = Running::start(guests, &log)?.rest(PATIENCE)?;
        if ended.code().is_none() {
            return Err(Trouble::Finding(format!("the guest was ended: {ended}, with panics in the {name}")));
        }
        told.iter().try_for_each(|event| oracle.take(1, event))?;
        // What it says now it did after the guest.
        let mut said: Vec<_> = std::iter::from_fn(|| running.next(Duration::ZERO)).collect();
        said.extend(acknowledged(&running)?);
        running.ask_to_end()?;
        let (rest, ended) = running.having_said(said).rest(PATIENCE)?;
        if !ended.success() {
            return Err(Trouble::Finding(format!("the host ended with {ended}, with panics in the {name}")));
        }
        rest.iter().try_for_each(|event| oracle.take(0, event))?;
        let dump = Dump::take(&self.victim, &directory, &[], &log)?;
        let checked = oracle.check(&dump, Loss::None)?;
        let mut tally = Tally::default();
        tally.add(&format!("panics in the {name}"), 1);
        tally.add("acknowledged commits", checked.acknowledged);
        tally.add("commits of the guest", told.iter().filter(|event| is_acknowledged(event)).count() as u64);
        Ok(tally)
    }
}

/// What is said up to the next commit.
fn acknowledged(running: &Running) -> Result<Vec<Event>, Trouble> {
    let mut said = Vec::new();
    while let Some(event) = running.next(PATIENCE) {
        let last = is_acknowledged(&event);
        said.push(event);
        if last {
            return Ok(said);
        }
    }
    Err(Trouble::Finding(format!("the host does not commit; it last said {:?}", said.last())))
}

fn is_acknowledged(event: &Event) -> bool {
    matches!(event, Event::Acknowledged { .. })
}
