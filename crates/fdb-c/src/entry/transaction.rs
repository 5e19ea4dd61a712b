//! Transactions. The rules are those of sections 3 to 8; `crate::transaction` says what this
//! interface adds.

use std::ffi::c_int;
use std::sync::Arc;

use plinth_api::{Code, Error, RangeOptions, Result};
use plinth_boundary::entry::guarded;

use super::{bytes, call, cut, ending, quietly, selector, write};
use crate::layout::{fdb_bool_t, fdb_error_t, FDBFuture, FDBTransaction};
use crate::transaction::{Transaction, TRANSACTIONS};
use crate::{option, streaming, version};

/// Runs the body of a function that returns nothing: what is wrong with its arguments is told later
/// (rule TX-4).
fn deferring(tr: *mut FDBTransaction, body: impl FnOnce(&Transaction) -> Result<()>) {
    if let Err(error) = guarded(|| body(&*TRANSACTIONS.get(tr as usize)?)) {
        quietly(|| {
            let transaction = TRANSACTIONS.get(tr as usize)?;
            end_after_panic(&transaction, &error);
            transaction.defer(&error);
            Ok(())
        });
    }
}

/// Runs the body of a function that returns a future.
fn asking(tr: *mut FDBTransaction, body: impl FnOnce(&Arc<Transaction>) -> Result<*mut FDBFuture>) -> *mut FDBFuture {
    let asked = guarded(|| {
        version::check_selected()?;
        body(&*TRANSACTIONS.get(tr as usize)?)
    });
    asked.unwrap_or_else(|error| {
        quietly(|| {
            end_after_panic(&*TRANSACTIONS.get(tr as usize)?, &error);
            Ok(())
        });
        super::asking(|| Err(error))
    })
}

/// What a panic interrupted may be half done.
fn end_after_panic(transaction: &Transaction, error: &Error) {
    if error.code() == Code::INTERNAL_ERROR {
        transaction.cancel();
    }
}

/// Ends a transaction (rule RST-3).
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_destroy(tr: *mut FDBTransaction) {
    ending(|| {
        let transaction = TRANSACTIONS.get(tr as usize)?.clone();
        TRANSACTIONS.remove(tr as usize)?;
        transaction.abandon();
        Ok(())
    });
}

/// Rule RST-2.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_cancel(tr: *mut FDBTransaction) {
    quietly(|| {
        TRANSACTIONS.get(tr as usize)?.cancel();
        Ok(())
    });
}

/// Rule RST-1.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_reset(tr: *mut FDBTransaction) {
    quietly(|| {
        TRANSACTIONS.get(tr as usize)?.reset();
        Ok(())
    });
}

/// Sets an option: 2007 for one that there is not; a bad value is told later (rules OPT-1, OPT-2).
///
/// # Safety
/// `value` is readable for `value_length` bytes; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_set_option(
    tr: *mut FDBTransaction,
    option: c_int,
    value: *const u8,
    value_length: c_int,
) -> fdb_error_t {
    call(|| {
        version::check_selected()?;
        let transaction = TRANSACTIONS.get(tr as usize)?;
        // SAFETY: this function's contract.
        let value = unsafe { bytes(value, value_length) }?;
        transaction.set_option(option::of_transaction(option, value)?, value);
        Ok(())
    })
}

/// Rule VER-7.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_set_read_version(tr: *mut FDBTransaction, version: i64) {
    deferring(tr, |transaction| {
        transaction.set_read_version(version);
        Ok(())
    });
}

/// Rule VER-4.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_read_version(tr: *mut FDBTransaction) -> *mut FDBFuture {
    asking(tr, |transaction| Ok(transaction.get_read_version()))
}

/// Rule GET-1.
///
/// # Safety
/// `key_name` is readable for its length; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get(
    tr: *mut FDBTransaction,
    key_name: *const u8,
    key_name_length: c_int,
    snapshot: fdb_bool_t,
) -> *mut FDBFuture {
    asking(tr, |transaction| {
        // SAFETY: this function's contract.
        Ok(transaction.get(unsafe { bytes(key_name, key_name_length) }?, snapshot != 0))
    })
}

/// Rules SEL-1 to SEL-6.
///
/// # Safety
/// `key_name` is readable for its length; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_key(
    tr: *mut FDBTransaction,
    key_name: *const u8,
    key_name_length: c_int,
    or_equal: fdb_bool_t,
    offset: c_int,
    snapshot: fdb_bool_t,
) -> *mut FDBFuture {
    asking(tr, |transaction| {
        // SAFETY: this function's contract.
        let selector = unsafe { selector(key_name, key_name_length, or_equal, offset) }?;
        Ok(transaction.get_key(selector, snapshot != 0))
    })
}

/// Rule GET-3.
///
/// # Safety
/// `key_name` is readable for its length; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_addresses_for_key(
    tr: *mut FDBTransaction,
    key_name: *const u8,
    key_name_length: c_int,
) -> *mut FDBFuture {
    asking(tr, |transaction| {
        // SAFETY: this function's contract.
        unsafe { bytes(key_name, key_name_length) }?;
        Ok(transaction.get_addresses())
    })
}

