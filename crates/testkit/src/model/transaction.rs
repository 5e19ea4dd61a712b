//! A transaction of the model: its state, and what its commit comes to.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use plinth_api::{Code, Error, Result};

use super::conflict::{ReadSpans, Span};
use super::database::Shared;
use super::lock;
use super::state::{State, Write};
use super::view::View;

/// A transaction of a [`super::ModelDatabase`].
pub struct ModelTransaction {
    pub(super) shared: Arc<Shared>,
    pub(super) inner: Mutex<Inner>,
}

/// What a commit must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It succeeds and has no version (COM-1).
    ReadOnly,
    /// It succeeds.
    Commit,
    /// It succeeds, or conflicts in a range wider than needed (FREE-4).
    MayConflict,
    /// It fails with 1020.
    Conflict,
    /// It fails with this code.
    Fails(Code),
}

/// The state of one transaction.
#[derive(Default)]
pub(super) struct Inner {
    pub read_version: Option<i64>,
    /// Whether the version is known to be good, so that nothing is checked.
    pub placed: bool,
    pub writes: Vec<Write>,
    pub reads: ReadSpans,
    pub write_spans: Vec<Span>,
    pub failed_read: Option<Code>,
    /// The terminal mark (TX-3).
    pub mark: Option<Code>,
    pub commit_started: bool,
    pub committed_version: i64,
}

impl Inner {
    /// What every call but a few does first (TX-3 and COM-3).
    pub fn enter(&mut self) -> Result<()> {
        if self.commit_started && self.mark.is_none() {
            self.mark = Some(Code::USED_DURING_COMMIT);
        }
        self.mark.map_or(Ok(()), |code| Err(code.into()))
    }

    /// The ranges the transaction set or cleared itself (CONF-3).
    pub fn own(&self) -> Vec<Span> {
        self.writes.iter().map(Write::span).collect()
    }

    /// Back to new (RST-1); the last commit version stays (COM-10).
    pub fn reset(&mut self) {
        *self = Inner { committed_version: self.committed_version, ..Inner::default() };
    }

    fn is_read_only(&self) -> bool {
        self.writes.is_empty() && self.write_spans.is_empty()
    }
}

