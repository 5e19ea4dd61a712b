//! The lock of the database, as it is known in memory.
//!
//! It is a key of the default keyspace like any other (`plinth_api::lock`). The sequencer sees who writes there and
//! changes this in the order of commits, before the commit that does so is written: so no later one passes that may
//! not. An opening reads the key. Whoever obtains a read version looks here, which costs one look at a number.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use plinth_api::{lock::id_of, Code, Error, Result};

pub use plinth_api::lock::LOCK_KEY;

/// See the file's top.
#[derive(Default)]
pub struct Lock {
    is_locked: AtomicBool,
    id: Mutex<Option<[u8; 16]>>,
}

impl Lock {
    /// As an opening found it.
    pub fn new(value: Option<&[u8]>) -> Self {
        let lock = Self::default();
        lock.set(value);
        lock
    }

    /// Notes what its key holds now.
    pub fn set(&self, value: Option<&[u8]>) {
        let mut id = self.id.lock().unwrap_or_else(PoisonError::into_inner);
        *id = value.and_then(id_of);
        self.is_locked.store(id.is_some(), Ordering::SeqCst);
    }

    /// Fails with `database_locked` where it is locked.
    pub fn check(&self) -> Result<()> {
        match self.is_locked.load(Ordering::SeqCst) {
            false => Ok(()),
            true => Err(Error::new(Code::DATABASE_LOCKED)),
        }
    }

    /// The id under which it is locked.
    pub fn id(&self) -> Option<[u8; 16]> {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
