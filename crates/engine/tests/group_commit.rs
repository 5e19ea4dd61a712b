//! Many threads commit at once: each acknowledged commit is visible at once, everywhere, and in
//! one order (COM-8, VER-4, VER-5, design D4).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use common::{get, memory, Disk, DEFAULT};
use plinth_api::{Database, Durability, TransactionOption};

fn number(value: Option<Vec<u8>>) -> u64 {
    value.map_or(0, |value| u64::from_be_bytes(value.try_into().unwrap()))
}

/// Thread `mine` counts its key up; after each commit everybody looks for everybody's count.
fn count_up(
    database: &dyn Database,
    mine: usize,
    rounds: u64,
    acknowledged: &[AtomicU64],
    durability: impl Fn() -> Durability,
) {
    let mut last_version = 0;
    for count in 1..=rounds {
        let writer = database.begin().unwrap();
        writer.set_option(TransactionOption::Durability(durability())).unwrap();
        writer.set(DEFAULT, format!("thread {mine}").as_bytes(), &count.to_be_bytes()).unwrap();
        writer.commit().unwrap();
        acknowledged[mine].store(count, Ordering::SeqCst);
        assert!(writer.committed_version() > last_version, "versions of one thread increase");
        last_version = writer.committed_version();
        let other = fastrand::usize(..acknowledged.len());
        for index in [mine, other] {
            let expected = acknowledged[index].load(Ordering::SeqCst);
            let reader = database.begin().unwrap();
            let found = number(get(&*reader, format!("thread {index}").as_bytes()));
            assert!(found >= expected, "thread {index} had {expected} acknowledged, {found} is seen");
            assert!(reader.read_version().unwrap() >= if index == mine { last_version } else { 0 });
        }
    }
}

fn run(database: &Arc<dyn Database>, threads: usize, rounds: u64, durability: fn() -> Durability) {
    let acknowledged: Vec<AtomicU64> = (0..threads).map(|_| AtomicU64::new(0)).collect();
    std::thread::scope(|scope| {
        for mine in 0..threads {
            let (database, acknowledged) = (database, &acknowledged);
            scope.spawn(move || count_up(&**database, mine, rounds, acknowledged, durability));
        }
    });
    let metrics = database.metrics();
    println!("{threads} threads: {metrics:?}");
    assert_eq!(metrics.commits, threads as u64 * rounds);
    assert!(metrics.groups <= metrics.commits && metrics.conflicts == 0, "{metrics:?}");
}

fn mixed() -> Durability {
    if fastrand::bool() {
        Durability::Sync
    } else {
        Durability::Buffered
    }
}

#[test]
fn commits_of_sixteen_threads_in_memory_are_visible_at_once() {
    run(&memory(), 16, 400, mixed);
}

#[test]
fn synced_commits_of_sixteen_threads_are_visible_at_once() {
    let disk = Disk::new();
    run(&disk.open(), 16, 200, || Durability::Sync);
}

#[test]
fn synced_and_buffered_commits_of_thirty_two_threads_are_visible_at_once() {
    let disk = Disk::new();
    run(&disk.open(), 32, 100, mixed);
}

#[test]
fn a_lone_writer_is_visible_at_once() {
    let disk = Disk::new();
    run(&disk.open(), 1, 300, mixed);
}

#[test]
fn commits_in_shared_groups_share_syncs() {
    // D4: with many threads there are fewer syncs than commits.
    let disk = Disk::new();
    let database = disk.open();
    run(&database, 32, 60, || Durability::Sync);
    let metrics = database.metrics();
    assert!(metrics.syncs < metrics.commits, "{metrics:?}");
}

