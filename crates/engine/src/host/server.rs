//! Who is served, and how that begins and ends.
//!
//! Lock order: `listener`, then `threads`, then `sessions`, which is a leaf: no session is called while it
//! is held.
//!
//! A server knows its sessions and each session its server; ending a session breaks the circle.
//! Whoever lets go of the server ends all of them.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};
use uuid::Uuid;

use super::commits::Commits;
use super::poller::{Interest, Poller};
use super::pool;
use super::roll::Rolls;
use super::session::Session;
use super::watches::Guarded;
use crate::inherited::Private;
use crate::local::Local;
use crate::metrics::Visitors;
use crate::roll::Roll;
use crate::socket::{check_peer, Listener};
use crate::watch::Watches;
use crate::wire::{Counts, Limits, Notice};

/// The token of the listener.
pub const LISTENER: u64 = 0;
/// Guests at most.
const MOST_GUESTS: usize = 1024;
/// Watches of all guests, at most.
const MOST_WATCHES: usize = 1_000_000;
/// How soon a listener that failed is asked again.
const LISTEN_AGAIN: Duration = Duration::from_millis(100);

/// How long a guest may keep its host waiting.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// To say who it is.
    pub greeting: Duration,
    /// To take something of what waits for it.
    pub reading: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { greeting: Duration::from_secs(5), reading: Duration::from_secs(10) }
    }
}

/// Serves guests.
pub struct Server {
    shared: Arc<Shared>,
}

/// What its threads and sessions share.
pub struct Shared {
    /// The database.
    pub local: Arc<Local>,
    /// What guests are told.
    pub limits: Limits,
    /// How long they may take.
    pub patience: Patience,
    /// What the threads wait at.
    pub poller: Poller,
    /// Room for the watches of all guests.
    pub watches: Arc<Watches>,
    /// Commits that wait for the thread that leads.
    pub commits: Commits,
    /// How the threads take turns.
    pub pace: pool::Pace,
    /// What guests are asked.
    pub rolls: Rolls,
    sessions: Mutex<BTreeMap<u64, Arc<Session>>>,
    /// Signalled when a session has gone.
    gone: Condvar,
    next: AtomicU64,
    /// Guests that have introduced themselves.
    guests: AtomicUsize,
    leaving: AtomicBool,
    listener: Mutex<Option<Listener>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Server {
    /// Serves the guests that come to a listener.
    pub fn start(local: Arc<Local>, listener: Listener) -> Result<Arc<Self>> {
        Self::start_with(local, listener, Patience::default())
    }

    /// The same with another patience.
    pub fn start_with(local: Arc<Local>, listener: Listener, patience: Patience) -> Result<Arc<Self>> {
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER, Interest::READ)?;
        let shared = Arc::new(Shared {
            limits: Limits::of(&local.front.options),
            local,
            patience,
            poller,
            watches: Arc::new(Watches::new(MOST_WATCHES)),
            commits: Commits::default(),
            pace: pool::Pace::default(),
            rolls: Rolls::default(),
            sessions: Mutex::default(),
            gone: Condvar::new(),
            next: AtomicU64::new(LISTENER + 1),
            guests: AtomicUsize::new(0),
            leaving: AtomicBool::new(false),
            listener: Mutex::new(Some(listener)),
            threads: Mutex::default(),
        });
        // One thread waits for the first guest; the others begin with it.
        let server = Arc::new(Self { shared });
        pool::grow(&server.shared, 1)?;
        Ok(server)
    }

    /// What is known of the guests.
    pub fn visitors(&self) -> Visitors {
        Visitors {
            pids: self.shared.welcome().iter().map(|session| session.pid).collect(),
            count: self.guests() as u64,
            watches: self.shared.watches.count() as u64,
        }
    }

    /// The live transactions of all guests; or has the one expired that is asked for.
    pub fn ask_guests(&self, expire: Option<Uuid>) -> Result<Roll> {
        self.shared.ask_guests(expire)
    }

    /// How many guests there are.
    pub fn guests(&self) -> usize {
        self.shared.guests.load(Ordering::Relaxed)
    }

    /// Watches of guests.
    #[cfg(test)]
    pub fn watches(&self) -> usize {
        self.shared.watches.count()
    }

    /// Tells guests that a keyspace is no more.
    pub fn dropped(&self, keyspace: u32) {
        self.shared.dropped(keyspace);
    }

