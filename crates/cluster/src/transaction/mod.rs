//! A transaction of a cluster: the library's own, and what is known of it here.

mod commit;
mod read;
mod special;
mod state;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use plinth_api::limits::check_order;
use plinth_api::{
    Code, Conflict, Done, Error, KeyRange, KeySelector, Mutation, Pending, RangeOptions, RangeResult, Result,
    TransactionOption, Value,
};
use uuid::Uuid;

use crate::call::Kind;
use crate::catalogue;
use crate::database::Shared;
use crate::fdb::{Future, TransactionHandle};
use crate::pool;
use crate::space::Space;
use read::told;
use state::{State, Touched};

/// A transaction.
pub struct Transaction {
    database: Arc<Shared>,
    handle: TransactionHandle,
    state: Mutex<State>,
    id: OnceLock<Uuid>,
}

impl Transaction {
    /// A transaction over one of the library.
    pub fn new(database: Arc<Shared>, handle: TransactionHandle) -> Self {
        let state = Mutex::new(State::new(&database.options, database.defaults()));
        Self { database, handle, state, id: OnceLock::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of an open, usable transaction.
    fn usable(&self) -> Result<MutexGuard<'_, State>> {
        self.database.check_open()?;
        let mut state = self.lock();
        state.check_usable()?;
        Ok(state)
    }

    /// Has the record of a keyspace read, once: a commit of writes depends on it. The default one has none.
    #[inline]
    fn touch(&self, state: &mut State, keyspace: u32) {
        if keyspace != 0 {
            self.touch_other(state, keyspace);
        }
    }

    fn touch_other(&self, state: &mut State, keyspace: u32) {
        let known = state.touched.iter_mut().find(|touched| touched.keyspace == keyspace);
        if known.as_ref().is_some_and(|touched| touched.record.is_some()) {
            return;
        }
        let record = Some(Arc::new(self.handle.get(&catalogue::by_number(keyspace), false)));
        match known {
            Some(touched) => touched.record = record,
            None => state.touched.push(Touched { keyspace, record }),
        }
        state.versioned = true;
    }

    /// A call that failed because its database was closed.
    fn closed_or(&self, error: Error) -> Error {
        self.database.check_open().err().unwrap_or(error)
    }

    fn on_future<T: Send + 'static>(
        &self,
        kind: Kind,
        future: Future,
        done: Done<T>,
        convert: impl FnOnce(Result<()>, Arc<Future>) -> Result<T> + Send + 'static,
    ) -> Option<Arc<dyn Pending>> {
        self.lock().has_calls = true;
        self.database.calls.on_future(kind, future, done, convert)
    }

    fn on_a_thread<T: Send + 'static>(
        self: Arc<Self>,
        kind: Kind,
        done: Done<T>,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Option<Arc<dyn Pending>> {
        self.lock().has_calls = true;
        let calls = self.database.calls.clone();
        calls.on_thread(kind, done, move || work(&self))
    }

    fn run_watch(&self, keyspace: u32, key: &[u8], done: Done<()>) -> Option<Arc<dyn Pending>> {
        let future = match self.issue_watch(keyspace, key) {
            Ok(future) => future,
            Err(error) => return told(done, Err(error)),
        };
        let database = self.database.clone();
        self.on_future(Kind::Watch(keyspace), future, done, move |outcome, _| {
            database.check_keyspace(keyspace)?;
            outcome
        })
    }

    fn issue_watch(&self, keyspace: u32, key: &[u8]) -> Result<Future> {
        let mut state = self.usable()?;
        if state.ryw_disabled {
            return Err(Error::new(Code::WATCHES_DISABLED));
        }
        state.bounds.check_read_key(key)?;
        state.bounds.check_key_size(key)?;
        self.database.check_keyspace(keyspace)?;
        let space = Space::of(keyspace);
        space.check_key(key)?;
        space.check_length(key)?;
        state.note_read();
        self.touch(&mut state, keyspace);
        drop(state);
        Ok(self.handle.watch(&space.key(key)))
    }

