//! Reading: a caller that waits, and what is done with what has come.
//!
//! Whoever has the turn takes apart everything that has come before it gives the turn back, so that
//! what is left lies in the socket, where the next one sees it.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use plinth_api::{Code, Result};
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::net::{recv, RecvFlags};
use uuid::Uuid;

use super::call::Owner;
use super::desk::Step;
use super::line::Line;
use super::reply::Reply;
use super::slot::Slot;
use crate::wire::{parse, Frames, Notice};

/// How long a thread looks for its answer before it sleeps: as long as to sleep and to be woken takes.
const AWAKE: Duration = Duration::from_micros(50);
/// Looks between two looks at the clock.
const LOOKS: u32 = 4;

/// The turn, with what has come; given back when dropped. No lock is held meanwhile: what has come
/// may have to be told to others.
struct Turn<'a> {
    line: &'a Line,
    frames: Frames,
}

impl<'a> Turn<'a> {
    fn new(line: &'a Line) -> Self {
        Self { line, frames: std::mem::take(&mut *line.input.lock().unwrap_or_else(PoisonError::into_inner)) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let frames = std::mem::take(&mut self.frames);
        *self.line.input.lock().unwrap_or_else(PoisonError::into_inner) = frames;
        let (next, kick) = self.line.desk.end_turn();
        if let Some(next) = next {
            next.wake();
        }
        if kick {
            self.line.kick();
        }
    }
}

/// What a look at the socket yielded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Something,
    Nothing,
    End,
}

impl Line {
    /// Waits for the answer of this thread's call.
    pub fn wait(&self, slot: &Arc<Slot>) -> Result<Reply> {
        let mut until = None;
        loop {
            for _ in 0..LOOKS {
                if let Some(outcome) = slot.take() {
                    return outcome;
                }
                if self.desk.try_turn() {
                    self.read_for(slot);
                } else {
                    std::thread::yield_now();
                }
            }
            if Instant::now() < *until.get_or_insert_with(|| Instant::now() + AWAKE) {
                continue;
            }
            match self.desk.turn_or_sleep(slot) {
                Step::Read => self.read_for(slot),
                Step::Sleep => slot.sleep(),
                Step::Look => std::thread::yield_now(),
            }
        }
    }

    /// Reads, with the turn, until the answer for `slot` is there.
    fn read_for(&self, slot: &Slot) {
        let mut turn = Turn::new(self);
        let mut until = Instant::now() + AWAKE;
        let mut late = false;
        while !slot.is_done() {
            match self.look(&mut turn.frames) {
                Look::End => return self.lose(),
                Look::Something => {
                    until = Instant::now() + AWAKE;
                    late = false;
                }
                Look::Nothing if late && self.patience().is_some_and(|left| left.is_zero()) => {
                    return self.lose_silent();
                }
                Look::Nothing if Instant::now() < until => std::thread::yield_now(),
                Look::Nothing => late = !self.wait_readable(),
            }
        }
    }

    /// Reads what is there, with the turn. Returns whether there was anything.
    pub fn read_all(&self) -> bool {
        let mut turn = Turn::new(self);
        let mut any = false;
        loop {
            match self.look(&mut turn.frames) {
                Look::Something => any = true,
                Look::Nothing => return any,
                Look::End => {
                    self.lose();
                    return true;
                }
            }
        }
    }

    /// Looks at the socket once, and takes apart what has come.
    fn look(&self, frames: &mut Frames) -> Look {
        let waiting = frames.waiting() > 0;
        // Only what came with the greeting can be complete before anything is read.
        if waiting && self.take_apart(frames).is_err() {
            return Look::End;
        }
        match frames.fill(|room| Ok(recv(self.stream.as_fd(), room, RecvFlags::DONTWAIT)?.0)) {
            Ok(0) => Look::End,
            Ok(_) => {
                self.note_heard();
                match self.take_apart(frames) {
                    Ok(()) => Look::Something,
                    Err(_) => Look::End,
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Look::Nothing,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Look::Nothing,
            Err(_) => Look::End,
        }
    }

    /// Waits until the socket can be read, for as long as the host may stay silent.
    fn wait_readable(&self) -> bool {
        let limit = self.patience().unwrap_or(self.quiet);
        let mut fds = [PollFd::from_borrowed_fd(self.stream.as_fd(), PollFlags::IN)];
        // Rounded up, so that it is over when it returns.
        !matches!(poll(&mut fds, timespec(limit + Duration::from_micros(1)).as_ref()), Ok(0))
    }

    /// Hands out every complete frame. After an error the link has ended.
    fn take_apart(&self, frames: &mut Frames) -> Result<()> {
        let mut woken: Vec<Arc<Slot>> = Vec::new();
        let result = self.hand_out(frames, &mut woken);
        woken.iter().for_each(|slot| slot.wake());
        if let Err(error) = result {
            return Err(self.garbage(&error.circumstances()));
        }
        if self.desk.has_later() {
            self.pump();
        }
        Ok(())
    }

    fn hand_out(&self, frames: &mut Frames, woken: &mut Vec<Arc<Slot>>) -> Result<()> {
        while let Some((number, message)) = frames.next(self.longest)? {
            if number == 0 {
                self.notice(parse(&message)?)?;
                continue;
            }
            let reply = Reply::of(message)?;
            match self.desk.answer(number, reply).ok_or_else(|| absurd("an answer that nobody asked for"))? {
                (Owner::Caller(slot), _) => woken.push(slot),
                (Owner::Commit(tell), Some(reply)) => tell(self, Ok(reply)),
                (Owner::Watch(watch), Some(Reply::Failed(failed))) => self.events.fired(watch, Err(failed.error)),
                (Owner::Watch(_), Some(Reply::Done)) | (Owner::Nobody, _) => {}
                _ => return Err(absurd("an answer of the wrong kind")),
            }
        }
        Ok(())
    }

    fn notice(&self, notice: Notice<'_>) -> Result<()> {
        match notice {
            Notice::Fired { watch, failure } => {
                let outcome = failure.map_or(Ok(()), |failure| Err(failure.error()));
                self.events.fired(watch, outcome);
            }
            Notice::Dropped { keyspace } => self.events.dropped(keyspace),
            Notice::Leaving => self.leave(),
            Notice::Who { question, expire } => self.events.who(question, expire.map(Uuid::from_bytes)),
            Notice::Welcome(_) => return Err(absurd("a second greeting")),
        }
        Ok(())
    }
}

fn absurd(what: &str) -> plinth_api::Error {
    plinth_api::Error::new(Code::INVALID_ARGUMENT).context(what)
}

/// A time for `poll`; `None`, for ever, where it has no form.
pub fn timespec(time: Duration) -> Option<Timespec> {
    Timespec::try_from(time).ok()
}
