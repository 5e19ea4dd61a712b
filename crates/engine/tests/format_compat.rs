//! Databases that earlier builds wrote are read by this one.
//!
//! `data/format-N` is a database of format N as it lay on disk in mid-life: two commits and a
//! keyspace in files of their own, a later commit only in the log. A format is never rewritten
//! here; a new one gets a directory of its own.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use common::{look, put, read_meta, Disk, DEFAULT};

/// The version of the last commit in `data/format-1`.
const LAST_VERSION_OF_FORMAT_1: i64 = 1_600_000_043;

fn unpack(format: &str, disk: &Disk) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(format);
    fs::create_dir(disk.path()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), Path::new(&disk.path()).join(entry.file_name())).unwrap();
    }
}

#[test]
fn format_1_is_read_and_goes_on() {
    let disk = Disk::new();
    unpack("format-1", &disk);
    let database = disk.open();
    assert_eq!(look(&*database, b"alpha").as_deref(), Some(&b"1"[..]));
    assert_eq!(look(&*database, b"empty").as_deref(), Some(&b""[..]));
    assert_eq!(look(&*database, b"log").as_deref(), Some(&b"only in the log"[..]));
    assert_eq!(database.list_keyspaces().unwrap().iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["default", "second"]);
    let second = database.open_keyspace("second").unwrap();
    assert_ne!(second.id, DEFAULT);
    let value = database.begin().unwrap().get(second.id, b"alpha", false).unwrap();
    assert_eq!(value.as_deref(), Some(&b"other"[..]));
    // VER-11: versions go on above those of the life that wrote it.
    assert!(put(&*database, b"new", b"value") > LAST_VERSION_OF_FORMAT_1);
}

#[test]
fn keyspaces_that_were_written_without_numbers_get_them_and_keep_them() {
    let disk = Disk::new();
    unpack("format-1", &disk);
    assert_eq!(read_meta(&disk.path(), "keyspace/second"), None);
    let database = disk.open();
    let second = database.find_keyspace("second").unwrap().unwrap().id;
    let first = database.open_keyspace("first").unwrap().id;
    database.close().unwrap();
    drop(database);
    assert_eq!(read_meta(&disk.path(), "keyspace/second"), Some(second));
    assert_eq!(read_meta(&disk.path(), "keyspace/first"), Some(first));
    let database = disk.open();
    assert_eq!(database.find_keyspace("second").unwrap().unwrap().id, second);
    assert_eq!(database.find_keyspace("first").unwrap().unwrap().id, first);
    let value = database.begin().unwrap().get(second, b"alpha", false).unwrap();
    assert_eq!(value.as_deref(), Some(&b"other"[..]));
}
