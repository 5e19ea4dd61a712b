//! One guest's connection: reads what it asks, and sends it the answers.
//!
//! A thread of the pool has the connection from `begin_turn` to `end_turn`; only that one reads and
//! looks at frames. Answers come from any thread. Whoever adds one then calls `flush`: one thread at
//! a time sends, and it sends what others added meanwhile.
//!
//! Lock order: `input`, then `watches`, then `flow`, which is a leaf. Nothing waits while `flow` is
//! locked; `input` belongs to the thread whose turn it is.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use plinth_api::{Error, Result};
use rustix::io::Errno;
use rustix::net::{recv, send, RecvFlags, SendFlags};
use serde::Serialize;

use super::asks::{self, Points};
use super::changes::Trackings;
use super::commits::Gathered;
use super::flow::Flow;
use super::greeting::Greeting;
use super::held::Holds;
use super::reply::{self, Said};
use super::server::Shared;
use super::upkeep::Upkeep;
use super::watches::Guarded;
use crate::executor::Timer;
use crate::inherited::Private;
use crate::service::Service;
use crate::wire::hello;
use crate::wire::{self, Answer, Frames, Notice, HEADER};

/// Frames that are handled in one turn, so that every guest gets its turns.
const FRAMES_AT_ONCE: usize = 256;
/// Bytes of answers that are collected before they are sent.
const BYTES_AT_ONCE: usize = 256 << 10;

/// A guest's connection.
pub struct Session {
    /// Its number, which is also its token at the poller.
    pub number: u64,
    /// The process that it comes from.
    pub pid: u32,
    /// What it is served by.
    pub host: Arc<Shared>,
    /// The watches that wait for this guest.
    pub watches: Guarded,
    /// The states that are held for this guest.
    pub holds: Holds,
    /// The changes that are noted for this guest.
    pub trackings: Trackings,
    /// What of the database's upkeep is done for this guest.
    pub upkeep: Upkeep,
    socket: Private<UnixStream>,
    input: Mutex<Input>,
    flow: Mutex<Flow>,
    /// Since when the guest has taken nothing of what waits for it.
    stalled: Mutex<Option<Instant>>,
}

/// What a turn needs.
#[derive(Default)]
struct Input {
    greeting: Greeting,
    frames: Frames,
    points: Points,
    /// The end of the time that a guest has to introduce itself.
    patience: Option<Timer>,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing was there.
    Idle,
    /// Something was handled.
    Busy,
    /// The connection has ended.
    Ended,
}

impl Session {
    /// A connection that has just come.
    pub fn new(number: u64, pid: u32, host: Arc<Shared>, socket: Private<UnixStream>) -> Arc<Self> {
        let (input, flow, stalled) = (Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Self {
            number,
            pid,
            host,
            watches: Guarded::default(),
            holds: Holds::default(),
            trackings: Trackings::default(),
            upkeep: Upkeep::default(),
            socket,
            input,
            flow,
            stalled,
        })
    }

    /// The socket.
    pub fn socket(&self) -> &UnixStream {
        &self.socket
    }

    /// Ends the connection unless the guest introduces itself in time.
    pub fn expect_greeting(self: &Arc<Self>) {
        let until = Instant::now() + self.host.patience.greeting;
        let me = Arc::downgrade(self);
        let timer = self.host.local.front.executor.at(
            until,
            Box::new(move || {
                // An executor that is being closed runs its timers early.
                if let (Some(session), true) = (me.upgrade(), Instant::now() >= until) {
                    session.end_unless_welcome();
                }
            }),
        );
        lock(&self.input).patience = Some(timer);
    }

    /// Takes the connection, unless another thread has it.
    pub fn begin_turn(&self) -> bool {
        self.lock_flow().begin_turn()
    }

    /// Handles what has come, and sends the answers with one call. The caller has the connection.
    pub fn turn(self: &Arc<Self>, work: &mut Gathered) -> Turn {
        let mut input = lock(&self.input);
        let turn = match self.handle(&mut input, work) {
            Ok(turn) => turn,
            // It was told to the guest, where there is a call to tell it for.
            Err(_) => Turn::Ended,
        };
        drop(input);
        self.flush();
        if turn == Turn::Ended {
            self.end();
        }
        turn
    }

    /// Gives the connection back. `gone` tells that the guest is.
    pub fn end_turn(self: &Arc<Self>, gone: bool) {
        let mut flow = self.lock_flow();
        flow.handled = false;
        if gone && (flow.bye || flow.is_clogged()) {
            // Nobody reads on to the end of the stream.
            drop(flow);
            return self.end();
        }
        let ended = flow.ended;
        self.settle(flow);
        if ended {
            self.free_input();
        }
    }

