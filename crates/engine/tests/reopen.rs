//! What was acknowledged is there after a reopen, also after an end that nobody prepared, and
//! versions never go back (COM-8, VER-11, design D2).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use common::{code, look, put, put_in, Disk, DEFAULT};
use plinth_api::{Database, DatabaseOptions, Durability, KeySelector, RangeOptions};

fn buffered() -> DatabaseOptions {
    DatabaseOptions { durability: Durability::Buffered, ..DatabaseOptions::default() }
}

/// Copies the files of a directory as a crash would leave them.
fn copy(from: &str, to: &str) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(entry.path().to_str().unwrap(), Path::new(to).join(entry.file_name()).to_str().unwrap());
        } else if entry.file_type().unwrap().is_file() {
            // A socket is no file, and of no use to the next life.
            fs::copy(entry.path(), Path::new(to).join(entry.file_name())).unwrap();
        }
    }
}

fn pairs(database: &dyn Database, keyspace: u32) -> Vec<(Vec<u8>, Vec<u8>)> {
    let (begin, end) = (KeySelector::first_greater_or_equal(""), KeySelector::first_greater_or_equal(&b"\xff"[..]));
    let rows = database.begin().unwrap().get_range(keyspace, begin, end, RangeOptions::default()).unwrap();
    rows.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

#[test]
fn data_comes_back_and_versions_go_on() {
    let disk = Disk::new();
    let mut last = 0;
    for life in 0..4_u32 {
        let database = disk.open_with(if life % 2 == 0 { DatabaseOptions::default() } else { buffered() });
        let first = database.begin().unwrap().read_version().unwrap();
        assert!(first > last, "life {life}: read version {first} after {last}");
        assert_eq!(pairs(&*database, DEFAULT).len() as u32, life);
        let committed = put(&*database, format!("life {life}").as_bytes(), b"");
        assert!(committed > first);
        last = committed.max(database.begin().unwrap().read_version().unwrap());
        database.close().unwrap();
    }
}

#[test]
fn an_unprepared_end_loses_nothing_that_was_synced_and_no_version_is_given_twice() {
    let disk = Disk::new();
    let database = disk.open();
    let second = database.open_keyspace("second").unwrap().id;
    for count in 0..200_u32 {
        put(&*database, &count.to_be_bytes(), b"first");
        put_in(&*database, second, &count.to_be_bytes(), b"second");
    }
    copy(&disk.path(), &disk.at("crashed"));
    // Versions given out after the moment of the copy must not come again either.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let later = put(&*database, b"later", b"");
    let crashed = plinth_engine::open(&disk.at("crashed"), DatabaseOptions::default()).unwrap();
    assert!(crashed.begin().unwrap().read_version().unwrap() > later);
    assert!(put(&*crashed, b"new life", b"") > later);
    assert_eq!(pairs(&*crashed, DEFAULT).len(), 201);
    let second = crashed.open_keyspace("second").unwrap().id;
    assert_eq!(pairs(&*crashed, second), pairs(&*database, second));
}

#[test]
fn sync_makes_buffered_commits_survive_an_unprepared_end() {
    let disk = Disk::new();
    let database = disk.open_with(buffered());
    for count in 0..500_u32 {
        put(&*database, &count.to_be_bytes(), b"value");
    }
    database.sync().unwrap();
    copy(&disk.path(), &disk.at("crashed"));
    let crashed = plinth_engine::open(&disk.at("crashed"), buffered()).unwrap();
    assert_eq!(pairs(&*crashed, DEFAULT), pairs(&*database, DEFAULT));
}

#[test]
fn an_end_in_the_middle_of_commits_leaves_a_prefix_of_whole_commits() {
    // COM-8: each commit writes one number to three keys of two keyspaces.
    let disk = Disk::new();
    let database = disk.open_with(buffered());
    let second = database.open_keyspace("second").unwrap().id;
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for count in 1..=3_000_u32 {
                let transaction = database.begin().unwrap();
                for (keyspace, key) in [(DEFAULT, "a"), (DEFAULT, "b"), (second, "c")] {
                    transaction.set(keyspace, key.as_bytes(), &count.to_be_bytes()).unwrap();
                }
                transaction.set(DEFAULT, format!("log/{count:05}").as_bytes(), b"").unwrap();
                transaction.commit().unwrap();
            }
        });
        for copies in 0..5 {
            let name = disk.at(&format!("crashed {copies}"));
            copy(&disk.path(), &name);
            let crashed = plinth_engine::open(&name, buffered()).unwrap();
            let second = crashed.open_keyspace("second").unwrap().id;
            let a = look(&*crashed, b"a");
            assert_eq!(look(&*crashed, b"b"), a);
            assert_eq!(common::get_in(&*crashed.begin().unwrap(), second, b"c"), a);
            let count = a.map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
            let log = pairs(&*crashed, DEFAULT).iter().filter(|(key, _)| key.starts_with(b"log/")).count();
            assert_eq!(log as u32, count, "the commits are not a prefix");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        writer.join().unwrap();
    });
}

#[test]
fn clears_survive_as_well() {
    let disk = Disk::new();
    let database = disk.open();
    for count in 0..1_000_u32 {
        put_in(&*database, DEFAULT, format!("{count:04}").as_bytes(), b"");
    }
    let transaction = database.begin().unwrap();
    transaction.clear_range(DEFAULT, b"0100", b"0900").unwrap();
    transaction.clear(DEFAULT, b"0950").unwrap();
    transaction.clear_range(DEFAULT, b"0960", b"0970").unwrap();
    transaction.commit().unwrap();
    let before = pairs(&*database, DEFAULT);
    assert_eq!(before.len(), 1_000 - 800 - 1 - 10);
    database.close().unwrap();
    let database = disk.open();
    assert_eq!(pairs(&*database, DEFAULT), before);
}

