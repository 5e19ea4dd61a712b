//! Where a dump reads.

use std::sync::Arc;

use plinth_api::{
    key::END_OF_KEYS, Code, Database, Error, Held, KeySelector, Keyspace, RangeOptions, RangeResult, Result,
    Transaction, TransactionOption,
};

/// Bytes of one read, about.
const PIECE: usize = 256 << 10;

/// A state of a database, or the database as it goes on.
pub enum Source {
    /// A state that is held: everything is of one version.
    Held(Arc<dyn Held>),
    /// Transactions, one after the other, for a backend that holds no state.
    Running(Running),
}

/// A database that is read while it goes on.
pub struct Running {
    transaction: Arc<dyn Transaction>,
    aware: bool,
    keyspaces: Vec<Keyspace>,
    first: i64,
    last: i64,
}

impl Source {
    /// The best that a database has. Unless `aware`, it must not be locked.
    pub fn of(database: &dyn Database, aware: bool) -> Result<Self> {
        match database.hold() {
            Err(error) if error.code() == Code::UNSUPPORTED_OPERATION => {
                Ok(Self::Running(Running::of(database, aware)?))
            }
            held => {
                let held = held?;
                if !aware {
                    // What is held is of before this look, so nothing of a time under a lock is let through.
                    read_version(&*database.begin()?, aware)?;
                }
                Ok(Self::Held(held))
            }
        }
    }

    /// Whether everything that is read is of one version.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Held(_))
    }

    /// The version of what is read first.
    pub fn version(&self) -> i64 {
        match self {
            Self::Held(held) => held.version(),
            Self::Running(running) => running.first,
        }
    }

    /// The highest version of what was read.
    pub fn last_version(&self) -> i64 {
        match self {
            Self::Held(held) => held.version(),
            Self::Running(running) => running.last,
        }
    }

    /// The keyspaces, the default one first.
    pub fn keyspaces(&self) -> &[Keyspace] {
        match self {
            Self::Held(held) => held.keyspaces(),
            Self::Running(running) => &running.keyspaces,
        }
    }

    /// The next pairs of a keyspace, from a key on.
    pub fn read(&mut self, keyspace: u32, begin: &[u8]) -> Result<RangeResult> {
        let options = RangeOptions { target_bytes: PIECE, snapshot: true, ..RangeOptions::default() };
        match self {
            Self::Held(held) => held.read(keyspace, begin, END_OF_KEYS, options),
            Self::Running(running) => running.read(keyspace, begin, options),
        }
    }
}

impl Running {
    fn of(database: &dyn Database, aware: bool) -> Result<Self> {
        let mut keyspaces = Vec::new();
        for name in database.list_keyspaces()? {
            keyspaces.extend(database.find_keyspace(&name)?);
        }
        let transaction = database.begin()?;
        let first = read_version(&*transaction, aware)?;
        Ok(Self { transaction, aware, keyspaces, first, last: first })
    }

    fn read(&mut self, keyspace: u32, begin: &[u8], options: RangeOptions) -> Result<RangeResult> {
        loop {
            let selectors = [begin, END_OF_KEYS].map(KeySelector::first_greater_or_equal);
            let [from, to] = selectors;
            let found = self.transaction.get_range(keyspace, from, to, options);
            match found.and_then(|found| Ok((found, self.transaction.read_version()?))) {
                Ok((found, version)) => {
                    self.last = self.last.max(version);
                    return Ok(found);
                }
                // Its time is over, most likely; the next one reads on.
                Err(error) => try_again(&*self.transaction, error, self.aware)?,
            }
        }
    }
}

/// The version that a transaction reads at.
fn read_version(transaction: &dyn Transaction, aware: bool) -> Result<i64> {
    set_aware(transaction, aware)?;
    loop {
        match transaction.read_version() {
            Err(error) => try_again(transaction, error, aware)?,
            Ok(version) => return Ok(version),
        }
    }
}

/// Nobody knows for how long a lock stays, so it is not waited for.
fn try_again(transaction: &dyn Transaction, error: Error, aware: bool) -> Result<()> {
    if error.code() == Code::DATABASE_LOCKED {
        return Err(error.context("what reads all of it does so when it is unlocked, or is lock-aware"));
    }
    transaction.on_error(error)?;
    // That took it away.
    set_aware(transaction, aware)
}

fn set_aware(transaction: &dyn Transaction, aware: bool) -> Result<()> {
    match aware {
        true => transaction.set_option(TransactionOption::ReadLockAware),
        false => Ok(()),
    }
}
