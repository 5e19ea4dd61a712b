//! A handle that does not hold the directory: its calls go to whoever does, and it takes the directory
//! over when nobody does any more.
//!
//! It is connected, or it searches. `current` is what it is connected to; nothing, while it searches.
//! A call that finds the connection lost says so (`lost`), and whoever says so first has the search
//! begin; calls wait for its end, but not for ever. The thread that reads a link (`Link::run`) is the
//! one that searches when the link has ended. A search ends connected to a host in another process,
//! connected to one in this process, as the host itself, or with the end of the handle.
//!
//! What belongs to the old host does not outlive it: a read at one of its versions is 1007, a commit
//! that was under way is 1021 unless it certainly came to nothing; then it is made again. Watches are
//! told to the new host with the value that was seen.
//!
//! Lock order: `seat`, then `waiting`. Neither is held during a call of an upstream, and none while
//! the directory is entered.

mod direct;
mod handle;
mod search;
mod service;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use plinth_api::{Code, DatabaseOptions, Error, Result};
use uuid::Uuid;

use crate::directory::{Directory, Entrance};
use crate::front::Front;
use crate::guest::Link;
use crate::hosting::Hosting;
use crate::roll::{Kin, Roll, MOST_QUESTIONS};
use crate::service::Service as _;
use crate::upstream::{Events, Upstream, LOST};
use crate::watch::Watch;
use crate::wire::Limits;
pub use handle::Shared;

/// Threads for asynchronous calls: each may wait for the host.
const THREADS: usize = 16;
/// How long a call waits for a host.
const PATIENCE: Duration = Duration::from_secs(10);

/// See the file's top.
pub struct Member {
    front: Front,
    directory: Directory,
    current: ArcSwapOption<Connected>,
    seat: Mutex<Seat>,
    /// Signalled when the seat changes.
    changed: Condvar,
    /// Numbers of the keyspaces that were opened, and not dropped as far as is known.
    keyspaces: RwLock<HashSet<u32>>,
    /// Watches that wait for a change, with the life they were told to, by number.
    waiting: Mutex<BTreeMap<u64, (Arc<Watch>, u64)>>,
    /// Questions of the host that are being answered.
    questions: AtomicUsize,
    me: Weak<Member>,
}

/// A connection to a host.
pub struct Connected {
    /// Counts the connections of this member.
    life: u64,
    upstream: Arc<dyn Upstream>,
}

/// What the member has beside its connection.
#[derive(Default)]
struct Seat {
    life: u64,
    searching: bool,
    /// Why the search fails at present.
    failure: Option<(Code, String)>,
    /// The database, if this member hosts it.
    hosting: Option<Hosting>,
    link: Option<Arc<Link>>,
    /// When the last connection was made.
    since: Option<Instant>,
    thread: Option<JoinHandle<()>>,
}

/// Until when a call is made again; settled when it first loses its host.
#[derive(Clone, Copy, Default)]
struct Patience(Option<Instant>);

/// What a member hears from its host.
struct Ears(Weak<Member>);

impl Member {
    /// A member that has entered the directory as a guest.
    pub fn new(directory: Directory, entrance: Entrance, id: String) -> Result<Arc<Self>> {
        let limits = match &entrance {
            Entrance::Elsewhere(_, limits, _) => Some(*limits),
            Entrance::Here(local) => Some(Limits::of(local.options())),
            Entrance::Host(_) => None,
        };
        let options = limits.map_or_else(|| directory.options().clone(), |limits| adopt(directory.options(), &limits));
        let name = directory.path().display().to_string();
        let member = Arc::new_cyclic(|me| Self {
            front: Front::new(options, (name, id), THREADS),
            directory: directory.entered(),
            current: ArcSwapOption::empty(),
            seat: Mutex::default(),
            changed: Condvar::new(),
            keyspaces: RwLock::default(),
            waiting: Mutex::default(),
            questions: AtomicUsize::new(0),
            me: me.clone(),
        });
        let link = member.take_seat(entrance)?;
        if link.is_some() {
            member.send_minder(&mut member.seat(), link)?;
        }
        Ok(member)
    }

    /// Whether this member hosts the database.
    fn is_host(&self) -> bool {
        self.seat().hosting.is_some()
    }

    fn seat(&self) -> MutexGuard<'_, Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, (Arc<Watch>, u64)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection; waits for one while the member searches.
    fn connected(&self) -> Result<Arc<Connected>> {
        match self.current.load_full() {
            Some(connected) => Ok(connected),
            None => self.front.executor.blocking(|| self.wait_for_host()),
        }
    }