#[test]
fn all_increments_of_a_contended_counter_are_counted() {
    // CONF-20 and CONF-19: nothing is lost, and somebody always gets on.
    let database = memory();
    let (threads, rounds) = (8, 100);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..rounds {
                    let transaction = database.begin().unwrap();
                    loop {
                        let count = number(get(&*transaction, b"counter")) + 1;
                        transaction.set(DEFAULT, b"counter", &count.to_be_bytes()).unwrap();
                        match transaction.commit() {
                            Ok(()) => break,
                            Err(error) => transaction.on_error(error).unwrap(),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(number(common::look(&*database, b"counter")), threads * rounds);
}

/// Who lost a race can read at once what it lost to, and so does not lose to it again (CONF-2, VER-4).
fn who_loses_reads_what_it_lost_to(database: &dyn Database, durability: Durability) {
    let lost = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut before = None;
                for _ in 0..200 {
                    let transaction = database.begin().unwrap();
                    transaction.set_option(TransactionOption::Durability(durability)).unwrap();
                    let count = number(get(&*transaction, b"counter"));
                    assert!(before.is_none_or(|before| count > before), "lost to what can't be read, at {count}");
                    transaction.set(DEFAULT, b"counter", &(count + 1).to_be_bytes()).unwrap();
                    let outcome = transaction.commit();
                    before = outcome.as_ref().is_err().then_some(count);
                    if let Err(error) = outcome {
                        assert_eq!(error.code().number(), 1020, "{error}");
                        lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let lost = lost.into_inner();
    assert!(lost > 0, "nobody lost a race");
    assert_eq!(number(common::look(database, b"counter")), 8 * 200 - lost);
}

#[test]
fn who_loses_to_a_synced_commit_reads_it() {
    let disk = Disk::new();
    who_loses_reads_what_it_lost_to(&*disk.open(), Durability::Sync);
}

#[test]
fn who_loses_to_a_buffered_commit_reads_it() {
    let disk = Disk::new();
    who_loses_reads_what_it_lost_to(&*disk.open(), Durability::Buffered);
}

/// Fails, instead of hanging, if the work is not done in a time that no slow disk needs. A thread
/// that hangs is left behind.
fn in_time(work: impl FnOnce() + Send + 'static) {
    let (done, wait) = std::sync::mpsc::channel();
    let worker = std::thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    match wait.recv_timeout(std::time::Duration::from_secs(120)) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("commits hang"),
        _ => worker.join().unwrap(),
    }
}

#[test]
fn commits_do_not_hang_when_keyspaces_come_and_go() {
    in_time(|| {
        let disk = Disk::new();
        let database = disk.open();
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2_u32)
                .map(|writer| {
                    let database = &database;
                    scope.spawn(move || {
                        for _ in 0..300 {
                            common::put(&**database, &writer.to_be_bytes(), b"");
                        }
                    })
                })
                .collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                database.open_keyspace("passing").unwrap();
                database.drop_keyspace("passing").unwrap();
            }
        });
    });
}

#[test]
fn commits_do_not_hang_when_idle_reads_advance_the_version() {
    // VER-2: after a pause a read makes a new version; a commit may come at the same moment.
    in_time(|| {
        let database = memory();
        for _ in 0..40 {
            std::thread::sleep(std::time::Duration::from_millis(105));
            let start = std::sync::Barrier::new(8);
            std::thread::scope(|scope| {
                for thread in 0..8_u32 {
                    let (database, start) = (&database, &start);
                    scope.spawn(move || {
                        start.wait();
                        if thread % 2 == 0 {
                            common::put(&**database, &thread.to_be_bytes(), b"");
                        } else {
                            database.begin().unwrap().read_version().unwrap();
                        }
                    });
                }
            });
        }
    });
}

/// Commits a few times at once, without a thread that waits for any of them, until all are done.
fn commit_without_waiting(database: &dyn Database, mine: u32) {
    let (tell, told) = std::sync::mpsc::channel();
    for number in 0..4_u32 {
        let transaction = database.begin().unwrap();
        transaction.set(DEFAULT, &[mine.to_be_bytes(), number.to_be_bytes()].concat(), b"").unwrap();
        let tell = tell.clone();
        transaction.commit_async(Box::new(move |outcome| tell.send(outcome).unwrap()), true);
    }
    (0..4).for_each(|_| told.recv().unwrap().unwrap());
}

#[test]
fn commits_that_nobody_waits_for_do_not_hang_beside_one_that_blocks() {
    // In each round they have to end without any commit that comes later.
    const ROUNDS: u32 = 1_500;
    in_time(|| {
        let disk = Disk::new();
        let database = disk.open();
        let round = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for thread in 0..4_u32 {
                let (database, round) = (&database, &round);
                scope.spawn(move || {
                    for _ in 0..ROUNDS {
                        round.wait();
                        match thread {
                            0 => _ = common::put(&**database, b"blocking", b""),
                            _ => commit_without_waiting(&**database, thread),
                        }
                    }
                });
            }
        });
        assert_eq!(database.metrics().commits, u64::from(ROUNDS) * 13);
    });
}

/// The stages are measured by group, and none counts a time twice: groups are resolved and written one after
/// the other, and there is one sync at a time.
#[test]
fn the_stages_of_the_pipeline_are_measured() {
    let disk = Disk::new();
    let database = disk.open();
    let before = database.metrics();
    let began = std::time::Instant::now();
    run(&database, 8, 100, mixed);
    let passed = began.elapsed().as_nanos() as u64;
    let after = database.metrics();
    let (resolve, write) = (after.resolve_ns - before.resolve_ns, after.write_ns - before.write_ns);
    let (sync, publish) = (after.sync_ns - before.sync_ns, after.publish_ns - before.publish_ns);
    assert!(resolve > 0 && write > 0 && sync > 0 && publish > 0 && after.queue_ns > before.queue_ns, "{after:?}");
    assert!(resolve + write <= passed && sync <= passed, "{after:?} in {passed} ns");
    // While nobody commits, nothing is counted.
    let again = database.metrics();
    let times = |metrics: &plinth_api::Metrics| {
        [metrics.queue_ns, metrics.resolve_ns, metrics.write_ns, metrics.sync_ns, metrics.publish_ns]
    };
    assert_eq!(times(&again), times(&after));
}
