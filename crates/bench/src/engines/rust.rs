//! Plinth through its Rust traits, as the C functions use it: what those add is the difference to
//! `plinth`. Relies on `plinth-api`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plinth_api::{
    Code, Database, DatabaseOptions, Durability, Error as ApiError, KeySelector, Mutation, RangeOptions,
    TransactionOption,
};

use super::steps::{Failure, Range, Step, Steps, LAST};
use super::{Counters, Engine, Key, Session, Settings, Task};
use crate::error::{Context, Error, Result};

/// An open database.
pub struct Rust(Arc<dyn Database>);

/// What Plinth is opened with.
pub fn options(settings: &Settings) -> DatabaseOptions {
    let mut options = DatabaseOptions::default();
    options.memory_budget = settings.memory.unwrap_or(options.memory_budget);
    options.window = settings.window_ms.map_or(options.window, |window| Duration::from_millis(window.into()));
    options
}

impl Rust {
    /// Opens or creates it.
    pub fn open(directory: &Path, settings: &Settings) -> Result<Self> {
        let path = directory.to_str().ok_or_else(|| Error::new("a path that is no text"))?;
        plinth_engine::open(path, options(settings)).map(Self).context(path)
    }
}

impl Engine for Rust {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(Client { db: &self.0, sync }))
    }

    fn counters(&self) -> Result<Counters> {
        let metrics = self.0.metrics();
        Ok(Counters { commits: metrics.commits, syncs: metrics.syncs })
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.0.close().context("close")
    }
}

struct Client<'a> {
    db: &'a Arc<dyn Database>,
    sync: bool,
}

/// One try.
struct Try<'a>(&'a dyn plinth_api::Transaction);

fn number(error: ApiError) -> Failure {
    Failure::Code(error.code().number())
}

impl Steps for Try<'_> {
    fn get(&mut self, key: &[u8], mut see: impl FnMut(&[u8])) -> Step<bool> {
        let value = self.0.get(0, key, false).map_err(number)?;
        Ok(value.map(|value| see(&value)).is_some())
    }

    fn get_many(&mut self, keys: &[Key], mut see: impl FnMut(&[u8])) -> Step<usize> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        let values = self.0.get_many(0, &keys, false).map_err(number)?;
        Ok(values.iter().flatten().map(|value| see(value)).count())
    }

    fn range(&mut self, range: Range<'_>, mut see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        let selector = |key: &[u8]| KeySelector { key: key.to_vec(), or_equal: false, offset: 1 };
        let options = RangeOptions { limit: range.limit, reverse: range.reverse, ..RangeOptions::default() };
        let (begin, end) = (selector(range.begin), selector(range.end.unwrap_or(LAST)));
        let found = self.0.get_range(0, begin, end, options).map_err(number)?;
        found.iter().for_each(|(key, value)| see(key, value));
        Ok(found.len())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        self.0.set(0, key, value).map_err(number)
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        self.0.clear(0, key).map_err(number)
    }

    fn add(&mut self, key: &[u8]) -> Step<()> {
        self.0.atomic_op(0, Mutation::Add, key, &1u64.to_le_bytes()).map_err(number)
    }

    fn append(&mut self, queue: &[u8], at: u16, value: &[u8]) -> Step<()> {
        let place = (queue.len() as u32).to_le_bytes();
        let key = [queue, &[0; 10], &at.to_be_bytes(), &place].concat();
        self.0.atomic_op(0, Mutation::SetVersionstampedKey, &key, value).map_err(number)
    }
}

impl Client<'_> {
    fn attempt(&self, transaction: &dyn plinth_api::Transaction, task: &Task<'_>) -> Step<()> {
        if !self.sync && task.writes() {
            let buffered = TransactionOption::Durability(Durability::Buffered);
            transaction.set_option(buffered).map_err(number)?;
        }
        task.perform(&mut Try(transaction))?;
        match task.writes() {
            true => transaction.commit().map_err(number),
            false => Ok(()),
        }
    }
}

impl Session for Client<'_> {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        let transaction = self.db.begin().context("begin")?;
        let mut retries = 0;
        loop {
            let code = match self.attempt(&*transaction, task) {
                Ok(()) => return Ok(retries),
                Err(Failure::Code(code)) => Code::from_number(code),
                Err(Failure::Conflict) => Code::NOT_COMMITTED,
                Err(Failure::Fatal(error)) => return Err(error),
            };
            retries += 1;
            transaction.on_error(ApiError::new(code)).context("a transaction")?;
        }
    }
}
