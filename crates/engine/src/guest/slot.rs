//! Where the answer of one call arrives, and where its thread waits for it.
//!
//! `outcome` is a leaf. An outcome is put in under the desk's lock, except at the end of the link, so
//! that a thread that looks under that lock whether it is there knows it for sure.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;

use plinth_api::Result;

use super::reply::Reply;

/// A call of a thread that waits.
pub struct Slot {
    /// Where its frame begins in the stream of bytes sent; see [`super::outbox`].
    pub mark: Mark,
    done: AtomicBool,
    parked: AtomicBool,
    outcome: Mutex<Option<Result<Reply>>>,
    thread: Thread,
}

/// Where a frame begins in the stream of bytes sent; nowhere, before it is in the outbox.
pub struct Mark(AtomicU64);

impl Default for Mark {
    fn default() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }
}

impl Mark {
    /// Notes it. Under the outbox's lock.
    pub fn set(&self, at: u64) {
        self.0.store(at, Ordering::Release);
    }

    /// What was noted.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl Slot {
    /// A slot of the calling thread.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            mark: Mark::default(),
            done: AtomicBool::new(false),
            parked: AtomicBool::new(false),
            outcome: Mutex::new(None),
            thread: std::thread::current(),
        })
    }

    /// Whether its outcome is there.
    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// Puts the outcome in. The thread has to be woken then.
    pub fn finish(&self, outcome: Result<Reply>) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        self.done.store(true, Ordering::Release);
    }

    /// Takes the outcome out.
    pub fn take(&self) -> Option<Result<Reply>> {
        match self.is_done() {
            true => self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take(),
            false => None,
        }
    }

    /// Notes that its thread is about to sleep. Under the desk's lock.
    pub fn park(&self) {
        self.parked.store(true, Ordering::Relaxed);
    }

    /// Whether its thread sleeps, or is about to.
    pub fn is_parked(&self) -> bool {
        self.parked.load(Ordering::Relaxed)
    }

    /// Sleeps until it is woken, or done.
    pub fn sleep(&self) {
        while self.parked.load(Ordering::Acquire) && !self.is_done() {
            std::thread::park();
        }
    }

    /// Makes its thread look again.
    pub fn wake(&self) {
        self.parked.store(false, Ordering::Release);
        if self.thread.id() != std::thread::current().id() {
            self.thread.unpark();
        }
    }
}
