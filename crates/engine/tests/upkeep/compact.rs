//! Compaction on request.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use plinth_api::{Database, DatabaseOptions, Durability};

use crate::common::{code, memory, put_in, Disk, DEFAULT};
use crate::writers::Writers;

fn buffered() -> DatabaseOptions {
    DatabaseOptions { durability: Durability::Buffered, ..DatabaseOptions::default() }
}

/// Overwrites the same keys of a keyspace, with values that can't be compressed.
fn churn(database: &dyn Database, keyspace: u32, rounds: u32) {
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..rounds {
        let transaction = database.begin().unwrap();
        for number in 0..300_u32 {
            let mut value = [0; 4_000];
            rng.fill(&mut value);
            transaction.set(keyspace, &number.to_be_bytes(), &value).unwrap();
        }
        transaction.commit().unwrap();
    }
}

fn tables(path: &str) -> u64 {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let tables = entries.filter(|entry| entry.path().extension().is_some_and(|it| it == "sst"));
    tables.map(|table| table.metadata().unwrap().len()).sum()
}

#[test]
fn what_was_overwritten_takes_no_room_any_more() {
    let disk = Disk::new();
    for _ in 0..3 {
        // Each end of a life makes a table.
        let database = disk.open_with(buffered());
        let second = database.open_keyspace("second").unwrap().id;
        churn(&*database, DEFAULT, 2);
        churn(&*database, second, 2);
        database.close().unwrap();
    }
    let database = disk.open();
    let second = database.open_keyspace("second").unwrap().id;
    let one = 300 * 4_000;
    let before = tables(&disk.path());
    assert!(before >= 4 * one, "{before}");
    database.compact(Some(second), &()).unwrap();
    let between = tables(&disk.path());
    assert!(between < before, "{between} after {before}");
    database.compact(None, &()).unwrap();
    let after = tables(&disk.path());
    assert!(after < between && after < 2 * one + one / 2, "{after} after {between}");
    let transaction = database.begin().unwrap();
    assert!((0..300_u32).all(|number| transaction.get(second, &number.to_be_bytes(), true).unwrap().is_some()));
    let cleared = database.begin().unwrap();
    cleared.clear_range(DEFAULT, b"", b"\xff").unwrap();
    cleared.commit().unwrap();
}

#[test]
fn it_changes_nothing_that_can_be_read_while_threads_write() {
    let disk = Disk::new();
    let database = disk.open();
    let writers = Writers::begin(&database, 3);
    for _ in 0..5 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        database.compact(None, &()).unwrap();
    }
    let log = writers.end();
    let checkpoint = disk.at("checkpoint");
    let version = database.checkpoint(&checkpoint, &()).unwrap();
    log.check(&checkpoint, version);
    database.verify(&()).unwrap();
}

#[test]
fn it_can_be_cancelled_and_made_again() {
    let disk = Disk::new();
    let database = disk.open_with(buffered());
    churn(&*database, DEFAULT, 10);
    for steps in 0..2 {
        let told = AtomicU64::new(0);
        let outcome = database.compact(None, &|_, _| told.fetch_add(1, Ordering::SeqCst) < steps);
        assert_eq!(code(outcome), 1101);
    }
    database.compact(None, &()).unwrap();
}

#[test]
fn keyspaces_that_are_gone_and_databases_that_can_not_are_told() {
    let disk = Disk::new();
    let database = disk.open();
    let second = database.open_keyspace("second").unwrap().id;
    put_in(&*database, second, b"key", b"value");
    database.drop_keyspace("second").unwrap();
    assert_eq!(code(database.compact(Some(second), &())), 9010);
    database.compact(None, &()).unwrap();
    database.close().unwrap();
    assert_eq!(code(database.compact(None, &())), 9003);
    let read_only = disk.open_with(DatabaseOptions { read_only: true, ..DatabaseOptions::default() });
    assert_eq!(code(read_only.compact(None, &())), 9022);
    // One in memory has its tables there.
    let memory = memory();
    churn(&*memory, DEFAULT, 2);
    memory.compact(None, &()).unwrap();
}
