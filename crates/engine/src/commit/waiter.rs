//! A committing thread that waits for others to do its work, and how it waits.
//!
//! State only ever moves forward: queued -> written -> done. A parked thread is woken when it is
//! done, or when it should look whether there is work to lead; so every wait ends in a loop that
//! looks at the state again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;

use plinth_api::{Code, Error, Result};

use super::Request;

const QUEUED: u32 = 0;
const WRITTEN: u32 = 1;
const DONE: u32 = 2;

/// How often a waiting thread looks before it sleeps. Going to sleep and being woken costs more
/// than most groups take.
const SPINS: u32 = 200;

/// Where a commit is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has looked at it yet.
    Queued,
    /// It is in the log, but not yet synced and published.
    Written,
    /// Its outcome is known.
    Done,
}

/// One commit on its way.
pub struct Waiter {
    state: AtomicU32,
    request: Mutex<Option<Request>>,
    outcome: Mutex<Option<Result<i64>>>,
    thread: Thread,
}

impl Waiter {
    /// A commit of the calling thread.
    pub fn new(request: Request) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU32::new(QUEUED),
            request: Mutex::new(Some(request)),
            outcome: Mutex::new(None),
            thread: std::thread::current(),
        })
    }

    /// Where it is.
    pub fn stage(&self) -> Stage {
        match self.state.load(Ordering::Acquire) {
            QUEUED => Stage::Queued,
            WRITTEN => Stage::Written,
            _ => Stage::Done,
        }
    }

    /// Takes the request; the sequencer does so once.
    pub fn take_request(&self) -> Option<Request> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notes that it is in the log.
    pub fn written(&self) {
        self.state.store(WRITTEN, Ordering::Release);
    }

    /// Notes the outcome. The first one counts. Wakes the thread.
    pub fn finish(&self, outcome: Result<i64>) {
        let mut slot = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        if self.state.load(Ordering::Relaxed) == DONE {
            return;
        }
        *slot = Some(outcome);
        self.state.store(DONE, Ordering::Release);
        drop(slot);
        self.wake();
    }

    /// Takes the outcome of a commit that is done.
    pub fn outcome(&self) -> Result<i64> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        outcome.unwrap_or_else(|| Err(Error::new(Code::INTERNAL_ERROR).context("a commit has no outcome")))
    }

    /// Makes the thread look again.
    pub fn wake(&self) {
        if self.thread.id() != std::thread::current().id() {
            self.thread.unpark();
        }
    }

    /// Waits, on its own thread, until it is woken, `stage` has passed or `ready` says that
    /// there is something to lead.
    pub fn wait(&self, stage: Stage, ready: impl Fn() -> bool) {
        for _ in 0..SPINS {
            if self.stage() != stage || ready() {
                return;
            }
            std::hint::spin_loop();
        }
        std::thread::park();
    }
}

/// The members of a group. Dropped before they are finished, as by a panic, their fate is
/// unknown, and they are told so.
pub struct Members(pub Vec<Arc<Waiter>>);

impl Drop for Members {
    fn drop(&mut self) {
        for member in &self.0 {
            if member.stage() != Stage::Done {
                member.finish(Err(Error::new(Code::COMMIT_UNKNOWN_RESULT).context("the commit pipeline failed")));
            }
        }
    }
}
