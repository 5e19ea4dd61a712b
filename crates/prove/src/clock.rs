//! P9: the time of day is set while the database is open, and between its lives.
//!
//! libfaketime stands between the program and the clock and adds what a file says. Two forms: the time of
//! day alone, which is what people and time servers set; and the monotonic clock too, which no
//! system does, where only the order of versions is promised.

mod calls;
mod commits;
mod faked;

use crate::stage::{Must, Stage};

/// The stages of P9.
pub fn stages() -> Vec<Stage> {
    let calls = || Stage {
        name: "clock-calls",
        obligation: "P9",
        what: "the clock is set during a timeout, a wait for a retry, a watch and a transaction",
        rounds: "lives",
        whole: 100,
        short: 2,
        must: Must::Hold,
        begin: |workshop| calls::begin(workshop, None),
    };
    let commits = Stage {
        name: "clock-commits",
        what: "the clock is set again and again while threads commit, then SIGKILL",
        whole: 200,
        short: 6,
        begin: commits::begin,
        ..calls()
    };
    let twin = Stage {
        name: "clock-time-of-day",
        what: "versions that go with the time of day",
        short: 0,
        must: Must::Break,
        begin: |workshop| calls::begin(workshop, Some("ReadsTheTimeOfDay")),
        ..calls()
    };
    vec![calls(), commits, twin]
}
