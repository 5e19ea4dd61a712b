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
//! Lock order: `queue` is a leaf; `written`, then a commit's own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use plinth_api::{Code, Error, Result};

use super::pipeline::Begun;
use super::{Outcome, Pipeline};
use crate::executor::Executor;
use crate::service::AsyncCommit;

/// Threads that take commits through.
const DRAINS: usize = 2;
/// Commits that a thread takes at once.
const AT_ONCE: usize = 256;

/// Who is told the outcome.
type Tell = Box<dyn FnOnce(Result<Option<Outcome>>) + Send>;

/// Who is told, and whether that returns at once.
type Owner = (Tell, bool);

/// The commits that wait for a thread.
pub struct Detached {
    pipeline: Arc<Pipeline>,
    executor: Arc<Executor>,
    queue: Mutex<Queue>,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Queue {
    commits: VecDeque<AsyncCommit>,
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
        queue.commits.push_back(commit);
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
    fn drain(&self) {
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
    fn write(&self, commits: Vec<AsyncCommit>) -> bool {
        let mut requests = Vec::with_capacity(commits.len());
        for AsyncCommit { prepare, done, brief } in commits {
            match prepare() {
                Ok(Some(request)) => requests.push((request, (done, brief))),
                Ok(None) => self.tell((done, brief), Ok(None)),
                Err(error) => self.tell((done, brief), Err(error)),
            }
        }
        let begun = self.pipeline.begin_all(requests, &mut |owner, outcome| self.tell(owner, Ok(Some(outcome))));
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
            self.pipeline.end_all(begun, |owner, outcome| self.tell(owner, Ok(Some(outcome))));
        }
    }

    fn tell(&self, (done, brief): Owner, outcome: Result<Option<Outcome>>) {
        match brief {
            true => done(outcome),
            false => self.executor.submit(Box::new(move || done(outcome))),
        }
    }
}

impl Queue {
    fn take(&mut self) -> Vec<AsyncCommit> {
        let count = self.commits.len().min(AT_ONCE);
        self.commits.drain(..count).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread that takes commits through. If it panics another one may take its place.
struct Working<'a>(&'a Detached);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.queue).drains -= 1;
        }
    }
}

/// The thread that syncs. The same holds.
struct Syncing<'a>(&'a Detached);

impl Drop for Syncing<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.written).syncer = None;
        }
    }
}
