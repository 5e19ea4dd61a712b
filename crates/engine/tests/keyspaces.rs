//! Keyspaces: maps of their own in the same transactions (design D9).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::{BTreeMap, HashMap, HashSet};

use common::{code, get_in, memory, number, put_in, raw, read_meta, write_meta, Disk, DEFAULT};
use plinth_api::{Database, DatabaseOptions, KeySelector, RangeOptions};

const DROPPED: i32 = 9010;

fn names(database: &dyn Database) -> Vec<String> {
    database.list_keyspaces().unwrap().iter().map(|name| name.to_string()).collect()
}

#[test]
fn the_same_key_has_a_value_in_each_keyspace() {
    let database = memory();
    let (one, two) = (database.open_keyspace("one").unwrap().id, database.open_keyspace("two").unwrap().id);
    for (keyspace, value) in [(DEFAULT, b"0"), (one, b"1"), (two, b"2")] {
        put_in(&*database, keyspace, b"key", value);
    }
    let reader = database.begin().unwrap();
    for (keyspace, value) in [(DEFAULT, b"0"), (one, b"1"), (two, b"2")] {
        assert_eq!(get_in(&*reader, keyspace, b"key").unwrap(), value);
    }
    let clear = database.begin().unwrap();
    clear.clear_range(one, b"", b"\xff").unwrap();
    clear.commit().unwrap();
    let reader = database.begin().unwrap();
    assert_eq!(get_in(&*reader, one, b"key"), None);
    assert_eq!(get_in(&*reader, two, b"key").unwrap(), b"2");
}

#[test]
fn a_transaction_spans_keyspaces_atomically() {
    let database = memory();
    let (one, two) = (database.open_keyspace("one").unwrap().id, database.open_keyspace("two").unwrap().id);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for count in 0..1_000_u32 {
                let transaction = database.begin().unwrap();
                transaction.set(one, b"count", &count.to_be_bytes()).unwrap();
                transaction.set(two, b"count", &count.to_be_bytes()).unwrap();
                transaction.commit().unwrap();
            }
        });
        while !writer.is_finished() {
            let reader = database.begin().unwrap();
            assert_eq!(get_in(&*reader, two, b"count"), get_in(&*reader, one, b"count"));
        }
    });
}

#[test]
fn conflicts_do_not_cross_keyspaces() {
    let database = memory();
    let one = database.open_keyspace("one").unwrap().id;
    let reader = database.begin().unwrap();
    get_in(&*reader, one, b"key");
    reader
        .get_range(one, KeySelector::last_less_than("z"), KeySelector::first_greater_than("z"), RangeOptions::default())
        .unwrap();
    reader.set(one, b"result", b"").unwrap();
    put_in(&*database, DEFAULT, b"key", b"");
    reader.commit().unwrap();
    let reader = database.begin().unwrap();
    get_in(&*reader, DEFAULT, b"other");
    reader.set(one, b"result", b"").unwrap();
    put_in(&*database, DEFAULT, b"other", b"");
    assert_eq!(code(reader.commit()), 1020);
}

#[test]
fn names_are_listed_in_order_with_the_default_first() {
    let database = memory();
    assert_eq!(names(&*database), ["default"]);
    for name in ["zoo", "\u{c4}pfel", "a", "aa", "B"] {
        database.open_keyspace(name).unwrap();
    }
    assert_eq!(names(&*database), ["default", "B", "a", "aa", "zoo", "\u{c4}pfel"]);
}

#[test]
fn opening_twice_gives_the_same_keyspace_and_default_is_number_zero() {
    let database = memory();
    assert_eq!(database.open_keyspace("default").unwrap().id, DEFAULT);
    assert_eq!(database.open_keyspace("a").unwrap(), database.open_keyspace("a").unwrap());
}

#[test]
fn bad_names_are_refused() {
    let database = memory();
    for name in ["", "plinth.", "plinth.x", &"x".repeat(256)] {
        assert_eq!(code(database.open_keyspace(name)), 9011, "{name}");
    }
    for name in ["plinth", "Plinth.x", &"x".repeat(255), "/", "..", "with space", "new\nline"] {
        database.open_keyspace(name).unwrap();
    }
}

#[test]
fn dropping_needs_a_name_that_is_there_and_not_the_default() {
    let database = memory();
    assert_eq!(code(database.drop_keyspace("none")), 9009);
    assert_eq!(code(database.drop_keyspace("default")), 9011);
    database.open_keyspace("a").unwrap();
    database.drop_keyspace("a").unwrap();
    assert_eq!(code(database.drop_keyspace("a")), 9009);
    assert_eq!(names(&*database), ["default"]);
}

