//! Threads that write, a model of what they wrote, and what a database holds beside it.
//!
//! Each thread has keys of its own, so that the order of its commits is the order on each of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;

use plinth_api::{Database, DatabaseOptions, Durability, KeySelector, RangeOptions};

/// A key of a keyspace, by the keyspace's name.
pub type Key = (String, Vec<u8>);
/// What a database holds.
pub type State = BTreeMap<Key, Vec<u8>>;

/// A commit that was acknowledged.
struct Commit {
    version: i64,
    /// A value, or that it was cleared.
    writes: Vec<(Key, Option<Vec<u8>>)>,
}

/// Threads that write until they are stopped.
pub struct Writers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Vec<Commit>>>,
    seed: u64,
}

/// The commits of all threads.
pub struct Log(Vec<Commit>, u64);

const KEYSPACES: [&str; 2] = ["default", "second"];
/// Keys of each thread: few enough that most commits overwrite or clear something.
const KEYS: u32 = 300;

impl Writers {
    /// Begins with so many threads.
    pub fn begin(database: &Arc<dyn Database>, count: u64) -> Self {
        let seed = crate::common::number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..));
        println!("PLINTH_SEED={seed}");
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..count).map(|thread| {
            let (database, stop) = (database.clone(), stop.clone());
            std::thread::spawn(move || write(&*database, thread, fastrand::Rng::with_seed(seed ^ thread), &stop))
        });
        Self { threads: threads.collect(), stop, seed }
    }

    /// Has them end.
    pub fn end(self) -> Log {
        self.stop.store(true, Ordering::SeqCst);
        Log(self.threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect(), self.seed)
    }
}

impl Log {
    /// The state after all commits up to a version.
    pub fn state(&self, version: i64) -> State {
        let mut state = State::new();
        for commit in self.0.iter().filter(|commit| commit.version <= version) {
            for (key, value) in &commit.writes {
                match value {
                    Some(value) => drop(state.insert(key.clone(), value.clone())),
                    None => drop(state.remove(key)),
                }
            }
        }
        state
    }

    /// Commits after a version.
    pub fn later(&self, version: i64) -> usize {
        self.0.iter().filter(|commit| commit.version > version).count()
    }

    /// Fails unless the database in `path` holds the state of `version`, as seen with and without changing it.
    pub fn check(&self, path: &str, version: i64) {
        let read_only = DatabaseOptions { read_only: true, must_exist: true, ..DatabaseOptions::default() };
        let database = plinth_engine::open(path, read_only).unwrap();
        assert_eq!(database.begin().unwrap().read_version().unwrap(), version, "seed {}", self.1);
        self.compare(&*database, version);
        database.close().unwrap();
        drop(database);
        let must_exist = DatabaseOptions { must_exist: true, ..DatabaseOptions::default() };
        let database = plinth_engine::open(path, must_exist).unwrap();
        self.compare(&*database, version);
        let later = crate::common::put(&*database, b"~later", b"");
        assert!(later > version, "versions go on: {later} after {version}");
        database.close().unwrap();
    }

    fn compare(&self, database: &dyn Database, version: i64) {
        let (expected, found) = (self.state(version), state_of(database));
        let differ = |key: &&Key| expected.get(*key) != found.get(*key);
        let wrong: Vec<_> = expected.keys().chain(found.keys()).filter(differ).take(5).collect();
        assert!(wrong.is_empty(), "seed {}: at version {version} these differ: {wrong:?}", self.1);
        assert_eq!(expected.len(), found.len());
    }
}

/// What a database holds.
pub fn state_of(database: &dyn Database) -> State {
    let mut state = State::new();
    for name in KEYSPACES {
        let Some(keyspace) = database.find_keyspace(name).unwrap() else { continue };
        let plain = |key: &[u8]| KeySelector::first_greater_or_equal(key.to_vec());
        let transaction = database.begin().unwrap();
        let rows = transaction.get_range(keyspace.id, plain(b""), plain(b"~"), RangeOptions::default()).unwrap();
        assert!(!rows.more);
        // Keys from ~ on are not the writers'.
        state.extend(rows.iter().map(|(key, value)| ((name.to_owned(), key.to_vec()), value.to_vec())));
    }
    state
}

fn write(database: &dyn Database, thread: u64, mut rng: fastrand::Rng, stop: &AtomicBool) -> Vec<Commit> {
    let ids = KEYSPACES.map(|name| database.open_keyspace(name).unwrap().id);
    let mut commits = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let transaction = database.begin().unwrap();
        let mut writes = Vec::new();
        for _ in 0..rng.usize(1..8) {
            let at = rng.usize(..KEYSPACES.len());
            let number = rng.u32(..KEYS);
            let key = |number: u32| format!("{thread:02} {number:04}").into_bytes();
            let name = |number: u32| (KEYSPACES[at].to_owned(), key(number));
            match rng.u32(..10) {
                0 => {
                    transaction.clear_range(ids[at], &key(number), &key(number + 10)).unwrap();
                    writes.extend((number..number + 10).map(|number| (name(number), None)));
                }
                1 => {
                    transaction.clear(ids[at], &key(number)).unwrap();
                    writes.push((name(number), None));
                }
                _ => {
                    let value = format!("{} {}", commits.len(), "v".repeat(rng.usize(..300))).into_bytes();
                    transaction.set(ids[at], &key(number), &value).unwrap();
                    writes.push((name(number), Some(value)));
                }
            }
        }
        let durability = if rng.bool() { Durability::Buffered } else { Durability::Sync };
        transaction.set_option(plinth_api::TransactionOption::Durability(durability)).unwrap();
        transaction.commit().unwrap();
        commits.push(Commit { version: transaction.committed_version(), writes });
    }
    commits
}
