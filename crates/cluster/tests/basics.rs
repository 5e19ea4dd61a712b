//! The blocking calls over a stand-in.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::Place;
use plinth_api::{Code, DatabaseOptions, KeySelector, Mutation, RangeOptions, TransactionOption};

fn at(key: &[u8]) -> KeySelector {
    KeySelector::first_greater_or_equal(key)
}

#[test]
fn what_is_committed_is_read_by_the_next_transaction() {
    let place = Place::new();
    let database = place.open("one");
    let tr = database.begin().unwrap();
    for number in 0..1_000_u32 {
        tr.set(0, &number.to_be_bytes(), &vec![b'v'; 2_000]).unwrap();
    }
    tr.commit().unwrap();
    assert!(tr.committed_version() > 0);
    assert_eq!(tr.versionstamp().unwrap()[..8], tr.committed_version().to_be_bytes());
    let tr = database.begin().unwrap();
    assert!(tr.read_version().unwrap() > 0);
    assert_eq!(tr.get(0, &7_u32.to_be_bytes(), false).unwrap().unwrap().len(), 2_000);
    assert!(tr.get(0, b"none", false).unwrap().is_none());
    // Two megabytes are many answers of the library, and one of ours.
    let all = tr.get_range(0, at(b""), at(b"\xff"), RangeOptions::default()).unwrap();
    assert_eq!((all.len(), all.more), (1_000, false));
    let some = tr.get_range(0, at(b""), at(b"\xff"), RangeOptions { limit: 600, reverse: true, ..Default::default() });
    let some = some.unwrap();
    assert_eq!((some.len(), some.more, some.last().unwrap().0), (600, true, &400_u32.to_be_bytes()[..]));
    assert!(tr.estimated_range_size(0, b"", b"\xff").unwrap() > 0);
}

#[test]
fn an_error_is_told_by_the_call_that_has_it_and_poisons_nothing() {
    let place = Place::new();
    let database = place.open("one");
    let tr = database.begin().unwrap();
    let code = |outcome: plinth_api::Result<()>| outcome.unwrap_err().code();
    assert_eq!(code(tr.set(0, &[b'k'; 10_001], b"")), Code::KEY_TOO_LARGE);
    assert_eq!(code(tr.set(0, b"k", &[0; 100_001])), Code::VALUE_TOO_LARGE);
    assert_eq!(code(tr.set(0, b"\xff", b"")), Code::KEY_OUTSIDE_LEGAL_RANGE);
    assert_eq!(code(tr.set_read_version(0)), Code::VERSION_INVALID);
    assert_eq!(code(tr.clear_range(0, b"b", b"a")), Code::INVERTED_RANGE);
    tr.set(0, b"k", b"v").unwrap();
    tr.commit().unwrap();
    assert_eq!(code(tr.set(0, b"k", b"w")), Code::USED_DURING_COMMIT);
}

#[test]
fn what_a_cluster_has_not_is_refused_with_a_sentence() {
    let place = Place::new();
    let refused = |options: DatabaseOptions| place.open_with("one", options).err().unwrap();
    let relaxed = refused(DatabaseOptions { value_size_limit: 1 << 20, ..Default::default() });
    assert_eq!(relaxed.code(), Code::INVALID_OPTION_VALUE);
    assert!(relaxed.story().contains("value_size_limit"), "{relaxed}");
    assert_eq!(refused(DatabaseOptions { exclusive: true, ..Default::default() }).code(), Code::UNSUPPORTED_OPERATION);
    let missing = plinth_cluster::open("fdb:/nowhere/fdb.cluster", Default::default(), &Default::default());
    assert_eq!(missing.err().unwrap().code(), Code::NO_CLUSTER_FILE_FOUND);
}

#[test]
fn a_conflict_is_told_and_on_error_begins_again() {
    let place = Place::new();
    let database = place.open("one");
    let (one, other) = (database.begin().unwrap(), database.begin().unwrap());
    one.get(0, b"k", false).unwrap();
    other.atomic_op(0, Mutation::Add, b"k", &[1]).unwrap();
    other.commit().unwrap();
    one.set(0, b"k", b"late").unwrap();
    let conflict = one.commit().unwrap_err();
    assert_eq!(conflict.code(), Code::NOT_COMMITTED);
    one.on_error(conflict).unwrap();
    assert_eq!(&*one.get(0, b"k", false).unwrap().unwrap(), &[1]);
    let metrics = database.metrics();
    assert_eq!((metrics.commits, metrics.conflicts, metrics.live_transactions), (1, 1, 2));
}