#[test]
fn a_dropped_keyspace_fails_every_use_and_a_new_one_of_the_name_is_empty() {
    let database = memory();
    let old = database.open_keyspace("a").unwrap().id;
    put_in(&*database, old, b"key", b"old");
    let (reader, writer, mixed) = (database.begin().unwrap(), database.begin().unwrap(), database.begin().unwrap());
    get_in(&*reader, old, b"key");
    reader.set(DEFAULT, b"seen", b"").unwrap();
    writer.set(old, b"key", b"new").unwrap();
    mixed.set(DEFAULT, b"mixed", b"").unwrap();
    mixed.set(old, b"mixed", b"").unwrap();
    database.drop_keyspace("a").unwrap();
    let new = database.open_keyspace("a").unwrap().id;
    assert_ne!(new, old, "numbers are not reused");
    assert_eq!(code(writer.get(old, b"key", false)), DROPPED);
    assert_eq!(code(writer.set(old, b"key", b"")), DROPPED);
    assert_eq!(code(writer.clear(old, b"key")), DROPPED);
    assert_eq!(code(writer.clear_range(old, b"a", b"b")), DROPPED);
    assert_eq!(code(writer.add_read_conflict_range(old, b"a", b"b")), DROPPED);
    assert_eq!(code(writer.add_write_conflict_range(old, b"a", b"b")), DROPPED);
    assert_eq!(code(writer.get_key(old, KeySelector::first_greater_than("a"), false)), DROPPED);
    for transaction in [reader, writer, mixed] {
        assert_eq!(code(transaction.commit()), DROPPED);
    }
    let look = database.begin().unwrap();
    assert_eq!(get_in(&*look, new, b"key"), None);
    // All or nothing: the other keyspace has nothing of the mixed transaction.
    assert_eq!(get_in(&*look, DEFAULT, b"mixed"), None);
    assert_eq!(get_in(&*look, DEFAULT, b"seen"), None);
}

#[test]
fn keyspaces_come_back_with_their_keys_and_dropped_ones_do_not() {
    let disk = Disk::new();
    let database = disk.open();
    let (kept, dropped) = (database.open_keyspace("kept").unwrap().id, database.open_keyspace("dropped").unwrap().id);
    put_in(&*database, kept, b"key", b"kept");
    put_in(&*database, dropped, b"key", b"dropped");
    database.drop_keyspace("dropped").unwrap();
    database.close().unwrap();
    let database = disk.open();
    assert_eq!(names(&*database), ["default", "kept"]);
    let kept = database.open_keyspace("kept").unwrap().id;
    let again = database.open_keyspace("dropped").unwrap().id;
    let reader = database.begin().unwrap();
    assert_eq!(get_in(&*reader, kept, b"key").unwrap(), b"kept");
    assert_eq!(get_in(&*reader, again, b"key"), None);
}

#[test]
fn keyspaces_are_made_and_dropped_while_others_commit() {
    let database = memory();
    let steady = database.open_keyspace("steady").unwrap().id;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            (0..2_000_u32).for_each(|count| {
                put_in(&*database, steady, &count.to_be_bytes(), b"");
            })
        });
        let dropper = scope.spawn(|| {
            for round in 0..30_u32 {
                let keyspace = database.open_keyspace("passing").unwrap().id;
                assert_eq!(get_in(&*database.begin().unwrap(), keyspace, b"round"), None);
                put_in(&*database, keyspace, b"round", &round.to_be_bytes());
                database.drop_keyspace("passing").unwrap();
            }
        });
        writer.join().unwrap();
        dropper.join().unwrap();
    });
    let reader = database.begin().unwrap();
    assert!((0..2_000_u32).all(|count| get_in(&*reader, steady, &count.to_be_bytes()).is_some()));
}

fn found(database: &dyn Database, name: &str) -> Option<u32> {
    database.find_keyspace(name).unwrap().map(|keyspace| keyspace.id)
}

/// Runs `work` in a life of the database, which is closed afterwards.
fn in_a_life<T>(disk: &Disk, work: impl FnOnce(&dyn Database) -> T) -> T {
    let database = disk.open();
    let result = work(&*database);
    database.close().unwrap();
    result
}

/// The message of a database that can't be opened because a file is corrupt, or older than it was.
fn refused(disk: &Disk) -> String {
    match plinth_engine::open(&disk.path(), DatabaseOptions::default()) {
        Ok(_) => panic!("it was opened"),
        Err(error) => {
            // The watermark may tell it first.
            assert!([1522, 9021].contains(&error.code().number()), "{}", error.story());
            error.story()
        }
    }
}

