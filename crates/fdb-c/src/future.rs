//! Futures: what a call comes to, now or later (rules FUT-1 to FUT-13).
//!
//! A future is in one phase, under its own lock:
//!
//! | phase     | meaning                                             | leaves by                                  |
//! | --------- | --------------------------------------------------- | ------------------------------------------ |
//! | pending   | nothing is known                                    | `complete`, `cancel`, `destroy`: ready;    |
//! |           |                                                     | `begun`, if it was answered: arriving      |
//! | arriving  | the outcome is there, but nobody was told yet       | a poll or a callback: announced; `block`,  |
//! |           |                                                     | `cancel`, `destroy`: ready                 |
//! | announced | the network thread was asked to tell it             | that thread, `block`, `cancel`, `destroy`: |
//! |           |                                                     | ready                                      |
//! | ready     | a value or an error; never changes again            | `release`, if it is a value: released      |
//! | released  | the value is gone                                   | -                                          |
//!
//! A future is arriving where FoundationDB's would be pending and ours was answered within the
//! call: a caller that waits gets it at once, one that polls or sets a callback hears of it through
//! the network thread.
//!
//! Each callback is in one place: in `callbacks`, or taken out by the one thread that runs it. What
//! became ready with callbacks is posted to the network thread once, as `outstanding` notes. A
//! handle that is destroyed meanwhile stays good until they have run.
//!
//! Lock order: a future's lock is a leaf. Nothing is dropped or called with it held.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use plinth_api::{Code, Done, Error, Pending, Result, Soon};
use plinth_boundary::entry;
use plinth_boundary::fork;
use plinth_boundary::handle::Table;

use crate::database::WatchPlace;
use crate::errors::{self, Number};
use crate::layout::FDBFuture;
use crate::network;
use crate::output::Output;

/// All futures that were not destroyed.
pub static FUTURES: Table<Arc<Future>> = Table::new("future", 8);

/// A callback with what it is called with.
#[derive(Clone, Copy)]
pub struct Callback {
    /// The function.
    pub function: unsafe extern "C" fn(*mut FDBFuture, *mut c_void),
    /// Its second argument.
    pub parameter: *mut c_void,
    /// The future's handle, its first argument.
    pub handle: usize,
}

// SAFETY: whoever sets a callback allows it to be run on another thread (rule FUT-4).
unsafe impl Send for Callback {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Pending,
    Arriving,
    Announced,
    Ready,
    Released,
}

struct State {
    phase: Phase,
    outcome: Option<std::result::Result<Output, c_int>>,
    callbacks: Vec<Callback>,
    /// Whether the network thread has it, or is to get it.
    outstanding: bool,
    /// The handle, if it was destroyed while callbacks could still use it.
    destroyed: Option<usize>,
    /// What goes on in the backend, to be ended by a cancel.
    pending: Option<Arc<dyn Pending>>,
    /// A watch's place, until it is ready.
    place: Option<WatchPlace>,
    /// Values taken and not given back (rule FUT-7).
    uses: usize,
    /// Threads that wait: waking none would still cost a system call.
    waiting: usize,
}

impl State {
    /// Never ends: what is ready stays so, and a callback that is set then runs at once.
    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ready | Phase::Released) && !self.outstanding
    }
}

/// What ended with an outcome, to be dropped without the lock.
#[must_use]
struct Settled {
    pending: Option<Arc<dyn Pending>>,
    _before: Option<std::result::Result<Output, c_int>>,
    _place: Option<WatchPlace>,
}

/// See the file's top.
pub struct Future {
    /// Whether it is known to be ready, with nobody to be told: for those who would lock it only to see that.
    over: AtomicBool,
    state: Mutex<State>,
    ready: Condvar,
}

thread_local! {
    /// One more than the era in which this thread is the network thread; in a child that was forked on
    /// it, it is not.
    static ON_NETWORK_THREAD: Cell<u32> = const { Cell::new(0) };
}

/// Notes whether this thread is the network thread.
pub fn set_on_network_thread(on: bool) {
    let _ = ON_NETWORK_THREAD.try_with(|here| here.set(if on { fork::era() + 1 } else { 0 }));
}

