//! The threads that serve guests: each waits until something has come, handles it, and looks for a
//! moment whether more comes before it sleeps.
//!
//! Waking a thread costs more than most calls. So a thread that has just answered looks on for a
//! moment, if calls have been coming in quick succession; one thread of the pool at a time.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};

use crate::defects::planted;
use crate::signals;

use super::commits::Gathered;
use super::poller::Ready;
use super::server::{Shared, LISTENER};
use super::session::{Session, Turn};

/// Threads at least and at most.
const LEAST_THREADS: usize = 2;
const MOST_THREADS: usize = 8;
/// How long a thread looks whether more comes.
const SPIN: Duration = Duration::from_micros(50);
/// Calls that come within so many microseconds of each other come in quick succession.
const QUICK: u64 = 300;

/// How quickly calls come, and who looks for more.
#[derive(Default)]
pub struct Pace {
    spinning: AtomicBool,
    /// When something came last, in microseconds since the beginning.
    last: AtomicU64,
    begin: OnceLock<Instant>,
    /// Whether the last ones came in quick succession.
    quick: AtomicBool,
}

/// How many threads there are to be.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(LEAST_THREADS, usize::from).clamp(LEAST_THREADS, MOST_THREADS)
}

/// Starts threads until there are so many.
pub fn grow(shared: &Arc<Shared>, count: usize) -> Result<()> {
    let mut threads = shared.lock_threads();
    while threads.len() < count && !shared.is_leaving() {
        let mine = shared.clone();
        let builder = std::thread::Builder::new().name("plinth-host".to_owned());
        let thread = signals::without(|| builder.spawn(move || Worker::new(mine).work())).map_err(|error| {
            Error::new(Code::INTERNAL_ERROR).context("starting a thread for guests").caused_by(error)
        })?;
        threads.push(thread);
    }
    Ok(())
}

/// A thread of the pool.
struct Worker {
    shared: Arc<Shared>,
    ready: Ready,
    gathered: Gathered,
    /// The session whose turn was the last: it has not been given back.
    hot: Option<Arc<Session>>,
}

impl Worker {
    fn new(shared: Arc<Shared>) -> Self {
        Self { shared, ready: Ready::default(), gathered: Gathered::default(), hot: None }
    }

    fn work(&mut self) {
        while self.look_on() || self.wait() {
            let sockets: Vec<_> = self.ready.sockets().collect();
            for (token, gone) in sockets {
                give_back(&mut self.hot);
                match token {
                    LISTENER => self.shared.accept(),
                    token => self.begin_turn(token, gone),
                }
            }
            self.commit();
        }
        give_back(&mut self.hot);
    }

    fn wait(&mut self) -> bool {
        give_back(&mut self.hot);
        self.shared.poller.wait(&mut self.ready, None)
    }

    /// Looks for a moment whether more comes, first from the hot session. Returns whether a socket has
    /// something to do.
    fn look_on(&mut self) -> bool {
        let shared = self.shared.clone();
        let Some(_spinning) = shared.pace.begin_spin() else {
            return false;
        };
        let mut until = Instant::now() + SPIN;
        while Instant::now() < until {
            let turn = self.hot.clone().map_or(Turn::Idle, |session| self.turn(&session));
            // Also those of a guest whose connection ended behind them: nobody else has them.
            self.commit();
            match turn {
                Turn::Busy => {
                    until = Instant::now() + SPIN;
                    continue;
                }
                Turn::Ended => give_back(&mut self.hot),
                Turn::Idle => {}
            }
            if !shared.poller.wait(&mut self.ready, Some(Duration::ZERO)) {
                return false;
            }
            if self.ready.sockets().len() > 0 {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    /// Has a session take its turn. It stays with this thread if it may go on.
    fn begin_turn(&mut self, token: u64, gone: bool) {
        let Some(session) = self.shared.session(token).filter(|session| session.begin_turn()) else {
            return;
        };
        match self.turn(&session) {
            Turn::Busy if !gone => self.hot = Some(session),
            _ => session.end_turn(gone),
        }
    }

    /// A panic ends the connection it happened in, not the thread.
    fn turn(&mut self, session: &Arc<Session>) -> Turn {
        let turn = catch_unwind(AssertUnwindSafe(|| {
            planted("host");
            session.turn(&mut self.gathered)
        }));
        let turn = turn.unwrap_or_else(|_| {
            session.end();
            Turn::Ended
        });
        if turn == Turn::Busy {
            self.shared.pace.note();
        }
        turn
    }

    fn commit(&mut self) {
        let Self { shared, gathered, hot, .. } = self;
        // A panic ends the connections whose commits are lost by it.
        let _ = catch_unwind(AssertUnwindSafe(|| gathered.commit(shared, || give_back(hot))));
    }
}

fn give_back(hot: &mut Option<Arc<Session>>) {
    if let Some(session) = hot.take() {
        session.end_turn(false);
    }
}

impl Pace {
    /// Notes that something has come.
    fn note(&self) {
        let now = self.begin.get_or_init(Instant::now).elapsed().as_micros() as u64;
        let last = self.last.swap(now, Ordering::Relaxed);
        self.quick.store(now.saturating_sub(last) < QUICK, Ordering::Relaxed);
    }

    /// Begins to look for more, if that is worth it and no other thread does.
    fn begin_spin(&self) -> Option<Spinning<'_>> {
        let free = self.quick.load(Ordering::Relaxed) && !self.spinning.swap(true, Ordering::Acquire);
        free.then_some(Spinning(self))
    }
}

/// The thread that looks for more.
struct Spinning<'a>(&'a Pace);

impl Drop for Spinning<'_> {
    fn drop(&mut self) {
        self.0.spinning.store(false, Ordering::Release);
    }
}
