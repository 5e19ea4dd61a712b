//! The handle tables of this library: one per opaque type of the header.

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use plinth_api::{Code, Database, Error, Keyspace, Pending, Transaction, Value};
use plinth_boundary::fork::PerProcess;
use plinth_boundary::handle::{Guard, Table};
use uuid::Uuid;

use crate::{plinth_database, plinth_keyspace, plinth_transaction, plinth_watch};

/// What a keyspace handle stands for: a keyspace of one database.
pub struct KeyspaceObject {
    pub database: usize,
    pub keyspace: Keyspace,
}

/// What a transaction handle stands for, and the database handle it came from.
pub struct TransactionObject {
    pub database: usize,
    pub transaction: OwnTransaction,
}

/// The transaction of a handle, which ends with it.
pub struct OwnTransaction(ManuallyDrop<Arc<dyn Transaction>>);

impl TransactionObject {
    pub fn new(database: *mut plinth_database, transaction: Arc<dyn Transaction>) -> Self {
        Self { database: database as usize, transaction: OwnTransaction(ManuallyDrop::new(transaction)) }
    }
}

impl Deref for OwnTransaction {
    type Target = Arc<dyn Transaction>;

    fn deref(&self) -> &Arc<dyn Transaction> {
        &self.0
    }
}

/// What the `owner` of a value or range keeps alive.
pub enum Owner {
    Value(#[expect(dead_code, reason = "held for its bytes")] Value),
    Backups(#[expect(dead_code, reason = "held for its bytes")] Vec<crate::plinth_backup>),
    /// Boxed, because each value that is read is as large as the largest of these.
    Conflict(#[expect(dead_code, reason = "held for its bytes")] Box<crate::conflict::OwnedConflict>),
    Transactions(#[expect(dead_code, reason = "held for its bytes")] Vec<crate::plinth_transaction_info>),
    Values(#[expect(dead_code, reason = "held for its bytes")] crate::many::OwnedValues),
    Range(#[cfg_attr(not(test), expect(dead_code, reason = "held for its bytes"))] crate::range::OwnedRange),
}

/// Lanes of databases beside the first: every thread begins its transactions there.
const MORE_LANES: usize = 7;

pub static DATABASES: Table<Arc<dyn Database>, MORE_LANES> = Table::new("database", 1);
pub static KEYSPACES: Table<KeyspaceObject> = Table::new("keyspace", 2);
pub static TRANSACTIONS: Table<TransactionObject> = Table::new("transaction", 3);
pub static OWNERS: Table<Owner> = Table::new("result", 4);
pub static STREAMS: Table<crate::stream::StreamObject> = Table::new("stream", 6);
pub static WATCHES: Table<Arc<dyn Pending>> = Table::new("watch", 5);

/// Looks a database handle up.
pub fn database(handle: *mut plinth_database) -> Result<Guard<'static, Arc<dyn Database>, MORE_LANES>, Error> {
    DATABASES.get(handle as usize)
}

/// Looks a transaction handle up.
pub fn transaction(handle: *mut plinth_transaction) -> Result<Guard<'static, TransactionObject>, Error> {
    TRANSACTIONS.get(handle as usize)
}

/// A transaction for a call that may call out, which no guard may be held for: its object would
/// outlive a destroy in the callback.
pub fn free_transaction(handle: *mut plinth_transaction) -> Result<Arc<dyn Transaction>, Error> {
    Ok(transaction(handle)?.transaction.clone())
}

/// Likewise, with the number of the keyspace that the call names.
pub fn free_target(
    handle: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
) -> Result<(Arc<dyn Transaction>, u32), Error> {
    let tr = transaction(handle)?;
    let ks = keyspace_of(&tr, ks)?;
    Ok((tr.transaction.clone(), ks))
}

/// Looks a watch handle up. No guard stays: its cancel calls out.
pub fn watch(handle: *mut plinth_watch) -> Result<Arc<dyn Pending>, Error> {
    Ok(WATCHES.get(handle as usize)?.clone())
}

/// The number of the keyspace a data call names; NULL is the default one.
#[inline]
pub fn keyspace_of(tr: &TransactionObject, handle: *mut plinth_keyspace) -> Result<u32, Error> {
    if handle.is_null() {
        return Ok(0);
    }
    other_keyspace_of(tr, handle)
}

fn other_keyspace_of(tr: &TransactionObject, handle: *mut plinth_keyspace) -> Result<u32, Error> {
    let keyspace = KEYSPACES.get(handle as usize)?;
    if keyspace.database != tr.database {
        return Err(Error::new(Code::INVALID_HANDLE).context(format!(
            "keyspace \"{}\" belongs to another database than the transaction",
            keyspace.keyspace.name
        )));
    }
    Ok(keyspace.keyspace.id)
}

/// The number of a keyspace of a database.
pub fn keyspace_in(database: *mut plinth_database, handle: *mut plinth_keyspace) -> Result<u32, Error> {
    DATABASES.get(database as usize)?;
    let keyspace = KEYSPACES.get(handle as usize)?;
    if keyspace.database != database as usize {
        let text = format!("keyspace \"{}\" belongs to another database", keyspace.keyspace.name);
        return Err(Error::new(Code::INVALID_HANDLE).context(text));
    }
    Ok(keyspace.keyspace.id)
}

/// The ids that were asked for, and the handles they belong to.
///
/// An entry is removed with its transaction object. The lock is a leaf.
pub struct Ids(PerProcess<Mutex<HashMap<Uuid, usize>>>);

pub static IDS: Ids = Ids(PerProcess::new(Mutex::default));

impl Ids {
    /// Notes the handle of an id.
    pub fn put(&'static self, id: &str, handle: usize) {
        if let Ok(id) = Uuid::parse_str(id) {
            self.0.get().lock().unwrap_or_else(PoisonError::into_inner).insert(id, handle);
        }
    }

    /// The handle of a live transaction of `database`.
    pub fn find(&'static self, id: &str, database: usize) -> Result<usize, Error> {
        let id = Uuid::parse_str(id)
            .map_err(|error| Error::new(Code::INVALID_ARGUMENT).context("id is not a UUID").caused_by(error))?;
        let handle = self.0.get().lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        handle
            .filter(|handle| TRANSACTIONS.get(*handle).is_ok_and(|tr| tr.database == database))
            .ok_or_else(|| Error::new(Code::TRANSACTION_NOT_FOUND).context(id.to_string()))
    }

    fn forget(&'static self, id: &str) {
        if let Ok(id) = Uuid::parse_str(id) {
            let mut ids = self.0.get().lock().unwrap_or_else(PoisonError::into_inner);
            ids.remove(&id);
            // Room for many is not kept for few.
            if ids.is_empty() || ids.len() < ids.capacity() / 8 {
                let few = 2 * ids.len();
                ids.shrink_to(few);
            }
        }
    }
}

impl Drop for OwnTransaction {
    fn drop(&mut self) {
        if let Some(id) = self.known_id() {
            IDS.forget(&id);
        }
        // SAFETY: it is dropped once, and nothing looks at it any more.
        let transaction = unsafe { ManuallyDrop::take(&mut self.0) };
        // Calls under way hold the transaction too, so that to let go of it would not end them.
        transaction.end();
    }
}
