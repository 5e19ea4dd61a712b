//! A key whose value is known only at commit: atomic operations on a value that the transaction
//! did not write, and values that wait for their versionstamp.

use plinth_api::Mutation;

use crate::atomic::{apply, joins, stamp_place, stamped, Stamp};

/// What is done to one key, in call order.
#[derive(Clone, Debug)]
pub struct Pending {
    base: Base,
    ops: Vec<Op>,
    /// Reads fail: a stamp is missing, or was when the key was last written (rules RYW-8, RYW-9).
    pub unreadable: bool,
}

/// What the operations begin with.
#[derive(Clone, Debug)]
enum Base {
    /// Whatever the database holds.
    Stored,
    /// An own write.
    Own(Option<Vec<u8>>),
}

#[derive(Clone, Debug)]
enum Op {
    Atomic(Mutation, Vec<u8>),
    /// The operand of a versionstamped value, as it was passed.
    Stamped(Vec<u8>),
}

/// What a pending write begins with, as it is told to another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// What the database holds, and whether reads fail.
    Stored { unreadable: bool },
    /// An own value; `None` is an own clear.
    Own(Option<&'a [u8]>),
    /// A value with a place for the versionstamp, as it was passed.
    Stamp(&'a [u8]),
}

impl Pending {
    /// What it begins with; the rest are [`Pending::atomics`].
    pub fn start(&self) -> Start<'_> {
        match (&self.base, self.ops.first()) {
            (_, Some(Op::Stamped(operand))) => Start::Stamp(operand),
            (Base::Stored, _) => Start::Stored { unreadable: self.unreadable },
            (Base::Own(value), _) => Start::Own(value.as_deref()),
        }
    }

    /// The atomic operations, in call order.
    pub fn atomics(&self) -> impl Iterator<Item = (Mutation, &[u8])> {
        self.ops.iter().filter_map(|op| match op {
            Op::Atomic(mutation, operand) => Some((*mutation, operand.as_slice())),
            Op::Stamped(_) => None,
        })
    }

    /// The same again, of what it begins with.
    pub fn begun(start: Start<'_>) -> Self {
        match start {
            Start::Stored { unreadable } => Self::on_stored(unreadable),
            Start::Own(value) => Self::on_own(value.map(<[u8]>::to_vec)),
            Start::Stamp(operand) => Self::on_stamp(operand),
        }
    }

    /// Operations on the value that the database holds.
    pub fn on_stored(unreadable: bool) -> Self {
        Self { base: Base::Stored, ops: Vec::new(), unreadable }
    }

    /// Operations on an own value; `None` is an own clear.
    pub fn on_own(value: Option<Vec<u8>>) -> Self {
        Self { base: Base::Own(value), ops: Vec::new(), unreadable: true }
    }

    /// A value with a place for the versionstamp.
    pub fn on_stamp(operand: &[u8]) -> Self {
        Self { base: Base::Own(None), ops: vec![Op::Stamped(operand.to_vec())], unreadable: true }
    }

    /// Adds an atomic operation. One that can be joined with the last takes no room.
    pub fn push(&mut self, mutation: Mutation, operand: &[u8], longest: usize) {
        if let Some(Op::Atomic(last, first)) = self.ops.last_mut() {
            if *last == mutation && joins(mutation, first, operand) {
                *first = apply(mutation, Some(first), operand, longest).unwrap_or_default();
                return;
            }
        }
        self.ops.push(Op::Atomic(mutation, operand.to_vec()));
    }

    /// Whether the database's value is needed: the write is "dependent" (rule RYW-3).
    pub fn is_dependent(&self) -> bool {
        matches!(self.base, Base::Stored)
    }

    /// The value, given what the database holds. Without a stamp a versionstamped value is as it
    /// was passed (rule RYW-11).
    pub fn settle(&self, stored: Option<&[u8]>, stamp: Option<&Stamp>, longest: usize) -> Option<Vec<u8>> {
        let begin = match &self.base {
            Base::Stored => stored.map(<[u8]>::to_vec),
            Base::Own(value) => value.clone(),
        };
        self.ops.iter().fold(begin, |value, op| match op {
            Op::Atomic(mutation, operand) => apply(*mutation, value.as_deref(), operand, longest),
            Op::Stamped(operand) => match (stamp, stamp_place(operand)) {
                (Some(stamp), Some((template, offset))) => Some(stamped(template, offset, stamp)),
                _ => Some(operand.clone()),
            },
        })
    }

    /// Bytes of its mutations beside the key, and how many there are (rule LIM-5).
    pub fn parts(&self) -> impl Iterator<Item = usize> + '_ {
        let base = match &self.base {
            Base::Own(Some(value)) => Some(value.len()),
            _ => None,
        };
        base.into_iter().chain(self.ops.iter().map(|op| match op {
            Op::Atomic(_, operand) | Op::Stamped(operand) => operand.len(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RYW-3, RYW-5 and ATOM-6: several operations, in call order, on what is there.
    #[test]
    fn operations_apply_in_call_order() {
        let mut pending = Pending::on_stored(false);
        pending.push(Mutation::Add, b"\x01", 100);
        pending.push(Mutation::Add, b"\x02", 100);
        pending.push(Mutation::CompareAndClear, b"\x08", 100);
        assert_eq!(pending.settle(Some(b"\x04"), None, 100), Some(b"\x07".to_vec()));
        assert_eq!(pending.settle(Some(b"\x05"), None, 100), None);
        assert_eq!(pending.settle(None, None, 100), Some(b"\x03".to_vec()));
        assert_eq!(pending.parts().count(), 2, "the two sums became one");
    }

    /// VST-3 and RYW-11: the stamp is put in at commit, and later operations see it.
    #[test]
    fn a_stamp_is_put_in_at_commit() {
        let mut pending = Pending::on_stamp(b"v..........\x01\0\0\0");
        assert_eq!(pending.settle(None, None, 100).unwrap(), b"v..........\x01\0\0\0");
        assert_eq!(pending.settle(None, Some(b"0123456789"), 100).unwrap(), b"v0123456789");
        pending.push(Mutation::AppendIfFits, b"!", 100);
        assert_eq!(pending.settle(Some(b"old"), Some(b"0123456789"), 100).unwrap(), b"v0123456789!");
    }
}