#[test]
fn the_identity_file_names_the_format_and_a_newer_one_is_refused() {
    let disk = Disk::new();
    disk.open().close().unwrap();
    let file = Path::new(&disk.path()).join("PLINTH");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("plinth format 1\nuuid "), "{text}");
    fs::write(&file, text.replace("format 1", "format 2")).unwrap();
    assert_eq!(code(plinth_engine::open(&disk.path(), DatabaseOptions::default())), 9008);
    fs::write(&file, "something else\n").unwrap();
    assert_eq!(code(plinth_engine::open(&disk.path(), DatabaseOptions::default())), 1522);
    fs::write(&file, text).unwrap();
    disk.open();
}

#[test]
fn a_directory_with_other_files_is_not_touched() {
    let disk = Disk::new();
    fs::create_dir(disk.path()).unwrap();
    fs::write(Path::new(&disk.path()).join("diary.txt"), "dear").unwrap();
    assert_eq!(code(plinth_engine::open(&disk.path(), DatabaseOptions::default())), 9007);
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 1);
}

#[test]
fn opening_obeys_must_exist_and_must_not_exist() {
    let disk = Disk::new();
    let must = DatabaseOptions { must_exist: true, ..DatabaseOptions::default() };
    let must_not = DatabaseOptions { must_not_exist: true, ..DatabaseOptions::default() };
    assert_eq!(code(plinth_engine::open(&disk.path(), must.clone())), 9006);
    assert!(!Path::new(&disk.path()).exists());
    plinth_engine::open(&disk.path(), must_not.clone()).unwrap().close().unwrap();
    assert_eq!(code(plinth_engine::open(&disk.path(), must_not)), 9005);
    plinth_engine::open(&disk.path(), must).unwrap();
}

#[test]
fn a_directory_that_is_wanted_alone_is_open_once_at_a_time() {
    let disk = Disk::new();
    let alone = DatabaseOptions { exclusive: true, ..DatabaseOptions::default() };
    let database = disk.open_with(alone.clone());
    assert_eq!(code(plinth_engine::open(&disk.path(), DatabaseOptions::default())), 1529);
    assert_eq!(code(plinth_engine::open(&disk.path(), alone)), 1529);
    put(&*database, b"still", b"fine");
    database.close().unwrap();
    assert_eq!(look(&*disk.open(), b"still").unwrap(), b"fine");
}

#[test]
fn databases_in_memory_are_apart_and_gone_after_close() {
    let (one, two) = (common::memory(), common::memory());
    put(&*one, b"key", b"");
    assert_eq!(look(&*two, b"key"), None);
    one.close().unwrap();
    assert_eq!(look(&*common::memory(), b"key"), None);
}

/// What the file system has at its root, where an ordinary user can make nothing.
fn root_of_everything() -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> = fs::read_dir("/").unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn databases_in_memory_make_nothing_in_the_file_system() {
    let before = root_of_everything();
    let database = common::memory();
    put(&*database, b"key", b"value");
    database.open_keyspace("second").unwrap();
    assert_eq!(root_of_everything(), before);
    database.close().unwrap();
    assert_eq!(root_of_everything(), before);
}

/// Opens a directory, and does not wait for it for ever.
fn open_soon(path: String) -> Result<std::sync::Arc<dyn Database>, plinth_api::Error> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(plinth_engine::open(&path, DatabaseOptions::default())));
    told.recv_timeout(std::time::Duration::from_secs(60)).expect("the opening does not end")
}

/// Gives the second record of a file of RocksDB's the type that one flipped bit makes of it. RocksDB's
/// reader looks at such a record again and again.
fn flip_second_type(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let length = |at: usize| usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
    let second = 7 + length(0);
    assert!(second + 7 < bytes.len(), "{} has no second record", path.display());
    bytes[second + 6] ^= 4;
    fs::write(path, bytes).unwrap();
}

fn file(directory: &str, is: impl Fn(&str) -> bool) -> std::path::PathBuf {
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| is(path.file_name().unwrap().to_str().unwrap()));
    files.sort();
    files.pop().unwrap()
}

#[test]
fn a_damaged_type_in_a_log_does_not_stop_the_opening_for_ever() {
    let disk = Disk::new();
    let database = disk.open();
    for count in 0..10_u32 {
        put(&*database, &count.to_be_bytes(), b"value");
    }
    copy(&disk.path(), &disk.at("crashed"));
    flip_second_type(&file(&disk.at("crashed"), |name| name.ends_with(".log")));
    // What is left is a beginning of what was, or it is told that something is not.
    if let Ok(crashed) = open_soon(disk.at("crashed")) {
        let left = pairs(&*crashed, DEFAULT);
        assert!(left.iter().zip(0_u32..).all(|((key, _), count)| *key == count.to_be_bytes()), "{left:?}");
    }
}

#[test]
fn a_damaged_type_in_a_manifest_is_an_error() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"value");
    copy(&disk.path(), &disk.at("crashed"));
    flip_second_type(&file(&disk.at("crashed"), |name| name.starts_with("MANIFEST-")));
    let error = open_soon(disk.at("crashed")).err().expect("it opened");
    assert_eq!(error.code(), plinth_api::Code::FILE_CORRUPT, "{error:?}");
}