/// Whether this thread is the network thread.
pub fn on_network_thread() -> bool {
    ON_NETWORK_THREAD.try_with(Cell::get).is_ok_and(|here| here == fork::era() + 1)
}

/// Starts a call and returns its future's handle. What `begin` returns is kept to be cancelled; its
/// error is the outcome. Inside the panic guard of the function that C called.
pub fn start(begin: impl FnOnce(&Arc<Future>) -> Result<Option<Arc<dyn Pending>>>) -> *mut FDBFuture {
    publish(begun(begin, false))
}

/// The same for a call that FoundationDB would have asked its cluster about: if `arriving`, an
/// outcome that is known at once is told through the network thread.
pub fn start_arriving(
    arriving: bool,
    begin: impl FnOnce(&Arc<Future>) -> Result<Option<Arc<dyn Pending>>>,
) -> *mut FDBFuture {
    publish(begun(begin, arriving))
}

/// The same for a call that may know its outcome before it needs a future. It makes one to have its `done` from.
pub fn start_soon(
    arriving: bool,
    begin: impl FnOnce(&mut Option<Arc<Future>>) -> Result<Soon<Output>>,
) -> *mut FDBFuture {
    let mut future = None;
    publish(match begin(&mut future) {
        Ok(Soon::Known(outcome)) => Arc::new(Future::known(outcome, arriving)),
        Ok(Soon::Asked(pending)) => {
            let future = future.unwrap_or_default();
            future.begun(pending, arriving);
            future
        }
        Err(error) => Arc::new(Future::known(Err(error), false)),
    })
}

/// A future that is ready from the start.
pub fn ready(make: impl FnOnce() -> Result<Output>) -> *mut FDBFuture {
    start(|future| {
        future.complete(make());
        Ok(None)
    })
}

fn begun(begin: impl FnOnce(&Arc<Future>) -> Result<Option<Arc<dyn Pending>>>, arriving: bool) -> Arc<Future> {
    let future = Arc::new(Future::default());
    match begin(&future) {
        Ok(pending) => future.begun(pending, arriving),
        Err(error) => future.complete(Err(error)),
    }
    future
}

/// Gives a future its handle; NULL only when the table is full.
fn publish(future: Arc<Future>) -> *mut FDBFuture {
    FUTURES.insert(future).unwrap_or(0) as *mut FDBFuture
}

/// The future of a handle.
pub fn future(handle: *mut FDBFuture) -> Result<Arc<Future>> {
    FUTURES.get(handle as usize).map(|guard| guard.clone())
}

impl Default for Future {
    fn default() -> Self {
        Self::in_phase(Phase::Pending, None)
    }
}

impl Future {
    /// One whose outcome is known.
    fn known(outcome: Result<Output>, arriving: bool) -> Self {
        let phase = if arriving { Phase::Arriving } else { Phase::Ready };
        Self::in_phase(phase, Some(outcome.map_err(|error| errors::number(&error))))
    }

