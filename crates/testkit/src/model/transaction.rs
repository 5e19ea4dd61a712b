//! A transaction of the model: its state, and what its commit comes to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use plinth_api::{Code, DatabaseOptions, Error, Result};

use super::conflict::{ReadSpans, Span};
use super::database::Shared;
use super::lock;
use super::options::Options;
use super::stamp::{stamp, Stamp, StampedKey};
use super::state::{State, Write};
use super::view::View;

/// A transaction of a [`super::ModelDatabase`].
pub struct ModelTransaction {
    pub(super) shared: Arc<Shared>,
    pub(super) inner: Mutex<Inner>,
    /// Whether it searches for the ends of ranges that count keys.
    pub(super) searches: AtomicBool,
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
pub(super) struct Inner {
    pub options: Options,
    /// Whether it was used for a read (RYW-7).
    pub has_read: bool,
    /// The size so far, without that of the read conflicts (LIM-7).
    pub size: usize,
    pub read_version: Option<i64>,
    /// Whether the version is known to be good, so that nothing is checked.
    pub placed: bool,
    pub writes: Vec<Write>,
    /// Keys that wait for their versionstamp.
    pub stamped: Vec<StampedKey>,
    /// What can't be read because a stamp is missing (RYW-8).
    pub unreadable: Vec<Span>,
    pub reads: ReadSpans,
    pub write_spans: Vec<Span>,
    pub failed_read: Option<Code>,
    /// The terminal mark (TX-3).
    pub mark: Option<Code>,
    pub commit_started: bool,
    pub committed_version: i64,
    /// The stamp of the commit: `None` without a successful one, and none inside if it was
    /// read-only (COM-12).
    pub stamp: Option<Option<Stamp>>,
}

impl Inner {
    fn new(options: &DatabaseOptions) -> Self {
        Self {
            options: Options::new(options),
            has_read: false,
            size: 0,
            read_version: None,
            placed: false,
            writes: Vec::new(),
            stamped: Vec::new(),
            unreadable: Vec::new(),
            reads: ReadSpans::default(),
            write_spans: Vec::new(),
            failed_read: None,
            mark: None,
            commit_started: false,
            committed_version: -1,
            stamp: None,
        }
    }

    /// The error of a read that came to a missing stamp; the commit fails with it too (COM-4).
    pub fn refuse_unreadable(&mut self) -> Error {
        self.failed_read = self.failed_read.or(Some(Code::ACCESSED_UNREADABLE));
        Error::new(Code::ACCESSED_UNREADABLE)
    }

    /// What every call but a few does first (TX-3 and COM-3).
    pub fn enter(&mut self) -> Result<()> {
        if self.commit_started && self.mark.is_none() {
            self.mark = Some(Code::USED_DURING_COMMIT);
        }
        self.mark.map_or(Ok(()), |code| Err(code.into()))
    }

    /// What every write does first: whether it adds no write conflict range. That is used up even
    /// if the write fails (CONF-11).
    pub fn enter_write(&mut self) -> Result<bool> {
        self.enter()?;
        Ok(std::mem::take(&mut self.options.quiet))
    }

    /// The ranges the transaction set or cleared itself; dependent operations are not among them
    /// (CONF-3), nor is anything if own writes are not seen (CONF-9).
    pub fn own(&self) -> Vec<Span> {
        if self.options.ryw_disabled {
            return Vec::new();
        }
        self.writes.iter().filter(|write| write.is_independent()).map(Write::span).collect()
    }

    /// Back to new (RST-1); the last commit version stays (COM-10).
    pub fn reset(&mut self, options: &DatabaseOptions) {
        *self = Inner { committed_version: self.committed_version, ..Inner::new(options) };
    }

    pub fn is_read_only(&self) -> bool {
        self.writes.is_empty() && self.stamped.is_empty() && self.write_spans.is_empty()
    }

