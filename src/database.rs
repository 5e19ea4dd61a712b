//! Databases: open, sync, close.

use std::ffi::c_char;
use std::path::PathBuf;
use std::time::Duration;

use plinth_api::{DatabaseOption, DatabaseOptions, Error, TransactionOption};
use plinth_boundary::{entry, fork, slice};

use crate::backend::{self, log};
use crate::constants::{durability, preset, CBool};
use crate::handles::{database, DATABASES};
use crate::plinth_error;

/// An open database. Ended by plinth_database_close().
pub struct plinth_database {
    _private: [u8; 0],
}

/// How a database is opened. Set struct_size to sizeof(plinth_database_options) and the rest to
/// zero for the defaults; a zero in any field means its default.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct plinth_database_options {
    /// sizeof(plinth_database_options).
    pub struct_size: u32,
    /// A plinth_durability for commits that do not choose their own. Default: sync.
    pub durability: i32,
    /// Fail with 9006 unless the database exists.
    pub must_exist: CBool,
    /// Fail with 9005 if the database exists.
    pub must_not_exist: CBool,
    /// Milliseconds for which an old read version stays readable and committable, 5,000 to
    /// 600,000. Old data is kept that long. Of more than 100,000 versions, those older than five
    /// seconds are kept only while a transaction reads at them; a read that begins at another one
    /// fails with 1007. Default: 5,000.
    pub window_ms: u32,
    /// Bytes for block cache, write buffers, conflict history and open transactions together,
    /// from 16 MiB on. Default: 512 MiB, or that of the preset. An open fails with 1501 if the process
    /// can't have what so much begins with.
    pub memory_budget: u64,
    /// Live transactions at most. Default: 100,000.
    pub max_transactions: u32,
    /// Commits waiting at most; above it they fail with 1042. Default: 10,000.
    pub max_queued_commits: u32,
    /// Longest key in bytes, up to 1 MiB. Default: 10,000, as on a cluster.
    pub key_size_limit: u32,
    /// Longest value in bytes, up to 256 MiB. Default: 100,000, as on a cluster.
    pub value_size_limit: u32,
    /// Largest transaction in bytes, 32 to 1 GiB, and the default of PLINTH_OPTION_SIZE_LIMIT.
    /// Default: 10,000,000, as on a cluster.
    pub transaction_size_limit: u64,
    /// Default of PLINTH_OPTION_TIMEOUT in milliseconds. Default: none.
    pub transaction_timeout_ms: u32,
    /// Default of PLINTH_OPTION_RETRY_LIMIT plus one, so that zero can mean "for ever".
    pub transaction_retry_limit_plus_one: u32,
    /// Default of PLINTH_OPTION_MAX_RETRY_DELAY in milliseconds. Default: 1,000.
    pub transaction_max_retry_delay_ms: u32,
    /// Share the directory with nobody: fail with 1529 if it is open elsewhere, and have every later
    /// open fail so. Default: several handles and processes share it.
    pub exclusive: CBool,
    /// Change nothing in the directory: read what is there, also on a read-only file system and where the
    /// log is damaged; see plinth_database_open(). Default: commits are taken.
    pub read_only: CBool,
    /// A plinth_preset: what memory and processor time are spent on, for as long as this process has the
    /// directory open itself; one that joins another process has its preset. Default: balanced.
    pub preset: i32,
    /// The option PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS. Default: 0, none is told.
    pub slow_transaction_ms: u32,
    /// Allow nothing that a FoundationDB cluster does not: limits above the defaults are 2006, transactions count
    /// as many bytes as there, and keys that a cluster keeps for its keyspaces, from "\xfe\xff\xff" to "\xff", can't be
    /// written (2004). A program that works with it works on a cluster. Default: false.
    pub portable: CBool,
    /// For a path that begins with "fdb:": FoundationDB's client library, as a path or a name for the loader; copied.
    /// Default: NULL, what PLINTH_FDB_CLIENT in the environment says, or else libfdb_c.so as the loader finds it.
    pub fdb_client: *const c_char,
    /// Versions kept at most, beside the bound of `window_ms`: with more, the oldest go, whoever reads there, and
    /// such reads fail with 1007. Default: 0, no bound of their number.
    pub retain_versions: u32,
    /// Bytes that may be committed since the oldest version that is kept, which is what it keeps at most: with
    /// more, the oldest go, whoever reads there. Default: 0, no such bound.
    pub retain_bytes: u64,
}

