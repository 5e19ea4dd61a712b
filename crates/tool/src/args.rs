//! The command line. Relies on the engine to know the bounds of the options' values, and on the table of commands
//! for their names and options.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::os::unix::ffi::OsStringExt as _;

use lexopt::{Arg, Parser, ValueExt};
use plinth_api::{Durability, Preset};

use crate::call::Call;
use crate::commands::{self, Command, Run};
use crate::context::Settings;
use crate::{help, number};

/// The parsed command line.
pub struct Args {
    /// What holds for every command.
    pub settings: Settings,
    /// What to do.
    pub what: What,
}

/// What to do.
pub enum What {
    /// Print this.
    Print(String),
    /// Open the shell.
    Shell(String),
    /// Run commands on a database.
    Script(String, Lines),
    /// Run a command that stands before its directory.
    Command(&'static Command, Option<String>, Call),
}

/// The commands of a script.
pub enum Lines {
    /// Lines of the command line.
    Given(Vec<Vec<u8>>),
    /// One command, of which the user's shell has made words.
    One(&'static Command, Call),
    /// Those of the standard input.
    Input,
}

/// What was found so far.
#[derive(Default)]
struct Seen {
    settings: Settings,
    budget: Option<usize>,
    /// The first word: a directory, unless `first` is a command.
    place: Option<String>,
    command: Option<&'static Command>,
    /// Whether the command stands before the directory.
    first: bool,
    words: Vec<Vec<u8>>,
    call: Call,
    lines: Vec<Vec<u8>>,
    help: bool,
}

impl Args {
    /// Parses the arguments, of which the first is the program's name.
    pub fn parse(given: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut parser = Parser::from_iter(given);
        let mut seen = Seen::default();
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Short('V') | Arg::Long("version") => return Ok(print(help::version())),
                Arg::Short('h') | Arg::Long("help") => seen.help = true,
                Arg::Value(value) => seen.value(value)?,
                Arg::Short(digit @ '0'..='9') if seen.command.is_some() => {
                    let rest = parser.optional_value().unwrap_or_default();
                    seen.words.push([&[b'-', digit as u8], rest.into_vec().as_slice()].concat());
                }
                Arg::Short(short) => match short_option(short) {
                    Some(name) => seen.option(name, &mut parser)?,
                    None => return Err(Arg::Short(short).unexpected()),
                },
                Arg::Long(name) => {
                    let name = name.to_owned();
                    seen.option(&name, &mut parser)?;
                }
            }
        }
        seen.decide()
    }
}

fn print(text: String) -> Args {
    Args { settings: Settings::default(), what: What::Print(text) }
}

fn short_option(short: char) -> Option<&'static str> {
    Some(match short {
        'e' => "execute",
        'k' => "keyspace",
        'y' => "yes",
        'w' => "write",
        _ => return None,
    })
}

impl Seen {
    fn value(&mut self, value: OsString) -> Result<(), lexopt::Error> {
        let bytes = value.clone().into_vec();
        if self.place.is_none() && !self.first {
            let name = value.to_str().unwrap_or_default();
            if let Some(command) = commands::find(name).ok().filter(|command| command.stands_first()) {
                (self.command, self.first) = (Some(command), true);
                return Ok(());
            }
            self.place = Some(place(value)?);
        } else if self.place.is_none() && self.command.is_some_and(|command| !matches!(command.run, Run::Free(_))) {
            self.place = Some(place(value)?);
        } else if self.command.is_none() && !is_line(&bytes) && self.words.is_empty() {
            self.command = commands::find(value.to_str().unwrap_or_default()).ok();
            self.words.push(bytes);
        } else {
            self.words.push(bytes);
        }
        Ok(())
    }

    fn option(&mut self, name: &str, parser: &mut Parser) -> Result<(), lexopt::Error> {
        if let Some(option) = self.command.and_then(|command| command.options.iter().find(|known| known.name == name)) {
            let value = option.value.map(|_| parser.value()?.string()).transpose()?;
            self.call.options.insert(option.name, value);
            return Ok(());
        }
        let settings = &mut self.settings;
        let options = &mut settings.options;
        match name {
            "json" => settings.json = true,
            "raw" => settings.raw = true,
            "yes" => settings.yes = true,
            "write" => settings.writes = true,
            "create" => settings.create = true,
            "progress" => settings.progress = Some(true),
            "no-progress" => settings.progress = Some(false),
            "keyspace" => settings.keyspace = Some(parser.value()?.string()?),
            "execute" => self.lines.push(parser.value()?.into_vec()),
            "read-only" => options.read_only = true,
            "exclusive" => options.exclusive = true,
            "durability" => options.durability = parser.value()?.parse_with(durability)?,
            "fdb-client" => settings.client = Some(parser.value()?.into()),
            "preset" => options.preset = parser.value()?.parse_with(preset)?,
            "memory-budget" => self.budget = Some(parser.value()?.parse_with(bytes)?),
            _ => return Err(Arg::Long(name).unexpected()),
        }
        Ok(())
    }

