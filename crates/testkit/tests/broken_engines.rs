//! A checker is worth something only if it can fail: every broken database is noticed, and the
//! sound one is not accused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use plinth_api::{Database, DatabaseOptions, Result};
use plinth_testkit::checker::{check, Violation};
use plinth_testkit::history::{record, Load};
use plinth_testkit::{lockstep, Fault, FaultyDatabase, ModelDatabase};

fn load(seed: u64) -> Load {
    Load::new(seed, 4, 300, 20)
}

fn opener(fault: Fault) -> impl Fn(DatabaseOptions) -> Result<Arc<dyn Database>> {
    move |options| Ok(Arc::new(FaultyDatabase::new(fault, options)))
}

fn check_history(fault: Fault, seed: u64) -> std::result::Result<(), Violation> {
    let database = FaultyDatabase::new(fault, DatabaseOptions::default());
    let history = record(&database, &load(seed)).unwrap();
    check(&history).map(|summary| println!("{fault:?} {seed}: {summary:?}"))
}

#[test]
fn the_model_agrees_with_itself_step_by_step() {
    for seed in 0..10 {
        let open = |options| Ok(Arc::new(ModelDatabase::new(options)) as Arc<dyn Database>);
        let report = lockstep::run(&open, seed, 2_000).unwrap();
        println!("{seed}: {report:?}");
        assert!(report.commits > 50 && report.conflicts > 5, "{report:?}");
        assert_eq!(report.wide_conflicts, 0);
    }
}

#[test]
fn the_model_is_serializable_under_threads() {
    for seed in 0..3 {
        let history = record(&ModelDatabase::new(DatabaseOptions::default()), &load(seed)).unwrap();
        let summary = check(&history).unwrap();
        println!("{seed}: {summary:?}");
        assert!(summary.commits > 100 && summary.conflicts > 10, "{summary:?}");
    }
}

#[test]
fn the_layer_that_lies_can_also_be_honest() {
    lockstep::run(&opener(Fault::None), 1, 2_000).unwrap();
    check_history(Fault::None, 1).unwrap();
}

#[test]
fn lockstep_notices_every_fault() {
    for fault in Fault::ALL {
        let failure = (0..20).find_map(|seed| lockstep::run(&opener(fault), seed, 2_000).err());
        let failure = failure.unwrap_or_else(|| panic!("{fault:?} was not noticed"));
        println!("{fault:?}: {failure}");
        assert!(failure.trace.len() <= 60, "{fault:?}: the trace is long:\n{failure}");
    }
}

#[test]
fn the_history_checker_notices_every_fault_that_legal_calls_can_show() {
    for fault in Fault::ALL.into_iter().filter(|fault| fault.shows_in_histories()) {
        let violation = (0..20).find_map(|seed| check_history(fault, seed).err());
        let violation = violation.unwrap_or_else(|| panic!("{fault:?} was not noticed"));
        println!("{fault:?}: {violation}");
    }
}
