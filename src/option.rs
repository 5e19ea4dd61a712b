//! Options of transactions and of open databases.

use std::ptr;

use plinth_api::{Code, DatabaseOption, Durability, Error, TransactionOption};
use plinth_boundary::entry;

use crate::constants::durability;
use crate::handles::{database, transaction};
use crate::transaction::on_free;
use crate::{plinth_database, plinth_error, plinth_transaction};

/// Options of one transaction, for plinth_transaction_set_option(). The numbers are
/// FoundationDB's where it has the option.
///
/// Those marked "no value" are switched on by setting them to 0, and stay on until the transaction
/// is reset or went through plinth_transaction_on_error().
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_transaction_option {
    /// Lets a transaction without read conflicts commit at a read version older than the window.
    /// No value. Rule COM-6.
    PLINTH_OPTION_CAUSAL_WRITE_RISKY = 10,
    /// The next write makes nobody conflict. No value. Rule CONF-11.
    PLINTH_OPTION_NEXT_WRITE_NO_WRITE_CONFLICT_RANGE = 30,
    /// Reads do not see the transaction's own writes, and watches fail with 1034. It must come
    /// before every read and write, else 2000. No value. Rule RYW-7.
    PLINTH_OPTION_READ_YOUR_WRITES_DISABLE = 51,
    /// System keys may be read and written. No value. Rule DATA-4.
    PLINTH_OPTION_ACCESS_SYSTEM_KEYS = 301,
    /// System keys may be read. No value. Rule DATA-4.
    PLINTH_OPTION_READ_SYSTEM_KEYS = 302,
    /// Keys may be eight bytes longer. No value. Rule LIM-1.
    PLINTH_OPTION_RAW_ACCESS = 303,
    /// Milliseconds from begin or reset after which every call fails with 1031; 0 for none.
    /// Kept by plinth_transaction_on_error(). Rule TMO-1.
    PLINTH_OPTION_TIMEOUT = 500,
    /// How often plinth_transaction_on_error() lets the caller try again; -1 for ever. Kept by
    /// plinth_transaction_on_error(). Rule ERRH-3.
    PLINTH_OPTION_RETRY_LIMIT = 501,
    /// Upper bound in milliseconds of the wait in plinth_transaction_on_error(). Kept by it.
    /// Rule ERRH-2.
    PLINTH_OPTION_MAX_RETRY_DELAY = 502,
    /// Largest size of the transaction in bytes, from 32 on. Rule LIM-4.
    PLINTH_OPTION_SIZE_LIMIT = 503,
    /// Adds one to the count that lets snapshot reads see own writes while it is above zero. It
    /// begins at one. No value. Rule RYW-6.
    PLINTH_OPTION_SNAPSHOT_RYW_ENABLE = 600,
    /// Takes one from that count. No value. Rule RYW-6.
    PLINTH_OPTION_SNAPSHOT_RYW_DISABLE = 601,
    /// Reads and writes a database that is locked; see plinth_database_lock(). Undoes PLINTH_OPTION_READ_LOCK_AWARE's
    /// ban on writing. No value. Rule COM-5.
    PLINTH_OPTION_LOCK_AWARE = 700,
    /// A call after the commit started fails with 2017, but does not make the commit fail too.
    /// No value. Rule COM-3.
    PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE = 701,
    /// Reads a database that is locked. A commit of writes fails with 2023, unless PLINTH_OPTION_LOCK_AWARE is set.
    /// No value. Rule COM-5.
    PLINTH_OPTION_READ_LOCK_AWARE = 702,
    /// After a conflict the special keys "\xff\xff/transaction/conflicting_keys/" tell which reads
    /// were hit. No value. Rules SPEC-4, SPEC-6.
    PLINTH_OPTION_REPORT_CONFLICTING_KEYS = 712,
    /// A range read of special keys may span modules. No value. Rule SPEC-2.
    PLINTH_OPTION_SPECIAL_KEY_SPACE_RELAXED = 713,
    /// A write of a special key fails with 2115 and not with 2114. No value. Rule SPEC-3.
    PLINTH_OPTION_SPECIAL_KEY_SPACE_ENABLE_WRITES = 714,
    /// A get of a key that the transaction gave a versionstamped value returns the value as it was
    /// passed and not 1036. No value. Rule RYW-11.
    PLINTH_OPTION_BYPASS_UNREADABLE = 1100,
    /// A plinth_durability for this transaction's commit.
    PLINTH_OPTION_DURABILITY = 9000,
}

