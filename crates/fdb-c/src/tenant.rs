//! Tenants: key spaces of their own, made and removed through the management special keys.
//!
//! The names stand in one keyspace, each with its tenant's number; a tenant's data is a keyspace of
//! that number. A transaction of a tenant reads the name with a conflict, so it never commits into
//! a tenant that was deleted meanwhile. Numbers are never given twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use plinth_api::{Code, Error, KeySelector, RangeOptions, RangeResult, Result, Transaction};
use plinth_boundary::handle::Table;

use crate::database::Database;
use crate::layout::FDBTenant;
use crate::store::Store;

/// All tenants' handles that were not destroyed.
pub static TENANTS: Table<Arc<Tenant>> = Table::new("tenant", 11);

/// Names are parts of keys.
const LONGEST_NAME: usize = 9_000;
/// What names begin with in their keyspace.
const NAME: &[u8] = b"n";
/// First key past the names.
const END_OF_NAMES: &[u8] = b"o";
/// The number of the next tenant.
const NEXT: &[u8] = b"c";

/// A tenant's handle. Whether there is such a tenant is found out by its transactions.
pub struct Tenant {
    /// The database it is in.
    pub database: Arc<Database>,
    /// Its name.
    pub name: Vec<u8>,
}

/// The tenant of a handle.
pub fn tenant(handle: *mut FDBTenant) -> Result<Arc<Tenant>> {
    TENANTS.get(handle as usize).map(|guard| guard.clone())
}

/// Fails for a name that no tenant may have.
pub fn check_name(name: &[u8]) -> Result<()> {
    match name.first() {
        Some(0..=0xfe) if name.len() <= LONGEST_NAME => Ok(()),
        _ => Err(Error::new(Code::INVALID_TENANT_NAME)),
    }
}

fn name_key(name: &[u8]) -> Vec<u8> {
    [NAME, name].concat()
}

fn number(value: &[u8]) -> Result<i64> {
    <[u8; 8]>::try_from(value)
        .map(i64::from_be_bytes)
        .map_err(|_| Error::new(Code::FILE_CORRUPT).context("a tenant's number has a wrong length"))
}

/// The number of a tenant; 2131 if there is none of that name.
pub fn look_up(transaction: &dyn Transaction, store: &Store, name: &[u8]) -> Result<i64> {
    match transaction.get(store.tenants()?, &name_key(name), false)? {
        Some(value) => number(&value),
        None => Err(Error::new(Code::TENANT_NOT_FOUND)),
    }
}

/// Creates a tenant, unless it is there.
pub fn create(transaction: &dyn Transaction, store: &Store, name: &[u8]) -> Result<()> {
    check_name(name)?;
    let keyspace = store.tenants()?;
    let key = name_key(name);
    if transaction.get(keyspace, &key, false)?.is_some() {
        return Ok(());
    }
    let next = transaction.get(keyspace, NEXT, false)?.map_or(Ok(0), |value| number(&value))?;
    transaction.set(keyspace, NEXT, &(next + 1).to_be_bytes())?;
    transaction.set(keyspace, &key, &next.to_be_bytes())
}

/// Deletes the tenants with names in `[begin, end)`, and returns their numbers; 2133 if one holds
/// something.
pub fn delete(transaction: &dyn Transaction, store: &Store, begin: &[u8], end: &[u8]) -> Result<Vec<i64>> {
    let keyspace = store.tenants()?;
    let mut deleted = Vec::new();
    for (name, id) in list(transaction, keyspace)? {
        if *name < *begin || *name >= *end {
            continue;
        }
        let first = RangeOptions { limit: 1, ..RangeOptions::default() };
        let (low, high) = (Vec::new(), b"\xff".to_vec());
        let (low, high) = (KeySelector::first_greater_or_equal(low), KeySelector::first_greater_or_equal(high));
        if !transaction.get_range(store.tenant(&name, id)?, low, high, first)?.is_empty() {
            return Err(Error::new(Code::TENANT_NOT_EMPTY));
        }
        transaction.clear(keyspace, &name_key(&name))?;
        deleted.push(id);
    }
    Ok(deleted)
}

/// The names and numbers of all tenants, in order.
pub fn list(transaction: &dyn Transaction, keyspace: u32) -> Result<Vec<(Vec<u8>, i64)>> {
    let begin = KeySelector::first_greater_or_equal(NAME);
    let end = KeySelector::first_greater_or_equal(END_OF_NAMES);
    let rows: RangeResult = transaction.get_range(keyspace, begin, end, RangeOptions::default())?;
    rows.iter().map(|(key, value)| Ok((key[NAME.len()..].to_vec(), number(value)?))).collect()
}

/// The numbers of all tenants.
pub fn ids(transaction: &dyn Transaction, keyspace: u32) -> Result<BTreeSet<i64>> {
    Ok(list(transaction, keyspace)?.into_iter().map(|(_, id)| id).collect())
}
