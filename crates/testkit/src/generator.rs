//! Random calls and operations; the same seed gives the same ones.

use fastrand::Rng;
use plinth_api::key::{END_OF_KEYS, METADATA_VERSION};
use plinth_api::{DatabaseOption, KeySelector, Mutation, RangeOptions, TransactionOption};

use crate::call::{Call, RangeCall};
use crate::keys;
use crate::operation::{Action, Operation, VersionChoice};

/// What random calls are made of.
pub struct Calls {
    rng: Rng,
    keyspaces: usize,
    ordinary: Vec<Vec<u8>>,
    too_long: Vec<Vec<u8>>,
    illegal: Vec<Vec<u8>>,
    /// How many keys a range spans at most, in most cases.
    reach: Option<usize>,
    values: u64,
    /// Whether there are atomic operations, and values made for them.
    atomics: bool,
}

impl Calls {
    /// Calls over the keys on edges, wrong ones among them.
    pub fn with_errors(seed: u64, keyspaces: usize) -> Self {
        let legal = Self::legal(seed, keyspaces, keys::ordinary());
        Self { too_long: keys::too_long(), illegal: keys::illegal(), atomics: true, ..legal }
    }

    /// Calls over these keys, none of them wrong.
    pub fn legal(seed: u64, keyspaces: usize, ordinary: Vec<Vec<u8>>) -> Self {
        let rng = Rng::with_seed(seed);
        Self {
            rng,
            keyspaces,
            ordinary,
            too_long: Vec::new(),
            illegal: Vec::new(),
            reach: None,
            values: 0,
            atomics: false,
        }
    }

    /// The same, with ranges that span few keys in most cases.
    #[must_use]
    pub fn reaching(mut self, reach: Option<usize>) -> Self {
        self.reach = reach;
        self
    }

    /// The same, with atomic operations.
    #[must_use]
    pub fn with_atomics(mut self) -> Self {
        self.atomics = true;
        self
    }

    /// A write with a versionstamp in its key or its value, of keys that have no other use.
    pub fn last_write(&mut self, mark: &str) -> Call {
        let keyspace = self.rng.usize(..self.keyspaces);
        if self.rng.bool() {
            let operand = [mark.as_bytes(), &[0; 10], &(mark.len() as u32).to_le_bytes()].concat();
            return Call::Atomic {
                keyspace,
                mutation: Mutation::SetVersionstampedValue,
                key: b"stamp".to_vec(),
                operand,
            };
        }
        let key = [&b"log/"[..], &[0; 10], &4u32.to_le_bytes()].concat();
        Call::Atomic { keyspace, mutation: Mutation::SetVersionstampedKey, key, operand: mark.into() }
    }

    /// The source of randomness.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// A read.
    pub fn read(&mut self) -> Call {
        let keyspace = self.rng.usize(..self.keyspaces);
        let snapshot = self.one_in(4);
        match self.rng.u8(..10) {
            0..=3 if self.one_in(5) => {
                let count = self.rng.usize(..6);
                Call::GetMany { keyspace, keys: (0..count).map(|_| self.key()).collect(), snapshot }
            }
            0..=3 => Call::Get { keyspace, key: self.key(), snapshot },
            4..=5 => Call::GetKey { keyspace, selector: self.selector(), snapshot },
            _ => self.range_read(keyspace, snapshot),
        }
    }

    /// A write or a conflict range. Values are made unique by `mark`.
    pub fn write(&mut self, mark: &str) -> Call {
        let keyspace = self.rng.usize(..self.keyspaces);
        if self.atomics && self.one_in(4) {
            return self.atomic(keyspace);
        }
        match self.rng.u8(..20) {
            0..=11 => Call::Set { keyspace, key: self.key(), value: self.value(mark) },
            12..=13 => Call::Clear { keyspace, key: self.key() },
            14..=15 => self.range(RangeCall::Clear, keyspace),
            16..=17 => self.range(RangeCall::ReadConflict, keyspace),
            _ => self.range(RangeCall::WriteConflict, keyspace),
        }
    }

    /// A versionstamped key or value, some with an offset that leads outside.
    fn stamped(&mut self, keyspace: usize) -> Call {
        if self.rng.bool() {
            let operand = self.place(b"v");
            return Call::Atomic { keyspace, mutation: Mutation::SetVersionstampedValue, key: self.key(), operand };
        }
        let prefix = self.rng.choice(&[&b""[..], b"a", b"a\0", b"ab", b"b\xff", b"m", b"\xfe"]).copied();
        let key = self.place(prefix.unwrap_or_default());
        Call::Atomic { keyspace, mutation: Mutation::SetVersionstampedKey, key, operand: self.small() }
    }

