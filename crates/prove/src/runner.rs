//! Does the rounds of the stages, and keeps what they counted after each.

use std::time::{Duration, Instant};

use crate::machine::Machine;
use crate::report::{self, Result as Outcome};
use crate::stage::{Must, Round, Stage, Trouble};
use crate::state::{Done, Finding, State};
use crate::workshop::{hash, Workshop};

/// The progress is told, and kept, so often.
const TELL: Duration = Duration::from_secs(5);
/// Findings of a stage after which it ends.
const MOST_FINDINGS: usize = 10;

/// How the stages are run.
pub struct Runner<'a> {
    /// Where.
    pub workshop: &'a Workshop,
    /// On what.
    pub machine: &'a Machine,
    /// All stages that there are.
    pub stages: &'a [Stage],
    /// What was done.
    pub state: State,
    /// The seed of every stage; drawn for each if there is none.
    pub seed: Option<u64>,
    /// The rounds of every stage; each has its own number if there is none.
    pub rounds: Option<u64>,
    /// How long a stage goes on at most; what is left of it is for the next run.
    pub patience: Option<Duration>,
}

impl Runner<'_> {
    /// Runs a stage to its end, or goes on with it.
    pub fn run(&mut self, stage: &Stage) -> Result<Outcome, Trouble> {
        let asked = self.rounds.unwrap_or(if self.workshop.short { stage.short } else { stage.whole });
        let left = self.state.stages.remove(stage.name);
        let left = left.filter(|done| done.obstacle.is_none() && done.broken.is_none());
        let mut done =
            left.unwrap_or_else(|| Done { seed: self.seed.unwrap_or_else(|| fastrand::u64(..)), ..Done::default() });
        done.ended = done.ended && done.asked >= asked;
        done.asked = asked;
        if !done.ended {
            println!("prove: {} {}: {} {} of {asked}", stage.obligation, stage.name, done.rounds, stage.rounds);
            self.rounds_of(stage, &mut done)?;
        }
        let outcome = report::result(stage, &done);
        self.keep(stage, &done)?;
        self.tell(stage, &done, outcome);
        Ok(outcome)
    }

    fn rounds_of(&mut self, stage: &Stage, done: &mut Done) -> Result<(), Trouble> {
        let mut trial = match (stage.begin)(self.workshop) {
            Ok(trial) => trial,
            Err(trouble) => {
                take(trouble, done, Round { number: 0, seed: done.seed });
                return Ok(());
            }
        };
        let begun = Instant::now();
        let (mut told, mut clock) = (begun, begun);
        while done.rounds < done.asked && !is_enough(stage, done) {
            let round = Round { number: done.rounds, seed: hash(&format!("{} {}", done.seed, done.rounds)) };
            match trial.round(round) {
                Ok(tally) => done.tally.merge(&tally),
                Err(trouble) => take(trouble, done, round),
            }
            done.seconds += clock.elapsed().as_secs_f64();
            clock = Instant::now();
            if done.obstacle.is_some() || done.broken.is_some() {
                return Ok(());
            }
            done.rounds += 1;
            if self.patience.is_some_and(|patience| begun.elapsed() > patience) && done.rounds < done.asked {
                return Ok(());
            }
            if told.elapsed() > TELL {
                told = Instant::now();
                println!(
                    "prove: {}: {} {} of {}, {}",
                    stage.name,
                    done.rounds,
                    stage.rounds,
                    done.asked,
                    done.tally.text()
                );
                self.keep(stage, done)?;
            }
        }
        match trial.end() {
            Ok(tally) => done.tally.merge(&tally),
            Err(trouble) => take(trouble, done, Round { number: done.rounds, seed: done.seed }),
        }
        done.ended = true;
        Ok(())
    }

    fn keep(&mut self, stage: &Stage, done: &Done) -> Result<(), Trouble> {
        self.state.stages.insert(stage.name.to_owned(), done.clone());
        self.state.save()?;
        report::write(&self.workshop.build, self.machine, &self.state, self.stages)?;
        Ok(())
    }

    /// The last line of a stage is what scripts/count.py reads.
    fn tell(&self, stage: &Stage, done: &Done, outcome: Outcome) {
        for finding in &done.findings {
            println!("prove: {}: round {}, seed {}: {}", stage.name, finding.round, finding.seed, finding.what);
        }
        if let Some(what) = &done.broken {
            println!("prove: {}: the test itself failed: {what}", stage.name);
        }
        println!("prove: {}: {} {}, {}", stage.name, done.rounds, stage.rounds, done.tally.text());
        match (outcome, &done.obstacle) {
            (Outcome::NotRun, Some(reason)) => println!("prove {}: not run: {reason}", stage.name),
            (Outcome::Passed, _) => println!("prove {}: 1 passed, 0 failed", stage.name),
            (Outcome::Unfinished, _) => println!("prove {}: unfinished", stage.name),
            _ => println!("prove {}: 0 passed, 1 failed", stage.name),
        }
    }
}

/// Whether nothing more can come of the stage.
fn is_enough(stage: &Stage, done: &Done) -> bool {
    match stage.must {
        Must::Break => !done.findings.is_empty(),
        Must::Hold => done.findings.len() >= MOST_FINDINGS,
    }
}

/// Notes what went wrong.
fn take(trouble: Trouble, done: &mut Done, round: Round) {
    match trouble {
        Trouble::Finding(what) => done.findings.push(Finding { what, round: round.number, seed: round.seed }),
        Trouble::Missing(what) => done.obstacle = Some(what),
        Trouble::Rig(what) => done.broken = Some(what),
    }
}
