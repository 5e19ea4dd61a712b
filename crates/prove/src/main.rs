//! Tries what Plinth promises to survive: `plinth-prove [options] [obligation or stage...]`.
//!
//! The stages load the release libraries as a caller does; `make prove` builds them first. A run that is
//! stopped, in whatever way, goes on where it was when it is started again on the same sources.

mod abi;
mod allocation;
mod clock;
mod closing;
mod command;
mod corruption;
mod crash;
mod crowd;
mod defective;
mod endurance;
mod forks;
mod full_disk;
mod fuzzing;
mod io_faults;
mod isolation;
mod life;
mod machine;
mod million;
mod misuse;
mod mounts;
mod oracle;
mod panics;
mod plan;
mod power;
mod program;
mod racing;
mod read_only;
mod report;
mod runner;
mod sanitizers;
mod stage;
mod state;
mod upkeep;
mod victim;
mod workshop;

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::machine::Machine;
use crate::report::Result as Outcome;
use crate::runner::Runner;
use crate::stage::{Stage, Trouble};
use crate::state::State;
use crate::workshop::Workshop;

const HELP: &str = "\
usage: plinth-prove [options] [obligation or stage...]

Tries what Plinth promises to survive; everything if nothing is named. Writes
build/prove/prove-report.md and prove-report.json. Logs are beside them.

  --short       the short form, as in make test
  --rounds N    rounds of every stage
  --seconds N   a stage ends after so long; the next run goes on with it
  --seed N      the seed of every stage; one from a report repeats its rounds
  --fresh       forget what an earlier run on the same sources did
  --list        say what there is
  --help        this
";

#[derive(Default)]
struct Arguments {
    short: bool,
    fresh: bool,
    list: bool,
    help: bool,
    rounds: Option<u64>,
    seconds: Option<u64>,
    seed: Option<u64>,
    names: Vec<String>,
}

fn arguments() -> Result<Arguments, lexopt::Error> {
    use lexopt::prelude::{Long, Value, ValueExt as _};
    let mut arguments = Arguments::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("short") => arguments.short = true,
            Long("fresh") => arguments.fresh = true,
            Long("list") => arguments.list = true,
            Long("help") => arguments.help = true,
            Long("rounds") => arguments.rounds = Some(parser.value()?.parse()?),
            Long("seconds") => arguments.seconds = Some(parser.value()?.parse()?),
            Long("seed") => arguments.seed = Some(parser.value()?.parse()?),
            Value(name) => arguments.names.push(name.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(arguments)
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("plinth-prove: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let stages = plan::stages();
    if arguments.help {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    if arguments.list {
        list(&stages);
        return ExitCode::SUCCESS;
    }
    match chosen(&stages, &arguments).and_then(|chosen| run(&stages, &chosen, &arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("plinth-prove: {trouble}");
            ExitCode::from(2)
        }
    }
}

fn list(stages: &[Stage]) {
    for (obligation, promise) in plan::OBLIGATIONS {
        println!("{obligation}: {promise}");
        for stage in stages.iter().filter(|stage| stage.obligation == *obligation) {
            println!("  {:24} {} ({} {}, short {})", stage.name, stage.what, stage.whole, stage.rounds, stage.short);
        }
    }
}

/// The places of the stages that were asked for.
fn chosen(stages: &[Stage], arguments: &Arguments) -> Result<Vec<usize>, Trouble> {
    let names = &arguments.names;
    let is = |stage: &Stage, name: &String| stage.name == name || stage.obligation == name;
    if let Some(name) = names.iter().find(|name| !stages.iter().any(|stage| is(stage, name))) {
        return Err(Trouble::Rig(format!("there is no stage {name}; --list tells what there is")));
    }
    let wanted = |stage: &Stage| {
        let named = names.is_empty() || names.iter().any(|name| is(stage, name));
        named && (!arguments.short || stage.short > 0 || arguments.rounds.is_some())
    };
    Ok((0..stages.len()).filter(|at| wanted(&stages[*at])).collect())
}

/// Whether every stage passed that could be run.
fn run(stages: &[Stage], chosen: &[usize], arguments: &Arguments) -> Result<bool, Trouble> {
    let root = root()?;
    let workshop = Workshop::new(&root, arguments.short)?;
    let lock = File::create(workshop.build.join("lock"))?;
    lock.try_lock().map_err(|_| Trouble::Rig("another run is under way in this directory".to_owned()))?;
    workshop.clear_scratch();
    let machine = Machine::ask(&root);
    let path = workshop.build.join(if arguments.short { "state-short.json" } else { "state.json" });
    // The short form is a test, which begins anew each time.
    let sources = if arguments.fresh || arguments.short { "" } else { machine.sources.as_str() };
    let mut state = State::load(&path, sources, &machine::now());
    state.sources.clone_from(&machine.sources);
    let (seed, rounds) = (arguments.seed, arguments.rounds);
    let patience = arguments.seconds.map(Duration::from_secs);
    let mut runner = Runner { workshop: &workshop, machine: &machine, stages, state, seed, rounds, patience };
    let mut passed = true;
    for at in chosen {
        let outcome = runner.run(&stages[*at])?;
        passed &= outcome != Outcome::Failed && (outcome != Outcome::Unfinished || patience.is_some());
    }
    let text = report::write(&workshop.build, &machine, &runner.state, stages)?;
    if !arguments.short {
        print!("{text}");
    }
    Ok(passed)
}

/// The root of the sources: the program is run from somewhere below it.
fn root() -> Result<PathBuf, Trouble> {
    let here = std::env::current_dir()?;
    let root = here.ancestors().find(|place| place.join("include/plinth.h").exists());
    root.map(PathBuf::from).ok_or_else(|| Trouble::Rig("run this in the sources of Plinth".to_owned()))
}
