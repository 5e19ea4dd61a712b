//! What goes in and out of one connection, in numbers: what is asked and not answered, what is
//! answered and not sent. It says when the connection is to be read, and when it is at its end.
//!
//! A long answer is sent from where it was made; short ones are collected. They go out in the order in
//! which they were added.
//!
//! No I/O happens here. Whoever holds the lock of a flow calls nothing that waits.

use std::collections::VecDeque;

use super::poller::Interest;

/// Calls under way, at most, and how few they must be before more is read.
const MOST_CALLS: usize = 1024;
/// Bytes of answers that wait, at most, those included that calls under way may come to.
const MOST_BYTES: usize = 4 << 20;
/// A larger buffer is not kept when it is empty.
const KEPT: usize = 256 << 10;
/// An answer this long is not copied to the others.
const LONG: usize = 16 << 10;

/// The state of a connection's two directions.
#[derive(Default)]
pub struct Flow {
    /// Answers that nobody is sending.
    pub out: Vec<u8>,
    /// Those before `out`, each with the place where what is to be sent begins.
    earlier: VecDeque<(Vec<u8>, usize)>,
    /// Bytes of these.
    earlier_bytes: usize,
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

    /// Adds a frame, which begins at that place of the bytes.
    pub fn add(&mut self, bytes: Vec<u8>, begin: usize) {
        let frame = bytes.get(begin..).unwrap_or_default();
        if self.ended {
            return;
        }
        if frame.len() < LONG {
            self.out.extend_from_slice(frame);
            return;
        }
        self.earlier_bytes += self.out.len() + frame.len();
        if !self.out.is_empty() {
            self.earlier.push_back((std::mem::take(&mut self.out), 0));
        }
        self.earlier.push_back((bytes, begin));
    }

    /// Bytes of answers that wait.
    pub fn unsent(&self) -> usize {
        self.out.len() + self.earlier_bytes + self.parcel.len() - self.sent + self.taken
    }

    /// Takes what is to be sent, and from where on. `None` if there is nothing, or if it is another
    /// thread's to send.
    pub fn take_parcel(&mut self) -> Option<(Vec<u8>, usize)> {
        if self.sending || self.full || self.ended || self.unsent() == 0 {
            return None;
        }
        if self.parcel.is_empty() {
            if let Some((bytes, begin)) = self.earlier.pop_front() {
                self.earlier_bytes -= bytes.len() - begin;
                (self.parcel, self.sent) = (bytes, begin);
            } else {
                std::mem::swap(&mut self.parcel, &mut self.out);
            }
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
        self.earlier = VecDeque::new();
        self.earlier_bytes = 0;
        self.parcel = Vec::new();
        self.sent = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends what waits, so many bytes at a time.
    fn sent(flow: &mut Flow, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some((parcel, sent)) = flow.take_parcel() {
            assert!(flow.take_parcel().is_none());
            let end = parcel.len().min(sent + step);
            all.extend_from_slice(&parcel[sent..end]);
            let unsent = flow.unsent();
            flow.put_back(parcel, end);
            assert_eq!(flow.unsent(), unsent - (end - sent));
        }
        all
    }

    #[test]
    fn long_and_short_answers_go_out_in_order() {
        for step in [1_000, 20_000, usize::MAX / 2] {
            let (mut flow, mut expected) = (Flow::default(), Vec::new());
            for turn in 0..20_u8 {
                flow.out.extend_from_slice(&[turn; 100]);
                flow.add(vec![turn; LONG + 7], 7);
                flow.add(vec![turn; 50], 10);
                expected.extend(vec![turn; 100 + LONG + 40]);
                assert_eq!(flow.unsent(), expected.len());
            }
            assert!(sent(&mut flow, step) == expected);
            assert_eq!(flow.unsent(), 0);
        }
    }

    #[test]
    fn what_has_ended_keeps_nothing() {
        let mut flow = Flow::default();
        flow.add(vec![1; 2 * LONG], 0);
        flow.end();
        flow.add(vec![1; 2 * LONG], 0);
        assert_eq!(flow.unsent(), 0);
        assert!(flow.take_parcel().is_none());
    }
}
