//! How a member finds a host, or becomes it, and how it ends.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::thread::Builder;
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};

use super::direct::Direct;
use super::{Connected, Ears, Member, Seat};
use crate::defects::planted;
use crate::directory::Entrance;
use crate::guest::Link;
use crate::signals;
use crate::upstream::{Events, Upstream};

/// Pauses of a search: while somebody seems to be about to serve, and after a failure.
const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(100);
/// Connections are made no faster than this: a host that ends each at once is not asked without pause.
const AT_LEAST: Duration = Duration::from_millis(10);
/// How long an orderly end waits for what is under way.
const FAREWELL: Duration = Duration::from_secs(5);

impl Member {
    /// Notes that a connection is of no use any more, and has a search begin unless there is one.
    pub(super) fn lost(&self, connected: &Arc<Connected>) {
        let mut seat = self.seat();
        if !self.current.load().as_ref().is_some_and(|current| Arc::ptr_eq(current, connected)) {
            return;
        }
        self.current.store(None);
        let (name, life) = (&*self.front.identity.0, connected.life);
        tracing::info!(target: "plinth::host", database = name, life, "the host went away; looking for the next one");
        // The thread that reads the link comes to its end now, and searches.
        let link = seat.link.take();
        if link.is_none() && !seat.searching && self.front.check_open().is_ok() {
            if let Err(error) = self.send_minder(&mut seat, None) {
                seat.failure = Some((error.code(), error.circumstances()));
            }
        }
        drop(seat);
        if let Some(link) = link {
            link.abandon();
        }
    }

    /// Starts the thread that reads a link, or searches.
    pub(super) fn send_minder(&self, seat: &mut MutexGuard<'_, Seat>, link: Option<Arc<Link>>) -> Result<()> {
        seat.searching = link.is_none();
        let me = self.me.clone();
        let builder = Builder::new().name("plinth-guest".to_owned());
        let thread = signals::without(|| builder.spawn(move || mind(&me, link)));
        match thread {
            // An earlier one has come to its end.
            Ok(thread) => seat.thread = Some(thread),
            Err(error) => {
                seat.searching = false;
                return Err(Error::new(Code::IO_ERROR).context("starting a thread").caused_by(error));
            }
        }
        Ok(())
    }

    /// Searches until the member is connected or closed. Returns a link that is to be read.
    fn search(&self) -> Option<Arc<Link>> {
        let mut seat = self.seat();
        seat.searching = true;
        seat.link = None;
        self.current.store(None);
        let pause = seat.since.map_or(Duration::ZERO, |since| AT_LEAST.saturating_sub(since.elapsed()));
        drop(self.changed.wait_timeout(seat, pause).unwrap_or_else(PoisonError::into_inner));
        while self.front.check_open().is_ok() {
            let entered = self.directory.enter();
            let pause = match entered {
                Ok(Some(entrance)) => match self.take_seat(entrance) {
                    Ok(link) => return link,
                    Err(error) => self.note_failure(&error),
                },
                Ok(None) => SOON,
                Err(error) => self.note_failure(&error),
            };
            let seat = self.seat();
            if self.front.check_open().is_ok() {
                drop(self.changed.wait_timeout(seat, pause).unwrap_or_else(PoisonError::into_inner));
            }
        }
        self.seat().searching = false;
        None
    }

    /// Has those who wait hear why there is no host.
    fn note_failure(&self, error: &Error) -> Duration {
        let (name, code) = (&*self.front.identity.0, error.code().number());
        tracing::warn!(target: "plinth::host", database = name, code, "the directory can't be entered: {error}");
        self.seat().failure = Some((error.code(), error.circumstances()));
        self.changed.notify_all();
        LATER
    }

