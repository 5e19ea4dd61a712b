//! The commands: what each is called, what it takes, what it does, and how it is run.

mod backup;
mod bench;
mod completion;
mod data;
mod keyspaces;
mod lock;
mod moving;
mod options;
mod range;
mod repair;
mod stats;
mod status;
mod table;
mod transaction;
mod transactions;
mod transfer;
mod upkeep;
mod watch;
mod write;

pub use options::NAMES as OPTION_NAMES;
pub use table::TABLE;
pub use write::OPERATIONS;

use crate::call::Call;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::line::Word;
use crate::session::Session;
use crate::text;

/// A command.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What comes after the name.
    pub usage: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it does, whole.
    pub text: &'static str,
    /// Lines to type, and what they do.
    pub examples: &'static [(&'static str, &'static str)],
    /// Its own options.
    pub options: &'static [Choice],
    /// Where help lists it.
    pub kind: Kind,
    /// How it is run.
    pub run: Run,
}

/// An option of a command.
pub struct Choice {
    /// Its name, without the hyphens.
    pub name: &'static str,
    /// What its value is; `None` if it takes none.
    pub value: Option<&'static str>,
    /// What it does.
    pub help: &'static str,
}

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Keys and values, whose words may have escapes on the command line too.
    Data,
    /// Transactions and what is set for the session.
    Transaction,
    /// The database as a whole; may stand before the directory.
    Upkeep,
    /// Needs no database; may stand first.
    Other,
}

/// How a command is run.
#[derive(Clone, Copy)]
pub enum Run {
    /// On an open database.
    Session(fn(&mut Session<'_>, &Call) -> Outcome),
    /// On a directory, which it opens itself.
    Directory(fn(&mut Context, &str, &Call) -> Outcome),
    /// On nothing.
    Free(fn(&mut Context, &Call) -> Outcome),
}

impl Command {
    /// Whether it may stand before the directory.
    pub fn stands_first(&self) -> bool {
        matches!(self.kind, Kind::Upkeep | Kind::Other)
    }

    /// A word as the user's shell gave it.
    pub fn word(&self, word: &[u8]) -> Result<Vec<u8>, String> {
        match self.kind {
            Kind::Data => text::unescaped(word),
            _ => Ok(word.to_vec()),
        }
    }

    /// The words of a line, options taken out.
    pub fn call_of_line(&self, words: &[Word]) -> Result<Call, Failure> {
        let mut call = Call::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let name = word.bytes.strip_prefix(b"--").filter(|_| !word.literal && !self.options.is_empty());
            let Some(name) = name else {
                call.words.push(word.bytes.clone());
                continue;
            };
            let name = String::from_utf8_lossy(name).into_owned();
            let (name, given) = match name.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (name, None),
            };
            let option =
                self.options.iter().find(|known| known.name == name).ok_or_else(|| {
                    named(Failure::usage(format!("there is no option --{}", text::safe(&name))), self)
                })?;
            let next = || words.next().map(|word| String::from_utf8_lossy(&word.bytes).into_owned());
            let value = match (option.value, given) {
                (Some(_), given) => Some(
                    given
                        .or_else(next)
                        .ok_or_else(|| named(Failure::usage(format!("--{name} needs a value")), self))?,
                ),
                (None, Some(_)) => return Err(named(Failure::usage(format!("--{name} takes no value")), self)),
                (None, None) => None,
            };
            call.options.insert(option.name, value);
        }
        Ok(call)
    }
}

/// The command of this name.
pub fn find(name: &str) -> Result<&'static Command, Failure> {
    TABLE.iter().find(|command| command.name == name).ok_or_else(|| Failure::Usage(unknown(name)))
}

/// That there is no such command, and which one may be meant.
pub fn unknown(name: &str) -> String {
    let name = text::safe(name);
    let near = TABLE.iter().map(|command| (distance(&name, command.name), command.name)).min();
    match near {
        Some((distance, near)) if distance <= 2 && name.len() > 2 => {
            format!("there is no command {name}; did you mean {near}?")
        }
        _ => format!("there is no command {name}; help lists them"),
    }
}

/// How many letters differ, are missing or are too many.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(40).enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

/// Runs a command on an open database.
pub fn run(session: &mut Session<'_>, command: &'static Command, call: &Call) -> Outcome {
    if crate::interrupt::seen() {
        return Err(Failure::Interrupted);
    }
    let outcome = match command.run {
        Run::Session(run) => run(session, call),
        Run::Directory(run) => {
            let place = session.place.clone();
            run(session.context, &place, call)
        }
        Run::Free(run) => run(session.context, call),
    };
    let flushed = session.context.out.flush();
    outcome.and_then(|found| flushed.map(|()| found)).map_err(|failure| named(failure, command))
}

/// Wrong arguments, with the command that they are of.
pub fn named(failure: Failure, command: &Command) -> Failure {
    match failure {
        Failure::Usage(text) => Failure::Usage(format!("{}: {text}; see help {}", command.name, command.name)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_told_whole() {
        for command in TABLE {
            assert!(!command.summary.is_empty() && !command.text.is_empty(), "{}", command.name);
            assert!(!command.examples.is_empty(), "{} has no example", command.name);
        }
    }

    #[test]
    fn a_name_that_is_nearly_right_is_told() {
        assert!(unknown("gerange").contains("getrange?"));
        assert!(unknown("xyzzy").contains("help"));
        assert_eq!(distance("", "get"), 3);
        assert_eq!(distance("set", "get"), 1);
    }
}
