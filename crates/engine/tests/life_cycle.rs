//! Commit, reset, cancel and on_error: which call is answered how in which state (TX-3, COM-1 to
//! COM-11, RST, ERRH; the table of section 19).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::{Duration, Instant};

use common::{code, get, look, memory, put, DEFAULT};
use plinth_api::{Code, Error, Transaction, TransactionOption};

const CANCELLED: i32 = 1025;
const USED: i32 = 2017;

fn retry(transaction: &dyn Transaction, number: i32) -> i32 {
    code(transaction.on_error(Error::new(Code::from_number(number))))
}

#[test]
fn a_read_only_transaction_commits_without_a_version_even_if_stale() {
    // COM-1 and COM-10.
    let database = memory();
    let transaction = database.begin().unwrap();
    get(&*transaction, b"x");
    transaction.add_read_conflict_range(DEFAULT, b"a", b"z").unwrap();
    put(&*database, b"x", b"");
    transaction.commit().unwrap();
    assert_eq!(transaction.committed_version(), -1);
}

#[test]
fn a_write_conflict_range_alone_makes_a_write_commit() {
    // COM-2.
    let database = memory();
    let (reader, writer) = (database.begin().unwrap(), database.begin().unwrap());
    get(&*reader, b"m");
    reader.set(DEFAULT, b"x", b"").unwrap();
    writer.add_write_conflict_range(DEFAULT, b"a", b"z").unwrap();
    writer.commit().unwrap();
    assert!(writer.committed_version() > 0);
    assert_eq!(code(reader.commit()), 1020);
}

#[test]
fn equal_values_and_absent_keys_conflict_all_the_same() {
    // CONF-16.
    let database = memory();
    put(&*database, b"x", b"same");
    for write in [true, false] {
        let (reader, writer) = (database.begin().unwrap(), database.begin().unwrap());
        get(&*reader, if write { b"x" } else { b"absent" });
        reader.set(DEFAULT, b"result", b"").unwrap();
        if write {
            writer.set(DEFAULT, b"x", b"same").unwrap();
        } else {
            writer.clear(DEFAULT, b"absent").unwrap();
        }
        writer.commit().unwrap();
        assert_eq!(code(reader.commit()), 1020);
    }
}

#[test]
fn after_a_failed_commit_only_on_error_and_reset_help() {
    // COM-3.
    let database = memory();
    let conflict = || {
        let transaction = database.begin().unwrap();
        get(&*transaction, b"x");
        transaction.set(DEFAULT, b"y", b"").unwrap();
        put(&*database, b"x", b"");
        assert_eq!(code(transaction.commit()), 1020);
        transaction
    };
    let used = conflict();
    assert_eq!(code(used.get(DEFAULT, b"x", false)), USED);
    assert_eq!(retry(&*used, 1020), USED);
    used.reset().unwrap();
    get(&*used, b"x");
    let retried = conflict();
    assert_eq!(retry(&*retried, 1020), 0);
    assert_eq!(get(&*retried, b"y"), None, "its writes are gone");
    retried.set(DEFAULT, b"y", b"again").unwrap();
    retried.commit().unwrap();
    assert_eq!(look(&*database, b"y").unwrap(), b"again");
}

#[test]
fn a_state_comes_before_a_wrong_argument() {
    // COM-3 and TX-3: "any other operation".
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.commit().unwrap();
    assert_eq!(code(transaction.set(DEFAULT, b"\xff", b"")), USED);
    assert_eq!(code(transaction.read_version()), USED);
    transaction.reset().unwrap();
    transaction.cancel().unwrap();
    assert_eq!(code(transaction.set(DEFAULT, &[0; 20_000], b"")), CANCELLED);
    assert_eq!(code(transaction.get(DEFAULT, b"\xff\x01", false)), CANCELLED);
}

#[test]
fn cancel_lasts_until_reset() {
    // RST-2.
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.set(DEFAULT, b"x", b"").unwrap();
    transaction.cancel().unwrap();
    transaction.cancel().unwrap();
    assert_eq!(code(transaction.get(DEFAULT, b"x", false)), CANCELLED);
    assert_eq!(code(transaction.commit()), CANCELLED);
    assert_eq!(code(transaction.read_version()), CANCELLED);
    assert_eq!(retry(&*transaction, 1020), CANCELLED);
    transaction.reset().unwrap();
    assert_eq!(get(&*transaction, b"x"), None);
}

