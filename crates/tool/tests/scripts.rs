//! The tool in scripts: lines on the standard input, binary keys, hostile keys, closed pipes, full disks, Ctrl-C.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::OpenOptions;
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use common::{ended, until, value, Place, Running};
use plinth_api::{Database, DatabaseOptions};
use rustix::process::{kill_process, test_kill_process, Pid, Signal};

/// This process hosts the database.
fn host(path: &str) -> Arc<dyn Database> {
    plinth_engine::open(path, DatabaseOptions::default()).unwrap()
}

#[test]
fn a_script_ends_at_the_first_failure() {
    let place = Place::with_database();
    let path = place.path("db");
    let script = b"# a comment\nset a 1; set b 2\n\n   # another\nget a\nget nothing\nget b\n";
    let run = place.run_with(&[&path], script).returned(0);
    assert_eq!(run.text().lines().skip(2).collect::<Vec<_>>(), ["`a' is `1'", "`nothing': not found", "`b' is `2'"]);
    let run = place.run_with(&[&path], b"set c 1\nset \\xff 1\nset d 1\n").returned(1);
    assert!(run.err.contains("2004"), "{run:?}");
    let run = place.run_with(&[&path], b"get a\nfetch b\n").returned(2);
    assert!(run.err.contains("line 2: there is no command fetch"), "{run:?}");
    let run = place.run_with(&[&path], b"get \"a\n").returned(2);
    assert!(run.err.contains("line 1: a quotation mark"), "{run:?}");
    place.run_with(&[&path], b"get c; get d\n").returned(3);
    place.run_with(&[&path], b"").returned(0);
    place.run(&["-e", "get a", "-e", "get nothing", &path]).returned(3);
    place.run(&[&path, "set x 1; set y 2", "get x"]).returned(0);
}

/// What is read can be written again, byte for byte: on the command line, in a script, and back from JSON.
#[test]
fn random_bytes_make_the_round_trip() {
    let place = Place::with_database();
    let path = place.path("db");
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
    eprintln!("seed {seed}");
    let mut state = seed;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let escape = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02X}")).collect::<String>();
    let mut pairs = std::collections::BTreeMap::new();
    for number in 0..300 {
        let mut bytes = |most: u64| (0..random() % most).map(|_| (random() >> 40) as u8).collect::<Vec<u8>>();
        let (mut key, value) = (bytes(20), bytes(60));
        key.insert(0, number as u8 & 0x7f);
        pairs.insert(key, value);
    }
    let script: String =
        pairs.iter().map(|(key, value)| format!("set {} \"{}\"\n", escape(key), escape(value))).collect();
    place.run_with(&[&path], script.as_bytes()).returned(0);
    let told = place.run(&[&path, "--json", "getrange", "", "\\xff", "all"]).returned(0).document();
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(rows.len(), pairs.len());
    // As it was printed it goes into another database, within quotation marks.
    let other = Place::with_database();
    let quote = |text: &serde_json::Value| format!("\"{}\"", text.as_str().unwrap().replace('"', "\\\""));
    let script: String =
        rows.iter().map(|row| format!("set {} {}\n", quote(&row["key"]), quote(&row["value"]))).collect();
    other.run_with(&[&other.path("db")], script.as_bytes()).returned(0);
    for (key, expected) in pairs.iter().step_by(7) {
        assert_eq!(value(Path::new(&other.path("db")), key).as_deref(), Some(expected.as_slice()));
        // As a word of the command line.
        let run = other.run(&["--raw", &other.path("db"), "get", &escape(key)]).returned(0);
        assert_eq!(&run.out, expected);
    }
    let again = other.run(&[&other.path("db"), "--json", "getrange", "", "\\xff", "all"]).returned(0).document();
    assert_eq!(again["rows"], told["rows"]);
}

#[test]
fn no_key_speaks_to_the_terminal() {
    let place = Place::with_database();
    let hostile = "\\x1b]0;title\\x07\\x1b[2J\\x9b31m\\x0d\\x0a\\xe2\\x80\\xae";
    place.db(&["set", hostile, hostile]).returned(0);
    for words in [&["getrange", ""][..], &["getrange", "", "--json"], &["get", hostile], &["getkey", ""]] {
        let run = place.db(words).returned(0);
        assert!(run.out.iter().all(|byte| (0x20..0x7f).contains(byte) || *byte == b'\n'), "{run:?}");
    }
    // What is wrong is repeated, but not as it is.
    for words in [&["get a \x1b[2J"][..], &["\x1b[2J"], &["option", "on", "\x1b[2J"], &["use", "\x1b[2J"]] {
        let run = place.db(words);
        assert_ne!(run.status, Some(0));
        assert!(!run.err.contains('\x1b'), "{run:?}");
    }
    let run = place.run(&[&place.path("\x1b[2J"), "get", "a"]).returned(1);
    assert!(!run.err.contains('\x1b'), "{run:?}");
    place.db(&["keyspaces", "create", "odd\x1b[2J"]);
    assert!(!place.db(&["keyspaces"]).out.contains(&0x1b));
}

