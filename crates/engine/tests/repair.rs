//! A damaged directory becomes a database again: with all that is before the end of the log, or with what is
//! in files that are whole; and no version comes again (VER-11).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{code, look, put, put_in, Disk, DEFAULT};
use plinth_api::{Database, DatabaseOptions, Repaired};

fn files(path: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// A database with keys 0 to 99 in tables and 100 to 199 in the log, in two keyspaces; its last version.
fn two_lives() -> (Disk, i64) {
    let disk = Disk::new();
    let mut last = 0;
    for life in 0..2_u32 {
        let database = disk.open();
        let second = database.open_keyspace("second").unwrap().id;
        for key in 100 * life..100 * (life + 1) {
            put(&*database, &key.to_be_bytes(), b"value");
            last = put_in(&*database, second, &key.to_be_bytes(), b"second");
        }
        database.close().unwrap();
    }
    (disk, last)
}

fn present(database: &dyn Database) -> (usize, usize) {
    let second = database.open_keyspace("second").unwrap().id;
    let first = (0..200_u32).filter(|key| look(database, &key.to_be_bytes()).is_some()).count();
    let transaction = database.begin().unwrap();
    let of = |key: &u32| transaction.get(second, &key.to_be_bytes(), false).unwrap().is_some();
    (first, (0..200_u32).filter(of).count())
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 16;
    fs::write(path, bytes).unwrap();
}

fn opens(disk: &Disk) -> i32 {
    code(plinth_engine::open(&disk.path(), DatabaseOptions::default()))
}

#[test]
fn what_is_whole_stays_as_it_is() {
    let (disk, last) = two_lives();
    let repaired = plinth_engine::repair(&disk.path()).unwrap();
    let expected = Repaired { version: last, acknowledged: last, rebuilt: false, lost_files: 0, lost_bytes: 0 };
    assert_eq!(repaired, expected);
    assert_eq!(present(&*disk.open()), (200, 200));
}

#[test]
fn what_is_before_damage_in_the_log_stays() {
    let (disk, last) = two_lives();
    let log = files(&disk.path(), "log").pop().unwrap();
    flip(&log, fs::metadata(&log).unwrap().len() as usize / 2);
    assert_eq!(opens(&disk), 9021);
    let repaired = plinth_engine::repair(&disk.path()).unwrap();
    assert!(!repaired.rebuilt && repaired.version < last && repaired.acknowledged == last, "{repaired:?}");
    assert!(repaired.lost_files > 0 && repaired.lost_bytes > 0, "{repaired:?}");
    assert!(Path::new(&disk.path()).join("lost").join(log.file_name().unwrap()).exists());
    let database = disk.open();
    let (first, second) = present(&*database);
    assert!(first > 120 && first < 180 && first - second <= 1, "{first} {second}");
    // Also above the versions of what is lost.
    assert!(database.begin().unwrap().read_version().unwrap() > last);
    assert!(put(&*database, b"more", b"") > last);
}

#[test]
fn a_table_that_is_damaged_is_put_aside_and_the_rest_is_there() {
    let (disk, last) = two_lives();
    // Of the first life's tables one is of the default keyspace and one of the second.
    let tables = files(&disk.path(), "sst");
    let damaged = tables.iter().max_by_key(|table| fs::metadata(table).unwrap().len()).unwrap();
    flip(damaged, 40);
    let database = disk.open();
    let read = database.begin().unwrap();
    let errors = (0..100_u32).filter(|key| code(read.get(DEFAULT, &key.to_be_bytes(), false)) == 1522).count();
    let second = database.open_keyspace("second").unwrap().id;
    let others = (0..100_u32).filter(|key| code(read.get(second, &key.to_be_bytes(), false)) == 1522).count();
    assert!(errors + others > 0, "the damage is in neither");
    drop(read);
    database.close().unwrap();
    drop(database);
    let repaired = plinth_engine::repair(&disk.path()).unwrap();
    assert!(repaired.rebuilt && repaired.lost_files > 0, "{repaired:?}");
    assert_eq!(repaired.version, last);
    let database = disk.open();
    let (first, second) = present(&*database);
    assert!(first >= 100 && second >= 100 && first + second >= 300, "{first} {second}");
    assert!(put(&*database, b"more", b"") > last);
    database.close().unwrap();
    drop(database);
    assert_eq!(opens(&disk), 0);
}

#[test]
fn without_current_or_manifest_the_parts_are_put_together() {
    for gone in ["CURRENT", "MANIFEST"] {
        let (disk, last) = two_lives();
        for entry in fs::read_dir(disk.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_str().unwrap().starts_with(gone) {
                fs::remove_file(path).unwrap();
            }
        }
        assert_eq!(opens(&disk), 1522);
        let repaired = plinth_engine::repair(&disk.path()).unwrap();
        assert!(repaired.rebuilt && repaired.version == last, "{repaired:?}");
        let database = disk.open();
        assert_eq!(present(&*database), (200, 200));
        assert!(put(&*database, b"more", b"") > last);
    }
}

#[test]
fn what_is_open_or_nothing_of_ours_is_not_repaired() {
    let (disk, _) = two_lives();
    let database = disk.open();
    assert_eq!(code(plinth_engine::repair(&disk.path())), 1529);
    drop(database);
    fs::create_dir(disk.at("else")).unwrap();
    fs::write(disk.at("else/file"), "text").unwrap();
    assert_eq!(code(plinth_engine::repair(&disk.at("else"))), 9006);
    assert_eq!(code(plinth_engine::repair(&disk.at("nowhere"))), 9006);
    assert_eq!(fs::read_dir(disk.at("else")).unwrap().count(), 1);
}
