//! Tenants, as the crate's management of them uses the special keys of 7.3.
mod common;

use common::*;
use foundationdb::FdbBindingError;
use foundationdb::tenant::{FdbTenant, TenantManagement};

fn open(name: &str) -> FdbTenant {
    database().open_tenant(name.as_bytes()).expect("a tenant")
}

async fn made(name: &str) -> FdbTenant {
    TenantManagement::create_tenant(database(), name.as_bytes()).await.unwrap();
    open(name)
}

async fn put(tenant: &FdbTenant, key: &[u8], value: &[u8]) {
    let write = |trx: foundationdb::RetryableTransaction, _| async move {
        trx.set(key, value);
        Ok(())
    };
    tenant.run(write).await.unwrap();
}

async fn value(tenant: &FdbTenant, key: &[u8]) -> Result<Option<Vec<u8>>, FdbBindingError> {
    let read = |trx: foundationdb::RetryableTransaction, _| async move { Ok(trx.get(key, false).await?) };
    Ok(tenant.run(read).await?.map(|value| value.to_vec()))
}

async fn listed(begin: &str, end: &str) -> usize {
    let found = TenantManagement::list_tenant(database(), begin.as_bytes(), end.as_bytes(), None).await.unwrap();
    for info in &found {
        assert!(info.as_ref().unwrap().id >= 0);
    }
    found.len()
}

/// TEN-1: create, describe, list, delete; twice is an error each time.
#[test]
fn management() {
    run(async {
        let db = database();
        assert_eq!(listed("manage", "managf").await, 0);
        for name in ["manage1", "manage2", "manage3"] {
            TenantManagement::create_tenant(db, name.as_bytes()).await.unwrap();
        }
        assert_eq!(code(TenantManagement::create_tenant(db, b"manage1").await), 2132);
        assert_eq!((listed("manage", "managf").await, listed("manage1", "manage2").await), (3, 1));
        let info = async |name: &str| TenantManagement::get_tenant(db, name.as_bytes()).await.unwrap();
        let id = async |name: &str| info(name).await.unwrap().unwrap().id;
        assert!(id("manage1").await != id("manage2").await);
        assert!(info("manage9").await.is_none());
        TenantManagement::delete_tenant(db, b"manage2").await.unwrap();
        assert_eq!(code(TenantManagement::delete_tenant(db, b"manage2").await), 2131);
        assert_eq!(listed("manage", "managf").await, 2);
    });
}

/// TEN-1: the same key in each tenant and outside of them is another key.
#[test]
fn tenants_are_apart() {
    run(async {
        set(b"the key", b"outside").await;
        let mut tenants = Vec::new();
        for i in 0..10 {
            tenants.push(made(&format!("apart{i}")).await);
        }
        for (i, tenant) in tenants.iter().enumerate() {
            put(tenant, b"the key", &[i as u8]).await;
        }
        for (i, tenant) in tenants.iter().enumerate() {
            assert_eq!(value(tenant, b"the key").await.unwrap(), Some(vec![i as u8]));
            let trx = tenant.create_trx().unwrap();
            let all = rows(&trx, between(b"", b"\xff"), false).await.unwrap();
            assert_eq!(all, [(b"the key".to_vec(), vec![i as u8])]);
        }
        assert_eq!(get(b"the key").await, Some(b"outside".to_vec()));
    });
}

/// TEN-1: transactions of one tenant conflict, those of two do not.
#[test]
fn conflicts_stay_inside() {
    run(async {
        let (one, two) = (made("conflict1").await, made("conflict2").await);
        for (other, expected) in [(&one, 1020), (&two, 0)] {
            let trx = one.create_trx().unwrap();
            trx.get(b"k", false).await.unwrap();
            trx.set(b"x", b"");
            put(other, b"k", b"changed").await;
            assert_eq!(code(trx.commit().await), expected);
        }
    });
}

/// TEN-1: a tenant that does not exist shows with the first operation; one with rows is not deleted.
#[test]
fn missing_and_not_empty() {
    run(async {
        let err = value(&open("missing"), b"k").await.unwrap_err();
        assert_eq!(err.get_fdb_error().unwrap().code(), 2131);
        let tenant = made("full").await;
        put(&tenant, b"k", b"v").await;
        assert_eq!(code(TenantManagement::delete_tenant(database(), b"full").await), 2133);
        let clear = |trx: foundationdb::RetryableTransaction, _| async move {
            trx.clear(b"k");
            Ok(())
        };
        tenant.run(clear).await.unwrap();
        TenantManagement::delete_tenant(database(), b"full").await.unwrap();
        assert_eq!(value(&tenant, b"k").await.unwrap_err().get_fdb_error().unwrap().code(), 2131);
    });
}
