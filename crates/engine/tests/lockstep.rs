//! Random single-threaded use gives the same answers as the model: values, pairs, `more`, error
//! numbers, conflicts, and the order of versions.
//!
//! `PLINTH_SEED` runs one seed, `PLINTH_STEPS` sets the length, `PLINTH_RUNS` the number of
//! random seeds.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use common::{number, Disk};
use plinth_api::{Database, DatabaseOptions, Durability, Result};
use plinth_testkit::{lockstep, seeds};

const STEPS: usize = 4_000;

fn steps(default: usize) -> usize {
    number("PLINTH_STEPS").map_or(default, |steps| steps as usize)
}

fn in_memory(options: DatabaseOptions) -> Result<Arc<dyn Database>> {
    plinth_engine::open(":memory:", options)
}

fn run_in_memory(seed: u64, steps: usize) {
    let report = lockstep::run(&in_memory, seed, steps).unwrap_or_else(|failure| panic!("{failure}"));
    println!("seed {seed}: {report:?}");
}

#[test]
fn random_use_agrees_with_the_model() {
    if let Some(seed) = number("PLINTH_SEED") {
        return run_in_memory(seed, steps(STEPS));
    }
    for seed in 1..=8 {
        run_in_memory(seed, steps(STEPS));
    }
}

#[test]
fn random_use_with_a_random_seed_agrees_with_the_model() {
    for _ in 0..number("PLINTH_RUNS").unwrap_or(1) {
        let seed = fastrand::u64(..1 << 32);
        println!("PLINTH_SEED={seed}");
        run_in_memory(seed, steps(STEPS));
    }
}

#[test]
fn runs_that_failed_once_agree_with_the_model() {
    for seed in seeds::lockstep() {
        run_in_memory(seed.seed, seed.steps);
    }
}

/// What the fuzzer `model` keeps.
#[test]
fn inputs_that_are_kept_agree_with_the_model() {
    let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/model");
    let inputs: Vec<_> = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!inputs.is_empty());
    for input in inputs {
        let bytes = std::fs::read(&input).unwrap();
        let report = lockstep::run_bytes(&in_memory, &bytes).unwrap_or_else(|failure| panic!("{input:?}: {failure}"));
        assert!(report.operations > 0, "{input:?}");
    }
}

#[test]
fn random_use_on_disk_agrees_with_the_model() {
    let disk = Disk::new();
    let opened = AtomicUsize::new(0);
    let open = |options: DatabaseOptions| {
        let options = DatabaseOptions { durability: Durability::Buffered, ..options };
        plinth_engine::open(&disk.at(&opened.fetch_add(1, Ordering::Relaxed).to_string()), options)
    };
    for seed in 101..=102 {
        let report = lockstep::run(&open, seed, steps(STEPS)).unwrap_or_else(|failure| panic!("{failure}"));
        println!("seed {seed}: {report:?}");
    }
}
