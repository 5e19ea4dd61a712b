//! Random single-threaded use of a cluster gives the same answers as the model, as it does on the engine.
//!
//! `PLINTH_SEED` runs one seed, `PLINTH_STEPS` sets the length.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::Place;
use plinth_api::DatabaseOptions;
use plinth_testkit::lockstep;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn random_use_agrees_with_the_model() {
    let place = Place::new();
    let opened = AtomicUsize::new(0);
    let open = |options: DatabaseOptions| {
        let options = DatabaseOptions { window: Duration::from_secs(5), ..options };
        place.open_with(&opened.fetch_add(1, Ordering::Relaxed).to_string(), options)
    };
    let leeway = lockstep::Leeway { sizes: true, reads: true };
    let steps = number("PLINTH_STEPS").unwrap_or(1_000) as usize;
    let seeds = number("PLINTH_SEED").map_or(1..=4, |seed| seed..=seed);
    for seed in seeds {
        let report = lockstep::run_with(&open, leeway, seed, steps).unwrap_or_else(|failure| panic!("{failure}"));
        println!("stand-in, seed {seed}: {report:?}");
    }
}
