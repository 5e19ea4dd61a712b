//! A layer over any database that tells a lie now and then: to show, with any number of processes,
//! that what checks them notices.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use plinth_api::{
    Code, Database, DatabaseOption, Done, Error, KeySelector, Keyspace, Metrics, Mutation, Pending, RangeOptions,
    RangeResult, Result, Transaction, TransactionOption, Value,
};

use crate::model::lock;

/// What the layer does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Some commits are acknowledged and never made.
    LosesCommits,
    /// Some commits are made, and then made again.
    AppliesTwice,
    /// Some transactions read at a version from before commits that were acknowledged.
    ReadsStale,
    /// Some commits are made and reported as refused.
    DeniesCommits,
}

impl Lie {
    /// All of them.
    pub const ALL: [Lie; 4] = [Lie::LosesCommits, Lie::AppliesTwice, Lie::ReadsStale, Lie::DeniesCommits];
}

/// The layer.
pub struct LyingDatabase(Arc<Layer>);

struct Layer {
    inner: Arc<dyn Database>,
    lie: Lie,
    counter: AtomicU64,
    /// Read versions of late, oldest first.
    seen: Mutex<VecDeque<i64>>,
}

impl LyingDatabase {
    /// Over `inner`.
    pub fn new(inner: Arc<dyn Database>, lie: Lie) -> Self {
        Self(Arc::new(Layer { inner, lie, counter: AtomicU64::new(0), seen: Mutex::default() }))
    }
}

impl Layer {
    /// True for one call in twenty, if this is the lie.
    fn tells(&self, lie: Lie) -> bool {
        self.lie == lie && self.counter.fetch_add(1, Ordering::Relaxed) % 20 == 19
    }
}

impl Database for LyingDatabase {
    fn begin(&self) -> Result<Arc<dyn Transaction>> {
        let inner = self.0.inner.begin()?;
        Ok(Arc::new(LyingTransaction {
            layer: self.0.clone(),
            inner,
            writes: Mutex::default(),
            told: Mutex::default(),
            read: AtomicBool::new(false),
        }))
    }

    fn open_keyspace(&self, name: &str) -> Result<Keyspace> {
        self.0.inner.open_keyspace(name)
    }

    fn list_keyspaces(&self) -> Result<Vec<Arc<str>>> {
        self.0.inner.list_keyspaces()
    }

    fn drop_keyspace(&self, name: &str) -> Result<()> {
        self.0.inner.drop_keyspace(name)
    }

    fn set_option(&self, option: DatabaseOption) -> Result<()> {
        self.0.inner.set_option(option)
    }

    fn sync(&self) -> Result<()> {
        self.0.inner.sync()
    }

    fn metrics(&self) -> Metrics {
        self.0.inner.metrics()
    }

    fn is_host(&self) -> bool {
        self.0.inner.is_host()
    }

    fn close(&self) -> Result<()> {
        self.0.inner.close()
    }
}

type Write = Box<dyn Fn(&dyn Transaction) -> Result<()> + Send>;

struct LyingTransaction {
    layer: Arc<Layer>,
    inner: Arc<dyn Transaction>,
    /// What was written, to be written again.
    writes: Mutex<Vec<Write>>,
    /// The version of a commit that was never made.
    told: Mutex<Option<i64>>,
    /// Whether something was read.
    read: AtomicBool,
}

impl LyingTransaction {
    fn write(&self, write: impl Fn(&dyn Transaction) -> Result<()> + Send + 'static) -> Result<()> {
        write(&*self.inner)?;
        lock(&self.writes).push(Box::new(write));
        Ok(())
    }

    /// What goes wrong before a read.
    fn before_read(&self) -> Result<()> {
        if self.read.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        if self.layer.tells(Lie::ReadsStale) {
            let oldest = lock(&self.layer.seen).front().copied();
            if let Some(version) = oldest {
                // Fails if it has a version already.
                let _ = self.inner.set_read_version(version);
            }
        }
        let version = self.inner.read_version()?;
        let mut seen = lock(&self.layer.seen);
        seen.push_back(version);
        if seen.len() > 3 {
            seen.pop_front();
        }
        Ok(())
    }

    fn forget(&self) {
        lock(&self.writes).clear();
        *lock(&self.told) = None;
        self.read.store(false, Ordering::Relaxed);
    }
}

