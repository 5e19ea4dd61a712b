//! The keyspaces of a database: which there are, and how they come and go.
//!
//! Lock order: `keyspaces`, then the pipeline's locks. One keyspace comes or goes at a time, between two
//! groups of commits, and its record is synced before anybody hears of it (see `numbers`).

use std::sync::{Arc, MutexGuard, PoisonError};

use plinth_api::{Code, Error, Keyspace, Result};

use crate::commit::Pipeline;
use crate::limits::{check_keyspace_name, MOST_KEYSPACES};
use crate::local::Local;
use crate::numbers::{self, Keyspaces, DEFAULT_NAME};
use crate::service::Service;
use crate::store::Store;

/// Hears the numbers of keyspaces that were dropped. Called with no lock held.
pub type OnDropped = Box<dyn Fn(u32) + Send + Sync>;

impl Local {
    /// The keyspace of a name, which is created if there is none.
    pub fn open_keyspace(&self, name: &str) -> Result<Keyspace> {
        self.check_open()?;
        check_keyspace_name(name)?;
        let mut keyspaces = self.lock_keyspaces();
        let name: Arc<str> = Arc::from(name);
        if let Some(id) = keyspaces.names.get(&name) {
            return Ok(Keyspace { id: *id, name });
        }
        if keyspaces.names.len() >= MOST_KEYSPACES {
            return Err(Error::new(Code::TOO_MANY_KEYSPACES).context(format!("there are {}", keyspaces.names.len())));
        }
        let id = keyspaces.next()?;
        self.pipeline.exclusively(|sequencer, store| {
            sequencer.check_lock()?;
            create(&self.pipeline, store, id, &name)?;
            sequencer.add_keyspace(id);
            Ok(())
        })?;
        keyspaces.add(name.clone(), id);
        self.set_alive(id, true);
        Ok(Keyspace { id, name })
    }

    /// The keyspace of a name, if there is one.
    pub fn find_keyspace(&self, name: &str) -> Result<Option<Keyspace>> {
        self.check_open()?;
        let keyspaces = self.lock_keyspaces();
        let found = keyspaces.names.get_key_value(name);
        Ok(found.map(|(name, id)| Keyspace { id: *id, name: name.clone() }))
    }

    /// The names in order, the default one first.
    pub fn list_keyspaces(&self) -> Result<Vec<Arc<str>>> {
        self.check_open()?;
        let keyspaces = self.lock_keyspaces();
        let mut names: Vec<_> = keyspaces.names.iter().map(|(name, id)| (*id != 0, name.clone())).collect();
        names.sort();
        Ok(names.into_iter().map(|(_, name)| name).collect())
    }

    /// The names and numbers of all.
    pub fn numbers(&self) -> Vec<(String, u32)> {
        self.lock_keyspaces().names.iter().map(|(name, id)| (name.to_string(), *id)).collect()
    }

    /// Removes a keyspace with all that is in it.
    pub fn drop_keyspace(&self, name: &str) -> Result<()> {
        self.check_open()?;
        if name == DEFAULT_NAME {
            return Err(Error::new(Code::INVALID_KEYSPACE_NAME).context("the default keyspace can't be dropped"));
        }
        let mut keyspaces = self.lock_keyspaces();
        let not_found = || Error::new(Code::KEYSPACE_NOT_FOUND).context(format!("keyspace \"{name}\""));
        let id = keyspaces.names.get(name).copied().ok_or_else(not_found)?;
        self.pipeline.exclusively(|sequencer, store| {
            sequencer.check_lock()?;
            remove(&self.pipeline, store, id, name)?;
            sequencer.remove_keyspace(id);
            Ok(())
        })?;
        keyspaces.names.remove(name);
        self.set_alive(id, false);
        drop(keyspaces);
        self.end_watches(Some(id), Code::KEYSPACE_DROPPED);
        if let Some(hear) = self.on_dropped.get() {
            hear(id);
        }
        Ok(())
    }