/// Rules RNG-1 to RNG-11.
///
/// # Safety
/// The keys are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_range(
    tr: *mut FDBTransaction,
    begin_key_name: *const u8,
    begin_key_name_length: c_int,
    begin_or_equal: fdb_bool_t,
    begin_offset: c_int,
    end_key_name: *const u8,
    end_key_name_length: c_int,
    end_or_equal: fdb_bool_t,
    end_offset: c_int,
    limit: c_int,
    target_bytes: c_int,
    mode: c_int,
    iteration: c_int,
    snapshot: fdb_bool_t,
    reverse: fdb_bool_t,
) -> *mut FDBFuture {
    asking(tr, |transaction| {
        // SAFETY: this function's contract.
        let begin = unsafe { selector(begin_key_name, begin_key_name_length, begin_or_equal, begin_offset) }?;
        // SAFETY: this function's contract.
        let end = unsafe { selector(end_key_name, end_key_name_length, end_or_equal, end_offset) }?;
        let options = options((limit, target_bytes, mode, iteration), snapshot, reverse);
        Ok(transaction.get_range(begin, end, options))
    })
}

/// Rule MAP-1.
///
/// # Safety
/// The keys and the mapper are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_mapped_range(
    tr: *mut FDBTransaction,
    begin_key_name: *const u8,
    begin_key_name_length: c_int,
    begin_or_equal: fdb_bool_t,
    begin_offset: c_int,
    end_key_name: *const u8,
    end_key_name_length: c_int,
    end_or_equal: fdb_bool_t,
    end_offset: c_int,
    mapper_name: *const u8,
    mapper_name_length: c_int,
    limit: c_int,
    target_bytes: c_int,
    mode: c_int,
    iteration: c_int,
    snapshot: fdb_bool_t,
    reverse: fdb_bool_t,
) -> *mut FDBFuture {
    asking(tr, |transaction| {
        // SAFETY: this function's contract.
        let begin = unsafe { selector(begin_key_name, begin_key_name_length, begin_or_equal, begin_offset) }?;
        // SAFETY: this function's contract.
        let end = unsafe { selector(end_key_name, end_key_name_length, end_or_equal, end_offset) }?;
        // SAFETY: this function's contract.
        let mapper = unsafe { bytes(mapper_name, mapper_name_length) }?;
        let options = options((limit, target_bytes, mode, iteration), snapshot, reverse);
        Ok(transaction.get_mapped_range(begin, end, mapper, options))
    })
}

/// What a range read is asked for. What is wrong with it is the future's error (rule RNG-5).
fn options(
    (limit, target_bytes, mode, iteration): (c_int, c_int, c_int, c_int),
    snapshot: fdb_bool_t,
    reverse: fdb_bool_t,
) -> Result<RangeOptions> {
    let (limit, target_bytes) = streaming::limits(limit, target_bytes, mode, iteration)?;
    Ok(RangeOptions { limit, target_bytes, snapshot: snapshot != 0, reverse: reverse != 0 })
}

/// Rule COM-9.
///
/// # Safety
/// Key and value are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_set(
    tr: *mut FDBTransaction,
    key_name: *const u8,
    key_name_length: c_int,
    value: *const u8,
    value_length: c_int,
) {
    deferring(tr, |transaction| {
        // SAFETY: this function's contract.
        let (key, value) = unsafe { (bytes(key_name, key_name_length)?, bytes(value, value_length)?) };
        transaction.set(key, value);
        Ok(())
    });
}

/// Section 7 of the rules.
///
/// # Safety
/// Key and operand are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_atomic_op(
    tr: *mut FDBTransaction,
    key_name: *const u8,
    key_name_length: c_int,
    param: *const u8,
    param_length: c_int,
    operation_type: c_int,
) {
    deferring(tr, |transaction| {
        // SAFETY: this function's contract.
        let (key, operand) = unsafe { (bytes(key_name, key_name_length)?, bytes(param, param_length)?) };
        transaction.atomic_op(key, operand, operation_type);
        Ok(())
    });
}

/// Rule COM-9.
///
/// # Safety
/// `key_name` is readable for its length; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_clear(tr: *mut FDBTransaction, key_name: *const u8, key_name_length: c_int) {
    deferring(tr, |transaction| {
        // SAFETY: this function's contract.
        transaction.clear(unsafe { bytes(key_name, key_name_length) }?);
        Ok(())
    });
}

/// Rule COM-9.
///
/// # Safety
/// The keys are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_clear_range(
    tr: *mut FDBTransaction,
    begin_key_name: *const u8,
    begin_key_name_length: c_int,
    end_key_name: *const u8,
    end_key_name_length: c_int,
) {
    deferring(tr, |transaction| {
        // SAFETY: this function's contract.
        let begin = unsafe { bytes(begin_key_name, begin_key_name_length) }?;
        // SAFETY: this function's contract.
        let end = unsafe { bytes(end_key_name, end_key_name_length) }?;
        transaction.clear_range(begin, end);
        Ok(())
    });
}

