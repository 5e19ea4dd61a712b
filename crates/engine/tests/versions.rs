//! Versions name states: exactly, for the whole window, and never twice (VER-4 to VER-10).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::{Duration, Instant};

use common::{code, get, look, memory, put, wait_until, DEFAULT};
use plinth_api::{Database, Transaction};

const TOO_OLD: i32 = 1007;
const FUTURE: i32 = 1009;

fn at(database: &dyn Database, version: i64) -> std::sync::Arc<dyn Transaction> {
    let transaction = database.begin().unwrap();
    transaction.set_read_version(version).unwrap();
    transaction
}

fn number(value: Option<Vec<u8>>) -> u64 {
    value.map_or(0, |value| String::from_utf8(value).unwrap().parse().unwrap())
}

#[test]
fn every_version_of_the_window_reads_exactly_its_state() {
    // VER-9: 4,000 commits, each overwriting the same key.
    let database = memory();
    let versions: Vec<i64> =
        (1..=4_000_u64).map(|count| put(&*database, b"count", count.to_string().as_bytes())).collect();
    assert!(versions.windows(2).all(|pair| pair[0] < pair[1]));
    for _ in 0..4_000 {
        let index = fastrand::usize(..versions.len());
        let expected = index as u64 + 1;
        assert_eq!(number(get(&*at(&*database, versions[index]), b"count")), expected);
        // The version just below a commit names the state before it.
        assert_eq!(number(get(&*at(&*database, versions[index] - 1), b"count")), expected - 1);
    }
}

#[test]
fn history_stays_exact_while_others_commit() {
    let database = memory();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let commit = |count: u64| {
                let transaction = database.begin().unwrap();
                for key in [b"a", b"b"] {
                    transaction.set(DEFAULT, key, count.to_string().as_bytes()).unwrap();
                }
                transaction.commit().unwrap();
                transaction.committed_version()
            };
            (1..=3_000).map(commit).collect::<Vec<i64>>()
        });
        let reader = || {
            let mut seen: Vec<(i64, u64)> = Vec::new();
            while seen.last().is_none_or(|(_, count)| *count < 3_000) {
                let transaction = database.begin().unwrap();
                let (a, b) = (number(get(&*transaction, b"a")), number(get(&*transaction, b"b")));
                assert_eq!(a, b, "half a commit was seen");
                seen.push((transaction.read_version().unwrap(), a));
                let (version, count) = seen[fastrand::usize(..seen.len())];
                assert_eq!(number(get(&*at(&*database, version), b"a")), count);
            }
            seen
        };
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        let versions = writer.join().unwrap();
        for (version, count) in readers.map(|reader| reader.join().unwrap()).concat() {
            let committed = versions.partition_point(|commit| *commit <= version) as u64;
            assert_eq!(count, committed, "version {version} names another state");
        }
    });
}

#[test]
fn version_one_is_too_old_to_read_and_to_commit() {
    // VER-8, COM-4, COM-6.
    let database = memory();
    let reader = at(&*database, 1);
    assert_eq!(code(reader.get(DEFAULT, b"x", false)), TOO_OLD);
    reader.set(DEFAULT, b"x", b"").unwrap();
    assert_eq!(code(reader.commit()), TOO_OLD);
    let blind = at(&*database, 1);
    blind.set(DEFAULT, b"x", b"").unwrap();
    assert_eq!(code(blind.commit()), TOO_OLD);
    assert_eq!(look(&*database, b"x"), None);
    assert!(database.begin().unwrap().read_version().unwrap() > 5_000_001);
}

#[test]
fn a_failed_read_fails_a_read_only_commit_too() {
    // COM-4; and with snapshot reads.
    let database = memory();
    let reader = at(&*database, 1);
    assert_eq!(code(reader.get(DEFAULT, b"x", true)), TOO_OLD);
    assert_eq!(code(reader.commit()), TOO_OLD);
    // After a failed commit only reset and on_error help (COM-3).
    assert_eq!(code(reader.get(DEFAULT, b"x", true)), 2017);
    reader.reset().unwrap();
    assert_eq!(get(&*reader, b"x"), None);
}

#[test]
fn a_version_of_the_far_future_is_waited_for_and_refused() {
    // VER-8 and VER-10.
    let database = memory();
    put(&*database, b"x", b"");
    let reader = at(&*database, 1 << 62);
    let start = Instant::now();
    assert_eq!(code(reader.get(DEFAULT, b"x", false)), FUTURE);
    assert!(start.elapsed() < Duration::from_secs(30));
    let writer = at(&*database, 1 << 62);
    writer.set(DEFAULT, b"y", b"").unwrap();
    assert_eq!(code(writer.commit()), FUTURE);
    assert_eq!(look(&*database, b"y"), None);
}

