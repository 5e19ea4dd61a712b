//! Everything is bounded, and each bound has an error (LIM-1 to LIM-5, design D12).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};

use common::{code, get, look, memory, memory_with, put, Disk, DEFAULT};
use plinth_api::{DatabaseOptions, TransactionOption};

#[test]
fn live_transactions_are_limited_and_counted() {
    let database = memory_with(DatabaseOptions { max_transactions: 10, ..DatabaseOptions::default() });
    let mut live: Vec<_> = (0..10).map(|_| database.begin().unwrap()).collect();
    assert_eq!(database.metrics().live_transactions, 10);
    assert_eq!(code(database.begin()), 9012);
    assert_eq!(database.metrics().live_transactions, 10);
    live.pop();
    live.push(database.begin().unwrap());
    assert_eq!(code(database.begin()), 9012);
    drop(live);
    assert_eq!(database.metrics().live_transactions, 0);
    put(&*database, b"x", b"");
}

#[test]
fn queued_commits_are_limited_and_refused_ones_leave_nothing() {
    // Whether the queue is ever full depends on timing; what a refusal means does not.
    let disk = Disk::new();
    let database = disk.open_with(DatabaseOptions { max_queued_commits: 1, ..DatabaseOptions::default() });
    let (committed, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..16_u32 {
            let (database, committed, refused) = (&database, &committed, &refused);
            scope.spawn(move || {
                for count in 0..60_u32 {
                    let key = format!("{thread}/{count}");
                    let transaction = database.begin().unwrap();
                    transaction.set(DEFAULT, key.as_bytes(), b"").unwrap();
                    match code(transaction.commit()) {
                        0 => committed.fetch_add(1, Ordering::Relaxed),
                        1042 => {
                            assert_eq!(look(&**database, key.as_bytes()), None);
                            refused.fetch_add(1, Ordering::Relaxed)
                        }
                        other => panic!("commit gives {other}"),
                    };
                }
            });
        }
    });
    let metrics = database.metrics();
    println!("{metrics:?}");
    assert_eq!(metrics.commits, committed.into_inner());
    assert_eq!(metrics.refused, refused.into_inner());
    assert_eq!(common::keys(&*database.begin().unwrap(), "", "z").len() as u64, metrics.commits);
}

#[test]
fn open_transactions_share_a_memory_budget() {
    let database = memory_with(DatabaseOptions { memory_budget: 16 << 20, ..DatabaseOptions::default() });
    let mut open = Vec::new();
    let outcome = (0..1_000_u32).find_map(|count| {
        let transaction = database.begin().unwrap();
        let outcome = code(transaction.set(DEFAULT, &count.to_be_bytes(), &[0; 90_000]));
        open.push(transaction);
        (outcome != 0).then_some(outcome)
    });
    assert_eq!(outcome, Some(9013));
    let metrics = database.metrics();
    assert!(metrics.transaction_bytes <= 16 << 20 && metrics.transaction_bytes > 1 << 20, "{metrics:?}");
    // The refused write is not there, and the transaction is as it was.
    let last = open.pop().unwrap();
    assert_eq!(get(&*last, &(open.len() as u32).to_be_bytes()), None);
    last.commit().unwrap();
    assert_eq!(last.committed_version(), -1);
    // Others can still read, commit what they have, and give memory back.
    assert_eq!(look(&*database, b"x"), None);
    open.pop().unwrap().commit().unwrap();
    drop((open, last));
    assert_eq!(database.metrics().transaction_bytes, 0);
    put(&*database, b"x", &[0; 90_000]);
}

#[test]
fn memory_comes_back_after_commit_reset_and_error() {
    let database = memory();
    let transaction = database.begin().unwrap();
    for end in 0..4 {
        transaction.set(DEFAULT, b"x", &[0; 50_000]).unwrap();
        transaction.clear_range(DEFAULT, b"y", b"z").unwrap();
        assert!(database.metrics().transaction_bytes >= 50_000);
        match end {
            0 => transaction.commit().unwrap(),
            1 => {}
            2 => transaction.on_error(plinth_api::Code::NOT_COMMITTED.into()).unwrap(),
            _ => transaction.cancel().unwrap(),
        }
        transaction.reset().unwrap();
        assert_eq!(database.metrics().transaction_bytes, 0, "way {end}");
    }
}

