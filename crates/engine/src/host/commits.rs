//! Commits of guests.
//!
//! A commit that waits for no disk is taken through by a thread of the pool: one thread at a time
//! leads, and takes with its own commits what others have gathered meanwhile, so that they share a
//! group, and nobody has to be woken. The others go to the executor, which looks up what they need.
//!
//! The lock of the queue is a leaf. A leader that waits for the disk, because a commit before its own
//! is being synced, holds up nobody who would not have to wait for the same; while it leads, another
//! thread of the pool serves the guests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::{Code, Error, Result};

use super::call::Call;
use super::reply;
use super::server::Shared;
use super::session::Session;
use crate::commit::{Outcome, Request};
use crate::local::Local;
use crate::metrics::Failing;
use crate::service::{AsyncCommit, Service};
use crate::store::{Tier, NOT_IN_MEMORY};
use crate::wire::{Answer, Commit};

/// Commits that one group can have.
const AT_ONCE: usize = 256;
/// Keys of atomic operations that are looked up in memory.
const KEYS_LOOKED_AT: usize = 16;
/// How much larger a commit may be than the message that brought it.
const GROWTH: usize = 2;

/// Commits that a thread of the pool has read and not passed on.
#[derive(Default)]
pub struct Gathered(Vec<(Request, Call)>);

/// The commits that wait for whoever leads.
#[derive(Default)]
pub struct Commits(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<(Request, Call)>,
    led: bool,
}

/// Begins a commit.
pub fn ask(
    session: &Arc<Session>,
    number: u64,
    size: usize,
    commit: Commit<'_>,
    gathered: &mut Gathered,
) -> Result<()> {
    let local = &session.host.local;
    let begin = || -> Result<(Request, Call)> {
        local.check_writable()?;
        let promised = if commit.report { size } else { 0 };
        let call = Call::reserve(session, number, promised, size * GROWTH)?;
        match commit.request(local.options()) {
            Ok(request) => Ok((request, call)),
            Err(error) => {
                call.withdraw();
                Err(error)
            }
        }
    };
    let failed = |error: &Error| {
        local.commit_failed(error.code());
        local.for_guests.failed(Failing::Commit, error.code());
    };
    let (request, call) = begin().inspect_err(failed)?;
    match request.sync || !is_light(local, &request) {
        true => send(local, request, call),
        false => gathered.0.push((request, call)),
    }
    Ok(())
}

/// Makes everything durable that was acknowledged: an empty commit that asks for a sync.
pub fn sync(call: Call) {
    let local = call.session.host.local.clone();
    let done = move |outcome: Result<Option<Outcome>>| {
        call.answer(
            outcome.and_then(|outcome| outcome.map_or(Ok(()), |(_, result)| result.map(|_| ()))).map(|()| Answer::Done),
        );
    };
    let prepare = || Ok(Some(Request { read_version: i64::MAX, sync: true, lock_aware: true, ..Request::default() }));
    local.commit_async(AsyncCommit { prepare: Box::new(prepare), done: Box::new(done), brief: true });
}

/// Whether everything that a commit needs is in memory.
fn is_light(local: &Local, request: &Request) -> bool {
    let in_memory = |keyspace: u32, key: &[u8]| -> Result<()> {
        let point = local.latest(Tier::Memory)?;
        local.get(&point, Tier::Memory, keyspace, key).map(|_| ())
    };
    request.overlays.iter().all(|(keyspace, overlay)| {
        let mut unsettled = overlay.unsettled().filter(|(_, pending)| pending.is_dependent());
        let known = unsettled.by_ref().take(KEYS_LOOKED_AT).all(|(key, _)| {
            // Any other error is the commit's own to meet.
            !matches!(in_memory(*keyspace, key), Err(error) if error.code() == NOT_IN_MEMORY)
        });
        known && unsettled.next().is_none() && overlay.clears().next().is_none()
    })
}

