//! A whole database of each format, as a killed process left it, is opened by every later build: read only, to be written
//! to, and not at all by a build that is older than it.
//!
//! `data/whole-N` is such a directory, and beside its files `EXPECTED`: every keyspace with every pair, in hexadecimal. It has
//! tables with and without compression, a range tombstone in a table and one in the log, versionstamped keys and values, settled
//! atomic operations, a keyspace that was dropped, a log to be recovered and its watermark. A sample is never rewritten;
//! a new format gets one of its own by the generator at the end:
//!
//!     PLINTH_SAMPLE=crates/engine/tests/data/whole-2 cargo test --release -p plinth-engine --test format_whole -- --ignored

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use common::{code, look, put, Disk, DEFAULT};
use plinth_api::{Database, DatabaseOptions, KeySelector, Mutation, RangeOptions};

const EXPECTED: &str = "EXPECTED";
const NEWER_FORMAT: i32 = 9008;

/// What belongs to a process and not to the data.
const OF_A_PROCESS: [&str; 5] = ["OWNER", "LOCK", "SOCKET", "LOG", EXPECTED];

fn read_only() -> DatabaseOptions {
    DatabaseOptions { read_only: true, ..DatabaseOptions::default() }
}

/// The samples, of every format.
fn samples() -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let entries = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let mut samples: Vec<PathBuf> = entries.filter(|path| path.join(EXPECTED).exists()).collect();
    samples.sort();
    assert!(!samples.is_empty());
    samples
}

/// The files of the data with their contents.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let named = entries.filter(|entry| entry.path().is_file());
    let named =
        named.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default()));
    named.filter(|(name, _)| !OF_A_PROCESS.contains(&name.as_str()) && !name.starts_with("LOG.old")).collect()
}