    /// Serves no longer: tells the guests, answers what they have asked, and waits for them to say
    /// that this was all. Those who do not within `patience` are cut off.
    pub fn leave(&self, patience: Duration) {
        self.shared.begin_leaving();
        self.shared.wait_for_guests(patience);
        self.shared.end();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl Shared {
    /// Lets in who waits at the listener.
    pub fn accept(self: &Arc<Self>) {
        let listener = lock(&self.listener);
        let Some(listener) = &*listener else {
            return;
        };
        let failed = loop {
            match listener.accept() {
                Ok(Some(socket)) => self.admit(socket),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        match failed {
            false => self.poller.arm(listener, LISTENER, Interest::READ),
            // Descriptors or memory may have run out. It stays readable, so it is left alone for a moment.
            true => self.listen_later(),
        }
    }

    fn listen_later(self: &Arc<Self>) {
        let (me, when) = (Arc::downgrade(self), Instant::now() + LISTEN_AGAIN);
        let listen = move || {
            if let Some(shared) = me.upgrade() {
                shared.listen();
            }
        };
        self.local.front.executor.at(when, Box::new(listen));
    }

    fn listen(&self) {
        if let Some(listener) = &*lock(&self.listener) {
            self.poller.arm(listener, LISTENER, Interest::READ);
        }
    }

    fn admit(self: &Arc<Self>, socket: Private<UnixStream>) {
        let mut sessions = self.lock();
        let checked = match sessions.len() {
            MOST_GUESTS.. => {
                Err(Error::new(Code::HOST_UNAVAILABLE).context(format!("the host has {MOST_GUESTS} guests")))
            }
            _ => check_peer(&socket),
        };
        let pid = match checked {
            Ok(pid) => pid,
            Err(error) => {
                drop(sessions);
                return super::greeting::turn_away(&socket, &error);
            }
        };
        let session = Session::new(self.next.fetch_add(1, Ordering::Relaxed), pid, self.clone(), socket);
        sessions.insert(session.number, session.clone());
        drop(sessions);
        // Fewer threads are slower, but enough.
        let _ = pool::grow(self, pool::threads());
        session.expect_greeting();
        // Looked at before a thread can welcome the guest: one that was welcomed is told, never cut off. Who
        // leaves finds it in the list if this is too early.
        if self.is_leaving() || self.poller.add(session.socket(), session.number, Interest::READ).is_err() {
            session.end();
        }
    }

    /// A session by its number.
    pub fn session(&self, number: u64) -> Option<Arc<Session>> {
        self.lock().get(&number).cloned()
    }

    /// Counts a guest that has introduced itself.
    pub fn count_in(&self) {
        self.guests.fetch_add(1, Ordering::Relaxed);
    }

    /// A guest has been welcomed.
    pub fn welcomed(&self, session: &Session) {
        // Set before the others were told.
        if self.is_leaving() {
            session.put(0, &Notice::Leaving);
        }
    }

    /// A session has ended. `welcomed` tells whether it was a guest's.
    pub fn ended(&self, number: u64, welcomed: bool) {
        if welcomed {
            self.guests.fetch_sub(1, Ordering::Relaxed);
        }
        let session = self.lock().remove(&number);
        self.gone.notify_all();
        self.rolls.left(number);
        drop(session);
    }

    /// Tells guests that a keyspace is no more.
    pub fn dropped(&self, keyspace: u32) {
        for session in self.all() {
            Guarded::forget_keyspace(&session, keyspace);
            if session.is_welcome() {
                session.put(0, &Notice::Dropped { keyspace });
                session.flush();
            }
        }
    }

    /// The counters of the database.
    pub fn counts(&self) -> Counts {
        let counts = self.local.counts();
        let guests = self.guests.load(Ordering::Relaxed) as u64;
        Counts { watches: counts.watches + self.watches.count() as u64, guests, ..counts }
    }

    /// Whether the server is about to end.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::SeqCst)
    }

    fn begin_leaving(&self) {
        self.leaving.store(true, Ordering::SeqCst);
        if let Some(listener) = lock(&self.listener).take() {
            self.poller.remove(&listener);
        }
        for session in self.all() {
            // First, so that nothing is told of a watch after this. The guest has it wait elsewhere.
            session.watches.give_up(&self.local);
            // One that is being welcomed looks at `leaving` afterwards.
            if !session.end_unless_welcome() {
                session.put(0, &Notice::Leaving);
                session.flush();
            }
        }
    }

    fn wait_for_guests(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut sessions = self.lock();
        while !sessions.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            sessions = self.gone.wait_timeout(sessions, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends every connection and every thread.
    fn end(&self) {
        self.leaving.store(true, Ordering::SeqCst);
        drop(lock(&self.listener).take());
        self.poller.stop();
        let threads = std::mem::take(&mut *lock(&self.threads));
        let me = std::thread::current().id();
        for thread in threads.into_iter().filter(|thread| thread.thread().id() != me) {
            // A panic was caught before.
            let _ = thread.join();
        }
        self.all().iter().for_each(Session::end);
    }

    fn all(&self) -> Vec<Arc<Session>> {
        self.lock().values().cloned().collect()
    }

    /// The sessions of guests that have introduced themselves.
    pub fn welcome(&self) -> Vec<Arc<Session>> {
        self.all().into_iter().filter(|session| session.is_welcome()).collect()
    }

    /// The threads.
    pub fn lock_threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        lock(&self.threads)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Session>>> {
        lock(&self.sessions)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
