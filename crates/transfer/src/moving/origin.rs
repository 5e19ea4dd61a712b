//! Where a move reads: a state of the source, or the source as it goes on where no state can be held.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{
    key::END_OF_KEYS, Changes, Code, Database, Held, KeySelector, Keyspace, RangeOptions, RangeResult, Result,
    Transaction, TransactionOption,
};

use crate::load::again;

/// Ranges of changes that are kept apart.
const MOST_RANGES: usize = 4096;
/// So long and so much is read in one transaction: it stays below its five seconds, and what it remembers is bounded.
const LONGEST: Duration = Duration::from_secs(2);
const MOST_READ: usize = 16 << 20;

/// Follows the changes of a source, if it tells them.
pub fn follow(from: &dyn Database) -> Result<Option<Box<dyn Changes>>> {
    match from.track_changes(MOST_RANGES) {
        Err(error) if error.code() == Code::UNSUPPORTED_OPERATION => Ok(None),
        tracked => tracked.map(Some),
    }
}

/// What is read of a source.
pub enum View {
    /// A state that is held: everything is of one version.
    Held(Arc<dyn Held>),
    /// Transactions, one after the other.
    Running(Running),
}

/// A database that is read while it goes on.
pub struct Running {
    transaction: Arc<dyn Transaction>,
    keyspaces: Vec<Keyspace>,
    version: i64,
    began: Cell<Instant>,
    read: Cell<usize>,
    /// Keyspaces that were dropped while it was read.
    pub dropped: RefCell<Vec<u32>>,
}

impl View {
    /// The newest state that is held.
    pub fn hold(from: &dyn Database) -> Result<Self> {
        from.hold().map(Self::Held)
    }

    /// The database from now on.
    pub fn running(from: &dyn Database) -> Result<Self> {
        let transaction = from.begin()?;
        // Before the list: a keyspace that is in it was there at this version or was made later.
        let version = again(&*transaction, || {
            transaction.set_option(TransactionOption::ReadLockAware)?;
            transaction.read_version()
        })?;
        let mut keyspaces = Vec::new();
        for name in from.list_keyspaces()? {
            keyspaces.extend(from.find_keyspace(&name)?);
        }
        transaction.reset()?;
        transaction.set_option(TransactionOption::ReadLockAware)?;
        Ok(Self::Running(Running {
            transaction,
            keyspaces,
            version,
            began: Cell::new(Instant::now()),
            read: Cell::default(),
            dropped: RefCell::default(),
        }))
    }

    /// Everything up to this version is read.
    pub fn version(&self) -> i64 {
        match self {
            Self::Held(held) => held.version(),
            Self::Running(running) => running.version,
        }
    }

    /// The keyspaces, the default one first.
    pub fn keyspaces(&self) -> &[Keyspace] {
        match self {
            Self::Held(held) => held.keyspaces(),
            Self::Running(running) => &running.keyspaces,
        }
    }

    /// The first pairs of a range, about so many bytes of them.
    pub fn read(&self, keyspace: u32, begin: &[u8], end: &[u8], bytes: usize) -> Result<RangeResult> {
        let options = RangeOptions { target_bytes: bytes, snapshot: true, ..RangeOptions::default() };
        match self {
            Self::Held(held) => held.read(keyspace, begin, end, options),
            Self::Running(running) => running.read(keyspace, begin, end, options),
        }
    }
}

impl Running {
    fn read(&self, keyspace: u32, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult> {
        if self.began.get().elapsed() >= LONGEST || self.read.get() >= MOST_READ {
            self.transaction.reset()?;
            self.begin_anew()?;
        }
        loop {
            let selectors = [begin, end.min(END_OF_KEYS)].map(KeySelector::first_greater_or_equal);
            let [from, to] = selectors;
            match self.transaction.get_range(keyspace, from, to, options) {
                Ok(found) => {
                    let bytes: usize = found.iter().map(|(key, value)| key.len() + value.len()).sum();
                    self.read.set(self.read.get() + bytes);
                    return Ok(found);
                }
                // The next round finds it out of the list.
                Err(error) if error.code() == Code::KEYSPACE_DROPPED => {
                    self.dropped.borrow_mut().push(keyspace);
                    return Ok(RangeResult::default());
                }
                Err(error) => {
                    self.transaction.on_error(error)?;
                    self.begin_anew()?;
                }
            }
        }
    }

    fn begin_anew(&self) -> Result<()> {
        self.began.set(Instant::now());
        self.read.set(0);
        self.transaction.set_option(TransactionOption::ReadLockAware)
    }
}
