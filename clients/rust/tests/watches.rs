//! Watches: when they fire, when they do not, what ends them.
mod common;

use common::*;
use foundationdb::options::{DatabaseOption, MutationType, TransactionOption};
use foundationdb::{Database, FdbResult, Transaction};
use futures::prelude::*;

/// A watch of a transaction that is committed.
async fn watched(key: &[u8]) -> impl Future<Output = FdbResult<()>> + Send + Unpin + 'static {
    watched_in(database(), key).await
}

async fn watched_in(db: &Database, key: &[u8]) -> impl Future<Output = FdbResult<()>> + Send + Unpin + 'static {
    let trx = db.create_trx().unwrap();
    let watch = trx.watch(key);
    trx.commit().await.unwrap();
    watch
}

/// WATCH-1, WATCH-6: every way to change the value fires.
#[test]
fn every_change_fires() {
    run(async {
        let key = space("changes").pack(&"k");
        let changes: [fn(&Transaction, &[u8]); 4] = [
            |trx, key| trx.set(key, b"new"),
            |trx, key| trx.clear(key),
            |trx, key| trx.clear_range(key, &[key, b"\0"].concat()),
            |trx, key| trx.atomic_op(key, b"\x01", MutationType::Add),
        ];
        for (i, change) in changes.into_iter().enumerate() {
            set(&key, &[b"value", &[i as u8][..]].concat()).await;
            let watch = watched(&key).await;
            let trx = begin();
            change(&trx, &key);
            trx.commit().await.unwrap();
            watch.await.unwrap();
        }
    });
}

/// WATCH-6: an equal value does not fire, and a watch before another does not end with it.
#[test]
fn an_equal_value_does_not_fire() {
    run(async {
        let at = space("equal");
        let (same, other) = (at.pack(&"same"), at.pack(&"other"));
        set(&same, b"value").await;
        let (mut same_watch, other_watch) = (watched(&same).await, watched(&other).await);
        let trx = begin();
        trx.set(&same, b"value");
        trx.set(&other, b"new");
        trx.commit().await.unwrap();
        other_watch.await.unwrap();
        assert!((&mut same_watch).now_or_never().is_none());
        set(&same, b"another").await;
        same_watch.await.unwrap();
    });
}

/// WATCH-4: the own write before the watch is what it watches.
#[test]
fn an_own_write_is_watched() {
    run(async {
        let at = space("own");
        let (key, other) = (at.pack(&"k"), at.pack(&"other"));
        let trx = begin();
        trx.set(&key, b"mine");
        let (mut watch, other_watch) = (trx.watch(&key), trx.watch(&other));
        trx.commit().await.unwrap();
        set(&other, b"x").await;
        other_watch.await.unwrap();
        assert!((&mut watch).now_or_never().is_none());
        set(&key, b"theirs").await;
        watch.await.unwrap();
    });
}

/// WATCH-5: a change between the read version and a commit that only reads fires at once.
#[test]
fn a_change_before_the_commit_fires() {
    run(async {
        let key = space("between").pack(&"k");
        let trx = begin();
        trx.get(&key, false).await.unwrap();
        let watch = trx.watch(&key);
        set(&key, b"new").await;
        trx.commit().await.unwrap();
        watch.await.unwrap();
    });
}

/// WATCH-7: a watch of a transaction that is dropped ends with 1025, of a refused one with 1020.
#[test]
fn a_watch_ends_with_its_transaction() {
    run(async {
        let key = space("ends").pack(&"k");
        let trx = begin();
        let watch = trx.watch(&key);
        drop(trx);
        assert_eq!(code(watch.await), 1025);
        let trx = begin();
        trx.get(&key, false).await.unwrap();
        let watch = trx.watch(&key);
        trx.set(&space("ends").pack(&"x"), b"");
        set(&key, b"overtaken").await;
        assert_eq!(code(trx.commit().await), 1020);
        assert_eq!(code(watch.await), 1020);
    });
}

/// WATCH-9: a thousand watches fire, those on one key too; dropped ones are gone.
#[test]
fn a_thousand_watches() {
    run(async {
        let at = space("thousand");
        let trx = begin();
        let watches: Vec<_> = (0..1000).map(|i| trx.watch(&at.pack(&(i % 200)))).collect();
        let dropped: Vec<_> = (0..200).map(|i| trx.watch(&at.pack(&i))).collect();
        trx.commit().await.unwrap();
        drop(dropped);
        let trx = begin();
        (0..200).for_each(|i| trx.set(&at.pack(&i), b"new"));
        trx.commit().await.unwrap();
        future::try_join_all(watches).await.unwrap();
    });
}

/// WATCH-8: above the limit of the database a watch ends with 1032; a dropped one makes room.
#[test]
fn the_limit() {
    run(async {
        database();
        let at = space("limit");
        let db = Database::default().unwrap();
        db.set_option(DatabaseOption::MaxWatches(5)).unwrap();
        let key = |i: i32| at.pack(&i);
        let mut held = Vec::new();
        for i in 0..5 {
            held.push(watched_in(&db, &key(i)).await);
        }
        assert_eq!(code(watched_in(&db, &key(5)).await.await), 1032);
        held.pop();
        let again = watched_in(&db, &key(6)).await;
        set(&key(6), b"new").await;
        again.await.unwrap();
    });
}

/// WATCH-10: without read-your-writes there are no watches.
#[test]
fn no_watches_without_own_writes() {
    run(async {
        let trx = begin();
        trx.set_option(TransactionOption::ReadYourWritesDisable).unwrap();
        assert_eq!(code(trx.watch(b"k").await), 1034);
    });
}
