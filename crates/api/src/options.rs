//! Options of databases and transactions. Defaults are portable to a FoundationDB cluster.

use std::time::Duration;

use crate::error::{Code, Error, Result};

/// What an acknowledged commit has survived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// It is on disk: power may fail.
    Sync,
    /// It is with the operating system: the process may die, the machine may not.
    Buffered,
}

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    /// Durability of commits that do not choose their own.
    pub durability: Durability,
    /// Fail unless the database exists.
    pub must_exist: bool,
    /// Fail if the database exists.
    pub must_not_exist: bool,
    /// Bytes for block cache, write buffers, conflict history and open transactions together.
    pub memory_budget: usize,
    /// Live transactions at most.
    pub max_transactions: usize,
    /// Commits waiting at most; above it they fail with 1042.
    pub max_queued_commits: usize,
    /// How long an old read version stays readable and committable.
    pub window: Duration,
    /// Longest key in bytes.
    pub key_size_limit: usize,
    /// Longest value in bytes.
    pub value_size_limit: usize,
    /// What transactions begin with.
    pub transaction: TransactionDefaults,
}

/// Option values a transaction begins with, and returns to on `reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionDefaults {
    /// Time limit over all retries, in milliseconds; 0 for none (rule TMO-1).
    pub timeout_ms: i64,
    /// How often `on_error` retries; -1 for ever (rule ERRH-3).
    pub retry_limit: i64,
    /// Upper bound of the back-off in milliseconds (rule ERRH-2).
    pub max_retry_delay_ms: i64,
    /// Largest transaction in bytes (rule LIM-4).
    pub size_limit: i64,
}

/// Options of one transaction. The numbers of the C ABI are FoundationDB's where it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionOption {
    /// `TIMEOUT`, in milliseconds.
    Timeout(i64),
    /// `RETRY_LIMIT`.
    RetryLimit(i64),
    /// `MAX_RETRY_DELAY`, in milliseconds.
    MaxRetryDelay(i64),
    /// `SIZE_LIMIT`, in bytes.
    SizeLimit(i64),
    /// Durability of this transaction's commits.
    Durability(Durability),
}

impl Default for TransactionDefaults {
    fn default() -> Self {
        Self { timeout_ms: 0, retry_limit: -1, max_retry_delay_ms: 1_000, size_limit: 10_000_000 }
    }
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Sync,
            must_exist: false,
            must_not_exist: false,
            memory_budget: 512 << 20,
            max_transactions: 100_000,
            max_queued_commits: 10_000,
            window: Duration::from_secs(5),
            key_size_limit: 10_000,
            value_size_limit: 100_000,
            transaction: TransactionDefaults::default(),
        }
    }
}

impl TransactionOption {
    /// Checks the value's bounds (section 10 of the rules). `size_limit_max` is the largest
    /// transaction the database takes.
    pub fn check(self, size_limit_max: i64) -> Result<Self> {
        let (name, value, range) = match self {
            Self::Timeout(value) => ("timeout", value, 0..=i64::from(i32::MAX)),
            Self::RetryLimit(value) => ("retry limit", value, -1..=i64::from(i32::MAX)),
            Self::MaxRetryDelay(value) => ("maximum retry delay", value, 0..=i64::from(i32::MAX)),
            Self::SizeLimit(value) => ("size limit", value, 32..=size_limit_max),
            Self::Durability(_) => return Ok(self),
        };
        if range.contains(&value) {
            return Ok(self);
        }
        Err(Error::new(Code::INVALID_OPTION_VALUE).context(format!(
            "the {name} is {value}, allowed is {} to {}",
            range.start(),
            range.end()
        )))
    }
}
