//! Retry loops of the crate under contention, with computed sums; who conflicts with whom.
mod common;

use common::*;
use foundationdb::options::{ConflictRangeType, DatabaseOption, TransactionOption};
use foundationdb::{Database, FdbBindingError, FdbResult, RetryableTransaction, TransactOption, Transaction};
use futures::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

async fn increment(trx: &Transaction, key: &[u8]) -> FdbResult<()> {
    let value = number(trx.get(key, false).await?.as_deref());
    trx.set(key, &(value + 1).to_le_bytes());
    Ok(())
}

/// CONF-19: loops that increment one counter at the same time lose nothing.
#[test]
fn counters_lose_nothing() {
    const TASKS: i64 = 16;
    const ROUNDS: i64 = 30;
    run(async {
        let key = space("counter").pack(&"k");
        let work = async |key: &[u8]| {
            for _ in 0..ROUNDS {
                database().run(|trx, _| async move { Ok(increment(&trx, key).await?) }).await.unwrap();
            }
        };
        future::join_all((0..TASKS).map(|_| work(&key))).await;
        assert_eq!(number(get(&key).await.as_deref()), TASKS * ROUNDS);
    });
}

/// CONF-19: the same from threads of one's own, each with its own executor and its own handle.
#[test]
fn threads_lose_nothing() {
    const THREADS: i64 = 8;
    const ROUNDS: i64 = 40;
    let key = space("threads").pack(&"k");
    database();
    let work = || {
        let db = Database::default().unwrap();
        for _ in 0..ROUNDS {
            let body =
                db.transact_boxed(key.clone(), |trx, key| increment(trx, key).boxed(), TransactOption::default());
            futures::executor::block_on(body).unwrap();
        }
    };
    std::thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
    run(async { assert_eq!(number(get(&key).await.as_deref()), THREADS * ROUNDS) });
}

/// VER-12: transfers keep the total, and every reader sees it.
#[test]
fn transfers_keep_the_total() {
    const ACCOUNTS: usize = 10;
    const START: i64 = 1000;
    run(async {
        let at = space("accounts");
        let total = ACCOUNTS as i64 * START;
        fill(&(0..ACCOUNTS).map(|i| (at.pack(&i), START.to_le_bytes().to_vec())).collect()).await;
        let sum = async || {
            let all = rows(&begin(), (&at).into(), false).await.unwrap();
            all.iter().map(|row| number(Some(&row.1))).sum::<i64>()
        };
        let transfers = (0..12).map(|seed| {
            let mut random = Random::new(seed);
            let pairs: Vec<_> = (0..25).map(|_| (random.below(ACCOUNTS), random.below(ACCOUNTS))).collect();
            tokio::spawn(async move {
                for (from, to) in pairs.into_iter().filter(|(from, to)| from != to) {
                    transfer(&space("accounts").pack(&from), &space("accounts").pack(&to), from as i64 + 1).await;
                }
            })
        });
        let transfers: Vec<_> = transfers.collect();
        for _ in 0..50 {
            assert_eq!(sum().await, total);
        }
        future::try_join_all(transfers).await.unwrap();
        assert_eq!(sum().await, total);
    });
}

async fn transfer(from: &[u8], to: &[u8], amount: i64) {
    let body = |trx: RetryableTransaction, _| async move {
        let (a, b) = future::try_join(trx.get(from, false), trx.get(to, false)).await?;
        trx.set(from, &(number(a.as_deref()) - amount).to_le_bytes());
        trx.set(to, &(number(b.as_deref()) + amount).to_le_bytes());
        Ok(())
    };
    database().run(body).await.unwrap();
}

/// CONF-14: an attempt whose read was overtaken is refused, and the next sees what overtook it.
#[test]
fn an_overtaken_attempt_is_retried() {
    run(async {
        let key = space("overtaken").pack(&"k");
        let (key, attempts) = (&key, &AtomicU32::new(0));
        let body = |trx: RetryableTransaction, maybe_committed: foundationdb::MaybeCommitted| async move {
            assert!(!bool::from(maybe_committed));
            increment(&trx, key).await?;
            if attempts.fetch_add(1, Ordering::SeqCst) < 3 {
                set(key, &100i64.to_le_bytes()).await;
            }
            Ok(())
        };
        database().run(body).await.unwrap();
        assert_eq!(attempts.load(Ordering::SeqCst), 4);
        assert_eq!(number(get(key).await.as_deref()), 101);
    });
}

