//! The calls under way, and who reads their answers.
//!
//! Whoever reads has the *turn*. No answer is left lying: a caller looks under the desk's lock whether
//! the turn is free, and if not it is put into `parked` before the lock is free again; whoever gives
//! the turn back does so under that lock, and takes one thread out of `parked` to wake it. So either
//! the caller gets the turn, or it is seen. A thread leaves `parked` when its answer is noted, under
//! the same lock; so one that is taken out still waits, and either takes the turn or finds that
//! another thread has had it since, which then did the same for the next one.
//!
//! If no caller waits, the keeper reads (see [`super::keeper`]). It knows by itself when it is to
//! look, except where `wanted` is set and it is kicked.
//!
//! Lock order: the desk, then a slot's outcome. Nobody is called out to with the desk locked.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::call::{Item, Owner};
use super::keeper::{Keeper, Woken};
use super::reply::Reply;
use super::slot::Slot;

/// Calls under way at most. A host reads no more until it has answered some.
pub const MOST_CALLS: usize = 1_024;
/// Calls of which nobody waits for the answer, that wait for a place, at most.
const MOST_LATER: usize = 10_000;
/// Bytes of these, unless it is only one.
const MOST_LATER_BYTES: usize = 32 << 20;

/// The calls of a link.
pub struct Desk {
    state: Mutex<State>,
    /// Signalled when there is a place for one more call.
    place: Condvar,
    /// Signalled when no call is under way.
    idle: Condvar,
    /// Whether somebody has the turn; a hint.
    reading: AtomicBool,
    /// Whether something is in `later`.
    later: AtomicBool,
}

struct State {
    calls: HashMap<u64, Owner>,
    /// Since when there has been a call at any moment.
    since: Instant,
    /// Threads that sleep until there is an answer, or the turn.
    parked: VecDeque<Arc<Slot>>,
    /// What waits for a place, in order.
    later: VecDeque<Item>,
    later_bytes: usize,
    /// A thread moves `later` on. Only one does, so that the order stays.
    pumping: bool,
    /// Callers that wait for a place, or for the end of all calls.
    waiting: usize,
    reading: bool,
    /// How often a caller had the turn.
    turns: u64,
    keeper: Keeper,
    /// The keeper is to read, because something came up that no caller waits for.
    wanted: bool,
    leaving: bool,
    ended: bool,
}

/// What became of a call that nobody waits for.
pub enum Offer {
    /// It has its place, and can be sent. Whether the keeper has to be kicked.
    Now(Item, bool),
    /// It waits for a place.
    Later,
    /// Too many wait.
    Full(Item),
    /// No call can be made any more.
    Shut(Item),
}

/// What a caller does that has waited long enough without sleep.
pub enum Step {
    /// It reads.
    Read,
    /// It sleeps.
    Sleep,
    /// It looks again.
    Look,
}

impl Desk {
    /// A desk without calls.
    pub fn new() -> Self {
        let state = State {
            calls: HashMap::new(),
            since: Instant::now(),
            parked: VecDeque::new(),
            later: VecDeque::new(),
            later_bytes: 0,
            pumping: false,
            waiting: 0,
            reading: false,
            turns: 0,
            keeper: Keeper::Away,
            wanted: false,
            leaving: false,
            ended: false,
        };
        Self {
            state: Mutex::new(state),
            place: Condvar::new(),
            idle: Condvar::new(),
            reading: AtomicBool::new(false),
            later: AtomicBool::new(false),
        }
    }

