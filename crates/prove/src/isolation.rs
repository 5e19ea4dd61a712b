//! P3: random use compared with the model, answer by answer; histories of many threads, each proved to
//! have a serial order that agrees with real time; and the defects that both must notice.

use std::time::Duration;

use crate::command::{engine_case, rust_test, Commands, Said, Task};
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
        stage("anomalies", "each anomaly of weaker isolation by its name", "runs", 20, 1, anomalies),
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

fn anomalies(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let program = rust_test(workshop, "engine", "anomalies", "")?;
    let place = workshop.clone();
    let count = |said: &Said, tally: &mut Tally| tally.add("cases", said.passed());
    let task = move |_: Round| engine_case(&place, &program, "");
    Ok(Box::new(Commands { workshop: workshop.clone(), log: "anomalies", task, count }))
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