#[test]
fn keys_and_values_have_a_longest_length() {
    // LIM-1 and LIM-2; the call that fails changes nothing.
    let database = memory();
    let transaction = database.begin().unwrap();
    transaction.set(DEFAULT, &[b'k'; 10_000], &[b'v'; 100_000]).unwrap();
    assert_eq!(code(transaction.set(DEFAULT, &[b'k'; 10_001], b"")), 2102);
    assert_eq!(code(transaction.set(DEFAULT, b"k", &[b'v'; 100_001])), 2103);
    assert_eq!(code(transaction.set(DEFAULT, b"\xff", b"")), 2004);
    transaction.commit().unwrap();
    assert_eq!(look(&*database, &[b'k'; 10_000]).unwrap().len(), 100_000);
    assert_eq!(look(&*database, b"k"), None);
}

#[test]
fn longer_keys_and_values_are_an_option() {
    // D10.
    let options = DatabaseOptions { key_size_limit: 20_000, value_size_limit: 1 << 20, ..DatabaseOptions::default() };
    let database = memory_with(options);
    put(&*database, &[b'k'; 20_000], &vec![b'v'; 1 << 20]);
    assert_eq!(look(&*database, &[b'k'; 20_000]).unwrap().len(), 1 << 20);
    assert_eq!(code(database.begin().unwrap().set(DEFAULT, &[b'k'; 20_001], b"")), 2102);
}

#[test]
fn the_size_of_a_transaction_is_counted_to_the_byte() {
    // LIM-4 and LIM-5: a set of one byte to one byte is 28 + 2, its write range 24 + 3, the read
    // range of another key 24 + 3.
    let database = memory();
    for (limit, expected) in [(84, 0), (83, 2101)] {
        let transaction = database.begin().unwrap();
        transaction.set_option(TransactionOption::SizeLimit(limit)).unwrap();
        transaction.set(DEFAULT, b"a", b"1").unwrap();
        get(&*transaction, b"b");
        assert_eq!(code(transaction.commit()), expected, "limit {limit}");
    }
    // Overwritten sets and joined ranges count once.
    let transaction = database.begin().unwrap();
    transaction.set_option(TransactionOption::SizeLimit(57)).unwrap();
    (0..10).for_each(|_| transaction.set(DEFAULT, b"a", b"1").unwrap());
    transaction.commit().unwrap();
    // A single clear is [k, k\0): 28 + 3 and 24 + 3.
    for (limit, expected) in [(58, 0), (57, 2101)] {
        let transaction = database.begin().unwrap();
        transaction.set_option(TransactionOption::SizeLimit(limit)).unwrap();
        transaction.clear(DEFAULT, b"a").unwrap();
        assert_eq!(code(transaction.commit()), expected, "limit {limit}");
    }
}

#[test]
fn a_transaction_of_ten_megabytes_is_the_largest() {
    // LIM-4: the default.
    let database = memory();
    for (values, expected) in [(99_u32, 0), (100, 2101)] {
        let transaction = database.begin().unwrap();
        for count in 0..values {
            transaction.set(DEFAULT, &count.to_be_bytes(), &[0; 100_000]).unwrap();
        }
        assert_eq!(code(transaction.commit()), expected, "{values} values");
    }
}

#[test]
fn options_out_of_bounds_are_refused_by_the_call() {
    let database = memory();
    let transaction = database.begin().unwrap();
    assert_eq!(code(transaction.set_option(TransactionOption::SizeLimit(31))), 2006);
    assert_eq!(code(transaction.set_option(TransactionOption::Timeout(-1))), 2006);
    assert_eq!(code(transaction.set_option(TransactionOption::RetryLimit(-2))), 2006);
}
