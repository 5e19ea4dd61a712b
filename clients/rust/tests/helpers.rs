//! What the crate offers beside transactions: metrics, hooks, the time keeper, the states of the client.
mod common;

use common::*;
use foundationdb::options::{MutationType, TransactionOption};
use foundationdb::timekeeper::{HintMode, hint_version_from_timestamp};
use foundationdb::{FdbError, FdbResult, RunnerHooks, TransactionCommitError, TransactionCommitted};
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

async fn hint(timestamp: u64, mode: HintMode) -> Option<i64> {
    let found = hint_version_from_timestamp(&begin(), timestamp, mode, true).await.unwrap();
    found.map(|version| version as i64)
}

/// VER-2: the time keeper maps times to versions, and has an entry soon after the start.
#[test]
fn time_keeper() {
    run(async {
        let started = now();
        // Entries are some seconds apart; the guard of the test ends the wait.
        while hint(started, HintMode::AfterTimestamp).await.is_none() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let version = hint(started, HintMode::AfterTimestamp).await.unwrap();
        assert!(version > 0 && version <= begin().get_read_version().await.unwrap());
        assert!(hint(0, HintMode::AfterTimestamp).await.unwrap() <= version);
        assert!(hint(now() + 1, HintMode::BeforeTimestamp).await.unwrap() >= version);
        assert_eq!(hint(now() + 1000, HintMode::AfterTimestamp).await, None);
        assert_eq!(hint(0, HintMode::BeforeTimestamp).await, None);
    });
}

/// SPEC-7: the status of the cluster is JSON with one process; that of the client says it is healthy.
#[test]
fn states() {
    run(async {
        let status: Value = serde_json::from_slice(&get(b"\xff\xff/status/json").await.unwrap()).unwrap();
        assert_eq!(status["client"]["database_status"]["available"], true);
        assert!(status["cluster"]["generation"].as_i64().unwrap() >= 0);
        let processes = status["cluster"]["processes"].as_object().unwrap();
        assert_eq!(processes.len(), 1);
        assert!(processes.values().all(|process| process["address"].as_str().unwrap().contains(':')));
        let client = database().get_client_status().await.unwrap();
        let client: Value = serde_json::from_slice(&client).unwrap();
        assert_eq!(client["Healthy"], true);
    });
}

/// VER-7: a version set by hand is given back without asking the database.
#[test]
fn no_op() {
    run(async {
        for _ in 0..100 {
            database().perform_no_op().await.unwrap();
        }
    });
}

/// ERRH-1: metrics count what a transaction did, over the attempts that were retried.
#[test]
fn metrics() {
    run(async {
        let key = &space("metrics").pack(&"k");
        let attempts = &AtomicU32::new(0);
        let body = |trx: foundationdb::RetryableTransaction, _| async move {
            trx.set_option(TransactionOption::ReportConflictingKeys)?;
            trx.get(key, false).await?;
            trx.set(key, b"12345");
            trx.atomic_op(b"added", &1u64.to_le_bytes(), MutationType::Add);
            trx.clear(b"cleared");
            if attempts.fetch_add(1, Ordering::SeqCst) < 2 {
                set(key, b"overtaken").await;
            }
            Ok(())
        };
        let (_, report) = database().instrumented_run(body).await.ok().unwrap();
        assert_eq!((report.transaction.retries, report.transaction.conflict_count), (2, 2));
        assert_eq!((report.total.call_set, report.total.call_get, report.total.call_clear), (3, 3, 3));
        assert_eq!((report.current.call_set, report.current.call_atomic_op), (1, 1));
        assert_eq!(report.total.bytes_written, 3 * (key.len() as u64 + 5));
        assert_eq!(report.conflicting_keys.len(), 1);
        assert_eq!(report.conflicting_keys[0].begin(), key);
        assert!(report.transaction.commit_version.unwrap() > 0);
    });
}

#[derive(Default)]
struct Counts {
    commits: AtomicU32,
    conflicts: AtomicU32,
    errors: AtomicU32,
    retries: AtomicU32,
}

impl RunnerHooks for Counts {
    async fn on_commit_error(&self, err: &TransactionCommitError) -> FdbResult<()> {
        assert_eq!(err.code(), 1020);
        self.conflicts.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn on_closure_error(&self, _: &FdbError) {
        self.errors.fetch_add(1, Ordering::SeqCst);
    }

    fn on_commit_success(&self, committed: &TransactionCommitted, _: u64) {
        assert!(committed.committed_version().unwrap() > 0);
        self.commits.fetch_add(1, Ordering::SeqCst);
    }

    fn on_retry(&self) {
        self.retries.fetch_add(1, Ordering::SeqCst);
    }
}

/// ERRH-1: hooks see each conflict, each error that is retried, and the commit.
#[test]
fn hooks() {
    run(async {
        let key = &space("hooks").pack(&"k");
        let (counts, attempts) = (Counts::default(), &AtomicU32::new(0));
        let body = |trx: foundationdb::RetryableTransaction, _| async move {
            let attempt = attempts.fetch_add(1, Ordering::SeqCst);
            trx.get(key, false).await?;
            trx.set(key, b"v");
            match attempt {
                0 => Err(FdbError::from_code(1007))?,
                1 | 2 => set(key, b"overtaken").await,
                _ => (),
            }
            Ok(())
        };
        database().run_with_hooks(&counts, body).await.unwrap();
        let seen = [&counts.errors, &counts.conflicts, &counts.retries, &counts.commits];
        assert_eq!(seen.map(|count| count.load(Ordering::SeqCst)), [1, 2, 3, 1]);
    });
}

/// SPEC-7: the identity of a transaction's trace, and the coordinators.
#[test]
fn special_keys() {
    run(async {
        let trx = begin();
        let traces = rows(&trx, between(b"\xff\xff/tracing/", b"\xff\xff/tracing0"), false).await.unwrap();
        assert_eq!(traces.len(), 2);
        let id = trx.get(b"\xff\xff/tracing/transaction_id", false).await.unwrap().unwrap();
        assert!(id.len() == 32 && id.iter().all(u8::is_ascii_hexdigit) && id.iter().any(|digit| *digit != b'0'));
        let trx = begin();
        trx.set_option(TransactionOption::ReadSystemKeys).unwrap();
        assert!(trx.get(b"\xff/coordinators", false).await.unwrap().is_some_and(|value| !value.is_empty()));
        assert_eq!(code(begin().get(b"\xff\xff/no such module", false).await), 2113);
    });
}
