//! What a move refuses, and leaves as it was.

use plinth_api::{Code, Database, DatabaseOptions};
use plinth_transfer::{dump, load, move_database, DumpOptions, LoadOptions, MoveOptions, MOVE_UNFINISHED, UNFINISHED};

use crate::common::{assert_same, code, contents, fill, memory, random, seed};
use crate::places::{Kind, Places};
use crate::{Phase, Told};
use std::sync::Mutex;
use std::time::Duration;

fn moved(from: &dyn Database, to: &dyn Database) -> plinth_api::Result<plinth_transfer::Moved> {
    move_database(from, to, MoveOptions::default(), &())
}

fn put(database: &dyn Database, keyspace: u32, key: &[u8]) {
    let transaction = database.begin().unwrap();
    transaction.set(keyspace, key, b"value").unwrap();
    transaction.commit().unwrap();
}

#[test]
fn a_target_that_is_not_empty_is_left_as_it_is() {
    let (from, to) = (memory(), memory());
    put(&*from, 0, b"key");
    let other = to.open_keyspace("other").unwrap();
    put(&*to, other.id, b"mine");
    let before = contents(&*to);
    assert_eq!(code(moved(&*from, &*to)), Code::TARGET_NOT_EMPTY);
    assert_same(&contents(&*to), &before);
    assert!(from.locked().unwrap().is_none());
    // An empty keyspace is nothing.
    to.drop_keyspace("other").unwrap();
    to.open_keyspace("empty").unwrap();
    assert!(!moved(&*from, &*to).unwrap().resumed);
    assert_same(&contents(&*to), &contents(&*from));
}

#[test]
fn a_database_is_not_moved_into_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().display().to_string();
    let (one, two) = [(), ()].map(|()| plinth_engine::open(&path, DatabaseOptions::default()).unwrap()).into();
    assert_eq!(code(moved(&*one, &*two)), Code::INVALID_ARGUMENT);
    assert_eq!(code(moved(&*one, &*one)), Code::INVALID_ARGUMENT);
    assert_eq!(one.list_keyspaces().unwrap().len(), 1);
}

/// A cluster has no id: that both are the same is seen by the mark.
#[test]
fn a_cluster_is_not_moved_into_itself() {
    let places = Places::new();
    let (one, two) = (places.open(Kind::Cluster, "cluster"), places.open(Kind::Cluster, "cluster"));
    assert_eq!(code(moved(&*one, &*two)), Code::INVALID_ARGUMENT);
    assert_eq!((one.list_keyspaces().unwrap().len(), one.locked().unwrap()), (1, None));
    put(&*one, 0, b"key");
    assert_eq!(code(moved(&*one, &*two)), Code::TARGET_NOT_EMPTY);
}

#[test]
fn a_source_that_is_locked_by_somebody_else_is_left_alone() {
    let (from, to) = (memory(), memory());
    put(&*from, 0, b"key");
    let id = *b"somebody else 00";
    from.lock(&id).unwrap();
    assert_eq!(code(moved(&*from, &*to)), Code::DATABASE_LOCKED);
    assert_eq!(from.locked().unwrap(), Some(id));
    assert_eq!(to.list_keyspaces().unwrap().len(), 1, "nothing was made");
    from.unlock(&id).unwrap();
    moved(&*from, &*to).unwrap();
}

#[test]
fn a_move_that_was_finished_is_told_when_it_is_repeated() {
    let (from, to) = (memory(), memory());
    fill(&*from, &random(&mut fastrand::Rng::with_seed(seed())));
    put(&*from, 0, b"key");
    let first = moved(&*from, &*to).unwrap();
    let again = moved(&*from, &*to).unwrap();
    assert!(again.already && again.checksum == first.checksum, "{again:?}");
    put(&*to, 0, b"later");
    let error = moved(&*from, &*to).unwrap_err();
    assert_eq!(error.code(), Code::TARGET_NOT_EMPTY);
    assert!(error.story().contains("finished"), "{}", error.story());
    // Into another one it would be a second copy that both think they are the only one.
    let third = memory();
    assert_eq!(code(moved(&*from, &*third)), Code::DATABASE_LOCKED);
    assert_eq!(third.list_keyspaces().unwrap().len(), 1);
}

