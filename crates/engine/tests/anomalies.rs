//! Each anomaly that weaker isolation allows, by its name, and that it does not happen (VER-12,
//! CONF-19).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{code, get, keys, look, memory, put, DEFAULT};

const CONFLICT: i32 = 1020;

#[test]
fn lost_update_the_second_of_two_read_modify_writes_fails() {
    let database = memory();
    put(&*database, b"counter", b"10");
    let (one, two) = (database.begin().unwrap(), database.begin().unwrap());
    assert_eq!(get(&*one, b"counter").unwrap(), b"10");
    assert_eq!(get(&*two, b"counter").unwrap(), b"10");
    one.set(DEFAULT, b"counter", b"11").unwrap();
    two.set(DEFAULT, b"counter", b"12").unwrap();
    one.commit().unwrap();
    assert_eq!(code(two.commit()), CONFLICT);
    assert_eq!(look(&*database, b"counter").unwrap(), b"11");
}

#[test]
fn write_skew_two_that_read_what_the_other_writes_do_not_both_commit() {
    let database = memory();
    put(&*database, b"alice", b"on call");
    put(&*database, b"bob", b"on call");
    let (one, two) = (database.begin().unwrap(), database.begin().unwrap());
    for transaction in [&one, &two] {
        assert_eq!(get(&**transaction, b"alice").unwrap(), b"on call");
        assert_eq!(get(&**transaction, b"bob").unwrap(), b"on call");
    }
    one.clear(DEFAULT, b"alice").unwrap();
    two.clear(DEFAULT, b"bob").unwrap();
    one.commit().unwrap();
    assert_eq!(code(two.commit()), CONFLICT);
}

#[test]
fn write_skew_is_had_by_asking_for_it_with_snapshot_reads() {
    // VER-13 and CONF-7: only the caller weakens the isolation.
    let database = memory();
    let (one, two) = (database.begin().unwrap(), database.begin().unwrap());
    one.get(DEFAULT, b"y", true).unwrap();
    two.get(DEFAULT, b"x", true).unwrap();
    one.set(DEFAULT, b"x", b"1").unwrap();
    two.set(DEFAULT, b"y", b"1").unwrap();
    one.commit().unwrap();
    two.commit().unwrap();
}

#[test]
fn read_skew_both_reads_see_one_moment() {
    let database = memory();
    put(&*database, b"x", b"old");
    put(&*database, b"y", b"old");
    let reader = database.begin().unwrap();
    assert_eq!(get(&*reader, b"x").unwrap(), b"old");
    let writer = database.begin().unwrap();
    writer.set(DEFAULT, b"x", b"new").unwrap();
    writer.set(DEFAULT, b"y", b"new").unwrap();
    writer.commit().unwrap();
    assert_eq!(get(&*reader, b"y").unwrap(), b"old");
    assert_eq!(get(&*reader, b"x").unwrap(), b"old");
    // COM-1: a transaction that only reads never conflicts.
    reader.commit().unwrap();
}

#[test]
fn phantom_a_key_that_appears_in_a_range_is_not_seen_and_is_a_conflict() {
    let database = memory();
    put(&*database, b"task/1", b"");
    let reader = database.begin().unwrap();
    assert_eq!(keys(&*reader, "task/", "task0"), ["task/1"]);
    put(&*database, b"task/2", b"");
    assert_eq!(keys(&*reader, "task/", "task0"), ["task/1"]);
    reader.set(DEFAULT, b"count", b"1").unwrap();
    assert_eq!(code(reader.commit()), CONFLICT);
}

#[test]
fn phantom_a_key_that_disappears_from_a_range_is_a_conflict() {
    let database = memory();
    put(&*database, b"task/1", b"");
    let reader = database.begin().unwrap();
    assert_eq!(keys(&*reader, "task/", "task0"), ["task/1"]);
    let other = database.begin().unwrap();
    other.clear_range(DEFAULT, b"a", b"z").unwrap();
    other.commit().unwrap();
    reader.set(DEFAULT, b"count", b"1").unwrap();
    assert_eq!(code(reader.commit()), CONFLICT);
}

#[test]
fn phantom_outside_the_range_is_no_conflict() {
    // CONF-13: ranges are half open.
    let database = memory();
    let reader = database.begin().unwrap();
    assert!(keys(&*reader, "b", "c").is_empty());
    put(&*database, b"c", b"");
    put(&*database, b"a\xff", b"");
    reader.set(DEFAULT, b"count", b"0").unwrap();
    reader.commit().unwrap();
}

#[test]
fn g0_dirty_write_blind_writes_take_effect_one_after_the_other() {
    // CONF-17: neither conflicts, and the later one wins in both keys.
    let database = memory();
    let (one, two) = (database.begin().unwrap(), database.begin().unwrap());
    one.set(DEFAULT, b"x", b"one").unwrap();
    two.set(DEFAULT, b"x", b"two").unwrap();
    two.set(DEFAULT, b"y", b"two").unwrap();
    one.set(DEFAULT, b"y", b"one").unwrap();
    two.commit().unwrap();
    one.commit().unwrap();
    assert!(one.committed_version() > two.committed_version());
    let reader = database.begin().unwrap();
    assert_eq!(get(&*reader, b"x").unwrap(), b"one");
    assert_eq!(get(&*reader, b"y").unwrap(), b"one");
}

