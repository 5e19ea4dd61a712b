//! P11: processes that race to open one directory, and what they share then: hand-overs, watches,
//! keyspaces, histories; and the lies that the checkers must notice.

use std::time::Duration;

use crate::command::{engine_case, rust_test, Commands, Said, Task};
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::{need, Workshop};

/// The stages of P11.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, rounds, whole, short, begin| Stage {
        name,
        obligation: "P11",
        what,
        rounds,
        whole,
        short,
        must: Must::Hold,
        begin,
    };
    vec![
        stage("racing", "racing opens of 16 processes", "times 25 opens", 40, 1, racing),
        stage("hand-overs", "hosts and guests killed, closed, stopped under load", "times 40 blows", 50, 0, hand_overs),
        stage("hand-overs-large", "the same with a gigabyte of data", "times 20 blows", 10, 0, hand_overs_large),
        stage("watches", "watches over hand-overs", "times 20 changes", 25, 0, watches),
        stage("keyspaces", "keyspaces that several processes open, drop and make", "runs", 10, 0, keyspaces),
        stage("process-histories", "histories of 2 to 16 processes with kills", "times 3 histories", 100, 0, histories),
        stage("lies", "lies of one process are noticed", "runs", 1, 0, lies),
        stage("threefs", "three processes like 3FS's, killed and ended in turn", "minutes", 10, 0, threefs),
    ]
}

fn racing(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let long = |task: Task| task.with("PLINTH_ROUNDS", 25);
    processes(workshop, "racing", "racing", long, |said, tally| {
        tally.add("rounds", said.sum("rounds"));
        tally.add("opens", said.sum("count"));
        tally.add("hosts", said.sum("hosts"));
    })
}

fn hand_overs(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    processes(workshop, "hand-overs", "hand_overs_lose", |task| task.with("PLINTH_ROUNDS", 20), count_blows)
}

fn hand_overs_large(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let long = |task: Task| task.with("PLINTH_ROUNDS", 100).with("PLINTH_BALLAST", 1_000);
    processes(workshop, "hand-overs-large", "hand_overs_lose", long, count_blows)
}

fn count_blows(said: &Said, tally: &mut Tally) {
    tally.add("blows", said.sum("count"));
    tally.add("acknowledged commits", said.sum("acknowledged"));
}

fn watches(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    processes(
        workshop,
        "watches",
        "watches",
        |task| task.with("PLINTH_ROUNDS", 40),
        |said, tally| {
            tally.add("changes", said.sum("changes"));
            tally.add("hosts struck", said.sum("hosts struck"));
        },
    )
}

fn keyspaces(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    processes(workshop, "keyspaces", "keyspaces", |task| task, |said, tally| tally.add("tests", said.passed()))
}

fn histories(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    processes(
        workshop,
        "process-histories",
        "histories_of",
        |task| task.with("PLINTH_ROUNDS", 10),
        |said, tally| {
            tally.add("histories", said.lines("Summary"));
            ["attempts", "reads", "commits", "conflicts"].iter().for_each(|word| {
                let lines = said.0.lines().filter(|line| line.starts_with("Summary"));
                tally.add(word, lines.map(|line| Said(line.to_owned()).sum(word)).sum());
            });
        },
    )
}

fn lies(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    processes(workshop, "lies", "lies", |task| task, |said, tally| tally.add("tests", said.passed()))
}

/// Rounds that run a test with several processes.
fn processes(
    workshop: &Workshop,
    log: &'static str,
    case: &'static str,
    long: fn(Task) -> Task,
    count: fn(&Said, &mut Tally),
) -> Result<Box<dyn Trial>, Trouble> {
    let program = rust_test(workshop, "engine", "processes", "")?;
    let place = workshop.clone();
    let task = move |round: Round| long(engine_case(&place, &program, case)).with("PLINTH_SEED", round.seed);
    Ok(Box::new(Commands { workshop: workshop.clone(), log, task, count }))
}

fn threefs(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    need("cmake", "cmake")?;
    let root = &workshop.root;
    let directory = workshop.build.join("threefs").display().to_string();
    let cmake = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Task::new(workshop, "cmake".as_ref(), &arguments).done(workshop, "threefs")
    };
    cmake(&[
        "-S".to_owned(),
        "ffi-tests/fdb_c".to_owned(),
        "-B".to_owned(),
        directory.clone(),
        format!("-DFDB_C_INCLUDE={}", root.join("include").display()),
        format!("-DFDB_C_LIBRARY={}", workshop.release.join("libfdb_c.so").display()),
    ])?;
    let targets = ["processes_management", "processes_metadata", "processes_admin"].map(ToOwned::to_owned);
    cmake(&[vec!["--build".to_owned(), directory.clone(), "--target".to_owned()], targets.to_vec()].concat())?;
    let (place, programs) = (workshop.clone(), format!("{directory}/processes/programs"));
    let task = move |round: Round| {
        let program = "ffi-tests/fdb_c/processes/processes.py";
        let task = Task::new(&place, "python3".as_ref(), &["-B", program, &programs]);
        task.with("PLINTH_PROCESSES_SECONDS", 60).with("PLINTH_TEST_SEED", round.seed >> 32)
    };
    let count = |said: &Said, tally: &mut Tally| {
        ["tried", "acknowledged", "scans", "processes", "violations"]
            .iter()
            .for_each(|word| tally.add(word, said.sum(word)));
    };
    let task = move |round| task(round).within(Duration::from_secs(600));
    Ok(Box::new(Commands { workshop: workshop.clone(), log: "threefs", task, count }))
}
