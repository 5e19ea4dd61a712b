//! Upkeep that a guest asks for: done on a thread of its own, of which the guest asks how far it is.
//!
//! One at a time for each guest, and one that works at a time in the database, see `upkeep::Gate`. It is cancelled
//! when the guest goes.
//!
//! Lock: `outcome` is a leaf.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::{Code, Error, Result};

use super::session::Session;
use crate::local::Local;
use crate::signals;
use crate::upkeep::task::{Finished, Task};
use crate::wire::Answer;

/// What a guest has under way.
#[derive(Default)]
pub struct Upkeep(Mutex<Option<Arc<Job>>>);

/// A task under way, or whose outcome the guest has not heard yet.
#[derive(Default)]
struct Job {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
    outcome: Mutex<Option<Result<Finished>>>,
}

/// Has an outcome be there even if the work panics.
struct Ending(Arc<Job>);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut outcome = self.0.outcome();
        if outcome.is_none() {
            *outcome = Some(Err(Error::new(Code::INTERNAL_ERROR).context("a panic in the host")));
        }
    }
}

impl Job {
    fn outcome(&self) -> MutexGuard<'_, Option<Result<Finished>>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(self: &Arc<Self>, local: &Local, task: &Task) {
        let ending = Ending(self.clone());
        let note = |done, total| {
            self.done.store(done, Ordering::Relaxed);
            self.total.store(total, Ordering::Relaxed);
            !self.cancelled.load(Ordering::Relaxed)
        };
        let outcome = local.upkeep(task, &note);
        *ending.0.outcome() = Some(outcome);
    }
}

impl Upkeep {
    /// Begins a task.
    pub fn begin(session: &Arc<Session>, task: Task) -> Result<()> {
        check(&task)?;
        let mut slot = session.upkeep.lock();
        if slot.is_some() {
            return Err(Error::new(Code::UPKEEP_UNDER_WAY).context("one at a time for each process"));
        }
        let job = Arc::new(Job::default());
        let (mine, local) = (job.clone(), session.host.local.clone());
        let builder = std::thread::Builder::new().name("plinth-upkeep".to_owned());
        let started = signals::without(|| builder.spawn(move || mine.run(&local, &task)));
        started.map_err(|error| Error::new(Code::IO_ERROR).context("starting a thread").caused_by(error))?;
        *slot = Some(job);
        Ok(())
    }

    /// How far it is. What has ended is forgotten.
    pub fn look(&self, cancel: bool) -> Result<Answer<'static>> {
        let mut slot = self.lock();
        let job = slot.clone().ok_or_else(|| Error::new(Code::INVALID_ARGUMENT).context("nothing is under way"))?;
        if cancel {
            job.cancelled.store(true, Ordering::Relaxed);
        }
        let outcome = job.outcome().take();
        if outcome.is_some() {
            *slot = None;
        }
        let finished = outcome.transpose()?;
        let (done, total) = (job.done.load(Ordering::Relaxed), job.total.load(Ordering::Relaxed));
        Ok(Answer::Upkeep { done, total, finished })
    }

    /// The guest has gone.
    pub fn give_up(&self) {
        if let Some(job) = self.lock().take() {
            job.cancelled.store(true, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Job>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guest's working directory is not the host's.
fn check(task: &Task) -> Result<()> {
    match task {
        Task::Checkpoint { to } | Task::Backup { to } if !to.starts_with('/') => {
            Err(Error::new(Code::INVALID_ARGUMENT).context("a path that is not absolute"))
        }
        _ => Ok(()),
    }
}
