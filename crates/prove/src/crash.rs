//! P1: processes that are killed, at any moment and at chosen system calls.
//!
//! A round kills one victim; the same directory is opened again and again, and now and then dumped and
//! compared with what was acknowledged.

mod ground;
mod random;

use crate::stage::{Must, Stage};

/// The stages of P1.
pub fn stages() -> Vec<Stage> {
    vec![Stage {
        name: "kill-random",
        obligation: "P1",
        what: "SIGKILL at a random moment of opening, committing and closing",
        rounds: "kills",
        whole: 5_000,
        short: 40,
        must: Must::Hold,
        begin: random::begin,
    }]
}
