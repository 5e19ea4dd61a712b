//! A database backed up, verified and restored while sixteen threads write: equal at the backup's version, byte for
//! byte; and the memory that each of them takes in a process of its own.
//!
//! `PLINTH_MEGABYTES` is the size, 200 by default: `PLINTH_MEGABYTES=5000 cargo test --release -p plinth-engine --test
//! upkeep -- large --nocapture`. It takes three times that room in TMPDIR.

use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;

use plinth_api::{Database, DatabaseOptions, Durability, KeySelector, RangeOptions};

use crate::common::{number, wait_until, Disk};

const WRITERS: u64 = 16;
const KEYS: u64 = 5_000;
const VALUE: usize = 4_000;
const PER_COMMIT: u64 = 100;
/// What the database may take for itself.
const BUDGET: u64 = 64 << 20;
/// What each call may take beside that.
const ALLOWED: u64 = 64 << 20;
const JOB: &str = "PLINTH_LARGE_JOB";

/// Bytes that can't be compressed and can be computed again.
fn value(thread: u64, count: u64) -> Vec<u8> {
    let mut bytes = vec![0; VALUE];
    fastrand::Rng::with_seed(thread << 40 ^ count).fill(&mut bytes);
    bytes
}

fn key(thread: u64, number: u64) -> Vec<u8> {
    format!("{thread:02} {number:09}").into_bytes()
}

/// The key that a thread's commit of that number writes.
fn place(thread: u64, count: u64) -> u64 {
    fastrand::Rng::with_seed(!(thread << 40 ^ count)).u64(..KEYS)
}

fn fill(database: &dyn Database, megabytes: u64) -> u64 {
    let count = megabytes * 1_000_000 / VALUE as u64;
    for from in (0..count).step_by(PER_COMMIT as usize) {
        let attempt = || {
            let transaction = database.begin()?;
            for number in from..count.min(from + PER_COMMIT) {
                transaction.set(0, &key(99, number), &value(99, number))?;
            }
            transaction.commit()
        };
        while let Err(error) = attempt() {
            // The disk does not keep up.
            assert_eq!(error.code().number(), 1042, "{error}");
        }
    }
    count
}

/// The versions of a thread's commits, in their order; each is counted.
fn write(database: &dyn Database, thread: u64, stop: &AtomicBool, commits: &AtomicU64) -> Vec<i64> {
    let mut versions = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let count = versions.len() as u64;
        let transaction = database.begin().unwrap();
        transaction.set(0, &key(thread, place(thread, count)), &value(thread, count)).unwrap();
        match transaction.commit() {
            Ok(()) => {
                versions.push(transaction.committed_version());
                commits.fetch_add(1, Ordering::SeqCst);
            }
            // The disk does not keep up: the commit is made again.
            Err(error) => assert_eq!(error.code().number(), 1042, "{error}"),
        }
    }
    versions
}

/// Bytes of memory that are the process's own.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// Runs something, and tells how long it took and by how much memory grew at most.
fn measured<T>(what: &str, run: impl FnOnce(&dyn plinth_api::Progress) -> T) -> (T, u64) {
    let (before, most, begun) = (memory(), AtomicU64::new(0), Instant::now());
    let outcome = run(&|_, _| {
        most.fetch_max(memory(), Ordering::SeqCst);
        true
    });
    let grown = most.load(Ordering::SeqCst).saturating_sub(before);
    println!("{what}: {:.1} s, memory grew by {:.1} MB at most", begun.elapsed().as_secs_f64(), grown as f64 / 1e6);
    (outcome, grown)
}

fn options() -> DatabaseOptions {
    DatabaseOptions { durability: Durability::Buffered, memory_budget: BUDGET as usize, ..DatabaseOptions::default() }
}