#[test]
fn no_colours_where_there_is_no_terminal() {
    let place = Place::with_database();
    for words in [&["status"][..], &["get", "a", "b"], &["help"], &["stats", "--count=1"]] {
        let run = place.db(words);
        assert!(!run.out.contains(&0x1b) && !run.err.contains('\x1b'), "{run:?}");
    }
}

#[test]
fn who_reads_no_further_ends_it_quietly() {
    let place = Place::with_database();
    let script: String = (0..2_000).map(|number| format!("set k{number:04} {}\n", "v".repeat(90))).collect();
    let script = format!("begin\n{script}commit\n");
    place.run_with(&[&place.path("db")], script.as_bytes()).returned(0);
    let mut child = Running::start(&mut place.command(&[&place.path("db"), "getrange", "", "\\xff", "all"]));
    let mut some = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let run = ended(child).returned(141);
    assert_eq!(run.err, "");
    // It was closed in order.
    place.db(&["get", "k0001"]).returned(0);
}

#[test]
fn a_full_disk_is_told() {
    let place = Place::with_database();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    place.db(&["set", "a", "1"]).returned(0);
    let run = ended(Running::start(place.command(&[&place.path("db"), "get", "a"]).stdout(Stdio::from(full))));
    let run = run.returned(1);
    assert!(run.err.contains("standard output") && run.err.contains("No space left"), "{run:?}");
}

#[test]
fn a_watch_waits_for_a_change() {
    let place = Place::with_database();
    let path = place.path("db");
    place.db(&["set", "a", "1"]).returned(0);
    let host = host(&path);
    let mut child = Running::start(place.command(&["--json", &path, "watch", "a"]).stdin(Stdio::null()));
    let mut number = 1;
    until("a change that is noticed", || {
        number += 1;
        let transaction = host.begin().unwrap();
        transaction.set(0, b"a", format!("{number}").as_bytes()).and_then(|()| transaction.commit()).unwrap();
        child.try_wait().unwrap().is_some()
    });
    let told = ended(child).returned(0).document();
    assert_eq!((&told["command"], &told["found"]), (&"watch".into(), &true.into()));
    assert!(told["value"].as_str().unwrap().parse::<u32>().unwrap() > 1);
}

#[test]
fn ctrl_c_ends_what_waits() {
    let place = Place::with_database();
    let path = place.path("db");
    let host = host(&path);
    let child = Running::start(place.command(&[&path, "watch", "a"]).stdin(Stdio::null()));
    until("the guest", || host.metrics().guests == 1);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run = ended(child).returned(130);
    assert_eq!(run.err, "plinth: interrupted\n");
    let mut child = Running::start(&mut place.command(&["stats", &path]));
    let mut heading = [0; 12];
    child.stdout.as_mut().unwrap().read_exact(&mut heading).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    ended(child).returned(130);
}

#[test]
fn ctrl_c_cancels_a_long_call_and_cleans_up() {
    let place = Place::with_database();
    let path = place.path("db");
    let mut child = Running::start(&mut place.command(&["bench", &path, "--seconds", "60", "--keys", "100"]));
    let mut heading = [0; 12];
    child.stdout.as_mut().unwrap().read_exact(&mut heading).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    ended(child).returned(130);
    assert_eq!(place.db(&["keyspaces"]).returned(0).text(), "default\n");
    let script: String = (0..50).map(|n| format!("set k{n:02} {}\n", "v".repeat(90_000))).collect();
    place.run_with(&[&path], format!("begin\n{script}commit\n").as_bytes()).returned(0);
    let mut child = Running::start(&mut place.command(&["compact", &path, "--progress"]));
    let mut first = [0; 7];
    child.stderr.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"compact");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run = ended(child).returned(130);
    assert!(run.err.ends_with("plinth: interrupted\n"), "{run:?}");
    place.run(&["verify", &path]).returned(0);
}

/// A test that fails leaves no program behind, which would keep its database.
#[test]
fn a_program_is_ended_with_its_test() {
    let place = Place::with_database();
    let path = place.path("db");
    let child = Running::start(place.command(&[&path, "watch", "a"]).stdin(Stdio::null()));
    let id = Pid::from_child(&child);
    let failed = std::thread::spawn(move || {
        let _child = child;
        panic!("as a test does");
    });
    assert!(failed.join().is_err());
    assert!(test_kill_process(id).is_err(), "it is still there");
    place.db(&["--exclusive", "set", "a", "1"]).returned(0);
}

