//! Plinth as a guest: the same functions as in `plinth`, on a directory that another process hosts.
//! The host is this program once more. It says `ready`, answers each line with its counters, and ends with
//! its input. Relies on a directory having one host: what opens beside it is a guest or fails.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::plinth::Plinth;
use super::{Counters, Engine, Session, Settings};
use crate::error::{Context, Error, Result};
use crate::machine;

/// A database with a host in another process.
pub struct Guest {
    guest: Plinth,
    host: Host,
}

impl Guest {
    /// Starts a host and opens the directory beside it.
    pub fn open(directory: &Path, settings: &Settings) -> Result<Self> {
        let host = Host::start(directory)?;
        let guest = Plinth::open(directory, settings).context("opening as a guest")?;
        Ok(Self { guest, host })
    }
}

impl Engine for Guest {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        self.guest.session(sync)
    }

    /// The host's: it writes and syncs.
    fn counters(&self) -> Result<Counters> {
        self.host.counters()
    }

    fn servers_cpu(&self) -> Result<Duration> {
        machine::cpu_time_of(self.host.child.id())
    }

    /// The guest goes first, or it would take over.
    fn close(self: Box<Self>) -> Result<()> {
        self.host.counters().context("the host is gone")?;
        Box::new(self.guest).close()?;
        self.host.stop()
    }
}

/// The process that hosts, seen from the guest's.
struct Host {
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Host {
    fn start(directory: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("this program's path")?;
        let mut child = Command::new(program)
            .args(["--host".as_ref(), "--directory".as_ref(), directory.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting a host")?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::new("a host without pipes"));
        };
        let mut output = BufReader::new(output);
        match answer(&mut output)?.as_str() {
            "ready" => Ok(Self { child, pipes: Mutex::new((input, output)) }),
            words => Err(Error::new(words)),
        }
    }

    fn counters(&self) -> Result<Counters> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(pipes.0).context("asking the host")?;
        let words = answer(&mut pipes.1)?;
        let numbers =
            words.split_once(' ').and_then(|(commits, syncs)| Some((commits.parse().ok()?, syncs.parse().ok()?)));
        let (commits, syncs) = numbers.ok_or_else(|| Error::new(format!("the host answered {words}")))?;
        Ok(Counters { commits, syncs })
    }

    fn stop(self) -> Result<()> {
        let Self { mut child, pipes } = self;
        drop(pipes);
        let status = child.wait().context("waiting for the host")?;
        match status.success() {
            true => Ok(()),
            false => Err(Error::new(format!("the host ended with {status}"))),
        }
    }
}

fn answer(from: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    match from.read_line(&mut line).context("reading from the host")? {
        0 => Err(Error::new("the host ended early")),
        _ => Ok(line.trim_end().to_owned()),
    }
}

/// The host's life.
pub fn host(directory: &Path) -> Result<()> {
    let database = Plinth::open(directory, &Settings::default())?;
    say("ready")?;
    for line in std::io::stdin().lock().lines() {
        line.context("reading from the guest")?;
        let Counters { commits, syncs } = database.counters()?;
        say(&format!("{commits} {syncs}"))?;
    }
    Box::new(database).close()
}

fn say(words: &str) -> Result<()> {
    println!("{words}");
    std::io::stdout().flush().context("answering the guest")
}
