//! One upkeep at a time, and a close that waits for it.
//!
//! Lock: a leaf. Whoever closes the database says so first, and waits here second; an upkeep comes in here
//! first, and looks whether it is closed second and at every step. So neither misses the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use plinth_api::{Code, Error, Result};

/// See the file's top.
#[derive(Default)]
pub struct Gate {
    /// The thread that is inside.
    inside: Mutex<Option<ThreadId>>,
    left: Condvar,
}

/// Being inside, until this is dropped.
pub struct Inside<'a>(&'a Gate);

impl Gate {
    /// Comes in, unless somebody is.
    pub fn enter(&self) -> Result<Inside<'_>> {
        let mut inside = self.lock();
        if inside.is_some() {
            return Err(Error::new(Code::UPKEEP_UNDER_WAY).context("one at a time in a database"));
        }
        *inside = Some(std::thread::current().id());
        Ok(Inside(self))
    }

    /// Waits until nobody is inside. The thread that is, and closes the database in its callback, goes on: what
    /// it does there fails when the callback returns.
    pub fn wait_until_free(&self) {
        let me = Some(std::thread::current().id());
        let mut inside = self.lock();
        while inside.is_some() && *inside != me {
            inside = self.left.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
        self.0.left.notify_all();
    }
}