    /// The list of keyspaces; none comes or goes meanwhile.
    pub fn lock_keyspaces(&self) -> MutexGuard<'_, Keyspaces> {
        self.keyspaces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates a keyspace in the store, or leaves it as it was. After a failed write of the record that is
/// only tried: nobody knows what is on disk, the pipeline takes nothing more, and the next opening finds
/// the keyspace, empty, or does not.
fn create(pipeline: &Pipeline, store: &Arc<dyn Store>, id: u32, name: &str) -> Result<()> {
    store.create_keyspace(id, name)?;
    let mut batch = store.clone().batch();
    let recorded = numbers::put(&mut *batch, name, id).and_then(|()| pipeline.write_synced(store, batch));
    recorded
        .inspect(|()| pipeline.watermark().keyspaces(id.saturating_add(1)))
        .inspect_err(|_| drop(store.drop_keyspace(id, name)))
}

/// Removes a keyspace from the store. One that is still there afterwards keeps its number.
fn remove(pipeline: &Pipeline, store: &Arc<dyn Store>, id: u32, name: &str) -> Result<()> {
    let mut batch = store.clone().batch();
    numbers::remove(&mut *batch, name)?;
    pipeline.write_synced(store, batch)?;
    let Err(error) = store.drop_keyspace(id, name) else {
        return Ok(());
    };
    let mut batch = store.clone().batch();
    numbers::put_again(&mut *batch, name, id)?;
    pipeline.write_synced(store, batch)?;
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};
    use std::sync::Mutex;

    use plinth_api::{Database as _, DatabaseOptions, Value};

    use crate::database::{memory_path, start, Database};
    use crate::format;
    use crate::life::Place;
    use crate::store::{store_options, Batch, Rocks, Snapshot, META};

    /// What a store does not do, in bits.
    const CREATE: u8 = 1;
    const DROP: u8 = 2;
    const WRITE: u8 = 4;
    const SYNC: u8 = 8;

    /// A store that fails where it is told to.
    struct Failing {
        inner: Arc<Rocks>,
        fails: AtomicU8,
    }

    impl Failing {
        fn check(&self, what: u8) -> Result<()> {
            match self.fails.load(Ordering::SeqCst) & what {
                0 => Ok(()),
                _ => Err(Error::new(Code::IO_ERROR).context("as the test wants it")),
            }
        }
    }

    struct FailingBatch(Box<dyn Batch>, Arc<Failing>);

    impl Batch for FailingBatch {
        fn put(&mut self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
            self.0.put(keyspace, key, value)
        }

        fn delete(&mut self, keyspace: u32, key: &[u8]) -> Result<()> {
            self.0.delete(keyspace, key)
        }

        fn delete_range(&mut self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
            self.0.delete_range(keyspace, begin, end)
        }

        fn write(self: Box<Self>) -> Result<()> {
            self.1.check(WRITE)?;
            self.0.write()
        }
    }

    impl Store for Failing {
        fn snapshot(self: Arc<Self>) -> Box<dyn Snapshot> {
            self.inner.clone().snapshot()
        }

        fn get(self: Arc<Self>, keyspace: u32, key: &[u8]) -> Result<Option<Value>> {
            self.inner.clone().get(keyspace, key)
        }

        fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64> {
            self.inner.estimate(keyspace, begin, end)
        }

        fn batch(self: Arc<Self>) -> Box<dyn Batch> {
            Box::new(FailingBatch(self.inner.clone().batch(), self))
        }

        fn sync(&self) -> Result<()> {
            self.check(SYNC)?;
            self.inner.sync()
        }

        fn is_under_pressure(&self) -> bool {
            self.inner.is_under_pressure()
        }

        fn number_keyspaces(&self, numbers: &[(u32, &str)]) -> Result<()> {
            self.inner.number_keyspaces(numbers)
        }

        fn create_keyspace(&self, id: u32, name: &str) -> Result<()> {
            self.check(CREATE)?;
            self.inner.create_keyspace(id, name)
        }

        fn drop_keyspace(&self, id: u32, name: &str) -> Result<()> {
            self.check(DROP)?;
            self.inner.drop_keyspace(id, name)
        }

        fn stop(&self) {
            self.inner.stop();
        }
    }

    fn failing() -> (Arc<Failing>, Database) {
        let options = DatabaseOptions::default();
        let (inner, names) = Rocks::open(&memory_path(), store_options(&options), None).unwrap();
        let store = Arc::new(Failing { inner, fails: AtomicU8::new(0) });
        let local = start(store.clone(), names, options, Place::default(), format::LEASE).unwrap();
        (store, Database::of(local))
    }

    fn put(database: &Database, keyspace: u32) -> Result<()> {
        let transaction = database.begin()?;
        transaction.set(keyspace, b"key", b"value")?;
        transaction.commit()
    }

    fn names(database: &Database) -> Vec<String> {
        database.list_keyspaces().unwrap().iter().map(|name| name.to_string()).collect()
    }

    fn record(store: &Arc<Failing>, key: &[u8]) -> Option<u32> {
        let value = store.clone().get(META, key).unwrap();
        value.map(|value| u32::from_be_bytes((*value).try_into().unwrap()))
    }

