//! Sizes: of a transaction, and of what is stored.

use plinth_api::{Code, Error, RangeResult};

use crate::handles::keyspace_of;
use crate::transaction::{compared, on_out};
use crate::{plinth_error, plinth_keyspace, plinth_range, plinth_transaction};

/// About how large the transaction has become: bytes of its writes and of its conflict ranges. The
/// commit compares a size that may be smaller, since overwritten writes do not count there.
///
/// @param tr   the transaction
/// @param out  receives the size in bytes
///
/// Threads: any, at any time. Errors: 9000 bad handle; 9001 NULL. Rule LIM-7.
///
/// # Safety
/// `out` is writable; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_approximate_size(
    tr: *mut plinth_transaction,
    out: *mut i64,
) -> plinth_error {
    on_out("plinth_transaction_get_approximate_size", tr, out, |tr, out| {
        *out = tr.transaction.approximate_size()?;
        Ok(())
    })
}

/// About how many bytes are stored in a range. Own writes do not count, and nothing conflicts.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param begin      first key of the range
/// @param begin_len  its length in bytes
/// @param end        first key after the range
/// @param end_len    its length in bytes
/// @param out        receives the size in bytes; 0 for an empty range
///
/// Threads: any. Errors: 2005 begin after end; 9010 keyspace dropped; 9001 NULL. Rule EST-1.
///
/// # Safety
/// `begin` and `end` are readable for their lengths; `out` is writable; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_estimated_range_size(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    begin: *const u8,
    begin_len: usize,
    end: *const u8,
    end_len: usize,
    out: *mut i64,
) -> plinth_error {
    on_out("plinth_transaction_get_estimated_range_size", tr, out, |tr, out| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (compared(begin, begin_len, "begin")?, compared(end, end_len, "end")?) };
        *out = tr.transaction.estimated_range_size(ks, begin, end)?;
        Ok(())
    })
}

/// Keys that cut a range into pieces of about equal size, for scans that share the work.
///
/// @param tr          the transaction
/// @param ks          the keyspace, or NULL for the default one
/// @param begin       first key of the range, at most "\xff" unless an option allows more
/// @param begin_len   its length in bytes
/// @param end         first key after the range, likewise
/// @param end_len     its length in bytes
/// @param chunk_size  bytes that a piece should hold, above 0
/// @param out         receives the keys in order, from `begin` to `end`, which are the first and
///                    the last; just one if they are equal. Values are empty. Free it with
///                    plinth_range_free().
///
/// Own writes do not count, and nothing conflicts.
///
/// Threads: any. Errors: 2005 begin after end; 2004 a key out of range; 9010 keyspace dropped; 9001
/// NULL, or a chunk size not above 0. Rule EST-2.
///
/// # Safety
/// `begin` and `end` are readable for their lengths; `out` is writable; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_range_split_points(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    begin: *const u8,
    begin_len: usize,
    end: *const u8,
    end_len: usize,
    chunk_size: i64,
    out: *mut plinth_range,
) -> plinth_error {
    on_out("plinth_transaction_get_range_split_points", tr, out, |tr, out| {
        let ks = keyspace_of(tr, ks)?;
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (compared(begin, begin_len, "begin")?, compared(end, end_len, "end")?) };
        if chunk_size <= 0 {
            return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("chunk_size is {chunk_size}")));
        }
        let mut rows = RangeResult::default();
        for point in tr.transaction.split_points(ks, begin, end, chunk_size)? {
            rows.push(&point, b"");
        }
        out.fill(rows)
    })
}
