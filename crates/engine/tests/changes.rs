//! Changes that are followed: nothing that a commit wrote is outside of what a take tells.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use common::{code, memory, number, put, put_in, Disk, DEFAULT};
use plinth_api::{
    key::successor, Changed, ChangedRange, Changes, Code, Database, Durability, Held, KeySelector, Mutation,
    RangeOptions, Transaction, TransactionOption, MOST_CHANGED_RANGES, MOST_TRACKERS,
};

type Pairs = BTreeMap<(u32, Vec<u8>), Vec<u8>>;

fn covers(changed: &Changed, keyspace: u32, key: &[u8]) -> bool {
    changed.ranges.iter().any(|range| range.keyspace == keyspace && *range.begin <= *key && *key < *range.end)
}

fn range(keyspace: u32, begin: &[u8], end: &[u8]) -> ChangedRange {
    ChangedRange { keyspace, begin: begin.to_vec(), end: end.to_vec() }
}

fn point(keyspace: u32, key: &[u8]) -> ChangedRange {
    range(keyspace, key, &successor(key))
}

/// What some keyspaces hold at a version.
fn at(database: &dyn Database, version: i64, keyspaces: &[u32]) -> Pairs {
    let transaction = database.begin().unwrap();
    transaction.set_read_version(version).unwrap();
    transaction.set_option(TransactionOption::ReadSystemKeys).unwrap();
    let mut pairs = Pairs::new();
    for keyspace in keyspaces {
        let mut begin = Vec::new();
        loop {
            let [from, to] = [&*begin, b"\xff\xff"].map(KeySelector::first_greater_or_equal);
            let found = transaction.get_range(*keyspace, from, to, RangeOptions::default()).unwrap();
            pairs.extend(found.iter().map(|(key, value)| ((*keyspace, key.to_vec()), value.to_vec())));
            match found.last().filter(|_| found.more) {
                Some((last, _)) => begin = successor(last),
                None => break,
            }
        }
    }
    pairs
}

/// Keys that are not the same in both.
fn differences(one: &Pairs, other: &Pairs) -> Vec<(u32, Vec<u8>)> {
    let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
    keys.filter(|key| one.get(*key) != other.get(*key)).cloned().collect()
}

fn key(random: &mut fastrand::Rng) -> Vec<u8> {
    let system: &[u8] = if random.u8(..12) == 0 { b"\xff/test/" } else { b"" };
    [system, random.u32(..400).to_string().as_bytes()].concat()
}

/// A write of any kind.
fn write(random: &mut fastrand::Rng, transaction: &dyn Transaction, keyspace: u32) {
    let (one, value) = (key(random), vec![random.u8(..); random.usize(..20)]);
    if random.u8(..6) == 0 {
        transaction.set_option(TransactionOption::NextWriteNoWriteConflictRange).unwrap();
    }
    let stamped = |text: &[u8]| [text, &[0; 10], &(text.len() as u32).to_le_bytes()].concat();
    let done = match random.u8(..10) {
        0 => transaction.clear(keyspace, &one),
        1 => {
            let mut ends = [one, key(random)];
            ends.sort();
            transaction.clear_range(keyspace, &ends[0], &ends[1])
        }
        2 => transaction.atomic_op(keyspace, Mutation::Add, &one, &[1]),
        3 => transaction.atomic_op(keyspace, Mutation::CompareAndClear, &one, &value),
        4 => transaction.atomic_op(keyspace, Mutation::SetVersionstampedValue, &one, &stamped(&value)),
        5 => transaction.atomic_op(keyspace, Mutation::SetVersionstampedKey, &stamped(&one), &value),
        _ => transaction.set(keyspace, &one, &value),
    };
    done.unwrap();
}

/// Commits at random until it is told to stop.
fn work(database: &dyn Database, seed: u64, keyspaces: &[u32], done: &AtomicBool) {
    let mut random = fastrand::Rng::with_seed(seed);
    while !done.load(Ordering::SeqCst) {
        let transaction = database.begin().unwrap();
        transaction.set_option(TransactionOption::AccessSystemKeys).unwrap();
        if random.bool() {
            transaction.set_option(TransactionOption::Durability(Durability::Buffered)).unwrap();
        }
        if random.bool() {
            let _ = transaction.get(keyspaces[0], &key(&mut random), false).unwrap();
        }
        for _ in 0..random.usize(1..5) {
            let keyspace = keyspaces[random.usize(..keyspaces.len())];
            write(&mut random, &*transaction, keyspace);
        }
        match transaction.commit() {
            Ok(()) => {}
            Err(error) => assert_eq!(error.code(), Code::NOT_COMMITTED),
        }
    }
}

