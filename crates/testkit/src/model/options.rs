//! Options of a transaction, and the keys they let it use (rules DATA-4, DATA-5 and LIM-1).

use plinth_api::key::{successor, END_OF_KEYS, END_OF_SYSTEM_KEYS, METADATA_VERSION};
use plinth_api::{Code, DatabaseOptions, Mutation, Result, TransactionOption};

/// The longest key that begins with `\xff` (LIM-1).
const LONGEST_SYSTEM_KEY: usize = 30_000;

/// What the options of a transaction come to.
#[derive(Clone, Copy)]
pub(super) struct Options {
    key_size: usize,
    pub value_size: usize,
    /// The next write adds no write conflict range (CONF-11).
    pub quiet: bool,
    snapshot_ryw: i64,
    pub ryw_disabled: bool,
    pub bypass_unreadable: bool,
    reads_system: bool,
    writes_system: bool,
    raw: bool,
    lock_aware: bool,
    read_lock_aware: bool,
}

impl Options {
    /// What a transaction begins with.
    pub fn new(options: &DatabaseOptions) -> Self {
        Self {
            key_size: options.key_size_limit,
            value_size: options.value_size_limit,
            quiet: false,
            snapshot_ryw: options.transaction.snapshot_ryw,
            ryw_disabled: false,
            bypass_unreadable: options.transaction.bypass_unreadable,
            reads_system: false,
            writes_system: false,
            raw: false,
            lock_aware: false,
            read_lock_aware: false,
        }
    }

    /// Takes an option; those that the model does not follow change nothing.
    pub fn take(&mut self, option: TransactionOption) {
        match option {
            TransactionOption::NextWriteNoWriteConflictRange => self.quiet = true,
            TransactionOption::SnapshotRywEnable => self.snapshot_ryw += 1,
            TransactionOption::SnapshotRywDisable => self.snapshot_ryw -= 1,
            TransactionOption::ReadYourWritesDisable => self.ryw_disabled = true,
            TransactionOption::BypassUnreadable => self.bypass_unreadable = true,
            TransactionOption::ReadSystemKeys => (self.reads_system, self.raw) = (true, true),
            TransactionOption::AccessSystemKeys => {
                (self.reads_system, self.writes_system, self.raw) = (true, true, true);
            }
            TransactionOption::RawAccess => self.raw = true,
            TransactionOption::LockAware => self.lock_aware = true,
            TransactionOption::ReadLockAware => self.read_lock_aware = true,
            _ => {}
        }
    }

    /// Whether a read sees the transaction's own writes (RYW-6 and RYW-7).
    pub fn sees_own(&self, snapshot: bool) -> bool {
        !self.ryw_disabled && (!snapshot || self.snapshot_ryw > 0)
    }

    /// Whether it may not write (COM-5).
    pub fn is_read_only(&self) -> bool {
        self.read_lock_aware && !self.lock_aware
    }

    /// The end of the keys that can be read.
    pub fn max_read(&self) -> &'static [u8] {
        if self.reads_system {
            END_OF_SYSTEM_KEYS
        } else {
            END_OF_KEYS
        }
    }

    fn max_write(&self) -> &'static [u8] {
        if self.writes_system {
            END_OF_SYSTEM_KEYS
        } else {
            END_OF_KEYS
        }
    }

    /// A key to read.
    pub fn check_read(&self, key: &[u8]) -> Result<()> {
        legal(key < self.max_read() || key == METADATA_VERSION)
    }

    /// A selector's key.
    pub fn check_selector(&self, key: &[u8]) -> Result<()> {
        legal(key <= self.max_read())
    }

    /// A key to clear.
    pub fn check_clear(&self, key: &[u8]) -> Result<()> {
        legal(key < self.max_write())
    }

    /// A range to read or to write.
    pub fn check_range(&self, begin: &[u8], end: &[u8], writes: bool) -> Result<()> {
        let metadata = !writes && begin == METADATA_VERSION && *end == successor(begin);
        let max = if writes { self.max_write() } else { self.max_read() };
        legal(metadata || (begin <= max && end <= max))
    }

    /// A key to set.
    pub fn check_set(&self, key: &[u8], value: &[u8]) -> Result<()> {
        if key == METADATA_VERSION {
            return Err(Code::CLIENT_INVALID_OPERATION.into());
        }
        self.check_clear(key)?;
        self.check_lengths(key, value)
    }

    /// A key to change (SPEC-10 among others).
    pub fn check_atomic(&self, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        if key == METADATA_VERSION && mutation == Mutation::SetVersionstampedValue && operand == [0; 14] {
            return Ok(());
        }
        self.check_set(key, operand)
    }

    /// LIM-1 and LIM-2.
    fn check_lengths(&self, key: &[u8], value: &[u8]) -> Result<()> {
        let longest = match key.first() {
            Some(0xff) => LONGEST_SYSTEM_KEY,
            _ if self.raw => self.longest(key),
            _ => self.key_size,
        };
        if key.len() > longest {
            return Err(Code::KEY_TOO_LARGE.into());
        }
        if value.len() > self.value_size {
            return Err(Code::VALUE_TOO_LARGE.into());
        }
        Ok(())
    }

    /// The longest key like this that can be there (LIM-3).
    pub fn longest(&self, key: &[u8]) -> usize {
        if key.first() == Some(&0xff) {
            LONGEST_SYSTEM_KEY
        } else {
            self.key_size + 8
        }
    }

    /// A bound that is not needlessly long (LIM-3).
    pub fn cut(&self, key: &[u8]) -> Vec<u8> {
        key[..key.len().min(self.longest(key) + 1)].to_vec()
    }
}

fn legal(legal: bool) -> Result<()> {
    if legal {
        Ok(())
    } else {
        Err(Code::KEY_OUTSIDE_LEGAL_RANGE.into())
    }
}
