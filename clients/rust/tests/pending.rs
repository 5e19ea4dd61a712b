//! Futures that are pending, dropped, or outlive what made them; many threads.
mod common;

use common::*;
use foundationdb::FdbError;
use futures::prelude::*;
use futures::stream::FuturesUnordered;
use std::task::Poll;

/// FUT-12: of 1001 point reads at least one is pending at its first poll, and all of them end.
#[test]
fn a_read_is_pending() {
    run(async {
        let at = space("pending");
        let mut pending = 0;
        for i in 0..=1000 {
            let trx = begin();
            let mut read = trx.get(&at.pack(&i), false);
            pending += u32::from(matches!(futures::poll!(&mut read), Poll::Pending));
            assert!(read.await.unwrap().is_none());
        }
        assert!(pending > 0);
    });
}

/// FUT-6: reads dropped while they are pending leave a transaction and a database that work.
#[test]
fn dropped_reads() {
    run(async {
        let at = space("dropped");
        for i in 0..500 {
            let trx = begin();
            let mut read = trx.get(&at.pack(&i), false);
            let _ = futures::poll!(&mut read);
            drop(read);
            // A snapshot read: the commits that were dropped may still happen, and would conflict.
            let mut range = trx.get_range(&(&at).into(), 1, true);
            let _ = futures::poll!(&mut range);
            drop(range);
            trx.set(&at.pack(&i), b"v");
            let mut commit = trx.commit();
            if i % 2 == 0 {
                commit.await.unwrap();
            } else {
                let _ = futures::poll!(&mut commit);
            }
        }
        let found = rows(&begin(), (&at).into(), false).await.unwrap();
        assert!((0..500).step_by(2).all(|i| found.iter().any(|row| row.0 == at.pack(&i))));
    });
}

/// RST-3: reads of a transaction that is gone end, with their value or with 1025.
#[test]
fn reads_of_a_dropped_transaction() {
    run(async {
        let at = space("gone");
        for i in 0..300 {
            let trx = begin();
            let reads: Vec<_> = (0..5).map(|k| trx.get(&at.pack(&(i, k)), false)).collect();
            let version = trx.get_read_version();
            drop(trx);
            for read in reads {
                assert!(matches!(code(read.await), 0 | 1025));
            }
            assert!(matches!(code(version.await), 0 | 1025));
        }
    });
}

/// ERRH-7: a back-off that nobody waits for is dropped without a trace.
#[test]
fn dropped_back_off() {
    run(async {
        for _ in 0..200 {
            let mut back_off = Box::pin(begin().on_error(FdbError::from_code(1020)));
            let _ = futures::poll!(&mut back_off);
        }
        begin().on_error(FdbError::from_code(1020)).await.unwrap();
    });
}

/// FUT-11: thousands of reads and commits under way at once, each with its own answer.
#[test]
fn thousands_at_once() {
    run(async {
        let at = space("thousands");
        let write = async |i: i64| {
            let trx = begin();
            trx.set(&at.pack(&i), &i.to_le_bytes());
            trx.commit().await.unwrap();
        };
        (0..3000).map(write).collect::<FuturesUnordered<_>>().collect::<Vec<()>>().await;
        let trx = begin();
        let read = async |i: i64| (i, number(trx.get(&at.pack(&i), false).await.unwrap().as_deref()));
        let answers = (0..3000).map(read).collect::<FuturesUnordered<_>>().collect::<Vec<_>>().await;
        assert_eq!(answers.len(), 3000);
        assert!(answers.iter().all(|(i, value)| i == value));
    });
}

/// TX-2: one transaction used from many threads has all their writes.
#[test]
fn one_transaction_on_many_threads() {
    let at = space("shared");
    let trx = begin();
    std::thread::scope(|scope| {
        for thread in 0..8i64 {
            let (at, trx) = (&at, &trx);
            scope.spawn(move || {
                for i in 0..100i64 {
                    let key = at.pack(&(thread, i));
                    trx.set(&key, &i.to_le_bytes());
                    let value = futures::executor::block_on(trx.get(&key, false)).unwrap();
                    assert_eq!(number(value.as_deref()), i);
                }
            });
        }
    });
    run(async {
        trx.commit().await.unwrap();
        assert_eq!(rows(&begin(), (&at).into(), false).await.unwrap().len(), 800);
    });
}

/// FUT-2: short-lived threads that each make one call.
#[test]
fn short_lived_threads() {
    let at = space("short lived");
    database();
    for round in 0..400i64 {
        std::thread::scope(|scope| {
            for thread in 0..10i64 {
                let at = &at;
                scope.spawn(move || {
                    let trx = begin();
                    trx.set(&at.pack(&(round * 10 + thread)), b"v");
                    futures::executor::block_on(trx.commit()).unwrap();
                });
            }
        });
    }
    run(async { assert_eq!(rows(&begin(), (&at).into(), false).await.unwrap().len(), 4000) });
}