/// Ends those who write, also where a test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What a copier would do: brings a copy up to a state with what was taken before it was held.
fn follow(copy: &mut Pairs, changed: &Changed, held: &dyn Held) {
    for ChangedRange { keyspace, begin, end } in &changed.ranges {
        copy.retain(|(space, key), _| space != keyspace || key < begin || key >= end);
        let mut from = begin.clone();
        loop {
            let found = held.read(*keyspace, &from, end, RangeOptions::default()).unwrap();
            copy.extend(found.iter().map(|(key, value)| ((*keyspace, key.to_vec()), value.to_vec())));
            match found.last().filter(|_| found.more) {
                Some((last, _)) => from = successor(last),
                None => break,
            }
        }
    }
}

/// Takes while others write, and looks at the states of the versions that the takes tell.
fn takes(database: &dyn Database, host: &Arc<dyn Database>, most: usize, seed: u64, rounds: u64) {
    let keyspaces = [DEFAULT, database.open_keyspace("things").unwrap().id];
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let stop = Stop(&done);
        for writer in 0..4 {
            let (done, keyspaces) = (&done, &keyspaces);
            scope.spawn(move || {
                host.open_keyspace("things").unwrap();
                work(&**host, seed + writer, keyspaces, done);
            });
        }
        let mut changes = database.track_changes(most).unwrap();
        let mut before = changes.take().unwrap().version;
        let mut state = at(database, before, &keyspaces);
        for _ in 0..rounds {
            let changed = changes.take().unwrap();
            let held = database.hold().unwrap();
            assert!(changed.version >= before && held.version() >= changed.version && !changed.catalogue);
            assert!(changed.ranges.len() <= most.max(4));
            let now = at(database, changed.version, &keyspaces);
            for (keyspace, key) in differences(&state, &now) {
                assert!(covers(&changed, keyspace, &key), "{keyspace} {key:?} up to {}", changed.version);
            }
            (before, state) = (changed.version, now);
        }
        drop(stop);
    });
}

/// The copy is what the database is once nobody writes any more.
fn ends_equal(database: &dyn Database, most: usize, seed: u64) {
    let keyspaces = [DEFAULT, database.open_keyspace("things").unwrap().id];
    let mut changes = database.track_changes(most).unwrap();
    let held = database.hold().unwrap();
    let mut copy = at(database, held.version(), &keyspaces);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let stop = Stop(&done);
        for writer in 0..4 {
            let (done, keyspaces) = (&done, &keyspaces);
            scope.spawn(move || work(database, seed + writer, keyspaces, done));
        }
        for _ in 0..20 {
            let changed = changes.take().unwrap();
            follow(&mut copy, &changed, &*database.hold().unwrap());
        }
        drop(stop);
    });
    let changed = changes.take().unwrap();
    let held = database.hold().unwrap();
    follow(&mut copy, &changed, &*held);
    assert_eq!(differences(&copy, &at(database, held.version(), &keyspaces)), []);
    assert_eq!(changes.take().unwrap().ranges, []);
}

fn seed() -> u64 {
    let seed = number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("PLINTH_SEED={seed}");
    seed
}

#[test]
fn no_change_is_outside_of_what_is_taken() {
    let seed = seed();
    for most in [3, 50, 5_000] {
        let database = memory();
        takes(&*database, &database, most, seed, 100);
        ends_equal(&*database, most, seed);
    }
}

#[test]
fn another_handle_follows_the_changes_too() {
    let (seed, disk) = (seed(), Disk::new());
    let (host, other) = (disk.open(), disk.open());
    takes(&*other, &host, 50, seed, 60);
    assert!(!other.is_host());
    ends_equal(&*other, 50, seed);
}

