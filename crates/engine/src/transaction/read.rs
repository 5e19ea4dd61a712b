//! Reads of a key, and what all reads have in common.
//!
//! A read goes: note that it runs, take the read point and the own writes as they are now (rule
//! RYW-2), read without the lock, then note its end, its conflict range or its error. One that may
//! not wait does the same in memory; if that is not enough, it goes on to the disk on a thread of
//! the executor, as if it had just begun.

use std::sync::Arc;

use plinth_api::{
    key::{is_special, printable},
    Code, Done, Error, Result, Value,
};

use super::calls::Call;
use super::{Phase, State, Transaction};
use crate::defects::{is_on, planted, Defect};
use crate::metrics::{Failing, Operation};
use crate::overlay::{unreadable, Known, Pending};
use crate::store::{Tier, NOT_IN_MEMORY};
use crate::version::ReadPoint;

/// A read that was issued: where it reads, and whether the transaction is still the same one.
pub(super) struct Issued {
    pub(super) epoch: u64,
    pub(super) keyspace: u32,
    pub(super) snapshot: bool,
    point: Option<Arc<ReadPoint>>,
    wanted: Wanted,
}

/// Where a transaction is to read that has no read point yet.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// The version that was set by hand.
    pub(super) version: Option<i64>,
    /// Whether it may read a locked database.
    pub(super) lock_aware: bool,
}

/// A read of a key: known from own writes, or to be read, and then changed by them.
pub(super) enum KeyRead {
    /// Own writes need no database and leave no conflict (rules RYW-13, CONF-3).
    Known(Option<Value>),
    /// The rest.
    Stored(Issued, Option<Box<Pending>>),
}

/// What memory has of a key.
pub(super) enum KeySoon {
    /// All that the caller asked for.
    Known(Result<Option<Value>>),
    /// Not that.
    OnDisk(Issued, Option<Box<Pending>>),
}

/// What is known of a key when it is looked at.
pub(super) enum Own {
    /// Its value: nobody else is asked (rules RYW-13, CONF-3).
    Known(Option<Value>),
    /// The database is asked, and what it says is changed.
    Stored(Option<Box<Pending>>),
}

impl Transaction {
    pub(super) fn read_key(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        if is_special(key) {
            return self.special_get(keyspace, key);
        }
        match self.issue_key(keyspace, key, snapshot)? {
            KeyRead::Known(value) => Ok(value),
            KeyRead::Stored(mut issued, change) => {
                let result = self.fetch(&mut issued, Tier::Disk, key);
                self.end_key(&mut issued, key, result, change)
            }
        }
    }

    /// A read of a key, as far as memory goes.
    pub(super) fn read_key_soon(&self, keyspace: u32, key: &[u8], snapshot: bool) -> KeySoon {
        if is_special(key) {
            return KeySoon::Known(self.special_get(keyspace, key));
        }
        let (mut issued, change) = match self.issue_key(keyspace, key, snapshot) {
            Ok(KeyRead::Stored(issued, change)) => (issued, change),
            Ok(KeyRead::Known(value)) => return KeySoon::Known(Ok(value)),
            Err(error) => return KeySoon::Known(Err(error)),
        };
        let result = self.fetch(&mut issued, Tier::Memory, key);
        match is_on_disk(&result) {
            false => KeySoon::Known(self.end_key(&mut issued, key, result, change)),
            true => KeySoon::OnDisk(issued, change),
        }
    }

    /// Reads on, on a thread of the executor.
    pub(super) fn read_key_on_disk(
        self: Arc<Self>,
        (mut issued, change): (Issued, Option<Box<Pending>>),
        key: &[u8],
        done: Done<Option<Value>>,
    ) -> Option<Arc<dyn plinth_api::Pending>> {
        let (call, key) = (Call::begin(&self, issued.epoch, done), key.to_vec());
        let handle = call.clone();
        self.service.executor().clone().submit(Box::new(move || {
            let result = self.fetch(&mut issued, Tier::Disk, &key);
            call.complete(self.end_key(&mut issued, &key, result, change));
        }));
        Some(handle)
    }

    fn end_key(
        &self,
        issued: &mut Issued,
        key: &[u8],
        result: Result<Option<Value>>,
        change: Option<Box<Pending>>,
    ) -> Result<Option<Value>> {
        self.finish_key(issued, key, &result, |_, _| {})?;
        result.map(|value| self.changed(value, change))
    }

