//! Conflicts are exact over thousands of keys and ranges, also after old history is forgotten
//! (CONF-13 to CONF-18).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{code, get, memory, memory_with, number, DEFAULT};
use fastrand::Rng;
use plinth_api::{Database, DatabaseOptions, Transaction};

type Range = (Vec<u8>, Vec<u8>);

/// A transaction that waits to be committed, and what it says it read and wrote.
struct Open {
    transaction: Arc<dyn Transaction>,
    read_version: i64,
    reads: Vec<Range>,
    writes: Vec<Range>,
}

fn key(rng: &mut Rng) -> Vec<u8> {
    let mut key = format!("{:05}", rng.u32(..5_000)).into_bytes();
    match rng.u8(..4) {
        0 => key.push(0),
        1 => key.truncate(4),
        _ => {}
    }
    key
}

fn range(rng: &mut Rng) -> Range {
    let begin = key(rng);
    let single = [begin.as_slice(), b"\0"].concat();
    match rng.u8(..10) {
        0 => {
            let other = key(rng);
            (begin.clone().min(other.clone()), begin.max(other))
        }
        1..=4 => {
            let mut end = begin.clone();
            end.extend(b"5");
            (begin, end)
        }
        _ => (begin, single),
    }
}

fn open(database: &dyn Database, rng: &mut Rng) -> Open {
    let transaction = database.begin().unwrap();
    let read_version = transaction.read_version().unwrap();
    let reads: Vec<Range> = (0..rng.usize(0..4)).map(|_| range(rng)).collect();
    // Long writes would make everything conflict.
    let is_short = |range: &Range| range.0[..range.0.len().min(3)] == range.1[..range.1.len().min(3)];
    let mut writes: Vec<Range> = (0..rng.usize(1..6)).map(|_| range(rng)).collect();
    writes.retain(|range| is_short(range) || rng.u8(..50) == 0);
    for (begin, end) in &reads {
        transaction.add_read_conflict_range(DEFAULT, begin, end).unwrap();
    }
    for (begin, end) in &writes {
        transaction.add_write_conflict_range(DEFAULT, begin, end).unwrap();
    }
    Open { transaction, read_version, reads, writes }
}

fn meet(one: &Range, other: &Range) -> bool {
    one.0 < one.1 && other.0 < other.1 && one.0 < other.1 && other.0 < one.1
}

fn is_conflict(commits: &[(i64, Vec<Range>)], open: &Open) -> bool {
    let later = commits.iter().rev().take_while(|(version, _)| *version > open.read_version);
    later.into_iter().any(|(_, writes)| writes.iter().any(|write| open.reads.iter().any(|read| meet(read, write))))
}

/// Makes random transactions and compares each outcome with that of a plain list.
fn compare(seed: u64, transactions: usize, pause_at: Option<usize>) {
    println!("PLINTH_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let database = memory();
    let mut commits: Vec<(i64, Vec<Range>)> = Vec::new();
    let mut waiting: Vec<Open> = Vec::new();
    let mut conflicts = 0;
    for count in 0..transactions {
        if pause_at == Some(count) {
            // All that is open would be too old afterwards.
            waiting.clear();
            std::thread::sleep(Duration::from_millis(5_500));
        }
        waiting.push(open(&*database, &mut rng));
        if waiting.len() < 60 {
            continue;
        }
        // Mostly young ones, some that waited for long.
        let place = if rng.bool() { waiting.len() - 1 - rng.usize(..20) } else { rng.usize(..waiting.len()) };
        let open = waiting.swap_remove(place);
        let expected = if open.writes.iter().all(|range| range.0 >= range.1) {
            0
        } else {
            1020 * i32::from(is_conflict(&commits, &open))
        };
        let outcome = code(open.transaction.commit());
        assert_eq!(outcome, expected, "seed {seed}, transaction {count}: reads {:?}", open.reads);
        conflicts += usize::from(outcome == 1020);
        let version = open.transaction.committed_version();
        if outcome == 0 && version != -1 {
            commits.push((version, open.writes));
        }
    }
    println!("{} commits, {conflicts} conflicts", commits.len());
    assert!(commits.len() > transactions / 4 && conflicts > transactions / 100);
}

#[test]
fn conflicts_over_many_keys_are_those_of_a_plain_list() {
    let transactions = number("PLINTH_STEPS").unwrap_or(8_000) as usize;
    for seed in number("PLINTH_SEED").map_or(vec![1, 2, fastrand::u64(..1 << 32)], |seed| vec![seed]) {
        compare(seed, transactions, None);
    }
}

#[test]
fn conflicts_stay_exact_when_history_leaves_the_window() {
    compare(number("PLINTH_SEED").unwrap_or(3), 12_000, Some(6_000));
}

#[test]
fn history_that_outgrows_its_memory_makes_old_transactions_too_old_and_never_wrong() {
    // CONF-18 and D12: the smallest budget, and more ranges than it holds.
    let database = memory_with(DatabaseOptions { memory_budget: 16 << 20, ..DatabaseOptions::default() });
    let reader = database.begin().unwrap();
    get(&*reader, b"watched");
    reader.set(DEFAULT, b"derived", b"").unwrap();
    common::put(&*database, b"watched", b"changed");
    for batch in 0..120_u32 {
        let filler = database.begin().unwrap();
        for number in 0..100_u32 {
            let begin = [format!("{batch:04}{number:04}").as_bytes(), &[b'x'; 300]].concat();
            let end = [begin.as_slice(), b"y"].concat();
            filler.add_write_conflict_range(DEFAULT, &begin, &end).unwrap();
        }
        filler.commit().unwrap();
    }
    let metrics = database.metrics();
    assert!(metrics.conflict_history_bytes < 16 << 20, "{metrics:?}");
    let outcome = code(reader.commit());
    assert!(outcome == 1007 || outcome == 1020, "it committed although what it read was changed: {outcome}");
    assert_eq!(common::look(&*database, b"derived"), None);
    // Life goes on.
    let next = database.begin().unwrap();
    assert_eq!(get(&*next, b"watched").unwrap(), b"changed");
    next.set(DEFAULT, b"derived", b"").unwrap();
    next.commit().unwrap();
}