/// ERRH-3: the retry limit, of the transaction and as a default of the database.
#[test]
fn retry_limits() {
    run(async {
        let key = &space("limited").pack(&"k");
        let db = Database::default().unwrap();
        db.set_option(DatabaseOption::TransactionRetryLimit(2)).unwrap();
        for (db, own, expected) in [(database(), Some(5), 6), (&db, None, 3), (&db, Some(4), 5)] {
            let attempts = &AtomicU32::new(0);
            let body = |trx: RetryableTransaction, _| async move {
                if let Some(limit) = own {
                    trx.set_option(TransactionOption::RetryLimit(limit))?;
                }
                attempts.fetch_add(1, Ordering::SeqCst);
                increment(&trx, key).await?;
                set(key, &7i64.to_le_bytes()).await;
                Ok::<_, FdbBindingError>(())
            };
            let err = db.run(body).await.unwrap_err();
            assert_eq!(err.get_fdb_error().unwrap().code(), 1020);
            assert_eq!(attempts.load(Ordering::SeqCst), expected);
        }
    });
}

/// What the first of two transactions does before the second commits.
type Steps = fn(&Transaction);

async fn refused(first: Steps, second: Steps) -> bool {
    let trx = begin();
    trx.get_read_version().await.unwrap();
    first(&trx);
    let other = begin();
    second(&other);
    other.commit().await.unwrap();
    match trx.commit().await {
        Ok(_) => false,
        Err(err) => {
            assert_eq!(err.code(), 1020);
            true
        }
    }
}

/// COM-4: a read whose future was dropped still counts.
fn read(trx: &Transaction) {
    drop(trx.get(b"conflict/k", false));
    trx.set(b"conflict/x", b"");
}

fn read_snapshot(trx: &Transaction) {
    drop(trx.get(b"conflict/k", true));
    trx.set(b"conflict/x", b"");
}

fn read_range(trx: &Transaction) {
    drop(trx.get_range(&between(b"conflict/j", b"conflict/l"), 1, false));
    trx.set(b"conflict/x", b"");
}

fn read_explicit(trx: &Transaction) {
    trx.add_conflict_range(b"conflict/k", b"conflict/l", ConflictRangeType::Read).unwrap();
    trx.set(b"conflict/x", b"");
}

fn read_own(trx: &Transaction) {
    trx.set(b"conflict/k", b"own");
    drop(trx.get(b"conflict/k", false));
}

fn read_only(trx: &Transaction) {
    drop(trx.get(b"conflict/k", false));
}

fn write(trx: &Transaction) {
    trx.set(b"conflict/k", b"v");
}

fn write_beside(trx: &Transaction) {
    trx.set(b"conflict/l", b"v");
}

fn write_explicit(trx: &Transaction) {
    trx.add_conflict_range(b"conflict/k", b"conflict/l", ConflictRangeType::Write).unwrap();
}

fn write_quietly(trx: &Transaction) {
    trx.set_option(TransactionOption::NextWriteNoWriteConflictRange).unwrap();
    trx.set(b"conflict/k", b"psst");
}

/// CONF-2 to CONF-17: the table of who conflicts with whom.
#[test]
fn who_conflicts_with_whom() {
    run(async {
        let writes: [(Steps, bool); 4] =
            [(write, true), (write_beside, false), (write_explicit, true), (write_quietly, false)];
        let readers: [Steps; 3] = [read, read_range, read_explicit];
        for (i, reader) in readers.into_iter().enumerate() {
            for (j, (writer, expected)) in writes.into_iter().enumerate() {
                assert_eq!(refused(reader, writer).await, expected, "reader {i}, writer {j}");
            }
        }
        let immune: [Steps; 4] = [read_snapshot, read_own, read_only, write];
        for (i, reader) in immune.into_iter().enumerate() {
            for (j, (writer, _)) in writes.into_iter().enumerate() {
                assert!(!refused(reader, writer).await, "reader {i}, writer {j}");
            }
        }
    });
}

/// CONF-10: a conflict range that ends before it begins.
#[test]
fn an_inverted_conflict_range() {
    database();
    assert_eq!(code(begin().add_conflict_range(b"b", b"a", ConflictRangeType::Read)), 2005);
}

/// SPEC-4, SPEC-6: a refused commit names the ranges that were hit, until on_error and after.
#[test]
fn conflicting_keys() {
    run(async {
        let at = space("reported");
        let (hit, missed) = (at.pack(&"hit"), at.pack(&"missed"));
        let attempt = async |report: bool| {
            let trx = begin();
            if report {
                trx.set_option(TransactionOption::ReportConflictingKeys).unwrap();
            }
            trx.get(&missed, false).await.unwrap();
            trx.get(&hit, false).await.unwrap();
            trx.set(&missed, b"");
            set(&hit, b"").await;
            trx.commit().await.unwrap_err()
        };
        assert!(attempt(false).await.conflicting_keys().await.unwrap().is_empty());
        let err = attempt(true).await;
        let after = [&hit[..], &[0]].concat();
        let at_once = err.conflicting_keys().await.unwrap();
        let later = err.on_error().await.unwrap().conflicting_keys().await.unwrap();
        for ranges in [at_once, later] {
            let ranges: Vec<_> = ranges.iter().map(|r| (r.begin().to_vec(), r.end().to_vec())).collect();
            assert_eq!(ranges, [(hit.clone(), after.clone())]);
        }
    });
}
