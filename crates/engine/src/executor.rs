//! The threads of asynchronous calls: reads that miss memory, callbacks, back-offs and timeouts.
//!
//! Each thread is in one place: asleep in `idle`; asleep as the `watcher`, until the first timer is
//! due; `awake`, that is called or started but without a job yet; `busy` with a job; or in a wait
//! of `blocking`. The invariant, restored by `cover`: as many threads are awake as there is work
//! for, or as many as may be are busy or awake, or no further one can be had. Work is each queued
//! job, and timers that nobody watches: while timers wait, one thread that is not busy waits for
//! the first, so that a long job does not hold up the timeouts.
//!
//! Lock order: the state's lock is a leaf; jobs run, and are dropped, without it. Whoever calls a
//! thread takes it off `idle` or `watcher` under the lock, so each call wakes one thread, none is
//! lost and none is for nothing. The last to fall asleep is called first: threads that are not
//! needed sleep on, and end after `IDLE_FOR`.
//!
//! An executor that is dropped without `close` goes on: its threads hold it, run what is queued and
//! the timers when they are due, and end when they have been idle. Only timers for which no thread
//! could be started are dropped with it.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::defects::planted;
use crate::signals;

/// The most threads one executor has, those that stand in for blocked ones included.
pub const MOST_THREADS: usize = 64;
/// How long a thread without work stays.
const IDLE_FOR: Duration = Duration::from_secs(10);
/// How many jobs may run inside each other on one thread, because the queue is full or no thread
/// can be had. A job inside that many queues its jobs all the same: a chain of jobs, each of
/// which submits the next, would use up the stack otherwise.
const DEEPEST: usize = 16;

/// Something to run once.
pub type Job = Box<dyn FnOnce() + Send>;

/// Names one call of [`Executor::at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    when: Instant,
    number: u64,
}

/// A bounded pool of threads with a bounded queue and timers.
///
/// A job may run on the thread that submits it, so submit without holding a lock that a job may
/// want. A job that panics ends there: the panic goes no further, the thread goes on.
pub struct Executor {
    threads: usize,
    queue: usize,
    state: Mutex<State>,
    /// Where the thread of each number sleeps.
    seats: [Condvar; MOST_THREADS],
    /// Where those that close sleep.
    ended: Condvar,
    /// Threads of the pool that are in the program's callbacks.
    outside: AtomicUsize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    timers: BTreeMap<Timer, Job>,
    next_timer: u64,
    /// Whether `take` took a timer, while a job may have waited.
    timer_was_last: bool,
    /// The threads, by number.
    alive: BTreeMap<usize, JoinHandle<()>>,
    /// How many there may be, and how long they stay without work. Only tests change these.
    most: usize,
    idle_for: Duration,
    /// Those asleep that nobody has called, the last to fall asleep last.
    idle: Vec<usize>,
    /// The one asleep until the first timer is due, unless somebody has called it.
    watcher: Option<usize>,
    awake: usize,
    busy: usize,
    /// Jobs on threads that are not the pool's, or that run inside another job.
    guests: usize,
    closed: bool,
    /// Of the threads and guests, those that `close` was called from.
    closing: usize,
    /// Threads that need nothing any more but to be joined, and how many are joining others.
    left: Vec<JoinHandle<()>>,
    joining: usize,
}

/// What the calling thread is inside of: each worker is a thread of a pool, the others are guests.
struct Frame {
    executor: *const Executor,
    worker: Option<Arc<Executor>>,
    blocked: bool,
    closing: bool,
    /// Whether it is in a callback of the program.
    outside: bool,
}

