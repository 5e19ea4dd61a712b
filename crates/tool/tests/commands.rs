//! Each command of the tool with good and with bad input: what it prints, returns and changes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::Place;
use serde_json::json;

#[test]
fn keys_are_set_read_and_cleared() {
    let place = Place::with_database();
    assert!(place.db(&["set", "a", "1"]).returned(0).text().starts_with("Committed ("));
    assert_eq!(place.db(&["get", "a"]).returned(0).text(), "`a' is `1'\n");
    assert_eq!(place.db(&["get", "b"]).returned(3).text(), "`b': not found\n");
    let told = place.db(&["--json", "get", "a"]).returned(0).document();
    assert_eq!(told, json!({"command":"get","keyspace":"default","key":"a","found":true,"value":"1"}));
    let told = place.db(&["get", "b", "--json"]).returned(3).document();
    assert_eq!(told, json!({"command":"get","keyspace":"default","key":"b","found":false,"value":null}));
    assert_eq!(place.db(&["--raw", "get", "a"]).returned(0).out, b"1");
    let told = place.db(&["clear", "a", "--json"]).returned(0).document();
    assert!(told["committed_version"].as_i64().unwrap() > 0);
    place.db(&["get", "a"]).returned(3);
}

#[test]
fn wrong_words_are_told_with_the_command_and_change_nothing() {
    let place = Place::with_database();
    let wrong: [&[&str]; 22] = [
        &["get"],
        &["get", "a", "b"],
        &["set", "a"],
        &["set", "a", "b", "c"],
        &["clear"],
        &["clearrange", "a"],
        &["add", "a", "one"],
        &["add", "a"],
        &["atomic", "multiply", "a", "b"],
        &["atomic", "or", "a"],
        &["getkey", "a", "near"],
        &["getkey", "a", "ge", "99999999999"],
        &["getrange"],
        &["getrange", "a", "b", "0"],
        &["getrange", "a", "b", "-1"],
        &["getrange", "a", "b", "c", "d"],
        &["commit"],
        &["setversion", "5"],
        &["option", "on", "NO_SUCH"],
        &["option", "on", "TIMEOUT"],
        &["keyspaces", "rename", "a"],
        &["status", "short"],
    ];
    for words in wrong {
        let run = place.db(words).returned(2);
        assert!(run.out.is_empty() && run.err.starts_with("plinth: "), "{run:?}");
        assert!(run.err.contains(words[0]), "{run:?}");
    }
    assert_eq!(place.db(&["getrange", "", "all"]).returned(0).text(), "");
}

#[test]
fn errors_have_number_name_and_advice() {
    let place = Place::with_database();
    let run = place.db(&["set", "\\xff/k", "v"]).returned(1);
    assert!(run.err.contains("key_outside_legal_range (2004)"), "{run:?}");
    assert!(run.err.contains("ACCESS_SYSTEM_KEYS"), "{run:?}");
    let run = place.db(&["--json", "clearrange", "b", "a"]).returned(1);
    let error: serde_json::Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!(error["error"]["code"], 2005);
    assert_eq!(error["error"]["name"], "inverted_range");
    assert_eq!((&error["error"]["status"], run.out.len()), (&json!(1), 0));
    let long = "k".repeat(20_000);
    place.db(&["set", &long, "1"]).returned(1);
    place.db(&["set", "k", &"v".repeat(100_001)]).returned(1);
}

#[test]
fn a_mistyped_directory_is_no_new_database() {
    let place = Place::new();
    let run = place.db(&["get", "a"]).returned(1);
    assert!(run.err.contains("9006") && run.err.contains("--create"), "{run:?}");
    assert!(!place.0.path().join("db").exists());
    place.db(&["--create", "set", "a", "1"]).returned(0);
    place.db(&["get", "a"]).returned(0);
    place.run(&["--create", "--read-only", &place.path("db"), "get", "a"]).returned(2);
    place.run(&["--memory-budget", "1", &place.path("db"), "get", "a"]).returned(2);
    place.run(&["--preset", "quick", &place.path("db"), "get", "a"]).returned(2);
    place.run(&["--preset", "small-memory", &place.path("db"), "get", "a"]).returned(0);
}

