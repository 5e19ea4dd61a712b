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

/// What memory and processor time are spent on. It says nothing about what is stored: any database opens with
/// any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// For reads and writes alike.
    #[default]
    Balanced,
    /// For programs that have little memory to give.
    SmallMemory,
    /// For programs that mostly read.
    ReadHeavy,
    /// For programs that load or change much.
    WriteHeavy,
}

impl Preset {
    /// The preset of a name, as in `plinthd --preset` and in `PLINTH_PRESET`.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "balanced" => Some(Self::Balanced),
            "small-memory" => Some(Self::SmallMemory),
            "read-heavy" => Some(Self::ReadHeavy),
            "write-heavy" => Some(Self::WriteHeavy),
            _ => None,
        }
    }

    /// The memory budget of a database that does not choose its own.
    pub fn memory_budget(self) -> usize {
        match self {
            Self::SmallMemory => 64 << 20,
            Self::Balanced | Self::ReadHeavy | Self::WriteHeavy => 512 << 20,
        }
    }
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
    /// Share the directory with no other process: fail if one has it open, and let none in.
    pub exclusive: bool,
    /// Change nothing: read what is there, and let nobody change it meanwhile.
    pub read_only: bool,
    /// Allow nothing that a FoundationDB cluster does not.
    pub portable: bool,
    /// What memory and processor time are spent on.
    pub preset: Preset,
    /// Bytes for block cache, write buffers, conflict history and open transactions together.
    pub memory_budget: usize,
    /// Live transactions at most.
    pub max_transactions: usize,
    /// Commits waiting at most; above it they fail with 1042.
    pub max_queued_commits: usize,
    /// How long an old read version stays readable and committable.
    pub window: Duration,
    /// Versions kept at most; 0 for as many as the window holds.
    pub retain_versions: usize,
    /// Bytes that may be committed since the oldest version kept, at most; 0 for as many as there are.
    pub retain_bytes: u64,
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
    /// Snapshot reads see own writes while this is above zero (rule RYW-6).
    pub snapshot_ryw: i64,
    /// `BYPASS_UNREADABLE` (rule RYW-11).
    pub bypass_unreadable: bool,
    /// `USED_DURING_COMMIT_PROTECTION_DISABLE` (rule COM-3).
    pub used_during_commit_protection_disable: bool,
    /// `REPORT_CONFLICTING_KEYS` (rule SPEC-4).
    pub report_conflicting_keys: bool,
    /// Milliseconds above which a transaction, or its commit, is told as slow; 0 for never.
    pub slow_ms: i64,
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
    /// `CAUSAL_WRITE_RISKY` (rule COM-6).
    CausalWriteRisky,
    /// `NEXT_WRITE_NO_WRITE_CONFLICT_RANGE` (rule CONF-11).
    NextWriteNoWriteConflictRange,
    /// `READ_YOUR_WRITES_DISABLE` (rule RYW-7).
    ReadYourWritesDisable,
    /// `ACCESS_SYSTEM_KEYS` (rule DATA-4).
    AccessSystemKeys,
    /// `READ_SYSTEM_KEYS` (rule DATA-4).
    ReadSystemKeys,
    /// `RAW_ACCESS` (rule LIM-1).
    RawAccess,
    /// `SNAPSHOT_RYW_ENABLE` (rule RYW-6).
    SnapshotRywEnable,
    /// `SNAPSHOT_RYW_DISABLE` (rule RYW-6).
    SnapshotRywDisable,
    /// `SNAPSHOT_RYW_ENABLE` so many times, or `SNAPSHOT_RYW_DISABLE` if it is negative.
    SnapshotRywBy(i64),
    /// `LOCK_AWARE` (rule COM-5).
    LockAware,
    /// `USED_DURING_COMMIT_PROTECTION_DISABLE` (rule COM-3).
    UsedDuringCommitProtectionDisable,
    /// `READ_LOCK_AWARE` (rule COM-5).
    ReadLockAware,
    /// `REPORT_CONFLICTING_KEYS` (rule SPEC-4).
    ReportConflictingKeys,
    /// `SPECIAL_KEY_SPACE_RELAXED` (rule SPEC-2).
    SpecialKeySpaceRelaxed,
    /// `SPECIAL_KEY_SPACE_ENABLE_WRITES` (rule SPEC-3).
    SpecialKeySpaceEnableWrites,
    /// `BYPASS_UNREADABLE` (rule RYW-11).
    BypassUnreadable,
}

