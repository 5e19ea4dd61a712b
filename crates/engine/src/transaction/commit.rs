//! Commit: from the transaction's side.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use plinth_api::key::{printable, successor};
use plinth_api::{Code, Conflict, Done, Error, Pending, Result};
use uuid::Uuid;

use super::calls::Call;
use super::read::told;
use super::state::{conflict_of, Stamped};
use super::{wants_sync, Phase, State, Transaction};
use crate::commit::{size, Outcome, Request};
use crate::metrics::{Failing, Operation};
use crate::service::{AsyncCommit, Service};

/// A commit under way, as its owner sees it.
struct Handle {
    call: Arc<Call<()>>,
    service: Arc<dyn Service>,
}

impl Pending for Handle {
    fn cancel(&self) {
        self.call.cancel();
    }

    fn help(&self) {
        self.service.help_commits();
    }
}

/// What a commit comes to.
enum Prepared {
    /// Nothing was written.
    ReadOnly,
    /// A request, for the pipeline.
    Write(Request),
}

impl Transaction {
    pub(super) fn run_commit(&self) -> Result<()> {
        let mut state = self.usable()?;
        state.phase = Phase::Committing;
        state.note_commit();
        let epoch = state.epoch;
        let began = state.has_written().then(Instant::now);
        state = self.wait_for_reads(state);
        match self.prepare_state(state, epoch) {
            Ok(Prepared::ReadOnly) => self.end_commit(epoch, Ok(None)),
            Ok(Prepared::Write(request)) => {
                let operation = Operation::commit(request.sync);
                let outcome = self.service.commit(request);
                self.took(operation, began);
                self.end_commit(epoch, Ok(Some(outcome)))
            }
            Err(error) => self.end_commit(epoch, Err(error)),
        }
    }

    /// A commit that does not wait: one that writes nothing ends at once, the others go to the
    /// executor when no read is running any more (rule COM-4).
    pub(super) fn run_commit_async(self: Arc<Self>, done: Done<()>, brief: bool) -> Option<Arc<dyn Pending>> {
        let mut state = match self.usable() {
            Ok(state) => state,
            Err(error) => return told(done, Err(error)),
        };
        state.phase = Phase::Committing;
        state.note_commit();
        let epoch = state.epoch;
        if state.reads_running == 0 && !state.has_written() {
            let prepared = self.prepare_state(state, epoch).map(|_| None);
            return told(done, self.end_commit(epoch, prepared));
        }
        let waits = state.reads_running > 0;
        let operation = Operation::commit(wants_sync(&state.options));
        drop(state);
        let done = self.noted(operation, Instant::now(), done);
        let call = Call::begin(&self, epoch, done);
        let handle = Arc::new(Handle { call: call.clone(), service: self.service.clone() });
        let send = {
            let transaction = self.clone();
            move || transaction.send_commit(epoch, call, brief)
        };
        if waits {
            let mut state = self.lock();
            // The last read may have ended, or the transaction been reset, since the look above.
            if state.reads_running > 0 && state.epoch == epoch {
                state.make_seldom().after_reads = Some(Box::new(send));
                return Some(handle);
            }
        }
        send();
        Some(handle)
    }

    fn send_commit(self: Arc<Self>, epoch: u64, call: Arc<Call<()>>, brief: bool) {
        let (preparing, ending) = (self.clone(), self.clone());
        // Nothing to write is no error: it only has nothing to send.
        let prepare = move || match preparing.prepare_state(preparing.lock(), epoch)? {
            Prepared::Write(request) => Ok(Some(request)),
            Prepared::ReadOnly => Ok(None),
        };
        let done = move |outcome: Result<Option<Outcome>>| call.complete(ending.end_commit(epoch, outcome));
        self.service.commit_async(AsyncCommit { prepare: Box::new(prepare), done: Box::new(done), brief });
    }