    #[cold]
    fn wait_for_host(&self) -> Result<Arc<Connected>> {
        let until = Instant::now() + PATIENCE;
        let mut seat = self.seat();
        loop {
            self.front.check_open()?;
            if let Some(connected) = self.current.load_full() {
                return Ok(connected);
            }
            if let Some((code, story)) = &seat.failure {
                return Err(Error::new(*code).context(story.clone()));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.directory.unavailable());
            }
            seat = self.changed.wait_timeout(seat, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Makes a call, again at the next host if this one has gone.
    fn ask<T>(&self, call: impl Fn(&Arc<dyn Upstream>) -> Result<T>) -> Result<T> {
        let mut patience = Patience::default();
        loop {
            let connected = self.connected()?;
            match call(&connected.upstream) {
                Err(error) if error.code() == LOST => self.lost_again(&connected, &mut patience)?,
                result => return result,
            }
        }
    }

    /// Makes a call that must not be made twice by itself.
    fn ask_once<T>(&self, call: impl FnOnce(&dyn Upstream) -> Result<T>) -> Result<T> {
        let connected = self.connected()?;
        match call(&*connected.upstream) {
            Err(error) if error.code() == LOST => {
                self.lost(&connected);
                self.front.check_open()?;
                let text =
                    "the process that hosted the database ended meanwhile, and with it the work; it can be begun again";
                Err(Error::new(Code::HOST_UNAVAILABLE).context(text))
            }
            result => result,
        }
    }

    /// Notes that a call has lost its host. Fails when that has gone on for long.
    fn lost_again(&self, connected: &Arc<Connected>, patience: &mut Patience) -> Result<()> {
        self.lost(connected);
        let until = *patience.0.get_or_insert_with(|| Instant::now() + PATIENCE);
        match Instant::now() < until {
            true => Ok(()),
            false => Err(self.directory.unavailable()),
        }
    }

    /// Makes a call that concerns a version, which does not outlive its host.
    fn ask_at<T>(&self, call: impl FnOnce(&dyn Upstream) -> Result<T>) -> Result<T> {
        let gone = || Error::new(Code::TRANSACTION_TOO_OLD).context("the host of the directory has changed");
        let Some(connected) = self.current.load_full() else {
            self.front.check_open()?;
            return Err(gone());
        };
        match call(&*connected.upstream) {
            Err(error) if error.code() == LOST => {
                self.lost(&connected);
                Err(gone())
            }
            result => result,
        }
    }
}

impl Events for Ears {
    fn fired(&self, watch: u64, outcome: Result<()>) {
        let Some(member) = self.0.upgrade() else {
            return;
        };
        let found = member.waiting().remove(&watch);
        if let Some((watch, _)) = found {
            member.front.end_watch(&watch, outcome);
        }
    }

    fn dropped(&self, keyspace: u32) {
        if let Some(member) = self.0.upgrade() {
            member.keyspaces.write().unwrap_or_else(PoisonError::into_inner).remove(&keyspace);
        }
    }

    fn who(&self, question: u64, expire: Option<Uuid>) {
        let Some(member) = self.0.upgrade() else { return };
        // A host that asks without end has no more than this of the guest.
        if member.questions.fetch_add(1, Ordering::Relaxed) >= MOST_QUESTIONS {
            member.questions.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let executor = member.front.executor.clone();
        executor.submit(Box::new(move || {
            let roll = member.front.roll(expire);
            member.questions.fetch_sub(1, Ordering::Relaxed);
            if let Some(connected) = member.current.load_full() {
                connected.upstream.here(question, roll);
            }
        }));
    }
}

impl Kin for Member {
    fn own_roll(&self, expire: Option<Uuid>) -> Roll {
        self.front.roll(expire)
    }
}

/// A guest's options: keys, values and the window are the database's, transactions are the smaller of
/// both.
fn adopt(own: &DatabaseOptions, limits: &Limits) -> DatabaseOptions {
    let mut options = own.clone();
    options.key_size_limit = usize::try_from(limits.key_size).unwrap_or(usize::MAX);
    options.value_size_limit = usize::try_from(limits.value_size).unwrap_or(usize::MAX);
    options.window = Duration::from_micros(limits.window);
    let largest = i64::try_from(limits.transaction_size).unwrap_or(i64::MAX);
    options.transaction.size_limit = options.transaction.size_limit.min(largest);
    options
}
