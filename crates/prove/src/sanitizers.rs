//! P18: the tests under AddressSanitizer, ThreadSanitizer and Valgrind. A round is a whole suite, which
//! `scripts/sanitize.sh` runs; each has tests of its own that the sanitizer is in.
//!
//! The C tests under AddressSanitizer and Valgrind are steps of `make test` too, with fewer rounds.

use std::time::Duration;

use crate::command::{Commands, Said, Task};
use crate::stage::{Must, Stage, Tally, Trial, Trouble};
use crate::workshop::{need, Workshop};

/// A suite may take this long, with all that has to be compiled for it.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);

type Begun = Result<Box<dyn Trial>, Trouble>;

/// The stages of P18.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, begin| Stage {
        name,
        obligation: "P18",
        what,
        rounds: "suites",
        whole: 1,
        short: 0,
        must: Must::Hold,
        begin,
    };
    vec![
        stage("asan-c", "C tests, AddressSanitizer with leaks", |w| suite(w, "address", "c")),
        stage("asan-fdb-c", "C tests of libfdb_c, AddressSanitizer with leaks", |w| suite(w, "address", "fdb_c")),
        stage("asan-victim", "the program that is killed, AddressSanitizer", |w| suite(w, "address", "victim")),
        stage("tsan-rust", "tests of engine and boundary, ThreadSanitizer", |w| suite(w, "thread", "rust")),
        stage("tsan-c", "C tests, ThreadSanitizer", |w| suite(w, "thread", "c")),
        stage("tsan-fdb-c", "C tests of libfdb_c, ThreadSanitizer", |w| suite(w, "thread", "fdb_c")),
        stage("tsan-victim", "the program that is killed, ThreadSanitizer", |w| suite(w, "thread", "victim")),
        stage("valgrind-c", "C tests, Valgrind with leaks", |w| suite(w, "valgrind", "c")),
        stage("valgrind-fdb-c", "C tests of libfdb_c, Valgrind with leaks", |w| suite(w, "valgrind", "fdb_c")),
        stage("valgrind-victim", "the program that is killed, Valgrind", |w| suite(w, "valgrind", "victim")),
    ]
}

fn suite(workshop: &Workshop, kind: &'static str, what: &'static str) -> Begun {
    need("cmake", "cmake")?;
    let log = "sanitizers";
    let task = Task::new(workshop, &workshop.root.join("scripts/sanitize.sh"), &[kind, what]).within(PATIENCE);
    let workshop = workshop.clone();
    Ok(Box::new(Commands { workshop, log, task: move |_| task.clone(), count }))
}

/// What ctest, cargo and the C harness count.
fn count(said: &Said, tally: &mut Tally) {
    let tests = said.0.lines().filter(|line| line.contains(" Test ") && line.contains("Passed")).count() as u64;
    for (name, count) in [
        ("tests", tests + said.passed()),
        ("checks", checks(said)),
        ("acknowledged commits", said.sum("acknowledged")),
        ("records", said.sum("records")),
    ] {
        if count > 0 {
            tally.add(name, count);
        }
    }
}

/// The C harness ends with `35 claims, 0 failed; 11900 checks, 0 failed`.
fn checks(said: &Said) -> u64 {
    let counts = said.0.split(" failed; ").skip(1);
    counts.filter_map(|rest| rest.split(" checks").next()?.parse::<u64>().ok()).sum()
}