#[test]
fn g1a_aborted_read_what_did_not_commit_is_never_seen() {
    let database = memory();
    put(&*database, b"x", b"old");
    let open = database.begin().unwrap();
    open.set(DEFAULT, b"x", b"open").unwrap();
    assert_eq!(look(&*database, b"x").unwrap(), b"old");
    open.cancel().unwrap();
    let refused = database.begin().unwrap();
    get(&*refused, b"y");
    refused.set(DEFAULT, b"x", b"refused").unwrap();
    put(&*database, b"y", b"");
    assert_eq!(code(refused.commit()), CONFLICT);
    assert_eq!(look(&*database, b"x").unwrap(), b"old");
}

#[test]
fn g1b_intermediate_read_only_the_last_write_of_a_transaction_is_seen() {
    let database = memory();
    let writer = database.begin().unwrap();
    writer.set(DEFAULT, b"x", b"first").unwrap();
    assert_eq!(look(&*database, b"x"), None);
    writer.set(DEFAULT, b"x", b"last").unwrap();
    assert_eq!(look(&*database, b"x"), None);
    writer.commit().unwrap();
    assert_eq!(look(&*database, b"x").unwrap(), b"last");
}

#[test]
fn g1c_circular_information_flow_two_do_not_see_each_other() {
    let database = memory();
    let (one, two) = (database.begin().unwrap(), database.begin().unwrap());
    one.set(DEFAULT, b"x", b"one").unwrap();
    two.set(DEFAULT, b"y", b"two").unwrap();
    assert_eq!(get(&*one, b"y"), None);
    assert_eq!(get(&*two, b"x"), None);
    one.commit().unwrap();
    assert_eq!(code(two.commit()), CONFLICT);
}

#[test]
fn g2_item_a_cycle_of_three_readers_and_writers_is_broken() {
    let database = memory();
    let ring: Vec<_> = (0..3).map(|_| database.begin().unwrap()).collect();
    let names: [&[u8]; 3] = [b"a", b"b", b"c"];
    for (index, transaction) in ring.iter().enumerate() {
        get(&**transaction, names[index]);
        transaction.set(DEFAULT, names[(index + 1) % 3], b"1").unwrap();
    }
    // The first writes b: who read b conflicts. The third read c, which nobody wrote then.
    assert_eq!(ring.iter().map(|transaction| code(transaction.commit())).collect::<Vec<_>>(), [0, CONFLICT, 0]);
}

#[test]
fn g2_predicate_two_that_count_a_range_and_add_to_it_do_not_both_commit() {
    let database = memory();
    let (one, two) = (database.begin().unwrap(), database.begin().unwrap());
    assert!(keys(&*one, "seat/", "seat0").is_empty());
    assert!(keys(&*two, "seat/", "seat0").is_empty());
    one.set(DEFAULT, b"seat/1", b"").unwrap();
    two.set(DEFAULT, b"seat/2", b"").unwrap();
    two.commit().unwrap();
    assert_eq!(code(one.commit()), CONFLICT);
    assert_eq!(keys(&*database.begin().unwrap(), "seat/", "seat0"), ["seat/2"]);
}

#[test]
fn long_fork_all_readers_see_two_commits_in_one_order() {
    let database = memory();
    let early = database.begin().unwrap();
    early.read_version().unwrap();
    put(&*database, b"x", b"new");
    let middle = database.begin().unwrap();
    middle.read_version().unwrap();
    put(&*database, b"y", b"new");
    let late = database.begin().unwrap();
    let sight = |reader: &dyn plinth_api::Transaction| (get(reader, b"x").is_some(), get(reader, b"y").is_some());
    assert_eq!(sight(&*late), (true, true));
    assert_eq!(sight(&*middle), (true, false));
    assert_eq!(sight(&*early), (false, false));
}

#[test]
fn long_fork_does_not_happen_under_threads() {
    // Two writers of two keys; of any two readers one saw at least as much as the other.
    let database = memory();
    let done = AtomicBool::new(false);
    let count =
        |value: Option<Vec<u8>>| value.map_or(0_u32, |value| String::from_utf8(value).unwrap().parse().unwrap());
    let sights = std::thread::scope(|scope| {
        let reader = || {
            let mut sights = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let transaction = database.begin().unwrap();
                sights.push((count(get(&*transaction, b"x")), count(get(&*transaction, b"y"))));
            }
            sights
        };
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        let writer = |key: &'static [u8]| {
            let database = &database;
            move || {
                (1..=1_000).for_each(|number: u32| {
                    put(&**database, key, number.to_string().as_bytes());
                })
            }
        };
        let writers = [scope.spawn(writer(b"x")), scope.spawn(writer(b"y"))];
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        readers.map(|reader| reader.join().unwrap()).concat()
    });
    let mut sorted = sights;
    sorted.sort_unstable();
    assert!(sorted.windows(2).all(|pair| pair[0].1 <= pair[1].1), "two readers saw different orders");
}

#[test]
fn causal_reversal_who_sees_the_later_commit_sees_the_earlier_one() {
    // VER-4: y is written only after the write of x was acknowledged.
    let database = memory();
    let done = AtomicBool::new(false);
    let number =
        |value: Option<Vec<u8>>| value.map_or(0_u32, |value| String::from_utf8(value).unwrap().parse().unwrap());
    std::thread::scope(|scope| {
        let reader = || {
            while !done.load(Ordering::Relaxed) {
                let transaction = database.begin().unwrap();
                let y = number(get(&*transaction, b"y"));
                let x = number(get(&*transaction, b"x"));
                assert!(x == y || x == y + 1, "x is {x}, y is {y}");
            }
        };
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        for step in 1..=1_000_u32 {
            put(&*database, b"x", step.to_string().as_bytes());
            put(&*database, b"y", step.to_string().as_bytes());
        }
        done.store(true, Ordering::Relaxed);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}
