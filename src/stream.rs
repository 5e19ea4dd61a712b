//! Range reads in batches.
//!
//! A stream holds no transaction, only its handle: what ends the transaction ends the stream. Its lock is the
//! outermost of all, taken for a call of plinth_stream_next(), so that each batch follows the one before;
//! nothing calls out meanwhile.

use std::sync::{Mutex, PoisonError};

use plinth_api::{Code, Error, KeySelector, RangeOptions, RangeResult, Transaction};
use plinth_boundary::{entry, slice};

use crate::handles::{free_target, free_transaction, STREAMS};
use crate::range::{options, selector};
use crate::transaction::killed_by_panic;
use crate::{
    plinth_error, plinth_key_selector, plinth_keyspace, plinth_range, plinth_range_options, plinth_transaction,
};

/// Bytes of the first batch, of one where nothing is asked for, and of the largest one.
const FIRST_BATCH: usize = 16 << 10;
const USUAL_BATCH: usize = 256 << 10;
const LARGEST_BATCH: usize = 4 << 20;
/// Each batch is so much larger than the one before.
const GROWTH: usize = 4;

/// A range that is read in batches. Ended by plinth_stream_destroy().
pub struct plinth_stream {
    _private: [u8; 0],
}

/// What a stream handle stands for.
pub struct StreamObject {
    transaction: usize,
    keyspace: u32,
    /// The life of the transaction that it belongs to.
    life: u64,
    rest: Mutex<Rest>,
}

/// What was not read yet.
struct Rest {
    begin: KeySelector,
    end: KeySelector,
    reverse: bool,
    snapshot: bool,
    /// Pairs that may still come; 0 is any number.
    limit: usize,
    /// Bytes of the next batch, and of the largest one.
    batch: usize,
    most: usize,
    ended: bool,
}

impl StreamObject {
    /// The next batch; empty at the end.
    fn next(&self) -> Result<RangeResult, Error> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = free_transaction(self.transaction as *mut plinth_transaction)?;
        self.check_life(&*transaction)?;
        if rest.ended {
            transaction.check_usable()?;
            return Ok(RangeResult::default());
        }
        let (begin, end) = (rest.begin.clone(), rest.end.clone());
        // A reset may come at any moment until it is read.
        let rows = transaction.get_range_in(self.life, self.keyspace, begin, end, rest.options())?;
        rest.go_on_after(&rows);
        Ok(rows)
    }

    fn check_life(&self, transaction: &dyn Transaction) -> Result<(), Error> {
        if transaction.life() == self.life {
            return Ok(());
        }
        Err(Error::new(Code::TRANSACTION_CANCELLED).context("the transaction was reset since the stream was begun"))
    }
}

impl Rest {
    fn options(&self) -> RangeOptions {
        RangeOptions { limit: self.limit, target_bytes: self.batch, snapshot: self.snapshot, reverse: self.reverse }
    }

    /// Takes what was read off the rest (rule RNG-9).
    fn go_on_after(&mut self, rows: &RangeResult) {
        let last = rows.last().filter(|_| rows.more).map(|(key, _)| key.to_vec());
        let Some(key) = last.filter(|_| self.limit == 0 || rows.len() < self.limit) else {
            self.ended = true;
            return;
        };
        // Of a limit one at least is left.
        self.limit = self.limit.saturating_sub(rows.len());
        self.batch = self.batch.saturating_mul(GROWTH).min(self.most);
        match self.reverse {
            true => self.end = KeySelector::first_greater_or_equal(key),
            false => self.begin = KeySelector { key, or_equal: true, offset: 1 },
        }
    }
}

/// Begins to read a range in batches, in memory that does not grow with the range. Nothing is read yet.
///
/// Each plinth_stream_next() is a range read of its own, which goes on behind the last pair of the one
/// before: at the transaction's read version, and with the writes that the transaction has then. So a write
/// behind that pair is seen, one before it is not, and selectors are resolved again for each batch. The commit
/// fails with 1020 if someone changed, added or removed a key in what was handed out, but not behind it.
///
/// @param tr       the transaction. What ends it ends the stream: after it was reset, also by
///                 plinth_transaction_on_error(), each batch fails with 1025; after it was destroyed with 9000.
/// @param ks       the keyspace, or NULL for the default one; it may be closed before the stream
/// @param begin    first end of the range, as in plinth_transaction_get_range(); copied
/// @param end      other end of the range; copied
/// @param options  NULL for the whole range, forward, with conflicts; copied. `limit` is that of all
///                 batches together, and `target_bytes` is for one batch: 0 is 262,144, and more than 4,194,304
///                 counts as that. The first batches are smaller.
/// @param out      receives the stream; NULL on error. End it with plinth_stream_destroy().
///
/// Threads: any. Errors: 2012 a limit below -1; 9001 NULL; 9002 too many handles; 9010 keyspace dropped. Those
/// of the range are told by plinth_stream_next(). Rules RNG-3, RNG-4, RNG-9.
///
/// # Safety
/// The selectors are readable with their keys; `options` is null or of the size it names; `out` is writable;
/// handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_stream_range(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    begin: *const plinth_key_selector,
    end: *const plinth_key_selector,
    options: *const plinth_range_options,
    out: *mut *mut plinth_stream,
) -> plinth_error {
    entry::call("plinth_transaction_stream_range", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out.cast::<usize>(), "out") }?;
        let (transaction, keyspace) = free_target(tr, ks)?;
        // SAFETY: this function's contract.
        let (begin, end) = unsafe { (selector(begin, "begin")?, selector(end, "end")?) };
        // SAFETY: this function's contract.
        let RangeOptions { limit, target_bytes, snapshot, reverse } = unsafe { self::options(options) }?;
        transaction.check_usable()?;
        let most = if target_bytes == 0 { USUAL_BATCH } else { target_bytes.min(LARGEST_BATCH) };
        let rest = Rest { begin, end, reverse, snapshot, limit, batch: FIRST_BATCH.min(most), most, ended: false };
        let (transaction, life) = (tr as usize, transaction.life());
        *out = STREAMS.insert(StreamObject { transaction, keyspace, life, rest: Mutex::new(rest) })?;
        Ok(())
    })
}

