//! P3: random use compared with the model, answer by answer; histories of many threads, each proved to
//! have a serial order that agrees with real time; and the defects that both must notice.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::command::{engine_case, rust_test, Commands, Said, Task};
use crate::defective;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// The stages of P3.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, rounds, whole, short, begin| Stage {
        name,
        obligation: "P3",
        what,
        rounds,
        whole,
        short,
        must: Must::Hold,
        begin,
    };
    vec![
        stage("lockstep", "random use against the model, answer by answer", "runs", 1_000, 5, lockstep),
        stage(
            "histories",
            "1,000 transactions on 2 to 64 threads have a serial order",
            "histories",
            10_000,
            25,
            histories,
        ),
        stage(
            "histories-stress",
            "the same with small caches, flushes, compactions and a window that expires",
            "histories",
            500,
            1,
            histories_under_stress,
        ),
        stage("anomalies", "each anomaly of weaker isolation by its name, in Rust and in C", "runs", 20, 1, anomalies),
        stage(
            "anomalies-noticed",
            "the C test of each fails where a defect lets it through",
            "runs",
            1,
            0,
            let_through,
        ),
        stage("defects", "the planted defects of the engine are noticed", "runs", 1, 0, defects),
    ]
}

fn lockstep(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    seeded(workshop, "lockstep", "random_use_agrees_with_the_model", |said, tally| {
        tally.add("answers", said.sum("answers"));
        tally.add("errors", said.sum("errors"));
    })
}

fn histories(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    seeded(workshop, "serializable", "a_history_of_any_shape", count_history)
}

fn histories_under_stress(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    seeded(workshop, "serializable", "a_history_under_stress", |said, tally| {
        count_history(said, tally);
        tally.add("files of RocksDB", said.sum("files"));
        tally.add("too old", said.sum("too_old"));
    })
}

fn count_history(said: &Said, tally: &mut Tally) {
    tally.add("transactions", said.sum("attempts"));
    tally.add("reads", said.sum("reads"));
    tally.add("commits", said.sum("commits"));
    tally.add("conflicts", said.sum("conflicts"));
    tally.largest("threads", said.most("threads"));
}

/// Rounds that run one case of a test of the engine, with the seed of the round.
fn seeded(
    workshop: &Workshop,
    test: &'static str,
    case: &'static str,
    count: fn(&Said, &mut Tally),
) -> Result<Box<dyn Trial>, Trouble> {
    let program = rust_test(workshop, "engine", test, "")?;
    let place = workshop.clone();
    let task = move |round: Round| {
        let task = engine_case(&place, &program, case);
        let task = Task { arguments: [task.arguments, vec!["--exact".to_owned()]].concat(), ..task };
        task.with("PLINTH_SEED", round.seed).within(Duration::from_secs(300))
    };
    Ok(Box::new(Commands { workshop: workshop.clone(), log: test, task, count }))
}

/// Both tests of the anomalies.
struct Anomalies {
    workshop: Workshop,
    rust: PathBuf,
    c: PathBuf,
}

fn anomalies(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let rust = rust_test(workshop, "engine", "anomalies", "")?;
    let c = workshop.c_test("anomalies", &workshop.release.join("libplinth.so"))?;
    Ok(Box::new(Anomalies { workshop: workshop.clone(), rust, c }))
}

impl Trial for Anomalies {
    fn round(&mut self, _: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let said = engine_case(&self.workshop, &self.rust, "").done(&self.workshop, "anomalies")?;
        tally.add("cases", said.passed());
        let said = Task::new(&self.workshop, &self.c, &[]).done(&self.workshop, "anomalies")?;
        tally.add("claims in C", said.lines("ok "));
        Ok(tally)
    }
}

/// Claims of `ffi-tests/anomalies.c`, by their beginnings, and a defect with which each fails. None makes a read of one
/// key be forgotten: write skew over single keys is noticed with values that are read too early.
const LET_THROUGH: [(&str, &str); 16] = [
    ("lost_update_the_second", "PublishesBeforeWrite"),
    ("lost_update_the_last_row", "ForgetsLastRow"),
    ("lost_update_threads", "PublishesBeforeWrite"),
    ("write_skew_two_doctors", "PublishesBeforeWrite"),
    ("write_skew_over_keyspaces", "ForgetsKeyspaces"),
    ("read_skew", "LosesSnapshotBound"),
    ("phantom_a_row_that_appears", "IgnoresReadRanges"),
    ("phantom_a_row_that_goes", "IgnoresReadRanges"),
    ("g2_two", "IgnoresLastByte"),
    ("g0_a_transaction", "AppliesOutOfOrder"),
    ("g0_blind", "PublishesBeforeWrite"),
    ("g1a", "PublishesBeforeWrite"),
    ("g1b", "PublishesBeforeWrite"),
    ("long_fork_readers", "LosesSnapshotBound"),
    ("long_fork_does_not", "LosesSnapshotBound"),
    ("causal_reversal_an", "PublishesBeforeWrite"),
];

/// What only shows when threads meet may take some.
const ATTEMPTS: u32 = 20;

struct LetThrough {
    workshop: Workshop,
    program: PathBuf,
}

impl LetThrough {
    /// Whether a claim fails where the library has a defect, and says so.
    fn fails(&self, claim: &str, defect: &str) -> Result<bool, Trouble> {
        let mut command = Command::new("timeout");
        command.arg("120").arg(&self.program).env(defective::SWITCH, defect).env("PLINTH_TEST_ONLY", claim);
        let output = self.workshop.output(&mut command, "anomalies-noticed")?;
        let said = String::from_utf8_lossy(&output.stdout);
        Ok(output.status.code() == Some(1) && said.lines().any(|line| line.starts_with("FAILED ")))
    }
}

fn let_through(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let program = workshop.c_test("anomalies", &defective::library(workshop)?)?;
    Ok(Box::new(LetThrough { workshop: workshop.clone(), program }))
}

impl Trial for LetThrough {
    fn round(&mut self, _: Round) -> Result<Tally, Trouble> {
        // Without a defect none of them fails.
        Task::new(&self.workshop, &self.program, &[]).done(&self.workshop, "anomalies-noticed")?;
        let mut tally = Tally::default();
        for (claim, defect) in LET_THROUGH {
            if !(0..ATTEMPTS).try_fold(false, |noticed, _| Ok::<_, Trouble>(noticed || self.fails(claim, defect)?))? {
                return Err(Trouble::Finding(format!("{claim} does not notice {defect}")));
            }
            tally.add("defects noticed", 1);
        }
        Ok(tally)
    }
}

fn defects(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let program = rust_test(workshop, "engine", "defects", "defects")?;
    let place = workshop.clone();
    let count =
        |said: &Said, tally: &mut Tally| tally.add("defects noticed", said.0.lines().filter(is_noticed).count() as u64);
    let task = move |_: Round| engine_case(&place, &program, "");
    Ok(Box::new(Commands { workshop: workshop.clone(), log: "defects", task, count }))
}

/// A line of the table of defects: a name, and after how much each detector noticed it.
fn is_noticed(line: &&str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_count = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    words.len() == 4 && words[1..].iter().all(|word| *word == "-" || is_count(word)) && words[1..].iter().any(is_count)
}