    /// The range of the cluster whose size is asked for; `None` if it is empty.
    fn sized(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<Option<KeyRange>> {
        check_order(begin, end)?;
        let state = self.usable()?;
        self.database.check_keyspace(keyspace)?;
        Ok(Space::of(keyspace).ranges(begin, end, state.bounds.max_read).into_iter().next())
    }

    fn issue_estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<Option<Future>> {
        let sized = self.sized(keyspace, begin, end)?;
        Ok(sized.map(|range| self.handle.estimated_size(&range.begin, &range.end)))
    }

    fn issue_split(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk: i64) -> Result<Option<Future>> {
        check_order(begin, end)?;
        self.usable()?.bounds.check_read_range(begin, end)?;
        if chunk <= 0 {
            return Err(Error::new(Code::CLIENT_INVALID_OPERATION).context(format!("pieces of {chunk} bytes")));
        }
        let sized = self.sized(keyspace, begin, end)?;
        sized.map(|range| self.handle.split_points(&range.begin, &range.end, chunk)).transpose()
    }

    fn issue_version(&self) -> Result<std::result::Result<i64, Future>> {
        self.database.check_open()?;
        let mut state = self.lock();
        state.check_mark()?;
        if let Some(version) = state.version {
            return Ok(Ok(version));
        }
        state.versioned = true;
        drop(state);
        Ok(Err(self.handle.read_version()))
    }

    fn note_version(&self, epoch: u64, version: i64) {
        let mut state = self.lock();
        if state.epoch == epoch {
            state.version = Some(version);
        }
        self.database.note_version(version);
    }
}

/// The points that the library found between the two ends, as keys of the keyspace (rule EST-2).
fn points(keyspace: u32, begin: &[u8], end: &[u8], raw: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let space = Space::of(keyspace);
    let inside = raw
        .iter()
        .filter_map(|key| space.own(key))
        .filter(|key| begin < *key && *key < end && space.check_key(key).is_ok());
    let mut points: Vec<Vec<u8>> = std::iter::once(begin).chain(inside).map(<[u8]>::to_vec).collect();
    if begin < end {
        points.push(end.to_vec());
    }
    points
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.database.ended();
    }
}

impl plinth_api::Transaction for Transaction {
    fn get(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        self.read_key(keyspace, key, snapshot)
    }

    fn get_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Value>>> {
        self.read_many(keyspace, keys, snapshot)
    }

    fn get_key(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        self.read_selector(keyspace, selector, snapshot)
    }

