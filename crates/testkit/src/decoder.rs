//! Operations from any bytes, for a fuzzer: a change of a byte changes a call, and every input means
//! something.
//!
//! What the rules leave open, and the comparison with the model can't tell, is left out: a range with two
//! things wrong, and reads of the special keys.

use plinth_api::key::{END_OF_KEYS, METADATA_VERSION};
use plinth_api::{KeySelector, Mutation, RangeOptions, TransactionOption};

use crate::call::{Call, RangeCall};
use crate::keys;
use crate::operation::{Action, Operation, VersionChoice};

/// Operations of one input at most.
const MOST: usize = 400;

const OPTIONS: [TransactionOption; 10] = [
    TransactionOption::NextWriteNoWriteConflictRange,
    TransactionOption::SnapshotRywDisable,
    TransactionOption::SnapshotRywEnable,
    TransactionOption::ReadYourWritesDisable,
    TransactionOption::AccessSystemKeys,
    TransactionOption::ReadSystemKeys,
    TransactionOption::RawAccess,
    TransactionOption::BypassUnreadable,
    TransactionOption::LockAware,
    TransactionOption::ReportConflictingKeys,
];
/// Without 1042, after which the waits grow to seconds.
const ERRORS: [i32; 8] = [1020, 1007, 1021, 1009, 2004, 2101, 4100, 1031];

/// The operations that an input stands for.
pub fn operations(bytes: &[u8], slots: usize, keyspaces: usize) -> Vec<Operation> {
    let mut input = Input { rest: bytes, keyspaces, ordinary: keys::ordinary(), values: 0 };
    let (mut operations, mut slot) = (Vec::new(), 0);
    while !input.rest.is_empty() && operations.len() < MOST {
        // Mostly the one before, so that a transaction does something.
        slot = match input.byte() {
            0..=159 => slot,
            byte => usize::from(byte) % slots.max(1),
        };
        operations.push(Operation { slot, action: input.action() });
    }
    operations
}

struct Input<'a> {
    rest: &'a [u8],
    keyspaces: usize,
    ordinary: Vec<Vec<u8>>,
    values: u64,
}