#[test]
fn ranges_forward_backward_and_by_prefix() {
    let place = Place::with_database();
    place.db(&["set a/1 x; set a/2 y; set a/3 z; set b w"]).returned(0);
    let text = |words: &[&str]| place.db(words).returned(0).text().replace('\n', " ");
    assert_eq!(text(&["getrange", "a/"]), "`a/1' is `x' `a/2' is `y' `a/3' is `z' ");
    assert_eq!(text(&["getrangekeys", "a/2", "z"]), "`a/2' `a/3' `b' ");
    assert_eq!(text(&["getrangekeys", "", "\\xff", "all", "reverse"]), "`b' `a/3' `a/2' `a/1' ");
    let cut = place.db(&["getrangekeys", "", "\\xff", "2"]).returned(0);
    assert_eq!(cut.text(), "`a/1'\n`a/2'\n");
    assert!(cut.err.contains("There may be more"), "{cut:?}");
    let told = place.db(&["getrange", "a/", "b", "2", "reverse", "--json"]).returned(0).document();
    assert_eq!(told["rows"], json!([{"key":"a/3","value":"z"},{"key":"a/2","value":"y"}]));
    assert_eq!((&told["count"], &told["more"]), (&json!(2), &json!(true)));
    let told = place.db(&["getrangekeys", "zz", "--json"]).returned(0).document();
    assert_eq!((&told["rows"], &told["more"]), (&json!([]), &json!(false)));
}