#[test]
fn what_is_not_whole_is_not_moved_and_not_dumped() {
    let (from, to) = (memory(), memory());
    put(&*from, 0, b"key");
    from.open_keyspace(UNFINISHED).unwrap();
    assert_eq!(code(moved(&*from, &*to)), Code::LOAD_UNFINISHED);
    assert_eq!(code(moved(&*to, &*from)), Code::LOAD_UNFINISHED);
    from.drop_keyspace(UNFINISHED).unwrap();
    let mut stream = Vec::new();
    dump(&*from, &mut stream, DumpOptions::default(), &()).unwrap();
    assert_eq!(code(move_database(&*from, &*to, MoveOptions::default(), &cancel)), Code::OPERATION_CANCELLED);
    let until_copied = |moved: &plinth_transfer::Moved| moved.phase <= Phase::Copy;
    assert_eq!(
        code(move_database(&*from, &*to, MoveOptions::default(), &Until(&until_copied))),
        Code::OPERATION_CANCELLED
    );
    assert!(to.find_keyspace(MOVE_UNFINISHED).unwrap().is_some());
    assert_eq!(code(dump(&*to, &mut Vec::new(), DumpOptions::default(), &())), Code::MOVE_UNFINISHED);
    assert_eq!(code(load(&*to, &mut &stream[..], 0, LoadOptions::default(), &())), Code::MOVE_UNFINISHED);
    assert_eq!(code(moved(&*to, &*memory())), Code::MOVE_UNFINISHED);
    // Of another source.
    let other = memory();
    let error = moved(&*other, &*to).unwrap_err();
    assert_eq!(error.code(), Code::MOVE_UNFINISHED);
    moved(&*from, &*to).unwrap();
    assert_same(&contents(&*to), &contents(&*from));
}

fn cancel(_: u64, _: u64) -> bool {
    false
}

/// Cancels when somebody says so.
struct Until<'a>(&'a (dyn Fn(&plinth_transfer::Moved) -> bool + Sync));

impl plinth_transfer::MoveProgress for Until<'_> {
    fn step(&self, moved: &plinth_transfer::Moved, _done: u64, _total: u64) -> bool {
        (self.0)(moved)
    }
}

/// Of two moves into one target the later one goes on, and the source is not unlocked under it.
#[test]
fn of_two_moves_one_goes_on() {
    let (from, to) = (memory(), memory());
    fill(&*from, &random(&mut fastrand::Rng::with_seed(seed())));
    put(&*from, 0, b"key");
    let second = Mutex::new(None);
    let meanwhile = |told: &plinth_transfer::Moved| {
        let mut second = second.lock().unwrap();
        if told.phase == Phase::Copy && second.is_none() {
            *second = Some(moved(&*from, &*to));
        }
    };
    let first = move_database(&*from, &*to, MoveOptions::default(), &Told(&meanwhile));
    assert!(first.is_err(), "{first:?}");
    let second = second.into_inner().unwrap().unwrap().unwrap();
    assert!(second.resumed);
    assert!(from.locked().unwrap().is_some());
    assert_same(&contents(&*to), &contents(&*from));
}

/// A write into the target that nobody expects is found.
#[test]
fn a_foreign_write_in_the_target_is_found() {
    let (from, to) = (memory(), memory());
    put(&*from, 0, b"key");
    let foreign = |told: &plinth_transfer::Moved| {
        if told.phase == Phase::Verify {
            put(&*to, 0, b"foreign");
        }
    };
    let error = move_database(&*from, &*to, MoveOptions::default(), &Told(&foreign)).unwrap_err();
    assert_eq!(error.code(), Code::MOVE_DIFFERS, "{}", error.story());
    assert!(from.locked().unwrap().is_none());
    // The next one makes it equal.
    moved(&*from, &*to).unwrap();
    assert_same(&contents(&*to), &contents(&*from));
}

#[test]
fn a_source_is_not_locked_for_longer_than_is_wanted() {
    let (from, to) = (memory(), memory());
    put(&*from, 0, b"key");
    let options = MoveOptions { max_pause: Duration::from_nanos(1), ..MoveOptions::default() };
    let error = move_database(&*from, &*to, options, &()).unwrap_err();
    assert_eq!(error.code(), Code::MOVE_PAUSE_TOO_LONG, "{}", error.story());
    assert!(from.locked().unwrap().is_none());
    moved(&*from, &*to).unwrap();
}

/// Pairs that the target does not take are named, and what is there goes on later.
#[test]
fn a_target_with_lower_limits_says_which_key() {
    let from = memory();
    put(&*from, 0, b"longer than ten bytes");
    let short = DatabaseOptions { key_size_limit: 10, ..DatabaseOptions::default() };
    let to = plinth_engine::open(":memory:", short).unwrap();
    let error = moved(&*from, &*to).unwrap_err();
    assert_eq!(error.code(), Code::KEY_TOO_LARGE);
    assert!(error.story().contains("longer than ten bytes"), "{}", error.story());
    assert!(from.locked().unwrap().is_none());
    let mut options = DatabaseOptions::default();
    options.transaction.size_limit = 100_000;
    let to = plinth_engine::open(":memory:", options).unwrap();
    let transaction = from.begin().unwrap();
    (0..90u8).for_each(|number| transaction.set(0, &[number], &[number; 20_000]).unwrap());
    transaction.commit().unwrap();
    moved(&*from, &*to).unwrap();
    assert_same(&contents(&*to), &contents(&*from));
}