    fn decide(mut self) -> Result<Args, lexopt::Error> {
        if self.help {
            return Ok(print(self.command.map_or_else(help::general, help::of)));
        }
        let options = &mut self.settings.options;
        options.memory_budget = self.budget.unwrap_or_else(|| options.preset.memory_budget());
        if options.read_only && self.settings.create {
            return Err("--read-only makes no database: not with --create".into());
        }
        let what = if self.first { self.before_directory()? } else { self.after_directory()? };
        Ok(Args { settings: self.settings, what })
    }

    /// `plinth COMMAND DIRECTORY ...`
    fn before_directory(&mut self) -> Result<What, lexopt::Error> {
        let command = self.command.ok_or("which command?")?;
        let call = self.call(command, 0)?;
        Ok(What::Command(command, self.place.take(), call))
    }

    /// `plinth DIRECTORY ...`
    fn after_directory(&mut self) -> Result<What, lexopt::Error> {
        let place = self.place.take().ok_or("which DIRECTORY, or which command?")?;
        if !self.lines.is_empty() && !self.words.is_empty() {
            return Err("commands come either after --execute or after the DIRECTORY".into());
        }
        if !self.lines.is_empty() {
            return Ok(What::Script(place, Lines::Given(std::mem::take(&mut self.lines))));
        }
        if let (Some(command), true) = (self.command, !self.words.is_empty()) {
            let call = self.call(command, 1)?;
            return Ok(What::Script(place, Lines::One(command, call)));
        }
        match self.words.first() {
            Some(first) if is_line(first) => Ok(What::Script(place, Lines::Given(std::mem::take(&mut self.words)))),
            Some(first) => Err(commands::unknown(&String::from_utf8_lossy(first)).into()),
            None if std::io::stdin().is_terminal() => Ok(What::Shell(place)),
            None => Ok(What::Script(place, Lines::Input)),
        }
    }

    /// The words from here on, as the command takes them.
    fn call(&mut self, command: &Command, from: usize) -> Result<Call, lexopt::Error> {
        let mut call = std::mem::take(&mut self.call);
        for word in &self.words[from..] {
            call.words.push(command.word(word).map_err(|text| format!("{}: {text}", command.name))?);
        }
        Ok(call)
    }
}

/// Whether it is more than a word.
fn is_line(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| byte.is_ascii_whitespace() || *byte == b';')
}

fn place(value: OsString) -> Result<String, lexopt::Error> {
    match value.into_string() {
        Ok(place) if place.is_empty() => Err("which DIRECTORY? It is empty".into()),
        Ok(place) => Ok(place),
        Err(_) => Err("the path of the DIRECTORY is not text".into()),
    }
}

fn durability(name: &str) -> Result<Durability, &'static str> {
    match name {
        "sync" => Ok(Durability::Sync),
        "buffered" => Ok(Durability::Buffered),
        _ => Err("neither sync nor buffered"),
    }
}

fn preset(name: &str) -> Result<Preset, &'static str> {
    Preset::of_name(name).ok_or("none of balanced, small-memory, read-heavy and write-heavy")
}

fn bytes(text: &str) -> Result<usize, String> {
    let bytes = number::bytes(text)?;
    usize::try_from(bytes).map_err(|_| "more bytes than can be counted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &[&str]) -> Result<Args, String> {
        Args::parse(std::iter::once("plinth").chain(given.iter().copied()).map(OsString::from))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn one_command_as_words_or_as_a_line() {
        let What::Script(place, Lines::One(command, call)) = parse(&["db", "get", "a b", "--json"]).unwrap().what
        else {
            panic!("one command");
        };
        assert_eq!((place.as_str(), command.name, call.words), ("db", "get", vec![b"a b".to_vec()]));
        for lines in [&["db", "get a; get b"][..], &["-e", "get a; get b", "db"]] {
            let What::Script(_, Lines::Given(lines)) = parse(lines).unwrap().what else { panic!("lines") };
            assert_eq!(lines, [b"get a; get b".to_vec()]);
        }
    }

    #[test]
    fn a_command_may_stand_before_its_directory() {
        let What::Command(command, place, call) = parse(&["stats", "--count=3", "db", "--once"]).unwrap().what else {
            panic!("a command");
        };
        assert_eq!((command.name, place.as_deref()), ("stats", Some("db")));
        assert_eq!(call.value("count"), Some("3"));
        assert!(call.has("once"));
        let What::Script(place, _) = parse(&["./stats", "get", "a"]).unwrap().what else { panic!("a directory") };
        assert_eq!(place, "./stats");
    }

    #[test]
    fn escapes_and_negative_numbers_in_words() {
        let What::Script(_, Lines::One(_, call)) = parse(&["db", "add", "a\\x00", "-12"]).unwrap().what else {
            panic!("one command");
        };
        assert_eq!(call.words, [b"a\0".to_vec(), b"-12".to_vec()]);
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let wrong: [&[&str]; 9] = [
            &[],
            &[""],
            &["db", "--fast"],
            &["db", "fetch", "a"],
            &["db", "--preset", "fast"],
            &["db", "--once", "stats"],
            &["-e", "get a", "db", "get", "b"],
            &["db", "--memory-budget=1x"],
            &["db", "get", "\\q"],
        ];
        for given in wrong {
            assert!(parse(given).is_err(), "{given:?}");
        }
    }
}