#[test]
fn long_ranges_come_whole_and_in_order() {
    let place = Place::with_database();
    // More than one batch of a megabyte.
    let mut script = String::new();
    for first in (0..3_000).step_by(500) {
        script.push_str("begin\n");
        for number in first..first + 500 {
            script.push_str(&format!("set k{number:05} {}\n", "v".repeat(1_000)));
        }
        script.push_str("commit\n");
    }
    place.run_with(&[&place.path("db")], script.as_bytes()).returned(0);
    for (words, expected) in [
        (&["getrangekeys", "k", "l", "all"][..], (0..3_000).collect::<Vec<_>>()),
        (&["getrangekeys", "k", "l", "2500", "reverse"], (500..3_000).rev().collect()),
    ] {
        let told = place.db(&[words, &["--json"]].concat()).returned(0).document();
        let keys: Vec<String> =
            told["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
        assert_eq!(keys, expected.iter().map(|number| format!("k{number:05}")).collect::<Vec<_>>());
        assert_eq!(told["count"], expected.len());
    }
    assert_eq!(place.db(&["getrange", "k"]).returned(0).text().lines().count(), 25);
}

#[test]
fn key_selectors() {
    let place = Place::with_database();
    place.db(&["set a 1; set b 2; set c 3"]).returned(0);
    for (words, key) in [
        (&["getkey", "b"][..], "`b'\n"),
        (&["getkey", "b", "gt"], "`c'\n"),
        (&["getkey", "b", "lt"], "`a'\n"),
        (&["getkey", "bb", "le"], "`b'\n"),
        (&["getkey", "a", "ge", "2"], "`c'\n"),
        (&["getkey", "c", "ge", "-1"], "`b'\n"),
    ] {
        assert_eq!(place.db(words).returned(0).text(), key, "{words:?}");
    }
    place.db(&["getkey", "d"]).returned(3);
    assert_eq!(place.db(&["getkey", "d", "--json"]).returned(3).document()["found"], false);
}

#[test]
fn atomic_operations() {
    let place = Place::with_database();
    place.db(&["add n 5; add n -7; atomic append s ab; atomic append s cd"]).returned(0);
    assert_eq!(place.db(&["--raw", "get", "n"]).returned(0).out, (-2_i64).to_le_bytes());
    assert_eq!(place.db(&["--raw", "get", "s"]).returned(0).out, b"abcd");
    place
        .db(&["set f \\x01; atomic or f \\x06; atomic xor f \\x02; atomic byte-max m b; atomic byte-max m a"])
        .returned(0);
    assert_eq!(place.db(&["--raw", "get", "f"]).out, [5]);
    assert_eq!(place.db(&["--raw", "get", "m"]).out, b"b");
    place.db(&["atomic versionstamped-value v 0123456789\\x00\\x00\\x00\\x00"]).returned(0);
    assert_eq!(place.db(&["--raw", "get", "v"]).returned(0).out.len(), 10);
    place.db(&["atomic compare-and-clear m b"]).returned(0);
    place.db(&["get", "m"]).returned(3);
}

#[test]
fn transactions_span_commands_and_keyspaces() {
    let place = Place::with_database();
    place.db(&["keyspaces create users; begin; set a 1; use users; set b 2; commit"]).returned(0);
    place.db(&["get", "a"]).returned(0);
    place.run(&["-k", "users", &place.path("db"), "get", "b"]).returned(0);
    place.db(&["begin; set a 2; rollback; begin; set a 3; reset; commit"]).returned(0);
    assert_eq!(place.db(&["--raw", "get", "a"]).out, b"1");
    let told = place.db(&["--json", "begin; set a 4; commit"]).returned(0).documents();
    assert_eq!(told[1]["committed_version"], json!(null));
    assert!(told[2]["committed_version"].as_i64().unwrap() > 0);
    let told = place.db(&["--json", "begin; get a; commit"]).returned(0).documents();
    assert_eq!(told[2]["committed_version"], json!(null));
    // What is open at the end was not committed.
    place.db(&["begin; set a 5"]).returned(0);
    assert_eq!(place.db(&["--raw", "get", "a"]).out, b"4");
    place.db(&["begin; begin"]).returned(2);
}

#[test]
fn versions_can_be_read_at() {
    let place = Place::with_database();
    let told = place.db(&["--json", "set a 1; getversion"]).returned(0).documents();
    let version = told[1]["version"].as_i64().unwrap();
    assert!(version >= told[0]["committed_version"].as_i64().unwrap());
    let run = place.db(&[&format!("begin; setversion {version}; get a")]);
    // Another process has begun at later versions: that one is gone.
    assert!(run.status == Some(0) || run.err.contains("1007"), "{run:?}");
    place.db(&["begin; setversion 99999999999999; get a"]).returned(1);
}

#[test]
fn options_hold_for_the_transaction_or_for_all_to_come() {
    let place = Place::with_database();
    place
        .db(&["option on access_system_keys; set \\xff/mine 1; get \\xff/mine; option off ACCESS_SYSTEM_KEYS"])
        .returned(0);
    place.db(&["begin; option on READ_SYSTEM_KEYS; get \\xff/mine; rollback"]).returned(0);
    place.db(&["begin; option on READ_SYSTEM_KEYS; rollback; get \\xff/mine"]).returned(1);
    place.db(&["begin; option on READ_SYSTEM_KEYS; reset; get \\xff/mine"]).returned(1);
    place.db(&["option on TIMEOUT -5"]).returned(2);
    place.db(&["option on DURABILITY half"]).returned(2);
    place.db(&["option on DURABILITY buffered; set a 1"]).returned(0);
    let told = place.db(&["--json", "option on TIMEOUT 5000; option"]).returned(0).document();
    assert_eq!(told["on"], json!(["TIMEOUT"]));
    assert!(place.db(&["option"]).returned(0).text().contains("SNAPSHOT_RYW_DISABLE"));
}

#[test]
fn keyspaces_come_and_go() {
    let place = Place::with_database();
    assert_eq!(place.db(&["keyspaces", "--json"]).returned(0).document()["keyspaces"], json!(["default"]));
    let path = place.path("db");
    assert_eq!(place.run(&["keyspaces", &path, "create", "a b", "--json"]).returned(0).document()["created"], true);
    assert_eq!(place.db(&["keyspaces", "create", "a b", "--json"]).returned(0).document()["created"], false);
    assert_eq!(place.run(&["keyspaces", &path]).returned(0).text(), "default\na b\n");
    place.db(&["use \"a b\"; set k v"]).returned(0);
    // Nobody can be asked here.
    let run = place.db(&["keyspaces", "drop", "a b"]).returned(2);
    assert!(run.err.contains("--yes"), "{run:?}");
    place.db(&["--yes", "use \"a b\"; keyspaces drop \"a b\"; set k default"]).returned(0);
    assert_eq!(place.db(&["--raw", "get", "k"]).out, b"default");
    assert_eq!(place.db(&["use", "gone"]).returned(1).err.matches("9009").count(), 1);
    place.db(&["--yes", "keyspaces", "drop", "gone"]).returned(1);
    place.db(&["--yes", "keyspaces", "drop", "default"]).returned(1);
    place.db(&["keyspaces", "create", "plinth.mine"]).returned(1);
    place.run(&["--keyspace", "gone", &path, "get", "a"]).returned(1);
}

#[test]
fn status_and_stats_tell_what_was_done() {
    let place = Place::with_database();
    let path = place.path("db");
    let told = place.db(&["--json", "set a 1; set b 2; status; stats --once"]).returned(0).documents();
    assert_eq!(told[2]["counters"]["commits"], 2);
    assert_eq!(told[2]["is_host"], true);
    assert_eq!(told[3]["counters"]["commits"], 2);
    let text = place.run(&["status", &path, "details"]).returned(0);
    assert!(text.text().contains("durability") && text.text().contains("retained versions"), "{text:?}");
    assert!(text.text().contains("healthy"), "{text:?}");
    let document = place.run(&["status", &path, "json"]).returned(0).document();
    assert_eq!((&document["plinth"]["path"], &document["plinth"]["healthy"]), (&json!(path), &json!(true)));
    assert_eq!(told[2]["status"]["plinth"]["commits"]["committed"], 2);
    let details = place.db(&["set c 1; get c; status details"]).returned(0);
    assert!(details.text().contains("host: commit_sync"), "{details:?}");
    let page = place.run(&["metrics", &path]).returned(0);
    assert!(page.text().contains("# TYPE plinth_commits_total counter"), "{page:?}");
    assert!(place.run(&["metrics", &path, "--json"]).document()["text"].as_str().unwrap().contains("plinth_info"));
    let run = place.run(&["stats", &path, "--count", "1", "--json"]).returned(0);
    assert_eq!(run.document()["commits_per_second"], 0.0);
    place.run(&["stats", &path, "--interval", "0"]).returned(2);
    place.run(&["stats", &path, "--count=many"]).returned(2);
    place.run(&["stats", &path, "--often"]).returned(2);
    place.db(&["stats --often"]).returned(2);
    place.db(&["stats --count"]).returned(2);
    place.run(&["stats"]).returned(2);
}

#[test]
fn a_quick_measurement_leaves_nothing() {
    let place = Place::with_database();
    let (path, parent) = (place.path("db"), place.path(""));
    let quick = ["--threads=2", "--keys=200", "--value=20", "--json"];
    let told = place.run(&[&["bench", path.as_str()], &quick[..]].concat()).returned(0).document();
    for stage in ["read", "range", "commit_sync_1", "commit_sync", "commit_buffered", "read_write"] {
        assert!(told["results"][stage]["per_second"].as_f64().unwrap() > 0.0, "{told}");
    }
    assert_eq!(place.db(&["keyspaces"]).text(), "default\n");
    place.run(&["bench", "--threads", "0", &path]).returned(2);
    place.run(&["bench", &place.path("none")]).returned(1);
    place.run(&["bench", "--scratch", &place.path("none")]).returned(1);
    let before = std::fs::read_dir(&parent).unwrap().count();
    place.run(&["bench", "--scratch", &parent, "--keys", "100", "--threads", "1"]).returned(0);
    assert_eq!(std::fs::read_dir(&parent).unwrap().count(), before);
}

#[test]
fn a_database_is_locked_and_unlocked() {
    let place = Place::with_database();
    let path = place.path("db");
    let told = place.run(&["--json", "lock", &path]).returned(0).document();
    let id = told["lock_uid"].as_str().unwrap().to_owned();
    assert_eq!((id.len(), &told["locked"]), (32, &json!(true)));
    // Nobody waits for the end of it.
    for command in ["get a", "set a 1", "keyspaces create new"] {
        let run = place.db(&[command]);
        assert!(run.status == Some(1) && run.err.contains("1038"), "{run:?}");
    }
    place.db(&["option on LOCK_AWARE; set a 1; get a"]).returned(0);
    // What reads and writes all of it is no other: a dump fails at once, a load when it has waited as long as it may.
    let (dump, empty) = (place.path("a.dump"), place.path("empty"));
    let run = place.run(&["dump", &path, &dump]).returned(1);
    assert!(run.err.contains("1038") && run.err.contains("unlock takes the lock away"), "{run:?}");
    place.run(&["dump", &path, &dump, "--lock-aware"]).returned(0);
    place.run(&["--create", "lock", &empty, &id]).returned(0);
    let run = place.run(&["load", &empty, &dump, "--lock-wait", "0"]).returned(1);
    assert!(run.err.contains("1038") && run.err.contains("no longer waited for"), "{run:?}");
    place.run(&["load", &empty, &dump, "--lock-wait", "-1"]).returned(2);
    place.run(&["unlock", &empty, &id]).returned(0);
    place.run(&["load", &empty, &dump, "--lock-wait", "0"]).returned(0);
    // A measurement gives up too.
    let run = place.run(&["bench", &path, "--keys", "100", "--threads", "1", "--seconds", "1"]).returned(1);
    assert!(run.err.contains("1038"), "{run:?}");
    let status = place.run(&["status", &path]).returned(0);
    assert!(String::from_utf8_lossy(&status.out).contains(&id));
    assert!(place.run(&["unlock", &path, &"0".repeat(32)]).err.contains(&id));
    place.run(&["lock", &path, &id]).returned(0);
    place.run(&["unlock", &path, &id]).returned(0);
    place.run(&["unlock", &path, &id]).returned(0);
    place.db(&["set a 2"]).returned(0);
    for wrong in [&["lock", &path, "my lock"][..], &["unlock", &path], &["unlock", &path, &id, &id]] {
        place.run(wrong).returned(2);
    }
}

#[test]
fn a_checkpoint_is_a_database_of_its_own() {
    let place = Place::with_database();
    let (path, copy) = (place.path("db"), place.path("copy"));
    place.db(&["keyspaces create users; set a 1; use users; set b 2"]).returned(0);
    let told = place.run(&["checkpoint", &path, &copy, "--json"]).returned(0).document();
    assert!(told["version"].as_i64().unwrap() > 0, "{told}");
    place.db(&["set", "a", "2"]).returned(0);
    assert_eq!(place.run(&["--raw", &copy, "get", "a"]).returned(0).out, b"1");
    assert_eq!(place.run(&["--raw", "-k", "users", &copy, "get", "b"]).returned(0).out, b"2");
    // What is there is not replaced.
    let run = place.run(&["checkpoint", &path, &copy]);
    assert!(run.status == Some(1) && run.err.contains("("), "{run:?}");
    place.run(&["checkpoint", &path]).returned(2);
    place.run(&["checkpoint", &path, ""]).returned(2);
    place.run(&["checkpoint", &place.path("none"), &place.path("other")]).returned(1);
    assert!(!place.0.path().join("other").exists());
}

#[test]
fn backups_are_made_listed_verified_restored_and_deleted() {
    let place = Place::with_database();
    let (path, backups) = (place.path("db"), place.path("backups"));
    for number in 1..=3 {
        place.db(&["set", "a", &number.to_string()]).returned(0);
        let told = place.run(&["backup", &path, "create", &backups, "--json"]).returned(0).document();
        assert_eq!((&told["number"], &told["damaged"]), (&json!(number), &json!(false)));
    }
    assert_eq!(place.run(&["backup", &backups, "list"]).returned(0).text().lines().count(), 3);
    let told = place.run(&["backup", &backups, "list", "--json"]).returned(0).document();
    assert!(told["backups"][2]["time"].as_i64().unwrap() > 1_700_000_000, "{told}");
    let told = place.run(&["restore", &backups, &place.path("newest"), "--json"]).returned(0).document();
    assert_eq!(told["number"], 3);
    assert_eq!(place.run(&["--raw", &place.path("newest"), "get", "a"]).returned(0).out, b"3");
    place.run(&["restore", &backups, &place.path("first"), "1"]).returned(0);
    assert_eq!(place.run(&["--raw", &place.path("first"), "get", "a"]).returned(0).out, b"1");
    assert!(place.run(&["restore", &backups, &place.path("first")]).returned(1).err.contains("9024"));
    place.run(&["restore", &backups, &place.path("other"), "9"]).returned(1);
    place.run(&["restore", &backups]).returned(2);
    place.run(&["backup", &backups, "verify", "2"]).returned(0);
    assert!(place.run(&["backup", &backups, "delete", "2"]).returned(2).err.contains("--yes"));
    place.run(&["--yes", "backup", &backups, "delete", "2"]).returned(0);
    place.run(&["--yes", "backup", &backups, "delete", "2"]).returned(1);
    assert_eq!(place.run(&["--yes", "--json", "backup", &backups, "keep", "1"]).returned(0).document()["left"], 1);
    place.run(&["--yes", "backup", &backups, "keep", "0"]).returned(2);
    for wrong in [&["backup", &backups][..], &["backup", &backups, "shrink"], &["backup", &path, "create"]] {
        place.run(wrong).returned(2);
    }
    assert!(place.run(&["backup", &path, "list"]).returned(1).err.contains("9025"));
    // The largest file of it is damaged.
    let file = largest(std::path::Path::new(&backups));
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    place.run(&["backup", &backups, "verify"]).returned(4);
    place.run(&["restore", &backups, &place.path("damaged")]).returned(4);
    assert!(!place.0.path().join("damaged").exists());
}

/// The largest file in a directory and those below it.
fn largest(directory: &std::path::Path) -> std::path::PathBuf {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter_map(|path| match path.is_dir() {
        true if std::fs::read_dir(&path).unwrap().next().is_none() => None,
        true => Some(largest(&path)),
        false => Some(path),
    });
    files.max_by_key(|path| path.metadata().unwrap().len()).unwrap()
}

#[test]
fn a_dump_is_loaded_elsewhere() {
    let place = Place::with_database();
    let (path, file, new) = (place.path("db"), place.path("db.dump"), place.path("new"));
    place.db(&["keyspaces create users; set a \\x00\\xff; set b 2; use users; set c 3"]).returned(0);
    let told = place.run(&["dump", &path, &file, "--json"]).returned(0).document();
    assert_eq!((&told["pairs"], &told["exact"]), (&json!(3), &json!(true)));
    let checked = place.run(&["check", &file, "--json"]).returned(0).document();
    assert_eq!(checked["checksum"], told["checksum"]);
    place.run(&["load", &new, &file]).returned(1);
    let loaded = place.run(&["--create", "load", &new, &file, "--json"]).returned(0).document();
    assert_eq!((&loaded["checksum"], &loaded["found"]), (&told["checksum"], &json!(0)));
    assert_eq!(place.run(&["--raw", &new, "get", "a"]).out, b"\0\xff");
    assert_eq!(place.run(&["--raw", "-k", "users", &new, "get", "c"]).out, b"3");
    // All of it is there already.
    let again = place.run(&["load", &new, &file, "--json"]).returned(0).document();
    assert_eq!((&again["checksum"], &again["found"]), (&told["checksum"], &json!(3)));
    // What else is there is not replaced, unless that is asked for.
    place.run(&[&new, "set", "b", "3"]).returned(0);
    assert!(place.run(&["load", &new, &file]).returned(1).err.contains("9034"));
    place.run(&["load", &new, &file, "--overwrite"]).returned(2);
    place.run(&["--yes", "load", &new, &file, "--overwrite"]).returned(0);
    // Through a pipe.
    let stream = place.run(&["dump", &path, "-"]).returned(0);
    assert!(stream.err.contains("Dumped 3 pairs"), "{:?}", stream.err);
    place.run_with(&["check", "-"], &stream.out).returned(0);
    place.run_with(&["--create", "load", &place.path("piped"), "-"], &stream.out).returned(0);
    assert_eq!(place.run(&["--raw", &place.path("piped"), "get", "b"]).out, b"2");
    let mut bytes = stream.out.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    place.run_with(&["check", "-"], &bytes).returned(4);
    place.run_with(&["--create", "load", &place.path("bad"), "-"], &bytes).returned(4);
    place.run(&["check", &place.path("none")]).returned(1);
    place.run(&["dump", &path]).returned(2);
    place.run(&["load", &path]).returned(2);
    place.run(&["check"]).returned(2);
}

#[test]
fn verify_finds_what_is_damaged() {
    let place = Place::with_database();
    let path = place.path("db");
    let script: String = (0..2_000).map(|n| format!("set k{n:05} {n}-{}\n", "v".repeat(50))).collect();
    place.run_with(&[&path], format!("begin\n{script}commit\n").as_bytes()).returned(0);
    place.run(&["compact", &path]).returned(0);
    let told = place.run(&["verify", &path, "--json"]).returned(0).document();
    assert_eq!((&told["keys"], &told["keyspaces"]), (&json!(2_000), &json!(1)));
    let text = place.run(&["--progress", "verify", &path]).returned(0);
    assert!(text.text().starts_with("In order at version "), "{text:?}");
    assert!(text.err.contains("verify"), "{text:?}");
    // A byte in the middle of the largest table.
    let tables = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
    let tables = tables.filter(|path| path.extension().is_some_and(|extension| extension == "sst"));
    let table = tables.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(&table).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 0x55;
    std::fs::write(&table, bytes).unwrap();
    let run = place.run(&["verify", &path]).returned(4);
    assert!(run.err.contains(table.file_name().unwrap().to_str().unwrap()), "{run:?}");
    place.run(&["verify", &path, "more"]).returned(2);
}

#[test]
fn compact_takes_a_keyspace_or_all() {
    let place = Place::with_database();
    let path = place.path("db");
    place.db(&["keyspaces create users; set a 1; use users; set b 2; clear b"]).returned(0);
    assert_eq!(place.run(&["compact", &path, "users", "--json"]).returned(0).document()["keyspace"], "users");
    assert_eq!(place.run(&["compact", &path]).returned(0).text(), "Compacted all keyspaces\n");
    place.run(&["compact", &path, "gone"]).returned(1);
    assert_eq!(place.run(&["--raw", &path, "get", "a"]).out, b"1");
}

#[test]
fn repair_asks_and_mends() {
    let place = Place::with_database();
    let path = place.path("db");
    place.db(&["set", "a", "1"]).returned(0);
    assert!(place.run(&["repair", &path]).returned(2).err.contains("--yes"));
    let whole = place.run(&["--yes", "--json", "repair", &path]).returned(0).document();
    assert_eq!((&whole["rebuilt"], &whole["commits_missing"]), (&json!(false), &json!(false)));
    // The log with the commit goes away.
    let logs = || {
        let entries = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "log"))
    };
    place.db(&["set", "b", "2"]).returned(0);
    for log in logs() {
        std::fs::write(log, b"").unwrap();
    }
    let run = place.db(&["get", "b"]).returned(4);
    assert!(run.err.contains("9021") && run.err.contains("plinth repair"), "{run:?}");
    let mended = place.run(&["--yes", "repair", &path]).returned(0);
    assert!(mended.text().contains("Commits are missing"), "{mended:?}");
    place.db(&["get", "a"]).returned(0);
    place.db(&["get", "b"]).returned(3);
    place.run(&["--yes", "repair", &place.path("none")]).returned(1);
    place.run(&["repair"]).returned(2);
}

