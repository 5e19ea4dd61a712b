//! The crate's directory layer and its allocator, alone and with many at once.
mod common;

use common::*;
use foundationdb::directory::{Directory, DirectoryError, DirectoryLayer, DirectoryOutput};
use foundationdb::tuple::hca::HighContentionAllocator;
use foundationdb::{FdbBindingError, TransactOption};
use futures::prelude::*;
use std::collections::BTreeSet;

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

async fn open(names: &[&str]) -> Result<DirectoryOutput, FdbBindingError> {
    let names = &path(names);
    let layer = &DirectoryLayer::default();
    database().run(|trx, _| async move { Ok(layer.create_or_open(&trx, names, None, None).await?) }).await
}

async fn list(names: &[&str]) -> Vec<String> {
    let mut found = DirectoryLayer::default().list(&begin(), &path(names)).await.unwrap();
    found.sort();
    found
}

fn bytes(directory: &DirectoryOutput) -> Vec<u8> {
    directory.bytes().unwrap().to_vec()
}

/// DATA-1: create, open, exist, list, move, remove.
#[test]
fn the_life_of_a_directory() {
    run(async {
        let layer = DirectoryLayer::default();
        let (users, orders) = (path(&["life", "users"]), path(&["life", "orders"]));
        let trx = begin();
        let made = layer.create(&trx, &users, None, Some(b"people")).await.unwrap();
        trx.commit().await.unwrap();
        let trx = begin();
        assert_eq!(bytes(&layer.open(&trx, &users, None).await.unwrap()), bytes(&made));
        assert_eq!(layer.open(&trx, &users, None).await.unwrap().get_layer(), b"people");
        let err = layer.create(&trx, &users, None, None).await.err().unwrap();
        assert!(matches!(err, DirectoryError::DirAlreadyExists), "{err:?}");
        let err = layer.open(&trx, &users, Some(b"queue")).await.err().unwrap();
        assert!(matches!(err, DirectoryError::IncompatibleLayer), "{err:?}");
        assert!(layer.exists(&trx, &users).await.unwrap() && !layer.exists(&trx, &orders).await.unwrap());
        trx.set(&made.pack(&"k").unwrap(), b"kept");
        let moved = layer.move_to(&trx, &users, &orders).await.unwrap();
        trx.commit().await.unwrap();
        assert_eq!(bytes(&moved), bytes(&made));
        assert_eq!(list(&["life"]).await, ["orders"]);
        assert_eq!(get(&moved.pack(&"k").unwrap()).await, Some(b"kept".to_vec()));
        let trx = begin();
        assert!(layer.remove(&trx, &path(&["life"])).await.unwrap());
        assert!(!layer.remove_if_exists(&trx, &orders).await.unwrap());
        trx.commit().await.unwrap();
        assert_eq!(get(&moved.pack(&"k").unwrap()).await, None);
    });
}

/// DATA-1: a partition keeps its directories inside its own prefix.
#[test]
fn a_partition() {
    run(async {
        let layer = DirectoryLayer::default();
        let trx = begin();
        layer.create(&trx, &path(&["part"]), None, Some(b"partition")).await.unwrap();
        trx.commit().await.unwrap();
        let inner = open(&["part", "a", "b"]).await.unwrap();
        set(&inner.pack(&"k").unwrap(), b"v").await;
        let trx = begin();
        let err = layer.move_to(&trx, &path(&["part", "a"]), &path(&["outside"])).await.err().unwrap();
        assert!(matches!(err, DirectoryError::CannotMoveBetweenPartition), "{err:?}");
        assert!(layer.remove(&trx, &path(&["part"])).await.unwrap());
        trx.commit().await.unwrap();
        assert_eq!(get(&inner.pack(&"k").unwrap()).await, None);
    });
}

/// CONF-19: many at once that create or open one directory get the same one.
#[test]
fn many_open_one() {
    run(async {
        let made = future::try_join_all((0..20).map(|_| open(&["shared", "one"]))).await.unwrap();
        assert_eq!(made.iter().map(bytes).collect::<BTreeSet<_>>().len(), 1);
        assert_eq!(list(&["shared"]).await, ["one"]);
    });
}

/// CONF-19: of many at once that create one directory, one does.
#[test]
fn one_of_many_creates() {
    run(async {
        let (layer, name) = (&DirectoryLayer::default(), &path(&["only one"]));
        let create = || database().run(|trx, _| async move { Ok(layer.create(&trx, name, None, None).await?) });
        let results = future::join_all((0..20).map(|_| create())).await;
        let refused = |result: &&Result<DirectoryOutput, FdbBindingError>| {
            matches!(result, Err(FdbBindingError::DirectoryError(DirectoryError::DirAlreadyExists)))
        };
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(results.iter().filter(refused).count(), 19);
    });
}

/// CONF-19: directories made at once have prefixes of their own, none inside another.
#[test]
fn many_create_many() {
    run(async {
        let names: Vec<_> = (0..60).map(|i| format!("d{i:02}")).collect();
        open(&["crowd"]).await.unwrap();
        let made = future::try_join_all(names.iter().map(|name| async move { open(&["crowd", name]).await })).await;
        let prefixes: BTreeSet<_> = made.unwrap().iter().map(bytes).collect();
        assert_eq!(prefixes.len(), 60);
        let prefixes: Vec<_> = prefixes.into_iter().collect();
        assert!(prefixes.windows(2).all(|pair| !pair[1].starts_with(&pair[0])));
        assert_eq!(list(&["crowd"]).await, names);
    });
}

/// CONF-11, CONF-19: allocations at once are all different.
#[test]
fn allocations_are_unique() {
    run(async {
        let allocator = HighContentionAllocator::new(space("allocator"));
        let allocate = || {
            database().transact_boxed(
                &allocator,
                |trx, allocator| allocator.allocate(trx).boxed(),
                TransactOption::default(),
            )
        };
        let mut all = BTreeSet::new();
        for _ in 0..10 {
            all.extend(future::try_join_all((0..50).map(|_| allocate())).await.unwrap());
        }
        assert_eq!(all.len(), 500);
    });
}