#[test]
fn a_keyspace_holds_its_own_keys_and_none_of_others() {
    let place = Place::new();
    let database = place.open("one");
    let (first, second) = (database.open_keyspace("first").unwrap().id, database.open_keyspace("second").unwrap().id);
    assert_ne!(first, second);
    assert_eq!(database.open_keyspace("first").unwrap().id, first);
    let tr = database.begin().unwrap();
    for (keyspace, value) in [(0, b"0"), (first, b"1"), (second, b"2")] {
        tr.set(keyspace, b"key", value).unwrap();
        tr.set(keyspace, &[b'k'; 10_000], value).unwrap();
    }
    tr.atomic_op(first, Mutation::SetVersionstampedKey, b"s..........\x01\0\0\0", b"stamped").unwrap();
    tr.commit().unwrap();
    let stamp = tr.versionstamp().unwrap();
    let tr = database.begin().unwrap();
    for (keyspace, count) in [(0, 2), (first, 3), (second, 2)] {
        let rows = tr.get_range(keyspace, at(b""), at(b"\xff"), RangeOptions::default()).unwrap();
        assert_eq!(rows.len(), count, "{keyspace}");
        let last = tr.get_key(keyspace, KeySelector::last_less_than(&b"\xff"[..]), false).unwrap();
        assert_eq!(last, rows.last().unwrap().0);
        for offset in [1, 2, 300] {
            let over = KeySelector { key: b"t".to_vec(), or_equal: false, offset };
            assert_eq!(tr.get_key(keyspace, over, false).unwrap(), b"\xff");
        }
        for offset in [0, -1, -300] {
            let under = KeySelector { key: b"a".to_vec(), or_equal: false, offset };
            assert_eq!(tr.get_key(keyspace, under, false).unwrap(), b"");
        }
    }
    let stamped = [&b"s"[..], &stamp].concat();
    assert_eq!(&*tr.get(first, &stamped, false).unwrap().unwrap(), b"stamped");
    // To clear the default keyspace is to clear no other.
    tr.clear_range(0, b"", b"\xff").unwrap();
    tr.commit().unwrap();
    let names: Vec<_> = database.list_keyspaces().unwrap();
    assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["default", "first", "second"]);
    let tr = database.begin().unwrap();
    assert_eq!(&*tr.get(first, b"key", false).unwrap().unwrap(), b"1");
    assert!(tr.get(0, b"key", false).unwrap().is_none());
}

#[test]
fn a_keyspace_that_another_handle_drops_takes_no_more_commits() {
    let place = Place::new();
    let (database, other) = (place.open("one"), place.open("one"));
    let id = database.open_keyspace("gone").unwrap().id;
    // A write without a read, one after a read, and one that was under way.
    let blind = database.begin().unwrap();
    blind.set(id, b"a", b"1").unwrap();
    let under_way = database.begin().unwrap();
    under_way.get(id, b"a", false).unwrap();
    under_way.set(id, b"a", b"1").unwrap();
    other.drop_keyspace("gone").unwrap();
    let code = |outcome: plinth_api::Result<()>| outcome.unwrap_err().code();
    assert_eq!(code(blind.commit()), Code::KEYSPACE_DROPPED);
    assert_eq!(code(under_way.commit()), Code::NOT_COMMITTED);
    under_way.on_error(Code::NOT_COMMITTED.into()).unwrap();
    under_way.get(id, b"a", false).unwrap();
    under_way.set(id, b"a", b"1").unwrap();
    assert_eq!(code(under_way.commit()), Code::KEYSPACE_DROPPED);
    // Its number is not used again.
    assert!(other.open_keyspace("gone").unwrap().id > id);
    assert!(other.find_keyspace("never").unwrap().is_none());
    assert_eq!(other.drop_keyspace("never").unwrap_err().code(), Code::KEYSPACE_NOT_FOUND);
}