impl ModelTransaction {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        shared.live.fetch_add(1, Ordering::Relaxed);
        let inner = Inner { committed_version: -1, ..Inner::default() };
        Self { shared, inner: Mutex::new(inner) }
    }

    /// Locks the database, then the transaction: the order everywhere.
    pub(super) fn with<T>(&self, body: impl FnOnce(&mut State, &mut Inner) -> Result<T>) -> Result<T> {
        let mut state = lock(&self.shared.state);
        if state.closed {
            return Err(Code::DATABASE_CLOSED.into());
        }
        body(&mut state, &mut lock(&self.inner))
    }

    /// The view a read works on; the read version is obtained if there is none (VER-4).
    pub(super) fn view(&self, state: &State, inner: &mut Inner, keyspace: u32) -> Result<View> {
        let version = *inner.read_version.get_or_insert_with(|| state.newest());
        if let Err(code) = self.readable(state, inner, version) {
            inner.failed_read = inner.failed_read.or(Some(code));
            return Err(code.into());
        }
        Ok(View::new(state.at(version, keyspace), keyspace, &inner.writes))
    }

    /// Whether the version lies in the window (VER-6 and VER-8).
    fn readable(&self, state: &State, inner: &Inner, version: i64) -> std::result::Result<(), Code> {
        if inner.placed {
            return Ok(());
        }
        if version < self.shared.floor(state) {
            return Err(Code::TRANSACTION_TOO_OLD);
        }
        if version > state.newest().max(state.seen) {
            return Err(Code::FUTURE_VERSION);
        }
        Ok(())
    }

    /// What a commit at this moment must come to (COM-1 to COM-7, CONF-15).
    pub fn verdict(&self) -> Verdict {
        let state = lock(&self.shared.state);
        self.judge(&state, &lock(&self.inner))
    }

    fn judge(&self, state: &State, inner: &Inner) -> Verdict {
        if let Some(code) = inner.failed_read {
            return Verdict::Fails(code);
        }
        if dropped_keyspace(state, inner) {
            return Verdict::Fails(Code::KEYSPACE_DROPPED);
        }
        if inner.is_read_only() {
            return Verdict::ReadOnly;
        }
        let version = inner.read_version.unwrap_or_else(|| state.newest());
        if let Err(code) = self.readable(state, inner, version) {
            return Verdict::Fails(code);
        }
        let conflicts = |spans: &[Span]| state.conflict_after(version, spans).is_some();
        match (conflicts(&inner.reads.required), conflicts(&inner.reads.allowed)) {
            (true, _) => Verdict::Conflict,
            (false, true) => Verdict::MayConflict,
            (false, false) => Verdict::Commit,
        }
    }

    /// Ends the transaction as the database that is followed did: with the version of its
    /// commit, -1 for a read-only one, or `None` if it failed.
    pub fn follow(&self, outcome: Option<i64>) {
        let mut state = lock(&self.shared.state);
        let mut inner = lock(&self.inner);
        inner.commit_started = true;
        let Some(version) = outcome else { return };
        inner.committed_version = version;
        if version != -1 {
            inner.read_version.get_or_insert(state.newest());
            state.apply(version, &inner.writes, inner.write_spans.clone());
        }
    }

    /// Commits by the model's own judgement.
    pub(super) fn commit_now(&self) -> Result<()> {
        let mut state = lock(&self.shared.state);
        if state.closed {
            return Err(Code::DATABASE_CLOSED.into());
        }
        let mut inner = lock(&self.inner);
        inner.enter()?;
        inner.commit_started = true;
        match self.judge(&state, &inner) {
            Verdict::Fails(code) => return Err(code.into()),
            Verdict::Conflict => {
                self.shared.conflicts.fetch_add(1, Ordering::Relaxed);
                return Err(Code::NOT_COMMITTED.into());
            }
            Verdict::ReadOnly => inner.committed_version = -1,
            Verdict::Commit | Verdict::MayConflict => self.write(&mut state, &mut inner),
        }
        Ok(())
    }

    fn write(&self, state: &mut State, inner: &mut Inner) {
        inner.read_version.get_or_insert(state.newest());
        inner.committed_version = self.shared.next_version(state);
        state.apply(inner.committed_version, &inner.writes, inner.write_spans.clone());
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts the transaction at a version that needs no check.
    pub(super) fn place_at(&self, version: i64) {
        let mut inner = lock(&self.inner);
        inner.read_version = Some(version);
        inner.placed = true;
    }

    /// The read version if there is one.
    pub(crate) fn version(&self) -> Option<i64> {
        lock(&self.inner).read_version
    }

    /// Whether the transaction wrote anything.
    pub(crate) fn has_writes(&self) -> bool {
        !lock(&self.inner).writes.is_empty()
    }

    /// Whether it takes calls: no mark, and no commit yet.
    pub(crate) fn is_active(&self) -> bool {
        let inner = lock(&self.inner);
        inner.mark.is_none() && !inner.commit_started
    }

    /// Its read conflict ranges.
    pub(crate) fn reads(&self) -> ReadSpans {
        lock(&self.inner).reads.clone()
    }

    /// Its write conflict ranges.
    pub(crate) fn write_spans(&self) -> Vec<Span> {
        lock(&self.inner).write_spans.clone()
    }

    /// Its mutations in order.
    pub(crate) fn writes(&self) -> Vec<Write> {
        lock(&self.inner).writes.clone()
    }

    /// Changes its mutations behind its back, for engines that are broken on purpose.
    pub(crate) fn tamper(&self, change: impl FnOnce(&mut Vec<Write>)) {
        change(&mut lock(&self.inner).writes);
    }

    /// Moves it to the newest version, for engines that are broken on purpose.
    pub(crate) fn move_to_newest(&self) {
        let newest = lock(&self.shared.state).newest();
        lock(&self.inner).read_version = Some(newest);
    }
}

impl Drop for ModelTransaction {
    fn drop(&mut self) {
        self.shared.live.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Checks a keyspace's number.
pub(super) fn check_keyspace(state: &State, keyspace: u32) -> Result<()> {
    match state.keyspaces.get(keyspace as usize) {
        None => Err(Error::new(Code::KEYSPACE_NOT_FOUND)),
        Some(known) if known.dropped => Err(Error::new(Code::KEYSPACE_DROPPED)),
        Some(_) => Ok(()),
    }
}

fn dropped_keyspace(state: &State, inner: &Inner) -> bool {
    let used = inner.reads.required.iter().chain(&inner.write_spans);
    used.map(|span| span.keyspace as usize).any(|index| state.keyspaces[index].dropped)
}
