//! What `help`, `--help` and `--version` print.

use std::fmt::Write as _;

use crate::commands::{Command, Kind, TABLE};

/// Column at which the second part of a line begins.
const COLUMN: usize = 34;

const HEAD: &str = "\
plinth DIRECTORY                       opens the shell of a database
plinth DIRECTORY COMMAND [WORD...]     runs one command
plinth DIRECTORY 'COMMAND; COMMAND'    runs a line of commands, and so does --execute
plinth DIRECTORY <FILE                 runs the lines of a script
plinth COMMAND DIRECTORY [WORD...]     the same, for the commands below the line \"Looking after it\"

A database is opened as every program opens it: if another process has it, plinth is its guest. A
directory in which there is no database is an error. :memory: is a throw-away database. In the place of a
DIRECTORY fdb:CLUSTERFILE opens a FoundationDB cluster, and fdb: the default one.
";

/// Options for every command: name, value, what it does. They are also those of completion and manual.
pub const OPTIONS: [(&str, &str, &str); 17] = [
    ("-e, --execute", "LINE", "run these commands; may be given more than once"),
    ("-k, --keyspace", "NAME", "begin in this keyspace"),
    ("-w, --write", "", "let the shell write from the beginning, as after writemode on"),
    ("-y, --yes", "", "answer every question with yes"),
    ("--json", "", "print one JSON document for each command; errors too, on the standard error"),
    ("--raw", "", "print values and keys as they are, without names and line feeds"),
    ("--progress", "", "show progress although the standard error is no terminal"),
    ("--no-progress", "", "show no progress"),
    ("--create", "", "make the database if there is none"),
    ("--read-only", "", "open it without any change to it; also one that is damaged"),
    ("--exclusive", "", "share it with no other process"),
    ("--durability", "sync|buffered", "of commits; default sync"),
    ("--preset", "NAME", "balanced, small-memory, read-heavy or write-heavy; default balanced"),
    ("--memory-budget", "BYTES", "for caches and buffers of a host; with k, m or g in KiB, MiB or GiB"),
    ("--fdb-client", "FILE", "FoundationDB's client library, for clusters; default $PLINTH_FDB_CLIENT, or libfdb_c.so"),
    ("-h, --help", "", "print this, or what a command does"),
    ("-V, --version", "", "print the version"),
];

const TAIL: &str = "
Keys and values are written as fdbcli writes them: \\xNN is a byte, \\\\ a backslash, \\\" a quotation
mark, \\; a semicolon; \"double quotes\" keep spaces together.

Exit status: 0 done, 1 failed, 2 wrong command, 3 there is no such key, 4 damaged, 130 Ctrl-C.
help COMMAND, or COMMAND --help, tells more of each, with examples.
";

/// The version, for people.
pub fn version() -> String {
    format!("plinth {}\n", env!("CARGO_PKG_VERSION"))
}

/// Everything in short.
pub fn general() -> String {
    let mut text = HEAD.to_owned();
    text.push_str(&commands());
    text.push_str("\nOptions\n");
    for (name, value, help) in OPTIONS {
        two_columns(&mut text, format!("{name} {value}").trim_end(), help);
    }
    text.push_str(TAIL);
    text
}

/// The commands in short.
pub fn commands() -> String {
    let mut text = String::new();
    for (kind, title) in [
        (Kind::Data, "Keys and values"),
        (Kind::Transaction, "Transactions and the session"),
        (Kind::Upkeep, "Looking after it"),
        (Kind::Other, "Other"),
    ] {
        let _ = writeln!(text, "\n{title}");
        for command in TABLE.iter().filter(|command| command.kind == kind) {
            two_columns(&mut text, format!("{} {}", command.name, command.usage).trim_end(), command.summary);
        }
    }
    text
}

/// All about one command.
pub fn of(command: &'static Command) -> String {
    let mut text = format!("{} {}", command.name, command.usage);
    text.truncate(text.trim_end().len());
    let _ = write!(text, "\n\n{}\n", command.text);
    if !command.options.is_empty() {
        text.push('\n');
        for option in command.options {
            let name = format!("--{} {}", option.name, option.value.unwrap_or_default());
            two_columns(&mut text, name.trim_end(), option.help);
        }
    }
    text.push_str("\nExamples\n");
    for (example, meaning) in command.examples {
        two_columns(&mut text, example, meaning);
    }
    text
}

fn two_columns(text: &mut String, left: &str, right: &str) {
    if left.len() + 4 > COLUMN {
        let _ = writeln!(text, "  {left}\n{:COLUMN$}{right}", "");
    } else {
        let _ = writeln!(text, "  {left:width$}{right}", width = COLUMN - 2);
    }
}
