//! What an atomic operation makes of a value (rules ATOM-2 to ATOM-5).

use plinth_api::Mutation;

/// The value after `mutation` with `operand`; `None` is an absent key. A value longer than
/// `longest` is not made by appending.
pub(crate) fn result(mutation: Mutation, existing: Option<&[u8]>, operand: &[u8], longest: usize) -> Option<Vec<u8>> {
    let Some(existing) = existing else {
        return (mutation != Mutation::CompareAndClear).then(|| operand.to_vec());
    };
    let mut fitted = existing.to_vec();
    fitted.resize(operand.len(), 0);
    Some(match mutation {
        Mutation::Add => sum(&fitted, operand),
        Mutation::BitAnd => bytewise(&fitted, operand, |a, b| a & b),
        Mutation::BitOr => bytewise(&fitted, operand, |a, b| a | b),
        Mutation::BitXor => bytewise(&fitted, operand, |a, b| a ^ b),
        Mutation::Max => backwards(&backwards(&fitted).max(backwards(operand))),
        Mutation::Min => backwards(&backwards(&fitted).min(backwards(operand))),
        Mutation::AppendIfFits => appended(existing, operand, longest),
        Mutation::ByteMin => existing.min(operand).to_vec(),
        Mutation::ByteMax => existing.max(operand).to_vec(),
        Mutation::CompareAndClear if existing == operand => return None,
        Mutation::CompareAndClear => existing.to_vec(),
        // Until the commit the place of the stamp holds what was passed (RYW-11).
        Mutation::SetVersionstampedKey | Mutation::SetVersionstampedValue => operand.to_vec(),
    })
}

fn bytewise(a: &[u8], b: &[u8], combine: fn(u8, u8) -> u8) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| combine(*a, *b)).collect()
}

fn sum(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut add = |(a, b): (&u8, &u8)| {
        let digit = u16::from(*a) + u16::from(*b) + carry;
        carry = digit >> 8;
        digit as u8
    };
    a.iter().zip(b).map(&mut add).collect()
}

/// Little-endian numbers of equal length compare like their bytes from the end.
fn backwards(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

fn appended(existing: &[u8], operand: &[u8], longest: usize) -> Vec<u8> {
    if existing.len() + operand.len() > longest {
        return existing.to_vec();
    }
    [existing, operand].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Mutation::*;

    type Bytes = &'static [u8];

    #[test]
    fn the_vectors_of_section_19_hold() {
        let cases: [(Mutation, Option<Bytes>, Bytes, Option<Bytes>); 19] = [
            (Add, Some(b"\xff"), b"\x01\x00", Some(b"\x00\x01")),
            (Add, Some(b"\xff\x01"), b"\x01", Some(b"\x00")),
            (Add, None, b"\x05", Some(b"\x05")),
            (BitAnd, Some(b"\xff\x0f"), b"\x0f", Some(b"\x0f")),
            (BitAnd, Some(b"\xf0"), b"\xff\xff", Some(b"\xf0\x00")),
            (BitAnd, None, b"\xff\xff", Some(b"\xff\xff")),
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
            (AppendIfFits, None, b"x", Some(b"x")),
            (CompareAndClear, Some(b"\x01"), b"\x01", None),
            (CompareAndClear, Some(b"\x01"), b"\x02", Some(b"\x01")),
        ];
        for (mutation, existing, operand, expected) in cases {
            let found = result(mutation, existing, operand, 100_000);
            assert_eq!(found.as_deref(), expected, "{mutation:?} {existing:?} {operand:?}");
        }
        let long = vec![b'v'; 100_000];
        assert_eq!(result(AppendIfFits, Some(&long), b"\x01", 100_000).as_deref(), Some(&*long));
    }
}
