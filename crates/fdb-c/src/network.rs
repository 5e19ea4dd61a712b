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
//! In a forked child the network thread of the parent does not exist, and programs such as Python's with
//! `multiprocessing` never run another. If the parent had set the network up, a child begins as "set
//! up", whatever came after; a thread of our own runs the network from the first call that needs one on,
//! unless a thread of the program does. What the parent had queued and its hooks stay with the parent.
//!
//! Lock order: the lock here is a leaf. Futures are told, and hooks run, without it.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};
use plinth_boundary::entry;
use plinth_boundary::fork::{self, PerProcess};
use plinth_engine::signals;

use crate::future::{on_network_thread, set_on_network_thread, Future};
use crate::registry;

/// How often stores are looked after.
const TICK: Duration = Duration::from_millis(500);
/// The length of time that busyness is measured over.
const WINDOW: Duration = Duration::from_secs(1);
/// How long `stop` waits for our own thread: a callback may wait for the one who stops.
const PATIENCE: Duration = Duration::from_secs(10);

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

/// The thread of our own in a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    None,
    Works,
    Over,
}

struct State {
    life: Life,
    /// The parent had set it up, and `run` may never be called.
    inherited: bool,
    own: Own,
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
    era: u32,
    state: Mutex<State>,
    wake: Condvar,
    /// Signalled when our own thread has run its last hook.
    over: Condvar,
    /// Whether `life` is `Running`, for those who must not share a lock.
    running: AtomicBool,
}

static NETWORK: PerProcess<Network> = PerProcess::new(Network::new);

/// Whether this process or one that it was forked from has set the network up.
static SET_UP: AtomicBool = AtomicBool::new(false);

