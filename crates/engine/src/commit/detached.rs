//! Commits that nobody waits for: they are prepared and taken through on threads of the executor.
//!
//! A thread that *drains* takes what has come into the log; what is written there then waits for the
//! one thread that *syncs*. While that waits for the disk, others go on to be written, so that they
//! share the next sync with whatever else comes until it begins. A drain that finds nobody syncing does
//! it itself when the queue is empty, so a lone commit meets one thread only. At most [`DRAINS`]
//! threads of the executor do either, beside those that wait for a commit of their own and help.
//!
//! A commit that is written belongs to the thread that syncs, from the moment that it is in the list: the
//! pipeline wakes any one of those that wait, for it to lead the next sync, so none may be nobody's.
//! The pipeline may have woken the thread that wrote it a moment before, in vain. So the one that syncs is
//! woken after each addition, and looks whether it has to lead.
//!
//! A panic takes the commits with it that its thread had: whoever waits is told that their fate is unknown.
//!
//! Lock order: `queue` is a leaf; `written`, then a commit's own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use plinth_api::{Code, Error, Result};

use super::pipeline::Begun;
use super::{Outcome, Pipeline, Request};
use crate::executor::Executor;
use crate::service::AsyncCommit;

/// Threads that take commits through.
const DRAINS: usize = 2;
/// Commits that a thread takes at once.
const AT_ONCE: usize = 256;

/// Who is told the outcome.
type Tell = Box<dyn FnOnce(Result<Option<Outcome>>) + Send>;

/// Looks up what a commit needs.
type Prepare = Box<dyn FnOnce() -> Result<Option<Request>> + Send>;

/// Who is told, and whether that returns at once. Dropped before that, in a panic, it tells that nobody knows.
struct Owner {
    tell: Option<Tell>,
    brief: bool,
    executor: Arc<Executor>,
}

impl Owner {
    fn tell(mut self, outcome: Result<Option<Outcome>>) {
        self.send(outcome);
    }

    fn send(&mut self, outcome: Result<Option<Outcome>>) {
        let Some(tell) = self.tell.take() else {
            return;
        };
        match self.brief {
            true => tell(outcome),
            false => self.executor.submit(Box::new(move || tell(outcome))),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.send(Err(Error::new(Code::COMMIT_UNKNOWN_RESULT).context("a panic took the commit with it")));
    }
}

/// The commits that wait for a thread.
pub struct Detached {
    pipeline: Arc<Pipeline>,
    executor: Arc<Executor>,
    queue: Mutex<Queue>,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Queue {
    commits: VecDeque<(Prepare, Owner)>,
    drains: usize,
}

/// What waits for a sync.
#[derive(Default)]
struct Written {
    commits: Vec<Begun<Owner>>,
    /// The thread that syncs, or is about to.
    syncer: Option<Thread>,
}

impl Detached {
    /// None yet.
    pub fn new(pipeline: Arc<Pipeline>, executor: Arc<Executor>) -> Arc<Self> {
        Arc::new(Self { pipeline, executor, queue: Mutex::default(), written: Mutex::default() })
    }

    /// Adds a commit. More than `most` are refused with 1042.
    pub fn add(self: &Arc<Self>, commit: AsyncCommit, most: usize) {
        let mut queue = lock(&self.queue);
        if queue.commits.len() >= most {
            drop(queue);
            let error = Error::new(Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED).context("the commit queue is full");
            return (commit.done)(Err(error));
        }
        let AsyncCommit { prepare, done, brief } = commit;
        queue.commits.push_back((prepare, Owner { tell: Some(done), brief, executor: self.executor.clone() }));
        let more = queue.drains < DRAINS;
        queue.drains += usize::from(more);
        drop(queue);
        if more {
            let me = self.clone();
            self.executor.submit(Box::new(move || me.drain()));
        }
    }

    /// Takes the next commits through on a thread that waits for one of them.
    pub fn help(&self) {
        let mut queue = lock(&self.queue);
        let commits = queue.take();
        drop(queue);
        if !commits.is_empty() && self.write(commits) {
            self.sync();
        }
    }

    /// Takes commits through until there is none.
    fn drain(self: &Arc<Self>) {
        let _working = Working(self);
        loop {
            let mut queue = lock(&self.queue);
            let commits = queue.take();
            queue.drains -= usize::from(commits.is_empty());
            drop(queue);
            if commits.is_empty() {
                return;
            }
            if self.write(commits) {
                self.sync();
            }
        }
    }

    /// Takes commits into the log. Returns whether the caller is to sync.
    fn write(&self, commits: Vec<(Prepare, Owner)>) -> bool {
        let mut requests = Vec::with_capacity(commits.len());
        for (prepare, owner) in commits {
            match prepare() {
                Ok(Some(request)) => requests.push((request, owner)),
                Ok(None) => owner.tell(Ok(None)),
                Err(error) => owner.tell(Err(error)),
            }
        }
        let begun = self.pipeline.begin_all(requests, &mut |owner: Owner, outcome| owner.tell(Ok(Some(outcome))));
        if begun.is_empty() {
            return false;
        }
        let mut written = lock(&self.written);
        match &written.syncer {
            Some(syncer) => begun.iter().for_each(|begun| begun.hand_to(syncer)),
            None => written.syncer = Some(std::thread::current()),
        }
        let syncer = written.syncer.clone().filter(|syncer| syncer.id() != std::thread::current().id());
        written.commits.extend(begun);
        drop(written);
        if let Some(syncer) = &syncer {
            syncer.unpark();
        }
        syncer.is_none()
    }

    /// Sees to it that what is written is synced, until there is nothing more.
    fn sync(&self) {
        let _syncing = Syncing(self);
        loop {
            let mut written = lock(&self.written);
            let begun = std::mem::take(&mut written.commits);
            if begun.is_empty() {
                written.syncer = None;
            }
            drop(written);
            if begun.is_empty() {
                return;
            }
            self.pipeline.end_all(begun, |owner: Owner, outcome| owner.tell(Ok(Some(outcome))));
        }
    }
}

impl Queue {
    fn take(&mut self) -> Vec<(Prepare, Owner)> {
        let count = self.commits.len().min(AT_ONCE);
        self.commits.drain(..count).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread that takes commits through. If it panics another one may take its place.
struct Working<'a>(&'a Arc<Detached>);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let mut queue = lock(&self.0.queue);
        queue.drains -= 1;
        // What came meanwhile would wait for the next commit.
        let more = !queue.commits.is_empty();
        queue.drains += usize::from(more);
        drop(queue);
        if more {
            let me = self.0.clone();
            self.0.executor.submit(Box::new(move || me.drain()));
        }
    }
}

/// The thread that syncs. The same holds.
struct Syncing<'a>(&'a Detached);

impl Drop for Syncing<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut written = lock(&self.0.written);
            written.syncer = None;
            // They belonged to this thread.
            let commits = std::mem::take(&mut written.commits);
            drop(written);
            drop(commits);
        }
    }
}