thread_local! {
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

impl Executor {
    /// No thread is started before the first job. At most `threads` threads, but at least one and
    /// at most [`MOST_THREADS`], work at a time; for each that waits in [`blocking`](Self::blocking)
    /// there may be one more. At most `queue` jobs wait; with 0 each runs on the calling thread.
    pub fn new(threads: usize, queue: usize) -> Arc<Self> {
        Arc::new(Self {
            threads: threads.clamp(1, MOST_THREADS),
            queue,
            state: Mutex::new(State { most: MOST_THREADS, idle_for: IDLE_FOR, ..State::default() }),
            seats: std::array::from_fn(|_| Condvar::new()),
            ended: Condvar::new(),
            outside: AtomicUsize::new(0),
        })
    }

    /// Has `job` run on one of the threads. Never waits. The job runs on the calling thread if the
    /// queue is full, which is the back-pressure; if a thread is needed for it but none can be
    /// started; and after [`close`](Self::close). Only a job that is itself inside many others on
    /// its thread queues beyond the bound.
    pub fn submit(self: &Arc<Self>, job: Job) {
        let depth = self.frames(|frames| frames.filter(|frame| frame.worker.is_none()).count());
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return run(job);
        }
        let full = state.jobs.len() >= self.queue && depth < DEEPEST;
        state.jobs.push_back(job);
        if !full && (self.cover(&mut state) || state.jobs.len() <= state.awake || depth >= DEEPEST) {
            return;
        }
        if let Some(job) = state.jobs.pop_back() {
            self.run_here(state, job);
        }
        // It may have queued jobs that were too deep inside, and no thread comes for them.
        if depth == 0 {
            self.stand_in(self.lock());
        }
    }

    /// Has `job` run at `when` or as soon after as a thread is free, unless the timer is cancelled
    /// first. Timers begin in the order of their times, do not count as queued, and take turns
    /// with jobs that wait. If no thread can be started and none exists, the timer waits for a
    /// later call that can start one, or for `close`: one that runs early would be an error, and
    /// this call must not wait. After `close` the job runs at once on the calling thread.
    pub fn at(self: &Arc<Self>, when: Instant, job: Job) -> Timer {
        let mut state = self.lock();
        let timer = Timer { when, number: state.next_timer };
        state.next_timer += 1;
        if state.closed {
            drop(state);
            run(job);
            return timer;
        }
        state.timers.insert(timer, job);
        if state.timers.keys().next() == Some(&timer) {
            // It sleeps until a later time.
            if let Some(watcher) = state.watcher.take() {
                self.call(&mut state, watcher);
            }
        }
        self.cover(&mut state);
        timer
    }

    /// How many jobs wait for a thread, how many timers for their time, and how many threads there are.
    pub fn counts(&self) -> (usize, usize, usize) {
        let state = self.lock();
        (state.jobs.len(), state.timers.len(), state.alive.len())
    }

    /// Takes a timer back. Returns whether it had not begun.
    pub fn cancel(&self, timer: Timer) -> bool {
        // The watcher finds out when it wakes. The job is dropped after the lock.
        let job = self.lock().timers.remove(&timer);
        job.is_some()
    }

    /// Runs `wait`, which may block for long, and lets another thread of the pool work meanwhile
    /// if the caller is one of its threads. On other threads it just runs it. If there are
    /// [`MOST_THREADS`] threads or none can be started, and nobody else is at work, what is queued
    /// runs on the calling thread first, because `wait` may be for one of these jobs.
    pub fn blocking<T>(self: &Arc<Self>, wait: impl FnOnce() -> T) -> T {
        if !self.mark_blocked(true) {
            return wait();
        }
        let _blocked = Blocked(self);
        let mut state = self.lock();
        state.busy -= 1;
        self.stand_in(state);
        wait()
    }

    /// Takes no further jobs onto its threads, has them run everything that is queued and every
    /// timer, early, and waits until all jobs have returned and the threads have ended. From
    /// inside a job it waits neither for that job nor for other jobs that have called `close`. If
    /// no thread can be started, what is left runs on the calling thread. Jobs that other threads
    /// submit after this call run there, and it does not wait for them. Calling it twice is fine.
    pub fn close(self: &Arc<Self>) {
        let (inside, fresh) = self.mark_closing();
        let mut state = self.lock();
        state.closed = true;
        state.closing += fresh;
        while let Some(number) = state.idle.pop().or_else(|| state.watcher.take()) {
            self.call(&mut state, number);
        }
        // Others that close from inside a job need not wait for this one any more.
        self.ended.notify_all();
        drop(state);
        self.blocking(|| self.wait_for_end(inside));
    }

    fn wait_for_end(self: &Arc<Self>, inside: bool) {
        let mut state = self.lock();
        while !state.is_over(inside) {
            if !state.left.is_empty() {
                state = self.join(state);
            } else if self.cover(&mut state) || state.busy + state.awake > 0 {
                state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                self.stand_in(state);
                state = self.lock();
            }
        }
    }

    /// Joins threads that have left. Others that close wait until this is done.
    fn join<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let left = std::mem::take(&mut state.left);
        state.joining += 1;
        drop(state);
        // No panic comes out of `run`, so there are no errors to look at.
        left.into_iter().for_each(|thread| drop(thread.join()));
        let mut state = self.lock();
        state.joining -= 1;
        self.ended.notify_all();
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls and starts threads for the work that nobody is coming for, as far as there may be
    /// more. Returns false if one that is needed cannot be had.
    fn cover(self: &Arc<Self>, state: &mut State) -> bool {
        while state.busy + state.awake < self.threads && state.awake < state.work() {
            let mut sleeper = state.idle.pop();
            if sleeper.is_none() && state.awake < state.jobs.len() {
                // The next round then finds another watcher, if it can.
                sleeper = state.watcher.take();
            }
            if let Some(number) = sleeper {
                self.call(state, number);
            } else if self.start(state).is_none() {
                return false;
            }
        }
        true
    }

    /// Wakes a thread that is no longer in `idle` or `watcher`.
    fn call(&self, state: &mut State, number: usize) {
        state.awake += 1;
        self.seats[number].notify_one();
    }

    /// Starts a thread. It is done under the lock so that the thread finds itself entered.
    fn start(self: &Arc<Self>, state: &mut State) -> Option<()> {
        let number = (0..state.most).find(|number| !state.alive.contains_key(number))?;
        let pool = self.clone();
        let builder = Builder::new().name(format!("plinth-async-{number}"));
        let thread = signals::without(|| builder.spawn(move || pool.live(number))).ok()?;
        state.alive.insert(number, thread);
        state.awake += 1;
        Some(())
    }

    /// What a thread does.
    fn live(self: &Arc<Self>, number: usize) {
        self.enter(Some(self.clone()));
        let mut state = self.lock();
        while let Some(job) = self.next(state, number) {
            run(job);
            state = self.lock();
            state.busy -= 1;
            state.awake += 1;
        }
    }

    /// The next job of a thread, for which it may have to sleep. None: the thread has to end.
    fn next<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>, number: usize) -> Option<Job> {
        let mut idle_until = None;
        loop {
            // After waits in `blocking` more than `threads` may be busy; then those go on first.
            let may_work = state.busy < self.threads;
            if let Some(job) = may_work.then(|| state.take()).flatten() {
                state.awake -= 1;
                state.busy += 1;
                self.cover(&mut state);
                return Some(job);
            }
            let first =
                state.timers.keys().next().filter(|_| may_work && state.watcher.is_none()).map(|first| first.when);
            let now = Instant::now();
            let limit = *idle_until.get_or_insert(now + state.idle_for);
            if state.closed || (first.is_none() && limit <= now) {
                self.leave(state, number);
                return None;
            }
            if let Some(first) = first {
                // Now and then it looks whether the timers have been cancelled.
                let until = first.min(now + state.idle_for);
                state.watcher = Some(number);
                state = self.sleep(state, number, until);
            } else {
                state.idle.push(number);
                state = self.sleep(state, number, limit);
            }
        }
    }

    /// Waits until somebody calls this thread, or the time.
    fn sleep<'a>(&'a self, mut state: MutexGuard<'a, State>, number: usize, until: Instant) -> MutexGuard<'a, State> {
        state.awake -= 1;
        while state.watcher == Some(number) || state.idle.contains(&number) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // Nobody has called it.
                state.idle.retain(|idle| *idle != number);
                state.watcher.take_if(|watcher| *watcher == number);
                state.awake += 1;
            } else {
                state = self.seats[number].wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        state
    }

    /// The end of a thread. It joins those that left before: at most one that has ended still holds
    /// its stack, and once that is joined all have ended.
    fn leave(&self, mut state: MutexGuard<'_, State>, number: usize) {
        let thread = state.alive.remove(&number);
        let before = std::mem::replace(&mut state.left, thread.into_iter().collect());
        state.awake -= 1;
        self.exit(&mut state);
        drop(state);
        before.into_iter().for_each(|thread| drop(thread.join()));
    }

    /// Runs a job on the calling thread; `close` waits for it.
    fn run_here(&self, mut state: MutexGuard<'_, State>, job: Job) {
        state.guests += 1;
        drop(state);
        self.enter(None);
        run(job);
        let mut state = self.lock();
        state.guests -= 1;
        self.exit(&mut state);
    }

    /// Runs on the calling thread what is queued or due, while no thread can be had for it.
    fn stand_in<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>) {
        while !self.cover(&mut state) && state.busy + state.awake == 0 {
            let Some(job) = state.take() else {
                return;
            };
            self.run_here(state, job);
            state = self.lock();
        }
    }

    fn enter(&self, worker: Option<Arc<Self>>) {
        let frame = Frame { executor: self, worker, blocked: false, closing: false, outside: false };
        let _ = FRAMES.try_with(|frames| frames.borrow_mut().push(frame));
    }

    /// Ends what the calling thread entered last, and tells those that close.
    fn exit(&self, state: &mut State) {
        let frame = FRAMES.try_with(|frames| frames.borrow_mut().pop()).ok().flatten();
        state.closing -= usize::from(frame.is_some_and(|frame| frame.closing));
        if state.closed {
            self.ended.notify_all();
        }
    }

    /// Looks at the frames of this executor on the calling thread. There are none if the thread is
    /// so far at its end that it has no list any more.
    fn frames<T: Default>(&self, look: impl FnOnce(&mut dyn Iterator<Item = &mut Frame>) -> T) -> T {
        let own = |frame: &&mut Frame| std::ptr::eq(frame.executor, self);
        FRAMES.try_with(|frames| look(&mut frames.borrow_mut().iter_mut().filter(own))).unwrap_or_default()
    }

    /// Notes whether the calling thread is one of the pool and waits. Returns whether that is new.
    fn mark_blocked(&self, blocked: bool) -> bool {
        let mark = |frame: &mut Frame| std::mem::replace(&mut frame.blocked, blocked) != blocked;
        self.frames(|frames| frames.filter(|frame| frame.worker.is_some()).any(mark))
    }

    /// Notes that the jobs that the calling thread is inside of have called `close`. Returns
    /// whether there are any, and for how many that is new.
    fn mark_closing(&self) -> (bool, usize) {
        let mark = |frame: &mut Frame| usize::from(!std::mem::replace(&mut frame.closing, true));
        self.frames(|frames| frames.fold((false, 0), |(_, fresh), frame| (true, fresh + mark(frame))))
    }
}

