//! The connection itself: calls out, answers in, and its end.
//!
//! It ends once, whatever the reason. First the outbox is closed, so that nobody sends any more;
//! second the desk, which yields the calls under way; third those are told. A call enters the desk
//! before its frame enters the outbox: so it either is among those that are told, or fails by itself.
//! Whether a commit of an ended link was sent is asked after the outbox was closed.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};
use rustix::event::{eventfd, EventfdFlags};
use rustix::net::{send, shutdown, SendFlags, Shutdown};

use super::call::{Call, Item, Owner};
use super::desk::{Desk, Offer};
use super::outbox::{Outbox, Sent};
use super::reply::Reply;
use super::slot::{Mark, Slot};
use crate::inherited::Private;
use crate::upstream::{Events, LOST};
use crate::wire::{put, Ask, Frames, Limits};

/// How often a thread sends for others before the keeper does.
const ROUNDS: usize = 64;
/// Room for a piece of a scan, beside one pair.
const PIECE: u64 = 4 << 20;

/// A connection to a host.
pub struct Line {
    /// What holds on the host.
    pub limits: Limits,
    /// Hears what the host tells unasked.
    pub events: Arc<dyn Events>,
    /// The connection.
    pub stream: Private<UnixStream>,
    /// The calls under way.
    pub desk: Desk,
    /// What is to be sent.
    pub outbox: Outbox,
    /// What has come; for whoever has the turn.
    pub input: Mutex<Frames>,
    /// The longest frame that may come.
    pub longest: usize,
    /// Wakes the keeper.
    pub kick: OwnedFd,
    /// How long nothing may come while a call waits.
    pub quiet: Duration,
    /// When something came last, in microseconds since `born`.
    heard: AtomicU64,
    born: Instant,
    numbers: AtomicU64,
    /// How often the keeper woke up.
    #[cfg(test)]
    pub wakes: AtomicU64,
}

