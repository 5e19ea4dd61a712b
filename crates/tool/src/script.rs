//! Commands one after the other: from the command line, or from the standard input.
//!
//! A script ends at the first command that fails, so that nothing is built on what did not happen. A key that is
//! not there is no failure; the last command says what the process returns.

use std::io::BufRead;

use crate::args::Lines;
use crate::commands;
use crate::failure::{Failure, Found, Outcome};
use crate::line;
use crate::session::Session;

/// The longest line of a script: a transaction's largest value four times over, as escapes.
const LONGEST_LINE: u64 = 64 << 20;

/// Runs all of them.
pub fn run(session: &mut Session<'_>, lines: &Lines) -> Outcome {
    match lines {
        Lines::Given(lines) => {
            let mut found = Found::Yes;
            for text in lines {
                found = one_line(session, text, found)?;
            }
            Ok(found)
        }
        Lines::One(command, call) => commands::run(session, command, call),
        Lines::Input => from(session, &mut std::io::stdin().lock()),
    }
}

/// Runs the lines of a stream.
fn from(session: &mut Session<'_>, stream: &mut impl BufRead) -> Outcome {
    let (mut found, mut number) = (Found::Yes, 0_u64);
    let mut text = Vec::new();
    loop {
        text.clear();
        number += 1;
        let mut limited = std::io::Read::take(&mut *stream, LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut text);
        let length = read.map_err(|error| Failure::Io("reading the standard input".to_owned(), error))?;
        if length == 0 {
            return Ok(found);
        }
        if length as u64 == LONGEST_LINE && !text.ends_with(b"\n") {
            return Err(Failure::usage(format!("line {number} is longer than {LONGEST_LINE} bytes")));
        }
        found = one_line(session, &text, found).map_err(|failure| match failure {
            Failure::Usage(text) => Failure::Usage(format!("line {number}: {text}")),
            other => other,
        })?;
    }
}

/// Runs the commands of a line; `before` is what the one before found.
pub fn one_line(session: &mut Session<'_>, text: &[u8], before: Found) -> Outcome {
    if text.trim_ascii_start().starts_with(b"#") {
        return Ok(before);
    }
    let mut found = before;
    for words in line::commands(text).map_err(Failure::Usage)? {
        let Some((name, rest)) = words.split_first() else {
            continue;
        };
        let command = commands::find(&String::from_utf8_lossy(&name.bytes))?;
        found = commands::run(session, command, &command.call_of_line(rest)?)?;
    }
    Ok(found)
}
