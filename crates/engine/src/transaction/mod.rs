//! One user's view of the database: reads at one version, own writes on top, commit and retry.
//!
//! Any thread may call anything at any time (rule TX-2). The lock is taken for short looks and
//! notes only; see `state`.

mod backoff;
mod cache;
mod calls;
mod commit;
mod estimate;
mod idle;
mod many;
mod option;
mod read;
mod retry;
mod slow;
mod special;
mod stamp;
mod state;
mod timed;
mod walk;
mod watch;
mod write;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use plinth_api::{
    Code, Conflict, Done, Durability, EntryMapper, Error, KeySelector, MappedResult, Mutation, Pending, RangeOptions,
    RangeResult, Result, Soon, TransactionInfo, TransactionOption, Value,
};
use uuid::Uuid;

use crate::metrics::Operation;
use crate::service::Service;
use backoff::Backoff;
pub use idle::Idle;
use read::{told, KeySoon};
use state::{Abandoned, Options, Phase, Stamped, State};

/// A transaction.
pub struct Transaction {
    service: Arc<dyn Service>,
    state: Mutex<State>,
    /// Signalled when a read ends while a commit waits for it, and when a wait in `on_error` is
    /// to end.
    changed: Condvar,
    id: OnceLock<Uuid>,
    /// Whether it has ended, and waits to begin again.
    is_idle: bool,
}

impl Transaction {
    fn new(service: Arc<dyn Service>) -> Self {
        let state = Mutex::new(State::new(Options::new(&*service)));
        Self { service, state, changed: Condvar::new(), id: OnceLock::new(), is_idle: false }
    }

    /// Begins a transaction, with one that has ended if there is one.
    pub fn begin<S: Service + 'static>(service: &Arc<S>) -> Arc<Self> {
        if let Some(mut idle) = service.idle().take() {
            // Whoever put it there may still be about to let go of it.
            if let Some(own) = Arc::get_mut(&mut idle) {
                own.renew();
                return idle;
            }
        }
        Arc::new(Self::new(service.clone()))
    }

    /// Begins with one that rested.
    fn renew(&mut self) {
        let options = self.defaults();
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner).renew(options);
        self.id = OnceLock::new();
        self.is_idle = false;
    }

    /// Ends it, and keeps it for one that begins unless a call under way still has it.
    fn rest(mut self: Arc<Self>) {
        let Some(own) = Arc::get_mut(&mut self) else {
            return plinth_api::Transaction::abandon(&*self);
        };
        own.conclude();
        own.is_idle = true;
        // What a panic left behind is not used again.
        let Ok(state) = own.state.get_mut() else {
            return;
        };
        state.rest();
        let same = self.clone();
        same.service.idle().keep(self);
    }

    /// What an end means for others.
    fn conclude(&mut self) {
        self.tell_slow_at_last();
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        debug_assert!(!state.has_calls(), "a call under way holds its transaction");
        if let Some(seldom) = state.seldom() {
            let (timer, watches) = (seldom.timer.take(), std::mem::take(&mut seldom.watches));
            if let Some(timer) = timer {
                self.service.executor().cancel(timer);
            }
            self.end_watches(watches, Some(Code::TRANSACTION_CANCELLED));
        }
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.service.operations().hand_in(&mut state.tally);
        let reserved = std::mem::take(&mut state.reserved);
        if reserved > 0 {
            self.service.release(reserved);
        }
        self.service.ended();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The options a transaction begins with.
    fn defaults(&self) -> Options {
        Options::new(&*self.service)
    }

    /// The state of an open, usable transaction.
    fn usable(&self) -> Result<MutexGuard<'_, State>> {
        self.service.check_open()?;
        let mut state = self.lock();
        match state.check_usable() {
            Ok(()) => Ok(state),
            Err(error) => Err(Self::unusable(state, error)),
        }
    }

    /// Ends what is under way if the transaction has a mark, which may be new (rule TX-3).
    #[cold]
    fn unusable(mut state: MutexGuard<'_, State>, error: Error) -> Error {
        if let (true, Some(mark)) = (state.has_calls(), state.mark) {
            let calls = state.take_calls();
            drop(state);
            calls.abort(mark);
        }
        error
    }

    /// Ends what is under way when the time is up, on a thread of the executor.
    fn watch_deadline(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let Some(deadline) = state.deadline() else {
            return;
        };
        if state.seldom().is_some_and(|seldom| seldom.timer.is_some()) {
            return;
        }
        let weak = Arc::downgrade(self);
        let expire = move || {
            let Some(transaction) = weak.upgrade() else {
                return;
            };
            let mut state = transaction.lock();
            state.make_seldom().timer = None;
            match state.check_mark() {
                Err(error) => {
                    let calls = state.take_calls();
                    drop(state);
                    calls.abort(error.code());
                    transaction.changed.notify_all();
                }
                // The time was extended meanwhile.
                Ok(()) if state.has_calls() => transaction.watch_deadline(state),
                Ok(()) => {}
            }
        };
        // Not under the lock: the executor may run the job at once.
        drop(state);
        let timer = self.service.executor().at(deadline, Box::new(expire));
        let mut state = self.lock();
        let superseded = state.make_seldom().timer.replace(timer);
        drop(state);
        if let Some(superseded) = superseded {
            self.service.executor().cancel(superseded);
        }
    }

    /// Has everything that waits look at a new timeout.
    fn deadline_changed(&self, mut state: MutexGuard<'_, State>) {
        let (timer, owner) = match state.seldom() {
            Some(seldom) => (seldom.timer.take(), seldom.calls.owner()),
            None => (None, None),
        };
        match owner {
            Some(owner) => owner.watch_deadline(state),
            None => drop(state),
        }
        if let Some(timer) = timer {
            self.service.executor().cancel(timer);
        }
        self.changed.notify_all();
    }

    /// Tells those who waited for something that a reset, or the end, took away.
    fn tell_abandoned(&self, abandoned: Abandoned, code: Code) {
        abandoned.calls.abort(code);
        self.end_watches(abandoned.watches, Some(code));
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.is_idle {
            self.conclude();
        }
    }
}