    fn handle(self: &Arc<Self>, input: &mut Input, work: &mut Gathered) -> Result<Turn> {
        let (mut turn, mut taken, mut drained) = (Turn::Idle, 0, false);
        loop {
            taken += self.take_frames(input, work, FRAMES_AT_ONCE - taken)?;
            if taken > 0 {
                turn = Turn::Busy;
            }
            let mut flow = self.lock_flow();
            let stopped = taken == FRAMES_AT_ONCE || flow.is_clogged();
            flow.pending = stopped && input.frames.waiting() > 0;
            if flow.ended {
                return Ok(Turn::Ended);
            }
            if stopped || flow.bye || drained {
                return Ok(turn);
            }
            drop(flow);
            match self.receive(input) {
                Ok((Some(0), _)) | Err(_) => return Ok(Turn::Ended),
                Ok((None, _)) => return Ok(turn),
                // What did not fill the room was all there was.
                Ok((Some(count), room)) => drained = count < room,
            }
            turn = Turn::Busy;
        }
    }

    /// Handles frames that are complete, as far as the limits allow. Returns how many.
    fn take_frames(self: &Arc<Self>, input: &mut Input, work: &mut Gathered, most: usize) -> Result<usize> {
        let Input { frames, points, .. } = input;
        let mut taken = 0;
        while taken < most {
            let mut flow = self.lock_flow();
            if flow.bye || flow.ended || flow.is_clogged() {
                break;
            }
            let collected = flow.unsent();
            drop(flow);
            if collected >= BYTES_AT_ONCE {
                self.flush();
            }
            let waiting = frames.waiting();
            let Some((number, message)) = frames.next(self.host.limits.frame as usize)? else {
                break;
            };
            taken += 1;
            let busy = waiting > HEADER + message.len();
            asks::handle(self, number, &message, busy, points, work)?;
        }
        Ok(taken)
    }

