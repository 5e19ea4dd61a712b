//! What an atomic operation makes of a value (rules ATOM-2 to ATOM-5), and versionstamps.
//!
//! Pure functions: the same ones settle a commit and show a transaction its own writes.

pub use plinth_api::limits::{stamp_place, STAMP, STAMP_OFFSET as OFFSET};
use plinth_api::Mutation;

/// A versionstamp.
pub type Stamp = [u8; STAMP];

/// The stamp of the commit at `version` that is number `order` of its group (rule VST-1).
pub fn stamp(version: i64, order: u16) -> Stamp {
    let mut stamp = [0; STAMP];
    stamp[..8].copy_from_slice(&version.to_be_bytes());
    stamp[8..].copy_from_slice(&order.to_be_bytes());
    stamp
}

/// `template` with the stamp at `offset`.
pub fn stamped(template: &[u8], offset: usize, stamp: &Stamp) -> Vec<u8> {
    let mut bytes = template.to_vec();
    bytes[offset..offset + STAMP].copy_from_slice(stamp);
    bytes
}

/// The value after `mutation`; `None` is absent. `longest` is the longest value there may be. The
/// versionstamped kinds are not settled here: they read as their operand.
pub fn apply(mutation: Mutation, existing: Option<&[u8]>, operand: &[u8], longest: usize) -> Option<Vec<u8>> {
    match mutation {
        Mutation::CompareAndClear => existing.filter(|value| *value != operand).map(<[u8]>::to_vec),
        Mutation::SetVersionstampedKey | Mutation::SetVersionstampedValue => Some(operand.to_vec()),
        _ => Some(match existing {
            None => operand.to_vec(),
            Some(existing) => combine(mutation, existing, operand, longest),
        }),
    }
}

/// Whether two operands of one kind can be made one before the value is known. Those of different
/// lengths can't: the shorter one cuts the value.
pub fn joins(mutation: Mutation, first: &[u8], second: &[u8]) -> bool {
    match mutation {
        Mutation::ByteMin | Mutation::ByteMax => true,
        Mutation::Add | Mutation::BitAnd | Mutation::BitOr | Mutation::BitXor | Mutation::Max | Mutation::Min => {
            first.len() == second.len()
        }
        _ => false,
    }
}

fn combine(mutation: Mutation, existing: &[u8], operand: &[u8], longest: usize) -> Vec<u8> {
    match mutation {
        Mutation::AppendIfFits if existing.len() + operand.len() > longest => existing.to_vec(),
        Mutation::AppendIfFits => [existing, operand].concat(),
        Mutation::ByteMin => existing.min(operand).to_vec(),
        Mutation::ByteMax => existing.max(operand).to_vec(),
        Mutation::Max => larger(fitted(existing, operand.len()), operand, true),
        Mutation::Min => larger(fitted(existing, operand.len()), operand, false),
        _ => {
            let mut value = fitted(existing, operand.len());
            bytewise(mutation, &mut value, operand);
            value
        }
    }
}

/// The value cut, or extended with zero bytes, to a length.
fn fitted(existing: &[u8], length: usize) -> Vec<u8> {
    let mut value = existing[..existing.len().min(length)].to_vec();
    value.resize(length, 0);
    value
}

fn bytewise(mutation: Mutation, value: &mut [u8], operand: &[u8]) {
    let mut carry = false;
    for (byte, other) in value.iter_mut().zip(operand) {
        *byte = match mutation {
            Mutation::BitAnd => *byte & other,
            Mutation::BitOr => *byte | other,
            Mutation::BitXor => *byte ^ other,
            _ => {
                let (sum, first) = byte.overflowing_add(*other);
                let (sum, second) = sum.overflowing_add(u8::from(carry));
                carry = first || second;
                sum
            }
        };
    }
}

