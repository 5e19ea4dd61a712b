//! A state that is held: it stays as it was, however old it is, and whatever becomes of the database.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;

use common::{memory, Disk, DEFAULT};
use plinth_api::{Code, Database, Held, RangeOptions, Result, MOST_HELD};

/// The moment is short; with the two steps of a drop the other way round, some hundred rounds meet it.
const ROUNDS_OF_DROPS: usize = 500;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn put(database: &dyn Database, keyspace: u32, key: &[u8], value: &[u8]) -> i64 {
    let transaction = database.begin().unwrap();
    transaction.set(keyspace, key, value).unwrap();
    transaction.commit().unwrap();
    transaction.committed_version()
}

fn code<T>(result: Result<T>) -> Code {
    result.err().map_or(Code::SUCCESS, |error| error.code())
}

/// Everything in a keyspace, in pieces.
fn all(held: &dyn Held, keyspace: u32, options: RangeOptions) -> Result<Pairs> {
    let (mut pairs, mut begin, mut end) = (Pairs::new(), Vec::new(), vec![0xff]);
    loop {
        let found = held.read(keyspace, &begin, &end, options)?;
        pairs.extend(found.iter().map(|(key, value)| (key.to_vec(), value.to_vec())));
        let Some((last, _)) = found.last().filter(|_| found.more) else {
            return Ok(pairs);
        };
        match options.reverse {
            true => end = last.to_vec(),
            false => begin = plinth_api::key::successor(last),
        }
    }
}

/// Far outside of the window, without the time that takes.
fn leave_the_window(database: &dyn Database, version: i64) {
    database.raise_version(version + 600_000_000).unwrap();
    let old = database.begin().unwrap();
    old.set_read_version(version).unwrap();
    assert_eq!(code(old.get(DEFAULT, b"key", false)), Code::TRANSACTION_TOO_OLD);
}

#[test]
fn a_state_stays_as_it_was_beyond_the_window() {
    let database = memory();
    let things = database.open_keyspace("things").unwrap().id;
    let mut expected = Pairs::new();
    for number in 0..1_000u32 {
        let (key, value) = (number.to_be_bytes().to_vec(), vec![number as u8; number as usize % 70]);
        put(&*database, things, &key, &value);
        expected.push((key, value));
    }
    let last = put(&*database, DEFAULT, b"key", b"1");
    let held = database.hold().unwrap();
    assert!(held.version() >= last);
    assert_eq!(database.metrics().held_states, 1);
    put(&*database, DEFAULT, b"key", b"2");
    let clear = database.begin().unwrap();
    clear.clear_range(things, b"", b"\xff").unwrap();
    clear.commit().unwrap();
    leave_the_window(&*database, held.version());
    let names: Vec<_> = held.keyspaces().iter().map(|known| known.name.to_string()).collect();
    assert_eq!(names, ["default", "things"]);
    assert_eq!(all(&*held, DEFAULT, RangeOptions::default()).unwrap(), [(b"key".to_vec(), b"1".to_vec())]);
    for options in [
        RangeOptions::default(),
        RangeOptions { limit: 7, ..RangeOptions::default() },
        RangeOptions { target_bytes: 1, ..RangeOptions::default() },
    ] {
        assert_eq!(all(&*held, things, options).unwrap(), expected);
        let mut backwards = all(&*held, things, RangeOptions { reverse: true, ..options }).unwrap();
        backwards.reverse();
        assert_eq!(backwards, expected);
    }
    assert_eq!(held.read(things, b"b", b"a", RangeOptions::default()).unwrap().len(), 0);
    drop(held);
    assert_eq!(database.metrics().held_states, 0);
}