    /// Bytes with a place for a versionstamp.
    fn place(&mut self, prefix: &[u8]) -> Vec<u8> {
        let filler = *self.rng.choice(&[0, b'0', 0x7f, 0xfe]).unwrap_or(&0);
        let tail = self.small();
        let template = [prefix, &[filler; 10], &tail].concat();
        let offset = prefix.len() as i32;
        let wrong = [-1, tail.len() as i32 + offset + 1, i32::MIN, i32::MAX];
        let offset = if self.one_in(12) { *self.rng.choice(&wrong).unwrap_or(&-1) } else { offset };
        if self.one_in(60) {
            return vec![0; self.rng.usize(..14)];
        }
        [&template[..], &offset.to_le_bytes()].concat()
    }

    /// The metadata version, and what may be done to it.
    fn metadata(&mut self, keyspace: usize) -> Call {
        let operand = vec![0; if self.one_in(8) { 15 } else { 14 }];
        Call::Atomic { keyspace, mutation: Mutation::SetVersionstampedValue, key: METADATA_VERSION.to_vec(), operand }
    }

    /// An atomic operation.
    fn atomic(&mut self, keyspace: usize) -> Call {
        // Not among legal calls: whoever reads such a key before the commit gets an error.
        if !self.illegal.is_empty() && self.one_in(20) {
            return self.metadata(keyspace);
        }
        if !self.illegal.is_empty() && self.one_in(5) {
            return self.stamped(keyspace);
        }
        let ordinary = |mutation: &Mutation| {
            !matches!(mutation, Mutation::SetVersionstampedKey | Mutation::SetVersionstampedValue)
        };
        let kinds: Vec<Mutation> = Mutation::ALL.into_iter().filter(ordinary).collect();
        let mutation = kinds[self.rng.usize(..kinds.len())];
        let operand = if !self.illegal.is_empty() && self.one_in(150) {
            vec![b'o'; self.rng.usize(99_999..=100_001)]
        } else {
            self.small()
        };
        Call::Atomic { keyspace, mutation, key: self.key(), operand }
    }

    /// A value that atomic operations make something of, and that is met again.
    fn small(&mut self) -> Vec<u8> {
        let length = self.rng.usize(..4);
        (0..length).map(|_| *self.rng.choice(&[0, 1, 0x7f, 0xff]).unwrap_or(&0)).collect()
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.rng.u32(..count) == 0
    }

    fn pick(&mut self, from: fn(&Self) -> &[Vec<u8>]) -> Vec<u8> {
        let count = from(self).len();
        let index = self.rng.usize(..count);
        from(self)[index].clone()
    }

    /// A key for `get`, `set` and `clear`.
    fn key(&mut self) -> Vec<u8> {
        if !self.too_long.is_empty() && self.one_in(60) {
            return self.pick(|calls| &calls.too_long);
        }
        if !self.illegal.is_empty() && self.one_in(30) {
            if self.one_in(3) {
                return METADATA_VERSION.to_vec();
            }
            return if self.rng.bool() { END_OF_KEYS.to_vec() } else { self.pick(|calls| &calls.illegal) };
        }
        self.pick(|calls| &calls.ordinary)
    }

    /// A key for the end of a range, in most cases a legal one.
    fn bound(&mut self) -> Vec<u8> {
        if !self.illegal.is_empty() && self.one_in(80) {
            return self.pick(|calls| &calls.illegal);
        }
        self.legal_bound()
    }

    fn legal_bound(&mut self) -> Vec<u8> {
        if self.one_in(12) {
            return END_OF_KEYS.to_vec();
        }
        if !self.too_long.is_empty() && self.one_in(40) {
            return self.pick(|calls| &calls.too_long);
        }
        let mut key = self.pick(|calls| &calls.ordinary);
        if key.len() < 100 && self.one_in(4) {
            key.push(0);
        }
        key
    }

    /// The ends of a range, in any order.
    fn ends(&mut self) -> (Vec<u8>, Vec<u8>) {
        let reach = self.reach;
        match reach {
            Some(reach) if !self.one_in(20) => {
                let from = self.rng.usize(..self.ordinary.len());
                let to = (from + self.rng.usize(..=reach)).min(self.ordinary.len() - 1);
                (self.ordinary[from].clone(), self.ordinary[to].clone())
            }
            _ => (self.bound(), self.bound()),
        }
    }

    /// A plain range; one with wrong keys is not inverted too, since either error would be right.
    fn range(&mut self, kind: RangeCall, keyspace: usize) -> Call {
        let (mut begin, mut end) = self.ends();
        let wrong = *begin > *END_OF_KEYS || *end > *END_OF_KEYS;
        let inverted = !self.illegal.is_empty() && self.one_in(20);
        if begin > end && (wrong || !inverted) {
            std::mem::swap(&mut begin, &mut end);
        }
        Call::Range { kind, keyspace, begin, end }
    }

    fn selector(&mut self) -> KeySelector {
        let offset = if self.rng.bool() { self.rng.i32(0..=1) } else { self.rng.i32(-3..=4) };
        KeySelector { key: self.bound(), or_equal: self.rng.bool(), offset }
    }

