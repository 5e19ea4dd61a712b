//! Atomic operations and versionstamps.

use std::borrow::Cow;

use plinth_api::{Code, Error, Mutation};
use plinth_boundary::slice;

use crate::transaction::{key, on_free, on_out};
use crate::{plinth_error, plinth_keyspace, plinth_transaction};

/// What plinth_transaction_atomic_op() does: one of `PLINTH_MUTATION_*`.
pub type plinth_mutation = i32;

/// The atomic operations. The numbers are FoundationDB's.
///
/// "The value" is the one the key has when the transaction commits, not when it reads. ADD, the
/// BIT operations, MAX and MIN first cut it, or extend it with zero bytes, to the operand's
/// length, which is the length of the result. A key that does not exist gets the operand, unless
/// said otherwise. Rules ATOM-1 to ATOM-5.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_mutation_number {
    /// Sum of value and operand as little-endian numbers; what overflows is lost.
    PLINTH_MUTATION_ADD = 2,
    /// Bitwise and.
    PLINTH_MUTATION_BIT_AND = 6,
    /// Bitwise or.
    PLINTH_MUTATION_BIT_OR = 7,
    /// Bitwise exclusive or.
    PLINTH_MUTATION_BIT_XOR = 8,
    /// The operand is appended; nothing happens if the value would be longer than 100,000 bytes.
    PLINTH_MUTATION_APPEND_IF_FITS = 9,
    /// The larger one of value and operand as little-endian unsigned numbers.
    PLINTH_MUTATION_MAX = 12,
    /// The smaller one, likewise.
    PLINTH_MUTATION_MIN = 13,
    /// Sets a key that holds the commit's versionstamp; the operand is its value. The last four
    /// bytes of the key given are not part of it: they say, as a little-endian number, which ten
    /// bytes of the rest the stamp replaces. plinth_transaction_set_versionstamped_key() appends
    /// them. Rule VST-2.
    PLINTH_MUTATION_SET_VERSIONSTAMPED_KEY = 14,
    /// Sets the key to a value that holds the commit's versionstamp; the last four bytes of the
    /// operand say where. plinth_transaction_set_versionstamped_value() appends them. Rule VST-3.
    PLINTH_MUTATION_SET_VERSIONSTAMPED_VALUE = 15,
    /// The smaller one of value and operand as byte strings.
    PLINTH_MUTATION_BYTE_MIN = 16,
    /// The larger one, likewise.
    PLINTH_MUTATION_BYTE_MAX = 17,
    /// Clears the key if its value equals the operand; a key that does not exist stays so.
    PLINTH_MUTATION_COMPARE_AND_CLEAR = 20,
}

/// Changes a key on the value that it has when the transaction commits. Nothing is read for it,
/// so that it causes no conflict of its own: counters that many transactions add to, say.
///
/// Reads of this transaction see the result as far as it is known to them (rules RYW-3, RYW-8).
///
/// @param tr           the transaction
/// @param ks           the keyspace, or NULL for the default one
/// @param op           one of PLINTH_MUTATION_*
/// @param key          the key, below "\xff" unless an option allows more; copied
/// @param key_len      its length: 10,000 bytes at most, unless the database was opened with more
/// @param operand      the operand; copied
/// @param operand_len  its length: 100,000 bytes at most, unless the database was opened with more
///
/// Threads: any. Errors: 2018 no such operation; 2000 the place of a versionstamp lies outside, or
/// this operation is not for "\xff/metadataVersion"; 2004 key out of range; 2102 key too large;
/// 2103 operand too large; 9013 memory budget used up; 9010 keyspace dropped; 9001 NULL.
/// Rules ATOM-1 to ATOM-7, COM-9, LIM-1, LIM-2, CONF-1, SPEC-10.
///
/// # Safety
/// `key` and `operand` are readable for their lengths; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_atomic_op(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    op: plinth_mutation,
    key: *const u8,
    key_len: usize,
    operand: *const u8,
    operand_len: usize,
) -> plinth_error {
    on_free("plinth_transaction_atomic_op", tr, ks, |tr, ks| {
        let op = Mutation::from_number(op).map_err(|error| tr.refuse_write(error))?;
        // SAFETY: this function's contract.
        let (key, operand) = unsafe { (self::key(key, key_len)?, slice::bytes(operand, operand_len, "operand")?) };
        tr.atomic_op(ks, op, key, operand)
    })
}

