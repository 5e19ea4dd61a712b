//! The pool under use: what runs, what waits, and how it ends.

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

#[test]
fn callbacks_that_do_not_return_leave_a_thread_for_the_others() {
    for threads in [1, 2, 4] {
        let (pool, (release, gate), (tell, told)) = (Executor::new(threads, 64), channel::<()>(), channel());
        let gate = Arc::new(Mutex::new(gate));
        let stuck = |gate: Arc<Mutex<_>>| {
            let (begun, begins) = channel();
            pool.submit(Box::new(move || {
                outside(|| {
                    begun.send(()).unwrap();
                    // A callback inside another one is no further one.
                    outside(|| drop(gate.lock()));
                });
            }));
            begins.recv_timeout(LONG).unwrap();
        };
        let held = gate.lock().unwrap();
        for number in 0..MOST_THREADS - 2 {
            stuck(gate.clone());
            assert_eq!(pool.outside.load(SeqCst), number + 1);
            let (job, timer) = (tell.clone(), tell.clone());
            pool.submit(Box::new(move || job.send(current().id()).unwrap()));
            pool.at(soon(0), Box::new(move || timer.send(current().id()).unwrap()));
            for _ in 0..2 {
                assert_ne!(told.recv_timeout(LONG).unwrap(), current().id(), "nobody is left but the caller");
            }
        }
        until(|| pool.lock().busy < threads);
        drop((held, release));
        pool.close();
        assert_eq!(pool.outside.load(SeqCst), 0);
        assert_nothing_left(&pool);
    }
}

#[test]
fn a_callback_may_wait_and_close_and_return_to_its_place() {
    let (pool, (tell, told)) = (Executor::new(1, 8), channel());
    for _ in 0..3 {
        let (inner, tell) = (pool.clone(), tell.clone());
        pool.submit(Box::new(move || {
            let (done, is_done) = channel();
            outside(|| {
                inner.submit(Box::new(move || done.send(()).unwrap()));
                // The only thread waits for another job of the same pool.
                tell.send(inner.blocking(|| is_done.recv_timeout(LONG))).unwrap();
            });
        }));
    }
    (0..3).for_each(|_| told.recv_timeout(LONG).unwrap().unwrap());
    let inner = pool.clone();
    pool.submit(Box::new(move || outside(|| inner.close())));
    pool.close();
    assert_eq!(pool.outside.load(SeqCst), 0);
    assert_nothing_left(&pool);
}
