//! A committing thread that waits for others to do its work, and how it waits. A commit that nobody
//! waits for belongs to one thread until it is in the log, and then to the one that has it synced.
//!
//! State only ever moves forward: queued -> written -> done. A parked thread is woken when it is
//! done, or when it should look whether there is work to lead; so every wait ends in a loop that
//! looks at the state again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};

use super::{Committed, Outcome, Request};

const QUEUED: u32 = 0;
const WRITTEN: u32 = 1;
const DONE: u32 = 2;

/// How long a thread looks for the end of a short wait before it sleeps. A group that needs no
/// sync takes less than this, and going to sleep and being woken costs more than most take.
pub const SHORT_WAIT: Duration = Duration::from_micros(50);
/// Looks between two looks at the clock.
const LOOKS: u32 = 16;

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
    request: Mutex<Request>,
    outcome: Mutex<Option<Result<Committed>>>,
    /// Who waits for it.
    thread: Mutex<Thread>,
}

impl Waiter {
    /// A commit of the calling thread.
    pub fn new(request: Request) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU32::new(QUEUED),
            request: Mutex::new(request),
            outcome: Mutex::new(None),
            thread: Mutex::new(std::thread::current()),
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

    /// The request, for the sequencer. It stays here for its own thread.
    pub fn request(&self) -> MutexGuard<'_, Request> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that it is in the log.
    pub fn written(&self) {
        self.state.store(WRITTEN, Ordering::Release);
    }

    /// Notes the outcome. The first one counts. Wakes the thread.
    pub fn finish(&self, outcome: Result<Committed>) {
        let mut slot = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        if self.state.load(Ordering::Relaxed) == DONE {
            return;
        }
        *slot = Some(outcome);
        self.state.store(DONE, Ordering::Release);
        drop(slot);
        self.wake();
    }

    /// Takes the outcome of a commit that is done, and the request.
    pub fn outcome(&self) -> Outcome {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        let missing = || Err(Error::new(Code::INTERNAL_ERROR).context("a commit has no outcome"));
        (std::mem::take(&mut *self.request()), outcome.unwrap_or_else(missing))
    }

    /// Makes the thread look again.
    pub fn wake(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.id() != std::thread::current().id() {
            thread.unpark();
        }
    }

    /// From now on that thread waits. It has to look again, and so to be woken if it sleeps: the one
    /// that waited before may have been woken in its place.
    pub fn hand_to(&self, thread: &Thread) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = thread.clone();
    }

    /// Waits, on its own thread, until it is woken, `stage` has passed or `ready` says that
    /// there is something to lead. For the time of `awake` it does not sleep, but lets other threads
    /// go first: where more threads than cores commit, theirs is the next group.
    pub fn wait(&self, stage: Stage, awake: Duration, ready: impl Fn() -> bool) {
        let until = Instant::now() + awake;
        while Instant::now() < until {
            for _ in 0..LOOKS {
                if self.stage() != stage || ready() {
                    return;
                }
                std::hint::spin_loop();
            }
            std::thread::yield_now();
        }
        if self.stage() == stage {
            std::thread::park();
        }
    }
}

/// Commits that were refused, and why. They are told when this is dropped.
#[derive(Default)]
pub struct Refused(Vec<(Arc<Waiter>, Error)>);

impl Refused {
    /// Adds one.
    pub fn add(&mut self, waiter: &Arc<Waiter>, error: Error) {
        self.0.push((waiter.clone(), error));
    }

    /// Adds those of another.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Has them wait for what is in the log, as those that wait for a sync.
    pub fn hold(&self) {
        self.0.iter().for_each(|(waiter, _)| waiter.written());
    }
}

impl Drop for Refused {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|(waiter, error)| waiter.finish(Err(error)));
    }
}

/// The members of a group. Dropped before they are finished, as by a panic, their fate is
/// unknown, and they are told so.
pub struct Members(pub Vec<Arc<Waiter>>);

impl Members {
    /// Tells them that nobody knows what became of them, and why.
    pub fn fail(&self, error: &Error) {
        self.unknown(&error.story());
    }

    fn unknown(&self, why: &str) {
        for member in self.0.iter().filter(|member| member.stage() != Stage::Done) {
            member.finish(Err(Error::new(Code::COMMIT_UNKNOWN_RESULT).context(why)));
        }
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.unknown("the commit pipeline failed");
    }
}