impl Line {
    /// A connection that was greeted. `frames` may hold what came after the greeting.
    pub fn new(
        stream: Private<UnixStream>,
        frames: Frames,
        limits: Limits,
        events: Arc<dyn Events>,
        quiet: Duration,
    ) -> Result<Self> {
        let failed = |error| Error::new(Code::HOST_UNAVAILABLE).context("connecting to the host").caused_by(error);
        stream.set_nonblocking(true).map_err(failed)?;
        let kick = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).map_err(|error| failed(error.into()))?;
        let pair = limits.key_size.saturating_add(limits.value_size);
        let longest = limits.frame.max(PIECE.saturating_add(pair)).min(u64::from(u32::MAX));
        Ok(Self {
            outbox: Outbox::new(size(limits.frame)),
            limits,
            events,
            stream,
            desk: Desk::new(),
            input: Mutex::new(frames),
            longest: size(longest),
            kick,
            quiet,
            heard: AtomicU64::new(0),
            born: Instant::now(),
            numbers: AtomicU64::new(1),
            #[cfg(test)]
            wakes: AtomicU64::new(0),
        })
    }

    /// Asks, and waits for the answer.
    pub fn ask(&self, ask: &Ask<'_>) -> Result<Reply> {
        self.start(ask)?.wait()
    }

    /// Asks.
    pub fn start(&self, ask: &Ask<'_>) -> Result<Call<'_>> {
        let (number, frame) = self.frame(ask)?;
        self.send(number, frame, &Slot::new())
    }

    /// A frame, and its number.
    pub fn frame(&self, ask: &Ask<'_>) -> Result<(u64, Vec<u8>)> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let mut frame = Vec::with_capacity(64);
        put(&mut frame, number, ask, size(self.limits.frame))?;
        Ok((number, frame))
    }

    /// Sends a frame of this thread's.
    pub fn send(&self, number: u64, frame: Vec<u8>, slot: &Arc<Slot>) -> Result<Call<'_>> {
        if !self.desk.enter(number, slot) {
            return Err(lost());
        }
        match self.outbox.append(frame, Some(&slot.mark), true) {
            Ok(true) => self.flush(ROUNDS),
            Ok(false) => {}
            Err(_) => {
                self.desk.withdraw(number);
                return Err(lost());
            }
        }
        Ok(Call::new(self, number, slot.clone()))
    }

    /// Sends a frame, and leaves the answer to its owner. Never waits.
    pub fn post(&self, number: u64, frame: Vec<u8>, owner: Owner, mark: Arc<Mark>) {
        let item = Item { number, frame, owner: Some(owner), mark };
        match self.desk.offer(item, self.outbox.has_room()) {
            Offer::Now(item, kick) => self.send_item(item, kick),
            // What it waits for may have come in between.
            Offer::Later => self.pump(),
            Offer::Shut(item) => self.tell(item.owner, lost),
            Offer::Full(item) => self.tell(item.owner, || {
                Error::new(Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED).context("too many commits wait for the host")
            }),
        }
    }

    /// Sends what waited for a place, as far as there is one.
    pub fn pump(&self) {
        let mut go_on = false;
        while self.desk.has_later() || go_on {
            let Some((item, kick)) = self.desk.next_later(go_on, || self.outbox.has_room()) else {
                return;
            };
            self.send_item(item, kick);
            go_on = true;
        }
    }

    fn send_item(&self, item: Item, kick: bool) {
        let Item { number, frame, mark, .. } = item;
        match self.outbox.append(frame, Some(&mark), false) {
            Ok(true) => self.flush(ROUNDS),
            Ok(false) => {}
            Err(_) => self.tell(self.desk.withdraw(number), lost),
        }
        if kick {
            self.kick();
        }
    }

    /// Sends what is to be sent, on the thread that the outbox told to.
    pub fn flush(&self, rounds: usize) {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match self.outbox.send(rounds, |bytes| Ok(send(self.stream.as_fd(), bytes, flags)?)) {
            Sent::All => {}
            Sent::Stuck => self.kick(),
            Sent::Failed => {
                // Answers may still be there; behind them whoever reads finds the end.
                self.outbox.close();
                let _ = shutdown(self.stream.as_fd(), Shutdown::Both);
            }
        }
    }

    /// Makes the keeper look.
    pub fn kick(&self) {
        // It fails only where so many kicks are pending that one more is not missed.
        let _ = rustix::io::write(&self.kick, &1u64.to_ne_bytes());
    }

    /// The host asked for it: nothing is sent any more but this.
    pub fn leave(&self) {
        self.desk.leave();
        let mut frame = Vec::new();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        if put(&mut frame, number, &Ask::Bye, size(self.limits.frame)).is_ok() && self.outbox.append_last(frame) {
            self.flush(ROUNDS);
        }
        self.pump();
    }

    /// Ends the connection, because the host has gone.
    pub fn lose(&self) {
        self.finish(lost);
    }

    /// Ends the connection, because the host keeps silent.
    pub fn lose_silent(&self) {
        let text = format!("nothing came from it for {} s", self.quiet.as_secs());
        self.finish(|| Error::new(Code::HOST_UNAVAILABLE).context(text.clone()));
    }

    /// Ends the connection, because the host said something absurd.
    pub fn garbage(&self, what: &str) -> Error {
        let text = format!("the host is not to be understood: {what}");
        let error = || Error::new(LOST).context(text.clone());
        self.finish(error);
        error()
    }

    fn finish(&self, why: impl Fn() -> Error) {
        self.outbox.close();
        let owners = self.desk.end();
        let _ = shutdown(self.stream.as_fd(), Shutdown::Both);
        self.kick();
        for owner in owners.into_iter().flatten() {
            self.tell(Some(owner), &why);
        }
    }

    /// Tells the owner of a call that it failed.
    fn tell(&self, owner: Option<Owner>, why: impl Fn() -> Error) {
        match owner {
            Some(Owner::Caller(slot)) => {
                slot.finish(Err(why()));
                slot.wake();
            }
            Some(Owner::Commit(tell)) => tell(self, Err(why())),
            Some(Owner::Watch(_) | Owner::Nobody) | None => {}
        }
    }

    /// Nobody wants the answer any more.
    pub fn disown(&self, number: u64) {
        self.desk.disown(number);
    }

    /// Notes that something came.
    pub fn note_heard(&self) {
        let now = u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.heard.store(now, Ordering::Relaxed);
    }

    /// How long the host may stay silent from now on; `None` while no call is under way.
    pub fn patience(&self) -> Option<Duration> {
        let heard = self.born + Duration::from_micros(self.heard.load(Ordering::Relaxed));
        let since = self.desk.waiting_since()?.max(heard);
        Some((since + self.quiet).saturating_duration_since(Instant::now()))
    }
}

/// The error of a call that came to nothing.
pub fn lost() -> Error {
    Error::new(LOST)
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