/// The database is looked after from here, and the host does it.
#[test]
fn a_guest_looks_after_the_database_of_another_process() {
    let place = Place::with_database();
    let (path, backups) = (place.path("db"), place.path("backups"));
    let host = host(&path);
    let put = |key: &[u8], value: &[u8]| {
        let transaction = host.begin().unwrap();
        transaction.set(0, key, value).and_then(|()| transaction.commit()).unwrap();
    };
    for number in 0..200_u32 {
        put(&number.to_be_bytes(), &[7; 300]);
    }
    put(b"key", b"first");
    assert_eq!(place.run(&["verify", &path, "--json"]).returned(0).document()["keys"], 201);
    let backup = place.run(&["backup", &path, "create", &backups, "--json"]).returned(0).document();
    assert_eq!(backup["number"], 1, "{backup}");
    place.run(&["backup", &backups, "verify"]).returned(0);
    put(b"key", b"second");
    let copy = place.path("copy");
    place.run(&["checkpoint", &path, &copy]).returned(0);
    assert_eq!(place.run(&["compact", &path]).returned(0).text(), "Compacted all keyspaces\n");
    let (file, new, old) = (place.path("dump"), place.path("new"), place.path("old"));
    assert_eq!(place.run(&["dump", &path, &file, "--json"]).returned(0).document()["pairs"], 201);
    place.run(&["--create", "load", &new, &file]).returned(0);
    place.run(&["restore", &backups, &old]).returned(0);
    for (path, value) in [(&copy, "second"), (&new, "second"), (&old, "first")] {
        assert_eq!(place.run(&["--raw", path, "get", "key"]).returned(0).out, value.as_bytes(), "{path}");
    }
    // What can't be done says so, and the host goes on.
    assert!(place.run(&["checkpoint", &path, &copy]).returned(1).err.contains("9024"));
    place.run(&["restore", &backups, &old]).returned(1);
    put(b"key", b"third");
    assert_eq!(place.run(&["--raw", &path, "get", "key"]).returned(0).out, b"third");
    host.close().unwrap();
}

#[test]
fn a_guest_of_another_process() {
    let place = Place::with_database();
    let path = place.path("db");
    let host = host(&path);
    let told = place.run(&["--json", &path, "set a 1; get a; status; keyspaces create k; use k; set b 2"]).returned(0);
    let told = told.documents();
    assert_eq!((&told[1]["value"], &told[2]["is_host"]), (&"1".into(), &false.into()));
    let transaction = host.begin().unwrap();
    assert_eq!(transaction.get(0, b"a", false).unwrap().as_deref(), Some(&b"1"[..]));
    drop(transaction);
    let status = place.run(&["status", &path]).returned(0);
    assert!(status.text().contains(&std::process::id().to_string()), "{status:?}");
    // Those who want it for themselves are told who has it.
    for option in ["--exclusive", "--read-only"] {
        let run = place.run(&[option, &path, "get", "a"]).returned(1);
        assert!(run.err.contains("1529"), "{run:?}");
    }
    assert!(place.run(&["--yes", "repair", &path]).returned(1).err.contains("1529"));
    host.close().unwrap();
    place.run(&["--read-only", &path, "get", "a"]).returned(0);
    place.run(&["--read-only", &path, "set", "a", "2"]).returned(1);
}

#[test]
fn transactions_of_other_processes_are_listed_and_expired() {
    let place = Place::with_database();
    let database = host(&place.path("db"));
    place.db(&["transactions"]).returned(3);
    let transaction = database.begin().unwrap();
    let listed = transaction.clone();
    database.set_lister(Box::new(move |visit| visit(&*listed)));
    transaction.get(0, b"k", false).unwrap();
    let id = transaction.id().unwrap();
    let told = place.db(&["transactions", "--json"]).returned(0).document();
    assert_eq!(told["transactions"].as_array().unwrap().len(), 1);
    let row = &told["transactions"][0];
    assert_eq!((row["id"].as_str().unwrap(), row["pid"].as_u64().unwrap()), (&*id, u64::from(std::process::id())));
    assert_eq!(row["read_version"].as_i64().unwrap(), transaction.read_version().unwrap());
    let line = place.run(&["transactions", &place.path("db")]).returned(0);
    assert!(line.text().starts_with(&id) && line.text().lines().count() == 1, "{line:?}");
    assert!(transaction.get(0, b"other", false).is_ok());
    assert!(place.db(&["expire", &id]).returned(0).text().contains(&id));
    assert_eq!(transaction.get(0, b"third", false).unwrap_err().code(), plinth_api::Code::TRANSACTION_TOO_OLD);
    place.db(&["expire", "5b1d3c1e-7a51-4c86-9d0b-7d7be0a6a9a1"]).returned(1);
    place.db(&["expire", "nobody"]).returned(1);
    place.db(&["expire"]).returned(2);
    place.db(&["transactions", "all"]).returned(2);
}
