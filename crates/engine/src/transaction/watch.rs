//! Watches, from the transaction's side: the read of the watched value, own writes that make one
//! fire, and the end of the transaction (rules WATCH-1 to WATCH-10).
//!
//! The end of the read and the note of the watch are one step under the transaction's lock, so no
//! commit comes between them.

use std::sync::{Arc, OnceLock, Weak};

use plinth_api::{Code, Done, Error, Pending, Result, Value};

use super::calls::Call;
use super::read::{is_on_disk, told, Issued, KeyRead};
use super::{State, Transaction};
use crate::metrics::Operation;
use crate::overlay;
use crate::service::Service;
use crate::store::Tier;
use crate::watch::Watch;

/// A watch as its owner sees it.
struct Handle {
    keyspace: u32,
    key: Vec<u8>,
    service: Arc<dyn Service>,
    transaction: Weak<Transaction>,
    /// The read of the watched value, if that had to wait.
    call: OnceLock<Arc<Call<()>>>,
    /// The watch, once the value is known.
    watch: OnceLock<Arc<Watch>>,
}

/// A read of the watched value that is under way, and the own operations on it.
struct Reading {
    issued: Issued,
    change: Option<Box<overlay::Pending>>,
}

impl Transaction {
    pub(super) fn run_watch(self: Arc<Self>, keyspace: u32, key: &[u8], done: Done<()>) -> Option<Arc<dyn Pending>> {
        // One that is too long is refused below, and not copied whole before.
        let kept = self.lock().options.bounds.cut(key).to_vec();
        let handle = Arc::new(Handle {
            keyspace,
            key: kept,
            service: self.service.clone(),
            transaction: Arc::downgrade(&self),
            call: OnceLock::new(),
            watch: OnceLock::new(),
        });
        let mut reading = match self.issue_watch(keyspace, key) {
            Ok(KeyRead::Stored(issued, change)) => Reading { issued, change },
            Ok(KeyRead::Known(value)) => return self.watch_known(handle, value, done),
            Err(error) => return told(done, Err(error)),
        };
        let result = self.fetch(&mut reading.issued, Tier::Memory, key);
        if !is_on_disk(&result) {
            return self.end_reading(handle, reading, result, Some(done));
        }
        let call = Call::begin(&self, reading.issued.epoch, done);
        let _ = handle.call.set(call);
        let pending = handle.clone();
        self.service.executor().clone().submit(Box::new(move || {
            let result = self.fetch(&mut reading.issued, Tier::Disk, &handle.key);
            self.end_reading(handle, reading, result, None);
        }));
        Some(pending)
    }

    /// Rule WATCH-10: what a watch asks of a transaction and a key beyond a read.
    fn issue_watch(&self, keyspace: u32, key: &[u8]) -> Result<KeyRead> {
        let mut state = self.usable()?;
        if state.options.ryw_disabled {
            return Err(Error::new(Code::WATCHES_DISABLED));
        }
        state.options.bounds.check_read_key(key)?;
        state.options.bounds.check_key_size(key)?;
        state.tally.count(Operation::Watch);
        let before = state.read_error;
        let unused = state.epoch;
        drop(state);
        let issued = self.issue_key(keyspace, key, false);
        if matches!(&issued, Err(error) if error.code() == Code::ACCESSED_UNREADABLE) {
            // Rule WATCH-2: it does not make the commit fail.
            let mut state = self.lock();
            if state.epoch == unused {
                state.read_error = before;
            }
        }
        issued
    }

    /// A watch of a value that own writes tell.
    fn watch_known(&self, handle: Arc<Handle>, value: Option<Value>, done: Done<()>) -> Option<Arc<dyn Pending>> {
        let noted = match self.usable() {
            Ok(mut state) => handle.note(&mut state, value.as_deref(), done),
            Err(error) => Err((error, done)),
        };
        match noted {
            Ok(()) => Some(handle),
            Err((error, done)) => told(done, Err(error)),
        }
    }

    /// Notes the end of the read, and the watch.
    fn end_reading(
        &self,
        handle: Arc<Handle>,
        Reading { mut issued, change }: Reading,
        result: Result<Option<Value>>,
        mut done: Option<Done<()>>,
    ) -> Option<Arc<dyn Pending>> {
        let mut refused = None;
        let finished = self.finish_watch(&mut issued, &handle.key, &result, |state, value| {
            let owner = done.take().or_else(|| handle.call.get()?.take_from(state));
            // Without an owner it was cancelled meanwhile.
            if let Some(owner) = owner {
                let value = self.changed(value.clone(), change);
                if let Err((error, owner)) = handle.note(state, value.as_deref(), owner) {
                    (refused, done) = (Some(error), Some(owner));
                }
            }
        });
        if handle.watch.get().is_some() {
            return Some(handle);
        }
        let error = refused.or(finished.err()).or(result.err());
        let outcome = Err(error.unwrap_or_else(|| Error::new(Code::OPERATION_CANCELLED)));
        match (done, handle.call.get()) {
            (Some(done), _) => done(outcome),
            (None, Some(call)) => call.complete(outcome),
            (None, None) => {}
        }
        None
    }

    /// Tells watches that they fired, or why they ended.
    pub(super) fn end_watches(&self, watches: Vec<Arc<Watch>>, code: Option<Code>) {
        for done in watches.iter().filter_map(|watch| watch.take()) {
            let outcome = code.map_or(Ok(()), |code| Err(Error::new(code)));
            self.service.executor().submit(Box::new(move || done(outcome)));
        }
    }
}

impl Handle {
    /// Has the watch wait for the commit; gives `done` back if it can't.
    fn note(
        &self,
        state: &mut State,
        value: Option<&[u8]>,
        done: Done<()>,
    ) -> std::result::Result<(), (Error, Done<()>)> {
        if let Some(mark) = state.mark {
            return Err((Error::new(mark), done));
        }
        let slot = match self.service.reserve_watch() {
            Ok(slot) => slot,
            Err(error) => return Err((error, done)),
        };
        let watch = Watch::new(self.keyspace, &self.key, value, done, slot);
        // Closing ends every watch there is; one that comes after that must not wait.
        if let Err(error) = self.service.check_open() {
            return watch.take().map_or(Ok(()), |done| Err((error, done)));
        }
        let _ = self.watch.set(watch.clone());
        state.make_seldom().watches.push(watch);
        Ok(())
    }

    /// Takes what is to be told from wherever the watch is.
    fn take(&self) -> Option<Done<()>> {
        let Some(transaction) = self.transaction.upgrade() else {
            return self.watch.get()?.take();
        };
        let mut state = transaction.lock();
        let done = self.call.get().and_then(|call| call.take_from(&mut state));
        let watch = self.watch.get();
        let others = &mut state.make_seldom().watches;
        others.retain(|other| !watch.is_some_and(|watch| Arc::ptr_eq(watch, other)));
        done.or_else(|| watch?.take())
    }
}

impl Pending for Handle {
    /// Rule WATCH-9.
    fn cancel(&self) {
        let done = self.take();
        if let Some(watch) = self.watch.get() {
            self.service.forget_watch(watch);
        }
        if let Some(done) = done {
            let cancelled = move || done(Err(Error::new(Code::OPERATION_CANCELLED)));
            self.service.executor().submit(Box::new(cancelled));
        }
    }
}
