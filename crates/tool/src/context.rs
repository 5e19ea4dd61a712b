//! What every command has: the standard output, and what the user chose on the command line.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use plinth_api::DatabaseOptions;

use crate::failure::Failure;
use crate::out::{self, Out};

/// What was chosen on the command line for all commands.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Documents for programs instead of text for people.
    pub json: bool,
    /// Whether to show progress; where nothing was chosen, on a terminal.
    pub progress: Option<bool>,
    /// Whether every question is answered with yes.
    pub yes: bool,
    /// Whether the shell begins with writes on.
    pub writes: bool,
    /// Values as they are, and nothing else.
    pub raw: bool,
    /// Make the database if there is none.
    pub create: bool,
    /// FoundationDB's client library, for clusters, if it was named.
    pub client: Option<PathBuf>,
    /// The keyspace to begin with.
    pub keyspace: Option<String>,
    /// How the database is opened.
    pub options: DatabaseOptions,
}

/// The surroundings of a command.
pub struct Context {
    /// The standard output.
    pub out: Out,
    /// What was chosen.
    pub settings: Settings,
    /// Whether somebody types the commands.
    pub interactive: bool,
    /// Why the shell can't go on.
    pub lost: Option<Failure>,
}

impl Context {
    /// The surroundings of this process.
    pub fn new(settings: Settings) -> Self {
        Self { out: Out::new(settings.json), settings, interactive: false, lost: None }
    }

    /// Says something that is no result.
    pub fn say(&mut self, text: &str) -> Result<(), Failure> {
        self.out.flush()?;
        // Nobody may be reading.
        let _ = writeln!(std::io::stderr(), "{text}");
        Ok(())
    }

    /// Tells of a failure, if there is something to tell.
    pub fn tell(&mut self, failure: &Failure) {
        // What was found before comes first; if it can't be written, that was told before.
        let _ = self.out.flush();
        let Some(message) = failure.message() else {
            return;
        };
        let mut stderr = std::io::stderr();
        let _ = if self.settings.json {
            writeln!(stderr, "{}", failure.json())
        } else if stderr.is_terminal() && out::colours() {
            writeln!(stderr, "\x1b[31mplinth:\x1b[0m {message}")
        } else {
            writeln!(stderr, "plinth: {message}")
        };
    }

    /// Asks for a word that shows that it is meant. Without a terminal `--yes` has to say so.
    pub fn confirm(&mut self, what: &str, word: &str) -> Result<(), Failure> {
        if self.settings.yes {
            return Ok(());
        }
        let word = crate::text::safe(word);
        let stdin = std::io::stdin();
        if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
            return Err(Failure::usage(format!("{what}; say --yes if that is meant")));
        }
        self.out.flush()?;
        let _ = write!(std::io::stderr(), "{what}.\nType {word} to go on: ");
        let mut answer = String::new();
        let read = stdin.read_line(&mut answer);
        match read {
            Ok(_) if answer.trim_end_matches('\n') == word => Ok(()),
            _ if crate::interrupt::seen() => Err(Failure::Interrupted),
            _ => Err(Failure::usage("nothing was done")),
        }
    }
}
