//! Backups.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use plinth_api::DatabaseOptions;
use plinth_engine::{backups, delete_backup, keep_backups, restore_backup, verify_backup};

use crate::common::{code, look, memory, put, Disk};
use crate::writers::Writers;

/// The files of a directory and of those in it, with their lengths.
fn files(path: &str) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut left = vec![PathBuf::from(path)];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => left.push(entry.path()),
                false => drop(found.insert(entry.path(), entry.metadata().unwrap().len())),
            }
        }
    }
    found
}

#[test]
fn each_generation_restores_to_its_version_while_threads_write() {
    let disk = Disk::new();
    let to = disk.at("backups");
    let database = disk.open();
    let writers = Writers::begin(&database, 4);
    let mut made = Vec::new();
    for round in 0..5 {
        std::thread::sleep(Duration::from_millis(80));
        let before = put(&*database, b"~round", format!("{round}").as_bytes());
        let backup = database.backup(&to, &()).unwrap();
        assert!(backup.version >= before && backup.number == round + 1 && backup.files > 0, "{backup:?}");
        made.push(backup);
    }
    let log = writers.end();
    assert_eq!(backups(&to).unwrap(), made);
    assert!(!Path::new(&disk.path()).join("UPKEEP").exists());
    for backup in &made {
        assert_eq!(verify_backup(&to, backup.number, &()).unwrap(), *backup);
        let path = disk.at(&format!("restored {}", backup.number));
        assert_eq!(restore_backup(&to, backup.number, &path, &()).unwrap(), *backup);
        log.check(&path, backup.version);
    }
    assert_eq!(verify_backup(&to, 0, &()).unwrap(), made[4]);
    // The versions of a restored database are above all that the origin can have given out.
    let restored = plinth_engine::open(&disk.at("restored 1"), DatabaseOptions::default()).unwrap();
    assert!(restored.begin().unwrap().read_version().unwrap() > put(&*database, b"~", b""));
}

#[test]
fn generations_share_files_and_the_last_one_that_has_a_file_takes_it_along() {
    let disk = Disk::new();
    let to = disk.at("backups");
    let database = disk.open();
    let mut value = [0; 90_000];
    for number in 0..40_u32 {
        fastrand::fill(&mut value);
        put(&*database, &number.to_be_bytes(), &value);
    }
    database.compact(None, &()).unwrap();
    let first = database.backup(&to, &()).unwrap();
    let one: u64 = files(&to).values().sum();
    assert!(one > 40 * 90_000);
    put(&*database, b"key", b"value");
    let second = database.backup(&to, &()).unwrap();
    let both: u64 = files(&to).values().sum();
    assert!(both < one + one / 10 && second.bytes > one / 2, "{both} after {one}");
    delete_backup(&to, first.number).unwrap();
    assert_eq!(backups(&to).unwrap(), [second]);
    verify_backup(&to, second.number, &()).unwrap();
    delete_backup(&to, second.number).unwrap();
    assert!(files(&to).values().sum::<u64>() < 1_000, "{:?}", files(&to));
    // No number is given twice.
    assert_eq!(database.backup(&to, &()).unwrap().number, 3);
    for _ in 0..3 {
        database.backup(&to, &()).unwrap();
    }
    keep_backups(&to, 2).unwrap();
    assert_eq!(backups(&to).unwrap().iter().map(|backup| backup.number).collect::<Vec<_>>(), [5, 6]);
    assert_eq!(code(keep_backups(&to, 0)), 9001);
    assert_eq!(code(delete_backup(&to, 4)), 9026);
    assert_eq!(code(verify_backup(&to, 4, &())), 9026);
}

