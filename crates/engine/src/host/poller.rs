//! Which sockets have something to do: `epoll`, in its mode that reports each socket once and is
//! then told again what to report. So a connection is one thread's at a time.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use plinth_api::{Code, Error, Result};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{eventfd, EventfdFlags, Timespec};
use rustix::io::Errno;

use crate::advice::advice;
use crate::inherited::Private;

/// The token of what ends every wait. No socket has it.
const STOP: u64 = u64::MAX;
/// Sockets that one wait reports at most.
const AT_ONCE: usize = 8;

/// What is to be reported of a socket. That its other side is gone always is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// It can be read.
    pub read: bool,
    /// It can be written.
    pub write: bool,
}

/// What [`Poller::wait`] found.
#[derive(Default)]
pub struct Ready {
    events: Vec<epoll::Event>,
}

/// Waits for many sockets.
pub struct Poller {
    epoll: Private<OwnedFd>,
    stop: Private<OwnedFd>,
}

impl Interest {
    /// Reading only.
    pub const READ: Self = Self { read: true, write: false };

    fn flags(self) -> EventFlags {
        let mut flags = EventFlags::ONESHOT;
        flags.set(EventFlags::IN, self.read);
        flags.set(EventFlags::OUT, self.write);
        flags
    }
}

impl Ready {
    /// The tokens of the sockets, and whether their other sides are gone.
    pub fn sockets(&self) -> impl ExactSizeIterator<Item = (u64, bool)> + '_ {
        // Copied out of the event, which is packed.
        let gone = |flags: EventFlags| flags.intersects(EventFlags::HUP | EventFlags::ERR);
        self.events.iter().map(move |event| (event.data.u64(), gone(event.flags)))
    }
}

impl Poller {
    /// One without sockets.
    pub fn new() -> Result<Self> {
        let make = || -> rustix::io::Result<Self> {
            let stop = Private::open(|| eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK))?;
            let epoll = Private::open(|| epoll::create(CreateFlags::CLOEXEC))?;
            epoll::add(&*epoll, &*stop, EventData::new_u64(STOP), EventFlags::IN)?;
            Ok(Self { epoll, stop })
        };
        make().map_err(|errno| failed("waiting for sockets", errno))
    }

    /// Adds a socket.
    pub fn add(&self, socket: impl AsFd, token: u64, interest: Interest) -> Result<()> {
        epoll::add(&*self.epoll, socket, EventData::new_u64(token), interest.flags())
            .map_err(|errno| failed("waiting for a socket", errno))
    }

    /// Has a socket be reported once more.
    pub fn arm(&self, socket: impl AsFd, token: u64, interest: Interest) {
        // It can only fail for a socket that was removed, and for that one it may.
        let _ = epoll::modify(&*self.epoll, socket, EventData::new_u64(token), interest.flags());
    }

    /// Takes a socket out.
    pub fn remove(&self, socket: impl AsFd) {
        // It may have been taken out before.
        let _ = epoll::delete(&*self.epoll, socket);
    }

    /// Waits until something can be done; without `patience`, for ever. Returns false after
    /// [`Poller::stop`].
    pub fn wait(&self, ready: &mut Ready, patience: Option<Duration>) -> bool {
        ready.events.clear();
        ready.events.reserve(AT_ONCE);
        let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
        // Interrupted by a signal, it found nothing, and the caller comes again.
        let _ = epoll::wait(&*self.epoll, spare_capacity(&mut ready.events), patience.as_ref());
        ready.sockets().all(|(token, _)| token != STOP)
    }

    /// Ends every wait, now and later.
    pub fn stop(&self) {
        // Nobody reads it, so it stays readable. It can't be full.
        let _ = rustix::io::write(&*self.stop, &1u64.to_ne_bytes());
    }
}

fn failed(what: &str, errno: Errno) -> Error {
    let error = std::io::Error::from(errno);
    let context = match advice(&error.to_string()) {
        Some(advice) => format!("{what} ({advice})"),
        None => what.to_owned(),
    };
    Error::new(Code::IO_ERROR).context(context).caused_by(error)
}