impl State {
    /// For how many threads there is something to do. Those that take a timer make sure of the
    /// next one, so one is enough for all.
    fn work(&self) -> usize {
        let most = if self.closed { usize::MAX } else { usize::from(self.watcher.is_none()) };
        self.jobs.len() + self.timers.len().min(most)
    }

    /// Something to run now. Jobs and timers that are due take turns, so that neither starves.
    fn take(&mut self) -> Option<Job> {
        let due = self.timers.keys().next().is_some_and(|first| self.closed || first.when <= Instant::now());
        self.timer_was_last = due && (self.jobs.is_empty() || !self.timer_was_last);
        if self.timer_was_last {
            return self.timers.pop_first().map(|(_, job)| job);
        }
        self.jobs.pop_front()
    }

    /// Whether `close` may return.
    fn is_over(&self, inside: bool) -> bool {
        let nothing_left = self.jobs.is_empty() && self.timers.is_empty() && self.left.is_empty() && self.joining == 0;
        nothing_left && self.alive.len() + self.guests == if inside { self.closing } else { 0 }
    }
}

/// Runs a callback of the program, which may never return. If that takes the last thread of the pool
/// that the calling thread is one of, another one may stand in for it.
pub fn outside<T>(callback: impl FnOnce() -> T) -> T {
    let enter = |frames: &RefCell<Vec<Frame>>| {
        let mut frames = frames.borrow_mut();
        let frame = frames.iter_mut().find(|frame| frame.worker.is_some() && !frame.outside)?;
        frame.outside = true;
        frame.worker.clone()
    };
    // A callback inside a callback is no further one: there is one such frame on a thread at most.
    let Some(pool) = FRAMES.try_with(enter).ok().flatten() else {
        return callback();
    };
    let outside = Outside(&pool);
    let last = pool.outside.fetch_add(1, Ordering::Relaxed) + 1 >= pool.threads;
    let blocked = (last && pool.mark_blocked(true)).then(|| {
        let blocked = Blocked(&pool);
        let mut state = pool.lock();
        state.busy -= 1;
        pool.cover(&mut state);
        drop(state);
        blocked
    });
    let answer = callback();
    drop((blocked, outside));
    answer
}

/// While it lives, the calling thread, one of the pool, is in a callback.
struct Outside<'a>(&'a Executor);

impl Drop for Outside<'_> {
    fn drop(&mut self) {
        self.0.outside.fetch_sub(1, Ordering::Relaxed);
        self.0.frames(|frames| frames.for_each(|frame| frame.outside = false));
    }
}

/// While it lives, the calling thread, one of the pool, does not count as busy.
struct Blocked<'a>(&'a Executor);

impl Drop for Blocked<'_> {
    fn drop(&mut self) {
        self.0.lock().busy += 1;
        self.0.mark_blocked(false);
    }
}

/// Runs a job. Its panic ends here.
fn run(job: Job) {
    let job = || {
        planted("executor");
        job();
    };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(job)) {
        // Dropping what a panic carries may panic as well. What that one carries is leaked.
        catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(std::mem::forget);
    }
}

#[cfg(test)]
mod tests;
