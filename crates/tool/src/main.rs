//! `plinth`: a shell for a database, and what its operator does with it.
//!
//! A command is a row of the table in `commands`; it runs in the shell, in a script and from the command line
//! alike. Results go to the standard output, everything else to the standard error. Relies on the engine for all
//! that happens to a database. Order: a database that was opened is closed before the process ends, whatever the
//! command came to.

#![forbid(unsafe_code)]

mod args;
mod call;
mod commands;
mod context;
mod failure;
mod help;
mod history;
mod interrupt;
mod line;
mod number;
mod opening;
mod out;
mod progress;
mod run;
mod script;
mod session;
mod shell;
mod text;

use std::process::ExitCode;

fn main() -> ExitCode {
    run::main(std::env::args_os())
}