    /// Reads once. Returns how much came, `None` if nothing did, and how much could have.
    fn receive(self: &Arc<Self>, input: &mut Input) -> io::Result<(Option<usize>, usize)> {
        let mut room = 0;
        let socket = &self.socket;
        let read = |buffer: &mut [u8]| {
            room = buffer.len();
            let read = rustix::io::retry_on_intr(|| recv(&**socket, &mut *buffer, RecvFlags::DONTWAIT));
            Ok(read.map(|(count, _)| count)?)
        };
        let read = match input.greeting.is_over() {
            true => input.frames.fill(read),
            false => self.greet(input, read),
        };
        match read {
            Ok(count) => Ok((Some(count), room)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok((None, room)),
            Err(error) => Err(error),
        }
    }

    /// Reads what comes before the first frame.
    fn greet(
        self: &Arc<Self>,
        input: &mut Input,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let count = input.greeting.fill(read)?;
        match input.greeting.hear() {
            Ok(None) => {}
            Ok(Some(rest)) => {
                if let Some(timer) = input.patience.take() {
                    self.host.local.executor().cancel(timer);
                }
                input.frames.fill(|buffer| {
                    buffer[..rest.len()].copy_from_slice(&rest);
                    Ok(rest.len())
                })?;
                self.welcome();
            }
            Err(error) => {
                let mut flow = self.lock_flow();
                flow.out.extend_from_slice(hello::refusal(&error).as_bytes());
                flow.bye = true;
            }
        }
        Ok(count)
    }

    fn welcome(self: &Arc<Self>) {
        let mut flow = self.lock_flow();
        if flow.ended {
            return;
        }
        flow.welcome = true;
        // Under the lock: the end of the session counts it out.
        self.host.count_in();
        flow.out.extend_from_slice(hello::line().as_bytes());
        drop(flow);
        self.put(0, &Notice::Welcome(self.host.limits));
        self.host.welcomed(self);
        let (name, guest) = (self.host.local.identity().0, self.number);
        tracing::debug!(target: "plinth::host", database = name, guest, "a guest came");
    }

    /// Adds a message for the guest. It is sent by the next `flush`.
    pub fn put(&self, number: u64, message: &impl Serialize) {
        let mut flow = self.lock_flow();
        if flow.ended {
            return;
        }
        if let Err(error) = wire::put(&mut flow.out, number, message, u32::MAX as usize) {
            // Nothing that is below all limits is too long for a frame, and a failure is short.
            let _ = wire::put(&mut flow.out, number, &reply::failed(&error, &error.circumstances()), u32::MAX as usize);
        }
    }

    /// Adds what was looked up for a call.
    pub fn say(&self, number: u64, said: Said<'_>) {
        match said {
            Said::Answer(answer) => self.put(number, &answer),
            Said::Pairs { pairs, version, more } => match pairs.finish(number, version, more) {
                Ok((frame, begin)) => self.lock_flow().add(frame, begin),
                Err(error) => self.fail(number, &error),
            },
        }
    }

    /// Adds what became of a call.
    pub fn answer(&self, number: u64, outcome: Result<Answer<'_>>) {
        match outcome {
            Ok(answer) => self.put(number, &answer),
            Err(error) => self.fail(number, &error),
        }
    }

    /// Adds an error.
    pub fn fail(&self, number: u64, error: &Error) {
        self.put(number, &reply::failed(error, &error.circumstances()));
    }

    /// Sends what waits, as far as the socket takes it.
    pub fn flush(self: &Arc<Self>) {
        loop {
            let mut flow = self.lock_flow();
            let Some((parcel, mut sent)) = flow.take_parcel() else {
                return self.settle(flow);
            };
            drop(flow);
            let before = sent;
            let result = self.send(&parcel, &mut sent);
            let full = sent < parcel.len();
            let mut flow = self.lock_flow();
            flow.put_back(parcel, sent);
            flow.full = full;
            drop(flow);
            if result.is_err() {
                return self.end();
            }
            self.note_progress(full, sent > before);
        }
    }

    fn send(&self, parcel: &[u8], sent: &mut usize) -> io::Result<()> {
        while *sent < parcel.len() {
            match send(&*self.socket, &parcel[*sent..], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(count) => *sent += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    /// A guest that takes nothing of what waits for it is given up after a while.
    fn note_progress(self: &Arc<Self>, full: bool, progress: bool) {
        let mut stalled = lock(&self.stalled);
        if !full {
            *stalled = None;
            return;
        }
        let now = Instant::now();
        let first = stalled.is_none();
        if first || progress {
            *stalled = Some(now);
        }
        drop(stalled);
        if first {
            self.look_again(now + self.host.patience.reading);
        }
    }

    fn look_again(self: &Arc<Self>, when: Instant) {
        let me = Arc::downgrade(self);
        let look = move || {
            if let (Some(session), true) = (me.upgrade(), Instant::now() >= when) {
                session.end_if_stalled();
            }
        };
        self.host.local.front.executor.at(when, Box::new(look));
    }

    fn end_if_stalled(self: &Arc<Self>) {
        let stalled = *lock(&self.stalled);
        match stalled.map(|since| since + self.host.patience.reading) {
            None => {}
            Some(until) if until <= Instant::now() => self.end(),
            Some(until) => self.look_again(until),
        }
    }

    /// Tells the poller what to report, or ends what is finished.
    fn settle(self: &Arc<Self>, mut flow: MutexGuard<'_, Flow>) {
        if flow.is_finished() && !flow.ended {
            drop(flow);
            return self.end();
        }
        if let Some(interest) = flow.interest() {
            // Under the lock, so that the newest interest is the last that the poller hears.
            self.host.poller.arm(&*self.socket, self.number, interest);
        }
    }

    /// Ends the connection. What is under way for it is thrown away when it is done.
    pub fn end(self: &Arc<Self>) {
        self.end_if(|_| true);
    }

    /// Ends the connection of one who has not introduced himself. Returns whether it has ended.
    pub fn end_unless_welcome(self: &Arc<Self>) -> bool {
        self.end_if(|flow| !flow.welcome)
    }

    fn end_if(self: &Arc<Self>, wanted: impl FnOnce(&Flow) -> bool) -> bool {
        let mut flow = self.lock_flow();
        if flow.ended || !wanted(&flow) {
            return flow.ended;
        }
        flow.end();
        let welcome = flow.welcome;
        drop(flow);
        self.host.poller.remove(&*self.socket);
        // It may be ended from the other side.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        self.free_input();
        *lock(&self.stalled) = None;
        self.watches.give_up(&self.host.local);
        self.holds.give_up();
        self.trackings.give_up();
        self.upkeep.give_up();
        self.host.ended(self.number, welcome);
        let (name, guest) = (self.host.local.identity().0, self.number);
        tracing::debug!(target: "plinth::host", database = name, guest, welcome, "a guest has gone");
        true
    }

    /// Frees the input, unless a turn has it; then the end of that turn does.
    fn free_input(&self) {
        if let Ok(mut input) = self.input.try_lock() {
            let timer = std::mem::take(&mut *input).patience;
            drop(input);
            if let Some(timer) = timer {
                self.host.local.front.executor.cancel(timer);
            }
        }
    }

    /// Whether it is a guest's, who has introduced itself.
    pub fn is_welcome(&self) -> bool {
        self.lock_flow().welcome
    }

    /// The state of its directions.
    pub fn lock_flow(&self) -> MutexGuard<'_, Flow> {
        lock(&self.flow)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