/// Sets a key that holds the versionstamp of the commit: ten bytes, larger for each later commit,
/// so that keys made this way are in the order of the commits. The transaction can't read the keys
/// that it may become (1036).
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param key        the key, with ten bytes of any content where the stamp goes; copied
/// @param key_len    its length, the stamp's ten bytes included: 9,996 bytes at most, unless the
///                   database was opened with more
/// @param offset     where in the key the stamp begins
/// @param value      the value; copied
/// @param value_len  its length: 100,000 bytes at most, unless the database was opened with more
///
/// Threads: any. Errors: 2000 there are no ten bytes at the offset; the others as
/// plinth_transaction_set(). Rules VST-1, VST-2, VST-4, RYW-8, CONF-1.
///
/// # Safety
/// `key` and `value` are readable for their lengths; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_set_versionstamped_key(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
    offset: u32,
    value: *const u8,
    value_len: usize,
) -> plinth_error {
    on_free("plinth_transaction_set_versionstamped_key", tr, ks, |tr, ks| {
        // SAFETY: this function's contract.
        let (key, value) = unsafe { (self::key(key, key_len)?, slice::bytes(value, value_len, "value")?) };
        tr.atomic_op(ks, Mutation::SetVersionstampedKey, &with_offset(key, offset)?, value)
    })
}

/// Sets a key to a value that holds the versionstamp of the commit. The transaction can't read the
/// key until it is committed (1036).
///
/// "\xff/metadataVersion" takes only this, without any option: ten zero bytes at offset 0.
///
/// @param tr         the transaction
/// @param ks         the keyspace, or NULL for the default one
/// @param key        the key, below "\xff" unless an option allows more; copied
/// @param key_len    its length: 10,000 bytes at most, unless the database was opened with more
/// @param value      the value, with ten bytes of any content where the stamp goes; copied
/// @param value_len  its length, the stamp's ten bytes included: 99,996 bytes at most, unless the
///                   database was opened with more
/// @param offset     where in the value the stamp begins
///
/// Threads: any. Errors: 2000 there are no ten bytes at the offset; the others as
/// plinth_transaction_set(). Rules VST-1, VST-3, VST-4, RYW-8, SPEC-10.
///
/// # Safety
/// `key` and `value` are readable for their lengths; handles may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_set_versionstamped_value(
    tr: *mut plinth_transaction,
    ks: *mut plinth_keyspace,
    key: *const u8,
    key_len: usize,
    value: *const u8,
    value_len: usize,
    offset: u32,
) -> plinth_error {
    on_free("plinth_transaction_set_versionstamped_value", tr, ks, |tr, ks| {
        // SAFETY: this function's contract.
        let (key, value) = unsafe { (self::key(key, key_len)?, slice::bytes(value, value_len, "value")?) };
        tr.atomic_op(ks, Mutation::SetVersionstampedValue, key, &with_offset(value, offset)?)
    })
}

/// The form that the backend takes: the place of the stamp follows the bytes (rule VST-2), and is
/// checked there. What is too long in any database is not copied; its length is the error. So it is for what
/// there is no memory for: the limits of this database are not known here.
fn with_offset(bytes: &[u8], offset: u32) -> Result<Cow<'_, [u8]>, Error> {
    if bytes.len() > LONGEST {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut with = Vec::new();
    let reserved = with.try_reserve_exact(bytes.len() + 4);
    reserved.map_err(|error| Error::new(Code::LARGE_ALLOC_FAILED).caused_by(error))?;
    with.extend_from_slice(bytes);
    with.extend_from_slice(&offset.to_le_bytes());
    Ok(Cow::Owned(with))
}

/// More than any key or value may have.
const LONGEST: usize = 1 << 29;

/// A versionstamp as C has it.
#[derive(Default)]
#[repr(C)]
struct Stamp([u8; 10]);

/// The versionstamp of the commit: the ten bytes that its versionstamped keys and values got. Eight
/// are the committed version, big-endian; two tell apart transactions that share it.
///
/// @param tr   the transaction
/// @param out  receives ten bytes, zeroed on error
///
/// Threads: any, after the commit. Errors: 2021 the commit wrote nothing; 2020 there was no
/// successful commit since begin or reset; 9001 NULL. Rules VST-1, COM-12.
///
/// # Safety
/// 10 bytes at `out` are writable; `tr` may be any value.
#[no_mangle]
pub unsafe extern "C" fn plinth_transaction_get_versionstamp(
    tr: *mut plinth_transaction,
    out: *mut u8,
) -> plinth_error {
    on_out("plinth_transaction_get_versionstamp", tr, out.cast::<Stamp>(), |tr, out| {
        out.0 = tr.transaction.versionstamp()?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_follows_the_bytes() {
        assert_eq!(&*with_offset(b"foo0123456789", 3).unwrap(), b"foo0123456789\x03\0\0\0");
        assert_eq!(&*with_offset(b"", u32::MAX).unwrap(), b"\xff\xff\xff\xff");
    }
}
