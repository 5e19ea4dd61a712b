//! Databases and transactions of the client library as values, destroyed when they are dropped. Everything may be
//! called from any thread (rule TX-2).

use std::ffi::c_int;
use std::path::Path;
use std::ptr::{null, null_mut};

use plinth_api::{Code, Error, KeySelector, Result};

use super::client::{c_path, Client};
use super::future::Future;
use super::symbols::{FdbDatabase, FdbFuture, FdbTransaction, SPLIT_POINTS};

/// A database.
pub struct DatabaseHandle {
    client: &'static Client,
    database: *mut FdbDatabase,
}

/// A transaction.
pub struct TransactionHandle {
    client: &'static Client,
    transaction: *mut FdbTransaction,
}

// SAFETY: the library's functions may be called from any thread (rule TX-2).
unsafe impl Send for DatabaseHandle {}
// SAFETY: as above.
unsafe impl Sync for DatabaseHandle {}
// SAFETY: as above.
unsafe impl Send for TransactionHandle {}
// SAFETY: as above.
unsafe impl Sync for TransactionHandle {}

/// A range read as the library takes it.
#[derive(Clone, Copy)]
pub struct RangeCall {
    /// 0 for none.
    pub limit: c_int,
    /// 0 for none.
    pub target_bytes: c_int,
    /// A streaming mode.
    pub mode: c_int,
    /// Without conflicts.
    pub snapshot: bool,
    /// Descending.
    pub reverse: bool,
}

/// Streaming mode: all, in as large pieces as the library likes.
pub const WANT_ALL: c_int = -2;
/// Streaming mode: as many as the limits say.
pub const EXACT: c_int = 0;

impl DatabaseHandle {
    /// Opens a cluster. Nothing is asked of it yet.
    pub fn open(client: &'static Client, file: Option<&Path>) -> Result<Self> {
        let file = file.map(c_path).transpose()?;
        let mut database = null_mut();
        // SAFETY: the path is null or NUL-terminated and `database` is writable.
        let code = unsafe {
            (client.functions.create_database)(file.as_ref().map_or(null(), |file| file.as_ptr()), &mut database)
        };
        client.check_code(code)?;
        Ok(Self { client, database })
    }

    /// Sets an option.
    pub fn set_option(&self, number: c_int, value: Option<i64>) -> Result<()> {
        let bytes = value.map(i64::to_le_bytes);
        let (data, length) = option_value(&bytes);
        // SAFETY: the database lives, and the value is readable for its length.
        self.client
            .check_code(unsafe { (self.client.functions.database_set_option)(self.database, number, data, length) })
    }

    /// Begins a transaction.
    pub fn begin(&self) -> Result<TransactionHandle> {
        let mut transaction = null_mut();
        // SAFETY: the database lives and `transaction` is writable.
        let code = unsafe { (self.client.functions.database_create_transaction)(self.database, &mut transaction) };
        self.client.check_code(code)?;
        Ok(TransactionHandle { client: self.client, transaction })
    }
}

impl Drop for DatabaseHandle {
    fn drop(&mut self) {
        // SAFETY: it was made by `open`, and nobody else has it.
        unsafe { (self.client.functions.database_destroy)(self.database) };
    }
}

impl TransactionHandle {
    /// Begins anew.
    pub fn reset(&self) {
        // SAFETY: the transaction lives.
        unsafe { (self.client.functions.transaction_reset)(self.transaction) };
    }

    /// Ends what is under way.
    pub fn cancel(&self) {
        // SAFETY: the transaction lives.
        unsafe { (self.client.functions.transaction_cancel)(self.transaction) };
    }

    /// Sets an option.
    pub fn set_option(&self, number: c_int, value: Option<i64>) -> Result<()> {
        let bytes = value.map(i64::to_le_bytes);
        let (data, length) = option_value(&bytes);
        // SAFETY: the transaction lives, and the value is readable for its length.
        self.client.check_code(unsafe {
            (self.client.functions.transaction_set_option)(self.transaction, number, data, length)
        })
    }

    /// Sets the version to read at.
    pub fn set_read_version(&self, version: i64) {
        // SAFETY: the transaction lives.
        unsafe { (self.client.functions.transaction_set_read_version)(self.transaction, version) };
    }

    /// The version it reads at.
    pub fn read_version(&self) -> Future {
        // SAFETY: the transaction lives.
        self.future(unsafe { (self.client.functions.transaction_get_read_version)(self.transaction) })
    }

    /// Reads a key.
    pub fn get(&self, key: &[u8], snapshot: bool) -> Future {
        // SAFETY: the transaction lives, and the key is readable for its length.
        self.future(unsafe {
            (self.client.functions.transaction_get)(self.transaction, key.as_ptr(), length(key), snapshot.into())
        })
    }

    /// Finds the key that a selector names.
    pub fn get_key(&self, selector: &KeySelector, snapshot: bool) -> Future {
        let key = &selector.key;
        // SAFETY: the transaction lives, and the key is readable for its length.
        self.future(unsafe {
            (self.client.functions.transaction_get_key)(
                self.transaction,
                key.as_ptr(),
                length(key),
                selector.or_equal.into(),
                selector.offset,
                snapshot.into(),
            )
        })
    }

    /// Reads a range.
    pub fn get_range(&self, begin: &KeySelector, end: &KeySelector, call: RangeCall) -> Future {
        // SAFETY: the transaction lives, and the keys are readable for their lengths.
        self.future(unsafe {
            (self.client.functions.transaction_get_range)(
                self.transaction,
                begin.key.as_ptr(),
                length(&begin.key),
                begin.or_equal.into(),
                begin.offset,
                end.key.as_ptr(),
                length(&end.key),
                end.or_equal.into(),
                end.offset,
                call.limit,
                call.target_bytes,
                call.mode,
                1,
                call.snapshot.into(),
                call.reverse.into(),
            )
        })
    }