#[test]
fn help_version_and_completion() {
    let place = Place::new();
    let general = place.run(&["--help"]).returned(0);
    let names = ["get", "getrange", "watch", "keyspaces", "status", "stats", "bench", "repair"];
    for name in names {
        assert!(general.text().contains(name));
        let one = place.run(&["help", name]).returned(0);
        assert!(one.text().starts_with(name) && one.text().contains("\nExamples\n"), "{one:?}");
    }
    assert_eq!(place.run(&["help"]).returned(0).out, general.out);
    assert_eq!(place.run(&["stats", "--help"]).returned(0).out, place.run(&["help", "stats"]).out);
    place.run(&["help", "nothing"]).returned(2);
    assert_eq!(place.run(&["-V"]).returned(0).text(), format!("plinth {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(place.run(&["version", "--json"]).returned(0).document()["version"], env!("CARGO_PKG_VERSION"));
    place.run(&["completion", "csh"]).returned(2);
    assert!(place.run(&["completion", "fish"]).returned(0).text().contains("complete -c plinth"));
    assert!(place.run(&["completion", "zsh"]).returned(0).text().starts_with("#compdef plinth"));
    place.run(&[]).returned(2);
    place.run(&["--nothing"]).returned(2);
}

/// What is installed is what the program prints.
#[test]
fn the_completion_for_bash_is_the_one_in_packaging() {
    let place = Place::new();
    let printed = place.run(&["completion", "bash"]).returned(0);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    let installed = std::fs::read_to_string(format!("{root}packaging/plinth.bash")).unwrap();
    assert_eq!(printed.text(), installed, "target/release/plinth completion bash >packaging/plinth.bash");
}

/// The manual names every command and every option.
#[test]
fn the_manual_is_complete() {
    let place = Place::new();
    let manual = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/plinth.1")).unwrap();
    let listed = place.run(&["completion", "fish"]).returned(0);
    for line in listed.text().lines() {
        let mut words = line.split(' ');
        while let Some(word) = words.next() {
            let (macro_, name) = match word {
                "-a" => ("Cm ", words.next().unwrap().to_owned()),
                "-l" => ("Fl ", format!("Fl {}", words.next().unwrap().replace("-", "\\-"))),
                _ => continue,
            };
            let plain = name.replace("\\-", "-");
            assert!(manual.contains(&format!("{macro_}{plain}")), "docs/plinth.1 has no {macro_}{plain}");
        }
    }
}

#[test]
fn a_database_is_moved_and_the_old_one_is_locked() {
    let place = Place::with_database();
    place.db(&["set a 1; set b 2; keyspaces create things; use things; set c 3"]).returned(0);
    let (old, new) = (place.path("db"), place.path("new"));
    for wrong in
        [&["move"][..], &["move", "x", "y"], &["move", "x", "--verify", "some"], &["move", "x", "--throttle", "0"]]
    {
        let run = place.db(wrong).returned(2);
        assert!(run.err.contains("move"), "{run:?}");
    }
    place.run(&["move", &old, &old]).returned(1);
    let told =
        place.run(&["move", &old, &new, "--throttle", "10m", "--max-pause", "30", "--json"]).returned(0).document();
    assert_eq!((&told["pairs"], &told["keyspaces"], &told["follows"]), (&json!(3), &json!(2), &json!(true)));
    assert_eq!(place.run(&[&new, "getrange", "", "\\xff", "all"]).returned(0).text(), "`a' is `1'\n`b' is `2'\n");
    place.run(&[&new, "set", "d", "4"]).returned(0);
    // It is not done twice, and what has changed since is not overwritten.
    assert!(place.run(&["move", &old, &new]).returned(1).err.contains("9034"));
    let third = place.path("third");
    assert!(place.run(&["move", &old, &third]).returned(1).err.contains("1038"));
}
