//! Calls on a database in memory and on the model, which must answer the same.
//!
//! `PLINTH_FUZZ_DEFECT` names a defect of the engine that is switched on, which must be found.
#![no_main]

use std::cell::RefCell;
use std::sync::{Arc, Once};

use libfuzzer_sys::fuzz_target;
use plinth_api::{Database, DatabaseOptions, Result};
use plinth_engine::Defect;
use plinth_testkit::lockstep;

/// A database serves so many inputs, since opening one takes longer than most of them; then its window
/// holds too many old versions.
const INPUTS: u32 = 200;

thread_local! {
    static DATABASE: RefCell<Option<(Arc<dyn Database>, u32)>> = const { RefCell::new(None) };
}

static DEFECT: Once = Once::new();

fuzz_target!(|data: &[u8]| {
    DEFECT.call_once(plant);
    if let Err(failure) = lockstep::run_bytes(&open, data) {
        panic!("{failure}");
    }
});

/// An empty database.
fn open(options: DatabaseOptions) -> Result<Arc<dyn Database>> {
    DATABASE.with_borrow_mut(|kept| {
        match kept {
            Some((database, inputs)) if *inputs < INPUTS => {
                *inputs += 1;
                empty(&**database)?;
            }
            _ => *kept = Some((plinth_engine::open(":memory:", options)?, 0)),
        }
        Ok(kept.as_ref().expect("it was just put there").0.clone())
    })
}

fn empty(database: &dyn Database) -> Result<()> {
    let transaction = database.begin()?;
    for name in database.list_keyspaces()? {
        let keyspace = database.open_keyspace(&name)?.id;
        transaction.clear_range(keyspace, b"", b"\xff")?;
    }
    transaction.commit()
}

fn plant() {
    let name = std::env::var("PLINTH_FUZZ_DEFECT").unwrap_or_default();
    if let Some(defect) = Defect::ALL.into_iter().find(|defect| format!("{defect:?}") == name) {
        plinth_engine::switch_on(defect);
    }
}
