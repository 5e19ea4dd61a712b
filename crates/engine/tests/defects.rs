//! The tests of the engine can fail: each defect that can be switched on is noticed, by the
//! comparison with the model step by step, by the check of what many threads saw, or by both.
//!
//! Runs with `cargo test --release -p plinth-engine --features defects --test defects`.

#![cfg(feature = "defects")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::memory;
use plinth_api::{Database, DatabaseOptions, Result};
use plinth_engine::{switch_on, Defect};
use plinth_testkit::checker::check;
use plinth_testkit::history::{record, Load};
use plinth_testkit::lockstep;

const STEPS: usize = 4_000;
const SEEDS: u64 = 25;
const TRANSACTIONS: usize = 2_000;
/// Rounds of threads, where the model has noticed already and where it has not.
const ROUNDS: (u64, u64) = (4, 40);

fn in_memory(options: DatabaseOptions) -> Result<Arc<dyn Database>> {
    plinth_engine::open(":memory:", options)
}

/// Steps until the comparison with the model fails.
fn by_lockstep() -> Option<usize> {
    lockstep::steps_until_failure(&in_memory, 0..SEEDS, STEPS).map(|(_, steps)| steps)
}

/// Transactions until the check of what threads saw fails.
fn by_history(seeds: u64) -> Option<usize> {
    let fails = |seed: &u64| {
        // Every other run has so few keys that commits of one group meet.
        let (threads, keys) = if seed.is_multiple_of(2) { (8, 24) } else { (32, 3) };
        let transactions = TRANSACTIONS / threads;
        let load = Load { seed: *seed, threads, transactions, keys, reach: None, mixed_durability: false };
        record(&*memory(), &load).map_or(true, |history| check(&history).is_err())
    };
    (0..seeds).find(fails).map(|seed| (seed as usize + 1) * TRANSACTIONS)
}

#[test]
fn every_defect_is_noticed() {
    switch_on(Defect::None);
    assert_eq!((by_lockstep(), by_history(2)), (None, None), "without a defect nothing fails");
    let mut missed = Vec::new();
    println!("{:<22} {:>14} {:>20}", "defect", "lockstep steps", "threads transactions");
    for defect in Defect::ALL {
        switch_on(defect);
        let steps = by_lockstep();
        let transactions = by_history(if steps.is_some() { ROUNDS.0 } else { ROUNDS.1 });
        let text = |count: Option<usize>| count.map_or("-".to_string(), |count| count.to_string());
        println!("{:<22} {:>14} {:>20}", format!("{defect:?}"), text(steps), text(transactions));
        if steps.is_none() && transactions.is_none() {
            missed.push(defect);
        }
    }
    switch_on(Defect::None);
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