    /// Notes a call of a thread that will wait for the answer; waits for a place. Returns false if no
    /// call can be made any more.
    pub fn enter(&self, number: u64, slot: &Arc<Slot>) -> bool {
        let mut state = self.lock();
        while state.calls.len() >= MOST_CALLS && !state.is_shut() {
            state.waiting += 1;
            state = self.place.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        if state.is_shut() {
            return false;
        }
        state.note(number, Owner::Caller(slot.clone()));
        true
    }

    /// Notes a call that nobody waits for, or lets it wait.
    pub fn offer(&self, item: Item, room: bool) -> Offer {
        let mut state = self.lock();
        if state.is_shut() {
            return Offer::Shut(item);
        }
        if state.later.is_empty() && !state.pumping && state.calls.len() < MOST_CALLS && room {
            let (item, kick) = state.place(item);
            return Offer::Now(item, kick);
        }
        let bytes = state.later_bytes.saturating_add(item.frame.len());
        let full = state.later.len() >= MOST_LATER || (bytes > MOST_LATER_BYTES && !state.later.is_empty());
        if full && item.owner.as_ref().is_some_and(Owner::may_be_refused) {
            return Offer::Full(item);
        }
        state.later_bytes = bytes;
        state.later.push_back(item);
        self.later.store(true, Ordering::SeqCst);
        Offer::Later
    }

    /// Whether [`Desk::next_later`] may have something.
    pub fn has_later(&self) -> bool {
        self.later.load(Ordering::SeqCst)
    }

    /// The next call that waited and has a place now, and whether the keeper has to be kicked. The
    /// caller takes one after the other until there is none; `go_on` says whether it did so before.
    pub fn next_later(&self, go_on: bool, has_room: impl Fn() -> bool) -> Option<(Item, bool)> {
        let mut state = self.lock();
        if state.pumping != go_on {
            return None;
        }
        let place = state.calls.len() < MOST_CALLS && has_room();
        let item = if place || state.is_shut() { state.later.pop_front() } else { None };
        state.pumping = item.is_some();
        self.later.store(!state.later.is_empty(), Ordering::SeqCst);
        let item = item?;
        state.later_bytes -= item.frame.len();
        Some(state.place(item))
    }

    /// Takes a call out, and puts the answer into the slot of its thread, if it has one that is
    /// waiting. `None` if there is no such call.
    pub fn answer(&self, number: u64, reply: Reply) -> Option<(Owner, Option<Reply>)> {
        let mut state = self.lock();
        let owner = state.calls.remove(&number)?;
        let reply = match &owner {
            Owner::Caller(slot) => {
                slot.finish(Ok(reply));
                if slot.is_parked() {
                    state.parked.retain(|parked| !Arc::ptr_eq(parked, slot));
                }
                None
            }
            _ => Some(reply),
        };
        self.left(&state);
        Some((owner, reply))
    }

    /// Takes a call out that was not sent.
    pub fn withdraw(&self, number: u64) -> Option<Owner> {
        let mut state = self.lock();
        let owner = state.calls.remove(&number);
        self.left(&state);
        owner
    }

    fn left(&self, state: &State) {
        if state.waiting > 0 {
            self.place.notify_one();
            if state.calls.is_empty() {
                self.idle.notify_all();
            }
        }
    }

    /// Nobody wants the answer any more.
    pub fn disown(&self, number: u64) {
        if let Some(owner) = self.lock().calls.get_mut(&number) {
            *owner = Owner::Nobody;
        }
    }

    /// Takes the turn for a caller, if it is free.
    pub fn try_turn(&self) -> bool {
        if self.reading.load(Ordering::Relaxed) {
            return false;
        }
        let mut state = self.lock();
        let free = !state.reading && !state.ended;
        if free {
            state.turns += 1;
            self.set_reading(&mut state, true);
        }
        free
    }

    /// Takes the turn for a caller, or notes that it sleeps.
    pub fn turn_or_sleep(&self, slot: &Arc<Slot>) -> Step {
        let mut state = self.lock();
        if slot.is_done() || state.ended {
            return Step::Look;
        }
        if !state.reading {
            state.turns += 1;
            self.set_reading(&mut state, true);
            return Step::Read;
        }
        slot.park();
        state.parked.push_back(slot.clone());
        Step::Sleep
    }

    /// Gives the turn back. Returns a thread that is to be woken, and whether the keeper has to be
    /// kicked.
    pub fn end_turn(&self) -> (Option<Arc<Slot>>, bool) {
        let mut state = self.lock();
        self.set_reading(&mut state, false);
        let next = state.parked.pop_front();
        let kick = next.is_none() && (state.keeper == Keeper::Resting || state.wanted);
        (next, kick)
    }

    fn set_reading(&self, state: &mut State, reading: bool) {
        state.reading = reading;
        self.reading.store(reading, Ordering::Relaxed);
    }

    /// What the keeper does, and whether the link has ended.
    pub fn keeper(&self) -> (Keeper, bool) {
        let state = self.lock();
        (state.keeper, state.ended)
    }

    /// Since when there has been a call at any moment; `None` if there is none now.
    pub fn waiting_since(&self) -> Option<Instant> {
        let state = self.lock();
        (!state.calls.is_empty()).then_some(state.since)
    }

    /// Decides what the keeper does next; true if it has the turn now.
    pub fn decide(&self, seen: &mut u64, woken: Woken) -> bool {
        let mut state = self.lock();
        let changed = state.turns != *seen;
        *seen = state.turns;
        if std::mem::take(&mut state.wanted) {
            state.keeper = Keeper::Watching { timed: true };
            return false;
        }
        match (state.keeper, woken) {
            (Keeper::Watching { .. }, Woken::Socket) if changed || state.reading => state.keeper = Keeper::Away,
            (Keeper::Watching { .. }, Woken::Socket) => {
                state.keeper = Keeper::Watching { timed: true };
                self.set_reading(&mut state, true);
                return true;
            }
            (Keeper::Watching { .. }, Woken::Time) => {
                state.keeper = Keeper::Watching { timed: !state.calls.is_empty() };
            }
            (Keeper::Away, Woken::Time) if changed => {}
            (Keeper::Away, Woken::Time) if state.reading => state.keeper = Keeper::Resting,
            (Keeper::Away, Woken::Time) => state.keeper = Keeper::Watching { timed: true },
            (Keeper::Resting, Woken::Kick) => state.keeper = Keeper::Away,
            _ => {}
        }
        false
    }

    /// Takes the turn for the keeper, if it is free.
    pub fn keeper_turn(&self) -> bool {
        let mut state = self.lock();
        let free = !state.reading && !state.ended;
        if free {
            self.set_reading(&mut state, true);
        }
        free
    }

    /// Lets no new call in.
    pub fn leave(&self) {
        self.lock().leaving = true;
        self.place.notify_all();
    }

    /// Waits for the end of all calls.
    pub fn wait_idle(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        while !(state.ended || state.calls.is_empty() && state.later.is_empty()) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state.waiting += 1;
            state = self.idle.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
    }

    /// Ends: no call comes in any more. Returns those that were under way; `None` if it had ended.
    pub fn end(&self) -> Option<Vec<Owner>> {
        let mut state = self.lock();
        if std::mem::replace(&mut state.ended, true) {
            return None;
        }
        let mut owners: Vec<_> = state.calls.drain().map(|(_, owner)| owner).collect();
        owners.extend(state.later.drain(..).filter_map(|item| item.owner));
        state.later_bytes = 0;
        state.parked.clear();
        self.later.store(false, Ordering::SeqCst);
        self.place.notify_all();
        self.idle.notify_all();
        Some(owners)
    }

    /// Calls under way.
    #[cfg(test)]
    pub fn under_way(&self) -> usize {
        self.lock().calls.len()
    }

    /// Callers that sleep.
    #[cfg(test)]
    pub fn sleepers(&self) -> usize {
        self.lock().parked.len()
    }

    /// Whether the keeper watches the socket.
    #[cfg(test)]
    pub fn watches(&self) -> bool {
        matches!(self.lock().keeper, Keeper::Watching { .. })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_shut(&self) -> bool {
        self.ended || self.leaving
    }

    fn note(&mut self, number: u64, owner: Owner) {
        if self.calls.is_empty() {
            self.since = Instant::now();
        }
        self.calls.insert(number, owner);
    }

    /// Notes a call that nobody waits for. The keeper is wanted, unless nobody cares for the answer or it
    /// watches the socket and the clock anyway; where a caller reads it is kicked when that one is ready.
    fn place(&mut self, mut item: Item) -> (Item, bool) {
        let Some(owner) = item.owner.take() else {
            return (item, false);
        };
        let watches = self.keeper == Keeper::Watching { timed: true };
        let wants = !matches!(owner, Owner::Nobody) && !watches && !self.wanted;
        self.wanted |= wants;
        self.note(item.number, owner);
        (item, wants && !self.reading)
    }
}
