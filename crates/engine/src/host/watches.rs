//! The watches that wait for one guest, by the numbers that the guest gave them.
//!
//! A watch is in the list before it is listed with the database, and it is told to the guest only by
//! whoever takes it out of the list, under the list's lock. So nothing is told of a watch after the
//! guest heard that it is forgotten.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::{Code, Error, Result};

use super::session::Session;
use crate::local::Local;
use crate::service::Service;
use crate::store::keyspace_gone;
use crate::watch::{Seen, Watch};
use crate::wire::{broken, Failure, Notice};

/// Watches of one guest, at most.
const MOST: usize = 100_000;
/// Bytes that the watches of one guest may take.
const MOST_BYTES: usize = 32 << 20;
/// Bytes of a watch beside its key.
const EACH: usize = 128;

/// The watches of a guest.
#[derive(Default)]
pub struct Guarded(Mutex<List>);

#[derive(Default)]
struct List {
    watches: BTreeMap<u64, Arc<Watch>>,
    bytes: usize,
    /// Whether no more are taken.
    closed: bool,
}

impl Guarded {
    /// Has a watch wait. It is to be listed with the database next, unless the guest is on its way to
    /// another host: it will ask for it again there.
    pub fn add(session: &Arc<Session>, id: u64, keyspace: u32, key: &[u8], seen: Seen) -> Result<Option<Arc<Watch>>> {
        let (local, me) = (&session.host.local, Arc::downgrade(session));
        local.check_keyspace(keyspace)?;
        let slot = session.host.watches.reserve()?;
        let done = move |outcome: Result<()>| {
            if let Some(session) = me.upgrade() {
                Self::fired(&session, id, outcome);
            }
        };
        let watch = Watch::of_seen(keyspace, key, seen, Box::new(done), slot);
        let added = session.watches.lock().add(id, &watch);
        if !matches!(added, Ok(true)) {
            drop(watch.take());
        }
        added.map(|added| added.then_some(watch))
    }

    /// Lists a watch with the database. It may have to go to the disk.
    pub fn activate(local: &Local, watch: &Arc<Watch>) {
        local.activate(vec![watch.clone()]);
        // The guest may have gone, or forgotten it, while it was being listed.
        if watch.has_ended() {
            local.forget_watch(watch);
        }
        // The keyspace may have been dropped since it was looked at.
        if local.check_keyspace(watch.keyspace).is_err() {
            local.forget_watch(watch);
            if let Some(done) = watch.take() {
                done(Err(keyspace_gone(watch.keyspace)));
            }
        }
    }

    /// Forgets a watch.
    pub fn remove(session: &Session, id: u64) {
        let watch = session.watches.lock().remove(id);
        if let Some(watch) = watch {
            session.host.local.forget_watch(&watch);
            drop(watch.take());
        }
    }

    /// Tells the guest how a watch ended.
    fn fired(session: &Arc<Session>, id: u64, outcome: Result<()>) {
        let mut list = session.watches.lock();
        if list.remove(id).is_none() {
            return;
        }
        let story = outcome.as_ref().err().map_or(String::new(), Error::circumstances);
        let failure = outcome.err().map(|error| Failure {
            code: error.code().number(),
            story: &story,
            hits: Vec::new(),
            winners: Vec::new(),
        });
        session.put(0, &Notice::Fired { watch: id, failure });
        drop(list);
        session.flush();
    }

    /// Forgets the watches of a keyspace that is no more, without a word.
    pub fn forget_keyspace(session: &Session, keyspace: u32) {
        let mut list = session.watches.lock();
        let gone: Vec<_> =
            list.watches.iter().filter(|(_, watch)| watch.keyspace == keyspace).map(|(id, _)| *id).collect();
        let gone: Vec<_> = gone.into_iter().filter_map(|id| list.remove(id)).collect();
        drop(list);
        forget(&session.host.local, gone);
    }

    /// Forgets all of them, on a thread of the executor, and takes no more.
    pub fn give_up(&self, local: &Arc<Local>) {
        let mut list = self.lock();
        list.closed = true;
        list.bytes = 0;
        let watches = std::mem::take(&mut list.watches);
        drop(list);
        if !watches.is_empty() {
            let me = local.clone();
            local.front.executor.submit(Box::new(move || forget(&me, watches.into_values())));
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    /// Returns false if no more are taken.
    fn add(&mut self, id: u64, watch: &Arc<Watch>) -> Result<bool> {
        let bytes = EACH + watch.key.len();
        if self.closed {
            return Ok(false);
        }
        if self.watches.contains_key(&id) {
            return Err(broken(format!("a second watch with number {id}")));
        }
        if self.watches.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            let text = format!("{} of one process wait, with {} bytes", self.watches.len(), self.bytes);
            return Err(Error::new(Code::TOO_MANY_WATCHES).context(text));
        }
        self.bytes += bytes;
        self.watches.insert(id, watch.clone());
        Ok(true)
    }

    fn remove(&mut self, id: u64) -> Option<Arc<Watch>> {
        let watch = self.watches.remove(&id)?;
        self.bytes -= EACH + watch.key.len();
        Some(watch)
    }
}

fn forget(local: &Local, watches: impl IntoIterator<Item = Arc<Watch>>) {
    for watch in watches {
        local.forget_watch(&watch);
        drop(watch.take());
    }
}
