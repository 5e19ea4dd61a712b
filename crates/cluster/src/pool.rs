//! Threads for callbacks and for calls that take several steps. What runs here may wait, which nothing may on
//! FoundationDB's network thread.
//!
//! A thread is made when a job finds none idle, up to a bound, and leaves when it was idle for a while, or when no
//! cluster is open any more. Jobs above that wait; there are no more of them than calls under way. The lock is a leaf.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::fdb::signals;

/// A piece of work.
pub type Job = Box<dyn FnOnce() + Send>;

/// Threads at most: callbacks that never return keep theirs.
const MOST_THREADS: usize = 64;
/// How long a thread waits for more to do.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last cluster waits for threads that still have something to do.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// Open clusters.
    users: usize,
    /// Threads that are there, or have just left.
    handles: Vec<JoinHandle<()>>,
}

struct Pool {
    state: Mutex<State>,
    wake: Condvar,
    /// Signalled when the last thread leaves.
    none: Condvar,
}

static POOL: Pool = Pool {
    state: Mutex::new(State { jobs: VecDeque::new(), threads: 0, idle: 0, users: 0, handles: Vec::new() }),
    wake: Condvar::new(),
    none: Condvar::new(),
};

/// A cluster is opened.
pub fn enter() {
    POOL.lock().users += 1;
}

/// A cluster is closed, and has waited for its calls. With the last one the threads end; what one of them closes does
/// not wait for that.
pub fn leave() {
    let mut state = POOL.lock();
    state.users -= 1;
    if state.users > 0 {
        return;
    }
    POOL.wake.notify_all();
    if is_ours() {
        return;
    }
    let some = |state: &mut State| state.threads > 0 && state.users == 0;
    let (mut state, _) =
        POOL.none.wait_timeout_while(state, LAST_PATIENCE, some).unwrap_or_else(PoisonError::into_inner);
    if state.threads > 0 {
        return;
    }
    let handles = std::mem::take(&mut state.handles);
    drop(state);
    // They have left the pool, and hold no lock.
    for handle in handles {
        let _ = handle.join();
    }
}

thread_local! {
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is one of these.
pub fn is_ours() -> bool {
    OURS.with(Cell::get)
}

/// Has a job run.
pub fn submit(job: Job) {
    let mut state = POOL.lock();
    state.jobs.push_back(job);
    if state.idle >= state.jobs.len() || state.threads >= MOST_THREADS {
        drop(state);
        return POOL.wake.notify_one();
    }
    state.threads += 1;
    drop(state);
    let thread = std::thread::Builder::new().name("plinth-call".to_owned());
    let made = signals::without(|| thread.spawn(|| POOL.work()));
    let mut state = POOL.lock();
    if let Ok(handle) = made {
        state.handles.retain(|handle| !handle.is_finished());
        state.handles.push(handle);
        return;
    }
    state.threads -= 1;
    // Nobody else would ever run it.
    let job = if state.threads == 0 { state.jobs.pop_back() } else { None };
    drop(state);
    if let Some(job) = job {
        job();
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left(&self, mut state: MutexGuard<'_, State>) {
        state.threads -= 1;
        if state.threads == 0 {
            self.none.notify_all();
        }
    }

    fn work(&self) {
        OURS.with(|ours| ours.set(true));
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                // A panic of a callback is told by whoever called it; the thread goes on.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
                state = self.lock();
                continue;
            }
            if state.users == 0 {
                return self.left(state);
            }
            state.idle += 1;
            let (woken, waited) = self.wake.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() {
                return self.left(state);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn jobs_that_wait_for_each_other_all_run() {
        let (tell, told) = channel();
        let (first, second) = (channel::<u32>(), channel::<u32>());
        submit(Box::new(move || {
            let number = first.1.recv().unwrap();
            second.0.send(number + 1).unwrap();
            assert!(is_ours());
        }));
        submit(Box::new(move || {
            first.0.send(1).unwrap();
            tell.send(second.1.recv().unwrap()).unwrap();
        }));
        assert_eq!(told.recv().unwrap(), 2);
        assert!(!is_ours());
    }
}