impl plinth_api::Transaction for Transaction {
    fn get(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        self.timed(Operation::get(snapshot), || self.read_key(keyspace, key, snapshot))
    }

    fn get_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Value>>> {
        self.timed(Operation::GetMany, || self.read_many(keyspace, keys, snapshot))
    }

    fn get_key(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        self.timed(Operation::GetKey, || self.read_selector(keyspace, selector, snapshot))
    }

    fn get_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        self.timed(Operation::GetRange, || self.read_range(None, keyspace, begin, end, options))
    }

    fn get_range_in(
        &self,
        life: u64,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        self.timed(Operation::GetRange, || self.read_range(Some(life), keyspace, begin, end, options))
    }

    fn set(&self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
        self.write_set(keyspace, key, value)
    }

    fn clear(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        self.write_clear(keyspace, key)
    }

    fn clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.write_clear_range(keyspace, begin, end)
    }

    fn atomic_op(&self, keyspace: u32, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        self.write_atomic(keyspace, mutation, key, operand)
    }

    fn refuse_write(&self, error: Error) -> Error {
        self.writable().err().unwrap_or(error)
    }

    fn add_read_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.note_read_conflict(keyspace, begin, end)
    }

    fn add_write_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.note_write_conflict(keyspace, begin, end)
    }

    fn read_version(&self) -> Result<i64> {
        self.service.check_open()?;
        let mut state = self.lock();
        state.check_mark()?;
        state.tally.count(Operation::ReadVersion);
        drop(state);
        self.timed(Operation::ReadVersion, || Ok(self.read_point()?.version))
    }

    fn set_read_version(&self, version: i64) -> Result<()> {
        self.set_version(version)
    }

    fn commit(&self) -> Result<()> {
        self.run_commit()
    }

    fn committed_version(&self) -> i64 {
        self.lock().committed
    }

    fn versionstamp(&self) -> Result<[u8; 10]> {
        self.lock().stamped.told()
    }

    fn approximate_size(&self) -> Result<i64> {
        Ok(i64::try_from(self.lock().approximate).unwrap_or(i64::MAX))
    }

    fn estimated_range_size(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<i64> {
        self.estimate(keyspace, begin, end)
    }

    fn split_points(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk_size: i64) -> Result<Vec<Vec<u8>>> {
        self.split(keyspace, begin, end, chunk_size)
    }

    fn on_error(&self, error: Error) -> Result<()> {
        self.retry_after(error)
    }

    fn reset(&self) -> Result<()> {
        self.service.check_open()?;
        let mut state = self.lock();
        self.tell_if_slow(&mut state);
        let abandoned = state.forget();
        state.options = self.defaults();
        state.retries = 0;
        state.backoff = Backoff::new();
        state.started = std::time::Instant::now();
        state.begin_work();
        self.give_back(&mut state);
        self.hand_in(&mut state);
        drop(state);
        self.changed.notify_all();
        self.tell_abandoned(abandoned, Code::TRANSACTION_CANCELLED);
        Ok(())
    }

    fn life(&self) -> u64 {
        self.lock().epoch
    }

    fn cancel(&self) -> Result<()> {
        let mut state = self.lock();
        let mark = *state.mark.get_or_insert(Code::TRANSACTION_CANCELLED);
        let calls = state.take_calls();
        drop(state);
        self.changed.notify_all();
        calls.abort(mark);
        Ok(())
    }

    fn abandon(&self) {
        let mut state = self.lock();
        if state.seldom().is_none() {
            // It has nothing pending.
            return;
        }
        let abandoned = state.abandon();
        drop(state);
        self.tell_abandoned(abandoned, Code::TRANSACTION_CANCELLED);
    }

    fn end(self: Arc<Self>) {
        self.rest();
    }

    fn expire(&self) -> Result<()> {
        let mut state = self.lock();
        let (age_ms, version) = (state.started.elapsed().as_millis() as u64, state.read_point.as_ref());
        let read_version = version.map_or(0, |point| point.version);
        if !state.expire() {
            return Err(Error::new(Code::USED_DURING_COMMIT).context("its commit was called"));
        }
        drop(state);
        let (name, id) = (self.service.identity().0, *self.id.get_or_init(Uuid::new_v4));
        tracing::info!(
            target: "plinth::versions",
            database = name,
            transaction = %id,
            age_ms,
            read_version,
            "a transaction was expired",
        );
        Ok(())
    }

    fn conflict(&self, index: usize) -> Result<Option<Conflict>> {
        let state = self.lock();
        Ok(state.conflict(index).map(|(keyspace, range, winner)| state::conflict_of(keyspace, range, winner)))
    }

    fn describe(&self) -> TransactionInfo {
        let state = self.lock();
        TransactionInfo {
            id: self.id.get_or_init(Uuid::new_v4).to_string(),
            pid: std::process::id(),
            read_version: state.read_point.as_ref().map_or(0, |point| point.version),
            age: state.started.elapsed(),
            bytes: state.used as u64,
            retries: u64::try_from(state.retries).unwrap_or(0),
        }
    }

    fn set_option(&self, option: TransactionOption) -> Result<()> {
        self.change_option(option)
    }

    fn watch(self: Arc<Self>, keyspace: u32, key: &[u8], done: Done<()>) -> Option<Arc<dyn Pending>> {
        self.run_watch(keyspace, key, done)
    }

    fn versionstamp_async(self: Arc<Self>, done: Done<[u8; 10]>) -> Option<Arc<dyn Pending>> {
        self.await_stamp(done)
    }

    fn check_usable(&self) -> Result<()> {
        self.usable().map(drop)
    }

    fn defer(&self, work: Box<dyn FnOnce() + Send>) {
        self.service.executor().submit(work);
    }

    fn read_version_async(self: Arc<Self>, done: Done<i64>) -> Option<Arc<dyn Pending>> {
        let done = self.timed_done(Operation::ReadVersion, done);
        self.tell_version(done)
    }

    fn get_async(
        self: Arc<Self>,
        keyspace: u32,
        key: &[u8],
        snapshot: bool,
        done: Done<Option<Value>>,
    ) -> Option<Arc<dyn Pending>> {
        let done = self.timed_done(Operation::get(snapshot), done);
        match self.read_key_soon(keyspace, key, snapshot) {
            KeySoon::Known(outcome) => told(done, outcome),
            KeySoon::OnDisk(issued, change) => self.read_key_on_disk((issued, change), key, done),
        }
    }

    fn get_soon(
        self: Arc<Self>,
        keyspace: u32,
        key: &[u8],
        snapshot: bool,
        done: &mut dyn FnMut() -> Done<Option<Value>>,
    ) -> Soon<Option<Value>> {
        let operation = Operation::get(snapshot);
        let began = timed::begin(operation);
        match self.read_key_soon(keyspace, key, snapshot) {
            KeySoon::Known(outcome) => {
                self.took(operation, began);
                Soon::Known(outcome)
            }
            KeySoon::OnDisk(issued, change) => {
                let done = self.noted_from(operation, began, done());
                Soon::Asked(self.read_key_on_disk((issued, change), key, done))
            }
        }
    }

    fn get_many_async(
        self: Arc<Self>,
        keyspace: u32,
        keys: &[&[u8]],
        snapshot: bool,
        done: Done<Vec<Option<Value>>>,
    ) -> Option<Arc<dyn Pending>> {
        let done = self.timed_done(Operation::GetMany, done);
        self.read_many_async(keyspace, keys, snapshot, done)
    }

    fn get_key_async(
        self: Arc<Self>,
        keyspace: u32,
        selector: KeySelector,
        snapshot: bool,
        done: Done<Vec<u8>>,
    ) -> Option<Arc<dyn Pending>> {
        let done = self.timed_done(Operation::GetKey, done);
        self.read_selector_async(keyspace, selector, snapshot, done)
    }

    fn get_range_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
        done: Done<RangeResult>,
    ) -> Option<Arc<dyn Pending>> {
        let done = self.timed_done(Operation::GetRange, done);
        self.read_range_async(keyspace, begin, end, options, done)
    }

    fn get_mapped_range_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        mapper: EntryMapper,
        options: RangeOptions,
        done: Done<MappedResult>,
    ) -> Option<Arc<dyn Pending>> {
        let done = self.timed_done(Operation::GetMappedRange, done);
        self.read_mapped_async(keyspace, (begin, end), mapper, options, done)
    }

    fn estimated_range_size_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        done: Done<i64>,
    ) -> Option<Arc<dyn Pending>> {
        self.estimate_async(keyspace, begin, end, done)
    }

    fn split_points_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        chunk_size: i64,
        done: Done<Vec<Vec<u8>>>,
    ) -> Option<Arc<dyn Pending>> {
        self.split_async(keyspace, (begin, end), chunk_size, done)
    }

    fn commit_async(self: Arc<Self>, done: Done<()>, brief: bool) -> Option<Arc<dyn Pending>> {
        self.run_commit_async(done, brief)
    }

    fn on_error_async(self: Arc<Self>, error: Error, done: Done<()>) -> Option<Arc<dyn Pending>> {
        self.retry_after_async(error, done)
    }

    fn id(&self) -> Result<String> {
        Ok(self.id.get_or_init(Uuid::new_v4).to_string())
    }

    fn known_id(&self) -> Option<String> {
        self.id.get().map(Uuid::to_string)
    }
}

/// Whether a commit has to be on disk before it is acknowledged.
fn wants_sync(options: &Options) -> bool {
    options.durability == Durability::Sync
}