/// The client library that options name.
///
/// # Safety
/// The option is null or a NUL-terminated string.
unsafe fn client(options: Option<&plinth_database_options>) -> Result<Option<PathBuf>, Error> {
    let named = options.map(|options| options.fdb_client).filter(|name| !name.is_null());
    // SAFETY: this function's contract.
    named.map(|name| unsafe { entry::text(name, "fdb_client") }.map(PathBuf::from)).transpose()
}

impl plinth_database_options {
    fn convert(self) -> Result<DatabaseOptions, Error> {
        let mut options = DatabaseOptions::default();
        if let Some(durability) = durability(self.durability.into())? {
            options.durability = durability;
        }
        options.must_exist = self.must_exist.get();
        options.must_not_exist = self.must_not_exist.get();
        options.exclusive = self.exclusive.get();
        options.read_only = self.read_only.get();
        options.portable = self.portable.get();
        options.window = Duration::from_millis(or(self.window_ms, 5_000).into());
        options.preset = preset(self.preset)?;
        options.memory_budget = or(self.memory_budget, options.preset.memory_budget() as u64) as usize;
        options.max_transactions = or(self.max_transactions, options.max_transactions as u32) as usize;
        options.max_queued_commits = or(self.max_queued_commits, options.max_queued_commits as u32) as usize;
        options.key_size_limit = or(self.key_size_limit, options.key_size_limit as u32) as usize;
        options.value_size_limit = or(self.value_size_limit, options.value_size_limit as u32) as usize;
        options.retain_versions = self.retain_versions as usize;
        options.retain_bytes = self.retain_bytes;
        let transaction = &mut options.transaction;
        transaction.size_limit = or(self.transaction_size_limit.try_into().unwrap_or(i64::MAX), transaction.size_limit);
        transaction.timeout_ms = self.transaction_timeout_ms.into();
        transaction.retry_limit = i64::from(self.transaction_retry_limit_plus_one) - 1;
        transaction.max_retry_delay_ms = or(self.transaction_max_retry_delay_ms.into(), transaction.max_retry_delay_ms);
        transaction.slow_ms = self.slow_transaction_ms.into();
        DatabaseOption::SlowTransaction(transaction.slow_ms).check(i64::MAX)?;
        TransactionOption::Timeout(transaction.timeout_ms).check(i64::MAX)?;
        TransactionOption::RetryLimit(transaction.retry_limit).check(i64::MAX)?;
        TransactionOption::MaxRetryDelay(transaction.max_retry_delay_ms).check(i64::MAX)?;
        Ok(options)
    }
}

/// Zero means the default.
fn or<T: Default + PartialEq>(given: T, default: T) -> T {
    if given == T::default() {
        default
    } else {
        given
    }
}