#[test]
fn a_conflict_in_one_keyspace_is_none_in_the_next() {
    let place = Place::new();
    let database = place.open("one");
    let (first, second) = (database.open_keyspace("first").unwrap().id, database.open_keyspace("second").unwrap().id);
    for (reads, writes) in [(0, first), (first, second), (second, first), (second, 0)] {
        let tr = database.begin().unwrap();
        // Selectors that run off both ends.
        tr.get_key(reads, KeySelector::first_greater_than(&b"x"[..]), false).unwrap();
        tr.get_key(reads, KeySelector::last_less_than(&b"a"[..]), false).unwrap();
        tr.get_key(reads, KeySelector { key: b"m".to_vec(), or_equal: false, offset: 5 }, false).unwrap();
        tr.get_range(reads, at(b""), at(b"\xff"), RangeOptions::default()).unwrap();
        tr.set(reads, b"own", b"").unwrap();
        let other = database.begin().unwrap();
        other.set(writes, b"key", b"").unwrap();
        other.set(writes, b"", b"").unwrap();
        other.set(writes, b"\xfe", b"").unwrap();
        other.commit().unwrap();
        tr.commit().unwrap();
        let clean = database.begin().unwrap();
        [reads, writes].iter().for_each(|keyspace| clean.clear_range(*keyspace, b"", b"\xff").unwrap());
        clean.commit().unwrap();
    }
}

#[test]
fn foreign_keys_where_keyspaces_belong_are_left_alone() {
    let place = Place::new();
    let database = place.open("one");
    let tr = database.begin().unwrap();
    let reserved = tr.set(0, b"\xfe\xff\xff/mine", b"").unwrap_err();
    assert_eq!(reserved.code(), Code::KEY_OUTSIDE_LEGAL_RANGE);
    // Somebody who knows nothing of keyspaces.
    let directory = place.url("one").replace("fdb:", "");
    let other = plinth_engine::open(&directory, DatabaseOptions::default()).unwrap();
    let foreign = other.begin().unwrap();
    foreign.set(0, b"\xfe\xff\xff/mine", b"").unwrap();
    foreign.commit().unwrap();
    let refused = database.open_keyspace("first").unwrap_err();
    assert_eq!(refused.code(), Code::CLUSTER_RANGE_IN_USE);
    assert!(other.begin().unwrap().get(0, b"\xfe\xff\xff/mine", false).unwrap().is_some());
}

#[test]
fn a_closed_cluster_says_so() {
    let place = Place::new();
    let database = place.open("one");
    let tr = database.begin().unwrap();
    database.close().unwrap();
    database.close().unwrap();
    assert_eq!(tr.get(0, b"k", false).unwrap_err().code(), Code::DATABASE_CLOSED);
    assert_eq!(database.begin().err().unwrap().code(), Code::DATABASE_CLOSED);
    assert_eq!(database.open_keyspace("a").unwrap_err().code(), Code::DATABASE_CLOSED);
}

/// The lock of a cluster is its key, whoever looks at it.
#[test]
fn a_cluster_is_locked_by_its_key() {
    let place = Place::new();
    let database = place.open("one");
    let code = |error: plinth_api::Error| error.code();
    let (id, other) = ([7; 16], [8; 16]);
    assert_eq!(database.locked().unwrap(), None);
    database.unlock(&id).unwrap();
    database.lock(&id).unwrap();
    database.lock(&id).unwrap();
    assert_eq!(database.locked().unwrap(), Some(id));
    assert_eq!(code(database.lock(&other).unwrap_err()), Code::DATABASE_LOCKED);
    assert_eq!(code(database.unlock(&other).unwrap_err()), Code::DATABASE_LOCKED);
    let stranger = database.begin().unwrap();
    assert_eq!(code(stranger.get(0, b"key", false).unwrap_err()), Code::DATABASE_LOCKED);
    stranger.reset().unwrap();
    stranger.set(0, b"key", b"value").unwrap();
    assert_eq!(code(stranger.commit().unwrap_err()), Code::DATABASE_LOCKED);
    let aware = database.begin().unwrap();
    aware.set_option(TransactionOption::LockAware).unwrap();
    aware.set(0, b"key", b"value").unwrap();
    aware.commit().unwrap();
    database.unlock(&id).unwrap();
    stranger.reset().unwrap();
    assert_eq!(stranger.get(0, b"key", false).unwrap().as_deref(), Some(&b"value"[..]));
}