/// Leaves a commit to the executor.
fn send(local: &Arc<Local>, mut request: Request, call: Call) {
    let (preparing, ending) = (local.clone(), local.clone());
    let prepare = move || {
        preparing.prepare(&mut request)?;
        Ok(Some(request))
    };
    let done = move |outcome: Result<Option<Outcome>>| {
        let session = match outcome {
            Ok(Some(outcome)) => end(&ending, call, outcome),
            Ok(None) => end(&ending, call, (Request::default(), Err(Error::new(Code::INTERNAL_ERROR)))),
            Err(error) => end(&ending, call, (Request::default(), Err(error))),
        };
        session.flush();
    };
    local.commit_async(AsyncCommit { prepare: Box::new(prepare), done: Box::new(done), brief: true });
}

/// Answers a commit, and leaves the sending to the caller.
fn end(local: &Local, call: Call, (request, result): Outcome) -> Arc<Session> {
    call.note_commit(request.sync, result.as_ref().map(|_| ()).map_err(Error::code));
    match result {
        Ok(committed) => {
            call.answer_later(Ok(Answer::Committed { version: committed.version, order: committed.order }))
        }
        Err(error) => {
            local.commit_failed(error.code());
            let story = error.circumstances();
            call.answer_later(Ok(reply::conflict(&error, &story, &request)))
        }
    }
}

impl Gathered {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the commits through, or leaves them to the thread that leads. `busy` is called when this
    /// takes longer than one group.
    pub fn commit(&mut self, host: &Shared, mut busy: impl FnMut()) {
        if self.is_empty() {
            return;
        }
        let mut refused = host.commits.add(&mut self.0, host.local.front.options.max_queued_commits);
        for (request, call) in refused.drain(..) {
            let error = Error::new(Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED).context("the commit queue is full");
            end(&host.local, call, (request, Err(error))).flush();
        }
        let Some(mut commits) = host.commits.lead() else {
            return;
        };
        let _leading = Leading(&host.commits);
        loop {
            take_through(&host.local, commits);
            match host.commits.next() {
                Some(next) => commits = next,
                None => return,
            }
            busy();
        }
    }
}

/// Takes commits through as one group.
fn take_through(local: &Local, commits: Vec<(Request, Call)>) {
    let mut sessions: Vec<Arc<Session>> = Vec::with_capacity(commits.len());
    local.pipeline.commit_all(commits, |call, outcome| {
        let session = end(local, call, outcome);
        if !sessions.iter().rev().take(16).any(|known| Arc::ptr_eq(known, &session)) {
            sessions.push(session);
        }
    });
    sessions.iter().for_each(Session::flush);
}

impl Commits {
    /// Adds commits, as many as may wait. Returns the others.
    fn add(&self, commits: &mut Vec<(Request, Call)>, most: usize) -> Vec<(Request, Call)> {
        let mut queue = self.lock();
        let room = most.saturating_sub(queue.waiting.len()).min(commits.len());
        let refused = commits.split_off(room);
        queue.waiting.append(commits);
        refused
    }

    /// Begins to lead, with the first commits, if there are any and nobody leads.
    fn lead(&self) -> Option<Vec<(Request, Call)>> {
        let mut queue = self.lock();
        if queue.led || queue.waiting.is_empty() {
            return None;
        }
        queue.led = true;
        Some(queue.take())
    }

    /// The next commits; if there are none, the caller leads no more.
    fn next(&self) -> Option<Vec<(Request, Call)>> {
        let mut queue = self.lock();
        queue.led = !queue.waiting.is_empty();
        queue.led.then(|| queue.take())
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn take(&mut self) -> Vec<(Request, Call)> {
        let count = self.waiting.len().min(AT_ONCE);
        self.waiting.drain(..count).collect()
    }
}

/// A thread that leads. If it panics another one may take its place, and what waits is given up with
/// it: the pipeline takes no more.
struct Leading<'a>(&'a Commits);

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.lock();
            queue.led = false;
            let lost = std::mem::take(&mut queue.waiting);
            drop(queue);
            drop(lost);
        }
    }
}