#[test]
fn on_error_gives_back_what_it_does_not_retry_and_cancels() {
    // ERRH-1 and ERRH-5.
    let database = memory();
    for number in [1025, 1031, 2004, 2101, 2102, 9013, 4100] {
        let transaction = database.begin().unwrap();
        assert_eq!(retry(&*transaction, number), number);
        assert_eq!(code(transaction.get(DEFAULT, b"x", false)), CANCELLED);
    }
    assert_eq!(retry(&*database.begin().unwrap(), 0), 2000);
    assert_eq!(retry(&*database.begin().unwrap(), 30_001), 4000);
    assert_eq!(retry(&*database.begin().unwrap(), -1), 4000);
    for number in [1007, 1009, 1020, 1021, 1037, 1038, 1042, 1051, 1078, 1213, 1223, 1079, 2137] {
        let transaction = database.begin().unwrap();
        transaction.set(DEFAULT, b"x", b"").unwrap();
        assert_eq!(retry(&*transaction, number), 0, "{number} is retried");
        assert_eq!(get(&*transaction, b"x"), None);
    }
}

#[test]
fn the_retry_limit_counts_all_calls_and_survives_on_error() {
    // ERRH-3, ERRH-6.
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.set_option(TransactionOption::RetryLimit(1)).unwrap();
    assert_eq!(retry(&*transaction, 1020), 0);
    assert_eq!(retry(&*transaction, 1020), 1020);
    assert_eq!(code(transaction.get(DEFAULT, b"x", false)), CANCELLED);
    transaction.reset().unwrap();
    assert_eq!((0..3).map(|_| retry(&*transaction, 1007)).collect::<Vec<_>>(), [0, 0, 0], "reset ends the limit");
}

#[test]
fn the_back_off_grows_up_to_its_maximum() {
    // ERRH-2: the mean of U x backoff over a few rounds, against what it is bounded by.
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.set_option(TransactionOption::MaxRetryDelay(20)).unwrap();
    let start = Instant::now();
    // Each is below 20 ms, together 0.4 s on average; not bounded, most would be up to a second long: 17 s together.
    (0..40).for_each(|_| assert_eq!(retry(&*transaction, 1020), 0));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    // 1007 waits ten milliseconds, without jitter: never less.
    for _ in 0..5 {
        let start = Instant::now();
        assert_eq!(retry(&*transaction, 1007), 0);
        assert!((9..5_000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    }
}

#[test]
fn a_lost_race_is_run_again_at_once() {
    // ERRH-2: waits for what nobody needs to wait for would be five seconds together.
    let database = memory();
    let transaction = database.begin().unwrap();
    let start = Instant::now();
    for round in 0..16u8 {
        get(&*transaction, b"x");
        transaction.set(DEFAULT, b"y", &[round]).unwrap();
        put(&*database, b"x", &[round]);
        let error = transaction.commit().unwrap_err();
        assert_eq!(error.code().number(), 1020);
        transaction.on_error(error).unwrap();
        assert_eq!(get(&*transaction, b"x"), Some(vec![round]));
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn the_timeout_is_measured_over_all_retries() {
    // TMO-1 and TMO-2.
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.set_option(TransactionOption::Timeout(200)).unwrap();
    let start = Instant::now();
    let end = std::iter::repeat_with(|| retry(&*transaction, 1020)).find(|code| *code != 0).unwrap();
    assert_eq!(end, 1031);
    assert!((150..1_500).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    assert_eq!(code(transaction.get(DEFAULT, b"x", false)), 1031);
    assert_eq!(code(transaction.commit()), 1031);
    assert_eq!(retry(&*transaction, 1031), 1031);
    transaction.reset().unwrap();
    get(&*transaction, b"x");
}

#[test]
fn a_transaction_with_nothing_in_it_commits() {
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.clear_range(DEFAULT, b"a", b"a").unwrap();
    transaction.add_write_conflict_range(DEFAULT, b"b", b"b").unwrap();
    transaction.commit().unwrap();
    // CONF-1 and CONF-10: empty ranges are nothing.
    assert_eq!(transaction.committed_version(), -1);
}

#[test]
fn ids_are_unique_and_kept_over_resets() {
    let database = memory();
    let (one, two) = (database.begin().unwrap(), database.begin().unwrap());
    assert_eq!(one.known_id(), None);
    let id = one.id().unwrap();
    assert_eq!(id.len(), 36);
    assert_ne!(id, two.id().unwrap());
    one.reset().unwrap();
    assert_eq!(one.id().unwrap(), id);
    assert_eq!(one.known_id().unwrap(), id);
}
