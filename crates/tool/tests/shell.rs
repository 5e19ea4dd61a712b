//! The shell at a terminal: prompt, history, completion, Ctrl-C, questions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::os::unix::fs::PermissionsExt as _;

use common::{Place, Terminal};

#[test]
fn writes_are_off_until_they_are_allowed() {
    let place = Place::with_database();
    let mut shell = Terminal::open(&place, &[&place.path("db")]);
    shell.expect("Writes are off");
    shell.expect("plinth> ");
    shell.keys("set a 1\r");
    shell.expect("writes are off; writemode on");
    shell.keys("writemode on; set a 1\r");
    shell.expect("Committed (");
    shell.keys("get a\r");
    shell.expect("`a' is `1'");
    shell.keys("quit\r");
    assert_eq!(shell.status(), Some(0));
    let mut shell = Terminal::open(&place, &["--write", &place.path("db")]);
    shell.expect("Writes are on");
    shell.expect("plinth> ");
    shell.keys("set a 2\r");
    shell.expect("Committed (");
    // The end of the input.
    shell.expect("plinth> ");
    shell.keys("\x04");
    assert_eq!(shell.status(), Some(0));
    assert_eq!(place.db(&["--raw", "get", "a"]).out, b"2");
}

#[test]
fn the_prompt_shows_keyspace_and_transaction() {
    let place = Place::with_database();
    place.db(&["keyspaces", "create", "users"]).returned(0);
    let mut shell = Terminal::open(&place, &["-w", &place.path("db")]);
    shell.expect("plinth> ");
    shell.keys("use users\r");
    shell.expect("plinth:users> ");
    shell.keys("begin\r");
    shell.expect("plinth:users*> ");
    shell.keys("set b 1; nonsense; set c 1\r");
    shell.expect("there is no command nonsense");
    shell.expect("plinth:users*> ");
    shell.keys("rollback\r");
    shell.expect("plinth:users> ");
    shell.keys("begin; set d 1\r");
    shell.expect("plinth:users*> ");
    shell.keys("exit\r");
    shell.expect("rolled back");
    assert_eq!(shell.status(), Some(0));
    assert_eq!(place.run(&["-k", "users", &place.path("db"), "getrange", ""]).text(), "");
}

#[test]
fn the_history_is_kept_for_its_owner_only() {
    let place = Place::with_database();
    let mut shell = Terminal::open(&place, &[&place.path("db")]);
    shell.expect("plinth> ");
    shell.keys("get remembered\r");
    shell.expect("not found");
    shell.expect("plinth> ");
    // A line that begins with a space is not kept.
    shell.keys(" get secret\r");
    shell.expect("not found");
    shell.expect("plinth> ");
    shell.keys("\x04");
    assert_eq!(shell.status(), Some(0));
    let kept = std::fs::read_to_string(place.history()).unwrap();
    assert!(kept.contains("get remembered") && !kept.contains("secret"), "{kept}");
    assert_eq!(std::fs::metadata(place.history()).unwrap().permissions().mode() & 0o777, 0o600);
    // The arrow up, in another shell.
    let mut shell = Terminal::open(&place, &[&place.path("db")]);
    shell.expect("plinth> ");
    shell.keys("\x1b[A");
    shell.expect("get remembered");
    shell.keys("\r");
    shell.expect("`remembered': not found");
    shell.expect("plinth> ");
    shell.keys("\x04");
    assert_eq!(shell.status(), Some(0));
}

#[test]
fn the_tab_key_completes() {
    let place = Place::with_database();
    place.db(&["keyspaces", "create", "customers"]).returned(0);
    let mut shell = Terminal::open(&place, &[&place.path("db")]);
    shell.expect("plinth> ");
    shell.keys("wri\t");
    shell.expect("writemode ");
    shell.keys("on\r");
    shell.expect("plinth> ");
    shell.keys("use cus\t");
    shell.expect("use customers ");
    shell.keys("\r");
    shell.expect("plinth:customers> ");
    shell.keys("status; getr\t\t");
    shell.expect("getrangekeys");
    // Ctrl-C drops the line and no more.
    shell.keys("\x03");
    // What is typed before the line has ended is lost.
    shell.expect("\x1b[?2004l");
    shell.expect("plinth:customers> ");
    shell.keys("option on acc\t\r");
    shell.expect("ACCESS_SYSTEM_KEYS");
    shell.expect("\x1b[?2004l");
    shell.expect("plinth:customers> ");
    shell.keys("option\r");
    shell.expect("on  ACCESS_SYSTEM_KEYS");
    shell.expect("plinth:customers> ");
    shell.keys("\x04");
    assert_eq!(shell.status(), Some(0));
}

#[test]
fn ctrl_c_ends_a_command_and_not_the_shell() {
    let place = Place::with_database();
    let mut shell = Terminal::open(&place, &[&place.path("db")]);
    shell.expect("plinth> ");
    shell.keys("watch a\r");
    shell.expect("Ctrl-C ends it");
    shell.keys("\x03");
    shell.expect("Interrupted");
    shell.expect("plinth> ");
    // Somebody else changes it.
    for (change, shown) in [(&["set", "a", "1"][..], "`a' is `1'"), (&["clear", "a"], "`a': not found")] {
        shell.keys("watch a\r");
        shell.expect("Ctrl-C ends it");
        place.db(change).returned(0);
        shell.expect(shown);
        shell.expect("plinth> ");
    }
    shell.keys("stats\r");
    shell.expect("commits/s");
    shell.keys("\x03");
    shell.expect("plinth> ");
    shell.keys("get a\r");
    shell.expect("`a': not found");
    shell.expect("plinth> ");
    shell.keys("\x04");
    assert_eq!(shell.status(), Some(0));
}

#[test]
fn dropping_a_keyspace_asks_for_its_name() {
    let place = Place::with_database();
    place.db(&["keyspaces", "create", "users"]).returned(0);
    let mut shell = Terminal::open(&place, &["-w", &place.path("db")]);
    shell.expect("plinth> ");
    shell.keys("keyspaces drop users\r");
    shell.expect("Type users to go on: ");
    shell.keys("yes\r");
    shell.expect("nothing was done");
    shell.expect("plinth> ");
    shell.keys("keyspaces\r");
    shell.expect("users\r\n");
    shell.expect("plinth> ");
    shell.keys("keyspaces drop users\r");
    shell.expect("Type users to go on: ");
    shell.keys("users\r");
    shell.expect("Keyspace users dropped");
    shell.expect("plinth> ");
    shell.keys("\x04");
    assert_eq!(shell.status(), Some(0));
    assert_eq!(place.db(&["keyspaces"]).text(), "default\n");
}

#[test]
fn colours_at_a_terminal_unless_they_are_not_wanted() {
    let place = Place::with_database();
    let mut shell = Terminal::open(&place, &[&place.path("db"), "fetch"]);
    shell.expect("\x1b[31mplinth:\x1b[0m");
    assert_eq!(shell.status(), Some(2));
}