/// Options of an open database, for plinth_database_set_option(). The numbers are FoundationDB's.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_database_option {
    /// Watches that wait at most, 0 to 1,000,000; at first 10,000. Lowering it ends none.
    /// Rule WATCH-8.
    PLINTH_DATABASE_OPTION_MAX_WATCHES = 20,
    /// Adds one to where the count of PLINTH_OPTION_SNAPSHOT_RYW_ENABLE begins. No value.
    PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_ENABLE = 26,
    /// Takes one from it. No value.
    PLINTH_DATABASE_OPTION_SNAPSHOT_RYW_DISABLE = 27,
    /// Default of PLINTH_OPTION_TIMEOUT.
    PLINTH_DATABASE_OPTION_TRANSACTION_TIMEOUT = 500,
    /// Default of PLINTH_OPTION_RETRY_LIMIT.
    PLINTH_DATABASE_OPTION_TRANSACTION_RETRY_LIMIT = 501,
    /// Default of PLINTH_OPTION_MAX_RETRY_DELAY.
    PLINTH_DATABASE_OPTION_TRANSACTION_MAX_RETRY_DELAY = 502,
    /// Default of PLINTH_OPTION_SIZE_LIMIT.
    PLINTH_DATABASE_OPTION_TRANSACTION_SIZE_LIMIT = 503,
    /// Every transaction has PLINTH_OPTION_BYPASS_UNREADABLE. No value.
    PLINTH_DATABASE_OPTION_TRANSACTION_BYPASS_UNREADABLE = 700,
    /// Every transaction has PLINTH_OPTION_USED_DURING_COMMIT_PROTECTION_DISABLE. No value.
    PLINTH_DATABASE_OPTION_TRANSACTION_USED_DURING_COMMIT_PROTECTION_DISABLE = 701,
    /// Every transaction has PLINTH_OPTION_REPORT_CONFLICTING_KEYS. No value.
    PLINTH_DATABASE_OPTION_TRANSACTION_REPORT_CONFLICTING_KEYS = 702,
    /// Milliseconds above which a transaction, from its begin or reset to its end, or its commit alone, is
    /// told as slow: a record of module "slow" in the log, with its id and what it did. 0 for never.
    PLINTH_DATABASE_OPTION_SLOW_TRANSACTION_MS = 9001,
}

/// Sets an option of the transaction.
///
/// @param tr      the transaction
/// @param option  a plinth_transaction_option
/// @param value   its value; 0 for one that has none
///
/// Threads: any. Errors: 2007 no such option; 2006 value out of bounds; 2000 too late for this
/// option. Rules OPT-2 to OPT-4.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_set_option(
    tr: *mut plinth_transaction,
    option: i32,
    value: i64,
) -> plinth_error {
    on_free("plinth_transaction_set_option", tr, ptr::null_mut(), |transaction, _| {
        transaction.set_option(match option {
            9000 => TransactionOption::Durability(durability_of(tr, value)?),
            _ => transaction_option(option, value)?,
        })
    })
}

/// The durability of a number; the default is the one the transaction's database was opened with.
fn durability_of(tr: *mut plinth_transaction, value: i64) -> Result<Durability, Error> {
    let default = || database(transaction(tr).ok()?.database as *mut plinth_database).ok()?.metrics().durability;
    Ok(durability(value)?.or_else(default).ok_or(Code::DATABASE_CLOSED)?)
}

/// Sets an option of an open database. What it says of transactions goes for those that begin or
/// are reset afterwards.
///
/// @param db      the database
/// @param option  a plinth_database_option
/// @param value   its value; 0 for one that has none
///
/// Threads: any. Errors: 9000 bad handle; 2007 no such option; 2006 value out of bounds; 9003
/// closed; 4100 internal error. Rules OPT-2, OPT-5.
///
/// # Safety
/// `db` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_database_set_option(db: *mut plinth_database, option: i32, value: i64) -> plinth_error {
    entry::call("plinth_database_set_option", || {
        let db = database(db)?;
        db.set_option(database_option(option, value)?)
    })
}

/// The transaction option of a number, but for the durability, which needs the database.
fn transaction_option(number: i32, value: i64) -> Result<TransactionOption, Error> {
    use TransactionOption as Is;
    let flag = match number {
        500 => return Ok(Is::Timeout(value)),
        501 => return Ok(Is::RetryLimit(value)),
        502 => return Ok(Is::MaxRetryDelay(value)),
        503 => return Ok(Is::SizeLimit(value)),
        10 => Is::CausalWriteRisky,
        30 => Is::NextWriteNoWriteConflictRange,
        51 => Is::ReadYourWritesDisable,
        301 => Is::AccessSystemKeys,
        302 => Is::ReadSystemKeys,
        303 => Is::RawAccess,
        600 => Is::SnapshotRywEnable,
        601 => Is::SnapshotRywDisable,
        700 => Is::LockAware,
        701 => Is::UsedDuringCommitProtectionDisable,
        702 => Is::ReadLockAware,
        712 => Is::ReportConflictingKeys,
        713 => Is::SpecialKeySpaceRelaxed,
        714 => Is::SpecialKeySpaceEnableWrites,
        1100 => Is::BypassUnreadable,
        _ => return Err(unknown(number)),
    };
    without_value(number, value).map(|()| flag)
}

/// The database option of a number.
fn database_option(number: i32, value: i64) -> Result<DatabaseOption, Error> {
    use DatabaseOption as Is;
    let flag = match number {
        20 => return Ok(Is::MaxWatches(value)),
        9001 => return Ok(Is::SlowTransaction(value)),
        500 => return Ok(Is::TransactionTimeout(value)),
        501 => return Ok(Is::TransactionRetryLimit(value)),
        502 => return Ok(Is::TransactionMaxRetryDelay(value)),
        503 => return Ok(Is::TransactionSizeLimit(value)),
        26 => Is::SnapshotRywEnable,
        27 => Is::SnapshotRywDisable,
        700 => Is::TransactionBypassUnreadable,
        701 => Is::TransactionUsedDuringCommitProtectionDisable,
        702 => Is::TransactionReportConflictingKeys,
        _ => return Err(unknown(number)),
    };
    without_value(number, value).map(|()| flag)
}

fn unknown(number: i32) -> Error {
    Error::new(Code::INVALID_OPTION).context(format!("option {number}"))
}

/// Rule OPT-3: a flag takes no value.
fn without_value(number: i32, value: i64) -> Result<(), Error> {
    if value == 0 {
        return Ok(());
    }
    Err(Error::new(Code::INVALID_OPTION_VALUE)
        .context(format!("option {number} takes no value, and {value} was given")))
}
