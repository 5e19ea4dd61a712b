//! Calls under way: each tells its outcome once, and a database that is closed ends them.
//!
//! The list of calls is a leaf lock. A call leaves the list before its callback is called, so that whoever sees its
//! end finds its place free; callbacks under way are counted, so that a close can wait for them.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use plinth_api::{Code, Done, Error, Pending, Result};

use crate::fdb::Future;
use crate::pool;

/// How long a close waits for commits.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It can be given up.
    Plain,
    /// A commit, which a close lets end.
    Commit,
    /// A watch in a keyspace.
    Watch(u32),
}

/// The calls of a database that are under way.
#[derive(Default)]
pub struct Calls {
    state: Mutex<State>,
    fewer: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    live: HashMap<u64, (Kind, Arc<dyn Ending>)>,
    /// Callbacks under way.
    telling: usize,
    /// Whether `close` has ended the calls that were listed.
    closed: bool,
}

impl State {
    fn is_idle(&self) -> bool {
        self.live.is_empty() && self.telling == 0
    }
}

/// A call that can be ended.
trait Ending: Send + Sync {
    fn end(&self, code: Code);
}

/// A call on a future.
struct OnFuture {
    future: Arc<Future>,
    /// What it ends with, if it was ended.
    code: OnceLock<Code>,
}

impl Ending for OnFuture {
    fn end(&self, code: Code) {
        let _ = self.code.set(code);
        self.future.cancel();
    }
}

impl Pending for OnFuture {
    fn cancel(&self) {
        self.future.cancel();
    }
}

/// A call that a thread of the pool makes. It is listed until its work ends, though it may be told before.
struct OnThread<T> {
    done: Mutex<Option<Done<T>>>,
    calls: Arc<Calls>,
}

impl<T: Send + 'static> OnThread<T> {
    fn take(&self) -> Option<Done<T>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T: Send + 'static> Ending for OnThread<T> {
    fn end(&self, code: Code) {
        if let Some(done) = self.take() {
            let telling = self.calls.tell();
            pool::submit(Box::new(move || {
                done(Err(Error::new(code)));
                drop(telling);
            }));
        }
    }
}

/// A callback under way, for which a close waits.
struct Telling(Arc<Calls>);

impl Drop for Telling {
    fn drop(&mut self) {
        self.0.lock().telling -= 1;
        self.0.fewer.notify_all();
    }
}

impl<T: Send + 'static> Pending for OnThread<T> {
    fn cancel(&self) {
        self.end(Code::OPERATION_CANCELLED);
    }
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists a call; tells its number, and whether it came too late for a close to end it.
    fn add(&self, kind: Kind, call: Arc<dyn Ending>) -> (u64, bool) {
        let mut state = self.lock();
        state.next += 1;
        let number = state.next;
        state.live.insert(number, (kind, call));
        (number, state.closed && kind != Kind::Commit)
    }

    /// A callback is about to be called.
    fn tell(self: &Arc<Self>) -> Telling {
        self.lock().telling += 1;
        Telling(self.clone())
    }

    /// A call has ended; what is returned is held while that is told.
    fn remove(self: &Arc<Self>, number: u64) -> Telling {
        let mut state = self.lock();
        let removed = state.live.remove(&number);
        state.telling += 1;
        drop(state);
        // Its future, if this was the last to hold it, is not destroyed under the lock.
        drop(removed);
        Telling(self.clone())
    }

    /// Watches that wait; those whose end can be seen are none.
    pub fn watches(&self) -> u64 {
        self.lock().live.values().filter(|(kind, _)| matches!(kind, Kind::Watch(_))).count() as u64
    }

    /// Ends the calls that `which` names.
    pub fn end(&self, code: Code, which: impl Fn(Kind) -> bool) {
        let named: Vec<_> = {
            let state = self.lock();
            let named = state.live.values().filter(|(kind, _)| which(*kind));
            named.map(|(_, call)| call.clone()).collect()
        };
        named.iter().for_each(|call| call.end(code));
    }

    /// Ends everything but commits, and those too if they take too long, and waits until all is told. A callback
    /// that closes its database does not wait for itself.
    pub fn close(&self) {
        self.lock().closed = true;
        self.end(Code::DATABASE_CLOSED, |kind| kind != Kind::Commit);
        if pool::is_ours() {
            return;
        }
        let none = |state: &mut State| !state.is_idle();
        let waited = self.fewer.wait_timeout_while(self.lock(), PATIENCE, none);
        let late = waited.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        if late {
            self.end(Code::COMMIT_UNKNOWN_RESULT, |kind| kind == Kind::Commit);
            drop(self.fewer.wait_timeout_while(self.lock(), PATIENCE, none));
        }
    }

    /// Tells `done` what `convert` makes of a future: at once if it is ready, else on a thread of the pool.
    pub fn on_future<T: Send + 'static>(
        self: &Arc<Self>,
        kind: Kind,
        future: Future,
        done: Done<T>,
        convert: impl FnOnce(Result<()>, Arc<Future>) -> Result<T> + Send + 'static,
    ) -> Option<Arc<dyn Pending>> {
        let future = Arc::new(future);
        if future.is_ready() {
            done(convert(future.outcome(), future));
            return None;
        }
        let call = Arc::new(OnFuture { future: future.clone(), code: OnceLock::new() });
        let (number, is_late) = self.add(kind, call.clone());
        let (calls, ended) = (self.clone(), call.clone());
        let tell = move || {
            let outcome = match (ended.future.outcome(), ended.code.get()) {
                (Err(_), Some(code)) => Err(Error::new(*code)),
                (outcome, _) => outcome,
            };
            let future = ended.future.clone();
            drop(ended);
            let outcome = convert(outcome, future);
            let telling = calls.remove(number);
            done(outcome);
            drop(telling);
        };
        let tell = Arc::new(Mutex::new(Some(tell)));
        let take = |tell: &Mutex<Option<_>>| tell.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ready = {
            let tell = tell.clone();
            move || {
                if let Some(tell) = take(&tell) {
                    pool::submit(Box::new(tell));
                }
            }
        };
        if Future::when_ready(&future, Box::new(ready)).is_err() {
            // It can only be waited for.
            if let Some(tell) = take(&tell) {
                pool::submit(Box::new(move || {
                    let _ = future.wait();
                    tell();
                }));
            }
        }
        if is_late {
            call.end(Code::DATABASE_CLOSED);
        }
        Some(call)
    }

    /// Tells `done` what `work` comes to, on a thread of the pool.
    pub fn on_thread<T: Send + 'static>(
        self: &Arc<Self>,
        kind: Kind,
        done: Done<T>,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Option<Arc<dyn Pending>> {
        let call = Arc::new(OnThread { done: Mutex::new(Some(done)), calls: self.clone() });
        let (number, is_late) = self.add(kind, call.clone());
        let (calls, working) = (self.clone(), call.clone());
        pool::submit(Box::new(move || {
            let outcome = work();
            let telling = calls.remove(number);
            if let Some(done) = working.take() {
                done(outcome);
            }
            drop(telling);
        }));
        if is_late {
            call.end(Code::DATABASE_CLOSED);
        }
        Some(call)
    }
}