impl Input<'_> {
    /// The next byte; 0 at the end.
    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        *byte
    }

    fn below(&mut self, most: usize) -> usize {
        usize::from(self.byte()) % most.max(1)
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.byte()).collect()
    }

    fn keyspace(&mut self) -> usize {
        self.below(self.keyspaces)
    }

    fn action(&mut self) -> Action {
        match self.byte() {
            0..=29 => Action::Begin,
            30..=109 => Action::Call(self.read()),
            110..=189 => Action::Call(self.write()),
            190..=209 => Action::Commit,
            210..=217 => Action::SetOption(OPTIONS[self.below(OPTIONS.len())]),
            218..=225 => Action::ReadVersion,
            226..=233 => Action::SetReadVersion(self.version()),
            234..=239 => Action::CommittedVersion,
            240..=245 => Action::Reset,
            246..=248 => Action::Cancel,
            _ => Action::OnError(ERRORS[self.below(ERRORS.len())]),
        }
    }

    fn version(&mut self) -> VersionChoice {
        match self.byte() {
            0..=9 => VersionChoice::Zero,
            10..=19 => VersionChoice::Negative,
            20..=39 => VersionChoice::One,
            byte if byte % 2 == 0 => VersionChoice::Recent(usize::from(byte) % 30),
            byte => VersionChoice::AfterRecent(usize::from(byte) % 30),
        }
    }

    fn read(&mut self) -> Call {
        let (keyspace, kind) = (self.keyspace(), self.byte());
        let snapshot = kind >= 192;
        match self.below(4) {
            0 if kind % 8 == 7 => {
                let count = self.below(6);
                Call::GetMany { keyspace, keys: (0..count).map(|_| self.key()).collect(), snapshot }
            }
            0 => Call::Get { keyspace, key: self.key(), snapshot },
            1 => Call::GetKey { keyspace, selector: self.selector(), snapshot },
            kind => {
                let limit = if self.byte() < 128 { 0 } else { self.below(8) };
                let target_bytes = if self.byte() < 160 { 0 } else { self.below(80) };
                let options = RangeOptions { limit, target_bytes, snapshot, reverse: self.byte() >= 128 };
                let (begin, end) = match kind {
                    2 => (self.selector(), self.selector()),
                    _ => {
                        let (begin, end) = self.ends(false);
                        (plain(begin), plain(end))
                    }
                };
                Call::GetRange { keyspace, begin, end, options }
            }
        }
    }

    fn write(&mut self) -> Call {
        let keyspace = self.keyspace();
        match self.below(8) {
            0..=2 => Call::Set { keyspace, key: self.key(), value: self.value() },
            3 => Call::Clear { keyspace, key: self.key() },
            4 => self.atomic(keyspace),
            kind => {
                let (begin, end) = self.ends(true);
                let kind = [RangeCall::Clear, RangeCall::ReadConflict, RangeCall::WriteConflict][kind - 5];
                Call::Range { kind, keyspace, begin, end }
            }
        }
    }

    fn atomic(&mut self, keyspace: usize) -> Call {
        let mutation = Mutation::ALL[self.below(Mutation::ALL.len())];
        match mutation {
            Mutation::SetVersionstampedKey => {
                let prefix = self.bytes(3);
                let prefix = if prefix.first() == Some(&0xff) { Vec::new() } else { prefix };
                let key = self.place(&prefix);
                Call::Atomic { keyspace, mutation, key, operand: self.bytes(4) }
            }
            Mutation::SetVersionstampedValue => {
                let key = if self.byte() == 255 { METADATA_VERSION.to_vec() } else { self.key() };
                let operand = if *key == *METADATA_VERSION { vec![0; 14] } else { self.place(b"v") };
                Call::Atomic { keyspace, mutation, key, operand }
            }
            _ => Call::Atomic { keyspace, mutation, key: self.key(), operand: self.bytes(10) },
        }
    }

    /// Bytes with a place for a versionstamp, and where it is; sometimes nowhere.
    fn place(&mut self, prefix: &[u8]) -> Vec<u8> {
        let mut bytes = [prefix, &[self.byte(); 10]].concat();
        bytes.extend(self.bytes(3));
        let offset = match self.byte() {
            255 => i32::MAX,
            254 => -1,
            253 => bytes.len() as i32 - 9,
            _ => prefix.len() as i32,
        };
        bytes.extend(offset.to_le_bytes());
        bytes
    }

    /// A key on an edge, or any few bytes.
    fn key(&mut self) -> Vec<u8> {
        match self.byte() {
            255 => END_OF_KEYS.to_vec(),
            254 => keys::illegal()[self.below(3)].clone(),
            253 => keys::too_long()[self.below(5)].clone(),
            byte if byte >= 128 => {
                let mut key = self.bytes(6);
                // What begins with two of them has a meaning of its own.
                if key.first() == Some(&0xff) {
                    key[0] = 0xfe;
                }
                key
            }
            byte => self.ordinary[usize::from(byte) % self.ordinary.len()].clone(),
        }
    }

    /// The ends of a range; if one is wrong otherwise it is not inverted too.
    fn ends(&mut self, strict: bool) -> (Vec<u8>, Vec<u8>) {
        let (begin, end) = (self.key(), self.key());
        let wrong = *begin > *END_OF_KEYS || *end > *END_OF_KEYS;
        match begin > end && (wrong || !strict) {
            true => (end, begin),
            false => (begin, end),
        }
    }

    fn selector(&mut self) -> KeySelector {
        let or_equal = self.byte() >= 128;
        let offset = match self.byte() {
            byte @ 0..=239 => i32::from(byte % 8) - 3,
            byte => (i32::from(byte) - 247) * 30,
        };
        KeySelector { key: self.key(), or_equal, offset }
    }

    fn value(&mut self) -> Vec<u8> {
        self.values += 1;
        match self.byte() {
            255 => vec![b'v'; 100_001],
            254 => vec![b'v'; 100_000],
            byte if byte >= 128 => self.bytes(9),
            _ => format!("v{}", self.values).into_bytes(),
        }
    }
}

fn plain(key: Vec<u8>) -> KeySelector {
    KeySelector::first_greater_or_equal(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_operations_and_the_same_ones_again() {
        let mut random = fastrand::Rng::with_seed(7);
        for length in 0..300 {
            let bytes: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
            let made = operations(&bytes, 6, 3);
            assert_eq!(made, operations(&bytes, 6, 3));
            assert!(made.len() <= MOST && made.is_empty() == bytes.is_empty());
            assert!(made.iter().all(|operation| operation.slot < 6));
        }
    }
}
