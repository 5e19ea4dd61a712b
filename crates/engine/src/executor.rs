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
    worker: bool,
    blocked: bool,
    closing: bool,
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
        })
    }

    /// Has `job` run on one of the threads. Never waits. The job runs on the calling thread if the
    /// queue is full, which is the back-pressure; if a thread is needed for it but none can be
    /// started; and after [`close`](Self::close). Only a job that is itself inside many others on
    /// its thread queues beyond the bound.
    pub fn submit(self: &Arc<Self>, job: Job) {
        let depth = self.frames(|frames| frames.filter(|frame| !frame.worker).count());
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
        self.enter(true);
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
        self.enter(false);
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

    fn enter(&self, worker: bool) {
        let frame = Frame { executor: self, worker, blocked: false, closing: false };
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
        self.frames(|frames| frames.filter(|frame| frame.worker).any(mark))
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
mod tests {
    use std::panic::resume_unwind;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::mpsc::{channel, Sender};
    use std::sync::Barrier;
    use std::thread::{current, scope, yield_now};

    use super::*;

    /// Longer than anything takes, so that a test that would hang fails.
    const LONG: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3600);

    /// Looks until it is so.
    fn until(what: impl Fn() -> bool) {
        let end = Instant::now() + LONG;
        while !what() {
            assert!(Instant::now() < end, "it never comes to this");
            yield_now();
        }
    }

    /// Occupies a thread of the pool until the sender is dropped.
    fn occupy(pool: &Arc<Executor>) -> Sender<()> {
        let ((release, gate), (begun, begins)) = (channel(), channel());
        pool.submit(Box::new(move || {
            begun.send(()).unwrap();
            _ = gate.recv_timeout(LONG);
        }));
        begins.recv_timeout(LONG).unwrap();
        release
    }

    /// A job that counts.
    fn add(count: &Arc<AtomicUsize>) -> Job {
        let count = count.clone();
        Box::new(move || _ = count.fetch_add(1, SeqCst))
    }

    fn soon(millis: u64) -> Instant {
        Instant::now() + Duration::from_millis(millis)
    }

    fn by_timer(pool: &Arc<Executor>, job: Job) {
        pool.at(Instant::now(), job);
    }

    fn assert_nothing_left(pool: &Executor) {
        let state = pool.lock();
        assert!(state.jobs.is_empty() && state.timers.is_empty() && state.alive.is_empty() && state.left.is_empty());
        assert_eq!([state.awake, state.busy, state.guests, state.closing, state.joining, state.idle.len()], [0; 6]);
    }

    #[test]
    fn every_job_runs_once() {
        let pool = Executor::new(3, 64);
        let runs: Vec<Arc<AtomicUsize>> = (0..20_000).map(|_| Arc::default()).collect();
        scope(|scope| {
            for part in runs.chunks(5_000) {
                scope.spawn(|| part.iter().for_each(|runs| pool.submit(add(runs))));
            }
        });
        pool.close();
        assert!(runs.iter().all(|runs| runs.load(SeqCst) == 1));
        assert_nothing_left(&pool);
    }

    #[test]
    fn no_more_threads_work_and_jobs_wait_than_allowed() {
        let (pool, count) = (Executor::new(2, 3), Arc::default());
        assert!(pool.lock().alive.is_empty());
        let gates = [occupy(&pool), occupy(&pool)];
        (0..3).for_each(|_| pool.submit(add(&count)));
        let (tell, told) = channel();
        pool.submit(Box::new(move || tell.send(current().id()).unwrap()));
        assert_eq!(told.try_recv(), Ok(current().id()));
        let state = pool.lock();
        assert_eq!([count.load(SeqCst), state.jobs.len(), state.alive.len()], [0, 3, 2]);
        drop((state, gates));
        pool.close();
        assert_eq!(count.load(SeqCst), 3);
    }

    #[test]
    fn idle_threads_take_jobs_before_others_are_started() {
        let (pool, (tell, told)) = (Executor::new(4, 16), channel());
        for _ in 0..100 {
            let tell = tell.clone();
            pool.submit(Box::new(move || tell.send(current().name().map(String::from)).unwrap()));
            until(|| pool.lock().idle == [0]);
        }
        assert!((0..100).all(|_| told.recv_timeout(LONG).unwrap().as_deref() == Some("plinth-async-0")));
        for _ in 0..100 {
            let meeting = Arc::new(Barrier::new(3));
            for meeting in [(); 3].map(|()| meeting.clone()) {
                pool.submit(Box::new(move || _ = meeting.wait()));
            }
            until(|| pool.lock().idle.len() == 3);
        }
        let begun = Instant::now();
        pool.close();
        assert!(begun.elapsed() < IDLE_FOR / 2);
    }

    #[test]
    fn timers_fire_in_order_and_not_early_and_can_be_cancelled() {
        let (pool, (tell, told)) = (Executor::new(1, 0), channel());
        // There is one thread, which the first timer holds until all are set.
        let (hold, held) = channel::<()>();
        pool.at(Instant::now(), Box::new(move || _ = held.recv_timeout(LONG)));
        until(|| pool.lock().busy == 1);
        let start = soon(20);
        for step in 0..100_u32 {
            let (tell, when) = (tell.clone(), start + Duration::from_millis(u64::from(step * 37 % 50)));
            let timer = pool.at(when, Box::new(move || tell.send((when, step, Instant::now())).unwrap()));
            assert!(step % 3 > 0 || (pool.cancel(timer) && !pool.cancel(timer)));
        }
        drop((hold, tell));
        let fired: Vec<_> = (0..66).map(|_| told.recv_timeout(LONG).unwrap()).collect();
        assert!(told.recv().is_err() && fired.is_sorted(), "{fired:?}");
        assert!(fired.iter().all(|(when, step, fired)| fired >= when && step % 3 > 0));
        pool.close();
    }

    #[test]
    fn each_of_many_timers_fires_once_or_is_cancelled() {
        let (pool, count, start) = (Executor::new(3, 0), Arc::default(), Instant::now());
        let set = |step: u64| pool.at(start + Duration::from_micros(step * 7919 % 50_000), add(&count));
        let timers: Vec<Timer> = (0..10_000).map(set).collect();
        let cancelled = timers.iter().step_by(2).filter(|timer| pool.cancel(**timer)).count();
        until(|| count.load(SeqCst) + cancelled == timers.len());
        assert!(!timers.iter().any(|timer| pool.cancel(*timer)));
        pool.close();
        assert_eq!(count.load(SeqCst) + cancelled, timers.len());
    }

    #[test]
    fn neither_a_later_timer_nor_a_long_job_holds_up_a_timer() {
        for way in [Executor::submit, by_timer] {
            let (pool, (tell, told), (finish, finished)) = (Executor::new(2, 8), channel(), channel());
            let fire = || {
                let tell = tell.clone();
                until(|| pool.lock().watcher.is_some());
                pool.at(soon(5), Box::new(move || tell.send(5).unwrap()));
            };
            pool.at(Instant::now() + HOUR, Box::new(|| ()));
            fire();
            assert_eq!(told.recv_timeout(LONG).unwrap(), 5);
            until(|| pool.lock().watcher.is_some());
            way(&pool, Box::new(move || finish.send(told.recv_timeout(LONG).unwrap()).unwrap()));
            fire();
            assert_eq!(finished.recv_timeout(LONG).unwrap(), 5);
            pool.close();
        }
    }

    #[test]
    fn the_thread_that_waits_for_a_timer_takes_jobs() {
        let (pool, count) = (Executor::new(1, 8), Arc::default());
        pool.at(Instant::now() + HOUR, add(&count));
        for jobs in 1..100 {
            pool.submit(add(&count));
            until(|| count.load(SeqCst) == jobs && pool.lock().watcher == Some(0));
        }
        assert_eq!(pool.lock().alive.len(), 1);
        pool.close();
        assert_eq!(count.load(SeqCst), 100);
    }

    /// Adds a job that adds itself again as often as is left.
    fn repeat(pool: Arc<Executor>, add: fn(&Arc<Executor>, Job), left: Arc<AtomicUsize>) {
        let again = pool.clone();
        let job = move || {
            if left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
                repeat(again, add, left);
            }
        };
        add(&pool, Box::new(job));
    }

    #[test]
    fn neither_jobs_nor_timers_starve() {
        for way in [Executor::submit, by_timer] {
            let (pool, left, count) = (Executor::new(1, 8), Arc::new(AtomicUsize::new(usize::MAX)), Arc::default());
            // Two, so that one always waits while the other goes on.
            (0..2).for_each(|_| repeat(pool.clone(), way, left.clone()));
            pool.submit(add(&count));
            pool.at(Instant::now(), add(&count));
            until(|| count.load(SeqCst) == 2);
            left.store(0, SeqCst);
            pool.close();
        }
    }

    #[test]
    fn close_runs_what_waits_and_waits_for_what_runs() {
        let (pool, count) = (Executor::new(2, 10), Arc::default());
        let gates = [occupy(&pool), occupy(&pool)];
        (0..10).for_each(|_| pool.submit(add(&count)));
        let _timers = [(); 10].map(|()| pool.at(Instant::now() + HOUR, add(&count)));
        let ((release, gate), last) = (channel::<()>(), add(&count));
        // The queue is full, so this one runs on its own thread.
        let guest = Box::new(move || {
            _ = gate.recv_timeout(LONG);
            (0..1000).for_each(|_| yield_now());
            last();
        });
        scope(|scope| {
            scope.spawn(|| pool.submit(guest));
            until(|| pool.lock().guests == 1);
            let closers = [(); 2].map(|()| scope.spawn(|| (pool.close(), count.load(SeqCst))));
            until(|| pool.lock().closed);
            assert_eq!(count.load(SeqCst), 0);
            drop(gates);
            until(|| count.load(SeqCst) == 20);
            drop(release);
            assert!(closers.into_iter().all(|closer| closer.join().unwrap().1 == 21));
        });
        assert_nothing_left(&pool);
        pool.submit(add(&count));
        assert!(count.load(SeqCst) == 22 && !pool.cancel(pool.at(soon(9), add(&count))) && count.load(SeqCst) == 23);
    }

    #[test]
    fn jobs_close_without_waiting_for_themselves_or_each_other() {
        for (jobs, outside) in [(1, false), (2, false), (3, false), (1, true), (2, true)].repeat(50) {
            let (pool, count) = (Executor::new(jobs, 100), Arc::<AtomicUsize>::default());
            let (barriers, (tell, told)) = (Arc::new([jobs + 1, jobs].map(Barrier::new)), channel());
            for index in 0..jobs {
                let (inner, count, barriers, tell) = (pool.clone(), count.clone(), barriers.clone(), tell.clone());
                pool.submit(Box::new(move || {
                    barriers[0].wait();
                    if index == 0 {
                        inner.close();
                    }
                    inner.blocking(|| inner.close());
                    barriers[1].wait();
                    tell.send(count.load(SeqCst)).unwrap();
                }));
            }
            (0..20).for_each(|_| pool.submit(add(&count)));
            pool.at(Instant::now() + HOUR, add(&count));
            barriers[0].wait();
            if outside {
                pool.close();
                assert_nothing_left(&pool);
            }
            (0..jobs).for_each(|_| assert_eq!(told.recv_timeout(LONG).unwrap(), 21));
            pool.close();
            assert_nothing_left(&pool);
        }
    }

    #[test]
    fn another_thread_works_while_one_is_blocked() {
        let (pool, (tell, told), count) = (Executor::new(1, 8), channel(), Arc::default());
        let inner = pool.clone();
        pool.submit(Box::new(move || {
            for _ in 0..2 {
                let ((give, given), other) = (channel(), inner.clone());
                inner.submit(Box::new(move || {
                    give.send(()).unwrap();
                    until(|| !other.lock().jobs.is_empty());
                }));
                inner.blocking(|| inner.blocking(|| given.recv_timeout(LONG).unwrap()));
                // Now this one works, so the other one takes no job.
                inner.submit(add(&count));
                (0..1000).for_each(|_| yield_now());
                tell.send((count.load(SeqCst), inner.lock().alive.len())).unwrap();
            }
            inner.blocking(|| resume_unwind(Box::new(())))
        }));
        assert_eq!([told.recv_timeout(LONG).unwrap(), told.recv_timeout(LONG).unwrap()], [(0, 2), (1, 2)]);
        assert_eq!(pool.blocking(|| 7), 7);
        pool.close();
        assert_nothing_left(&pool);
    }

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            resume_unwind(Box::new(()));
        }
    }

    #[test]
    fn panics_end_with_their_jobs() {
        let (pool, count) = (Executor::new(1, 100), Arc::default());
        for _ in 0..25 {
            pool.submit(Box::new(|| resume_unwind(Box::new(()))));
            pool.submit(Box::new(|| resume_unwind(Box::new(PanicsWhenDropped))));
            pool.submit(add(&count));
            pool.at(Instant::now(), Box::new(|| resume_unwind(Box::new(()))));
        }
        until(|| count.load(SeqCst) == 25 && pool.lock().idle == [0]);
        pool.close();
        assert_nothing_left(&pool);
        pool.submit(Box::new(|| resume_unwind(Box::new(()))));
    }

    #[test]
    fn idle_threads_end_and_an_executor_without_them_is_dropped() {
        let (pool, count) = (Executor::new(3, 8), Arc::default());
        pool.lock().idle_for = Duration::from_millis(5);
        for round in 1..4 {
            drop([occupy(&pool), occupy(&pool)]);
            let timer = pool.at(Instant::now() + HOUR, Box::new(|| ()));
            pool.at(soon(20), add(&count));
            until(|| count.load(SeqCst) == round);
            assert!(pool.cancel(timer));
            until(|| pool.lock().alive.is_empty());
            assert_eq!(pool.lock().left.len(), 1);
        }
        pool.at(soon(20), add(&count));
        let weak = Arc::downgrade(&pool);
        drop(pool);
        until(|| weak.strong_count() == 0 && count.load(SeqCst) == 4);
    }

    #[test]
    fn without_threads_jobs_run_on_the_calling_thread_and_timers_wait() {
        let (pool, count) = (Executor::new(1, 8), Arc::default());
        pool.lock().most = 0;
        pool.submit(add(&count));
        pool.at(Instant::now(), add(&count));
        assert_eq!((count.load(SeqCst), pool.lock().timers.len()), (1, 1));
        pool.lock().most = 1;
        pool.submit(add(&count));
        until(|| count.load(SeqCst) == 3);
        let (inner, (tell, told)) = (pool.clone(), channel());
        pool.submit(Box::new(move || {
            let (give, given) = channel();
            inner.submit(Box::new(move || give.send(current().id()).unwrap()));
            tell.send(inner.blocking(|| given.recv_timeout(LONG).unwrap()) == current().id()).unwrap();
        }));
        assert!(told.recv_timeout(LONG).unwrap());
        pool.close();
        let pool = Executor::new(1, 8);
        pool.lock().most = 0;
        let _timers = [0, 1_000_000].map(|delay| pool.at(soon(delay), add(&count)));
        pool.close();
        assert_eq!(count.load(SeqCst), 5);
        assert_nothing_left(&pool);
    }

    #[test]
    fn a_chain_of_jobs_does_not_use_up_the_stack() {
        for most in [0, MOST_THREADS] {
            let (pool, left) = (Executor::new(1, 0), Arc::new(AtomicUsize::new(200_000)));
            pool.lock().most = most;
            repeat(pool.clone(), Executor::submit, left.clone());
            until(|| left.load(SeqCst) == 0);
            pool.close();
            assert_nothing_left(&pool);
        }
    }
}
