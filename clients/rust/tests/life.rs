//! The life of a process: versions, options of the network, every way to end, what is left after it.
//! Each case is a test of its own process: the parent runs this file again with the child's name, on
//! a data directory that the parent chose.
mod common;

use common::*;
use foundationdb::api::{FdbApiBuilder, get_max_api_version};
use foundationdb::options::NetworkOption;
use foundationdb::{Database, FdbResult};
use futures::executor::block_on;
use futures::prelude::*;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory of one's own that goes when the test ends.
struct Data(PathBuf);

impl Data {
    fn new(name: &str) -> Data {
        let path = std::env::temp_dir().join(format!("plinth-life-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Data(path)
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn command(name: &str, data: &Path, argument: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("PLINTH_DATA", data).env("ARGUMENT", argument).stdin(Stdio::null());
    command
}

fn child(name: &str, data: &Data, argument: &str) -> Output {
    let output = command(name, &data.0, argument).output().unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
    assert!(output.status.success() && text.contains("1 passed"), "{name}: {:?}\n{text}", output.status);
    output
}

/// What a child printed after `word`.
fn said(output: &Output, word: &str) -> String {
    let text = String::from_utf8_lossy(&output.stdout).to_string();
    let line = text.lines().find_map(|line| line.split_once(word)).expect("the child says it");
    line.1.trim().to_string()
}

fn argument() -> String {
    std::env::var("ARGUMENT").expect("only as a child of its parent")
}

async fn write(db: &Database, key: &[u8], value: &[u8]) -> FdbResult<i64> {
    let trx = db.create_trx()?;
    trx.set(key, value);
    trx.commit().await?.committed_version()
}

async fn read(db: &Database, key: &[u8]) -> FdbResult<Option<Vec<u8>>> {
    Ok(db.create_trx()?.get(key, false).await?.map(|value| value.to_vec()))
}

#[test]
#[ignore = "a child"]
fn child_writes() {
    let network = unsafe { foundationdb::boot() };
    let db = Database::default().unwrap();
    let version = block_on(write(&db, b"k", argument().as_bytes())).unwrap();
    println!("\nversion: {version}");
    drop(db);
    drop(network);
}

#[test]
#[ignore = "a child"]
fn child_reads() {
    let network = unsafe { foundationdb::boot() };
    let db = Database::default().unwrap();
    let value = block_on(read(&db, b"k")).unwrap().unwrap();
    assert_eq!(value, argument().as_bytes());
    println!("\nversion: {}", block_on(db.create_trx().unwrap().get_read_version()).unwrap());
    drop(db);
    drop(network);
}

/// COM-8, VER-11: what was committed is there in the next process, and versions have grown.
#[test]
fn data_and_versions_outlive_the_process() {
    let data = Data::new("outlive");
    let mut last = 0;
    for i in 0..3 {
        for name in ["child_writes", "child_reads"] {
            let version: i64 = said(&child(name, &data, &format!("value {i}")), "version:").parse().unwrap();
            assert!(version > last);
            last = version;
        }
    }
}

#[test]
#[ignore = "a child"]
fn child_writes_until_killed() {
    let _network = unsafe { foundationdb::boot() };
    let db = Database::default().unwrap();
    for i in 0u64.. {
        block_on(write(&db, b"last", &i.to_le_bytes())).unwrap();
        println!("\ncommitted: {i}");
    }
}

#[test]
#[ignore = "a child"]
fn child_finds_the_last() {
    let network = unsafe { foundationdb::boot() };
    let db = Database::default().unwrap();
    let last = block_on(read(&db, b"last")).unwrap().unwrap();
    println!("\nlast: {}", u64::from_le_bytes(last[..].try_into().unwrap()));
    drop(db);
    drop(network);
}

/// COM-8: what a killed process committed is there.
#[test]
fn commits_survive_a_kill() {
    use std::io::BufRead;
    let data = Data::new("kill");
    let mut process = command("child_writes_until_killed", &data.0, "").stdout(Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let numbers = lines.filter_map(|line| line.strip_prefix("committed: ")?.parse::<u64>().ok());
    let acknowledged = numbers.take(50).last().unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let found: u64 = said(&child("child_finds_the_last", &data, ""), "last:").parse().unwrap();
    assert!(found >= acknowledged, "{acknowledged} acknowledged, {found} found");
}

#[test]
#[ignore = "a child"]
fn child_stops_with_pending_futures() {
    let network = unsafe { foundationdb::boot() };
    let db = Database::default().unwrap();
    let trx = db.create_trx().unwrap();
    let watches: Vec<_> = (0..200i32).map(|i| trx.watch(&i.to_be_bytes())).collect();
    block_on(trx.commit()).unwrap();
    let trx = db.create_trx().unwrap();
    let reads: Vec<_> = (0..200i32).map(|i| trx.get(&i.to_be_bytes(), false)).collect();
    drop(network);
    drop((watches, reads, trx, db));
}

/// FUT-13: after the network has stopped, everything can be dropped.
#[test]
fn stopping_with_pending_futures() {
    child("child_stops_with_pending_futures", &Data::new("pending"), "");
}

#[test]
#[ignore = "a child"]
fn child_stops_at_once() {
    drop(unsafe { foundationdb::boot() });
}

/// NET-2: a network may be stopped before it has done anything.
#[test]
fn stopping_at_once() {
    child("child_stops_at_once", &Data::new("at once"), "");
}

#[test]
#[ignore = "a child"]
fn child_uses_a_version() {
    let version: i32 = argument().parse().unwrap();
    let builder = FdbApiBuilder::default().set_runtime_version(version);
    let network = unsafe { builder.build().unwrap().boot().unwrap() };
    let db = Database::default().unwrap();
    block_on(async {
        write(&db, b"k", b"v").await.unwrap();
        let trx = db.create_trx().unwrap();
        let all = rows(&trx, between(b"", b"\xff"), false).await.unwrap();
        assert_eq!(all, [(b"k".to_vec(), b"v".to_vec())]);
        let before = trx.get_read_version().await.unwrap();
        assert!(before > 0);
        let special = db.create_trx().unwrap().get(b"\xff\xff/status/json", false).await.unwrap();
        assert!(special.is_some());
    });
    drop(db);
    drop(network);
}

/// AV-1: every version of the programs works with the header of 7.3.
#[test]
fn every_version() {
    for version in [510, 520, 600, 610, 620, 630, 700, 710, 720, 730] {
        child("child_uses_a_version", &Data::new(&format!("version {version}")), &version.to_string());
    }
}

#[test]
#[ignore = "a child"]
fn child_selects_versions() {
    assert!(get_max_api_version() >= 730);
    let select = |runtime, header| unsafe { foundationdb_sys::fdb_select_api_version_impl(runtime, header) };
    assert_eq!(select(730, 720), 2202);
    assert_eq!(select(999_999, 999_999), 2203);
    assert_eq!(select(5, 730), 2203);
    assert_eq!(select(730, 730), 0);
    assert_eq!((select(730, 730), select(710, 730)), (2201, 2201));
}

/// ABI-5: versions that cannot be selected, and a second selection.
#[test]
fn selecting_versions() {
    child("child_selects_versions", &Data::new("select"), "");
}

#[test]
#[ignore = "a child"]
fn child_sets_network_options() {
    let mut builder = FdbApiBuilder::default().build().unwrap();
    let accepted = [
        NetworkOption::TraceLogGroup("group".into()),
        NetworkOption::TraceFormat("json".into()),
        NetworkOption::Knob("name=1".into()),
        NetworkOption::ExternalClientDirectory("/nonexistent".into()),
        NetworkOption::DisableClientBypass,
        NetworkOption::ClientThreadsPerVersion(1),
        NetworkOption::TLSPassword("password".into()),
    ];
    for option in accepted {
        builder = builder.set_option(option).unwrap();
    }
    let refused = |option: i32| unsafe { foundationdb_sys::fdb_network_set_option(option as _, std::ptr::null(), 0) };
    assert_eq!((refused(0), refused(123_456)), (2007, 2007));
    let network = unsafe { builder.boot().unwrap() };
    let db = Database::default().unwrap();
    block_on(write(&db, b"k", b"v")).unwrap();
    drop(db);
    drop(network);
}

/// OPT-1: options of the network are accepted, and unknown ones refused.
#[test]
fn network_options() {
    child("child_sets_network_options", &Data::new("options"), "");
}

#[test]
#[ignore = "a child"]
fn child_calls_out_of_order() {
    use foundationdb_sys as sys;
    let mut db = std::ptr::null_mut();
    FdbApiBuilder::default().build().unwrap();
    unsafe {
        assert_eq!(sys::fdb_create_database(std::ptr::null(), &mut db), 2008);
        assert_eq!((sys::fdb_run_network(), sys::fdb_stop_network()), (2008, 2008));
        assert_eq!((sys::fdb_setup_network(), sys::fdb_setup_network()), (0, 2009));
        let network = std::thread::spawn(|| sys::fdb_run_network());
        assert_eq!(sys::fdb_create_database(std::ptr::null(), &mut db), 0);
        sys::fdb_database_destroy(db);
        assert_eq!(sys::fdb_stop_network(), 0);
        assert_eq!(network.join().unwrap(), 0);
        assert_eq!(sys::fdb_run_network(), 2025);
    }
}

/// NET-1, NET-2: calls before their time, twice, and after it.
#[test]
fn calls_out_of_order() {
    child("child_calls_out_of_order", &Data::new("order"), "");
}

#[test]
#[ignore = "a child"]
fn child_panics_with_the_network_running() {
    let result = std::panic::catch_unwind(|| {
        let _network = unsafe { foundationdb::boot() };
        let db = Database::default().unwrap();
        let trx = db.create_trx().unwrap();
        let _reads: Vec<_> = (0..50i32).map(|i| trx.get(&i.to_be_bytes(), false).boxed()).collect();
        panic!("on purpose");
    });
    assert!(result.is_err());
}

/// FUT-13: unwinding drops futures, transaction, database and network in this order, and ends.
#[test]
fn unwinding() {
    child("child_panics_with_the_network_running", &Data::new("unwinding"), "");
}