/// Opens a database and creates it if it is missing.
///
/// @param path     a directory, made with mode 0700 if it is missing; its parent must exist. It
///                 must be empty or hold a Plinth database. `":memory:"` opens a throw-away
///                 database in memory, a new one at each call.
/// @param options  NULL for the defaults; copied
/// @param out      receives the database; NULL on error. Close it with plinth_database_close().
///
/// Any number of handles share a directory, in this process and in others, through this library and
/// through libfdb_c.so: they see each other's commits at once, and go on when one of them leaves or
/// is killed. With the option `exclusive` the directory is this handle's alone.
///
/// With the option `read_only` nothing in the directory is changed, and the log is read into memory as far as
/// that goes: also on a read-only file system, and where an open fails with 9021 or 1522 because the log
/// is damaged. What is seen is a state that the database had, of a version that every transaction has as
/// its read version. Commits of writes fail with 9022, and so does making a keyspace. Such a handle is
/// not shared: any number of them go together, but while somebody may write they fail with 1529, and
/// while there is one others wait for it and then fail with 1529.
///
/// What was acknowledged is there after every end of a process, and after a power cut what was
/// acknowledged as synced. An open that finds less fails with 9021 and changes nothing, so that what is left can be
/// read with `read_only`, repaired with plinth_database_repair(), or put back from a backup. Commits that were
/// never synced are missed only in the boot they were made in, and not those of the last millisecond.
///
/// A cluster is reached through FoundationDB's own client library, which is loaded then and stays until the process
/// ends, as does the one thread that it needs. Nothing is asked of the cluster yet: if it can't be
/// reached the first operation waits, for ever unless there is a timeout. All functions work as on a directory,
/// keyspaces are prefixes of keys in the cluster; docs/SCALING.md says what differs. Limits above the
/// defaults are 2006, `exclusive` is 2108, and `must_not_exist` 9005.
///
/// A process that ends through exit() closes what is still open.
///
/// A child of fork() opens its databases again. Every handle that the parent had made is 9016 there, in
/// every function, and nothing happens to it; the bytes of its values stay readable. The parent is not
/// disturbed, whatever the child does and however it ends. A child of a process that had a directory
/// open itself, and not through another process, can only use directories that other processes have
/// open, such as its parent, and no databases in memory: the rest is 9016 too; exec lifts this. The
/// exit handlers that were registered before the first such database was opened do not run at the end of
/// such a child. A child that was forked in a callback can use the library there, but must not return
/// from a callback that a thread of the library runs, or that a call runs for another one: it ends.
///
/// Threads: any.
/// Errors: 9001 bad argument; 2006 an option out of its bounds; 9005, 9006 as the options ask;
/// 9007 the directory holds something else; 9008 written by a newer version; 1529 open
/// already and wanted exclusively, by this call or by the one who has it, whose process
/// plinth_last_error() names; 9016 as said above; 9017 nobody serves the directory in time; 9018 the
/// process that serves it has another version of the library; 9019 it belongs to another user; 9020 the
/// file system cannot be shared on; 1501 there is no room for the memory budget; 1510, 1511, 1514 the
/// file system failed; 1522 damaged files; 9021 commits are missing; 9002 too many handles; 9043 this build of the
/// library can't open such a path; of a cluster 1515 there is no such file, 9040 there is no client library, 9041 it
/// can't be used; 4100 internal error.
/// Design D8, D11, D12.
///
/// # Safety
/// `path` is a NUL-terminated string; `options` is null or a struct of the size it names; `out`
/// is writable.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_open(
    path: *const c_char,
    options: *const plinth_database_options,
    out: *mut *mut plinth_database,
) -> plinth_error {
    entry::call("plinth_database_open", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out.cast::<usize>(), "out") }?;
        // SAFETY: this function's contract.
        let path = unsafe { entry::text(path, "path") }?;
        // SAFETY: this function's contract; zero is valid for every field.
        let options = unsafe { slice::sized(options, "options") }?;
        // SAFETY: this function's contract.
        let client = unsafe { client(options.as_ref()) }?;
        let options = options.map_or_else(|| Ok(DatabaseOptions::default()), plinth_database_options::convert)?;
        prepare();
        let database = backend::open(path, options, client)?;
        fork::close_at_exit();
        let handle = DATABASES.insert(database.clone())?;
        crate::expiry::list_for(&database, handle);
        *out = handle;
        Ok(())
    })
}

/// Makes every acknowledged commit durable, those of PLINTH_DURABILITY_BUFFERED too.
///
/// @param db  the database
///
/// Threads: any. Errors: 9000 bad handle; 9003 closed; 9004 an earlier write failed; 1510 the
/// disk failed, which also stops further commits; 4100 internal error. Design D4.
///
/// # Safety
/// `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_sync(db: *mut plinth_database) -> plinth_error {
    entry::call("plinth_database_sync", || database(db)?.sync())
}

/// Closes a database.
///
/// Calls that are running end first; commits that were accepted are finished. Watches and what
/// else waits end with 9003: the callbacks of all asynchronous calls that were made before have run
/// when it returns, unless it was called from one. It waits for those that run on threads of the
/// library, as long as they take; one that runs inside a call of another thread ends with that call.
/// Then the directory is free to be opened again,
/// unless values of it were not freed yet: the last plinth_value_free() frees it then.
/// Transactions, keyspaces and watches that are still open stay valid handles that fail with 9003;
/// end them as usual, before or after.
///
/// @param db  the database; its handle is stale afterwards, also when an error is returned
///
/// Threads: any; not from the body of plinth_run() on the same database.
/// Errors: 9000 bad handle, also when closed before; 1510 the last writes could not be synced; 9004 an
/// earlier write failed, so that commits since the last sync may not be on disk; 4100 internal error.
/// Design D12.
///
/// # Safety
/// `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_close(db: *mut plinth_database) -> plinth_error {
    entry::call("plinth_database_close", || {
        let database = database(db)?.clone();
        // Of two racing callers one gets the handle; the other one's is stale.
        DATABASES.remove(db as usize)?;
        database.close()
    })
}

/// Gets the process ready for databases.
pub(crate) fn prepare() {
    backend::prepare(close_all);
}

/// Closes everything: the process ends.
fn close_all() {
    DATABASES.each(|database| {
        let _ = database.close();
    });
    log::end();
}
