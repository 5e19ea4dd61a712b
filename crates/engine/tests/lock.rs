//! A locked database: who is refused, when, and for how long.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::Arc;

use common::{code, look, memory, number, put, wait_until, Disk, DEFAULT};
use plinth_api::{
    lock::LOCK_KEY, Code, Database, DatabaseOptions, Durability, Mutation, Result, Transaction, TransactionOption,
};

const LOCKED: i32 = 1038;
const ID: [u8; 16] = [7; 16];
const OTHER: [u8; 16] = [8; 16];

fn begin(database: &dyn Database, options: &[TransactionOption]) -> Arc<dyn Transaction> {
    let transaction = database.begin().unwrap();
    options.iter().for_each(|option| transaction.set_option(*option).unwrap());
    transaction
}

fn aware(database: &dyn Database) -> Arc<dyn Transaction> {
    begin(database, &[TransactionOption::LockAware])
}

fn write(transaction: &dyn Transaction) -> Result<()> {
    transaction.set(DEFAULT, b"key", b"value")?;
    transaction.commit()
}

/// COM-5: what a locked database refuses, and whom.
fn refuses(database: &dyn Database, host: &dyn Database) {
    host.unlock(&ID).unwrap();
    put(database, b"key", b"1");
    let early = begin(database, &[]);
    assert!(early.get(DEFAULT, b"key", false).unwrap().is_some());
    let blind = begin(database, &[]);
    blind.set(DEFAULT, b"blind", b"").unwrap();
    let things = database.open_keyspace("things").unwrap().id;
    host.lock(&ID).unwrap();
    assert_eq!(database.locked().unwrap(), Some(ID));
    // No read version, and so no read; one that is there, or was set by hand, goes on.
    let late = begin(database, &[]);
    assert_eq!(code(late.get(DEFAULT, b"key", true)), LOCKED);
    assert_eq!(code(begin(database, &[]).read_version()), LOCKED);
    assert!(early.get(DEFAULT, b"key", false).unwrap().is_some());
    let at = begin(database, &[]);
    at.set_read_version(early.read_version().unwrap()).unwrap();
    assert!(at.get(DEFAULT, b"key", false).unwrap().is_some());
    at.commit().unwrap();
    // No commit.
    for transaction in [&early, &at, &blind] {
        transaction.reset().unwrap();
    }
    assert_eq!(code(write(&*blind)), LOCKED);
    let at = begin(database, &[]);
    at.set_read_version(aware(database).read_version().unwrap()).unwrap();
    at.set(things, b"key", b"").unwrap();
    assert_eq!(code(at.commit()), LOCKED);
    assert_eq!(code(database.open_keyspace("others")), LOCKED);
    assert_eq!(code(database.drop_keyspace("things")), LOCKED);
    // Those who know of it.
    let knows = aware(database);
    assert!(knows.get(DEFAULT, b"key", false).unwrap().is_some());
    write(&*knows).unwrap();
    let reads = begin(database, &[TransactionOption::ReadLockAware]);
    assert!(reads.get(DEFAULT, b"key", false).unwrap().is_some());
    assert_eq!(code(write(&*reads)), Code::TRANSACTION_READ_ONLY.number());
    database.sync().unwrap();
    assert!(database.hold().is_ok() && database.status_json().unwrap().contains("\"database_locked\":true"));
    // By its id only.
    database.lock(&ID).unwrap();
    for refused in [database.lock(&OTHER), database.unlock(&OTHER)] {
        let error = refused.unwrap_err();
        assert_eq!(error.code(), Code::DATABASE_LOCKED);
        assert!(error.story().contains("07070707070707070707070707070707"), "{}", error.story());
    }
    // A loop that retries goes on when it is gone.
    let patient = begin(database, &[TransactionOption::RetryLimit(50)]);
    let error = write(&*patient).unwrap_err();
    database.unlock(&ID).unwrap();
    database.unlock(&ID).unwrap();
    assert_eq!(database.locked().unwrap(), None);
    patient.on_error(error).unwrap();
    write(&*patient).unwrap();
    assert!(database.status_json().unwrap().contains("\"database_lock_state\":{\"locked\":false}"));
}

#[test]
fn a_locked_database_refuses_those_who_do_not_know_com5() {
    let database = memory();
    refuses(&*database, &*database);
    let disk = Disk::new();
    let (host, other) = (disk.open(), disk.open());
    refuses(&*other, &*host);
    refuses(&*host, &*other);
}

