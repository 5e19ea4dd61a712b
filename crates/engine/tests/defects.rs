//! The tests of the engine can fail: each defect that can be switched on is noticed, by the
//! comparison with the model step by step, by the check of what many threads saw, or by both.
//!
//! Runs with `cargo test --release -p plinth-engine --features defects --test defects`.

#![cfg(feature = "defects")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::memory;
use plinth_api::{Database, DatabaseOptions, Mutation, Result};
use plinth_engine::{switch_on, Defect};
use plinth_testkit::checker::check;
use plinth_testkit::history::{record, Load};
use plinth_testkit::lockstep;

const STEPS: usize = 4_000;
const SEEDS: u64 = 25;
const TRANSACTIONS: usize = 2_000;
const ROUNDS: u64 = 4;
/// Additions to one counter.
const ADDITIONS: usize = 2_000;

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
        let load = Load::new(*seed, threads, transactions, keys);
        record(&*memory(), &load).map_or(true, |history| check(&history).is_err())
    };
    (0..seeds).find(fails).map(|seed| (seed as usize + 1) * TRANSACTIONS)
}

/// Commits until a counter that many of one group add to is wrong (ATOM-6).
fn by_counter() -> Option<usize> {
    let database = memory();
    let (told, outcomes) = std::sync::mpsc::channel();
    for _ in 0..ADDITIONS {
        let transaction = database.begin().unwrap();
        transaction.atomic_op(0, Mutation::Add, b"counter", &1u64.to_le_bytes()).unwrap();
        let told = told.clone();
        transaction.commit_async(Box::new(move |outcome| told.send(outcome.is_ok()).unwrap()), false);
    }
    drop(told);
    assert!(outcomes.iter().all(|committed| committed), "an addition alone never conflicts");
    let value = database.begin().unwrap().get(0, b"counter", false).unwrap();
    let sum = value.map(|value| u64::from_le_bytes((*value).try_into().unwrap()));
    (sum != Some(ADDITIONS as u64)).then_some(ADDITIONS)
}

#[test]
fn every_defect_is_noticed() {
    switch_on(Defect::None);
    assert_eq!((by_lockstep(), by_history(2), by_counter()), (None, None, None), "without a defect nothing fails");
    let mut missed = Vec::new();
    println!("{:<20} {:>15} {:>15} {:>15}", "noticed after", "lockstep steps", "transactions", "additions");
    for defect in Defect::ALL {
        switch_on(defect);
        let counts = [by_lockstep(), by_history(ROUNDS), by_counter()];
        let [steps, transactions, additions] =
            counts.map(|count| count.map_or("-".to_string(), |count| count.to_string()));
        println!("{:<20} {steps:>15} {transactions:>15} {additions:>15}", format!("{defect:?}"));
        if counts == [None; 3] {
            missed.push(defect);
        }
    }
    switch_on(Defect::None);
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
