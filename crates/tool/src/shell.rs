//! The shell: line editing, history and completion around the commands.
//!
//! While a line is edited the terminal sends no signals: Ctrl-C drops the line, Ctrl-D ends the shell. A command
//! that fails does not end it.

use std::sync::Arc;

use plinth_api::Database;
use rustyline::completion::Completer;
use rustyline::config::{BellStyle, CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Editor, Helper};

use crate::commands::{self, Kind, OPERATIONS, OPTION_NAMES};
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;
use crate::text::safe;
use crate::{history, interrupt, script};

type Line = Editor<Words, FileHistory>;

/// Reads and runs lines until there are no more.
pub fn run(session: &mut Session<'_>) -> Outcome {
    session.context.interactive = true;
    greet(session)?;
    let mut editor = editor(session)?;
    let path = history::path();
    if let Some(path) = path.as_deref().filter(|path| path.exists()) {
        // What can't be read is as if it was never written.
        let _ = editor.load_history(path);
    }
    loop {
        session.context.out.flush()?;
        match editor.readline(&prompt(session)) {
            Ok(line) => {
                let _ = editor.add_history_entry(line.as_str());
                if matches!(line.trim(), "exit" | "quit" | "exit;" | "quit;") {
                    break;
                }
                interrupt::forget();
                one(session, &line);
                if let Some(failure) = session.context.lost.take() {
                    return Err(failure);
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(ReadlineError::Io(error)) => return Err(Failure::Io("reading from the terminal".to_owned(), error)),
            Err(error) => return Err(Failure::usage(format!("reading from the terminal: {error}"))),
        }
    }
    if session.transaction.take().is_some() {
        session.context.say("The open transaction is rolled back")?;
    }
    keep(session, &mut editor, path.as_deref())
}

/// Runs a line; what fails is told, and is no end.
fn one(session: &mut Session<'_>, line: &str) {
    match script::one_line(session, line.as_bytes(), Found::Yes) {
        Ok(_) => {}
        // The standard output is gone, and with it whoever types.
        Err(Failure::Closed) => session.context.lost = Some(Failure::Closed),
        Err(Failure::Interrupted) => {
            let _ = session.context.say("Interrupted");
        }
        Err(failure) => session.context.tell(&failure),
    }
}

fn greet(session: &mut Session<'_>) -> Result<(), Failure> {
    let place = safe(&session.place);
    let how = match session.database.is_host() {
        true => "this process hosts it".to_owned(),
        false => format!("as a guest: {}", safe(&plinth_engine::owner(&session.place))),
    };
    let writes = if session.writes { "on" } else { "off (writemode on allows them)" };
    session.context.say(&format!("{place}: {how}.\nWrites are {writes}. help lists the commands."))
}

fn prompt(session: &Session<'_>) -> String {
    let keyspace = match session.keyspace.id {
        0 => String::new(),
        _ => format!(":{}", safe(&session.keyspace.name)),
    };
    let open = if session.transaction.is_some() { "*" } else { "" };
    format!("plinth{keyspace}{open}> ")
}

fn editor(session: &Session<'_>) -> Result<Line, Failure> {
    let config = Config::builder().max_history_size(history::LINES).map(|builder| {
        builder
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .bell_style(BellStyle::None)
            .auto_add_history(false)
            .build()
    });
    let failed = |error: ReadlineError| Failure::Io("preparing the terminal".to_owned(), std::io::Error::other(error));
    let config = config.map_err(failed)?;
    let kept = FileHistory::with_config(&config);
    let mut editor = Line::with_history(config, kept).map_err(failed)?;
    editor.set_helper(Some(Words { database: session.database.clone() }));
    Ok(editor)
}

/// Keeps what was typed. That it can't be kept is said, and is no failure.
fn keep(session: &mut Session<'_>, editor: &mut Line, path: Option<&std::path::Path>) -> Outcome {
    let Some(path) = path else {
        return Ok(Found::Yes);
    };
    let kept = history::prepare(path).map_err(ReadlineError::Io).and_then(|()| editor.append_history(path));
    if let Err(error) = kept {
        session
            .context
            .say(&format!("plinth: the history was not kept in {}: {error}", safe(&path.display().to_string())))?;
    }
    Ok(Found::Yes)
}

/// What the Tab key offers.
struct Words {
    database: Arc<dyn Database>,
}

impl Words {
    /// The words that may stand here.
    fn candidates(&self, before: &[&str]) -> Vec<String> {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let keyspaces = || {
            let names = self.database.list_keyspaces().unwrap_or_default();
            names.iter().map(|name| crate::text::quoted(name.as_bytes())).collect()
        };
        match before {
            [] => {
                commands::TABLE.iter().map(|command| command.name.to_owned()).chain(names(&["exit", "quit"])).collect()
            }
            ["help"] => commands::TABLE.iter().map(|command| command.name.to_owned()).collect(),
            ["use"] | ["keyspaces", "drop"] => keyspaces(),
            ["keyspaces"] => names(&["list", "create", "drop"]),
            ["writemode"] | ["option"] => names(&["on", "off"]),
            ["option", _] => OPTION_NAMES.iter().map(|(name, _)| (*name).to_owned()).collect(),
            ["status"] => names(&["json", "details"]),
            ["atomic"] => OPERATIONS.iter().map(|(name, _)| (*name).to_owned()).collect(),
            [name, ..] => match commands::find(name) {
                Ok(command) if command.kind == Kind::Upkeep => {
                    command.options.iter().map(|option| format!("--{}", option.name)).collect()
                }
                _ => Vec::new(),
            },
        }
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &rustyline::Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let line = &line[..at];
        let command = line.rfind(';').map_or(0, |semicolon| semicolon + 1);
        let start = line[command..].rfind([' ', '\t']).map_or(command, |space| command + space + 1);
        let before: Vec<&str> = line[command..start].split_whitespace().collect();
        let begun = &line[start..];
        let mut candidates = self.candidates(&before);
        candidates
            .retain(|candidate| candidate.get(..begun.len()).is_some_and(|head| head.eq_ignore_ascii_case(begun)));
        candidates.sort();
        if let [only] = candidates.as_mut_slice() {
            only.push(' ');
        }
        Ok((start, candidates))
    }
}

impl Hinter for Words {
    type Hint = String;
}
impl Highlighter for Words {}
impl Validator for Words {}
impl Helper for Words {}