    fn get_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        self.read_range(keyspace, begin, end, options)
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
        let epoch = self.lock().epoch;
        let future = match self.issue_version()? {
            Ok(version) => return Ok(version),
            Err(future) => future,
        };
        future.wait().map_err(|error| self.closed_or(error))?;
        let version = future.number()?;
        self.note_version(epoch, version);
        Ok(version)
    }

    fn set_read_version(&self, version: i64) -> Result<()> {
        let mut state = self.usable()?;
        if version <= 0 {
            return Err(Error::new(Code::VERSION_INVALID).context(format!("read version {version}")));
        }
        if state.versioned {
            return Err(Error::new(Code::READ_VERSION_ALREADY_SET));
        }
        state.versioned = true;
        self.handle.set_read_version(version);
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        self.run_commit()
    }

    fn committed_version(&self) -> i64 {
        self.handle.committed_version()
    }

    fn versionstamp(&self) -> Result<[u8; 10]> {
        self.stamp()
    }

    fn approximate_size(&self) -> Result<i64> {
        let future = self.handle.approximate_size();
        future.wait()?;
        future.number()
    }

    fn estimated_range_size(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<i64> {
        let Some(future) = self.issue_estimate(keyspace, begin, end)? else {
            return Ok(0);
        };
        future.wait().map_err(|error| self.closed_or(error))?;
        future.number()
    }

    fn split_points(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk_size: i64) -> Result<Vec<Vec<u8>>> {
        let Some(future) = self.issue_split(keyspace, begin, end, chunk_size)? else {
            return Ok(points(keyspace, begin, end, &[]));
        };
        future.wait().map_err(|error| self.closed_or(error))?;
        Ok(points(keyspace, begin, end, &future.keys()?))
    }

    fn on_error(&self, error: Error) -> Result<()> {
        self.retry_after(error)
    }

    fn reset(&self) -> Result<()> {
        self.database.check_open()?;
        let mut state = self.lock();
        self.handle.reset();
        state.begin_again(&self.database.options, self.database.defaults(), false);
        Ok(())
    }

    fn life(&self) -> u64 {
        self.lock().epoch
    }

    fn cancel(&self) -> Result<()> {
        self.lock().mark.get_or_insert(Code::TRANSACTION_CANCELLED);
        self.handle.cancel();
        Ok(())
    }

    fn abandon(&self) {
        if self.lock().has_calls {
            self.handle.reset();
        }
    }

    fn conflict(&self, index: usize) -> Result<Option<Conflict>> {
        self.database.check_open()?;
        self.conflict_at(index)
    }

    fn set_option(&self, option: TransactionOption) -> Result<()> {
        self.change_option(option)
    }

    fn watch(self: Arc<Self>, keyspace: u32, key: &[u8], done: Done<()>) -> Option<Arc<dyn Pending>> {
        self.run_watch(keyspace, key, done)
    }

    fn versionstamp_async(self: Arc<Self>, done: Done<[u8; 10]>) -> Option<Arc<dyn Pending>> {
        if let Err(error) = self.usable().map(drop) {
            return told(done, Err(error));
        }
        let future = self.handle.versionstamp();
        self.on_future(Kind::Plain, future, done, |outcome, future| outcome.and_then(|()| commit::stamp_of(&future)))
    }

    fn check_usable(&self) -> Result<()> {
        self.usable().map(drop)
    }

    fn defer(&self, work: Box<dyn FnOnce() + Send>) {
        pool::submit(work);
    }

    fn read_version_async(self: Arc<Self>, done: Done<i64>) -> Option<Arc<dyn Pending>> {
        let epoch = self.lock().epoch;
        let future = match self.issue_version() {
            Ok(Err(future)) => future,
            Ok(Ok(version)) => return told(done, Ok(version)),
            Err(error) => return told(done, Err(error)),
        };
        let tr = self.clone();
        self.on_future(Kind::Plain, future, done, move |outcome, future| {
            outcome?;
            let version = future.number()?;
            tr.note_version(epoch, version);
            Ok(version)
        })
    }

    fn get_async(
        self: Arc<Self>,
        keyspace: u32,
        key: &[u8],
        snapshot: bool,
        done: Done<Option<Value>>,
    ) -> Option<Arc<dyn Pending>> {
        self.read_key_async(keyspace, key, snapshot, done)
    }

    fn get_many_async(
        self: Arc<Self>,
        keyspace: u32,
        keys: &[&[u8]],
        snapshot: bool,
        done: Done<Vec<Option<Value>>>,
    ) -> Option<Arc<dyn Pending>> {
        self.read_many_async(keyspace, keys, snapshot, done)
    }

    fn get_key_async(
        self: Arc<Self>,
        keyspace: u32,
        selector: KeySelector,
        snapshot: bool,
        done: Done<Vec<u8>>,
    ) -> Option<Arc<dyn Pending>> {
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
        self.read_range_async(keyspace, begin, end, options, done)
    }

    fn estimated_range_size_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        done: Done<i64>,
    ) -> Option<Arc<dyn Pending>> {
        match self.issue_estimate(keyspace, begin, end) {
            Ok(Some(future)) => {
                self.on_future(Kind::Plain, future, done, |outcome, future| outcome.and_then(|()| future.number()))
            }
            Ok(None) => told(done, Ok(0)),
            Err(error) => told(done, Err(error)),
        }
    }

    fn split_points_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        chunk_size: i64,
        done: Done<Vec<Vec<u8>>>,
    ) -> Option<Arc<dyn Pending>> {
        let (first, last) = (begin.to_vec(), end.to_vec());
        match self.issue_split(keyspace, begin, end, chunk_size) {
            Ok(Some(future)) => self.on_future(Kind::Plain, future, done, move |outcome, future| {
                outcome?;
                Ok(points(keyspace, &first, &last, &future.keys()?))
            }),
            Ok(None) => told(done, Ok(points(keyspace, begin, end, &[]))),
            Err(error) => told(done, Err(error)),
        }
    }

    fn commit_async(self: Arc<Self>, done: Done<()>, _brief: bool) -> Option<Arc<dyn Pending>> {
        self.run_commit_async(done)
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
