//! What goes in and out of one connection, in numbers: what is asked and not answered, what is
//! answered and not sent. It says when the connection is to be read, and when it is at its end.
//!
//! No I/O happens here. Whoever holds the lock of a flow calls nothing that waits.

use super::poller::Interest;

/// Calls under way, at most, and how few they must be before more is read.
const MOST_CALLS: usize = 1024;
/// Bytes of answers that wait, at most, those included that calls under way may come to.
const MOST_BYTES: usize = 4 << 20;
/// A larger buffer is not kept when it is empty.
const KEPT: usize = 256 << 10;

/// The state of a connection's two directions.
#[derive(Default)]
pub struct Flow {
    /// Answers that nobody is sending.
    pub out: Vec<u8>,
    /// Answers on their way: taken by the thread that sends them, and put back as far as the socket
    /// did not take them.
    parcel: Vec<u8>,
    sent: usize,
    /// Bytes of the parcel that a thread has now.
    taken: usize,
    /// Whether a thread has the parcel.
    sending: bool,
    /// Whether the socket takes nothing more for now.
    pub full: bool,
    /// Whether a thread of the pool has the connection.
    pub handled: bool,
    /// Whether frames have come that were not looked at.
    pub pending: bool,
    /// Whether the guest has introduced itself.
    pub welcome: bool,
    /// Whether the guest has said that it asks nothing more.
    pub bye: bool,
    /// Whether the connection has ended. Nothing is sent or read any more.
    pub ended: bool,
    /// Whether there is too much under way to read more.
    clogged: bool,
    calls: usize,
    promised: usize,
    armed: Option<Interest>,
}

impl Flow {
    /// Notes a call under way, whose answer may have so many bytes.
    pub fn begin_call(&mut self, promised: usize) {
        self.calls += 1;
        self.promised += promised;
    }

    /// Notes that it was answered.
    pub fn end_call(&mut self, promised: usize) {
        self.calls -= 1;
        self.promised -= promised;
    }

    /// Whether there is too much under way to read more. Once it is so it stays so until half of it
    /// is done.
    pub fn is_clogged(&mut self) -> bool {
        let bytes = self.unsent() + self.promised;
        let part = if self.clogged { 2 } else { 1 };
        self.clogged = self.calls >= MOST_CALLS / part || bytes >= MOST_BYTES / part;
        self.clogged
    }

    /// Bytes of answers that wait.
    pub fn unsent(&self) -> usize {
        self.out.len() + self.parcel.len() - self.sent + self.taken
    }

    /// Takes what is to be sent, and from where on. `None` if there is nothing, or if it is another
    /// thread's to send.
    pub fn take_parcel(&mut self) -> Option<(Vec<u8>, usize)> {
        if self.sending || self.full || self.ended || self.unsent() == 0 {
            return None;
        }
        if self.parcel.is_empty() {
            std::mem::swap(&mut self.parcel, &mut self.out);
        }
        let (parcel, sent) = (std::mem::take(&mut self.parcel), std::mem::take(&mut self.sent));
        self.taken = parcel.len() - sent;
        self.sending = true;
        Some((parcel, sent))
    }

    /// Puts back what was taken, of which so much is sent now.
    pub fn put_back(&mut self, mut parcel: Vec<u8>, sent: usize) {
        self.sending = false;
        self.taken = 0;
        if self.ended {
            return;
        }
        if sent < parcel.len() {
            (self.parcel, self.sent) = (parcel, sent);
        } else if self.out.capacity() == 0 && parcel.capacity() <= KEPT {
            parcel.clear();
            self.out = parcel;
        }
    }

    /// What the poller is to be told, if it is another thing than it was told last.
    pub fn interest(&mut self) -> Option<Interest> {
        if self.handled || self.ended {
            return None;
        }
        let open = !self.bye && !self.is_clogged();
        let interest = Interest { read: open, write: self.full || (open && self.pending) };
        (self.armed.replace(interest) != Some(interest)).then_some(interest)
    }

    /// Lets a thread of the pool have the connection, if none has it.
    pub fn begin_turn(&mut self) -> bool {
        if self.handled || self.ended {
            return false;
        }
        self.armed = None;
        self.handled = true;
        // It may take something again; if not, the next attempt says so.
        self.full = false;
        true
    }

    /// Whether everything is answered, and nothing more will be asked.
    pub fn is_finished(&self) -> bool {
        self.bye && self.calls == 0 && self.unsent() == 0
    }

    /// Ends it, and frees what waits.
    pub fn end(&mut self) {
        self.ended = true;
        self.out = Vec::new();
        self.parcel = Vec::new();
        self.sent = 0;
    }
}
