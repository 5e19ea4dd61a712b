//! The keeper: the thread that reads while no caller waits, and sends what others could not.
//!
//! While the link is quiet it watches the socket without having the turn, so a caller that comes need
//! not wake it. If it finds at something's arrival that callers have read meanwhile, it stays away for
//! [`AWAY`] at a time, until in one such time no caller had the turn; where a single caller has it for
//! longer than that, until that one gives it back. So what no caller reads is read within two such
//! times, callers in quick succession meet no other thread, and a quiet link wakes nobody.
//!
//! It is kicked, through an `eventfd`, when a commit that nobody waits for is sent while it is away,
//! when sending is stuck, and when the link ends.

use std::os::fd::AsFd as _;
use std::time::Duration;

use rustix::event::{poll, PollFd, PollFlags};

use super::line::Line;
use super::reading::timespec;

/// How long it stays away from the socket at a time.
const AWAY: Duration = Duration::from_millis(1);
/// How often it sends before it looks at other things.
const ROUNDS: usize = 16;

/// What the keeper does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// It looks at the socket, and with `timed` also at the clock.
    Watching { timed: bool },
    /// It leaves the socket to callers for a while.
    Away,
    /// A caller has had the turn for long; the keeper sleeps until that ends.
    Resting,
}

/// Why the keeper woke up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The socket can be read.
    Socket,
    /// The time is over.
    Time,
    /// It was kicked.
    Kick,
}

impl Line {
    /// The keeper's work; returns when the link has ended.
    pub fn keep(&self) {
        let mut seen = 0;
        // Something may have come with the greeting.
        if self.desk.keeper_turn() {
            self.read_all();
        }
        loop {
            let (keeper, ended) = self.desk.keeper();
            if ended {
                return;
            }
            let woken = self.sleep(keeper);
            if self.outbox.take_over() {
                self.flush(ROUNDS);
                self.pump();
            }
            if self.desk.decide(&mut seen, woken) {
                self.read_all();
            }
            if woken == Woken::Time && matches!(keeper, Keeper::Watching { .. }) {
                self.check_silence();
            }
        }
    }

    /// Sleeps until there is something to do.
    fn sleep(&self, keeper: Keeper) -> Woken {
        let (reads, time) = match keeper {
            Keeper::Watching { timed: false } => (true, None),
            Keeper::Watching { timed: true } => (true, Some(self.patience().unwrap_or(self.quiet))),
            Keeper::Away => (false, Some(AWAY)),
            Keeper::Resting => (false, None),
        };
        let mut interest = PollFlags::empty();
        interest.set(PollFlags::IN, reads);
        interest.set(PollFlags::OUT, self.outbox.is_stuck());
        let mut fds = [PollFd::new(&self.kick, PollFlags::IN), PollFd::from_borrowed_fd(self.stream.as_fd(), interest)];
        // The socket is left out where it is not looked at: its end would be told all the same.
        let count = if interest.is_empty() { 1 } else { 2 };
        let polled = poll(&mut fds[..count], time.and_then(timespec).as_ref());
        #[cfg(test)]
        self.wakes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let [kick, socket] = fds.map(|fd| fd.revents());
        if !kick.is_empty() {
            let _ = rustix::io::read(&self.kick, &mut [0; 8]);
        }
        match polled {
            Ok(0) => Woken::Time,
            _ if reads && socket.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) => Woken::Socket,
            _ => Woken::Kick,
        }
    }

    /// Ends the link if the host has been silent for too long. Unless a caller reads, who sees it too.
    fn check_silence(&self) {
        let over = || self.patience().is_some_and(|left| left.is_zero());
        if over() && self.desk.keeper_turn() && !self.read_all() && over() {
            self.lose_silent();
        }
    }
}