#[test]
fn the_lock_is_a_key_as_in_a_cluster() {
    let database = memory();
    let system = |lock_aware: bool| {
        let transaction = begin(&*database, &[TransactionOption::AccessSystemKeys]);
        if lock_aware {
            transaction.set_option(TransactionOption::LockAware).unwrap();
        }
        transaction
    };
    database.lock(&ID).unwrap();
    let value = system(true).get(DEFAULT, LOCK_KEY, false).unwrap().unwrap();
    assert_eq!((value.len(), &value[10..]), (26, &ID[..]));
    // Whoever writes that key does the same: with a value, a stamp, as part of a range, in another keyspace not.
    let writer = system(true);
    writer.clear_range(DEFAULT, b"\xff/a", b"\xff/z").unwrap();
    writer.commit().unwrap();
    put(&*database, b"key", b"");
    let things = database.open_keyspace("things").unwrap().id;
    let writer = system(false);
    writer.set(things, LOCK_KEY, &value).unwrap();
    writer.set(DEFAULT, b"\xff/dbLocker", b"x").unwrap();
    writer.commit().unwrap();
    put(&*database, b"key", b"");
    let writer = system(false);
    writer.set(DEFAULT, LOCK_KEY, &value).unwrap();
    writer.commit().unwrap();
    assert_eq!(code(begin(&*database, &[]).read_version()), LOCKED);
    assert_eq!(database.locked().unwrap(), Some(ID));
    let writer = system(false);
    writer.clear(DEFAULT, LOCK_KEY).unwrap();
    assert_eq!(code(writer.commit()), LOCKED);
    let writer = system(true);
    writer.atomic_op(DEFAULT, Mutation::CompareAndClear, LOCK_KEY, &value).unwrap();
    writer.commit().unwrap();
    put(&*database, b"key", b"");
    let stamped = [[0; 10].as_slice(), &OTHER, &[0; 4]].concat();
    let writer = system(false);
    writer.atomic_op(DEFAULT, Mutation::SetVersionstampedValue, LOCK_KEY, &stamped).unwrap();
    writer.commit().unwrap();
    assert_eq!(database.locked().unwrap(), Some(OTHER));
    // One that failed changed nothing.
    let loser = system(true);
    loser.get(DEFAULT, b"key", false).unwrap();
    loser.clear(DEFAULT, LOCK_KEY).unwrap();
    write(&*aware(&*database)).unwrap();
    assert_eq!(code(loser.commit()), 1020);
    assert_eq!(code(begin(&*database, &[]).read_version()), LOCKED);
    database.unlock(&OTHER).unwrap();
    put(&*database, b"key", b"");
}

#[test]
fn the_lock_outlives_an_opening_and_copies_have_it() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"1");
    database.lock(&ID).unwrap();
    let copy = disk.at("copy");
    database.checkpoint(&copy, &()).unwrap();
    database.close().unwrap();
    for path in [disk.path(), copy] {
        let reader = plinth_engine::open(&path, DatabaseOptions { read_only: true, ..Default::default() }).unwrap();
        assert_eq!(reader.locked().unwrap(), Some(ID));
        assert_eq!(code(begin(&*reader, &[]).get(DEFAULT, b"key", true)), LOCKED);
        assert_eq!(code(reader.unlock(&ID)), Code::DATABASE_READ_ONLY.number());
        reader.close().unwrap();
        let database = plinth_engine::open(&path, DatabaseOptions::default()).unwrap();
        assert_eq!(code(write(&*begin(&*database, &[]))), LOCKED);
        database.unlock(&ID).unwrap();
        assert_eq!(look(&*database, b"key"), Some(b"1".to_vec()));
        database.close().unwrap();
        assert_eq!(plinth_engine::open(&path, DatabaseOptions::default()).unwrap().locked().unwrap(), None);
    }
}

/// Ends those who write, also where a test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Sixteen who write while a lock is taken: what any of them is told was committed before it, and nothing after.
fn race(database: &Arc<dyn Database>, writers: &[Arc<dyn Database>], seed: u64) {
    let last = AtomicI64::new(0);
    let (begun, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _stop = Stop(&done);
        for writer in 0..16u64 {
            let (last, begun, refused, done) = (&last, &begun, &refused, &done);
            let database = &writers[writer as usize % writers.len()];
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed + writer);
                for round in 0.. {
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    let transaction = database.begin().unwrap();
                    let durability = if random.bool() { Durability::Sync } else { Durability::Buffered };
                    transaction.set_option(TransactionOption::Durability(durability)).unwrap();
                    let key = [writer as u8, round as u8];
                    if random.bool() && transaction.get(DEFAULT, &key, false).is_err() {
                        break;
                    }
                    transaction.set(DEFAULT, &key, b"value").unwrap();
                    match transaction.commit() {
                        Ok(()) => last.fetch_max(transaction.committed_version(), Ordering::SeqCst),
                        Err(error) => {
                            assert_eq!(error.code(), Code::DATABASE_LOCKED);
                            break;
                        }
                    };
                    begun.fetch_add(usize::from(round == 0), Ordering::SeqCst);
                }
                refused.fetch_add(1, Ordering::SeqCst);
            });
        }
        wait_until("writers", || begun.load(Ordering::SeqCst) == 16);
        database.lock(&ID).unwrap();
        let at = aware(&**database).read_version().unwrap();
        let held = database.hold().unwrap();
        wait_until("the end of all", || refused.load(Ordering::SeqCst) == 16);
        assert!(last.load(Ordering::SeqCst) <= at);
        // Nothing came after the state that is held.
        let mut changes = database.track_changes(10).unwrap();
        let later = database.hold().unwrap();
        let all = |held: &dyn plinth_api::Held| {
            let found = held.read(DEFAULT, b"", b"\xff", Default::default()).unwrap();
            found.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect::<Vec<_>>()
        };
        assert_eq!(all(&*held), all(&*later));
        assert_eq!(changes.take().unwrap().ranges, []);
    });
    database.unlock(&ID).unwrap();
}

#[test]
fn nothing_is_committed_once_it_is_locked() {
    let seed = number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..1 << 60));
    println!("PLINTH_SEED={seed}");
    for round in 0..10 {
        let disk = Disk::new();
        let (host, other) = (disk.open(), disk.open());
        race(&host, &[host.clone(), other.clone()], seed + round);
        race(&other, &[host.clone(), other.clone()], seed + round);
    }
}