#[test]
fn numbers_stay_whatever_comes_and_goes_and_never_name_another_keyspace() {
    let seed = number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("PLINTH_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let disk = Disk::new();
    let mut living: BTreeMap<String, u32> = BTreeMap::new();
    // What each number ever named: the life of a name, counted.
    let mut used: HashSet<u32> = HashSet::from([DEFAULT]);
    for life in 0..6 {
        in_a_life(&disk, |database| {
            let listed: HashMap<String, u32> = names(database)
                .into_iter()
                .skip(1)
                .map(|name| (name.clone(), found(database, &name).unwrap()))
                .collect();
            assert_eq!(listed, living.clone().into_iter().collect(), "life {life}");
            for _ in 0..random.usize(..12) {
                let name = format!("name {}", random.u8(..6));
                if living.remove(&name).is_some() {
                    database.drop_keyspace(&name).unwrap();
                } else {
                    let id = database.open_keyspace(&name).unwrap().id;
                    assert!(used.insert(id), "number {id} was another keyspace's");
                    put_in(database, id, b"name", name.as_bytes());
                    living.insert(name, id);
                }
            }
            for (name, id) in &living {
                assert_eq!(get_in(&*database.begin().unwrap(), *id, b"name").unwrap(), name.as_bytes());
            }
        });
    }
}

#[test]
fn the_number_of_the_last_keyspace_is_not_used_again_after_a_reopen() {
    let disk = Disk::new();
    let old = in_a_life(&disk, |database| {
        let old = database.open_keyspace("a").unwrap().id;
        database.drop_keyspace("a").unwrap();
        old
    });
    in_a_life(&disk, |database| {
        let new = database.open_keyspace("a").unwrap().id;
        assert_ne!(new, old);
        assert_eq!(code(database.begin().unwrap().get(old, b"key", false)), DROPPED);
    });
}

#[test]
fn a_keyspace_without_a_record_gets_a_new_number() {
    // A creation that was cut short, and a drop that was.
    let disk = Disk::new();
    let (kept, dropping) = in_a_life(&disk, |database| {
        let (kept, dropping) = (database.open_keyspace("m").unwrap().id, database.open_keyspace("a").unwrap().id);
        put_in(database, dropping, b"key", b"still there");
        (kept, dropping)
    });
    let db = raw(&disk.path());
    db.create_cf("z", &rocksdb::Options::default()).unwrap();
    db.create_cf("b", &rocksdb::Options::default()).unwrap();
    drop(db);
    write_meta(&disk.path(), "keyspace/a", None);
    let numbers = in_a_life(&disk, |database| ["m", "a", "b", "z"].map(|name| found(database, name).unwrap()));
    let next = kept.max(dropping) + 1;
    assert_eq!(numbers, [kept, next, next + 1, next + 2], "by name, from the next free one on");
    in_a_life(&disk, |database| {
        assert_eq!(["m", "a", "b", "z"].map(|name| found(database, name).unwrap()), numbers);
        assert_eq!(get_in(&*database.begin().unwrap(), numbers[1], b"key").unwrap(), b"still there");
        assert_eq!(code(database.begin().unwrap().get(dropping, b"key", false)), DROPPED);
        assert_eq!(database.open_keyspace("new").unwrap().id, next + 3);
    });
}

#[test]
fn a_record_without_a_keyspace_is_removed_and_its_number_stays_used() {
    let disk = Disk::new();
    let gone = in_a_life(&disk, |database| database.open_keyspace("gone").unwrap().id);
    let db = raw(&disk.path());
    db.drop_cf("gone").unwrap();
    drop(db);
    in_a_life(&disk, |database| assert_eq!(names(database), ["default"]));
    assert_eq!(read_meta(&disk.path(), "keyspace/gone"), None);
    in_a_life(&disk, |database| assert_eq!(database.open_keyspace("gone").unwrap().id, gone + 1));
}

#[test]
fn corrupt_numbers_are_refused_with_the_name() {
    let disk = Disk::new();
    let (one, two) = in_a_life(&disk, |database| {
        (database.open_keyspace("one").unwrap().id, database.open_keyspace("two").unwrap().id)
    });
    let wrong: [&[u8]; 6] = [
        &0_u32.to_be_bytes(),
        &one.to_be_bytes(),
        &(two + 1).to_be_bytes(),
        &u32::MAX.to_be_bytes(),
        &u64::from(two).to_be_bytes(),
        b"",
    ];
    for value in wrong {
        write_meta(&disk.path(), "keyspace/two", Some(value));
        let story = refused(&disk);
        assert!(story.contains("\"two\""), "{value:?}: {story}");
    }
    write_meta(&disk.path(), "keyspace/two", Some(&two.to_be_bytes()));
    for value in [Some(&0_u32.to_be_bytes()[..]), Some(&two.to_be_bytes()), Some(b"long."), None] {
        write_meta(&disk.path(), "next keyspace", value);
        refused(&disk);
    }
    write_meta(&disk.path(), "next keyspace", Some(&(two + 1).to_be_bytes()));
    in_a_life(&disk, |database| assert_eq!([found(database, "one"), found(database, "two")], [Some(one), Some(two)]));
}

#[test]
fn the_last_number_is_given_out_and_then_no_more() {
    let disk = Disk::new();
    in_a_life(&disk, |_| ());
    // The number after this one is the engine's own keyspace's.
    let last = u32::MAX - 1;
    write_meta(&disk.path(), "next keyspace", Some(&last.to_be_bytes()));
    let too_many = in_a_life(&disk, |database| {
        assert_eq!(database.open_keyspace("last").unwrap().id, last);
        put_in(database, last, b"key", b"value");
        database.open_keyspace("no more").unwrap_err().code().number()
    });
    in_a_life(&disk, |database| {
        assert_eq!(found(database, "last"), Some(last));
        assert_eq!(code(database.open_keyspace("no more")), too_many);
        assert_eq!(names(database), ["default", "last"]);
    });
}