    fn range_read(&mut self, keyspace: usize, snapshot: bool) -> Call {
        let limit = if self.rng.bool() { 0 } else { self.rng.usize(1..5) };
        let target_bytes = if self.one_in(3) { self.rng.usize(1..60) } else { 0 };
        let options = RangeOptions { limit, target_bytes, snapshot, reverse: self.one_in(3) };
        if self.one_in(3) {
            return Call::GetRange { keyspace, begin: self.selector(), end: self.selector(), options };
        }
        let (mut begin, mut end) = self.ends();
        if begin > end && !self.one_in(8) {
            std::mem::swap(&mut begin, &mut end);
        }
        let plain = |key, after: bool| KeySelector { key, or_equal: after, offset: 1 };
        let (after_begin, after_end) = (self.one_in(4), self.one_in(4));
        Call::GetRange { keyspace, begin: plain(begin, after_begin), end: plain(end, after_end), options }
    }

    fn value(&mut self, mark: &str) -> Vec<u8> {
        self.values += 1;
        if self.atomics && self.one_in(3) {
            return self.small();
        }
        if !self.illegal.is_empty() {
            match self.rng.u32(..400) {
                0 => return vec![b'v'; 100_001],
                1 => return vec![b'v'; 100_000],
                2..=20 => return Vec::new(),
                _ => {}
            }
        }
        format!("{mark}{}", self.values).into_bytes()
    }
}

/// The operations of a run: `steps` of them on `slots` transactions.
pub fn operations(seed: u64, steps: usize, slots: usize, keyspaces: usize) -> Vec<Operation> {
    let mut calls = Calls::with_errors(seed, keyspaces);
    let mut ended = vec![true; slots];
    (0..steps).map(|_| operation(&mut calls, &mut ended)).collect()
}

fn operation(calls: &mut Calls, ended: &mut [bool]) -> Operation {
    let slot = calls.rng.usize(..ended.len());
    let action = if ended[slot] && calls.rng.u8(..100) < 85 { beginning(calls) } else { action(calls) };
    ended[slot] = match &action {
        Action::Begin | Action::Reset | Action::OnError(_) => false,
        Action::Commit | Action::Cancel => true,
        _ => ended[slot],
    };
    Operation { slot, action }
}

/// How a transaction that ended is used again.
fn beginning(calls: &mut Calls) -> Action {
    match calls.rng.u8(..10) {
        0..=6 => Action::Begin,
        7..=8 => Action::Reset,
        _ => Action::OnError(1020),
    }
}

fn action(calls: &mut Calls) -> Action {
    match calls.rng.u32(..1000) {
        0..=379 => Action::Call(calls.read()),
        380..=418 => Action::SetOption(option(calls)),
        419 => Action::SetDefault(default(calls)),
        420..=829 => Action::Call(calls.write("v")),
        830..=919 => Action::Commit,
        920..=939 => Action::ReadVersion,
        940..=959 => Action::SetReadVersion(version_choice(calls)),
        960..=974 => Action::CommittedVersion,
        975..=984 => Action::Reset,
        985..=990 => Action::Cancel,
        _ => {
            Action::OnError(*calls.rng.choice(&[1020, 1007, 1021, 1042, 1009, 2004, 2101, 4100, 1031]).unwrap_or(&1020))
        }
    }
}

/// Options that change answers; system keys are asked for most.
/// A default of the database. Those that can't be taken back are seldom.
fn default(calls: &mut Calls) -> DatabaseOption {
    match calls.rng.u8(..20) {
        0..=9 => DatabaseOption::SnapshotRywEnable,
        10..=17 => DatabaseOption::SnapshotRywDisable,
        18 => DatabaseOption::TransactionRetryLimit(-2),
        _ => DatabaseOption::TransactionBypassUnreadable,
    }
}

fn option(calls: &mut Calls) -> TransactionOption {
    match calls.rng.u8(..20) {
        0..=5 => TransactionOption::NextWriteNoWriteConflictRange,
        6..=7 => TransactionOption::SnapshotRywDisable,
        8 => TransactionOption::SnapshotRywEnable,
        9..=10 => TransactionOption::ReadYourWritesDisable,
        11..=13 => TransactionOption::AccessSystemKeys,
        14 => TransactionOption::ReadSystemKeys,
        15 => TransactionOption::RawAccess,
        16 => TransactionOption::BypassUnreadable,
        17 => TransactionOption::ReadLockAware,
        18 => TransactionOption::LockAware,
        _ => TransactionOption::ReportConflictingKeys,
    }
}

fn version_choice(calls: &mut Calls) -> VersionChoice {
    match calls.rng.u8(..20) {
        0 => VersionChoice::Zero,
        1 => VersionChoice::Negative,
        2..=3 => VersionChoice::One,
        4..=13 => VersionChoice::Recent(calls.rng.usize(..30)),
        _ => VersionChoice::AfterRecent(calls.rng.usize(..30)),
    }
}
