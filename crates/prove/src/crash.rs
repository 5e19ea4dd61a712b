//! P1: processes that are killed, at any moment and at chosen system calls.
//!
//! A round kills one victim; the same directory is opened again and again, and now and then dumped and
//! compared with what was acknowledged.

mod at_call;
mod ground;
mod pair;
mod random;
mod twin;

pub use self::ground::{Ground, BUDGET, LONGEST};
pub use self::random::first_commit;
use crate::stage::{Must, Stage};

/// The stages of P1.
pub fn stages() -> Vec<Stage> {
    let at_call = Stage {
        name: "kill-at-call",
        what: "SIGKILL at the Nth system call of each kind that changes files",
        begin: at_call::begin,
        ..kills()
    };
    let pair = Stage {
        name: "kill-host",
        what: "SIGKILL of one of two processes that share a directory, while the other goes on",
        whole: 1_000,
        short: 8,
        begin: pair::begin,
        ..kills()
    };
    let twin = |name, what, begin| Stage { name, what, begin, whole: 200, short: 0, must: Must::Break, ..kills() };
    vec![
        kills(),
        at_call,
        pair,
        twin("kill-forgets-versions", "the log does not hold versions", |workshop| {
            twin::begin(workshop, "ForgetsVersions")
        }),
        twin("kill-splits-batches", "a commit is two writes", |workshop| twin::begin(workshop, "SplitsBatches")),
        twin("kill-skips-the-log", "commits are acknowledged that are in no log", |workshop| {
            twin::begin(workshop, "SkipsTheLog")
        }),
    ]
}

/// At random moments; the others differ in little.
fn kills() -> Stage {
    Stage {
        name: "kill-random",
        obligation: "P1",
        what: "SIGKILL at a random moment of opening, committing and closing",
        rounds: "kills",
        whole: 5_000,
        short: 40,
        must: Must::Hold,
        begin: random::begin,
    }
}
