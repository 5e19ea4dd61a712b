//! Several processes on one directory: one is host, whoever is killed; no acknowledged commit is
//! lost, none is applied twice, and what everybody saw has one serial order that agrees with real
//! time (COM-7, COM-8, VER-4, VER-5, VER-12, CONF-14, CONF-20, WATCH-1, 3FS-6).
//!
//! The test program starts itself as a worker, in the test `worker`. The tests run one after the other.
//!
//! `PLINTH_SEED` sets the seed. `PLINTH_ROUNDS` makes the long form: so many rounds of racing opens,
//! hand-overs of each kind of durability, and a tenth of it histories and changes that are watched.
//! `PLINTH_BALLAST` is megabytes of data for the hand-overs of a large database.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod crew;
mod figures;
mod hand_over;
mod histories;
mod job;
mod keyspaces;
mod lies;
mod puppet;
mod race;
mod upkeep;
mod watches;
mod worker;

use std::sync::{Mutex, MutexGuard, PoisonError};

use common::{number, Disk};
use job::Place;
use plinth_testkit::line;

/// What a worker process runs; does nothing in the test itself.
#[test]
#[ignore = "this is what worker processes run"]
fn worker() {
    if let Some(job) = std::env::var(job::JOB).ok().and_then(|text| line::decode(&text)) {
        worker::work(job);
        // Without waiting for the thread that hears the parent.
        std::process::exit(0);
    }
}

/// The tests would disturb each other's timing.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The seed, which is printed.
fn seed(what: &str) -> u64 {
    let seed = number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    println!("PLINTH_SEED={seed}, {what}");
    seed
}

/// How many rounds: so many in the short form.
fn rounds(short: u64, of_long: impl Fn(u64) -> u64) -> u64 {
    number("PLINTH_ROUNDS").map_or(short, of_long)
}

/// A place in a new directory.
fn place(disk: &Disk, sync: bool) -> Place {
    Place { path: disk.path(), hosts: disk.at("hosts"), sync, lie: None }
}