    /// Notes the outcome of a commit, and what it means for the transaction's watches.
    fn end_commit(&self, epoch: u64, outcome: Result<Option<Outcome>>) -> Result<()> {
        let (request, result) = match outcome {
            Ok(None) => (None, Ok(None)),
            Ok(Some((request, result))) => (Some(request), result.map(Some)),
            Err(error) => (None, Err(error)),
        };
        if let Err(error) = &result {
            self.service.commit_failed(error.code());
            self.service.operations().failed(Failing::Commit, error.code());
        }
        let mut state = self.lock();
        match (&request, &result) {
            (Some(request), _) => state.tally.count(Operation::commit(request.sync)),
            (None, Ok(_)) => state.tally.count(Operation::CommitReadOnly),
            (None, Err(_)) => {}
        }
        self.hand_in(&mut state);
        if state.epoch != epoch {
            let text = "the transaction was reset during its commit";
            return Err(Error::new(Code::TRANSACTION_CANCELLED).context(text));
        }
        state.phase = Phase::Finished;
        state.backoff.committed(result.as_ref().is_err_and(|error| error.code() == Code::NOT_COMMITTED));
        let mut conflict = None;
        if let Some(mut request) = request {
            if state.options.values.report_conflicting_keys && !request.hits.is_empty() {
                let seldom = state.make_seldom();
                seldom.hits = std::mem::take(&mut request.hits);
                seldom.winners = std::mem::take(&mut request.winners);
                conflict = state.conflict(0).map(|(keyspace, range, winner)| conflict_of(keyspace, range, winner));
            }
            state.sent = Some(Box::new(request));
        }
        let watches = state.take_watches();
        // A use during the commit, or a cancel, wins over its outcome (rules COM-3, RST-2).
        let marked = state.mark.map_or(Ok(()), |mark| Err(Error::new(mark)));
        match &result {
            Ok(Some(committed)) => {
                state.committed = committed.version;
                state.stamped = Stamped::Yes(committed.stamp());
            }
            Ok(None) => {
                state.committed = -1;
                state.stamped = Stamped::ReadOnly;
            }
            Err(_) => {}
        }
        let (stamps, stamp) = (state.take_stamps(), state.stamped);
        let code = state.mark.or(result.as_ref().err().map(Error::code)).map_or(0, Code::number);
        self.end_work(&mut state, code);
        drop(state);
        for call in stamps {
            call.complete(stamp.told());
        }
        // Rules WATCH-5 and WATCH-7.
        match &result {
            _ if watches.is_empty() => {}
            Ok(_) => self.service.activate(watches),
            Err(error) => self.end_watches(watches, Some(error.code())),
        }
        let result = match (result, conflict) {
            (Err(error), Some(conflict)) => Err(self.tell_conflict(error, &conflict)),
            (result, _) => result,
        };
        marked.and(result.map(|_| ()))
    }

    /// Whose commit it is, for those who conflict with it. One that asks who it conflicted with is told to others too.
    fn id_of_commit(&self, state: &State) -> Option<Uuid> {
        match state.options.values.report_conflicting_keys {
            true => Some(*self.id.get_or_init(Uuid::new_v4)),
            false => self.id.get().copied(),
        }
    }

    /// Says what a commit conflicted with, and adds it to the error's story.
    fn tell_conflict(&self, error: Error, conflict: &Conflict) -> Error {
        let by = conflict.id.as_deref().unwrap_or("unknown");
        let (name, id) = (self.service.identity().0, self.id.get().map(ToString::to_string));
        let Conflict { keyspace, version, .. } = *conflict;
        tracing::debug!(
            target: "plinth::conflict",
            database = name,
            transaction = id.as_deref().unwrap_or("unknown"),
            version,
            by,
            keyspace,
            key = crate::log::key(&conflict.begin).as_deref().unwrap_or("not asked for"),
            "a commit failed because what it read was written since",
        );
        let whose = conflict.id.as_deref().map_or_else(String::new, |id| format!(" by transaction {id}"));
        let key = printable(&conflict.begin);
        let what = if conflict.end == successor(&conflict.begin) { "key" } else { "the range from key" };
        error.context(format!("{what} \"{key}\" in keyspace number {keyspace} was written at version {version}{whose}"))
    }

