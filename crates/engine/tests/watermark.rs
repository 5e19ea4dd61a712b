//! A log that ended early is found out at the next opening, and nothing is changed by that; what can be
//! read stays readable (COM-8, VER-11).

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{code, look, put, Disk, DEFAULT};
use plinth_api::{Database, DatabaseOptions, Durability};

const LOST: i32 = 9021;
const READ_ONLY: i32 = 9022;
const CORRUPT: i32 = 1522;

fn buffered() -> DatabaseOptions {
    DatabaseOptions { durability: Durability::Buffered, ..DatabaseOptions::default() }
}

fn read_only() -> DatabaseOptions {
    DatabaseOptions { read_only: true, ..DatabaseOptions::default() }
}

/// The files of a directory with their contents, but for the note of who has it.
fn files(path: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file() && !path.ends_with("OWNER"));
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// The newest log.
fn log(path: &str) -> PathBuf {
    let is_log = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "log");
    files(path).into_keys().filter(is_log).max().unwrap()
}

/// A closed database with keys 0 to 99, all in the log.
fn hundred(options: DatabaseOptions) -> Disk {
    let disk = Disk::new();
    let database = disk.open_with(options);
    for key in 0..100_u32 {
        put(&*database, &key.to_be_bytes(), b"value");
    }
    database.close().unwrap();
    disk
}

fn old_kernel() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next(), numbers.next()) < (Some(6), Some(8))
}

fn present(database: &dyn Database) -> usize {
    (0..100_u32).filter(|key| look(database, &key.to_be_bytes()).is_some()).count()
}

fn refused(disk: &Disk) -> plinth_api::Error {
    plinth_engine::open(&disk.path(), DatabaseOptions::default()).err().expect("it was opened")
}

fn cut(log: &Path, bytes: u64) {
    let file = fs::File::options().write(true).open(log).unwrap();
    file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
}

#[test]
fn a_log_that_is_cut_is_refused_and_nothing_is_changed() {
    for options in [DatabaseOptions::default(), buffered()] {
        let disk = hundred(options);
        cut(&log(&disk.path()), 1);
        let before = files(&disk.path());
        for _ in 0..2 {
            let error = refused(&disk);
            assert_eq!(error.code().number(), LOST, "{}", error.story());
            let name = log(&disk.path()).file_name().unwrap().to_str().unwrap().to_owned();
            for word in [&disk.path(), &name, "nothing was changed", "read_only", "plinth_database_repair"] {
                assert!(error.story().contains(word), "{word} in {}", error.story());
            }
        }
        assert!(files(&disk.path()) == before);
        let database = disk.open_with(read_only());
        assert_eq!(present(&*database), 99);
    }
}

#[test]
fn a_bit_in_mid_log_is_refused_and_what_is_before_it_can_be_read() {
    let disk = hundred(DatabaseOptions::default());
    let log = log(&disk.path());
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&log, &bytes).unwrap();
    assert_eq!(refused(&disk).code().number(), LOST);
    assert_eq!(fs::read(&log).unwrap(), bytes);
    let found = present(&*disk.open_with(read_only()));
    assert!(found > 30 && found < 70, "{found}");
    // Put right again, it is whole again.
    bytes[middle] ^= 4;
    fs::write(&log, &bytes).unwrap();
    assert_eq!(present(&*disk.open()), 100);
}

#[test]
fn a_log_or_current_that_is_gone_is_refused_and_can_be_put_back() {
    for name in [log(&hundred(buffered()).path()).file_name().unwrap().to_owned(), "CURRENT".into()] {
        let disk = hundred(buffered());
        let (path, aside) = (Path::new(&disk.path()).join(&name), disk.at("aside"));
        fs::rename(&path, &aside).unwrap();
        let error = refused(&disk);
        assert!([LOST, CORRUPT].contains(&error.code().number()), "{}", error.story());
        fs::rename(&aside, &path).unwrap();
        assert_eq!(present(&*disk.open()), 100);
    }
}

#[test]
fn garbage_behind_the_last_commit_is_no_loss() {
    let disk = hundred(DatabaseOptions::default());
    let log = log(&disk.path());
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, [&bytes[..], &[0xa5; 300]].concat()).unwrap();
    assert_eq!(present(&*disk.open()), 100);
}

#[test]
fn a_watermark_that_is_gone_or_damaged_accuses_nobody() {
    for damage in [None, Some(&b""[..]), Some(&[0xff; 8192][..])] {
        let disk = hundred(DatabaseOptions::default());
        let watermark = Path::new(&disk.path()).join("WATERMARK");
        match damage {
            None => fs::remove_file(&watermark).unwrap(),
            Some(bytes) => fs::write(&watermark, bytes).unwrap(),
        }
        let database = disk.open();
        assert_eq!(present(&*database), 100);
        put(&*database, b"more", b"");
        database.close().unwrap();
        drop(database);
        cut(&log(&disk.path()), 1);
        assert_eq!(refused(&disk).code().number(), LOST);
    }
}