    /// Settles what a read of a key sees.
    pub(super) fn issue_key(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<KeyRead> {
        let mut state = self.usable()?;
        state.options.bounds.check_read_key(key)?;
        self.service.check_keyspace(keyspace)?;
        state.tally.count(Operation::get(snapshot));
        let change = match look_at_own(&mut state, keyspace, key, snapshot)? {
            Own::Known(value) => return Ok(KeyRead::Known(value)),
            Own::Stored(change) => change,
        };
        self.account_reads(&mut state)?;
        if state.options.ryw_disabled && !snapshot {
            // Rule CONF-9: at its issue, even if it fails.
            state.add_read_key(keyspace, key);
        }
        Ok(KeyRead::Stored(issue(&mut state, keyspace, snapshot), change))
    }

    /// Reads a key. In memory only, a read that must go to the disk has not ended.
    pub(super) fn fetch(&self, issued: &mut Issued, tier: Tier, key: &[u8]) -> Result<Option<Value>> {
        planted("read");
        let keyspace = issued.keyspace;
        let read = |point: &ReadPoint| self.service.get(point, tier, keyspace, key);
        let result = match (&issued.point, issued.wanted) {
            (Some(point), _) => read(point),
            // In memory the version is settled even if the key is not there.
            (None, wanted) if wanted.version.is_some() || wanted.lock_aware || tier == Tier::Memory => {
                self.obtain_point(issued.epoch, wanted, tier).and_then(|point| read(issued.point.insert(point)))
            }
            (None, _) => self.fetch_first(issued, key),
        };
        result.or_else(|error| self.read_again(keyspace, key, error))
    }

    /// The first read, which settles the read version.
    fn fetch_first(&self, issued: &mut Issued, key: &[u8]) -> Result<Option<Value>> {
        let (found, value) = self.service.get_latest(issued.keyspace, key)?;
        let read_at = Arc::as_ptr(&found);
        let point = issued.point.insert(self.settle_point(issued.epoch, found)?);
        match Arc::as_ptr(point) == read_at {
            true => Ok(value),
            false => self.service.get(point, Tier::Disk, issued.keyspace, key),
        }
    }

    /// A key that was read before the read version left the window is still known (rule RYW-12).
    fn read_again(&self, keyspace: u32, key: &[u8], error: Error) -> Result<Option<Value>> {
        let known = match error.code() {
            NOT_IN_MEMORY => return Err(error),
            Code::TRANSACTION_TOO_OLD => self.lock().cache.find(keyspace, key),
            _ => None,
        };
        known.ok_or_else(|| error.context(format!("key \"{}\"", printable(key))))
    }

    /// Notes the end of a read of a key; `note` does so too where it succeeded.
    pub(super) fn finish_key(
        &self,
        issued: &mut Issued,
        key: &[u8],
        result: &Result<Option<Value>>,
        note: impl FnOnce(&mut State, &Option<Value>),
    ) -> Result<()> {
        let point = issued.point.take();
        self.finish(issued, result, |state, value| {
            state.spare_point = point.filter(|_| state.phase != Phase::Expired);
            state.tally.read_key(key, value);
            state.cache.keep(issued.keyspace, key, value);
            state.note_read(key, value);
            if !issued.snapshot && !state.options.ryw_disabled {
                state.add_read_key(issued.keyspace, key);
            }
            note(state, value);
        })
    }

    /// The same for the read of a watched value, whose failure is the watch's alone (rule WATCH-2).
    pub(super) fn finish_watch(
        &self,
        issued: &mut Issued,
        key: &[u8],
        result: &Result<Option<Value>>,
        note: impl FnOnce(&mut State, &Option<Value>),
    ) -> Result<()> {
        if result.is_ok() {
            return self.finish_key(issued, key, result, note);
        }
        self.finish(issued, &Ok(()), |_, ()| {})
    }

    /// A value with the transaction's own operations on it (rule RYW-3).
    pub(super) fn changed(&self, value: Option<Value>, change: Option<Box<Pending>>) -> Option<Value> {
        match change {
            None => value,
            Some(_) if is_on(Defect::SkipsOwnAtomics) => value,
            Some(change) => {
                let longest = self.service.options().value_size_limit;
                change.settle(value.as_deref(), None, longest).map(Value::Owned)
            }
        }
    }

    /// The read point; obtained now if there is none. Waits, if it must, without the lock.
    pub(super) fn read_point(&self) -> Result<Arc<ReadPoint>> {
        let issued = {
            let state = self.lock();
            if let Some(point) = &state.read_point {
                return Ok(point.clone());
            }
            (state.epoch, state.wanted())
        };
        self.obtain_point(issued.0, issued.1, Tier::Disk)
    }

    pub(super) fn point_of(&self, issued: &Issued, tier: Tier) -> Result<Arc<ReadPoint>> {
        match &issued.point {
            Some(point) => Ok(point.clone()),
            None => self.obtain_point(issued.epoch, issued.wanted, tier),
        }
    }

    pub(super) fn obtain_point(&self, epoch: u64, wanted: Wanted, tier: Tier) -> Result<Arc<ReadPoint>> {
        let found = match wanted.version {
            // The version may lie in the future.
            Some(_) if tier == Tier::Memory => return Err(Error::new(NOT_IN_MEMORY)),
            Some(version) => self.service.at(version)?,
            None if wanted.lock_aware => self.service.latest(tier)?,
            None => self.service.latest_unlocked(tier)?,
        };
        self.settle_point(epoch, found)
    }

    /// Notes where the transaction reads, unless that is known.
    fn settle_point(&self, epoch: u64, found: Arc<ReadPoint>) -> Result<Arc<ReadPoint>> {
        let mut state = self.lock();
        if state.epoch != epoch {
            return Err(was_reset());
        }
        // Another thread's read may have been first: all read at one version (rule VER-4).
        let point = state.read_point.get_or_insert(found).clone();
        if let (None, Some(readers)) = (&state.reading, self.service.readers()) {
            state.reading = Some(readers.note(point.version, *self.id.get_or_init(uuid::Uuid::new_v4)));
        }
        Ok(point)
    }

    pub(super) fn set_version(&self, version: i64) -> Result<()> {
        let mut state = self.usable()?;
        if version <= 0 {
            return Err(Error::new(Code::VERSION_INVALID).context(format!("read version {version}")));
        }
        if state.read_point.is_some() || state.wanted_version.is_some() || state.reads_running > 0 {
            return Err(Error::new(Code::READ_VERSION_ALREADY_SET));
        }
        state.wanted_version = Some(version);
        Ok(())
    }

    /// Notes the end of a read. Fails if the transaction was ended or reset meanwhile.
    pub(super) fn finish<T>(
        &self,
        issued: &Issued,
        result: &Result<T>,
        note: impl FnOnce(&mut State, &T),
    ) -> Result<()> {
        let mut state = self.lock();
        if state.epoch != issued.epoch {
            return Err(was_reset());
        }
        state.reads_running -= 1;
        match result {
            Ok(value) => note(&mut state, value),
            Err(error) => {
                state.read_error.get_or_insert(error.code());
                self.service.operations().failed(Failing::Read, error.code());
            }
        }
        let marked = state.check_mark();
        // Only a commit waits for reads; a needless wake-up costs a system call.
        let awaited = state.reads_running == 0 && state.phase == Phase::Committing;
        let commit = state.seldom().filter(|_| awaited).and_then(|seldom| seldom.after_reads.take());
        drop(state);
        if awaited {
            self.changed.notify_all();
        }
        if let Some(commit) = commit {
            commit();
        }
        marked
    }
}

/// What the transaction's own writes say of a key that may be read.
#[inline]
pub(super) fn look_at_own(state: &mut State, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Own> {
    if key.len() > state.options.bounds.longest_readable(key) {
        return Ok(Own::Known(None));
    }
    let Some(overlay) = state.visible(keyspace, snapshot) else {
        return Ok(Own::Stored(None));
    };
    if overlay.is_unreadable(key) && !state.options.values.bypass_unreadable {
        state.read_error.get_or_insert(Code::ACCESSED_UNREADABLE);
        return Err(unreadable().context(format!("key \"{}\"", printable(key))));
    }
    Ok(match overlay.get(key) {
        Known::Set(value) => Own::Known(Some(Value::Owned(value.to_vec()))),
        Known::Cleared => Own::Known(None),
        Known::Unwritten => Own::Stored(None),
        Known::Pending(pending) if pending.is_dependent() => Own::Stored(Some(Box::new(pending.clone()))),
        Known::Pending(pending) => {
            Own::Known(pending.settle(None, None, state.options.bounds.value_size).map(Value::Owned))
        }
    })
}

/// Notes that a read runs.
pub(super) fn issue(state: &mut State, keyspace: u32, snapshot: bool) -> Issued {
    state.reads_running += 1;
    state.has_read = true;
    Issued { epoch: state.epoch, keyspace, snapshot, point: state.lend_point(), wanted: state.wanted() }
}

/// Whether a read that was to stay in memory has to go on to the disk.
pub(super) fn is_on_disk<T>(result: &Result<T>) -> bool {
    matches!(result, Err(error) if error.code() == NOT_IN_MEMORY)
}

/// Tells an outcome at once.
pub(super) fn told<T>(done: Done<T>, outcome: Result<T>) -> Option<Arc<dyn plinth_api::Pending>> {
    done(outcome);
    None
}

pub(super) fn was_reset() -> Error {
    Error::new(Code::TRANSACTION_CANCELLED).context("the transaction was reset meanwhile")
}