    fn in_phase(phase: Phase, outcome: Option<std::result::Result<Output, c_int>>) -> Self {
        let state = State {
            phase,
            outcome,
            callbacks: Vec::new(),
            outstanding: false,
            destroyed: None,
            pending: None,
            place: None,
            uses: 0,
            waiting: 0,
        };
        let over = AtomicBool::new(state.is_over());
        Self { over, state: Mutex::new(state), ready: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a watch's place until it is ready. Before anybody has the handle.
    pub fn hold(&self, place: WatchPlace) {
        self.lock().place = Some(place);
    }

    /// What a call of the backend is given to tell its outcome to.
    pub fn done<T: 'static>(self: &Arc<Self>, convert: impl FnOnce(T) -> Output + Send + 'static) -> Done<T> {
        let future = self.clone();
        Box::new(move |outcome| future.complete(outcome.map(convert)))
    }

    /// Notes what goes on in the backend. Before anybody has the handle.
    fn begun(&self, pending: Option<Arc<dyn Pending>>, arriving: bool) {
        let mut state = self.lock();
        match state.phase {
            Phase::Pending => state.pending = pending,
            Phase::Ready if arriving => state.phase = Phase::Arriving,
            _ => {}
        }
    }

    /// Settles the outcome, unless it is settled.
    pub fn complete(self: &Arc<Self>, outcome: Result<Output>) {
        self.complete_as(outcome.map_err(|error| errors::number(&error)));
    }

    /// The same with an error that has the number it is to be told with.
    pub fn complete_as(self: &Arc<Self>, outcome: std::result::Result<Output, c_int>) {
        let state = self.lock();
        if state.phase == Phase::Pending {
            drop(self.settle(state, outcome));
        }
    }

    /// Makes it ready with this outcome, and has the callbacks run. Returns what was dropped by
    /// it, for the caller to let go of without the lock.
    fn settle(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        outcome: std::result::Result<Output, c_int>,
    ) -> Settled {
        state.phase = Phase::Ready;
        let mut place = state.place.take();
        if let Some(place) = &mut place {
            // Who is told may set the next watch at once.
            place.give_back();
        }
        let before = state.outcome.replace(outcome);
        let pending = state.pending.take();
        let post = !state.callbacks.is_empty() && !state.outstanding;
        state.outstanding |= post;
        self.wake(&state);
        drop(state);
        if post {
            self.post();
        }
        Settled { pending, _before: before, _place: place }
    }

    fn wake(&self, state: &State) {
        if state.waiting > 0 {
            self.ready.notify_all();
        }
    }

    /// Hands it to the network thread. When that has ended the callbacks are not run any more
    /// (rule FUT-13).
    fn post(self: &Arc<Self>) {
        if !network::post(self.clone()) {
            self.forget();
        }
    }

    /// Nobody will tell it any more.
    pub fn forget(self: &Arc<Self>) {
        let mut state = self.lock();
        state.outstanding = false;
        state.callbacks.clear();
        if state.phase == Phase::Announced {
            state.phase = Phase::Ready;
            self.wake(&state);
        }
        let destroyed = state.destroyed;
        drop(state);
        if let Some(handle) = destroyed {
            let _ = FUTURES.remove(handle);
        }
    }

    /// Tells everybody, on the network thread. False in a child that a callback forked: the future is its
    /// parent's.
    pub fn announce(self: &Arc<Self>) -> bool {
        let era = fork::era();
        let mut state = self.lock();
        if matches!(state.phase, Phase::Arriving | Phase::Announced) {
            state.phase = Phase::Ready;
            self.wake(&state);
        }
        // The one added last runs first, as in FoundationDB.
        while let Some(callback) = state.callbacks.pop() {
            drop(state);
            run(callback);
            if fork::era() != era {
                return false;
            }
            state = self.lock();
        }
        state.outstanding = false;
        let destroyed = state.destroyed;
        drop(state);
        if let Some(handle) = destroyed {
            let _ = FUTURES.remove(handle);
        }
        true
    }

    /// Rule FUT-4.
    pub fn set_callback(self: &Arc<Self>, callback: Callback) {
        let mut state = self.lock();
        match state.phase {
            Phase::Ready | Phase::Released => {
                drop(state);
                run(callback);
            }
            Phase::Pending | Phase::Announced => state.callbacks.push(callback),
            Phase::Arriving if network::is_running() => {
                state.callbacks.push(callback);
                self.ask_network(state);
            }
            Phase::Arriving => {
                state.phase = Phase::Ready;
                drop(state);
                run(callback);
            }
        }
    }

    /// Has the network thread tell an outcome that has arrived.
    fn ask_network(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        state.phase = Phase::Announced;
        state.outstanding = true;
        drop(state);
        self.post();
    }

    /// Rule FUT-10.
    pub fn is_ready(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        match state.phase {
            Phase::Ready | Phase::Released => true,
            Phase::Pending | Phase::Announced => false,
            // Without a network thread nobody would ever tell.
            Phase::Arriving if !network::is_running() => {
                state.phase = Phase::Ready;
                true
            }
            Phase::Arriving => {
                self.ask_network(state);
                false
            }
        }
    }

    /// Whether whoever blocks on it need not wait.
    pub fn has_come(&self) -> bool {
        if self.over.load(Ordering::Acquire) {
            return true;
        }
        let mut state = self.lock();
        if matches!(state.phase, Phase::Arriving | Phase::Announced) {
            state.phase = Phase::Ready;
        }
        self.over.store(state.is_over(), Ordering::Release);
        state.phase != Phase::Pending
    }

    /// Rule FUT-9.
    pub fn block(&self) -> Result<()> {
        let mut state = self.lock();
        let mut helped = false;
        loop {
            match state.phase {
                Phase::Ready | Phase::Released => return Ok(()),
                Phase::Arriving | Phase::Announced => state.phase = Phase::Ready,
                Phase::Pending if on_network_thread() => {
                    return Err(Error::new(Code::BLOCKED_FROM_NETWORK_THREAD));
                }
                Phase::Pending if !helped => {
                    helped = true;
                    let pending = state.pending.clone();
                    drop(state);
                    if let Some(pending) = pending {
                        pending.help();
                    }
                    state = self.lock();
                }
                Phase::Pending => {
                    state.waiting += 1;
                    state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.waiting -= 1;
                }
            }
        }
    }

    /// Rule FUT-6.
    pub fn cancel(self: &Arc<Self>) {
        self.end(Code::OPERATION_CANCELLED);
    }

    /// Ends it with an error, unless it is ready, and what goes on in the backend.
    pub fn end(self: &Arc<Self>, code: Code) {
        let state = self.lock();
        if matches!(state.phase, Phase::Ready | Phase::Released) {
            return;
        }
        let settled = self.settle(state, Err(code.number()));
        if let Some(pending) = &settled.pending {
            pending.cancel();
        }
    }

    /// Whether it is ready and nobody is to be told.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire) || self.lock().is_over()
    }

