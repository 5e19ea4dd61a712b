//! Everything the model knows: the whole database after every version, and what each commit wrote.

use std::collections::BTreeMap;
use std::sync::Arc;

use plinth_api::{KeyRange, Mutation};

use super::atomic;
use super::conflict::{intersects, Span};
use super::stamp::{Place, Stamp};

/// The pairs of one keyspace. Bytes are shared between versions, so that keeping all is cheap.
pub(crate) type Map = BTreeMap<Arc<[u8]>, Arc<[u8]>>;

/// The maps of all keyspaces; the index is the keyspace's number.
pub(crate) type Snapshot = Vec<Arc<Map>>;

/// A mutation.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub keyspace: u32,
    pub change: Change,
}

/// What a mutation does.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Set(Vec<u8>, Vec<u8>),
    Clear(KeyRange),
    Atomic(AtomicOp),
}

/// An atomic operation.
#[derive(Clone, Debug)]
pub(crate) struct AtomicOp {
    pub mutation: Mutation,
    pub key: Vec<u8>,
    pub operand: Vec<u8>,
    /// The longest value that appending may make (ATOM-3).
    pub longest: usize,
}

/// A committed transaction's write conflict ranges.
pub(crate) struct Commit {
    pub version: i64,
    pub spans: Vec<Span>,
}

/// A keyspace's name, and whether it was dropped.
pub(crate) struct KeyspaceState {
    pub name: Arc<str>,
    pub dropped: bool,
}

/// The model's whole state.
pub(crate) struct State {
    pub keyspaces: Vec<KeyspaceState>,
    pub versions: BTreeMap<i64, Snapshot>,
    pub commits: Vec<Commit>,
    /// The newest version that a follower knows to have been read at.
    pub seen: i64,
    pub closed: bool,
}

impl Write {
    /// The range of keys it touches.
    pub fn span(&self) -> Span {
        let range = match &self.change {
            Change::Set(key, _) => KeyRange::single(key),
            Change::Clear(range) => range.clone(),
            Change::Atomic(op) => KeyRange::single(&op.key),
        };
        Span { keyspace: self.keyspace, range }
    }

    /// Makes the change.
    pub fn apply(&self, map: &mut Map) {
        match &self.change {
            Change::Set(key, value) => {
                map.insert(key.as_slice().into(), value.as_slice().into());
            }
            Change::Clear(range) => map.retain(|key, _| **key < *range.begin || **key >= *range.end),
            Change::Atomic(op) => op.apply(map),
        }
    }

    /// Whether what it leaves does not depend on what was there: an operation alone never is, and
    /// one after a set or a clear lies inside what that left (RYW-4).
    pub fn is_independent(&self) -> bool {
        match &self.change {
            Change::Set(..) | Change::Clear(_) => true,
            Change::Atomic(op) => op.mutation == Mutation::SetVersionstampedValue,
        }
    }

    /// The same with the stamp where it belongs (VST-3).
    pub fn stamped(&self, stamp: &Stamp) -> Self {
        match &self.change {
            Change::Atomic(op) if op.mutation == Mutation::SetVersionstampedValue => {
                let value = Place::parse(&op.operand).map(|place| place.with(stamp)).unwrap_or_default();
                Self { keyspace: self.keyspace, change: Change::Set(op.key.clone(), value) }
            }
            _ => self.clone(),
        }
    }
}

impl AtomicOp {
    fn apply(&self, map: &mut Map) {
        let existing = map.get(&*self.key).map(|value| &**value);
        match atomic::result(self.mutation, existing, &self.operand, self.longest) {
            Some(value) => map.insert(self.key.as_slice().into(), value.into()),
            None => map.remove(&*self.key),
        };
    }
}

impl State {
    /// An empty database at `first_version` with the default keyspace.
    pub fn new(first_version: i64) -> Self {
        let default = KeyspaceState { name: "default".into(), dropped: false };
        Self {
            keyspaces: vec![default],
            versions: BTreeMap::from([(first_version, vec![Arc::default()])]),
            commits: Vec::new(),
            seen: 0,
            closed: false,
        }
    }

    /// The oldest version there is.
    pub fn oldest(&self) -> i64 {
        self.versions.keys().next().copied().unwrap_or(0)
    }

    /// The newest version there is.
    pub fn newest(&self) -> i64 {
        self.versions.keys().next_back().copied().unwrap_or(0)
    }

    /// The newest version below the newest one, if there is one.
    pub fn one_before_newest(&self) -> i64 {
        self.versions.keys().rev().nth(1).copied().unwrap_or_else(|| self.newest())
    }

    /// One keyspace after all commits up to `version` (rule VER-9).
    pub fn at(&self, version: i64, keyspace: u32) -> Map {
        let snapshot = self.versions.range(..=version).next_back().map(|(_, snapshot)| snapshot);
        snapshot.and_then(|maps| maps.get(keyspace as usize)).map(|map| (**map).clone()).unwrap_or_default()
    }

    /// Adds a keyspace and gives its number.
    pub fn add_keyspace(&mut self, name: &str) -> u32 {
        self.keyspaces.push(KeyspaceState { name: name.into(), dropped: false });
        (self.keyspaces.len() - 1) as u32
    }

    /// Adds a commit at `version`, which may be that of the last commit but not below.
    pub fn apply(&mut self, version: i64, writes: &[Write], spans: Vec<Span>) {
        let mut snapshot = self.versions.values().next_back().cloned().unwrap_or_default();
        snapshot.resize_with(self.keyspaces.len(), Arc::default);
        for write in writes {
            write.apply(Arc::make_mut(&mut snapshot[write.keyspace as usize]));
        }
        self.versions.insert(version, snapshot);
        self.commits.push(Commit { version, spans });
    }

    /// The version of the first commit after `version` that wrote in one of `reads` (CONF-14).
    pub fn conflict_after(&self, version: i64, reads: &[Span]) -> Option<i64> {
        let first = self.commits.partition_point(|commit| commit.version <= version);
        let mut later = self.commits[first..].iter();
        later.find(|commit| intersects(&commit.spans, reads)).map(|commit| commit.version)
    }

    /// The version of the first commit after `version`.
    pub fn first_after(&self, version: i64) -> Option<i64> {
        let first = self.commits.partition_point(|commit| commit.version <= version);
        self.commits.get(first).map(|commit| commit.version)
    }
}