/// Options of an open database: defaults for transactions that begin or are reset later (rule
/// OPT-5), and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseOption {
    /// Watches that wait at most, 0 to 1,000,000 (rule WATCH-8).
    MaxWatches(i64),
    /// Adds one to where transactions begin (rule RYW-6).
    SnapshotRywEnable,
    /// Takes one from it.
    SnapshotRywDisable,
    /// Default of `TIMEOUT`.
    TransactionTimeout(i64),
    /// Default of `RETRY_LIMIT`.
    TransactionRetryLimit(i64),
    /// Default of `MAX_RETRY_DELAY`.
    TransactionMaxRetryDelay(i64),
    /// Default of `SIZE_LIMIT`.
    TransactionSizeLimit(i64),
    /// Default of `BYPASS_UNREADABLE`: on.
    TransactionBypassUnreadable,
    /// Default of `USED_DURING_COMMIT_PROTECTION_DISABLE`: on.
    TransactionUsedDuringCommitProtectionDisable,
    /// Default of `REPORT_CONFLICTING_KEYS`: on.
    TransactionReportConflictingKeys,
    /// Milliseconds above which a transaction is told as slow; 0 for never.
    SlowTransaction(i64),
}

impl Default for TransactionDefaults {
    fn default() -> Self {
        Self {
            timeout_ms: 0,
            retry_limit: -1,
            max_retry_delay_ms: 1_000,
            size_limit: 10_000_000,
            snapshot_ryw: 1,
            bypass_unreadable: false,
            used_during_commit_protection_disable: false,
            report_conflicting_keys: false,
            slow_ms: 0,
        }
    }
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Sync,
            must_exist: false,
            must_not_exist: false,
            exclusive: false,
            read_only: false,
            portable: false,
            preset: Preset::Balanced,
            memory_budget: Preset::Balanced.memory_budget(),
            max_transactions: 100_000,
            max_queued_commits: 10_000,
            window: Duration::from_secs(5),
            retain_versions: 0,
            retain_bytes: 0,
            key_size_limit: 10_000,
            value_size_limit: 100_000,
            transaction: TransactionDefaults::default(),
        }
    }
}

impl DatabaseOptions {
    /// The defaults under a preset.
    pub fn of(preset: Preset) -> Self {
        Self { preset, memory_budget: preset.memory_budget(), ..Self::default() }
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
            _ => return Ok(self),
        };
        within(name, value, range).map(|()| self)
    }
}

impl DatabaseOption {
    /// Checks the value's bounds, as those of the transaction's option.
    pub fn check(self, size_limit_max: i64) -> Result<Self> {
        let of_transaction = match self {
            Self::MaxWatches(value) => return within("limit of watches", value, 0..=1_000_000).map(|()| self),
            Self::SlowTransaction(value) => {
                return within("limit of slow transactions", value, 0..=i64::from(i32::MAX)).map(|()| self)
            }
            Self::TransactionTimeout(value) => TransactionOption::Timeout(value),
            Self::TransactionRetryLimit(value) => TransactionOption::RetryLimit(value),
            Self::TransactionMaxRetryDelay(value) => TransactionOption::MaxRetryDelay(value),
            Self::TransactionSizeLimit(value) => TransactionOption::SizeLimit(value),
            _ => return Ok(self),
        };
        of_transaction.check(size_limit_max).map(|_| self)
    }
}

impl TransactionDefaults {
    /// The defaults after a database option was set.
    #[must_use]
    pub fn with(mut self, option: DatabaseOption) -> Self {
        match option {
            DatabaseOption::MaxWatches(_) => {}
            DatabaseOption::SnapshotRywEnable => self.snapshot_ryw += 1,
            DatabaseOption::SnapshotRywDisable => self.snapshot_ryw -= 1,
            DatabaseOption::TransactionTimeout(value) => self.timeout_ms = value,
            DatabaseOption::TransactionRetryLimit(value) => self.retry_limit = value,
            DatabaseOption::TransactionMaxRetryDelay(value) => self.max_retry_delay_ms = value,
            DatabaseOption::TransactionSizeLimit(value) => self.size_limit = value,
            DatabaseOption::TransactionBypassUnreadable => self.bypass_unreadable = true,
            DatabaseOption::TransactionUsedDuringCommitProtectionDisable => {
                self.used_during_commit_protection_disable = true;
            }
            DatabaseOption::TransactionReportConflictingKeys => self.report_conflicting_keys = true,
            DatabaseOption::SlowTransaction(value) => self.slow_ms = value,
        }
        self
    }
}

fn within(name: &str, value: i64, range: std::ops::RangeInclusive<i64>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let text = format!("the {name} is {value}, allowed is {} to {}", range.start(), range.end());
    Err(Error::new(Code::INVALID_OPTION_VALUE).context(text))
}
