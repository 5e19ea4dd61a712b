//! A database backed up, verified and restored while sixteen threads write: equal at the backup's version, byte for
//! byte, and the memory that each of them takes.
//!
//! `PLINTH_MEGABYTES` is the size, 20 by default: `PLINTH_MEGABYTES=5000 cargo test --release -p plinth-engine --test
//! upkeep -- large --nocapture`. It takes twice that room in TMPDIR.

use std::collections::HashMap;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{Database, DatabaseOptions, Durability, KeySelector, RangeOptions};

use crate::common::{number, Disk};

const WRITERS: u64 = 16;
const KEYS: u64 = 5_000;
const VALUE: usize = 4_000;
const PER_COMMIT: u64 = 100;
/// What each call may take beside what the database has in its budget.
const ALLOWED: u64 = 64 << 20;

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

/// Waits until the writers have what they take by themselves (memtables, cache, the window's commits): for two seconds
/// and 20,000 commits memory has not grown (or half a minute is over, and the figures will tell).
fn settle(commits: &AtomicU64) {
    let (mut most, mut since, mut from) = (0, Instant::now(), 0);
    let end = since + Duration::from_secs(30);
    let grew_lately = |since: Instant, from| {
        since.elapsed() < Duration::from_secs(2) || commits.load(Ordering::SeqCst) < from + 20_000
    };
    while grew_lately(since, from) && Instant::now() < end {
        let (now, count) = (memory(), commits.load(Ordering::SeqCst));
        if now > most + (2 << 20) {
            (most, since, from) = (now, Instant::now(), count);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
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
    let (disk, megabytes) = (Disk::new(), number("PLINTH_MEGABYTES").unwrap_or(20));
    let options = DatabaseOptions { durability: Durability::Buffered, memory_budget: 64 << 20, ..Default::default() };
    let database = disk.open_with(options);
    let filled = fill(&*database, megabytes);
    let (stop, commits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers = (0..WRITERS).map(|thread| {
        let (database, stop, commits) = (database.clone(), stop.clone(), commits.clone());
        std::thread::spawn(move || write(&*database, thread, &stop, &commits))
    });
    let writers: Vec<_> = writers.collect();
    settle(&commits);
    let (to, restored) = (disk.at("backups"), disk.at("restored"));
    let (backup, of_backup) = measured("backup", |progress| database.backup(&to, progress).unwrap());
    let (_, of_again) = measured("second backup", |progress| database.backup(&to, progress).unwrap());
    let (_, of_verify) = measured("verify", |progress| database.verify(progress).unwrap());
    let (_, of_check) = measured("verify backup", |progress| plinth_engine::verify_backup(&to, 1, progress).unwrap());
    let (_, of_restore) =
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
    for grown in [of_backup, of_again, of_verify, of_check, of_restore] {
        assert!(grown < ALLOWED, "memory grew by {grown} bytes");
    }
}