    /// Sets a key.
    pub fn set(&self, key: &[u8], value: &[u8]) {
        // SAFETY: the transaction lives, and both are readable for their lengths.
        unsafe {
            (self.client.functions.transaction_set)(
                self.transaction,
                key.as_ptr(),
                length(key),
                value.as_ptr(),
                length(value),
            );
        }
    }

    /// Clears a key.
    pub fn clear(&self, key: &[u8]) {
        // SAFETY: the transaction lives, and the key is readable for its length.
        unsafe { (self.client.functions.transaction_clear)(self.transaction, key.as_ptr(), length(key)) };
    }

    /// Clears a range.
    pub fn clear_range(&self, begin: &[u8], end: &[u8]) {
        // SAFETY: the transaction lives, and both are readable for their lengths.
        unsafe {
            (self.client.functions.transaction_clear_range)(
                self.transaction,
                begin.as_ptr(),
                length(begin),
                end.as_ptr(),
                length(end),
            );
        }
    }

    /// Adds an atomic operation.
    pub fn atomic_op(&self, key: &[u8], operand: &[u8], mutation: c_int) {
        // SAFETY: the transaction lives, and both are readable for their lengths.
        unsafe {
            (self.client.functions.transaction_atomic_op)(
                self.transaction,
                key.as_ptr(),
                length(key),
                operand.as_ptr(),
                length(operand),
                mutation,
            );
        }
    }

    /// Adds a conflict range: of reads, or of writes.
    pub fn add_conflict(&self, begin: &[u8], end: &[u8], of_writes: bool) -> Result<()> {
        // SAFETY: the transaction lives, and both are readable for their lengths.
        self.client.check_code(unsafe {
            (self.client.functions.transaction_add_conflict_range)(
                self.transaction,
                begin.as_ptr(),
                length(begin),
                end.as_ptr(),
                length(end),
                of_writes.into(),
            )
        })
    }

    /// Watches a key.
    pub fn watch(&self, key: &[u8]) -> Future {
        // SAFETY: the transaction lives, and the key is readable for its length.
        self.future(unsafe { (self.client.functions.transaction_watch)(self.transaction, key.as_ptr(), length(key)) })
    }

    /// Commits.
    pub fn commit(&self) -> Future {
        // SAFETY: the transaction lives.
        self.future(unsafe { (self.client.functions.transaction_commit)(self.transaction) })
    }

    /// The version of the last commit, or -1.
    pub fn committed_version(&self) -> i64 {
        let mut version = -1;
        // SAFETY: the transaction lives and `version` is writable.
        match unsafe { (self.client.functions.transaction_get_committed_version)(self.transaction, &mut version) } {
            0 => version,
            _ => -1,
        }
    }

    /// The versionstamp of the commit that comes.
    pub fn versionstamp(&self) -> Future {
        // SAFETY: the transaction lives.
        self.future(unsafe { (self.client.functions.transaction_get_versionstamp)(self.transaction) })
    }

    /// Decides about an error, and waits.
    pub fn on_error(&self, code: Code) -> Future {
        // SAFETY: the transaction lives.
        self.future(unsafe { (self.client.functions.transaction_on_error)(self.transaction, code.number()) })
    }

    /// Bytes so far.
    pub fn approximate_size(&self) -> Future {
        // SAFETY: the transaction lives.
        self.future(unsafe { (self.client.functions.transaction_get_approximate_size)(self.transaction) })
    }

    /// Bytes stored in a range, about.
    pub fn estimated_size(&self, begin: &[u8], end: &[u8]) -> Future {
        // SAFETY: the transaction lives, and both are readable for their lengths.
        self.future(unsafe {
            (self.client.functions.transaction_get_estimated_range_size_bytes)(
                self.transaction,
                begin.as_ptr(),
                length(begin),
                end.as_ptr(),
                length(end),
            )
        })
    }

    /// Keys that cut a range into pieces.
    pub fn split_points(&self, begin: &[u8], end: &[u8], chunk: i64) -> Result<Future> {
        if !self.client.has(SPLIT_POINTS) {
            let text = "FoundationDB's client library is older than 7.0, which first knew this call";
            return Err(Error::new(Code::UNSUPPORTED_OPERATION).context(text));
        }
        // SAFETY: the transaction lives, and both are readable for their lengths.
        Ok(self.future(unsafe {
            (self.client.functions.transaction_get_range_split_points)(
                self.transaction,
                begin.as_ptr(),
                length(begin),
                end.as_ptr(),
                length(end),
                chunk,
            )
        }))
    }

    fn future(&self, future: *mut FdbFuture) -> Future {
        Future::new(self.client, future)
    }
}

impl Drop for TransactionHandle {
    fn drop(&mut self) {
        // SAFETY: it was made by `begin`, and nobody else has it.
        unsafe { (self.client.functions.transaction_destroy)(self.transaction) };
    }
}

/// Keys and values are checked long before they are as long as a `c_int` can't say.
fn length(bytes: &[u8]) -> c_int {
    c_int::try_from(bytes.len()).unwrap_or(c_int::MAX)
}

fn option_value(bytes: &Option<[u8; 8]>) -> (*const u8, c_int) {
    match bytes {
        Some(bytes) => (bytes.as_ptr(), 8),
        None => (null(), 0),
    }
}