#[test]
fn a_version_of_the_near_future_is_waited_for_and_read() {
    // VER-8.
    let database = memory();
    let near = put(&*database, b"x", b"old") + 300_000;
    let state = std::thread::scope(|scope| {
        let reader = scope.spawn(|| get(&*at(&*database, near), b"x"));
        std::thread::sleep(Duration::from_millis(50));
        assert!(put(&*database, b"x", b"new") < near);
        reader.join().unwrap()
    });
    assert_eq!(state.unwrap(), b"new");
    // VER-5: what was read at stays so.
    assert!(put(&*database, b"x", b"newest") > near);
    assert_eq!(get(&*at(&*database, near), b"x").unwrap(), b"new");
}

#[test]
fn the_read_version_is_set_once_and_above_zero() {
    // VER-7.
    let database = memory();
    let transaction = database.begin().unwrap();
    assert_eq!(code(transaction.set_read_version(0)), 2011);
    assert_eq!(code(transaction.set_read_version(-5)), 2011);
    let version = put(&*database, b"x", b"");
    transaction.set_read_version(version).unwrap();
    assert_eq!(code(transaction.set_read_version(version)), 2010);
    assert_eq!(transaction.read_version().unwrap(), version);
    transaction.reset().unwrap();
    get(&*transaction, b"x");
    assert_eq!(code(transaction.set_read_version(version)), 2010);
}

#[test]
fn read_versions_are_told_the_same_until_reset_and_after_commit() {
    // VER-4 and COM-11.
    let database = memory();
    let transaction = database.begin().unwrap();
    let version = transaction.read_version().unwrap();
    put(&*database, b"x", b"");
    assert_eq!(transaction.read_version().unwrap(), version);
    transaction.set(DEFAULT, b"y", b"").unwrap();
    transaction.commit().unwrap();
    assert_eq!(transaction.read_version().unwrap(), version);
    let committed = transaction.committed_version();
    transaction.reset().unwrap();
    assert!(transaction.read_version().unwrap() >= committed);
    // COM-10: the committed version is kept.
    assert_eq!(transaction.committed_version(), committed);
}

#[test]
fn commit_versions_are_above_every_read_version_given_out() {
    // VER-5: also those of idle times, which no commit has.
    let database = memory();
    for _ in 0..5 {
        let read = database.begin().unwrap().read_version().unwrap();
        assert!(put(&*database, b"x", b"") > read);
        std::thread::sleep(Duration::from_millis(150));
    }
}

#[test]
fn versions_advance_with_time() {
    // VER-2: about a million a second, also when nobody writes.
    let database = memory();
    let before = database.begin().unwrap().read_version().unwrap();
    std::thread::sleep(Duration::from_millis(1_000));
    let passed = database.begin().unwrap().read_version().unwrap() - before;
    assert!((500_000..5_000_000).contains(&passed), "{passed} versions passed in a second");
}

#[test]
fn what_left_the_window_is_too_old_and_what_is_new_is_not() {
    // VER-6 and FREE-3, with the shortest window, and also when nobody wrote meanwhile.
    let database = memory();
    let old = put(&*database, b"x", b"1");
    let (reader, writer) = (database.begin().unwrap(), database.begin().unwrap());
    assert_eq!(get(&*reader, b"x").unwrap(), b"1");
    assert_eq!(get(&*writer, b"x").unwrap(), b"1");
    writer.set(DEFAULT, b"y", b"").unwrap();
    std::thread::sleep(Duration::from_millis(4_500));
    assert_eq!(get(&*reader, b"x").unwrap(), b"1", "the window is at least five seconds");
    wait_until("the window to pass", || code(at(&*database, old).get(DEFAULT, b"x", false)) == TOO_OLD);
    assert_eq!(code(reader.get(DEFAULT, b"never read", false)), TOO_OLD);
    assert_eq!(code(writer.commit()), TOO_OLD);
    // A new transaction of an idle database is not old.
    assert_eq!(look(&*database, b"x").unwrap(), b"1");
    assert_eq!(look(&*database, b"y"), None);
    put(&*database, b"x", b"2");
    assert_eq!(look(&*database, b"x").unwrap(), b"2");
}