    /// What a commit with this stamp writes: versionstamped keys after all the rest (COM-9).
    fn settled(&self, stamp: &Stamp) -> (Vec<Write>, Vec<Span>) {
        let keys: Vec<Write> = self.stamped.iter().map(|key| key.write(stamp)).collect();
        let spans = self.write_spans.iter().cloned().chain(keys.iter().map(Write::span)).collect();
        let writes = self.writes.iter().map(|write| write.stamped(stamp)).chain(keys).collect();
        (writes, spans)
    }

    /// Makes a range readable and drops the versionstamped keys in it (RYW-9 and VST-5).
    pub fn uncover(&mut self, span: &Span) {
        self.unreadable = self.unreadable.drain(..).flat_map(|hidden| hidden.without(span)).collect();
        self.stamped.retain(|key| !key.is_in(span));
    }

    fn end_read_only(&mut self) {
        self.committed_version = -1;
        self.stamp = Some(None);
    }

    /// The commit's work.
    fn write(&mut self, state: &mut State, version: i64, stamp: Stamp) {
        self.read_version.get_or_insert(state.newest());
        self.committed_version = version;
        self.stamp = Some(Some(stamp));
        let (writes, spans) = self.settled(&stamp);
        state.apply(version, &writes, spans);
    }
}

impl ModelTransaction {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        shared.live.fetch_add(1, Ordering::Relaxed);
        let inner = Mutex::new(Inner::new(&shared.current()));
        Self { shared, inner, searches: AtomicBool::new(false) }
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
    pub(super) fn view(&self, state: &State, inner: &mut Inner, keyspace: u32, snapshot: bool) -> Result<View> {
        let version = *inner.read_version.get_or_insert_with(|| state.newest());
        if let Err(code) = self.readable(state, inner, version) {
            inner.failed_read = inner.failed_read.or(Some(code));
            return Err(code.into());
        }
        let (map, max) = (state.at(version, keyspace), inner.options.max_read());
        if !inner.options.sees_own(snapshot) {
            return Ok(View::new(map, keyspace, &[], max));
        }
        Ok(View::new(map, keyspace, &inner.writes, max).hiding(keyspace, &inner.unreadable))
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
        if inner.options.is_read_only() {
            return Verdict::Fails(Code::TRANSACTION_READ_ONLY);
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

    /// Ends the transaction as the database that is followed did: with the version and the stamp
    /// of its commit, none for a read-only one, or `None` if it failed.
    pub(crate) fn follow(&self, outcome: Option<Option<(i64, Stamp)>>) {
        let mut state = lock(&self.shared.state);
        let mut inner = lock(&self.inner);
        inner.commit_started = true;
        match outcome {
            None => {}
            Some(None) => inner.end_read_only(),
            Some(Some((version, stamp))) => inner.write(&mut state, version, stamp),
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
            Verdict::ReadOnly => inner.end_read_only(),
            Verdict::Commit | Verdict::MayConflict => self.write(&mut state, &mut inner),
        }
        Ok(())
    }

    fn write(&self, state: &mut State, inner: &mut Inner) {
        let version = self.shared.next_version(state);
        inner.write(state, version, stamp(version, 0));
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes over the read version that the database gave.
    pub(crate) fn adopt_version(&self, version: i64) {
        lock(&self.inner).read_version = Some(version);
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
        let inner = lock(&self.inner);
        !inner.writes.is_empty() || !inner.stamped.is_empty()
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

    /// What a commit with this stamp writes, and its write conflict ranges.
    pub(crate) fn settled(&self, stamp: &Stamp) -> (Vec<Write>, Vec<Span>) {
        lock(&self.inner).settled(stamp)
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

    /// Whether every key can be read.
    pub(crate) fn hides_nothing(&self) -> bool {
        lock(&self.inner).unreadable.is_empty()
    }

    /// Makes all keys readable, for engines that are broken on purpose.
    pub(crate) fn uncover_all(&self) {
        lock(&self.inner).unreadable.clear();
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
