//! Checkpoints.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use plinth_api::{Code, DatabaseOptions};

use crate::common::{code, look, put, put_in, Disk};
use crate::writers::Writers;

#[test]
fn holds_all_commits_up_to_its_version_and_none_later_while_threads_write() {
    let disk = Disk::new();
    let database = disk.open();
    let writers = Writers::begin(&database, 4);
    let mut made = Vec::new();
    for round in 0..6 {
        std::thread::sleep(Duration::from_millis(100));
        let before = put(&*database, b"~round", format!("{round}").as_bytes());
        let path = disk.at(&format!("checkpoint {round}"));
        let version = database.checkpoint(&path, &()).unwrap();
        assert!(version >= before, "it has what was acknowledged before the call");
        let name = format!("{}.partial", path);
        assert!(!Path::new(&name).exists(), "{name} is left");
        made.push((path, version, round));
    }
    // So that the last one has something that it must not hold.
    std::thread::sleep(Duration::from_millis(50));
    let log = writers.end();
    for (path, version, round) in made {
        assert!(log.later(version) > 0);
        let read_only = DatabaseOptions { read_only: true, ..DatabaseOptions::default() };
        let copy = plinth_engine::open(&path, read_only).unwrap();
        assert_eq!(look(&*copy, b"~round"), Some(format!("{round}").into_bytes()));
        drop(copy);
        log.check(&path, version);
    }
}

#[test]
fn is_a_database_of_its_own_that_shares_the_tables() {
    let disk = Disk::new();
    let database = disk.open();
    let second = database.open_keyspace("second").unwrap().id;
    put(&*database, b"key", &[7; 90_000]);
    put_in(&*database, second, b"key", b"second");
    let path = disk.at("checkpoint");
    let version = database.checkpoint(&path, &()).unwrap();
    let identity = |path: &str| fs::read_to_string(Path::new(path).join("PLINTH")).unwrap();
    assert_ne!(identity(&path), identity(&disk.path()));
    let shared = fs::read_dir(&path).unwrap().filter(|entry| {
        let entry = entry.as_ref().unwrap();
        entry.path().extension().is_some_and(|it| it == "sst") && disk_has(&disk.path(), &entry.path())
    });
    assert!(shared.count() > 0);
    let copy = plinth_engine::open(&path, DatabaseOptions::default()).unwrap();
    assert_eq!(look(&*copy, b"key").unwrap().len(), 90_000);
    assert_eq!(copy.find_keyspace("second").unwrap().map(|keyspace| keyspace.id), Some(second));
    // Each goes its own way.
    assert!(put(&*copy, b"key", b"copy") > version);
    put(&*database, b"key", b"origin");
    assert_eq!((look(&*copy, b"key"), look(&*database, b"key")), (Some(b"copy".to_vec()), Some(b"origin".to_vec())));
    assert_ne!(copy.open_keyspace("third").unwrap().id, second);
}

fn disk_has(path: &str, table: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let number = fs::metadata(table).unwrap().ino();
    fs::read_dir(path).unwrap().any(|entry| entry.unwrap().metadata().unwrap().ino() == number)
}

#[test]
fn a_target_that_exists_is_refused_and_stays() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"value");
    let path = disk.at("target");
    fs::write(&path, "mine").unwrap();
    assert_eq!(code(database.checkpoint(&path, &())), 9024);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let path = disk.at("directory");
    fs::create_dir(&path).unwrap();
    assert_eq!(code(database.checkpoint(&path, &())), 9024);
    let path = disk.at("other");
    fs::create_dir_all(format!("{path}.partial")).unwrap();
    fs::write(format!("{path}.partial/mine"), "mine").unwrap();
    let error = database.checkpoint(&path, &()).unwrap_err();
    assert_eq!((error.code().number(), error.story().contains("other.partial")), (9024, true), "{error}");
    assert_eq!(fs::read_to_string(format!("{path}.partial/mine")).unwrap(), "mine");
    assert_eq!(code(database.checkpoint(&format!("{}/inside", disk.path()), &())), 9001);
    assert_eq!(code(database.checkpoint(&disk.at("no/parent"), &())), 1511);
    assert_eq!(code(database.checkpoint("", &())), 9001);
    assert_eq!(code(database.checkpoint(":memory:", &())), 9001);
}

#[test]
fn what_a_killed_one_left_is_removed_by_the_next() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"value");
    let path = disk.at("target");
    fs::create_dir_all(format!("{path}.partial/whole")).unwrap();
    fs::write(format!("{path}.partial/PLINTH-PARTIAL"), "").unwrap();
    fs::write(format!("{path}.partial/whole/000007.sst"), "half").unwrap();
    database.checkpoint(&path, &()).unwrap();
    assert!(!Path::new(&path).join("000007.sst").exists());
    let copy = plinth_engine::open(&path, DatabaseOptions::default()).unwrap();
    assert_eq!(look(&*copy, b"key"), Some(b"value".to_vec()));
}

#[test]
fn cancelled_at_any_step_it_leaves_nothing() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"value");
    let mut steps = 0;
    for last in 0.. {
        let path = disk.at(&format!("target {last}"));
        let told = AtomicU64::new(0);
        let outcome = database.checkpoint(&path, &|done, total| {
            assert!(done <= total && total > 0, "{done} of {total}");
            told.fetch_add(1, Ordering::SeqCst) < last
        });
        let names = || fs::read_dir(disk.at("")).unwrap().map(|entry| entry.unwrap().file_name());
        match outcome {
            Ok(_) => break,
            Err(error) => assert_eq!(error.code(), Code::OPERATION_CANCELLED),
        }
        assert_eq!(names().collect::<Vec<_>>(), ["database"]);
        steps += 1;
    }
    assert!(steps >= 2, "there are a first step and a last one at least");
}

#[test]
fn in_memory_read_only_and_closed_databases_say_why_not() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"value");
    database.close().unwrap();
    assert_eq!(code(database.checkpoint(&disk.at("target"), &())), 9003);
    let read_only = disk.open_with(DatabaseOptions { read_only: true, ..DatabaseOptions::default() });
    assert_eq!(code(read_only.checkpoint(&disk.at("target"), &())), 9022);
    let memory = crate::common::memory();
    let error = memory.checkpoint(&disk.at("target"), &()).unwrap_err();
    assert_eq!((error.code().number(), error.story().contains("memory")), (2108, true), "{error}");
}

#[test]
fn a_second_one_at_the_same_time_is_refused_and_a_close_in_the_callback_ends_the_first() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"value");
    let outcome = database.checkpoint(&disk.at("target"), &|_, _| {
        assert_eq!(code(database.checkpoint(&disk.at("second"), &())), 9023);
        // It may use the database.
        put(&*database, b"key", b"in the callback");
        true
    });
    outcome.unwrap();
    let outcome = database.checkpoint(&disk.at("third"), &|_, _| {
        database.close().unwrap();
        true
    });
    assert_eq!(code(outcome), 9003);
    assert!(!Path::new(&disk.at("third")).exists());
    let database = disk.open();
    assert_eq!(look(&*database, b"key"), Some(b"in the callback".to_vec()));
}

#[test]
fn another_handle_of_the_process_has_its_host_do_it() {
    let disk = Disk::new();
    let (host, other) = (disk.open(), disk.open());
    let before = put(&*host, b"key", b"value");
    assert!(!other.is_host());
    assert!(other.checkpoint(&disk.at("target"), &()).unwrap() >= before);
}