#[test]
fn a_keyspace_that_is_dropped_is_still_in_the_state() {
    let disk = Disk::new();
    let database = disk.open();
    let ids = ["gone", "kept"].map(|name| database.open_keyspace(name).unwrap().id);
    ids.iter().for_each(|id| _ = put(&*database, *id, b"key", b"value"));
    let held = database.hold().unwrap();
    database.drop_keyspace("gone").unwrap();
    let again = database.open_keyspace("gone").unwrap().id;
    put(&*database, again, b"key", b"another");
    for id in ids {
        assert_eq!(all(&*held, id, RangeOptions::default()).unwrap(), [(b"key".to_vec(), b"value".to_vec())]);
    }
    assert_eq!(code(held.read(again, b"", b"x", RangeOptions::default())), Code::KEYSPACE_DROPPED);
    // Nobody else sees it.
    assert_eq!(code(database.begin().unwrap().get(ids[0], b"key", false)), Code::KEYSPACE_DROPPED);
    let later = database.hold().unwrap();
    assert_eq!(code(later.read(ids[0], b"", b"x", RangeOptions::default())), Code::KEYSPACE_DROPPED);
    drop(held);
    drop(database);
    assert_eq!(disk.open().list_keyspaces().unwrap().len(), 3);
}

/// Two read without a pause while keyspaces are dropped: at no moment is one out of the state.
#[test]
fn a_keyspace_is_in_the_state_also_while_it_is_dropped() {
    let database = memory();
    for _ in 0..ROUNDS_OF_DROPS {
        let id = database.open_keyspace("gone").unwrap().id;
        put(&*database, id, b"key", b"value");
        let held = database.hold().unwrap();
        let (reads, dropped) = (AtomicU64::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !dropped.load(Ordering::SeqCst) {
                        let found = held.read(id, b"", b"x", RangeOptions::default());
                        // One that failed is not waited for.
                        reads.fetch_add(if found.is_ok() { 1 } else { 4 }, Ordering::SeqCst);
                        assert_eq!(found.unwrap().len(), 1);
                    }
                });
            }
            while reads.load(Ordering::SeqCst) < 4 {
                std::thread::yield_now();
            }
            database.drop_keyspace("gone").unwrap();
            dropped.store(true, Ordering::SeqCst);
        });
    }
}

#[test]
fn so_many_states_are_held_and_no_more() {
    let database = memory();
    let mut held: Vec<_> = (0..MOST_HELD).map(|_| database.hold().unwrap()).collect();
    assert_eq!(code(database.hold()), Code::TOO_MANY_HELD_STATES);
    held.pop();
    held.push(database.hold().unwrap());
    assert_eq!(database.metrics().held_states, MOST_HELD as u64);
}

#[test]
fn a_state_ends_with_its_database_and_keeps_nothing_open() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, DEFAULT, b"key", b"1");
    // One that is young, one that left the window.
    let old = database.hold().unwrap();
    leave_the_window(&*database, old.version());
    let young = database.hold().unwrap();
    database.close().unwrap();
    for held in [&old, &young] {
        assert_eq!(code(held.read(DEFAULT, b"", b"x", RangeOptions::default())), Code::DATABASE_CLOSED);
    }
    assert_eq!(code(database.hold()), Code::DATABASE_CLOSED);
    // The directory is free.
    drop(common::raw(&disk.path()));
    let again = disk.open();
    put(&*again, DEFAULT, b"key", b"2");
    drop((old, young));
}

#[test]
fn a_close_waits_for_reads_in_a_state() {
    let database = memory();
    (0..2_000u32).for_each(|number| _ = put(&*database, DEFAULT, &number.to_be_bytes(), &[7; 100]));
    let held: Arc<dyn Held> = database.hold().unwrap();
    let begun = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| loop {
                match held.read(DEFAULT, b"", b"\xff", RangeOptions::default()) {
                    Ok(found) => assert_eq!(found.len(), 2_000),
                    Err(error) => break assert_eq!(error.code(), Code::DATABASE_CLOSED),
                }
                begun.store(true, Ordering::SeqCst);
            });
        }
        while !begun.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        database.close().unwrap();
    });
}

