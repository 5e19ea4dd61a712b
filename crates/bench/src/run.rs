//! One run: scene after scene, in each the engines that it needs, and each case in rounds that take turns.
//! Relies on `worker` for the processes of the engines.

use crate::args::Args;
use crate::case::{self, Case};
use crate::engines::{self, Kind};
use crate::error::{Context, Error, Result};
use crate::measure::Sample;
use crate::row::{Results, Row};
use crate::scene::{self, Scene};
use crate::worker::Worker;
use crate::{allocations, fairness, machine, report};

/// A case and its number among all.
type Numbered = (usize, Case);

/// Measures what is asked for, prints it and writes it down.
pub fn run(args: &Args) -> Result<()> {
    let cases: Vec<Numbered> = case::cases().into_iter().enumerate().filter(|(_, case)| args.wants(case)).collect();
    if cases.is_empty() {
        return Err(Error::new("there is no such measurement; see --list"));
    }
    if args.list {
        print!("{}", report::list(args, &cases));
        return Ok(());
    }
    args.url.map_or(Ok(()), engines::check_cluster_empty)?;
    let scratch = machine::Scratch::create(&args.directory)?;
    let about = report::heading(args, &machine::describe(scratch.path())?);
    println!("{about}");

    let mut progress = Progress { args, total: cases.len(), done: 0, rows: Vec::new(), memory: Vec::new() };
    // After a failure, what was measured before is still reported.
    let mut outcome = Ok(());
    for scene in scene::ALL {
        let cases: Vec<&Numbered> = cases.iter().filter(|(_, case)| case.scene.name == scene.name).collect();
        if !cases.is_empty() {
            outcome = outcome.and(progress.play(scene, &cases, &scratch).context(scene.name));
        }
    }
    if let Some(url) = args.url {
        let emptied = engines::empty_cluster(url).context(url);
        outcome = outcome.and(emptied);
    }
    let Progress { rows, memory, .. } = progress;
    print!("{}", report::table(&rows));
    print!("{}", report::published(&rows));
    print!("{}", report::futures(&rows));
    print!("{}", report::processes(&rows));
    print!("{}", report::clusters(&rows));
    if args.engines.contains(&Kind::FdbC) && args.url.is_none() {
        print!("{}", allocations::report(scratch.path()));
    }
    print!("{}", report::memory(&memory));
    print!("{}", report::verdict(&rows));
    let results = Results { about, rows }.write()?;
    std::fs::write(&args.output, results).context(format!("writing {}", args.output.display()))?;
    println!("\nwritten: {}", args.output.display());
    outcome
}

struct Progress<'a> {
    args: &'a Args,
    total: usize,
    done: usize,
    rows: Vec<Row>,
    memory: Vec<(Kind, &'static str, u64)>,
}

impl Progress<'_> {
    /// The cases of one scene; its databases are gone afterwards.
    fn play(&mut self, scene: &'static Scene, cases: &[&Numbered], scratch: &machine::Scratch) -> Result<()> {
        let directory = scratch.path().join(scene.name);
        std::fs::create_dir(&directory).context(directory.display())?;
        let is_needed = |kind: &Kind| cases.iter().any(|(_, case)| case.measures(*kind));
        let (mut workers, mut failed) = (Vec::new(), Ok(()));
        for kind in self.args.engines.iter().copied().filter(is_needed) {
            eprintln!("{}: loading {}", scene.name, kind.name());
            match Worker::start(kind, scene, self.args, &directory).context(kind.name()) {
                Ok(worker) => workers.push(worker),
                // The others are measured all the same; the run ends with the error.
                Err(error) => {
                    eprintln!("left out: {error}");
                    failed = Err(error);
                }
            }
        }
        let engines: Vec<Kind> = workers.iter().map(Worker::kind).collect();
        let alike: Vec<Kind> =
            engines.iter().copied().filter(|kind| kind.is_rocksdb() && self.args.url.is_none()).collect();
        println!("{}: {}", scene.name, fairness::compare(&directory, &alike)?);
        let mut outcome = Ok(());
        for (number, case) in cases {
            self.done += 1;
            eprintln!("[{}/{}] {}", self.done, self.total, case.label());
            let measured = rounds(self.args, &mut workers, *number, case).context(case.label());
            outcome = measured.map(|samples| {
                let samples = engines.iter().zip(samples).filter(|(_, samples)| !samples.is_empty());
                self.rows.extend(samples.map(|(kind, samples)| Row::new(case, *kind, &samples)));
            });
            if outcome.is_err() {
                break;
            }
        }
        self.memory.extend(workers.iter().map(Worker::peak).map(|(kind, bytes)| (kind, scene.name, bytes)));
        for worker in workers {
            let stopped = worker.stop();
            outcome = outcome.and(stopped);
        }
        std::fs::remove_dir_all(&directory).context(directory.display())?;
        outcome.and(failed)
    }
}

/// One case on every engine that it is for, `--rounds` times, each round beginning with another
/// engine. An engine that it is not for has no samples.
fn rounds(args: &Args, workers: &mut [Worker], number: usize, case: &Case) -> Result<Vec<Vec<Sample>>> {
    let mut samples = vec![Vec::new(); workers.len()];
    for round in 0..args.rounds {
        for turn in 0..workers.len() {
            let engine = (round + turn) % workers.len();
            if !case.measures(workers[engine].kind()) {
                continue;
            }
            let sample = workers[engine].measure(number, args.seconds).context(workers[engine].kind().name())?;
            samples[engine].push(sample);
        }
    }
    Ok(samples)
}