    /// Ends its handle, at once or when the callbacks have run.
    pub fn destroy(self: &Arc<Self>, handle: usize) {
        self.cancel();
        let mut state = self.lock();
        if state.outstanding {
            state.destroyed = Some(handle);
            return;
        }
        drop(state);
        let _ = FUTURES.remove(handle);
    }

    /// Looks at the value, and counts it as taken (rule FUT-3).
    pub fn get<T>(&self, look: impl FnOnce(&mut Output) -> Result<T>) -> std::result::Result<T, Number> {
        let mut state = self.lock();
        match (state.phase, &mut state.outcome) {
            (Phase::Released, _) => Err(Code::FUTURE_RELEASED.into()),
            (Phase::Ready, Some(Ok(output))) => {
                let found = look(output)?;
                state.uses += 1;
                Ok(found)
            }
            (Phase::Ready, Some(Err(code))) => Err(Number(*code)),
            _ => Err(Code::FUTURE_NOT_SET.into()),
        }
    }

    /// Rule FUT-3: the error alone, which takes nothing.
    pub fn error(&self) -> std::result::Result<(), Number> {
        let state = self.lock();
        match (state.phase, &state.outcome) {
            (Phase::Released, _) => Err(Code::FUTURE_RELEASED.into()),
            (Phase::Ready, Some(Ok(_))) => Ok(()),
            (Phase::Ready, Some(Err(code))) => Err(Number(*code)),
            _ => Err(Code::FUTURE_NOT_SET.into()),
        }
    }

    /// Gives one taken value back (rule FUT-7).
    pub fn release(&self) {
        let mut state = self.lock();
        if state.phase != Phase::Ready || state.uses == 0 || !matches!(state.outcome, Some(Ok(_))) {
            return;
        }
        state.uses -= 1;
        if state.uses == 0 {
            state.phase = Phase::Released;
            let value = state.outcome.take();
            drop(state);
            drop(value);
        }
    }
}

/// Runs a callback: the caller's code, with nothing held.
fn run(callback: Callback) {
    entry::outside(|| {
        // SAFETY: its giver promised that it may be called so, once, on this thread.
        unsafe { (callback.function)(callback.handle as *mut FDBFuture, callback.parameter) }
    });
}
