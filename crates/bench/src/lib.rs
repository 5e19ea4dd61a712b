//! Measures engines side by side in one run, for the programs that say which: `plinth-bench` here, and
//! `plinth-bench-peers`.
//!
//! Every engine lives in a child process of its own, so that its memory is its own; all of them
//! are loaded with the same keys, and the measurements take turns: one engine works while the
//! others are idle. Relies on Linux (`/proc`, `sched_setaffinity`).

mod allocations;
mod args;
mod data;
pub mod engines;
pub mod error;
mod fairness;
mod histogram;
pub mod machine;
mod measure;
mod report;
mod statistics;
mod work;
mod worker;

use std::path::Path;
use std::process::ExitCode;

use args::{Args, Role};
use engines::{Engine, Kind};
use error::{Context, Result};
use measure::Sample;
use report::Row;
use work::Case;
use worker::Worker;

/// A program of this family: which engines it has, and how they are opened.
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// What it measures, in the order of the table.
    pub engines: &'static [Kind],
    /// Opens or creates the database of an engine in a directory.
    pub open: fn(Kind, &Path) -> Result<Box<dyn Engine>>,
    /// Why an engine can't be measured on this machine.
    pub missing: fn(Kind) -> Option<String>,
}

/// The program's life.
pub fn main(program: &Program) -> ExitCode {
    match Args::parse(program.engines, std::env::args().skip(1)).and_then(|args| run(program, args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", program.name);
            ExitCode::FAILURE
        }
    }
}

fn run(program: &Program, mut args: Args) -> Result<()> {
    if args.help {
        print!("{}", args::help(program));
        return Ok(());
    }
    match args.role {
        Role::Worker(kind) => return worker::serve(program, kind, &args),
        Role::Host => return engines::host(&args.directory),
        Role::Parent => {}
    }
    args.engines.retain(|kind| match (program.missing)(*kind) {
        Some(why) => {
            println!("{}: {why}", kind.name());
            false
        }
        None => true,
    });
    measure_all(&args)
}

fn measure_all(args: &Args) -> Result<()> {
    let cases: Vec<(usize, Case)> =
        work::cases().into_iter().enumerate().filter(|(_, case)| args.wants(case)).collect();
    if cases.is_empty() {
        return Err(error::Error::new("no measurement has a name that contains what --only asks for"));
    }
    let scratch = machine::Scratch::create(&args.directory)?;
    println!("{}", report::heading(args, &machine::describe(scratch.path())?));

    let mut workers = Vec::new();
    for kind in &args.engines {
        eprintln!("loading {}", kind.name());
        workers.push(Worker::start(*kind, args, scratch.path()).context(kind.name())?);
    }
    let alike: Vec<Kind> = args.engines.iter().copied().filter(|kind| kind.is_rocksdb()).collect();
    println!("{}", fairness::compare(scratch.path(), &alike)?);

    let mut rows = Vec::new();
    // After a failure, what was measured before is still reported.
    let mut outcome = Ok(());
    for (number, (index, case)) in cases.iter().enumerate() {
        eprintln!("[{}/{}] {}", number + 1, cases.len(), case.label());
        match rounds(args, &mut workers, *index, case).context(case.label()) {
            Ok(samples) => {
                let samples = args.engines.iter().zip(samples).filter(|(_, samples)| !samples.is_empty());
                rows.extend(samples.map(|(kind, samples)| Row::new(case, *kind, &samples)));
            }
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    let memory: Vec<(Kind, u64)> = workers.iter().map(Worker::peak).collect();
    for worker in workers {
        let stopped = worker.stop();
        outcome = outcome.and(stopped);
    }
    print!("{}", report::table(&rows));
    print!("{}", report::published(&rows));
    print!("{}", report::futures(&rows));
    print!("{}", report::processes(&rows));
    if args.engines.contains(&Kind::FdbC) {
        print!("{}", allocations::report(scratch.path()));
    }
    print!("{}", report::memory(&memory));
    print!("{}", report::verdict(&rows));
    std::fs::write(&args.output, report::json(&rows)?).context(format!("writing {}", args.output.display()))?;
    println!("\nwritten: {}", args.output.display());
    outcome
}

/// One case on every engine that it is for, `--rounds` times, each round beginning with another
/// engine. An engine that it is not for has no samples.
fn rounds(args: &Args, workers: &mut [Worker], number: usize, case: &Case) -> Result<Vec<Vec<Sample>>> {
    let mut samples = vec![Vec::new(); workers.len()];
    for round in 0..args.rounds {
        for turn in 0..workers.len() {
            let engine = (round + turn) % workers.len();
            if !case.measures(args.engines[engine]) {
                continue;
            }
            let sample = workers[engine].measure(number, args.seconds).context(workers[engine].name())?;
            samples[engine].push(sample);
        }
    }
    Ok(samples)
}