impl Transaction for LyingTransaction {
    fn get(&self, keyspace: u32, key: &[u8], snapshot: bool) -> Result<Option<Value>> {
        self.before_read()?;
        self.inner.get(keyspace, key, snapshot)
    }

    fn get_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Value>>> {
        self.before_read()?;
        self.inner.get_many(keyspace, keys, snapshot)
    }

    fn get_key(&self, keyspace: u32, selector: KeySelector, snapshot: bool) -> Result<Vec<u8>> {
        self.before_read()?;
        self.inner.get_key(keyspace, selector, snapshot)
    }

    fn get_range(
        &self,
        keyspace: u32,
        begin: KeySelector,
        end: KeySelector,
        options: RangeOptions,
    ) -> Result<RangeResult> {
        self.before_read()?;
        self.inner.get_range(keyspace, begin, end, options)
    }

    fn set(&self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
        let (key, value) = (key.to_vec(), value.to_vec());
        self.write(move |transaction| transaction.set(keyspace, &key, &value))
    }

    fn clear(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        let key = key.to_vec();
        self.write(move |transaction| transaction.clear(keyspace, &key))
    }

    fn clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        let (begin, end) = (begin.to_vec(), end.to_vec());
        self.write(move |transaction| transaction.clear_range(keyspace, &begin, &end))
    }

    fn atomic_op(&self, keyspace: u32, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        let (key, operand) = (key.to_vec(), operand.to_vec());
        self.write(move |transaction| transaction.atomic_op(keyspace, mutation, &key, &operand))
    }

    fn add_read_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.inner.add_read_conflict_range(keyspace, begin, end)
    }

    fn add_write_conflict_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        self.inner.add_write_conflict_range(keyspace, begin, end)
    }

    fn read_version(&self) -> Result<i64> {
        self.before_read()?;
        self.inner.read_version()
    }

    fn set_read_version(&self, version: i64) -> Result<()> {
        self.inner.set_read_version(version)
    }

    fn commit(&self) -> Result<()> {
        let writes = std::mem::take(&mut *lock(&self.writes));
        if writes.is_empty() {
            return self.inner.commit();
        }
        if self.layer.tells(Lie::LosesCommits) {
            *lock(&self.told) = Some(self.inner.read_version()? + 1);
            return Ok(());
        }
        self.inner.commit()?;
        if self.layer.tells(Lie::AppliesTwice) {
            let again = self.layer.inner.begin()?;
            writes.iter().try_for_each(|write| write(&*again))?;
            again.commit()?;
        }
        match self.layer.tells(Lie::DeniesCommits) {
            true => Err(Code::NOT_COMMITTED.into()),
            false => Ok(()),
        }
    }

    fn committed_version(&self) -> i64 {
        let told = *lock(&self.told);
        told.unwrap_or_else(|| self.inner.committed_version())
    }

    fn versionstamp(&self) -> Result<[u8; 10]> {
        let Some(version) = *lock(&self.told) else { return self.inner.versionstamp() };
        let mut stamp = [0xff; 10];
        stamp[..8].copy_from_slice(&version.to_be_bytes());
        Ok(stamp)
    }

    fn approximate_size(&self) -> Result<i64> {
        self.inner.approximate_size()
    }

    fn estimated_range_size(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<i64> {
        self.inner.estimated_range_size(keyspace, begin, end)
    }

    fn split_points(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk_size: i64) -> Result<Vec<Vec<u8>>> {
        self.inner.split_points(keyspace, begin, end, chunk_size)
    }

    fn on_error(&self, error: Error) -> Result<()> {
        self.forget();
        self.inner.on_error(error)
    }

    fn reset(&self) -> Result<()> {
        self.forget();
        self.inner.reset()
    }

    fn life(&self) -> u64 {
        self.inner.life()
    }

    fn cancel(&self) -> Result<()> {
        self.inner.cancel()
    }

    fn set_option(&self, option: TransactionOption) -> Result<()> {
        self.inner.set_option(option)
    }

    fn watch(self: Arc<Self>, keyspace: u32, key: &[u8], done: Done<()>) -> Option<Arc<dyn Pending>> {
        self.inner.clone().watch(keyspace, key, done)
    }

    fn id(&self) -> Result<String> {
        self.inner.id()
    }

    fn known_id(&self) -> Option<String> {
        self.inner.known_id()
    }
}
