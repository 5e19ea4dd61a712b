//! Options by their numbers: which there are, what values they take, and what they mean to the
//! store (section 10 of the rules). The table is generated.

use std::ffi::c_int;

use plinth_api::{Code, DatabaseOption, Error, Result, TransactionOption};

use crate::option_table::{self, Entry, Parameter, State};
use crate::version;

/// The entry of an option that may be set (rule OPT-1).
fn find(table: &'static [Entry], code: c_int) -> Result<&'static Entry> {
    let at = table.binary_search_by_key(&code, |entry| entry.code).map_err(|_| invalid(code))?;
    match table[at].state {
        State::Refused => Err(invalid(code)),
        State::Implemented | State::Accepted => Ok(&table[at]),
    }
}

fn invalid(code: c_int) -> Error {
    Error::new(Code::INVALID_OPTION).context(format!("option {code}"))
}

fn bad_value(entry: &Entry) -> Error {
    let text = format!("the value of option {} ({})", entry.code, entry.name);
    Error::new(Code::from_number(entry.error)).context(text)
}

/// Checks a value's form and returns it as a number, 0 where it is none (rules OPT-2, OPT-3).
fn check(entry: &Entry, value: &[u8]) -> Result<i64> {
    if !entry.parameter.takes(value, version::selected()) {
        return Err(bad_value(entry));
    }
    match entry.parameter {
        Parameter::Int { .. } => {
            let number = <[u8; 8]>::try_from(value).map(i64::from_le_bytes).map_err(|_| bad_value(entry))?;
            if entry.never == Some(number) {
                Err(bad_value(entry))
            } else {
                Ok(number)
            }
        }
        _ => Ok(0),
    }
}

/// Checks a network option.
pub fn of_network(code: c_int, value: &[u8]) -> Result<()> {
    check(find(option_table::NETWORK, code)?, value).map(|_| ())
}

/// A database option; `None` if it has no effect here.
pub fn of_database(code: c_int, value: &[u8]) -> Result<Option<DatabaseOption>> {
    let number = check(find(option_table::DATABASE, code)?, value)?;
    Ok(Some(match code {
        20 => DatabaseOption::MaxWatches(number),
        26 => DatabaseOption::SnapshotRywEnable,
        27 => DatabaseOption::SnapshotRywDisable,
        500 => DatabaseOption::TransactionTimeout(number),
        501 => DatabaseOption::TransactionRetryLimit(number),
        502 => DatabaseOption::TransactionMaxRetryDelay(number),
        503 => DatabaseOption::TransactionSizeLimit(number),
        700 => DatabaseOption::TransactionBypassUnreadable,
        701 => DatabaseOption::TransactionUsedDuringCommitProtectionDisable,
        702 => DatabaseOption::TransactionReportConflictingKeys,
        _ => return Ok(None),
    }))
}

/// The transaction option that a database option is a default for.
pub fn default_of(option: DatabaseOption) -> Option<TransactionOption> {
    Some(match option {
        DatabaseOption::MaxWatches(_) | DatabaseOption::SlowTransaction(_) => return None,
        DatabaseOption::SnapshotRywEnable => TransactionOption::SnapshotRywBy(1),
        DatabaseOption::SnapshotRywDisable => TransactionOption::SnapshotRywBy(-1),
        DatabaseOption::TransactionTimeout(value) => TransactionOption::Timeout(value),
        DatabaseOption::TransactionRetryLimit(value) => TransactionOption::RetryLimit(value),
        DatabaseOption::TransactionMaxRetryDelay(value) => TransactionOption::MaxRetryDelay(value),
        DatabaseOption::TransactionSizeLimit(value) => TransactionOption::SizeLimit(value),
        DatabaseOption::TransactionBypassUnreadable => TransactionOption::BypassUnreadable,
        DatabaseOption::TransactionUsedDuringCommitProtectionDisable => {
            TransactionOption::UsedDuringCommitProtectionDisable
        }
        DatabaseOption::TransactionReportConflictingKeys => TransactionOption::ReportConflictingKeys,
    })
}

/// What two settings of one option come to: the last one, but those of rule RYW-6 add up.
pub fn joined(first: TransactionOption, second: TransactionOption) -> TransactionOption {
    match (first, second) {
        (TransactionOption::SnapshotRywBy(first), TransactionOption::SnapshotRywBy(second)) => {
            TransactionOption::SnapshotRywBy(first.saturating_add(second))
        }
        _ => second,
    }
}

/// Whether `on_error` keeps it (rule OPT-4).
pub fn is_kept(option: TransactionOption) -> bool {
    matches!(
        option,
        TransactionOption::Timeout(_) | TransactionOption::RetryLimit(_) | TransactionOption::MaxRetryDelay(_)
    )
}

/// A transaction option: what it means, or why its value is bad, which is told later (rule TX-4).
pub struct OfTransaction {
    /// Its number.
    pub code: c_int,
    /// What it means to the store, if anything.
    pub option: Result<Option<TransactionOption>>,
}

/// Looks a transaction option up. An unknown one is told at once.
pub fn of_transaction(code: c_int, value: &[u8]) -> Result<OfTransaction> {
    let entry = find(option_table::TRANSACTION, code)?;
    let option = check(entry, value).map(|number| meaning(code, number));
    Ok(OfTransaction { code, option })
}

fn meaning(code: c_int, number: i64) -> Option<TransactionOption> {
    Some(match code {
        10 => TransactionOption::CausalWriteRisky,
        30 => TransactionOption::NextWriteNoWriteConflictRange,
        51 => TransactionOption::ReadYourWritesDisable,
        301 => TransactionOption::AccessSystemKeys,
        302 => TransactionOption::ReadSystemKeys,
        303 => TransactionOption::RawAccess,
        500 => TransactionOption::Timeout(number),
        501 => TransactionOption::RetryLimit(number),
        502 => TransactionOption::MaxRetryDelay(number),
        503 => TransactionOption::SizeLimit(number),
        600 => TransactionOption::SnapshotRywEnable,
        601 => TransactionOption::SnapshotRywDisable,
        700 => TransactionOption::LockAware,
        701 => TransactionOption::UsedDuringCommitProtectionDisable,
        702 => TransactionOption::ReadLockAware,
        712 => TransactionOption::ReportConflictingKeys,
        713 => TransactionOption::SpecialKeySpaceRelaxed,
        714 => TransactionOption::SpecialKeySpaceEnableWrites,
        1100 => TransactionOption::BypassUnreadable,
        _ => return None,
    })
}
