//! One transaction used by many threads at a time (TX-2, VER-4, COM-3, COM-4).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Barrier;
use std::time::Duration;

use plinth_api::{KeySelector, RangeOptions};

use common::{code, get, keys, look, memory, put, DEFAULT};

const THREADS: u32 = 8;

#[test]
fn all_threads_read_at_one_version() {
    let database = memory();
    for round in 0..200_u32 {
        put(&*database, b"x", &round.to_be_bytes());
        let transaction = database.begin().unwrap();
        let start = Barrier::new(THREADS as usize + 1);
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        (get(&*transaction, b"x"), transaction.read_version().unwrap())
                    })
                })
                .collect();
            start.wait();
            put(&*database, b"x", b"changed");
            let seen: Vec<_> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
            assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "round {round}: {seen:?}");
        });
    }
}

#[test]
fn the_writes_of_all_threads_commit_together() {
    let database = memory();
    let transaction = database.begin().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let transaction = &transaction;
            scope.spawn(move || {
                for count in 0..200_u32 {
                    let key = format!("{thread}/{count:03}");
                    transaction.set(DEFAULT, key.as_bytes(), b"").unwrap();
                    // A read after a write of the same thread sees it.
                    assert!(get(&**transaction, key.as_bytes()).is_some());
                    if count % 10 == 9 {
                        transaction.clear(DEFAULT, key.as_bytes()).unwrap();
                        assert!(get(&**transaction, key.as_bytes()).is_none());
                    }
                }
            });
        }
    });
    assert_eq!(look(&*database, b"0/000"), None);
    transaction.commit().unwrap();
    assert_eq!(keys(&*database.begin().unwrap(), "", "z").len() as u32, THREADS * 180);
}

#[test]
fn the_reads_of_all_threads_count_for_the_conflict() {
    let database = memory();
    let transaction = database.begin().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let transaction = &transaction;
            scope.spawn(move || drop(get(&**transaction, &thread.to_be_bytes())));
        }
    });
    put(&*database, &(THREADS - 1).to_be_bytes(), b"");
    transaction.set(DEFAULT, b"x", b"").unwrap();
    assert_eq!(code(transaction.commit()), 1020);
}

#[test]
fn a_commit_waits_for_a_read_that_runs_and_fails_if_it_fails() {
    // COM-4: the read of a version of the future runs for a second.
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.set_read_version(1 << 60).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| code(transaction.get(DEFAULT, b"x", false)));
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(code(transaction.commit()), 1009);
        assert!(reader.is_finished() || reader.join().unwrap() != 0);
    });
}

#[test]
fn a_use_while_it_commits_or_after_is_refused_and_noted() {
    // COM-3.
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.set(DEFAULT, b"x", b"").unwrap();
    transaction.commit().unwrap();
    transaction.read_version().unwrap();
    assert_eq!(code(transaction.set(DEFAULT, b"y", b"")), 2017);
    assert_eq!(code(transaction.read_version()), 2017);
    assert_eq!(code(transaction.on_error(plinth_api::Code::NOT_COMMITTED.into())), 2017);
    transaction.reset().unwrap();
    transaction.set(DEFAULT, b"y", b"").unwrap();
    transaction.commit().unwrap();
}

#[test]
fn cancel_ends_the_wait_of_other_threads() {
    // RST-2, TX-3, ERRH-7.
    let database = memory();
    let transaction = database.begin().unwrap();
    // Six back-offs on, the next wait is up to 640 ms.
    for _ in 0..6 {
        transaction.on_error(plinth_api::Code::NOT_COMMITTED.into()).unwrap();
    }
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| loop {
            match code(transaction.on_error(plinth_api::Code::NOT_COMMITTED.into())) {
                0 => {}
                other => return other,
            }
        });
        std::thread::sleep(Duration::from_millis(50));
        transaction.cancel().unwrap();
        assert_eq!(waiting.join().unwrap(), 1025);
    });
    assert_eq!(code(transaction.get(DEFAULT, b"x", false)), 1025);
    transaction.reset().unwrap();
    assert_eq!(get(&*transaction, b"x"), None);
}

#[test]
fn resets_in_the_middle_of_everything_leave_it_usable() {
    let database = memory();
    let transaction = database.begin().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let transaction = &transaction;
            scope.spawn(move || {
                for count in 0..300_u32 {
                    let outcomes = [
                        code(transaction.set(DEFAULT, &thread.to_be_bytes(), &count.to_be_bytes())),
                        code(transaction.get(DEFAULT, &count.to_be_bytes(), false)),
                        code(transaction.add_read_conflict_range(DEFAULT, b"a", b"b")),
                        if count % 7 == 0 { code(transaction.commit()) } else { 0 },
                    ];
                    assert!(outcomes.iter().all(|code| [0, 1020, 1025, 2017].contains(code)), "{outcomes:?}");
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..300 {
                transaction.reset().unwrap();
                std::thread::yield_now();
            }
        });
    });
    transaction.reset().unwrap();
    transaction.set(DEFAULT, b"x", b"").unwrap();
    transaction.commit().unwrap();
    assert_eq!(database.metrics().live_transactions, 1);
    drop(transaction);
    assert_eq!(database.metrics().transaction_bytes, 0);
}

/// CONF-5 and RST-1: a read for a life that a reset has ended reads nothing, and the life that follows has no
/// conflict of it.
#[test]
fn a_range_read_for_a_life_that_is_over_leaves_no_conflict() {
    let database = memory();
    put(&*database, b"b", b"1");
    let transaction = database.begin().unwrap();
    let read = |life| {
        let [begin, end] = [&b"a"[..], b"z"].map(KeySelector::first_greater_or_equal);
        transaction.get_range_in(life, DEFAULT, begin, end, RangeOptions::default())
    };
    let first = transaction.life();
    assert_eq!(read(first).unwrap().len(), 1);
    transaction.reset().unwrap();
    // The new life has a read version, so that what is written below comes after it.
    assert!(get(&*transaction, b"y").is_none());
    assert_eq!(code(read(first)), 1025);
    put(&*database, b"b", b"2");
    transaction.set(DEFAULT, b"own", b"").unwrap();
    transaction.commit().unwrap();
    // In its own life it is a read like any other.
    transaction.reset().unwrap();
    assert_eq!(read(transaction.life()).unwrap().len(), 2);
    put(&*database, b"b", b"3");
    transaction.set(DEFAULT, b"own", b"").unwrap();
    assert_eq!(code(transaction.commit()), 1020);
}