/// What a call takes in a process that does nothing else: beside writers, nobody can tell whose memory it is.
fn alone(call: &str, database: &str, backups: &str, restored: &str) {
    let mut worker = Command::new(std::env::current_exe().unwrap());
    worker.args(["--ignored", "--exact", "large::worker", "--nocapture", "--test-threads", "1"]);
    let ended = worker.env(JOB, [call, database, backups, restored].join("\n")).output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    told.lines().filter(|line| line.contains("memory grew")).for_each(|line| println!("alone: {line}"));
    assert!(ended.status.success(), "{told}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(told.contains(&format!("{call}: ")), "it did nothing: {told}");
}

#[test]
#[ignore = "what the test of this file runs as processes"]
fn worker() {
    let Ok(job) = std::env::var(JOB) else { return };
    let [call, database, backups, restored] = job.split('\n').collect::<Vec<_>>()[..] else { panic!("{job:?}") };
    let open = || plinth_engine::open(database, options()).unwrap();
    let (grown, allowed) = match call {
        "backup" => {
            let database = open();
            (measured(call, |progress| database.backup(backups, progress).unwrap()).1, ALLOWED + BUDGET)
        }
        "verify" => {
            let database = open();
            (measured(call, |progress| database.verify(progress).unwrap()).1, ALLOWED + BUDGET)
        }
        "verify backup" => {
            (measured(call, |progress| plinth_engine::verify_backup(backups, 1, progress).unwrap()).1, ALLOWED)
        }
        "restore" => {
            let restore = |progress: &dyn plinth_api::Progress| {
                plinth_engine::restore_backup(backups, 1, restored, progress).unwrap()
            };
            (measured(call, restore).1, ALLOWED)
        }
        _ => panic!("{call}"),
    };
    assert!(grown < allowed, "memory grew by {grown} bytes");
}

/// Fails unless a database holds this many pairs of the fill and what the threads had written at a version.
fn check(path: &str, version: i64, filled: u64, written: &[Vec<i64>]) {
    let options = DatabaseOptions { read_only: true, memory_budget: 64 << 20, ..DatabaseOptions::default() };
    let database = plinth_engine::open(path, options).unwrap();
    let mut expected = HashMap::new();
    for (thread, versions) in written.iter().enumerate() {
        let thread = thread as u64;
        for count in 0..versions.iter().filter(|at| **at <= version).count() as u64 {
            expected.insert(key(thread, place(thread, count)), (thread, count));
        }
        assert!(versions.last().is_some_and(|last| *last > version), "thread {thread} wrote on");
    }
    let (mut from, mut of_fill, mut of_threads) = (KeySelector::first_greater_or_equal(""), 0, 0);
    loop {
        let end = KeySelector::first_greater_or_equal(&b"\xff"[..]);
        let options = RangeOptions { limit: 1_000, snapshot: true, ..RangeOptions::default() };
        let rows = database.begin().unwrap().get_range(0, from, end, options).unwrap();
        let mut last = Vec::new();
        for (found, bytes) in rows.iter() {
            let (thread, count) = match expected.get(found) {
                Some(of) => *of,
                None => (99, of_fill),
            };
            match thread {
                99 => of_fill += 1,
                _ => of_threads += 1,
            }
            assert!(thread != 99 || found == key(99, count), "{}", String::from_utf8_lossy(found));
            assert!(bytes == value(thread, count), "{}", String::from_utf8_lossy(found));
            last = found.to_vec();
        }
        if !rows.more {
            break;
        }
        from = KeySelector::first_greater_than(last);
    }
    assert_eq!((of_fill, of_threads), (filled, expected.len()));
}

#[test]
fn a_large_database_is_backed_up_verified_and_restored_while_threads_write() {
    let (disk, megabytes) = (Disk::new(), number("PLINTH_MEGABYTES").unwrap_or(200));
    let database = disk.open_with(options());
    let filled = fill(&*database, megabytes);
    let (stop, commits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers = (0..WRITERS).map(|thread| {
        let (database, stop, commits) = (database.clone(), stop.clone(), commits.clone());
        std::thread::spawn(move || write(&*database, thread, &stop, &commits))
    });
    let writers: Vec<_> = writers.collect();
    wait_until("all threads write", || commits.load(Ordering::SeqCst) > 100 * WRITERS);
    let (to, restored) = (disk.at("backups"), disk.at("restored"));
    let (backup, _) = measured("backup", |progress| database.backup(&to, progress).unwrap());
    measured("second backup", |progress| database.backup(&to, progress).unwrap());
    measured("verify", |progress| database.verify(progress).unwrap());
    measured("verify backup", |progress| plinth_engine::verify_backup(&to, 1, progress).unwrap());
    measured("restore", |progress| plinth_engine::restore_backup(&to, 1, &restored, progress).unwrap());
    stop.store(true, Ordering::SeqCst);
    let written: Vec<Vec<i64>> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
    println!(
        "{} MB in {} files at version {}; {} commits meanwhile",
        backup.bytes / 1_000_000,
        backup.files,
        backup.version,
        commits.load(Ordering::SeqCst)
    );
    check(&restored, backup.version, filled, &written);
    drop(database);
    fs::remove_dir_all(&restored).unwrap();
    let fresh = disk.at("backups alone");
    for (call, backups) in [("verify", &to), ("backup", &fresh), ("verify backup", &fresh), ("restore", &fresh)] {
        alone(call, &disk.path(), backups, &restored);
    }
}
