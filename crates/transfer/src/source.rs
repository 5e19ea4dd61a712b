//! Where a dump reads.

use std::sync::Arc;

use plinth_api::{
    key::END_OF_KEYS, Code, Database, Held, KeySelector, Keyspace, RangeOptions, RangeResult, Result, Transaction,
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
    keyspaces: Vec<Keyspace>,
    first: i64,
    last: i64,
}

impl Source {
    /// The best that a database has.
    pub fn of(database: &dyn Database) -> Result<Self> {
        match database.hold() {
            Err(error) if error.code() == Code::UNSUPPORTED_OPERATION => Ok(Self::Running(Running::of(database)?)),
            held => held.map(Self::Held),
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
    fn of(database: &dyn Database) -> Result<Self> {
        let mut keyspaces = Vec::new();
        for name in database.list_keyspaces()? {
            keyspaces.extend(database.find_keyspace(&name)?);
        }
        let transaction = database.begin()?;
        let first = loop {
            match transaction.read_version() {
                Err(error) => transaction.on_error(error)?,
                Ok(version) => break version,
            }
        };
        Ok(Self { transaction, keyspaces, first, last: first })
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
                Err(error) => self.transaction.on_error(error)?,
            }
        }
    }
}
