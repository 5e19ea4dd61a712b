//! The kinds of atomic operations (rule ATOM-1).

use crate::{Code, Error, Result};

/// A mutation that is settled at commit, on the value the key then has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Mutation {
    /// Little-endian sum modulo the operand's length.
    Add = 2,
    /// Bitwise and.
    BitAnd = 6,
    /// Bitwise or.
    BitOr = 7,
    /// Bitwise exclusive or.
    BitXor = 8,
    /// The operand is appended, unless the value would become too long.
    AppendIfFits = 9,
    /// The larger one as little-endian numbers.
    Max = 12,
    /// The smaller one as little-endian numbers.
    Min = 13,
    /// The key receives the commit's versionstamp; its last four bytes say where (rule VST-2).
    SetVersionstampedKey = 14,
    /// The value receives the commit's versionstamp; its last four bytes say where (rule VST-3).
    SetVersionstampedValue = 15,
    /// The smaller one as byte strings.
    ByteMin = 16,
    /// The larger one as byte strings.
    ByteMax = 17,
    /// Clears the key if its value equals the operand.
    CompareAndClear = 20,
}

impl Mutation {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Add,
        Self::BitAnd,
        Self::BitOr,
        Self::BitXor,
        Self::AppendIfFits,
        Self::Max,
        Self::Min,
        Self::SetVersionstampedKey,
        Self::SetVersionstampedValue,
        Self::ByteMin,
        Self::ByteMax,
        Self::CompareAndClear,
    ];

    /// The kind with this number; `invalid_mutation_type` (2018) if there is none. 18 and 19 are
    /// other names of `Min` and `BitAnd`.
    pub fn from_number(number: i32) -> Result<Self> {
        let known = match number {
            18 => Some(Self::Min),
            19 => Some(Self::BitAnd),
            _ => Self::ALL.into_iter().find(|mutation| mutation.number() == number),
        };
        known.ok_or_else(|| {
            Error::new(Code::INVALID_MUTATION_TYPE).context(format!("{number} is not an atomic operation"))
        })
    }

    /// Its number, which is FoundationDB's.
    pub const fn number(self) -> i32 {
        self as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ATOM-1: what is no atomic operation is refused.
    #[test]
    fn only_the_numbers_of_the_table_are_mutations() {
        let known: Vec<i32> = (-5..40).filter(|number| Mutation::from_number(*number).is_ok()).collect();
        assert_eq!(known, [2, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
        assert_eq!(Mutation::from_number(18).unwrap(), Mutation::Min);
        assert_eq!(Mutation::from_number(0).unwrap_err().code(), Code::INVALID_MUTATION_TYPE);
    }
}
