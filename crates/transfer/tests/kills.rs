//! A load that is killed at any moment goes on where it was; a guest's dump is as good as the host's.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{code, seed};
use fastrand::Rng;
use plinth_api::{Code, Database, DatabaseOptions};
use plinth_transfer::{check_file, dump, dump_to_file, load, DumpOptions, LoadOptions, UNFINISHED};
use rustix::process::{getpid, kill_process, Signal};

const JOB: &str = "PLINTH_TRANSFER_JOB";

/// What a worker does: a word, the database, the dump, and when it is killed: once so many bytes of the dump were
/// read or written.
fn worker_with(job: &str, database: &str, dump: &Path, kill: Option<u64>) -> Option<i32> {
    let kill = kill.map_or_else(String::new, |kill| kill.to_string());
    let job = format!("{job}\n{database}\n{}\n{kill}", dump.display());
    let program = std::env::current_exe().unwrap();
    let mut worker = Command::new(program);
    worker.args(["--ignored", "--exact", "worker", "--nocapture", "--test-threads", "1"]).env(JOB, job);
    worker.output().unwrap().status.code()
}

#[test]
#[ignore = "what the other tests run as processes"]
fn worker() {
    let Ok(job) = std::env::var(JOB) else { return };
    let parts: Vec<&str> = job.split('\n').collect();
    let at = Arc::new(AtomicU64::new(0));
    if let Ok(kill) = parts[3].parse::<u64>() {
        // Another thread, so that it is in the middle of whatever is done then.
        let at = at.clone();
        std::thread::spawn(move || {
            while at.load(Ordering::SeqCst) < kill {
                std::thread::yield_now();
            }
            let _ = kill_process(getpid(), Signal::KILL);
        });
    }
    let database = plinth_engine::open(parts[1], DatabaseOptions::default()).unwrap();
    match parts[0] {
        "load" => {
            let mut file = Counted(File::open(parts[2]).unwrap(), at);
            load(&*database, &mut file, 0, LoadOptions::default(), &()).unwrap();
        }
        "dump" => {
            assert!(!database.is_host());
            let mut file = Counted(File::create(parts[2]).unwrap(), at);
            dump(&*database, &mut file, DumpOptions::default(), &()).unwrap();
        }
        other => panic!("{other}"),
    }
}

/// Counts the bytes that go through.
struct Counted(File, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::SeqCst);
        Ok(read)
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.fetch_add(written as u64, Ordering::SeqCst);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn filled(rng: &mut Rng, path: &str, megabytes: usize) -> Arc<dyn Database> {
    let database = plinth_engine::open(path, DatabaseOptions::default()).unwrap();
    let keyspaces = ["default", "other"].map(|name| database.open_keyspace(name).unwrap().id);
    for _ in 0..megabytes {
        let transaction = database.begin().unwrap();
        let mut bytes = 0;
        while bytes < 1 << 20 {
            let (key, value) = (rng.u64(..).to_be_bytes(), common::bytes(rng, 3_000));
            if key[0] == 0xff {
                continue;
            }
            bytes += 8 + value.len();
            transaction.set(keyspaces[rng.usize(..2)], &key, &value).unwrap();
        }
        transaction.commit().unwrap();
    }
    database
}

#[test]
fn a_load_that_is_killed_goes_on_where_it_was() {
    let mut rng = Rng::with_seed(seed());
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let from = filled(&mut rng, at("from").to_str().unwrap(), 24);
    let dump = at("dump");
    let dumped = dump_to_file(&*from, &dump, DumpOptions::default(), &()).unwrap();
    let target = at("to").to_str().unwrap().to_owned();
    let (mut kills, mut unfinished, mut last) = (0, 0, 0);
    loop {
        // Less and less often, so that it comes to its end.
        let kill = (kills < 12).then(|| rng.u64(..dumped.stream_bytes));
        let ended = worker_with("load", &target, &dump, kill);
        if ended == Some(0) {
            break;
        }
        assert!(ended.is_none(), "it was killed and did not fail: {ended:?}");
        kills += 1;
        let database = plinth_engine::open(&target, DatabaseOptions::default()).unwrap();
        let Some(mark) = database.find_keyspace(UNFINISHED).unwrap() else {
            // Killed before it began, or after all was done.
            if !common::contents(&*database)["default"].is_empty() {
                break;
            }
            continue;
        };
        let value = database.begin().unwrap().get(mark.id, b"load", false).unwrap();
        let pairs = value.map_or(0, |value| u64::from_le_bytes(value[12..20].try_into().unwrap()));
        assert!(pairs >= last, "what was loaded is there");
        (unfinished, last) = (unfinished + 1, pairs);
    }
    println!("{kills} kills, {unfinished} in the middle");
    assert!(unfinished > 0, "no kill was in the middle");
    let again = at("again");
    // One that is repeated although it was finished has nothing to do, as if it had been killed before it told so.
    assert_eq!(worker_with("load", &target, &dump, None), Some(0));
    let to = plinth_engine::open(&target, DatabaseOptions::default()).unwrap();
    assert!(to.find_keyspace(UNFINISHED).unwrap().is_none());
    let loaded = dump_to_file(&*to, &again, DumpOptions::default(), &()).unwrap();
    assert_eq!((loaded.checksum, loaded.pairs, loaded.bytes), (dumped.checksum, dumped.pairs, dumped.bytes));
    assert!(loaded.version > dumped.version);
}

#[test]
fn a_guest_in_another_process_dumps_what_the_host_has() {
    let mut rng = Rng::with_seed(seed());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("database").display().to_string();
    let database = filled(&mut rng, &path, 6);
    let (own, other) = (dir.path().join("own"), dir.path().join("other"));
    let dumped = dump_to_file(&*database, &own, DumpOptions::default(), &()).unwrap();
    assert_eq!(worker_with("dump", &path, &other, None), Some(0));
    assert_eq!(check_file(&other, &()).unwrap().checksum, dumped.checksum);
    // One that is killed leaves no state held.
    let killed = dir.path().join("killed");
    for _ in 0..3 {
        let ended = worker_with("dump", &path, &killed, Some(rng.u64(..dumped.stream_bytes / 2)));
        assert!(ended.is_none() || check_file(&killed, &()).is_ok());
    }
    let until = Instant::now() + Duration::from_secs(20);
    while database.metrics().held_states > 0 {
        assert!(Instant::now() < until, "states are held for guests that have gone");
        std::thread::yield_now();
    }
    assert_eq!(code(check_file(&dir.path().join("nothing"), &())), Code::FILE_NOT_FOUND);
}
