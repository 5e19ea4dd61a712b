//! P14: databases are closed, libraries unloaded and processes left with everything in flight; callbacks and
//! signals do what they like.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// The arguments of a program: for a round, in a directory for its data.
type Arguments = fn(&Workshop, Round, &Path, &mut Command);

/// The stages of P14.
pub fn stages() -> Vec<Stage> {
    let stage = Stage {
        name: "closing",
        obligation: "P14",
        what: "close with transactions, watches, asynchronous calls and callbacks under way on other threads",
        rounds: "times 100 closes and 45 to warm up",
        whole: 100,
        short: 1,
        must: Must::Hold,
        begin: |workshop| Begun::begin(workshop, "closing", |_, round, place, command| closing(round, place, command)),
    };
    vec![
        Stage {
            name: "unloading",
            what: "both libraries loaded, used and unloaded by threads that end",
            rounds: "times 50 of them",
            whole: 20,
            short: 1,
            begin: |workshop| Begun::begin(workshop, "unloading", unloading),
            ..stage
        },
        Stage {
            name: "leaving",
            what: "exit, quick_exit, _exit, a return from main and the end of the main thread while others commit",
            rounds: "times 10 processes",
            whole: 100,
            short: 1,
            begin: |workshop| {
                Begun::begin(workshop, "leaving", |_, round, place, command| leaving(round, place, command))
            },
            ..stage
        },
        Stage {
            name: "callbacks",
            what: "callbacks that block, destroy what they are of, call back in and close their database",
            rounds: "times 10 databases",
            whole: 100,
            short: 1,
            begin: |workshop| {
                Begun::begin(workshop, "callbacks", |_, _, _, command| {
                    command.arg("10");
                })
            },
            ..stage
        },
        Stage {
            name: "signals",
            what: "a signal every millisecond during all kinds of calls, in a host and its guest; handlers that fork",
            rounds: "times 2 s",
            whole: 100,
            short: 1,
            begin: |workshop| {
                Begun::begin(workshop, "signals", |_, round, place, command| signals(round, place, command))
            },
            ..stage
        },
        Stage {
            name: "closing-fdb",
            what: "handles of libfdb_c end while other threads use them, and their futures become ready",
            rounds: "times 100 databases and 45 to warm up",
            begin: |workshop| {
                Begun::begin_fdb(workshop, "closing_fdb", |_, round, place, command| closing(round, place, command))
            },
            ..stage
        },
        Stage {
            name: "stopping",
            what: "fdb_stop_network at some moment with calls, futures, watches and callbacks under way",
            rounds: "times 20 processes",
            begin: |workshop| {
                Begun::begin_fdb(workshop, "stopping", |_, round, place, command| stopping(round, place, command))
            },
            ..stage
        },
        Stage {
            name: "stuck",
            what: "callbacks that never return: others go on, close waits, and the process can end",
            rounds: "times 10 processes",
            begin: |workshop| {
                Begun::begin(workshop, "stuck", |_, round, place, command| leaving(round, place, command))
            },
            ..stage
        },
        Stage {
            name: "stuck-fdb",
            what: "the same on the network thread of libfdb_c",
            rounds: "times 20 processes",
            begin: |workshop| {
                Begun::begin_fdb(workshop, "stopping", |_, round, place, command| {
                    stopping(round, place, command);
                    command.arg("stuck");
                })
            },
            ..stage
        },
        stage,
    ]
}

fn closing(round: Round, place: &Path, command: &mut Command) {
    command.arg(round.seed.to_string()).arg("100").arg(place.join("data"));
}

fn unloading(workshop: &Workshop, _: Round, _: &Path, command: &mut Command) {
    command.args(["libplinth.so", "libfdb_c.so"].map(|name| workshop.release.join(name))).arg("50");
}

fn leaving(round: Round, place: &Path, command: &mut Command) {
    command.arg(round.seed.to_string()).arg("10").arg(place.join("data"));
}

fn stopping(round: Round, place: &Path, command: &mut Command) {
    command.arg(round.seed.to_string()).arg("20").arg(place.join("data"));
}

fn signals(round: Round, place: &Path, command: &mut Command) {
    command.arg(round.seed.to_string()).arg("2").arg(place.join("data"));
}

struct Begun {
    workshop: Workshop,
    name: &'static str,
    program: PathBuf,
    arguments: Arguments,
}

impl Begun {
    fn begin(workshop: &Workshop, name: &'static str, arguments: Arguments) -> Result<Box<dyn Trial>, Trouble> {
        Self::with(workshop, "libplinth.so", name, arguments)
    }

    fn begin_fdb(workshop: &Workshop, name: &'static str, arguments: Arguments) -> Result<Box<dyn Trial>, Trouble> {
        Self::with(workshop, "libfdb_c.so", name, arguments)
    }

    fn with(
        workshop: &Workshop,
        library: &str,
        name: &'static str,
        arguments: Arguments,
    ) -> Result<Box<dyn Trial>, Trouble> {
        let library = workshop.release.join(library);
        let program = workshop.c_program_with(name, &library, &["-D_GNU_SOURCE"])?;
        Ok(Box::new(Self { workshop: workshop.clone(), name, program, arguments }))
    }
}

impl Trial for Begun {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let place = self.workshop.scratch()?;
        let mut command = program::command(&self.program, 300);
        (self.arguments)(&self.workshop, round, place.path(), &mut command);
        command.env("PLINTH_DATA", ":memory:").env("PLINTH_QUIET", "1");
        program::run(&self.workshop, &mut command, self.name)
    }
}