fn unpack(sample: &Path) -> Disk {
    let disk = Disk::new();
    fs::create_dir(disk.path()).unwrap();
    for (name, bytes) in files(sample) {
        fs::write(Path::new(&disk.path()).join(name), bytes).unwrap();
    }
    disk
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Every pair of every keyspace, a line each.
fn contents(database: &dyn Database) -> String {
    let mut text = String::new();
    for name in database.list_keyspaces().unwrap() {
        let keyspace = database.find_keyspace(&name).unwrap().unwrap().id;
        writeln!(text, "keyspace {name}").unwrap();
        let transaction = database.begin().unwrap();
        let (first, last) = (KeySelector::first_greater_or_equal(""), KeySelector::first_greater_or_equal([0xff]));
        let rows = transaction.get_range(keyspace, first, last, RangeOptions::default()).unwrap();
        for (key, value) in rows.iter() {
            writeln!(text, "{} {}", hex(key), hex(value)).unwrap();
        }
    }
    text
}

fn expected(sample: &Path) -> String {
    fs::read_to_string(sample.join(EXPECTED)).unwrap()
}

/// The largest versionstamp of a sample: that of its last life but one, which wrote them.
fn stamped(text: &str) -> i64 {
    let stamps = text.lines().filter_map(|line| line.strip_prefix(&hex(b"stamped/")));
    stamps.map(|rest| i64::from_str_radix(&rest[..16], 16).unwrap()).max().unwrap()
}

#[test]
fn a_sample_is_read_whole_and_reading_changes_nothing() {
    for sample in samples() {
        let disk = unpack(&sample);
        let before = files(Path::new(&disk.path()));
        let database = disk.open_with(read_only());
        assert!(contents(&*database) == expected(&sample), "{} is read otherwise", sample.display());
        database.close().unwrap();
        assert!(files(Path::new(&disk.path())) == before, "{} was changed", sample.display());
    }
}

/// VER-11, VST-5: and versions go on above those that it has handed out.
#[test]
fn a_sample_is_recovered_whole_and_goes_on() {
    for sample in samples() {
        let disk = unpack(&sample);
        let database = disk.open();
        let whole = expected(&sample);
        assert!(contents(&*database) == whole, "{} is recovered otherwise", sample.display());
        assert!(put(&*database, b"new", b"value") > stamped(&whole));
        database.close().unwrap();
        drop(database);
        let database = disk.open();
        assert_eq!(look(&*database, b"new").as_deref(), Some(&b"value"[..]));
        put(&*database, b"new", b"");
        let transaction = database.begin().unwrap();
        transaction.clear(DEFAULT, b"new").unwrap();
        transaction.commit().unwrap();
        assert!(contents(&*database) == whole, "{} is otherwise after a change", sample.display());
    }
}

/// What a build of before says of a later format: the sample is given a number that this build does not know.
#[test]
fn a_newer_format_is_refused_by_every_way_in_and_nothing_is_changed() {
    for sample in samples() {
        let disk = unpack(&sample);
        let file = Path::new(&disk.path()).join("PLINTH");
        let text = fs::read_to_string(&file).unwrap();
        let number: u32 = text.lines().next().unwrap().strip_prefix("plinth format ").unwrap().parse().unwrap();
        fs::write(&file, text.replacen(&number.to_string(), "4000000000", 1)).unwrap();
        let before = files(Path::new(&disk.path()));
        let exclusive = DatabaseOptions { exclusive: true, ..DatabaseOptions::default() };
        for options in [DatabaseOptions::default(), exclusive, read_only()] {
            let refused = plinth_engine::open(&disk.path(), options).err().unwrap();
            assert_eq!(refused.code().number(), NEWER_FORMAT);
            assert!(format!("{refused:?}").contains("4000000000"), "{refused:?}");
        }
        assert_eq!(code(plinth_engine::repair(&disk.path())), NEWER_FORMAT);
        assert!(files(Path::new(&disk.path())) == before, "{} was changed", sample.display());
        fs::write(&file, text).unwrap();
        assert!(contents(&*disk.open()) == expected(&sample));
    }
}

/// The log of a sample is needed and is guarded: without it, or without its last commits, the database says so.
#[test]
fn the_log_of_a_sample_is_missed() {
    for sample in samples() {
        let disk = unpack(&sample);
        let is_log = |name: &&String| Path::new(name).extension().is_some_and(|extension| extension == "log");
        let held = files(&sample);
        let log = held.keys().filter(is_log).max().unwrap();
        let path = Path::new(&disk.path()).join(log);
        let length = held[log].len();
        assert!(length > 0);
        fs::write(&path, &held[log][..length / 2]).unwrap();
        assert_eq!(code(plinth_engine::open(&disk.path(), DatabaseOptions::default())), 9021);
    }
}

/// Commits one transaction.
fn commit(database: &dyn Database, write: impl Fn(&dyn plinth_api::Transaction)) {
    let transaction = database.begin().unwrap();
    write(&*transaction);
    transaction.commit().unwrap();
}

/// A life of the sample that ends in order: tables of three keyspaces, one of them dropped.
fn first_life(database: &dyn Database) {
    let second = database.open_keyspace("second").unwrap().id;
    let gone = database.open_keyspace("gone").unwrap().id;
    database.open_keyspace("empty").unwrap();
    commit(database, |transaction| {
        for number in 0..600_u32 {
            let value = "a value that compresses ".repeat((number % 7) as usize);
            transaction.set(DEFAULT, format!("key/{number:04}").as_bytes(), value.as_bytes()).unwrap();
            transaction.set(second, &number.to_be_bytes(), &number.to_le_bytes()).unwrap();
        }
        transaction.set(DEFAULT, b"", b"the empty key").unwrap();
        transaction.set(DEFAULT, &[0, 0xfe, 0, 0xff], &[0; 300]).unwrap();
        transaction.set(gone, b"lost", b"").unwrap();
    });
    database.drop_keyspace("gone").unwrap();
}

/// A second one: a range tombstone, atomic operations and versionstamps.
fn second_life(database: &dyn Database) {
    let second = database.open_keyspace("second").unwrap().id;
    commit(database, |transaction| {
        transaction.clear_range(DEFAULT, b"key/0100", b"key/0400").unwrap();
        transaction.set(DEFAULT, b"key/0200", b"again").unwrap();
        transaction.clear(second, &7_u32.to_be_bytes()).unwrap();
    });
    for number in 0..4_u8 {
        commit(database, |transaction| {
            transaction.atomic_op(DEFAULT, Mutation::Add, b"atomic/add", &[number, 1, 0, 0]).unwrap();
            transaction.atomic_op(DEFAULT, Mutation::ByteMax, b"atomic/max", &[number; 3]).unwrap();
            transaction.atomic_op(DEFAULT, Mutation::AppendIfFits, b"atomic/append", &[number]).unwrap();
            let key = [&b"stamped/"[..], &[0; 10], &8_u32.to_le_bytes()].concat();
            transaction.atomic_op(DEFAULT, Mutation::SetVersionstampedKey, &key, &[number]).unwrap();
            let value = [&[number][..], &[0; 10], &1_u32.to_le_bytes()].concat();
            transaction.atomic_op(DEFAULT, Mutation::SetVersionstampedValue, b"stamp", &value).unwrap();
        });
    }
}

/// A third one, all of which is in the log when the files are copied.
fn third_life(database: &dyn Database) {
    let second = database.open_keyspace("second").unwrap().id;
    commit(database, |transaction| {
        transaction.clear_range(second, &100_u32.to_be_bytes(), &500_u32.to_be_bytes()).unwrap();
        transaction.set(second, b"log", b"only in the log").unwrap();
    });
    put(database, b"log", b"only in the log");
    put(database, b"last", b"the last commit");
}

/// Writes a sample where PLINTH_SAMPLE says, as `kill -9` would leave it. Run by hand for a new format.
#[test]
#[ignore = "writes a sample; the file's head says how"]
fn write_a_sample() {
    let to = std::env::var("PLINTH_SAMPLE").expect("PLINTH_SAMPLE names a new directory");
    // Tests run in the package's directory, names are given from that of the repository.
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(to);
    let disk = Disk::new();
    for life in [first_life, second_life] {
        let database = disk.open();
        life(&*database);
        database.close().unwrap();
    }
    let database = disk.open();
    third_life(&*database);
    fs::create_dir(&to).unwrap();
    for (name, bytes) in files(Path::new(&disk.path())) {
        fs::write(to.join(name), bytes).unwrap();
    }
    fs::write(to.join(EXPECTED), contents(&*database)).unwrap();
}
