//! How much of the past is kept beside what the window keeps, and who reads in it.
//!
//! The list of readers is a leaf lock. It is kept only where a policy asks for it, so that what a policy lets go of
//! can be told with the ids of those who read there.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plinth_api::DatabaseOptions;
use uuid::Uuid;

/// Ids that are told of those who read at one version, at most.
const MOST_TOLD: usize = 8;

/// A policy; zeros are no bounds.
#[derive(Clone, Default)]
pub struct Keep {
    /// Where the database is, for what is said.
    pub name: Arc<str>,
    /// Versions at most.
    pub versions: usize,
    /// Bytes that may have been committed since the oldest of them.
    pub bytes: u64,
    /// Who reads, if there are bounds.
    pub readers: Option<Arc<Readers>>,
}

/// What took the oldest version away that is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u64)]
pub enum Reason {
    /// None is gone that the window would keep.
    #[default]
    Window = 0,
    /// The bound of versions.
    Versions = 1,
    /// The bound of bytes.
    Bytes = 2,
    /// There were more versions than are ever kept.
    TooMany = 3,
    /// Somebody asked for it.
    Expired = 4,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Window, Self::Versions, Self::Bytes, Self::TooMany, Self::Expired];

    /// Its name among what is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Versions => "retain_versions",
            Self::Bytes => "retain_bytes",
            Self::TooMany => "too_many",
            Self::Expired => "expired",
        }
    }
}

impl Keep {
    /// What the options of a database ask for.
    pub fn of(options: &DatabaseOptions, name: &str) -> Self {
        let (versions, bytes) = (options.retain_versions, options.retain_bytes);
        let bounded = versions > 0 || bytes > 0;
        Self { name: Arc::from(name), versions, bytes, readers: bounded.then(Arc::default) }
    }

    /// What asks for the oldest of so many versions to go, since which so many bytes were committed.
    pub fn is_too_much(&self, versions: usize, bytes: u64) -> Option<Reason> {
        match self {
            _ if self.versions > 0 && versions > self.versions => Some(Reason::Versions),
            _ if self.bytes > 0 && bytes > self.bytes => Some(Reason::Bytes),
            _ => None,
        }
    }

    /// Says that a version was let go that somebody read at.
    #[cold]
    pub fn say(&self, gone: Range<i64>, reason: Reason, bytes: u64, age_us: i64) {
        let transactions = self.readers.as_ref().map_or_else(String::new, |readers| readers.at(gone.clone()));
        tracing::warn!(
            target: "plinth::versions",
            database = &*self.name,
            version = gone.start,
            age_ms = age_us / 1_000,
            bytes,
            reason = ?reason,
            transactions,
            "a version that somebody reads at was let go: reads there fail with 1007",
        );
    }
}

/// Who reads at which version.
#[derive(Default)]
pub struct Readers(Mutex<List>);

/// How many were ever noted, and those that are there by version and number.
type List = (u64, BTreeMap<(i64, u64), Uuid>);

impl Readers {
    /// Notes one, until what is returned is dropped.
    pub fn note(self: &Arc<Self>, version: i64, id: Uuid) -> Reader {
        let mut list = self.lock();
        list.0 += 1;
        let key = (version, list.0);
        list.1.insert(key, id);
        Reader { key, list: self.clone() }
    }

    /// The ids of those who read at versions of a range.
    fn at(&self, versions: Range<i64>) -> String {
        let list = self.lock();
        let ids = list.1.range((versions.start, 0)..(versions.end, 0)).take(MOST_TOLD);
        ids.map(|(_, id)| id.to_string()).collect::<Vec<_>>().join(" ")
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An entry in the list.
pub struct Reader {
    key: (i64, u64),
    list: Arc<Readers>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.list.lock().1.remove(&self.key);
    }
}
