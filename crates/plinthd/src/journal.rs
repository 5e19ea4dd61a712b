//! What the engine says of its work, as lines on the standard error. Below systemd each begins with the priority
//! that its journal reads off (`sd-daemon(3)`).

use std::fmt::Write as _;
use std::io::Write as _;

use plinth_api::Result;
use plinth_engine::log::{self, Level, Record};

use crate::args::Args;

/// Has it written from now on.
pub fn begin(args: &Args) -> Result<()> {
    let Some(level) = args.log_level else {
        return Ok(());
    };
    let in_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let write = move |record: &Record| {
        // Nobody may be reading.
        let _ = std::io::stderr().write_all(line(record, in_journal).as_bytes());
    };
    log::set(level, args.log_keys, Some(Box::new(write)))
}

/// Writes what is still to be written.
pub fn end() {
    log::end();
}

fn line(record: &Record, in_journal: bool) -> String {
    let priority = match record.level {
        _ if !in_journal => "",
        Level::Error => "<3>",
        Level::Warning => "<4>",
        Level::Info => "<6>",
        Level::Debug => "<7>",
    };
    let mut line = format!("{priority}plinthd: {} {}: {}", record.level.name(), record.module, record.message);
    for (name, value) in &record.fields {
        let _ = match value.contains([' ', '"', '=']) {
            true => write!(line, " {name}={value:?}"),
            false => write!(line, " {name}={value}"),
        };
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_line_and_below_systemd_it_has_a_priority() {
        let fields = vec![("database", "/a b".to_owned()), ("took_ms", "7".to_owned())];
        let message = "the database is open".to_owned();
        let record = Record { level: Level::Info, module: "open", time_us: 1, message, fields };
        let expected = "plinthd: info open: the database is open database=\"/a b\" took_ms=7\n";
        assert_eq!(line(&record, false), expected);
        assert_eq!(line(&record, true), format!("<6>{expected}"));
    }
}