    /// Makes what was found the member's connection.
    pub(super) fn take_seat(&self, entrance: Entrance) -> Result<Option<Arc<Link>>> {
        let ears: Arc<dyn Events> = Arc::new(Ears(self.me.clone()));
        let (mut link, mut hosting) = (None, None);
        let life = self.seat().life + 1;
        let host = match &entrance {
            Entrance::Elsewhere(_, limits, _) => Some(limits.pid),
            Entrance::Here(_) => None,
            Entrance::Host(_) => Some(std::process::id()),
        };
        let upstream: Arc<dyn Upstream> = match entrance {
            Entrance::Elsewhere(stream, limits, frames) => {
                let new = Link::new(stream, frames, limits, ears)?;
                link = Some(new.clone());
                new
            }
            Entrance::Here(local) => Direct::new(local, ears, self.me.clone(), life),
            Entrance::Host(host) => {
                let local = host.local().clone();
                hosting = Some(host);
                Direct::new(local, ears, self.me.clone(), life)
            }
        };
        let mut seat = self.seat();
        if self.front.check_open().is_err() {
            drop(seat);
            let _ = hosting.map(|hosting| hosting.close());
            return Ok(None);
        }
        (seat.life, seat.searching, seat.failure) = (life, false, None);
        seat.since = Some(Instant::now());
        (seat.link, seat.hosting) = (link.clone(), hosting);
        self.current.store(Some(Arc::new(Connected { life, upstream })));
        drop(seat);
        self.say_seated(life, host);
        self.changed.notify_all();
        self.tell_watches();
        Ok(link)
    }

    /// Says who has the directory now.
    fn say_seated(&self, life: u64, host: Option<u32>) {
        let name = &*self.front.identity.0;
        let me = std::process::id();
        match host.filter(|host| *host != me) {
            Some(host) => {
                tracing::info!(target: "plinth::host", database = name, life, host, "a guest of another process");
            }
            None if self.is_host() => {
                tracing::info!(target: "plinth::host", database = name, life, "this process took the directory over");
            }
            None => tracing::debug!(target: "plinth::host", database = name, life, "a guest in its host's process"),
        }
    }

    /// Notes that the host of a life in this process has closed.
    pub(super) fn life_ended(&self, life: u64) {
        let current = self.current.load_full();
        if let Some(connected) = current.filter(|connected| connected.life == life) {
            self.lost(&connected);
        }
    }

    /// Ends the member in order. Whoever waits for a host is told.
    pub(super) fn end(&self) -> Result<()> {
        if self.front.close() {
            return Ok(());
        }
        // Whoever has looked and does not wait yet has the lock.
        drop(self.seat());
        self.changed.notify_all();
        let watches = std::mem::take(&mut *self.waiting());
        for (watch, _) in watches.into_values() {
            self.front.end_watch(&watch, Err(Error::new(Code::DATABASE_CLOSED)));
        }
        for watch in self.front.watches.take_all(None) {
            self.front.end_watch(&watch, Err(Error::new(Code::DATABASE_CLOSED)));
        }
        self.front.executor.close();
        let mut seat = self.seat();
        let (link, hosting, thread) = (seat.link.take(), seat.hosting.take(), seat.thread.take());
        drop(seat);
        if let Some(link) = link {
            link.end(FAREWELL);
        }
        let closed = hosting.map_or(Ok(()), |hosting| hosting.close());
        self.current.store(None);
        // The last handle may be dropped by the thread itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
        closed
    }
}

/// Reads a link until it ends, searches, reads the next one.
fn mind(me: &Weak<Member>, mut link: Option<Arc<Link>>) {
    loop {
        if let Some(link) = link.take() {
            // A panic ends the link, and with it the calls that wait for answers; the thread goes on.
            let run = || {
                planted("guest");
                link.run();
            };
            if catch_unwind(AssertUnwindSafe(run)).is_err() {
                link.abandon();
            }
        }
        let Some(member) = me.upgrade() else {
            return;
        };
        link = member.search();
        if link.is_none() {
            return;
        }
    }
}