/// Section 8 of the rules.
///
/// # Safety
/// `key_name` is readable for its length; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_watch(
    tr: *mut FDBTransaction,
    key_name: *const u8,
    key_name_length: c_int,
) -> *mut FDBFuture {
    // SAFETY: this function's contract.
    asking(tr, |transaction| Ok(transaction.watch(unsafe { cut(key_name, key_name_length) }?)))
}

/// Rules COM-1 to COM-8.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_commit(tr: *mut FDBTransaction) -> *mut FDBFuture {
    asking(tr, |transaction| Ok(transaction.commit()))
}

/// Rule COM-10.
///
/// # Safety
/// `out_version` is null or writable; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_committed_version(
    tr: *mut FDBTransaction,
    out_version: *mut i64,
) -> fdb_error_t {
    call(|| {
        let version = TRANSACTIONS.get(tr as usize)?.committed_version();
        // SAFETY: this function's contract.
        unsafe { write(out_version, version) }
    })
}

/// Rule EST-3: nothing is throttled.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_tag_throttled_duration(tr: *mut FDBTransaction) -> *mut FDBFuture {
    asking(tr, |transaction| Ok(transaction.get_throttled()))
}

/// Rule EST-3.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_total_cost(tr: *mut FDBTransaction) -> *mut FDBFuture {
    asking(tr, |transaction| Ok(transaction.get_total_cost()))
}

/// Rule LIM-7.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_approximate_size(tr: *mut FDBTransaction) -> *mut FDBFuture {
    asking(tr, |transaction| Ok(transaction.get_approximate_size()))
}

/// Rule COM-12.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_versionstamp(tr: *mut FDBTransaction) -> *mut FDBFuture {
    asking(tr, |transaction| Ok(transaction.get_versionstamp()))
}

/// Rules ERRH-1 to ERRH-7.
///
/// # Safety
/// `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_on_error(tr: *mut FDBTransaction, error: fdb_error_t) -> *mut FDBFuture {
    asking(tr, |transaction| Ok(transaction.on_error(error)))
}

/// Rule CONF-10.
///
/// # Safety
/// The keys are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_add_conflict_range(
    tr: *mut FDBTransaction,
    begin_key_name: *const u8,
    begin_key_name_length: c_int,
    end_key_name: *const u8,
    end_key_name_length: c_int,
    r#type: c_int,
) -> fdb_error_t {
    call(|| {
        let transaction = TRANSACTIONS.get(tr as usize)?;
        // SAFETY: this function's contract.
        let begin = unsafe { bytes(begin_key_name, begin_key_name_length) }?;
        // SAFETY: this function's contract.
        let end = unsafe { bytes(end_key_name, end_key_name_length) }?;
        transaction.add_conflict_range(begin, end, r#type)
    })
}

/// Rule EST-1.
///
/// # Safety
/// The keys are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_estimated_range_size_bytes(
    tr: *mut FDBTransaction,
    begin_key_name: *const u8,
    begin_key_name_length: c_int,
    end_key_name: *const u8,
    end_key_name_length: c_int,
) -> *mut FDBFuture {
    asking(tr, |transaction| {
        // SAFETY: this function's contract.
        let begin = unsafe { cut(begin_key_name, begin_key_name_length) }?;
        // SAFETY: this function's contract.
        let end = unsafe { cut(end_key_name, end_key_name_length) }?;
        Ok(transaction.get_estimated_size(begin, end))
    })
}

/// Rule EST-2.
///
/// # Safety
/// The keys are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_range_split_points(
    tr: *mut FDBTransaction,
    begin_key_name: *const u8,
    begin_key_name_length: c_int,
    end_key_name: *const u8,
    end_key_name_length: c_int,
    chunk_size: i64,
) -> *mut FDBFuture {
    let (begin, end) = ((begin_key_name, begin_key_name_length), (end_key_name, end_key_name_length));
    // SAFETY: this function's contract.
    unsafe { split_points(tr, begin, end, chunk_size, -1) }
}

/// The same, with `limit` keys between the ends at most; a negative limit is none.
///
/// # Safety
/// The keys are readable for their lengths; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn fdb_transaction_get_range_split_points_with_limit(
    tr: *mut FDBTransaction,
    begin_key_name: *const u8,
    begin_key_name_length: c_int,
    end_key_name: *const u8,
    end_key_name_length: c_int,
    chunk_size: i64,
    limit: c_int,
) -> *mut FDBFuture {
    let (begin, end) = ((begin_key_name, begin_key_name_length), (end_key_name, end_key_name_length));
    // SAFETY: this function's contract.
    unsafe { split_points(tr, begin, end, chunk_size, limit) }
}

/// Both of them.
///
/// # Safety
/// As theirs.
unsafe fn split_points(
    tr: *mut FDBTransaction,
    begin: (*const u8, c_int),
    end: (*const u8, c_int),
    chunk_size: i64,
    limit: c_int,
) -> *mut FDBFuture {
    asking(tr, |transaction| {
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (cut(begin.0, begin.1)?, cut(end.0, end.1)?) };
        let most = usize::try_from(limit).ok();
        Ok(transaction.get_split_points(begin, end, chunk_size, most))
    })
}