/// The larger or the smaller of two little-endian numbers of the same length.
fn larger(value: Vec<u8>, operand: &[u8], larger: bool) -> Vec<u8> {
    let is_larger = value.iter().rev().gt(operand.iter().rev());
    if is_larger == larger {
        value
    } else {
        operand.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: usize = 100_000;

    /// ATOM-2 to ATOM-5: the vectors of section 19.
    #[test]
    fn values_follow_the_vectors() {
        use Mutation::*;
        type Vector = (Mutation, Option<&'static [u8]>, &'static [u8], Option<&'static [u8]>);
        let vectors: [Vector; 26] = [
            (Add, Some(b"\xff"), b"\x01\x00", Some(b"\x00\x01")),
            (Add, Some(b"\xff\x01"), b"\x01", Some(b"\x00")),
            (Add, None, b"\x05", Some(b"\x05")),
            (Add, Some(b""), b"\x05\x00", Some(b"\x05\x00")),
            (Add, Some(b"\xff\xff\xff"), b"\xff\xff\xff", Some(b"\xfe\xff\xff")),
            (Add, Some(b"\x01"), b"", Some(b"")),
            (BitAnd, Some(b"\xff\x0f"), b"\x0f", Some(b"\x0f")),
            (BitAnd, Some(b"\xf0"), b"\xff\xff", Some(b"\xf0\x00")),
            (BitAnd, None, b"\xff\xff", Some(b"\xff\xff")),
            (BitAnd, Some(b""), b"\xff", Some(b"\x00")),
            (BitOr, Some(b"\x01"), b"\x00\x02", Some(b"\x01\x02")),
            (BitXor, Some(b"\xff"), b"\x0f\x01", Some(b"\xf0\x01")),
            (Max, Some(b"\x00\x01"), b"\xff\x00", Some(b"\x00\x01")),
            (Max, Some(b"\x05"), b"\x04\x00", Some(b"\x05\x00")),
            (Max, Some(b"\x01\x02\x03"), b"\x05", Some(b"\x05")),
            (Min, Some(b"\x05"), b"\x06\x00", Some(b"\x05\x00")),
            (Min, Some(b""), b"\x01\x00", Some(b"\x00\x00")),
            (Min, None, b"\x01\x00", Some(b"\x01\x00")),
            (ByteMin, Some(b"ab"), b"b", Some(b"ab")),
            (ByteMax, Some(b"ab"), b"a", Some(b"ab")),
            (ByteMin, None, b"b", Some(b"b")),
            (AppendIfFits, None, b"x", Some(b"x")),
            (AppendIfFits, Some(b"x"), b"", Some(b"x")),
            (CompareAndClear, Some(b"\x01"), b"\x01", None),
            (CompareAndClear, Some(b"\x01"), b"\x02", Some(b"\x01")),
            (CompareAndClear, None, b"", None),
        ];
        for (mutation, existing, operand, result) in vectors {
            assert_eq!(apply(mutation, existing, operand, LONGEST).as_deref(), result, "{mutation:?} {existing:?}");
        }
    }

    /// ATOM-3: what would be too long stays as it is.
    #[test]
    fn an_append_that_does_not_fit_changes_nothing() {
        let full = vec![7; LONGEST];
        assert_eq!(apply(Mutation::AppendIfFits, Some(&full), b"x", LONGEST), Some(full.clone()));
        let room = &full[1..];
        assert_eq!(apply(Mutation::AppendIfFits, Some(room), b"x", LONGEST).map(|value| value.len()), Some(LONGEST));
    }

    /// ATOM-6: operands that are joined early give what they would have given one by one.
    #[test]
    fn joined_operands_give_the_same() {
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = |most: usize| -> Vec<u8> { (0..random.usize(..=most)).map(|_| random.u8(..4) * 85).collect() };
        let mut joined = 0;
        for round in 0..200_000 {
            let mutation = Mutation::ALL[round % Mutation::ALL.len()];
            let (first, second, stored) = (bytes(3), bytes(3), bytes(4));
            if !joins(mutation, &first, &second) {
                continue;
            }
            joined += 1;
            let one = apply(mutation, Some(&first), &second, LONGEST).unwrap();
            for existing in [None, Some(stored.as_slice())] {
                let step = apply(mutation, existing, &first, LONGEST);
                assert_eq!(
                    apply(mutation, existing, &one, LONGEST),
                    apply(mutation, step.as_deref(), &second, LONGEST),
                    "seed {seed}: {mutation:?} of {first:?} and {second:?} on {existing:?}"
                );
            }
        }
        assert!(joined > 10_000);
    }

    /// VST-2 and VST-4: the last four bytes say where, and must lead inside.
    #[test]
    fn the_offset_must_lead_inside() {
        assert_eq!(stamp_place(b"foo..........\x03\0\0\0"), Some((&b"foo.........."[..], 3)));
        assert_eq!(stamp_place(b"foo..........\x04\0\0\0"), None);
        assert_eq!(stamp_place(b"..........\xff\xff\xff\xff"), None);
        assert_eq!(stamp_place(b"\0\0\0"), None);
        assert_eq!(stamp_place(b"\0\0\0\0"), None);
        let stamp = stamp(0x0102_0304_0506_0708, 0x090a);
        assert_eq!(stamped(b"foo..........", 3, &stamp), b"foo\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a");
    }
}
