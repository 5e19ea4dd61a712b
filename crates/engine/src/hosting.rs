//! Being the host of a directory: the open database, the server for guests of other processes, and
//! the list by which other handles of this process find it.
//!
//! The end goes: no new guests; guests are told, ask nothing more, and get the answers to what they
//! asked; then the database closes, and with it the directory is let go of.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};
use std::time::{Duration, Instant};

use plinth_api::{DatabaseOptions, Result};

use crate::host::Server;
use crate::inherited;
use crate::local::Local;
use crate::roll::Roll;
use crate::service::Service;
use crate::socket::Listener;

/// How long guests have to say that they ask nothing more.
const FAREWELL: Duration = Duration::from_secs(2);

/// Lists. More than there are processes in a line of children, as a rule.
const LISTS: usize = 64;
/// The databases that this process hosts: era of the process, device and file number of the directory. Each
/// process in a line of children has a list of its own.
///
/// In a long line a child finds entries of another process, and passes over them. The lock may have been
/// held when that forked, so nobody waits long for it: who is not in the list is reached through the
/// socket.
static HERE: [Mutex<Vec<Listed>>; LISTS] = [const { Mutex::new(Vec::new()) }; LISTS];

type Listed = ((u32, u64, u64), Weak<Local>);

/// How long anybody waits for the list.
const LIST_PATIENCE: Duration = Duration::from_millis(50);

/// See the file's top.
pub struct Hosting {
    local: Arc<Local>,
    server: Option<Arc<Server>>,
}

impl Hosting {
    /// Serves a database that was opened in a directory, unless it is to be shared with nobody.
    pub fn begin(local: Arc<Local>, directory: &Path, options: &DatabaseOptions) -> Result<Self> {
        if options.exclusive {
            return Ok(Self { local, server: None });
        }
        let server = Listener::bind(directory).and_then(|listener| Server::start(local.clone(), listener));
        let server = server.inspect_err(|_| drop(local.close()))?;
        let hear = Arc::downgrade(&server);
        let _ = local.on_dropped.set(Box::new(move |keyspace| {
            if let Some(server) = hear.upgrade() {
                server.dropped(keyspace);
            }
        }));
        let know = Arc::downgrade(&server);
        let _ = local.visitors.set(Box::new(move || know.upgrade().map(|server| server.visitors())));
        let ask = Arc::downgrade(&server);
        let _ = local.ask_guests.set(Box::new(move |expire| match ask.upgrade() {
            Some(server) => server.ask_guests(expire),
            None => Ok(Roll::default()),
        }));
        list(directory, &local);
        Ok(Self { local, server: Some(server) })
    }

    /// Hosts a database that nobody else can reach.
    pub fn alone(local: Arc<Local>) -> Self {
        Self { local, server: None }
    }

    /// The database.
    pub fn local(&self) -> &Arc<Local> {
        &self.local
    }

    /// How many guests of other processes there are.
    pub fn guests(&self) -> u64 {
        self.server.as_ref().map_or(0, |server| server.guests() as u64)
    }

    /// Ends it in order.
    pub fn close(&self) -> Result<()> {
        if let Some(server) = self.server.as_ref().filter(|_| self.local.check_open().is_ok()) {
            server.leave(FAREWELL);
        }
        self.local.close()
    }
}

/// The database that this process hosts in a directory.
pub fn find_here(directory: &Path) -> Option<Arc<Local>> {
    let key = key(directory)?;
    let entries = entries()?;
    let here = entries.iter().filter(|(other, _)| *other == key).filter_map(|(_, local)| local.upgrade());
    let here: Vec<_> = here.collect();
    // What is dropped below may be the last of a database.
    drop(entries);
    // One that has closed may be listed still, because its transactions are alive.
    here.into_iter().find(|local| local.check_open().is_ok())
}

fn list(directory: &Path, local: &Arc<Local>) {
    if let (Some(key), Some(mut entries)) = (key(directory), entries()) {
        entries.retain(|(_, local)| local.strong_count() > 0);
        entries.push((key, Arc::downgrade(local)));
    }
}

fn key(directory: &Path) -> Option<(u32, u64, u64)> {
    let metadata = std::fs::metadata(directory).ok()?;
    Some((inherited::era(), metadata.dev(), metadata.ino()))
}

fn entries() -> Option<MutexGuard<'static, Vec<Listed>>> {
    let until = Instant::now() + LIST_PATIENCE;
    loop {
        match HERE[inherited::era() as usize % LISTS].try_lock() {
            Ok(entries) => return Some(entries),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::yield_now(),
            Err(TryLockError::WouldBlock) => return None,
        }
    }
}
