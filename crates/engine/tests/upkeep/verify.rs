//! A look at all that is stored.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use plinth_api::{Database, DatabaseOptions, Durability};

use crate::common::{code, put, put_in, write_meta, Disk};
use crate::writers::{state_of, Writers};

fn read_only() -> DatabaseOptions {
    DatabaseOptions { read_only: true, ..DatabaseOptions::default() }
}

/// A closed database of several tables, logs and keyspaces.
fn closed() -> Disk {
    let disk = Disk::new();
    for life in 0..3_u32 {
        let database = disk.open_with(DatabaseOptions { durability: Durability::Buffered, ..Default::default() });
        let second = database.open_keyspace("second").unwrap().id;
        for number in 0..300_u32 {
            put(&*database, &number.to_be_bytes(), &life.to_be_bytes().repeat(100));
            put_in(&*database, second, &(number + life * 1000).to_be_bytes(), b"value");
        }
        database.close().unwrap();
    }
    disk
}

fn tables(path: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut tables: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "sst")).collect();
    tables.sort();
    tables
}

fn flip(path: &PathBuf, bit: u64) {
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).unwrap();
    file.write_all_at(&[byte[0] ^ (1 << (bit % 8))], bit / 8).unwrap();
}

#[test]
fn counts_what_there_is_and_finds_nothing_while_threads_write() {
    let disk = closed();
    let database = disk.open();
    let writers = Writers::begin(&database, 3);
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(50));
        let found = database.verify(&()).unwrap();
        assert!(found.version > 0 && found.files > 0 && found.file_bytes > 0, "{found:?}");
    }
    writers.end();
    let found = database.verify(&()).unwrap();
    // The numbers from ~ on in the first byte are none.
    assert_eq!((found.keys as usize, found.keyspaces), (state_of(&*database).len(), 2), "{found:?}");
    database.close().unwrap();
    let again = disk.open_with(read_only());
    let closed = again.verify(&()).unwrap();
    assert_eq!((closed.keys, closed.bytes, closed.version), (found.keys, found.bytes, found.version));
}

#[test]
fn every_flipped_bit_of_a_table_is_found_and_the_file_is_named() {
    let disk = closed();
    let seed = crate::common::number("PLINTH_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("PLINTH_SEED={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    // So that no compaction takes the tables away meanwhile.
    let database = disk.open_with(read_only());
    database.verify(&()).unwrap();
    let tables = tables(&disk.path());
    assert!(tables.len() >= 2, "{tables:?}");
    for table in &tables {
        let bits = fs::metadata(table).unwrap().len() * 8;
        for _ in 0..12 {
            let bit = rng.u64(..bits);
            flip(table, bit);
            let error = database.verify(&()).err().unwrap_or_else(|| panic!("{table:?} bit {bit}, seed {seed}"));
            flip(table, bit);
            let name = table.file_name().unwrap().to_str().unwrap();
            assert!(error.code().number() == 1522 && error.story().contains(name), "{error} bit {bit}, seed {seed}");
        }
    }
    database.verify(&()).unwrap();
}

#[test]
fn a_table_that_is_cut_short_or_gone_is_found() {
    let disk = closed();
    let database = disk.open_with(read_only());
    database.verify(&()).unwrap();
    let table = &tables(&disk.path())[0];
    let whole = fs::read(table).unwrap();
    fs::write(table, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(code(database.verify(&())), 1522);
    fs::remove_file(table).unwrap();
    assert_eq!(code(database.verify(&())), 1522);
    fs::write(table, &whole).unwrap();
    database.verify(&()).unwrap();
}

#[test]
fn notes_of_the_engine_that_make_no_sense_are_found() {
    for (key, value) in
        [("version", &b"1234567"[..]), ("version", &[0x7f; 8]), ("next keyspace", b"x"), ("keyspace/a", b"x")]
    {
        let disk = closed();
        write_meta(&disk.path(), key, Some(value));
        let found = plinth_engine::open(&disk.path(), read_only()).and_then(|database| database.verify(&()));
        assert_eq!(code(found), 1522, "{key}");
    }
}

#[test]
fn acknowledged_commits_that_are_missing_are_found() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"value");
    let checkpoint = disk.at("checkpoint");
    database.checkpoint(&checkpoint, &()).unwrap();
    put(&*database, b"key", b"later");
    database.close().unwrap();
    let copy = || plinth_engine::open(&checkpoint, read_only()).unwrap();
    copy().verify(&()).unwrap();
    // As if the copy had been made by hand, without the newest log.
    fs::copy(format!("{}/WATERMARK", disk.path()), format!("{checkpoint}/WATERMARK")).unwrap();
    assert_eq!(code(copy().verify(&())), 9021);
}

#[test]
fn it_can_be_cancelled_and_says_how_far_it_is() {
    let disk = closed();
    let database = disk.open();
    let last = AtomicU64::new(0);
    let note = |done, total| {
        assert!(done <= total);
        last.fetch_max(done, Ordering::SeqCst);
        true
    };
    database.verify(&note).unwrap();
    assert!(last.load(Ordering::SeqCst) > 0);
    for steps in 0..2 {
        let told = AtomicU64::new(0);
        let outcome = database.verify(&|_, _| told.fetch_add(1, Ordering::SeqCst) < steps);
        assert_eq!(code(outcome), 1101);
    }
    database.verify(&()).unwrap();
    assert_eq!(code(crate::common::memory().verify(&())), 2108);
    let closing: &dyn Database = &*database;
    closing.close().unwrap();
    assert_eq!(code(closing.verify(&())), 9003);
}
