//! The tool on a cluster: Plinth's own `libfdb_c.so` stands in for FoundationDB's client library, and a directory for
//! a cluster file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{ended, Place, Run, Running};

/// The library, as it was built last.
fn library() -> String {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/libfdb_c.so").to_owned();
    let library = std::env::var("FDB_C_LIBRARY").unwrap_or(built);
    assert!(std::path::Path::new(&library).exists(), "{library} is missing: cargo build --release -p plinth-fdb-c");
    library
}

fn url(place: &Place, name: &str) -> String {
    std::fs::create_dir_all(place.path(name)).unwrap();
    format!("fdb:{}", place.path(name))
}

fn run(place: &Place, arguments: &[&str]) -> Run {
    let mut command = place.command(arguments);
    ended(Running::start(command.env("PLINTH_FDB_CLIENT", library()).stdin(std::process::Stdio::null())))
}

#[test]
fn a_cluster_is_used_like_a_directory() {
    let place = Place::new();
    let url = url(&place, "cluster");
    run(&place, &[&url, "set a 1; set b 2; keyspaces create things"]).returned(0);
    assert_eq!(run(&place, &[&url, "get", "a"]).returned(0).text(), "`a' is `1'\n");
    run(&place, &["-k", "things", &url, "set", "x", "y"]).returned(0);
    assert_eq!(run(&place, &["-k", "things", &url, "getrange", ""]).returned(0).text(), "`x' is `y'\n");
    assert_eq!(run(&place, &[&url, "getrangekeys", "", "\\xff", "all", "reverse"]).returned(0).text(), "`b'\n`a'\n");
    run(&place, &[&url, "get", "x"]).returned(3);
    let status = run(&place, &["--json", &url, "status"]).returned(0).document();
    assert_eq!(status["keyspaces"], serde_json::json!(["default", "things"]));
    assert!(status["read_version"].as_i64().unwrap() > 0);
    assert!(run(&place, &[&url, "status"]).returned(0).text().contains("FoundationDB cluster"));
    let measured = run(&place, &["bench", &url, "--seconds", "1", "--keys", "200", "--json"]).returned(0).document();
    assert!(measured["results"]["read"]["count"].as_u64().unwrap() > 0);
    // What was measured is gone.
    assert_eq!(run(&place, &[&url, "keyspaces"]).returned(0).text(), "default\nthings\n");
}

#[test]
fn a_dump_goes_from_a_cluster_to_a_directory_and_back() {
    let place = Place::new();
    let (one, two) = (url(&place, "one"), url(&place, "two"));
    let (dump, db, again) = (place.path("dump"), place.path("db"), place.path("again"));
    run(&place, &[&one, "keyspaces create things; set a 1; set b 2"]).returned(0);
    run(&place, &["-k", "things", &one, "set", "x", "y"]).returned(0);
    run(&place, &["dump", &one, &dump]).returned(0);
    run(&place, &["load", "--create", &db, &dump]).returned(0);
    assert_eq!(run(&place, &["-k", "things", &db, "get", "x"]).returned(0).text(), "`x' is `y'\n");
    run(&place, &["load", &two, &dump]).returned(0);
    let told = run(&place, &["dump", "--json", &two, &again]).returned(0).document();
    let checked = run(&place, &["check", "--json", &dump]).returned(0).document();
    // The cluster's versions were raised, so what is committed there from now on has later versionstamps.
    assert!(told["version"].as_i64().unwrap() > checked["version"].as_i64().unwrap(), "{told} {checked}");
    assert_eq!((&told["checksum"], &told["pairs"]), (&checked["checksum"], &serde_json::json!(3)));
}

#[test]
fn what_a_cluster_has_not_is_told_with_what_to_do() {
    let place = Place::new();
    let url = url(&place, "cluster");
    let checkpoint = place.path("checkpoint");
    let refused: [(&[&str], &str); 10] = [
        (&["backup", &url, "create", &checkpoint], "fdbbackup"),
        (&["restore", &checkpoint, &url], "dump"),
        (&["checkpoint", &url, &checkpoint], "fdbbackup"),
        (&["verify", &url], "its own"),
        (&["compact", &url], "by itself"),
        (&["repair", "--yes", &url], "repairs itself"),
        (&["stats", &url, "--once"], "fdbcli"),
        (&["metrics", &url], "fdbcli"),
        (&[&url, "status", "json"], "status/json"),
        (&["bench", &url, "--scratch"], "--scratch"),
    ];
    for (arguments, what) in refused {
        let run = run(&place, arguments).returned(1);
        assert!(run.err.contains("2108") && run.err.contains(what) && run.out.is_empty(), "{run:?}");
    }
    assert!(!std::path::Path::new(&checkpoint).exists());
}

#[test]
fn the_library_that_was_named_is_the_one() {
    let place = Place::new();
    let url = url(&place, "cluster");
    let run = |arguments: &[&str]| place.run(arguments);
    assert!(run(&["--fdb-client", "/nowhere/libfdb_c.so", &url, "get", "a"]).returned(1).err.contains("9040"));
    run(&["--fdb-client", &library(), &url, "get", "a"]).returned(3);
    run(&["--fdb-client", &library(), &place.path("db"), "get", "a"]).returned(2);
    let missing = run(&["--fdb-client", &library(), "fdb:/nowhere/fdb.cluster", "get", "a"]).returned(1);
    assert!(missing.err.contains("1515"), "{missing:?}");
}