#[test]
fn what_was_only_written_is_missed_at_the_same_place() {
    let disk = Disk::new();
    let database = disk.open_with(buffered());
    for key in 0..100_u32 {
        put(&*database, &key.to_be_bytes(), b"value");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    // As a kill leaves it: the same files, open nowhere.
    let files = files(&disk.path());
    drop(database);
    for (path, bytes) in files {
        fs::write(path, bytes).unwrap();
    }
    cut(&log(&disk.path()), 2_000);
    // Older kernels can't tell one mount from another, and nothing is known there.
    let told = plinth_engine::open(&disk.path(), DatabaseOptions::default()).err().map(|error| error.code().number());
    assert!(told == Some(LOST) || old_kernel(), "{told:?}");
}

#[test]
fn a_database_to_read_takes_no_commits_and_keeps_writers_out() {
    let disk = hundred(DatabaseOptions::default());
    let before = files(&disk.path());
    let database = disk.open_with(read_only());
    let beside = disk.open_with(read_only());
    assert_eq!((present(&*database), present(&*beside)), (100, 100));
    let transaction = database.begin().unwrap();
    transaction.set(DEFAULT, b"key", b"value").unwrap();
    assert_eq!(transaction.get(DEFAULT, b"key", false).unwrap().as_deref(), Some(&b"value"[..]));
    assert_eq!(code(transaction.commit()), READ_ONLY);
    assert_eq!(code(database.open_keyspace("new")), READ_ONLY);
    assert_eq!(code(database.sync()), 0);
    let version = transaction.read_version();
    assert_eq!(version.unwrap(), beside.begin().unwrap().read_version().unwrap());
    let alone = DatabaseOptions { exclusive: true, ..DatabaseOptions::default() };
    assert_eq!(code(plinth_engine::open(&disk.path(), alone.clone())), 1529);
    database.close().unwrap();
    beside.close().unwrap();
    drop((database, beside, transaction));
    assert!(files(&disk.path()) == before);
    let writer = plinth_engine::open(&disk.path(), alone).unwrap();
    assert_eq!(code(plinth_engine::open(&disk.path(), read_only())), 1529);
    drop(writer);
}

#[test]
fn what_is_not_there_cannot_be_read() {
    let disk = Disk::new();
    assert_eq!(code(plinth_engine::open(&disk.path(), read_only())), 9006);
    assert!(!Path::new(&disk.path()).exists());
    assert_eq!(code(plinth_engine::open(":memory:", read_only())), 9006);
}

/// Where the records of a log or a manifest begin, if all are in its first block.
fn records(bytes: &[u8]) -> Vec<usize> {
    let length = |at: usize| usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
    let next = |at: &usize| Some(at + 7 + length(*at)).filter(|next| next + 7 <= bytes.len().min(32 << 10));
    std::iter::successors(Some(0), next).collect()
}

/// RocksDB's reader of logs never ends at such a record.
#[test]
fn a_record_of_a_foreign_type_ends_the_log_and_not_the_process() {
    let disk = hundred(DatabaseOptions::default());
    let log = log(&disk.path());
    let whole = fs::read(&log).unwrap();
    let places = records(&whole);
    for foreign in [5, 6, 7, 8, 11, 131] {
        let mut bytes = whole.clone();
        bytes[places[places.len() / 2] + 6] = foreign;
        fs::write(&log, &bytes).unwrap();
        assert_eq!(refused(&disk).code().number(), LOST, "type {foreign}");
        let found = present(&*disk.open_with(read_only()));
        assert!(found > 30 && found < 70, "{found}");
        assert!(fs::read(&log).unwrap() == bytes);
    }
    fs::write(&log, [&whole[..], &[0, 0, 0, 0, 1, 0, 5, 0, 0, 0, 0, 0]].concat()).unwrap();
    assert_eq!(present(&*disk.open()), 100);
    let manifest = files(&disk.path()).into_keys().find(|path| path.to_str().unwrap().contains("MANIFEST")).unwrap();
    let mut bytes = fs::read(&manifest).unwrap();
    let places = records(&bytes);
    bytes[places[1] + 6] ^= 4;
    fs::write(&manifest, bytes).unwrap();
    let error = refused(&disk);
    assert_eq!(error.code().number(), CORRUPT);
    assert!(error.story().contains("MANIFEST"), "{}", error.story());
}
