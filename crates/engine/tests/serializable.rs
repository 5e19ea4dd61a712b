//! Transactions on many threads have a serial explanation in the order of their versions, which
//! agrees with real time; and every conflict has a reason (VER-4, VER-5, VER-12, CONF-14,
//! CONF-19, CONF-20).
//!
//! `PLINTH_SEED` sets the seed, `PLINTH_STEPS` the number of transactions.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{memory, number, Disk};
use plinth_api::Database;
use plinth_testkit::checker::check;
use plinth_testkit::history::{record, Load};

fn prove(database: &dyn Database, threads: usize, transactions: usize, keys: usize, mixed_durability: bool) {
    let seed = number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    let transactions = number("PLINTH_STEPS").map_or(transactions, |steps| steps as usize) / threads;
    println!("PLINTH_SEED={seed}, {threads} threads, {transactions} transactions each");
    let load = Load { seed, threads, transactions, keys, reach: (keys > 100).then_some(3), mixed_durability };
    let history = record(database, &load).unwrap();
    let summary = check(&history).unwrap_or_else(|violation| panic!("seed {seed}: {violation}"));
    println!("{summary:?}");
    assert!(summary.commits > summary.attempts / 10, "too few commits to prove anything: {summary:?}");
    assert!(summary.conflicts > summary.attempts / 100, "too few conflicts to prove anything: {summary:?}");
}

#[test]
fn two_threads_in_memory() {
    prove(&*memory(), 2, 6_000, 24, false);
}

#[test]
fn eight_threads_in_memory() {
    prove(&*memory(), 8, 6_000, 24, false);
}

#[test]
fn thirty_two_threads_in_memory() {
    prove(&*memory(), 32, 6_000, 24, true);
}

#[test]
fn sixty_four_threads_in_memory() {
    prove(&*memory(), 64, 6_000, 24, false);
}

#[test]
fn two_threads_on_disk() {
    prove(&*Disk::new().open(), 2, 3_000, 24, false);
}

#[test]
fn eight_threads_on_disk() {
    prove(&*Disk::new().open(), 8, 5_000, 24, false);
}

#[test]
fn thirty_two_threads_on_disk_with_mixed_durability() {
    prove(&*Disk::new().open(), 32, 6_000, 24, true);
}

#[test]
fn thirty_two_threads_that_seldom_meet_in_groups_that_share_a_sync() {
    prove(&*Disk::new().open(), 32, 6_000, 400, false);
}

#[test]
fn four_threads_on_three_keys() {
    prove(&*memory(), 4, 6_000, 3, false);
}
