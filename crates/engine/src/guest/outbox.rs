//! The bytes that are to be sent, and who sends them.
//!
//! One thread at a time sends, and takes with one `send` whatever has come together meanwhile; others
//! append and go on. `sending` says that there is such a thread: it looks for more under the lock
//! before it clears that flag, so nothing that was appended is left lying. A thread that can't go on,
//! because the socket is full or because it has sent for others long enough, sets `stuck`, and the
//! keeper takes over.
//!
//! Bytes are numbered from the first one sent. `handed` is never below the number of those that the
//! kernel has, so a frame that begins there or later was not sent; once the outbox is closed no
//! further byte is handed over. After `last` nothing is appended.
//!
//! The lock is a leaf.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::slot::Mark;

/// Bytes that may wait beside the longest frame.
const SLACK: usize = 1 << 20;
/// An empty buffer larger than this is given back.
const KEPT: usize = 256 << 10;

/// Bytes that are to be sent.
pub struct Outbox {
    state: Mutex<State>,
    /// Signalled when there is more room than before.
    room: Condvar,
    /// Bytes that may wait.
    most: usize,
    /// Bytes that wait.
    queued: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// What is being sent, from `at` on. Not here while a thread sends it.
    front: Vec<u8>,
    at: usize,
    /// What comes after it.
    bytes: Vec<u8>,
    sending: bool,
    stuck: bool,
    last: bool,
    closed: bool,
    /// Numbers of the next byte to be appended, and of the next to be handed to the kernel.
    appended: u64,
    handed: u64,
    /// Threads that wait for room.
    waiting: usize,
}

/// What became of an attempt to send.
pub enum Sent {
    /// Everything is gone, or another thread sends it.
    All,
    /// Another thread has to go on.
    Stuck,
    /// The connection is of no further use.
    Failed,
}

/// Nothing can be appended any more.
pub struct Shut;

impl Outbox {
    /// An empty one, for frames of up to so many bytes.
    pub fn new(frame: usize) -> Self {
        let most = frame.saturating_add(SLACK);
        Self { state: Mutex::default(), room: Condvar::new(), most, queued: AtomicUsize::new(0) }
    }

    /// Appends a frame, and notes in `mark` where it begins. With `wait`, waits for room. Returns
    /// whether the caller has to call [`Outbox::send`].
    pub fn append(&self, frame: Vec<u8>, mark: Option<&Mark>, wait: bool) -> Result<bool, Shut> {
        let mut state = self.lock();
        loop {
            if state.closed || state.last {
                return Err(Shut);
            }
            let queued = self.queued.load(Ordering::Relaxed);
            if !wait || queued == 0 || queued.saturating_add(frame.len()) <= self.most {
                break;
            }
            state.waiting += 1;
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        Ok(self.push(&mut state, frame, mark))
    }

    /// Appends the last frame. Returns whether the caller has to send.
    pub fn append_last(&self, frame: Vec<u8>) -> bool {
        let mut state = self.lock();
        if state.closed || state.last {
            return false;
        }
        state.last = true;
        self.room.notify_all();
        self.push(&mut state, frame, None)
    }

    fn push(&self, state: &mut State, frame: Vec<u8>, mark: Option<&Mark>) -> bool {
        if let Some(mark) = mark {
            mark.set(state.appended);
        }
        state.appended += frame.len() as u64;
        self.queued.fetch_add(frame.len(), Ordering::SeqCst);
        match state.bytes.is_empty() && frame.len() > state.bytes.capacity() {
            true => state.bytes = frame,
            false => state.bytes.extend_from_slice(&frame),
        }
        let mine = !state.sending && !state.stuck;
        state.sending |= mine;
        mine
    }

    /// Sends, at most so many times, on the thread that was told to.
    pub fn send(&self, rounds: usize, write: impl Fn(&[u8]) -> io::Result<usize>) -> Sent {
        let mut state = self.lock();
        for _ in 0..rounds {
            let Some((chunk, at)) = state.next() else {
                state.sending = false;
                return Sent::All;
            };
            drop(state);
            let left = chunk.get(at..).unwrap_or_default();
            let written = write(left);
            let (count, left) = (*written.as_ref().unwrap_or(&0), left.len());
            state = self.lock();
            state.handed -= left.saturating_sub(count) as u64;
            (state.front, state.at) = (chunk, at + count);
            self.queued.fetch_sub(count, Ordering::SeqCst);
            if state.waiting > 0 && count > 0 {
                self.room.notify_all();
            }
            match written {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    state.sending = false;
                    return Sent::Failed;
                }
                _ => {}
            }
        }
        state.sending = false;
        state.stuck = true;
        Sent::Stuck
    }

    /// Takes over from a thread that could not go on. Returns whether the caller has to send.
    pub fn take_over(&self) -> bool {
        let mut state = self.lock();
        let mine = state.stuck && !state.sending;
        if mine {
            (state.stuck, state.sending) = (false, true);
        }
        mine
    }

    /// Whether somebody has to take over.
    pub fn is_stuck(&self) -> bool {
        self.lock().stuck
    }

    /// Whether a frame could be appended without a wait.
    pub fn has_room(&self) -> bool {
        self.queued.load(Ordering::SeqCst) < self.most
    }

    /// Hands no further byte over.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.stuck = false;
        self.room.notify_all();
    }

    /// Whether a byte of the frame was handed to the kernel. Meant for a closed outbox.
    pub fn was_sent(&self, mark: &Mark) -> bool {
        mark.get() < self.lock().handed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes what is to be sent next, and counts it as handed over.
    fn next(&mut self) -> Option<(Vec<u8>, usize)> {
        if self.closed {
            return None;
        }
        if self.at >= self.front.len() {
            if self.bytes.is_empty() {
                return None;
            }
            self.front.clear();
            self.at = 0;
            if self.front.capacity() > KEPT {
                self.front = Vec::new();
            }
            std::mem::swap(&mut self.front, &mut self.bytes);
        }
        self.handed += (self.front.len() - self.at) as u64;
        Some((std::mem::take(&mut self.front), std::mem::take(&mut self.at)))
    }
}