/// Reads the next batch of a stream.
///
/// @param stream  the stream
/// @param out     receives the pairs: none at the end, and from then on. Free it with plinth_range_free(); until
///                then it stays valid, whatever becomes of the stream. `more` tells whether there may be more.
///
/// A batch ends at the pair that reaches its number of bytes, so it has one pair at least. After an error the
/// same batch is read by the next call.
///
/// Threads: any; of several calls at a time each gets a batch of its own, in the order in which they come.
/// Errors: as plinth_transaction_get_range(); 9000 bad handle, also of a transaction that was destroyed; 1025 the
/// transaction was reset or cancelled; 2017 its commit has started. Rules RNG-1 to RNG-11, CONF-5, CONF-6, RYW-1.
///
/// # Safety
/// `out` is writable; `stream` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_stream_next(stream: *mut plinth_stream, out: *mut plinth_range) -> plinth_error {
    let mut transaction = 0;
    let code = entry::call("plinth_stream_next", || {
        // SAFETY: this function's contract.
        let out = unsafe { slice::out(out, "out") }?;
        let stream = STREAMS.get(stream as usize)?;
        transaction = stream.transaction;
        out.fill(stream.next()?)
    });
    killed_by_panic("plinth_stream_next", transaction as *mut plinth_transaction, code)
}

/// Ends a stream, wherever it is. Ranges that it has handed out stay valid until they are freed.
///
/// @param stream  the stream; its handle is stale afterwards
///
/// Threads: any. Errors: 9000 bad handle, also when destroyed before.
///
/// # Safety
/// `stream` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_stream_destroy(stream: *mut plinth_stream) -> plinth_error {
    entry::call("plinth_stream_destroy", || STREAMS.remove(stream as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(limit: usize, reverse: bool) -> Rest {
        let (begin, end) = (KeySelector::first_greater_or_equal("a"), KeySelector::first_greater_or_equal("z"));
        Rest { begin, end, reverse, snapshot: false, limit, batch: 100, most: 1_000, ended: false }
    }

    fn rows(keys: &[&str], more: bool) -> RangeResult {
        let mut rows = RangeResult::default();
        keys.iter().for_each(|key| rows.push(key.as_bytes(), b""));
        rows.more = more;
        rows
    }

    /// RNG-9: behind the last pair in the direction asked for.
    #[test]
    fn a_batch_goes_on_behind_the_last_pair() {
        let mut forward = rest(0, false);
        forward.go_on_after(&rows(&["b", "c"], true));
        assert_eq!(forward.begin, KeySelector { key: b"c".to_vec(), or_equal: true, offset: 1 });
        assert_eq!((forward.options().target_bytes, forward.ended), (400, false));
        forward.go_on_after(&rows(&["d"], true));
        assert_eq!(forward.options().target_bytes, 1_000);
        let mut back = rest(0, true);
        back.go_on_after(&rows(&["y", "x"], true));
        assert_eq!(back.end, KeySelector::first_greater_or_equal("x"));
        assert_eq!(back.begin, KeySelector::first_greater_or_equal("a"));
    }

    #[test]
    fn a_stream_ends_at_the_range_or_at_its_limit() {
        for (limit, found, more, ended) in
            [(0, 2, false, true), (0, 2, true, false), (2, 2, true, true), (3, 2, true, false)]
        {
            let mut rest = rest(limit, false);
            rest.go_on_after(&rows(&["b", "c"][..found], more));
            assert_eq!(rest.ended, ended, "{limit}");
            assert_eq!(rest.limit, if ended { limit } else { limit.saturating_sub(found) });
        }
        let mut empty = rest(5, false);
        empty.go_on_after(&rows(&[], false));
        assert!(empty.ended);
    }
}
