//! `plinthd DIRECTORY` hosts a database directory for other processes, and does nothing else.
//!
//! It opens the directory as every other process does; whoever opens it while this one has it is its
//! guest. Relies on the engine for all of that: here are only the command line, signals and the words
//! for systemd. Order: signals are caught before the directory is opened, so none is lost.

mod args;
mod exporter;
mod host;
mod journal;
mod notify;
mod process;
mod signals;

use std::io::Write as _;
use std::process::ExitCode;

use args::{Args, Command};
use plinth_api::Code;

/// The exit status for a command line that can't be understood.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os()) {
        Ok(Command::Serve(args)) => args,
        Ok(Command::Print(text)) => {
            // Who closes the pipe has read enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("plinthd: {error}; see plinthd --help");
            return ExitCode::from(USAGE);
        }
    };
    let ended = journal::begin(&args).and_then(|()| host::run(&args));
    journal::end();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("plinthd: {error}");
            // The engine knows the bounds of the options.
            if error.code() == Code::INVALID_OPTION_VALUE {
                return ExitCode::from(USAGE);
            }
            ExitCode::FAILURE
        }
    }
}
