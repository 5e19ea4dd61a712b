//! Measures Plinth, plain RocksDB and RocksDB's two transaction layers side by side in one run.
//!
//! Every engine lives in a child process of its own, so that its memory is its own; all of them
//! are loaded with the same keys, and the measurements take turns: one engine works while the
//! others are idle. Relies on Linux (`/proc`, `sched_setaffinity`).

mod allocations;
mod args;
mod data;
mod engines;
mod error;
mod fairness;
mod histogram;
mod machine;
mod measure;
mod report;
mod statistics;
mod work;
mod worker;

use std::process::ExitCode;

use args::Args;
use engines::Kind;
use error::{Context, Result};
use measure::Sample;
use report::Row;
use work::Case;
use worker::Worker;

fn main() -> ExitCode {
    match Args::parse(std::env::args().skip(1)).and_then(|args| run(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("plinth-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    if args.help {
        print!("{}", args::HELP);
        return Ok(());
    }
    if let Some(kind) = args.worker {
        return worker::serve(kind, args);
    }
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
    println!("{}", fairness::compare(scratch.path(), &args.engines)?);

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
