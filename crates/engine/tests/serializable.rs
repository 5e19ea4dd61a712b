//! Transactions on many threads have a serial explanation in the order of their versions, which
//! agrees with real time; and every conflict has a reason (VER-4, VER-5, VER-12, CONF-14,
//! CONF-19, CONF-20).
//!
//! `PLINTH_SEED` sets the seed, `PLINTH_STEPS` the number of transactions.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{memory, number, Disk};
use fastrand::Rng;
use plinth_api::{Database, DatabaseOptions, Durability, TransactionOption};
use plinth_testkit::checker::{check, Summary};
use plinth_testkit::history::{record, Load};
use plinth_testkit::ledger::retry;

fn prove(database: &dyn Database, threads: usize, transactions: usize, keys: usize, mixed_durability: bool) {
    let seed = number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..1 << 32));
    let transactions = number("PLINTH_STEPS").map_or(transactions, |steps| steps as usize) / threads;
    println!("PLINTH_SEED={seed}, {threads} threads, {transactions} transactions each");
    let reach = (keys > 100).then_some(3);
    let summary =
        check_one(database, &Load { reach, mixed_durability, ..Load::new(seed, threads, transactions, keys) });
    assert!(summary.commits > summary.attempts / 10, "too few commits to prove anything: {summary:?}");
    assert!(summary.conflicts > summary.attempts / 100, "too few conflicts to prove anything: {summary:?}");
}

/// Records a history and proves it.
fn check_one(database: &dyn Database, load: &Load) -> Summary {
    let history = record(database, load).unwrap();
    let summary = check(&history).unwrap_or_else(|violation| panic!("seed {}: {violation}", load.seed));
    println!("{summary:?}");
    summary
}

/// A load of a thousand transactions whose every choice comes from the seed.
fn any_load(seed: u64) -> Load {
    let mut rng = Rng::with_seed(seed);
    let threads = rng.usize(2..=64);
    let keys = *rng.choice(&[3, 8, 24, 24, 100, 400]).unwrap();
    let reach = (keys > 50).then_some(3);
    let load = Load::new(seed, threads, 1_000usize.div_ceil(threads), keys);
    println!("PLINTH_SEED={seed}, threads: {threads}, keys: {keys}");
    Load { reach, mixed_durability: rng.bool(), ..load }
}

#[test]
fn a_history_of_any_shape() {
    let seed = number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..));
    let load = any_load(seed);
    // Each choice of where it lies is as often as the other for every shape.
    if seed.count_ones().is_multiple_of(2) {
        check_one(&*memory(), &load);
    } else {
        check_one(&*Disk::new().open(), &load);
    }
}

/// VER-6 too: with the smallest caches, while another thread fills memtables and files, and for longer
/// than the window, so that states expire and are taken away from those who read there.
#[test]
fn a_history_under_stress() {
    let seed = number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..));
    let lasting = number("PLINTH_LASTING_MS").unwrap_or(7_000);
    let load = Load { lasting: Some(Duration::from_millis(lasting)), ..any_load(seed) };
    let disk = Disk::new();
    let database = disk.open_with(DatabaseOptions { memory_budget: 16 << 20, ..DatabaseOptions::default() });
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ballast = scope.spawn(|| load_with_ballast(&*database, seed, &done));
        let ending = Ending(&done);
        check_one(&*database, &load);
        drop(ending);
        ballast.join().unwrap();
    });
    println!("too_old: {}, files: {}", database.metrics().too_old, files_made(&disk));
}

/// Ends the other thread, also when a check fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Writes values that fill memtables and overwrites them, and reads them back past the cache.
fn load_with_ballast(database: &dyn Database, seed: u64, done: &AtomicBool) {
    let keyspace = database.open_keyspace("ballast").unwrap().id;
    let mut rng = Rng::with_seed(seed);
    while !done.load(Ordering::Relaxed) {
        let value: Vec<u8> = (0..50_000).map(|_| rng.u8(..)).collect();
        let (key, other) = (rng.u8(..200), rng.u8(..200));
        retry(database, |transaction| {
            transaction.set_option(TransactionOption::Durability(Durability::Buffered))?;
            transaction.get(keyspace, &[other], true)?;
            transaction.set(keyspace, &[key], &value)?;
            if key < 4 {
                transaction.clear_range(keyspace, &[key], &[key + 20])?;
            }
            transaction.commit()
        })
        .unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How many files RocksDB has made, by flushes and compactions: their numbers only grow.
fn files_made(disk: &Disk) -> u64 {
    let names = std::fs::read_dir(disk.path()).unwrap().flatten().map(|entry| entry.file_name());
    let number = |name: std::ffi::OsString| name.to_str()?.strip_suffix(".sst")?.parse::<u64>().ok();
    names.filter_map(number).max().unwrap_or(0)
}

#[test]
fn two_threads_in_memory() {
    prove(&*memory(), 2, 6_000, 24, false);
}

#[test]
fn eight_threads_in_memory() {
    prove(&*memory(), 8, 6_000, 24, false);
}

#[test]
fn thirty_two_threads_in_memory() {
    prove(&*memory(), 32, 6_000, 24, true);
}

#[test]
fn sixty_four_threads_in_memory() {
    prove(&*memory(), 64, 6_000, 24, false);
}

#[test]
fn two_threads_on_disk() {
    prove(&*Disk::new().open(), 2, 3_000, 24, false);
}

#[test]
fn eight_threads_on_disk() {
    prove(&*Disk::new().open(), 8, 5_000, 24, false);
}

#[test]
fn thirty_two_threads_on_disk_with_mixed_durability() {
    prove(&*Disk::new().open(), 32, 6_000, 24, true);
}

#[test]
fn thirty_two_threads_that_seldom_meet_in_groups_that_share_a_sync() {
    prove(&*Disk::new().open(), 32, 6_000, 400, false);
}

#[test]
fn four_threads_on_three_keys() {
    prove(&*memory(), 4, 6_000, 3, false);
}