#[test]
fn a_take_tells_what_was_written_and_little_more() {
    let database = memory();
    let things = database.open_keyspace("things").unwrap().id;
    put(&*database, b"before", b"");
    let mut changes = database.track_changes(100).unwrap();
    assert_eq!(changes.take().unwrap().ranges, []);
    put(&*database, b"b", b"");
    put(&*database, b"a", b"");
    let last = put_in(&*database, things, b"c", b"");
    let changed = changes.take().unwrap();
    assert_eq!(changed.ranges, [point(0, b"a"), point(0, b"b"), point(things, b"c")]);
    assert!(changed.version >= last && !changed.catalogue);
    // A read, a conflict range and what failed change nothing.
    let transaction = database.begin().unwrap();
    transaction.get(DEFAULT, b"a", false).unwrap();
    transaction.add_write_conflict_range(DEFAULT, b"c", b"d").unwrap();
    transaction.commit().unwrap();
    let [loser, winner] = [(); 2].map(|()| database.begin().unwrap());
    loser.get(DEFAULT, b"w", false).unwrap();
    loser.set(DEFAULT, b"l", b"").unwrap();
    winner.set(DEFAULT, b"w", b"").unwrap();
    winner.commit().unwrap();
    assert_eq!(code(loser.commit()), 1020);
    assert_eq!(changes.take().unwrap().ranges, [point(0, b"w")]);
    let transaction = database.begin().unwrap();
    transaction.set_option(TransactionOption::NextWriteNoWriteConflictRange).unwrap();
    transaction.clear_range(DEFAULT, b"a", b"c").unwrap();
    transaction.atomic_op(DEFAULT, Mutation::Add, b"n", &[1]).unwrap();
    transaction.atomic_op(DEFAULT, Mutation::SetVersionstampedKey, b"s..........\x01\0\0\0", b"").unwrap();
    transaction.commit().unwrap();
    let stamped = [b"s".as_slice(), &transaction.versionstamp().unwrap()].concat();
    assert_eq!(changes.take().unwrap().ranges, [range(0, b"a", b"c"), point(0, b"n"), point(0, &stamped)]);
}

#[test]
fn keyspaces_that_come_and_go_are_told() {
    let database = memory();
    let first = database.open_keyspace("first").unwrap().id;
    let mut changes = database.track_changes(100).unwrap();
    assert!(!changes.take().unwrap().catalogue);
    database.open_keyspace("first").unwrap();
    assert!(!changes.take().unwrap().catalogue);
    let second = database.open_keyspace("second").unwrap().id;
    put_in(&*database, second, b"key", b"");
    let changed = changes.take().unwrap();
    assert!(changed.catalogue && changed.ranges == [point(second, b"key")]);
    let held = database.hold().unwrap();
    assert!(held.keyspaces().iter().any(|known| known.id == second));
    put_in(&*database, first, b"key", b"");
    database.drop_keyspace("first").unwrap();
    let changed = changes.take().unwrap();
    assert!(changed.catalogue && changed.ranges.is_empty());
    assert_eq!(changes.take().unwrap(), Changed { version: changed.version, ..Changed::default() });
}

#[test]
fn there_are_only_so_many_and_an_end_makes_room() {
    let disk = Disk::new();
    let (host, other) = (disk.open(), disk.open());
    for most in [0, MOST_CHANGED_RANGES + 1] {
        assert_eq!(code(host.track_changes(most).map(drop)), Code::INVALID_ARGUMENT.number());
    }
    let mut all: Vec<Box<dyn Changes>> = Vec::new();
    for number in 0..MOST_TRACKERS {
        let database = if number % 2 == 0 { &host } else { &other };
        all.push(database.track_changes(MOST_CHANGED_RANGES).unwrap());
    }
    for database in [&host, &other] {
        assert_eq!(code(database.track_changes(1).map(drop)), Code::TOO_MANY_TRACKERS.number());
    }
    put(&*host, b"key", b"");
    assert!(all.iter_mut().all(|changes| changes.take().unwrap().ranges == [point(0, b"key")]));
    all.pop();
    let mut again = host.track_changes(1).unwrap();
    put(&*other, b"key", b"");
    put(&*other, b"zzz", b"");
    assert_eq!(again.take().unwrap().ranges.len(), 2);
    put(&*other, b"a", b"");
    put(&*other, b"b", b"");
    put(&*other, b"z", b"");
    assert_eq!(again.take().unwrap().ranges, [range(0, b"a", b"b\0"), point(0, b"z")]);
}

#[test]
fn a_tracker_ends_with_its_database() {
    let disk = Disk::new();
    let (host, other) = (disk.open(), disk.open());
    let (mut own, mut elsewhere) = (host.track_changes(10).unwrap(), other.track_changes(10).unwrap());
    put(&*other, b"key", b"");
    host.close().unwrap();
    assert_eq!(code(own.take()), Code::DATABASE_CLOSED.number());
    assert_eq!(code(elsewhere.take()), Code::CHANGES_LOST.number());
    // The next host.
    put(&*other, b"key", b"");
    assert_eq!(code(elsewhere.take()), Code::CHANGES_LOST.number());
    let mut again = other.track_changes(10).unwrap();
    put(&*other, b"key", b"");
    assert_eq!(again.take().unwrap().ranges, [point(0, b"key")]);
    other.close().unwrap();
    assert_eq!(code(again.take()), Code::DATABASE_CLOSED.number());
    assert_eq!(code(other.track_changes(10).map(drop)), Code::DATABASE_CLOSED.number());
}
