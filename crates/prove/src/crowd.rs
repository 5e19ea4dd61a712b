//! P12: thousands of threads on one database, and one more of everything than it was opened for.

use std::path::PathBuf;
use std::time::Duration;

use crate::command::Task;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Resident memory at most, in kilobytes: the budget of 64 MB, and for each thread its stack, its
/// transaction and its part of the allocator.
const BOUND: u64 = 1_000_000;

/// The stages of P12.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, rounds, whole, short, begin| Stage {
        name,
        obligation: "P12",
        what,
        rounds,
        whole,
        short,
        must: Must::Hold,
        begin,
    };
    vec![
        stage("crowd", "4,096 threads: transactions, ranges, watches, asynchronous calls", "rounds", 60, 1, crowd),
        stage("limits", "one more transaction, watch or commit than allowed", "runs", 100, 2, limits),
    ]
}

struct Crowd {
    workshop: Workshop,
    program: PathBuf,
    /// Whether only the limits are tried.
    limits: bool,
}

fn crowd(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Crowd { workshop: workshop.clone(), program: workshop.c_program("crowd")?, limits: false }))
}

fn limits(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Crowd { workshop: workshop.clone(), program: workshop.c_program("crowd")?, limits: true }))
}

impl Trial for Crowd {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let scratch = self.workshop.scratch()?;
        let directory = scratch.path().join("database").display().to_string();
        let mut tally = Tally::default();
        if self.limits {
            let task = Task::new(&self.workshop, &self.program, &["limits", &directory]);
            let said = task.within(Duration::from_secs(60)).done(&self.workshop, "limits")?;
            tally.add("commits refused", said.sum("refused"));
            return Ok(tally);
        }
        // The short form is for machines on which little else may run.
        let (threads, seconds) = if self.workshop.short { (512, 4) } else { (4_096, 60) };
        let numbers = [round.seed, threads, seconds].map(|number| number.to_string());
        let [seed, threads, at_work] = &numbers;
        let task = Task::new(&self.workshop, &self.program, &[&directory, seed, threads, at_work]);
        let said = task.within(Duration::from_secs(400)).done(&self.workshop, "crowd")?;
        ["operations", "commits", "conflicts"].iter().for_each(|word| tally.add(word, said.sum(word)));
        tally.add("seconds", seconds);
        tally.largest("threads", said.sum("threads"));
        tally.largest("resident kB", said.sum("resident"));
        match (said.sum("least"), said.sum("resident")) {
            (0, _) => Err(Trouble::Finding("a thread ended nothing".to_owned())),
            (_, resident) if resident > BOUND => Err(Trouble::Finding(format!("{resident} kB resident"))),
            _ => Ok(tally),
        }
    }
}
