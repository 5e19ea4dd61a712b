//! Closing while everything runs: nothing hangs, nothing is lost that was acknowledged, and what
//! is still open fails with 9003 (design D12).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::{code, get, look, memory, put, Disk, DEFAULT};
use plinth_api::{Code, Database, Durability, KeySelector, RangeOptions, TransactionOption};

const CLOSED: i32 = 9003;

fn everything(database: &dyn Database) -> plinth_api::Result<usize> {
    let (begin, end) = (KeySelector::first_greater_or_equal(""), KeySelector::first_greater_or_equal(&b"\xff"[..]));
    Ok(database.begin()?.get_range(DEFAULT, begin, end, RangeOptions::default())?.len())
}

/// Calls until the database is closed; the error must be the right one.
fn until_closed(mut call: impl FnMut() -> plinth_api::Result<()>) {
    let start = Instant::now();
    loop {
        match code(call()) {
            0 => {}
            CLOSED => return,
            other => panic!("the call gives {other}"),
        }
        assert!(start.elapsed() < Duration::from_secs(30), "the call never noticed");
    }
}

#[test]
fn closing_while_threads_read_and_commit_ends_them_all() {
    let disk = Disk::new();
    let database = disk.open();
    (0..2_000_u32).for_each(|count| {
        let transaction = database.begin().unwrap();
        transaction.set_option(TransactionOption::Durability(Durability::Buffered)).unwrap();
        transaction.set(DEFAULT, &count.to_be_bytes(), &[7; 100]).unwrap();
        transaction.commit().unwrap();
    });
    let acknowledged: Vec<AtomicU64> = (0..4).map(|_| AtomicU64::new(0)).collect();
    std::thread::scope(|scope| {
        for (thread, acknowledged) in acknowledged.iter().enumerate() {
            let database = &database;
            scope.spawn(move || {
                until_closed(|| {
                    let count = acknowledged.load(Ordering::Relaxed) + 1;
                    let transaction = database.begin()?;
                    transaction.set(DEFAULT, format!("writer {thread}").as_bytes(), &count.to_be_bytes())?;
                    transaction.commit()?;
                    acknowledged.store(count, Ordering::Relaxed);
                    Ok(())
                });
            });
        }
        for _ in 0..2 {
            scope.spawn(|| until_closed(|| everything(&*database).map(drop)));
            scope.spawn(|| until_closed(|| database.begin()?.get(DEFAULT, b"x", false).map(drop)));
        }
        scope.spawn(|| until_closed(|| database.sync()));
        scope.spawn(|| {
            until_closed(|| database.open_keyspace("passing").and_then(|_| database.drop_keyspace("passing")))
        });
        std::thread::sleep(Duration::from_millis(300));
        let start = Instant::now();
        database.close().unwrap();
        assert!(start.elapsed() < Duration::from_secs(60), "close took {:?}", start.elapsed());
    });
    drop(database);
    let again = disk.open();
    for (thread, acknowledged) in acknowledged.iter().enumerate() {
        let found = look(&*again, format!("writer {thread}").as_bytes());
        let found = found.map_or(0, |value| u64::from_be_bytes(value.try_into().unwrap()));
        // One more may have been on its way when the close came.
        let told = acknowledged.load(Ordering::Relaxed);
        assert!(found == told || found == told + 1, "writer {thread} was told {told}, {found} is there");
    }
}

#[test]
fn everything_still_open_fails_with_database_closed() {
    let database = memory();
    let keyspace = database.open_keyspace("a").unwrap().id;
    let (fresh, used) = (database.begin().unwrap(), database.begin().unwrap());
    used.set(DEFAULT, b"x", b"").unwrap();
    get(&*used, b"y");
    database.close().unwrap();
    for transaction in [&fresh, &used] {
        assert_eq!(code(transaction.get(DEFAULT, b"z", false)), CLOSED);
        assert_eq!(code(transaction.get_key(keyspace, KeySelector::first_greater_than(""), true)), CLOSED);
        assert_eq!(code(transaction.set(DEFAULT, b"x", b"")), CLOSED);
        assert_eq!(code(transaction.clear(DEFAULT, b"x")), CLOSED);
        assert_eq!(code(transaction.clear_range(DEFAULT, b"x", b"y")), CLOSED);
        assert_eq!(code(transaction.add_read_conflict_range(DEFAULT, b"x", b"y")), CLOSED);
        assert_eq!(code(transaction.add_write_conflict_range(DEFAULT, b"x", b"y")), CLOSED);
        assert_eq!(code(transaction.commit()), CLOSED);
        assert_eq!(code(transaction.on_error(Code::NOT_COMMITTED.into())), CLOSED);
        assert_eq!(code(transaction.reset()), CLOSED);
        assert_eq!(transaction.committed_version(), -1);
    }
    assert_eq!(code(database.begin()), CLOSED);
    assert_eq!(code(database.open_keyspace("b")), CLOSED);
    assert_eq!(code(database.list_keyspaces()), CLOSED);
    assert_eq!(code(database.drop_keyspace("a")), CLOSED);
    assert_eq!(code(database.sync()), CLOSED);
    database.close().unwrap();
    database.metrics();
}

#[test]
fn values_stay_valid_after_close_reset_and_drop() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"x", &[5; 50_000]);
    let transaction = database.begin().unwrap();
    let value = transaction.get(DEFAULT, b"x", false).unwrap().unwrap();
    let begin = KeySelector::first_greater_or_equal("");
    let rows =
        transaction.get_range(DEFAULT, begin, KeySelector::last_less_or_equal("z"), RangeOptions::default()).unwrap();
    assert_eq!(rows.len(), 0);
    transaction.reset().unwrap();
    drop(transaction);
    database.close().unwrap();
    drop(database);
    assert_eq!(&*value, &[5; 50_000]);
    drop(value);
    assert_eq!(look(&*disk.open(), b"x").unwrap().len(), 50_000);
}

#[test]
fn waits_end_when_the_database_closes() {
    // A read of a far version waits a second (VER-8), on_error waits out its back-off.
    let database = memory();
    let closed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let transaction = database.begin().unwrap();
            transaction.set_read_version(1 << 60).unwrap();
            code(transaction.get(DEFAULT, b"x", false))
        });
        let retrier = scope.spawn(|| {
            let transaction = database.begin().unwrap();
            while transaction.on_error(Code::NOT_COMMITTED.into()).is_ok() {}
            assert!(closed.load(Ordering::Relaxed));
            code(transaction.reset())
        });
        std::thread::sleep(Duration::from_millis(200));
        let start = Instant::now();
        closed.store(true, Ordering::Relaxed);
        database.close().unwrap();
        assert!(start.elapsed() < Duration::from_secs(30));
        assert_eq!(reader.join().unwrap(), CLOSED);
        assert_eq!(retrier.join().unwrap(), CLOSED);
        assert!(start.elapsed() < Duration::from_secs(30), "the waits went on for {:?}", start.elapsed());
    });
}

#[test]
fn many_may_close_at_once() {
    let database = memory();
    put(&*database, b"x", b"");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| database.close().unwrap());
        }
    });
    assert_eq!(code(database.begin()), CLOSED);
}

#[test]
fn opening_and_closing_leaves_nothing_behind() {
    let disk = Disk::new();
    for round in 0..20_u32 {
        let database = disk.open();
        let forgotten = database.begin().unwrap();
        get(&*forgotten, b"x");
        put(&*database, b"round", &round.to_be_bytes());
        database.close().unwrap();
        assert_eq!(code(forgotten.get(DEFAULT, b"y", false)), CLOSED);
    }
    let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    assert!(threads < 60, "{threads} threads are left");
}
