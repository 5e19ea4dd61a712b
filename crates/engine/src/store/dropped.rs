//! Column families of keyspaces that were dropped while states are held: RocksDB keeps what is in them as long as
//! there is a handle. The lock is a leaf.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::rocks::{Family, Rocks};

/// Those that somebody may want.
#[derive(Default)]
pub struct Dropped(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    wanted: usize,
    families: BTreeMap<u32, Family>,
}

/// Wants what is dropped while it lives. It does not keep the database open.
pub struct Wanted(Weak<Rocks>);

impl Dropped {
    /// One that is kept.
    pub fn find(&self, keyspace: u32) -> Option<Family> {
        self.lock().families.get(&keyspace).cloned()
    }

    /// Keeps one if it is wanted.
    pub fn keep(&self, keyspace: u32, family: Family) {
        let mut kept = self.lock();
        if kept.wanted > 0 {
            kept.families.insert(keyspace, family);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wanted {
    /// Wants those of a store.
    pub fn of(rocks: &Arc<Rocks>) -> Self {
        rocks.dropped.lock().wanted += 1;
        Self(Arc::downgrade(rocks))
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        let Some(rocks) = self.0.upgrade() else {
            return;
        };
        let mut kept = rocks.dropped.lock();
        kept.wanted -= 1;
        let unwanted = match kept.wanted {
            0 => std::mem::take(&mut kept.families),
            _ => BTreeMap::new(),
        };
        drop(kept);
        // Their files go with them, which takes time.
        drop(unwanted);
    }
}