    #[test]
    fn a_creation_that_the_store_refuses_leaves_nothing() {
        let (store, database) = failing();
        store.fails.store(CREATE, Ordering::SeqCst);
        assert_eq!(database.open_keyspace("a").unwrap_err().code(), Code::IO_ERROR);
        store.fails.store(0, Ordering::SeqCst);
        assert_eq!(names(&database), ["default"]);
        assert_eq!(record(&store, b"keyspace/a"), None);
        let a = database.open_keyspace("a").unwrap().id;
        assert_eq!((record(&store, b"keyspace/a"), record(&store, b"next keyspace")), (Some(a), Some(a + 1)));
        put(&database, a).unwrap();
    }

    #[test]
    fn after_a_failed_write_of_a_record_nothing_more_is_taken() {
        for (fails, what) in [(WRITE, "write"), (SYNC, "sync"), (WRITE | DROP, "write, then taking it back")] {
            for dropping in [false, true] {
                let (store, database) = failing();
                let kept = database.open_keyspace("kept").unwrap().id;
                put(&database, kept).unwrap();
                store.fails.store(fails, Ordering::SeqCst);
                let result = match dropping {
                    false => database.open_keyspace("a").map(|_| ()),
                    true => database.drop_keyspace("kept"),
                };
                assert_eq!(result.unwrap_err().code(), Code::IO_ERROR, "{what}");
                store.fails.store(0, Ordering::SeqCst);
                let failed = |result: Result<()>| result.unwrap_err().code() == Code::DATABASE_FAILED;
                assert!(failed(put(&database, 0)), "{what}");
                assert!(failed(database.open_keyspace("b").map(|_| ())), "{what}");
                assert!(failed(database.drop_keyspace("kept")), "{what}");
                // Reads go on.
                assert_eq!(names(&database), ["default", "kept"], "{what}");
                assert!(database.begin().unwrap().get(kept, b"key", false).unwrap().is_some(), "{what}");
                // The first number free is told to nobody.
                let next = database.begin().unwrap().get(kept + 1, b"key", false);
                assert_eq!(next.unwrap_err().code(), Code::KEYSPACE_DROPPED, "{what}");
            }
        }
    }

    #[test]
    fn a_keyspace_that_could_not_be_dropped_keeps_its_number() {
        let (store, database) = failing();
        let id = database.open_keyspace("a").unwrap().id;
        let later = database.open_keyspace("later").unwrap().id;
        put(&database, id).unwrap();
        store.fails.store(DROP, Ordering::SeqCst);
        assert_eq!(database.drop_keyspace("a").unwrap_err().code(), Code::IO_ERROR);
        assert_eq!((record(&store, b"keyspace/a"), record(&store, b"next keyspace")), (Some(id), Some(later + 1)));
        put(&database, id).unwrap();
        store.fails.store(0, Ordering::SeqCst);
        database.drop_keyspace("a").unwrap();
        assert_eq!(record(&store, b"keyspace/a"), None);
        assert_eq!(names(&database), ["default", "later"]);
    }

    #[test]
    fn who_listens_hears_of_every_drop_with_no_lock_held() {
        let (store, database) = failing();
        let heard: Arc<Mutex<Vec<u32>>> = Arc::default();
        let (hear, local) = (heard.clone(), Arc::downgrade(database.local()));
        let set = database.local().on_dropped.set(Box::new(move |id| {
            // It would wait for ever if a lock were held.
            let local = local.upgrade().unwrap();
            assert_eq!(local.check_keyspace(id).unwrap_err().code(), Code::KEYSPACE_DROPPED);
            local.open_keyspace("from the hook").unwrap();
            hear.lock().unwrap().push(id);
        }));
        assert!(set.is_ok());
        let ids = ["a", "b"].map(|name| database.open_keyspace(name).unwrap().id);
        database.drop_keyspace("b").unwrap();
        database.drop_keyspace("a").unwrap();
        database.drop_keyspace("a").unwrap_err();
        store.fails.store(DROP, Ordering::SeqCst);
        database.drop_keyspace("from the hook").unwrap_err();
        assert_eq!(*heard.lock().unwrap(), [ids[1], ids[0]]);
    }

    #[test]
    fn records_are_written_while_others_sync() {
        let (_store, database) = failing();
        let steady = database.open_keyspace("steady").unwrap().id;
        std::thread::scope(|scope| {
            let writers = [0; 3].map(|_| scope.spawn(|| (0..1_000).try_for_each(|_| put(&database, steady))));
            let dropper = scope.spawn(|| {
                (0..200).try_for_each(|_| {
                    database.open_keyspace("passing")?;
                    database.drop_keyspace("passing")
                })
            });
            writers.into_iter().chain([dropper]).for_each(|thread| thread.join().unwrap().unwrap());
        });
    }
}
