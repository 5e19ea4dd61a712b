//! Signals as a queue. One thread reads them from a pipe; the queue is all it shares.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// What somebody wants of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP.
    Counters,
}

/// The wishes that came since the process caught signals.
pub struct Signals(Receiver<Wish>);

impl Signals {
    /// Catches the signals from now on. The second one that asks to stop ends the process at once: then
    /// somebody has no patience, and the database is as after a crash.
    pub fn catch() -> io::Result<Self> {
        let mut caught = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let (send, receive) = mpsc::channel();
        let name = thread::Builder::new().name("plinthd-signals".to_owned());
        name.spawn(move || {
            let mut stopping = false;
            for signal in caught.forever() {
                if signal == SIGHUP {
                    let _ = send.send(Wish::Counters);
                } else if stopping {
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                } else {
                    stopping = true;
                    let _ = send.send(Wish::Stop);
                }
            }
        })?;
        Ok(Self(receive))
    }

    /// Waits for the next wish.
    pub fn wait(&self) -> Wish {
        // Without the thread no wish can come any more; it does not end before the process does.
        self.0.recv().unwrap_or(Wish::Stop)
    }

    /// Waits for the next wish, but no longer than this.
    pub fn wait_for(&self, time: Duration) -> Option<Wish> {
        match self.0.recv_timeout(time) {
            Ok(wish) => Some(wish),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Wish::Stop),
        }
    }
}