/// Tables are told apart by what is in them, so that two databases of one origin don't take each other's.
#[test]
fn databases_that_went_different_ways_share_a_directory_of_backups() {
    let disk = Disk::new();
    let to = disk.at("backups");
    let origin = disk.open();
    put(&*origin, b"key", b"both");
    let copy = disk.at("copy");
    origin.checkpoint(&copy, &()).unwrap();
    let copy = plinth_engine::open(&copy, DatabaseOptions::default()).unwrap();
    for round in 0..4 {
        put(&*origin, b"key", format!("origin {round}").as_bytes());
        put(&*copy, b"key", format!("copied {round}").as_bytes());
        origin.backup(&to, &()).unwrap();
        copy.backup(&to, &()).unwrap();
    }
    for number in 1..=8 {
        verify_backup(&to, number, &()).unwrap();
        let path = disk.at(&format!("restored {number}"));
        restore_backup(&to, number, &path, &()).unwrap();
        let restored = plinth_engine::open(&path, DatabaseOptions::default()).unwrap();
        let who = if number % 2 == 1 { "origin" } else { "copied" };
        assert_eq!(look(&*restored, b"key"), Some(format!("{who} {}", (number - 1) / 2).into_bytes()));
    }
}

#[test]
fn every_flipped_bit_and_every_file_that_is_missing_is_found() {
    let disk = Disk::new();
    let to = disk.at("backups");
    let database = disk.open();
    for number in 0..50_u32 {
        put(&*database, &number.to_be_bytes(), b"value");
    }
    let backup = database.backup(&to, &()).unwrap();
    let (seed, target) = (fastrand::u64(..), disk.at("target"));
    println!("seed {seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    for (path, length) in files(&to) {
        if path.ends_with("LOCK") || length == 0 {
            continue;
        }
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        let bit = rng.usize(..damaged.len() * 8);
        damaged[bit / 8] ^= 1 << (bit % 8);
        for contents in [Some(&damaged[..]), Some(&whole[..whole.len() - 1]), None] {
            match contents {
                Some(contents) => fs::write(&path, contents).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let found = code(verify_backup(&to, 1, &()));
            assert!([9027, 9026, 9025, 9008].contains(&found), "{path:?} bit {bit}: {found}");
            assert_ne!(code(restore_backup(&to, 1, &target, &())), 0);
            assert!(!Path::new(&target).exists() && !Path::new(&format!("{target}.partial")).exists());
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(verify_backup(&to, 1, &()).unwrap(), backup);
}

#[test]
fn a_description_that_is_damaged_takes_no_files_with_it_and_others_can_be_added() {
    let disk = Disk::new();
    let to = disk.at("backups");
    let database = disk.open();
    put(&*database, b"key", b"first");
    database.backup(&to, &()).unwrap();
    let description = format!("{to}/generation-00000001");
    let whole = fs::read(&description).unwrap();
    fs::write(&description, &whole[1..]).unwrap();
    put(&*database, b"key", b"second");
    database.compact(None, &()).unwrap();
    database.backup(&to, &()).unwrap();
    let listed = backups(&to).unwrap();
    assert_eq!((listed.len(), listed[0].damaged, listed[1].damaged), (2, true, false));
    keep_backups(&to, 1).unwrap();
    fs::write(&description, &whole).unwrap();
    verify_backup(&to, 1, &()).unwrap();
    restore_backup(&to, 1, &disk.at("restored"), &()).unwrap();
}

/// A file of a generation that can't be read is brought anew, and is not what a call that is cut short made.
#[test]
fn one_that_is_cancelled_takes_no_file_of_a_damaged_description_with_it() {
    let disk = Disk::new();
    let to = disk.at("backups");
    let database = disk.open();
    put(&*database, b"key", b"value");
    database.compact(None, &()).unwrap();
    database.backup(&to, &()).unwrap();
    let description = format!("{to}/generation-00000001");
    let whole = fs::read(&description).unwrap();
    fs::write(&description, &whole[1..]).unwrap();
    for last in 0.. {
        let told = AtomicU64::new(0);
        let made = database.backup(&to, &|_, _| told.fetch_add(1, Ordering::SeqCst) < last);
        fs::write(&description, &whole).unwrap();
        verify_backup(&to, 1, &()).unwrap();
        fs::write(&description, &whole[1..]).unwrap();
        match code(made) {
            0 => return assert!(last >= 2),
            found => assert_eq!(found, 1101),
        }
    }
}

#[test]
fn cancelled_at_any_step_each_leaves_what_was_there() {
    let disk = Disk::new();
    let (to, target) = (disk.at("backups"), disk.at("target"));
    let database = disk.open();
    put(&*database, b"key", b"value");
    database.backup(&to, &()).unwrap();
    let before = files(&to);
    let cancel = |run: &dyn Fn(&dyn plinth_api::Progress) -> i32| {
        for last in 0.. {
            put(&*database, b"key", &[1; 1_000]);
            let told = AtomicU64::new(0);
            match run(&|_, _| told.fetch_add(1, Ordering::SeqCst) < last) {
                0 => return assert!(last >= 2),
                found => assert_eq!(found, 1101),
            }
            assert_eq!(files(&to), before);
            assert!(!Path::new(&target).exists() && !Path::new(&disk.path()).join("UPKEEP").exists());
        }
    };
    cancel(&|progress| code(verify_backup(&to, 1, progress)));
    cancel(&|progress| code(restore_backup(&to, 1, &target, progress)));
    fs::remove_dir_all(&target).unwrap();
    cancel(&|progress| code(database.backup(&to, progress)));
    assert_eq!(backups(&to).unwrap().len(), 2);
}

#[test]
fn what_is_no_directory_of_backups_is_refused_and_stays() {
    let disk = Disk::new();
    let database = disk.open();
    put(&*database, b"key", b"value");
    let other = disk.at("other");
    fs::create_dir(&other).unwrap();
    fs::write(format!("{other}/mine"), "mine").unwrap();
    assert_eq!(code(database.backup(&other, &())), 9025);
    assert_eq!(code(backups(&other)), 9025);
    assert_eq!(fs::read_to_string(format!("{other}/mine")).unwrap(), "mine");
    assert_eq!(code(backups(&disk.at("nothing"))), 9025);
    // Names that a directory of backups has too do not make it one.
    for theirs in ["theirs/files/mine", "parts/mine.partial"] {
        let file = disk.at(theirs);
        let directory = disk.at(theirs.split('/').next().unwrap());
        fs::create_dir_all(Path::new(&file).parent().unwrap()).unwrap();
        fs::write(&file, "mine").unwrap();
        assert_eq!(code(database.backup(&directory, &())), 9025, "{theirs}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }
    assert_eq!(code(database.backup(&disk.path(), &())), 9025);
    assert_eq!(code(database.backup(&format!("{}/inside", disk.path()), &())), 9001);
    let to = disk.at("backups");
    database.backup(&to, &()).unwrap();
    assert_eq!(code(restore_backup(&to, 0, &disk.path(), &())), 9024);
    // What others put there stays: a restore into it has such a directory for a while.
    let theirs = format!("{to}/restored.partial");
    fs::create_dir(&theirs).unwrap();
    database.backup(&to, &()).unwrap();
    delete_backup(&to, 2).unwrap();
    assert!(Path::new(&theirs).is_dir());
    let identity = fs::read_to_string(format!("{to}/PLINTH-BACKUPS")).unwrap();
    fs::write(format!("{to}/PLINTH-BACKUPS"), identity.replace("format 1", "format 2")).unwrap();
    assert_eq!((code(backups(&to)), code(database.backup(&to, &()))), (9008, 9008));
    assert_eq!(code(memory().backup(&disk.at("memory"), &())), 2108);
    database.close().unwrap();
    let read_only = disk.open_with(DatabaseOptions { read_only: true, ..DatabaseOptions::default() });
    assert_eq!(code(read_only.backup(&disk.at("new"), &())), 9022);
    assert!(!Path::new(&disk.at("new")).exists() && !Path::new(&disk.at("memory")).exists());
}
