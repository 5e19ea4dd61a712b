//! Measures engines side by side in one run, for the programs that say which: `plinth-bench` here,
//! `plinth-bench-embedded` and `plinth-bench-peers`.
//!
//! Every engine lives in a child process of its own, so that its memory is its own; all of them
//! are loaded with the same keys, and the measurements take turns: one engine works while the
//! others are idle. Relies on Linux (`/proc`, `sched_setaffinity`).

mod allocations;
mod args;
mod case;
mod chart;
mod counted;
mod data;
mod document;
pub mod engines;
pub mod error;
mod fairness;
mod generator;
mod histogram;
pub mod machine;
mod measure;
mod pictures;
mod report;
mod row;
mod run;
mod scene;
mod statistics;
mod target;
mod work;
mod worker;

use std::path::Path;
use std::process::ExitCode;

use args::{Args, Role};
pub use case::Group;
use engines::{Engine, Kind, Settings};
use error::Result;

/// A program of this family: which engines it has, and how they are opened.
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// What it measures, in the order of the table.
    pub engines: &'static [Kind],
    /// The groups of cases that it is for.
    pub groups: &'static [Group],
    /// Opens or creates the database of an engine in a directory.
    pub open: fn(Kind, &Path, &Settings) -> Result<Box<dyn Engine>>,
    /// Why an engine can't be measured on this machine.
    pub missing: fn(Kind) -> Option<String>,
}

/// The program's life.
pub fn main(program: &Program) -> ExitCode {
    match Args::parse(program, std::env::args().skip(1)).and_then(|args| play(program, args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", program.name);
            ExitCode::FAILURE
        }
    }
}

fn play(program: &Program, mut args: Args) -> Result<()> {
    if args.help {
        print!("{}", args::help(program));
        return Ok(());
    }
    match &args.role {
        Role::Worker(kind) => return worker::serve(program, *kind, &args),
        Role::Host => return engines::host(&args.directory),
        Role::Counted(count) => return counted::run(program, &args, *count),
        Role::Writer { document, results } => return document::write(document, results),
        Role::Parent => {}
    }
    args.engines.retain(|kind| match (program.missing)(*kind) {
        Some(why) => {
            println!("{}: {why}", kind.name());
            false
        }
        None => true,
    });
    run::run(&args)
}
