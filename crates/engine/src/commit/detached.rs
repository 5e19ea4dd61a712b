//! Commits that nobody waits for: they are prepared and taken through on threads of the executor.
//!
//! At most [`DRAINS`] threads of the executor work on them, beside those that wait for a commit of
//! their own and help: while one waits for the disk the other takes what came
//! meanwhile, so that groups overlap as those of waiting threads do. The lock is a leaf.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::{Code, Error, Result};

use super::{Outcome, Pipeline};
use crate::executor::Executor;
use crate::service::AsyncCommit;

/// Threads that take commits through.
const DRAINS: usize = 2;
/// Commits that a thread takes at once.
const AT_ONCE: usize = 256;

/// Who is told the outcome.
type Tell = Box<dyn FnOnce(Result<Option<Outcome>>) + Send>;

/// The commits that wait for a thread.
#[derive(Default)]
pub struct Detached(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    commits: VecDeque<AsyncCommit>,
    drains: usize,
}

impl Detached {
    /// Adds a commit. Returns whether a thread has to be sent for it, to call [`Detached::drain`].
    /// More than `most` are refused with 1042.
    pub fn add(&self, commit: AsyncCommit, most: usize) -> bool {
        let mut queue = self.lock();
        if queue.commits.len() >= most {
            drop(queue);
            let error = Error::new(Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED).context("the commit queue is full");
            (commit.done)(Err(error));
            return false;
        }
        queue.commits.push_back(commit);
        let more = queue.drains < DRAINS;
        queue.drains += usize::from(more);
        more
    }

    /// Takes commits through until there is none.
    pub fn drain(&self, pipeline: &Pipeline, executor: &Arc<Executor>) {
        let _working = Working(self);
        loop {
            let commits = self.take();
            if commits.is_empty() {
                return;
            }
            take_through(commits, pipeline, executor);
        }
    }

    /// Takes the next commits through on a thread that waits for one of them.
    pub fn help(&self, pipeline: &Pipeline, executor: &Arc<Executor>) {
        let mut queue = self.lock();
        let count = queue.commits.len().min(AT_ONCE);
        let commits: Vec<_> = queue.commits.drain(..count).collect();
        drop(queue);
        if !commits.is_empty() {
            take_through(commits, pipeline, executor);
        }
    }

    /// The next commits; if there are none the calling thread has ended its work.
    fn take(&self) -> Vec<AsyncCommit> {
        let mut queue = self.lock();
        let count = queue.commits.len().min(AT_ONCE);
        queue.drains -= usize::from(count == 0);
        queue.commits.drain(..count).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_through(commits: Vec<AsyncCommit>, pipeline: &Pipeline, executor: &Arc<Executor>) {
    let tell = |done: Tell, brief: bool, outcome| match brief {
        true => done(outcome),
        false => executor.submit(Box::new(move || done(outcome))),
    };
    let mut requests = Vec::with_capacity(commits.len());
    for AsyncCommit { prepare, done, brief } in commits {
        match prepare() {
            Ok(Some(request)) => requests.push((request, (done, brief))),
            Ok(None) => tell(done, brief, Ok(None)),
            Err(error) => tell(done, brief, Err(error)),
        }
    }
    pipeline.commit_all(requests, |(done, brief), outcome| tell(done, brief, Ok(Some(outcome))));
}

/// A thread that takes commits through. If it panics another one may take its place.
struct Working<'a>(&'a Detached);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().drains -= 1;
        }
    }
}
