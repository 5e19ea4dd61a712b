//! From the command line to what the process returns.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::args::{Args, What};
use crate::commands::{self, Command, Run};
use crate::context::Context;
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;
use crate::{interrupt, opening, script, shell};

/// Does what the command line asks for.
pub fn main(given: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::parse(given) {
        Ok(args) => args,
        Err(error) => {
            let context = &mut Context::new(crate::context::Settings::default());
            context.tell(&Failure::usage(format!("{}; see plinth --help", crate::text::safe(&error.to_string()))));
            return ExitCode::from(2);
        }
    };
    let mut context = Context::new(args.settings);
    let outcome = interrupt::catch()
        .map_err(|error| Failure::Io("catching signals".to_owned(), error))
        .and_then(|()| perform(&mut context, &args.what))
        .and_then(|found| context.out.flush().map(|()| found));
    match outcome {
        Ok(Found::Yes) => ExitCode::SUCCESS,
        Ok(Found::No) => ExitCode::from(3),
        Err(failure) => {
            context.tell(&failure);
            ExitCode::from(failure.status())
        }
    }
}

fn perform(context: &mut Context, what: &What) -> Outcome {
    match what {
        What::Print(text) => context.out.bytes(text.as_bytes()).map(|()| Found::Yes),
        What::Shell(place) => with(context, place, shell::run),
        What::Script(place, lines) => {
            // Who writes a command line means it.
            context.settings.writes = true;
            with(context, place, |session| script::run(session, lines))
        }
        What::Command(command, words, call) => command_line(context, command, words, call),
    }
}

/// A command that stands before its directory.
fn command_line(
    context: &mut Context,
    command: &'static Command,
    place: &Option<String>,
    call: &crate::call::Call,
) -> Outcome {
    match command.run {
        Run::Free(run) => run(context, call).map_err(|failure| commands::named(failure, command)),
        Run::Directory(run) => opening::directory(place.as_deref().map(str::as_bytes))
            .and_then(|place| run(context, place, call))
            .map_err(|failure| commands::named(failure, command)),
        Run::Session(_) => {
            context.settings.writes = true;
            let place = opening::directory(place.as_deref().map(str::as_bytes))?;
            with(context, place, |session| commands::run(session, command, call))
        }
    }
}

/// Opens a database, does something with it, and closes it whatever that came to.
fn with(context: &mut Context, place: &str, body: impl FnOnce(&mut Session<'_>) -> Outcome) -> Outcome {
    let database = opening::open(place, &context.settings)?;
    let outcome = Session::new(context, database.clone(), place).and_then(|mut session| body(&mut session));
    let closed = database.close();
    let found = outcome?;
    closed.map_err(|error| error.context(format!("closing {place}")))?;
    Ok(found)
}