    /// Rule COM-4: all reads that were started count.
    pub(super) fn wait_for_reads<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.reads_running == 0 {
            return state;
        }
        let epoch = state.epoch;
        // The reads may wait for the thread that this one is.
        self.service.executor().blocking(|| {
            while state.reads_running > 0 && state.epoch == epoch {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state
        })
    }

    /// Makes a request of what the state holds.
    fn prepare_state<'a>(&'a self, mut state: MutexGuard<'a, State>, epoch: u64) -> Result<Prepared> {
        if state.epoch != epoch {
            return Err(Error::new(Code::TRANSACTION_CANCELLED));
        }
        if let Some(code) = state.read_error {
            return Err(Error::new(code).context("an earlier read of the transaction failed"));
        }
        if !state.has_written() {
            return Ok(Prepared::ReadOnly);
        }
        if state.options.read_lock_aware && !state.options.lock_aware {
            return Err(Error::new(Code::TRANSACTION_READ_ONLY));
        }
        check_size(&mut state)?;
        state.merge_late_reads();
        let no_reads = state.reads.iter().all(|(_, set)| set.is_empty());
        let read_version = match (&state.read_point, state.wanted_version) {
            // Rule COM-6: it asks for no proof that its read version is not too old.
            (_, Some(_)) if no_reads && state.options.causal_write_risky => i64::MAX,
            (Some(point), _) => point.version,
            (None, wanted) => {
                drop(state);
                // Other commits may wait for this one to be made: it waits for no version.
                let point = match wanted {
                    Some(version) => self.service.at_once(version)?,
                    None => self.read_point()?,
                };
                state = self.lock();
                if state.epoch != epoch {
                    // What it holds now belongs to the transaction that a reset began.
                    return Err(Error::new(Code::TRANSACTION_CANCELLED));
                }
                // Fixed before queueing: a commit that is still to come may conflict (rule 3FS-9).
                // A version that nobody read at can't be too old, however long the commit queues.
                if no_reads && wanted.is_none() {
                    i64::MAX
                } else {
                    point.version
                }
            }
        };
        state.note_writes();
        let mut request = Request {
            read_version,
            reads: std::mem::take(&mut state.reads),
            writes: std::mem::take(&mut state.writes),
            overlays: std::mem::take(&mut state.overlays),
            clears: Vec::new(),
            sync: wants_sync(&state.options),
            report: state.options.values.report_conflicting_keys,
            lock_aware: state.options.lock_aware,
            hits: Vec::new(),
            winners: Vec::new(),
            id: self.id_of_commit(&state),
        };
        drop(state);
        self.service.prepare(&mut request)?;
        Ok(Prepared::Write(request))
    }
}

/// Rules LIM-4 and LIM-5. Ranges count after they are merged, which can only make them fewer, so
/// they are merged only if the transaction is too large otherwise.
fn check_size(state: &mut State) -> Result<()> {
    let limit = usize::try_from(state.options.values.size_limit).unwrap_or(usize::MAX);
    // What rule LIM-7 counts as the calls come is never below half of this: a clear counts for less there, by
    // the larger header that it has here, and an operation that ends as one, by its key at most.
    if !state.options.bounds.portable && state.approximate <= limit / 2 {
        return Ok(());
    }
    let mutations = match state.options.bounds.portable {
        false => size::of_mutations(&state.overlays),
        true => size::of_mutations_in_cluster(&state.overlays),
    };
    let writes = size::of_written(&state.overlays) + size::of_ranges(&state.writes);
    if mutations + writes + size::of_ranges(&state.reads) <= limit {
        return Ok(());
    }
    state.reads.iter_mut().for_each(|(_, set)| set.tidy());
    let writes = size::of_merged_writes(&state.writes, &state.overlays);
    let size = mutations + writes + size::of_ranges(&state.reads);
    if size <= limit {
        return Ok(());
    }
    Err(Error::new(Code::TRANSACTION_TOO_LARGE).context(format!("it has {size} bytes, allowed are {limit}")))
}
