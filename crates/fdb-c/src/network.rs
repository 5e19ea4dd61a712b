//! The network thread: set up, run, stopped, once in the life of a process (rules NET-1 to NET-3,
//! ABI-6). No network is behind it; it is where the callbacks of futures run that were not ready
//! when they were set, and where stores are looked after.
//!
//! | from    | `setup`         | `run`                | `stop`                        |
//! | ------- | --------------- | -------------------- | ----------------------------- |
//! | fresh   | set up          | 2008                 | 2008                          |
//! | set up  | 2009            | running              | 0, and `run` returns at once  |
//! | running | 2009            | 2025                 | 0, ends the run               |
//! | ended   | 2009            | 2025                 | 0                             |
//!
//! Lock order: the lock here is a leaf. Futures are told, and hooks run, without it.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};
use plinth_boundary::entry;

use crate::future::{set_on_network_thread, Future};
use crate::registry;

/// How often stores are looked after.
const TICK: Duration = Duration::from_millis(500);
/// The length of time that busyness is measured over.
const WINDOW: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Fresh,
    SetUp,
    Running,
    Ended,
}

/// A function to run when the network thread ends.
struct Hook {
    function: unsafe extern "C" fn(*mut c_void),
    parameter: *mut c_void,
}

// SAFETY: whoever adds a hook allows it to be run on the network thread (rule NET-2).
unsafe impl Send for Hook {}

struct State {
    life: Life,
    stop: bool,
    asleep: bool,
    queue: VecDeque<Arc<Future>>,
    hooks: Vec<Hook>,
    /// Time at work since the window began, and the share of the window before.
    busy: Duration,
    window: Option<Instant>,
    share: f64,
}

struct Network {
    state: Mutex<State>,
    wake: Condvar,
}

static NETWORK: Network = Network {
    state: Mutex::new(State {
        life: Life::Fresh,
        stop: false,
        asleep: false,
        queue: VecDeque::new(),
        hooks: Vec::new(),
        busy: Duration::ZERO,
        window: None,
        share: 0.0,
    }),
    wake: Condvar::new(),
};

/// Whether `life` is `Running`, for those who must not share a lock.
static RUNNING: AtomicBool = AtomicBool::new(false);

fn lock() -> MutexGuard<'static, State> {
    NETWORK.state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes everything else possible.
pub fn set_up() -> Result<()> {
    let mut state = lock();
    if state.life != Life::Fresh {
        return Err(Error::new(Code::NETWORK_ALREADY_SETUP));
    }
    state.life = Life::SetUp;
    Ok(())
}

/// Whether it was set up, whatever came after.
pub fn is_set_up() -> bool {
    lock().life != Life::Fresh
}

/// Fails unless it was set up.
pub fn check_set_up() -> Result<()> {
    match is_set_up() {
        true => Ok(()),
        false => Err(Error::new(Code::NETWORK_NOT_SETUP)),
    }
}

/// Whether there is a network thread that will tell what is posted.
pub fn is_running() -> bool {
    RUNNING.load(Ordering::Acquire)
}

/// Has the network thread tell a future. Before it runs this waits for it; after its end nothing is
/// taken any more, and false is returned.
pub fn post(future: Arc<Future>) -> bool {
    let mut state = lock();
    if state.life == Life::Ended {
        return false;
    }
    state.queue.push_back(future);
    let wake = state.asleep;
    state.asleep = false;
    drop(state);
    if wake {
        NETWORK.wake.notify_all();
    }
    true
}

/// Adds a function that runs on the network thread when it ends, in order of adding.
pub fn add_hook(function: unsafe extern "C" fn(*mut c_void), parameter: *mut c_void) -> Result<()> {
    let mut state = lock();
    if state.life == Life::Fresh {
        return Err(Error::new(Code::NETWORK_NOT_SETUP));
    }
    state.hooks.push(Hook { function, parameter });
    Ok(())
}

/// Ends the run, now or as soon as there is one.
pub fn stop() -> Result<()> {
    let mut state = lock();
    if state.life == Life::Fresh {
        return Err(Error::new(Code::NETWORK_NOT_SETUP));
    }
    state.stop = true;
    drop(state);
    NETWORK.wake.notify_all();
    Ok(())
}

/// Makes the calling thread the network thread until it is stopped.
pub fn run() -> Result<()> {
    {
        let mut state = lock();
        match state.life {
            Life::Fresh => return Err(Error::new(Code::NETWORK_NOT_SETUP)),
            Life::Running | Life::Ended => return Err(Error::new(Code::NETWORK_CANNOT_BE_RESTARTED)),
            Life::SetUp => state.life = Life::Running,
        }
        RUNNING.store(true, Ordering::Release);
        state.window = Some(Instant::now());
    }
    set_on_network_thread(true);
    work();
    let hooks = std::mem::take(&mut lock().hooks);
    for Hook { function, parameter } in hooks {
        entry::outside(|| {
            // SAFETY: its giver promised that it may be called so, once, on this thread.
            unsafe { function(parameter) }
        });
    }
    set_on_network_thread(false);
    registry::close_unused();
    Ok(())
}

/// Tells futures until it is stopped. What was not told by then is not told any more: a callback may
/// wait for the thread that stopped the network (rule FUT-13).
fn work() {
    let mut tick = Instant::now() + TICK;
    loop {
        let mut state = lock();
        if state.stop {
            state.life = Life::Ended;
            RUNNING.store(false, Ordering::Release);
            let untold = std::mem::take(&mut state.queue);
            drop(state);
            untold.iter().for_each(Future::forget);
            return;
        }
        if state.queue.is_empty() {
            state.asleep = true;
            let patience = tick.saturating_duration_since(Instant::now());
            state = NETWORK.wake.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0;
            state.asleep = false;
        }
        let next = state.queue.pop_front();
        drop(state);
        let began = Instant::now();
        if let Some(future) = next {
            future.announce();
        }
        if began >= tick {
            registry::look_after();
            tick = Instant::now() + TICK;
        }
        note_work(began);
    }
}

/// Adds the time since `began` to the time at work.
fn note_work(began: Instant) {
    let now = Instant::now();
    let mut state = lock();
    state.busy += now - began;
    if let Some(length) = state.window.map(|window| now - window).filter(|length| *length >= WINDOW) {
        state.share = (state.busy.as_secs_f64() / length.as_secs_f64()).min(1.0);
        state.busy = Duration::ZERO;
        state.window = Some(now);
    }
}

/// The share of the last second that the network thread was at work.
pub fn share_at_work() -> f64 {
    lock().share
}
