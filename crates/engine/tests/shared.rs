//! Several handles of one process on one directory.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::mpsc::channel;
use std::sync::Arc;
use std::time::Duration;

use common::{Disk, DEFAULT};
use plinth_api::{Code, Database, DatabaseOptions, Result};

const LONG: Duration = Duration::from_secs(30);

fn put(database: &dyn Database, key: &[u8], value: &[u8]) -> Result<i64> {
    let transaction = database.begin()?;
    transaction.set(DEFAULT, key, value)?;
    transaction.commit()?;
    Ok(transaction.committed_version())
}

fn look(database: &dyn Database, key: &[u8]) -> Result<Option<Vec<u8>>> {
    let transaction = database.begin()?;
    Ok(transaction.get(DEFAULT, key, false)?.map(|value| value.to_vec()))
}

fn code<T>(result: Result<T>) -> i32 {
    result.err().map_or(0, |error| error.code().number())
}

#[test]
fn the_second_handle_shares_the_database() {
    let disk = Disk::new();
    let (one, two) = (disk.open(), disk.open());
    assert!(one.is_host() && !two.is_host());
    put(&*one, b"from one", b"1").unwrap();
    assert_eq!(look(&*two, b"from one").unwrap().unwrap(), b"1");
    put(&*two, b"from two", b"2").unwrap();
    assert_eq!(look(&*one, b"from two").unwrap().unwrap(), b"2");
    // CONF-1: a commit through one handle conflicts with a read through the other.
    let reader = two.begin().unwrap();
    reader.get(DEFAULT, b"from one", false).unwrap();
    reader.set(DEFAULT, b"other", b"").unwrap();
    put(&*one, b"from one", b"3").unwrap();
    assert_eq!(code(reader.commit()), Code::NOT_COMMITTED.number());
}

#[test]
fn the_second_handle_takes_over() {
    let disk = Disk::new();
    let (one, two, three) = (disk.open(), disk.open(), disk.open());
    let keyspace = two.open_keyspace("things").unwrap();
    let first = put(&*two, b"key", b"1").unwrap();
    let reader = two.begin().unwrap();
    reader.get(DEFAULT, b"key", false).unwrap();
    one.close().unwrap();
    assert_eq!(code(one.begin()), Code::DATABASE_CLOSED.number());
    // What was read belonged to the old host.
    assert_eq!(code(reader.get(DEFAULT, b"other", false)), Code::TRANSACTION_TOO_OLD.number());
    let second = put(&*two, b"key", b"2").unwrap();
    assert!(second > first, "VER-11: versions grow over hand-overs");
    assert!(two.is_host() != three.is_host() || !three.is_host());
    assert_eq!(look(&*three, b"key").unwrap().unwrap(), b"2");
    assert_eq!(three.open_keyspace("things").unwrap(), keyspace);
    two.close().unwrap();
    assert_eq!(look(&*three, b"key").unwrap().unwrap(), b"2");
    three.close().unwrap();
    assert_eq!(look(&*disk.open(), b"key").unwrap().unwrap(), b"2");
}

#[test]
fn watches_survive_a_hand_over() {
    let disk = Disk::new();
    let (one, two) = (disk.open(), disk.open());
    let (tell, told) = channel();
    for key in [b"before", b"after."] {
        let transaction = two.begin().unwrap();
        let tell = tell.clone();
        let done = Box::new(move |outcome: Result<()>| tell.send((key, code(outcome))).unwrap());
        let pending = transaction.clone().watch(DEFAULT, key, done);
        assert!(pending.is_some());
        transaction.commit().unwrap();
        std::mem::forget(pending);
    }
    put(&*one, b"before", b"1").unwrap();
    assert_eq!(told.recv_timeout(LONG).unwrap(), (b"before", 0));
    one.close().unwrap();
    put(&*two, b"after.", b"1").unwrap();
    assert_eq!(told.recv_timeout(LONG).unwrap(), (b"after.", 0));
}

#[test]
fn an_exclusive_handle_is_alone() {
    let disk = Disk::new();
    let exclusive = || DatabaseOptions { exclusive: true, ..DatabaseOptions::default() };
    let one = disk.open_with(exclusive());
    assert_eq!(code(plinth_engine::open(&disk.path(), DatabaseOptions::default())), 1529);
    assert_eq!(code(plinth_engine::open(&disk.path(), exclusive())), 1529);
    one.close().unwrap();
    let two = disk.open();
    let error = plinth_engine::open(&disk.path(), exclusive()).err().unwrap();
    assert_eq!(error.code().number(), 1529);
    assert!(error.story().contains(&format!("pid {}", std::process::id())), "{error}");
    two.close().unwrap();
}

#[test]
fn many_handles_come_and_go() {
    let disk = Disk::new();
    let path = Arc::new(disk.path());
    let workers: Vec<_> = (0..8u8)
        .map(|worker| {
            let path = path.clone();
            std::thread::spawn(move || {
                for round in 0..20u8 {
                    let database = plinth_engine::open(&path, DatabaseOptions::default()).unwrap();
                    loop {
                        let outcome = put(&*database, &[worker, round], b"x").map(|_| 0);
                        match outcome {
                            Ok(_) => break,
                            Err(error) => assert!(error.code().is_retryable(), "{error}"),
                        }
                    }
                    database.close().unwrap();
                }
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    let database = disk.open();
    for worker in 0..8u8 {
        for round in 0..20u8 {
            assert!(look(&*database, &[worker, round]).unwrap().is_some());
        }
    }
}
