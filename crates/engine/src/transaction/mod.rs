//! One user's view of the database: reads at one version, own writes on top, commit and retry.
//!
//! Any thread may call anything at any time (rule TX-2). The lock is taken for short looks and
//! notes only; see `state`.

mod cache;
mod commit;
mod read;
mod retry;
mod state;
mod write;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use plinth_api::{Durability, Error, KeySelector, RangeOptions, RangeResult, Result, TransactionOption, Value};
use uuid::Uuid;

use crate::service::Service;
use state::{Options, Phase, State};

/// A transaction.
pub struct Transaction {
    service: Arc<dyn Service>,
    state: Mutex<State>,
    /// Signalled when a read ends while a commit waits for it, and when a wait in `on_error` is
    /// to end.
    changed: Condvar,
    id: OnceLock<Uuid>,
}

impl Transaction {
    /// Begins a transaction.
    pub fn new(service: Arc<dyn Service>) -> Self {
        let state = Mutex::new(State::new(defaults(&*service)));
        Self { service, state, changed: Condvar::new(), id: OnceLock::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of an open, usable transaction.
    fn usable(&self) -> Result<MutexGuard<'_, State>> {
        self.service.check_open()?;
        let mut state = self.lock();
        state.check_usable()?;
        Ok(state)
    }
}

/// The options a transaction begins with.
fn defaults(service: &dyn Service) -> Options {
    let options = service.options();
    Options { values: options.transaction, durability: options.durability }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let reserved = self.lock().reserved;
        self.service.release(reserved);
        self.service.ended();
    }
}

impl plinth_api::Transaction for Transaction {
    fn get(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        self.read_key(keyspace, key, snapshot)
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

    fn add_read_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.note_read_conflict(keyspace, begin, end)
    }

    fn add_write_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.note_write_conflict(keyspace, begin, end)
    }

    fn read_version(&self) -> Result<i64> {
        self.service.check_open()?;
        self.lock().check_mark()?;
        Ok(self.read_point()?.version)
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

    fn on_error(&self, error: Error) -> Result<()> {
        self.retry_after(error)
    }

    fn reset(&self) -> Result<()> {
        self.service.check_open()?;
        let mut state = self.lock();
        state.forget();
        state.options = defaults(&*self.service);
        state.retries = 0;
        state.backoff = state::FIRST_BACKOFF;
        state.started = std::time::Instant::now();
        self.give_back(&mut state);
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    fn cancel(&self) -> Result<()> {
        let mut state = self.lock();
        state.mark.get_or_insert(plinth_api::Code::TRANSACTION_CANCELLED);
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    fn set_option(&self, option: TransactionOption) -> Result<()> {
        self.service.check_open()?;
        let option = option.check(self.service.options().transaction.size_limit)?;
        let mut state = self.lock();
        let values = &mut state.options.values;
        match option {
            TransactionOption::Timeout(value) => values.timeout_ms = value,
            TransactionOption::RetryLimit(value) => values.retry_limit = value,
            TransactionOption::MaxRetryDelay(value) => values.max_retry_delay_ms = value,
            TransactionOption::SizeLimit(value) => values.size_limit = value,
            TransactionOption::Durability(value) => state.options.durability = value,
        }
        drop(state);
        // A wait in `on_error` has to look at a new timeout.
        self.changed.notify_all();
        Ok(())
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