#[test]
fn a_state_of_another_handle_ends_with_its_host() {
    let disk = Disk::new();
    let (host, other) = (disk.open(), disk.open());
    assert!(host.is_host() && !other.is_host());
    let last = put(&*other, DEFAULT, b"key", b"1");
    let held = other.hold().unwrap();
    assert!(held.version() >= last);
    assert_eq!(host.metrics().held_states, 1);
    put(&*host, DEFAULT, b"key", b"2");
    assert_eq!(all(&*held, DEFAULT, RangeOptions::default()).unwrap(), [(b"key".to_vec(), b"1".to_vec())]);
    let closed = other.hold().unwrap();
    host.close().unwrap();
    let lost = held.read(DEFAULT, b"", b"x", RangeOptions::default());
    assert_eq!(code(lost), Code::HELD_STATE_LOST);
    assert!(Code::HELD_STATE_LOST.is_retryable());
    let held = other.hold().unwrap();
    assert_eq!(all(&*held, DEFAULT, RangeOptions::default()).unwrap(), [(b"key".to_vec(), b"2".to_vec())]);
    other.close().unwrap();
    for held in [held, closed] {
        assert_eq!(code(held.read(DEFAULT, b"", b"x", RangeOptions::default())), Code::DATABASE_CLOSED);
    }
}

/// What is held is a state that was: the writers move an amount from key to key, and its sum never changes.
#[test]
fn a_state_is_of_one_version_while_writers_go_on() {
    let database = memory();
    let other = database.open_keyspace("other").unwrap().id;
    let transaction = database.begin().unwrap();
    for number in 0..10u8 {
        transaction.set(u32::from(number % 2) * other, &[number], &100i64.to_le_bytes()).unwrap();
    }
    transaction.commit().unwrap();
    let done = AtomicBool::new(false);
    let read = |bytes: &[u8]| i64::from_le_bytes(bytes.try_into().unwrap());
    std::thread::scope(|scope| {
        for seed in 0..3 {
            let (database, done) = (&database, &done);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed);
                while !done.load(Ordering::SeqCst) {
                    let transaction = database.begin().unwrap();
                    for amount in [-5i64, 5] {
                        let number = random.u8(..10);
                        let keyspace = u32::from(number % 2) * other;
                        let value = transaction.get(keyspace, &[number], false).unwrap().unwrap();
                        transaction.set(keyspace, &[number], &(read(&value) + amount).to_le_bytes()).unwrap();
                    }
                    let _ = transaction.commit();
                }
            });
        }
        for _ in 0..200 {
            let held = database.hold().unwrap();
            let reader = database.begin().unwrap();
            reader.set_read_version(held.version()).unwrap();
            let mut sum = 0;
            let mut seen: BTreeMap<u8, i64> = BTreeMap::new();
            for keyspace in [0, other] {
                for (key, value) in all(&*held, keyspace, RangeOptions::default()).unwrap() {
                    sum += read(&value);
                    seen.insert(key[0], read(&value));
                }
            }
            assert_eq!(sum, 1_000);
            for (number, value) in seen {
                let keyspace = u32::from(number % 2) * other;
                assert_eq!(read(&reader.get(keyspace, &[number], true).unwrap().unwrap()), value);
            }
        }
        done.store(true, Ordering::SeqCst);
    });
}

/// VST-1 and VER-11: versions go on above the one that was asked for, in later lives too.
#[test]
fn versions_are_raised_for_good() {
    let disk = Disk::new();
    let above = 5_000_000_000_000_000;
    {
        let database = disk.open();
        let other = disk.open();
        let before = put(&*database, DEFAULT, b"key", b"1");
        assert!(before < above);
        let reader = database.begin().unwrap();
        reader.get(DEFAULT, b"key", false).unwrap();
        reader.set(DEFAULT, b"key", b"2").unwrap();
        other.raise_version(above).unwrap();
        assert!(database.begin().unwrap().read_version().unwrap() > above);
        assert_eq!(code(reader.commit()), Code::TRANSACTION_TOO_OLD);
        let transaction = database.begin().unwrap();
        transaction.set(DEFAULT, b"key", b"3").unwrap();
        transaction.commit().unwrap();
        let stamp = transaction.versionstamp().unwrap();
        assert!(i64::from_be_bytes(stamp[..8].try_into().unwrap()) > above);
        // What is below changes nothing.
        let last = transaction.committed_version();
        database.raise_version(17).unwrap();
        assert!((last..last + 60_000_000).contains(&put(&*database, DEFAULT, b"key", b"4")));
        assert_eq!(code(database.raise_version(i64::MAX)), Code::VERSION_INVALID);
    }
    let database = disk.open();
    assert!(put(&*database, DEFAULT, b"key", b"5") > above + 1_000_000);
}