impl Network {
    fn new() -> Self {
        let era = fork::era();
        let inherited = era > 0 && SET_UP.load(Ordering::Acquire);
        let state = State {
            life: if inherited { Life::SetUp } else { Life::Fresh },
            inherited,
            own: Own::None,
            stop: false,
            asleep: false,
            queue: VecDeque::new(),
            hooks: Vec::new(),
            busy: Duration::ZERO,
            window: None,
            share: 0.0,
        };
        Self {
            era,
            state: Mutex::new(state),
            wake: Condvar::new(),
            over: Condvar::new(),
            running: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock() -> MutexGuard<'static, State> {
    NETWORK.get().lock()
}

/// Makes everything else possible.
pub fn set_up() -> Result<()> {
    let mut state = lock();
    if state.life != Life::Fresh {
        return Err(Error::new(Code::NETWORK_ALREADY_SETUP));
    }
    state.life = Life::SetUp;
    SET_UP.store(true, Ordering::Release);
    Ok(())
}

/// Whether it was set up, whatever came after.
pub fn is_set_up() -> bool {
    lock().life != Life::Fresh
}

/// Fails unless it was set up. In a child that never runs it, it runs from now on.
pub fn check_set_up() -> Result<()> {
    match is_set_up() {
        true => {
            run_inherited();
            Ok(())
        }
        false => Err(Error::new(Code::NETWORK_NOT_SETUP)),
    }
}

/// Starts our own thread where the parent had set the network up. Without a thread to be had all goes on
/// as it does before `run`.
fn run_inherited() {
    let network = NETWORK.get();
    let mut state = network.lock();
    if !state.inherited || state.life != Life::SetUp || state.stop {
        return;
    }
    let work = move || {
        serve(network);
        network.lock().own = Own::Over;
        network.over.notify_all();
    };
    // Under the lock, so that the thread finds itself noted.
    let builder = std::thread::Builder::new().name("plinth-network".to_owned());
    if signals::without(|| builder.spawn(work)).is_ok() {
        state.own = Own::Works;
        begin(network, &mut state);
    }
}

/// Whether there is a network thread that will tell what is posted.
pub fn is_running() -> bool {
    NETWORK.get().running.load(Ordering::Acquire)
}

/// Has the network thread tell a future. Before it runs this waits for it; after its end nothing is
/// taken any more, and false is returned.
pub fn post(future: Arc<Future>) -> bool {
    let network = NETWORK.get();
    let mut state = network.lock();
    if state.life == Life::Ended {
        return false;
    }
    state.queue.push_back(future);
    let wake = state.asleep;
    state.asleep = false;
    drop(state);
    if wake {
        network.wake.notify_all();
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
    drop(state);
    run_inherited();
    Ok(())
}

/// Ends the run, now or as soon as there is one. Of a thread of our own, which nobody can join, it waits
/// for the end.
pub fn stop() -> Result<()> {
    let network = NETWORK.get();
    let mut state = network.lock();
    if state.life == Life::Fresh {
        return Err(Error::new(Code::NETWORK_NOT_SETUP));
    }
    state.stop = true;
    if state.inherited && state.life == Life::SetUp {
        // Nobody has run it, nor needs to.
        state.life = Life::Ended;
    }
    network.wake.notify_all();
    if !on_network_thread() {
        let works = |state: &mut State| state.own == Own::Works;
        drop(network.over.wait_timeout_while(state, PATIENCE, works).unwrap_or_else(PoisonError::into_inner));
    }
    Ok(())
}

/// Makes the calling thread the network thread until it is stopped.
pub fn run() -> Result<()> {
    let network = NETWORK.get();
    {
        let mut state = network.lock();
        match state.life {
            Life::Fresh => return Err(Error::new(Code::NETWORK_NOT_SETUP)),
            Life::Running | Life::Ended => return Err(Error::new(Code::NETWORK_CANNOT_BE_RESTARTED)),
            Life::SetUp => begin(network, &mut state),
        }
    }
    serve(network);
    // A child that was forked on this thread is back.
    match fork::era() == network.era {
        true => Ok(()),
        false => Err(fork::inherited()),
    }
}

fn begin(network: &Network, state: &mut State) {
    state.life = Life::Running;
    state.window = Some(Instant::now());
    network.running.store(true, Ordering::Release);
}

/// What the network thread does. In a child that was forked on it, it ends at once.
fn serve(network: &Network) {
    set_on_network_thread(true);
    if !work(network) {
        return;
    }
    let hooks = std::mem::take(&mut network.lock().hooks);
    for Hook { function, parameter } in hooks {
        entry::outside(|| {
            // SAFETY: its giver promised that it may be called so, once, on this thread.
            unsafe { function(parameter) }
        });
        if fork::era() != network.era {
            return;
        }
    }
    set_on_network_thread(false);
    registry::close_unused();
}

/// Tells futures until it is stopped. What was not told by then is not told any more: a callback may
/// wait for the thread that stopped the network (rule FUT-13). False in a forked child, which must not
/// touch the network of its parent.
fn work(network: &Network) -> bool {
    let mut tick = Instant::now() + TICK;
    loop {
        let mut state = network.lock();
        if state.stop {
            state.life = Life::Ended;
            network.running.store(false, Ordering::Release);
            let untold = std::mem::take(&mut state.queue);
            drop(state);
            untold.iter().for_each(Future::forget);
            return true;
        }
        if state.queue.is_empty() {
            state.asleep = true;
            let patience = tick.saturating_duration_since(Instant::now());
            state = network.wake.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0;
            state.asleep = false;
        }
        let next = state.queue.pop_front();
        drop(state);
        let began = Instant::now();
        if let Some(future) = next {
            if !future.announce() {
                // The parent's, too.
                std::mem::forget(future);
                return false;
            }
        }
        if began >= tick {
            registry::look_after();
            tick = Instant::now() + TICK;
        }
        note_work(network, began);
    }
}

/// Adds the time since `began` to the time at work.
fn note_work(network: &Network, began: Instant) {
    let now = Instant::now();
    let mut state = network.lock();
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
