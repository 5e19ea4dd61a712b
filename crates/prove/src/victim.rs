//! The victim: the C program that commits and tells what was acknowledged, and what it prints.
//!
//! `c/victim.c` says what a commit writes and what the lines mean; [`crate::oracle`] knows what they have to be.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rustix::process::{kill_process, Pid, Signal};

use crate::stage::Trouble;

/// The name of a commit. Within a thread of a life the numbers grow by one, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit {
    /// Which start of the program on this directory.
    pub life: u32,
    /// 0 begins the life alone.
    pub thread: u32,
    /// Every try has its own.
    pub number: u64,
}

/// Where a commit is in the order of all: its version, and its place in that version's batch.
pub type Stamp = (i64, u16);

/// What a victim tells while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is open; the read version.
    Open(i64),
    /// A commit was acknowledged.
    Acknowledged {
        /// Its thread.
        thread: u32,
        /// Its number.
        number: u64,
        /// Its version, and its place in the batch.
        stamp: Stamp,
        /// Whether it was asked to be synced.
        synced: bool,
    },
    /// A commit failed, and may have happened.
    Unknown {
        /// Its thread.
        thread: u32,
        /// Its number.
        number: u64,
        /// The error.
        code: i32,
    },
    /// A commit failed, and did not happen.
    Failed {
        /// Its thread.
        thread: u32,
        /// Its number.
        number: u64,
        /// The error.
        code: i32,
    },
    /// An open or a read failed, or something was not as it must be (code 0).
    Error {
        /// The error.
        code: i32,
        /// What was done, and the library's own words.
        words: String,
    },
    /// A read went well after a failure.
    Read,
    /// It closed the database.
    Closed(i32),
}

impl Event {
    /// Takes a line apart.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let event = match words.next()? {
            "open" => Self::Open(number(&mut words)?),
            "a" => Self::Acknowledged {
                thread: number(&mut words)?,
                number: number(&mut words)?,
                stamp: (number(&mut words)?, number(&mut words)?),
                synced: match words.next()? {
                    "s" => true,
                    "b" => false,
                    _ => return None,
                },
            },
            "u" => {
                Self::Unknown { thread: number(&mut words)?, number: number(&mut words)?, code: number(&mut words)? }
            }
            "f" => Self::Failed { thread: number(&mut words)?, number: number(&mut words)?, code: number(&mut words)? },
            "x" => Self::Error { code: number(&mut words)?, words: words.by_ref().collect::<Vec<_>>().join(" ") },
            "r" => Self::Read,
            "closed" => Self::Closed(number(&mut words)?),
            _ => return None,
        };
        words.next().is_none().then_some(event)
    }
}

/// The next word as a number.
fn number<'a, T: FromStr>(words: &mut impl Iterator<Item = &'a str>) -> Option<T> {
    words.next()?.parse().ok()
}

/// A start of the victim, to be made.
#[derive(Clone, Debug)]
pub struct Work {
    /// The program, from [`crate::workshop::Workshop::c_program`].
    pub program: PathBuf,
    /// The directory of the database.
    pub directory: PathBuf,
    /// The life: larger than every one before on this directory.
    pub life: u32,
    /// Draws lengths and durabilities.
    pub seed: u64,
    /// How many commit, besides thread 0.
    pub threads: u32,
    /// The options, by their names in `c/victim.c`.
    pub options: Vec<(&'static str, u64)>,
}

impl Work {
    /// The words of the command, the program first: also for those who start it under another program.
    pub fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![self.program.clone().into(), "work".into(), self.directory.clone().into()];
        words.extend([u64::from(self.life), self.seed, u64::from(self.threads)].map(|word| word.to_string().into()));
        words.extend(self.options.iter().map(|(name, value)| OsString::from(format!("{name}={value}"))));
        words
    }

    /// The command.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.words().into_iter().skip(1));
        command
    }
}

/// A victim that works. It is killed when this is dropped.
pub struct Running {
    child: Child,
    events: Receiver<Event>,
    /// What was taken from `events` already and given back.
    said: Vec<Event>,
}

impl Running {
    /// Starts it; what it says on standard error is added to the log.
    pub fn start(mut command: Command, log: &Path) -> Result<Self, Trouble> {
        command.stdin(Stdio::null());
        Self::spawn(command, log)
    }

    /// The same with `wait=1`: it begins when a byte is written.
    pub fn start_waiting(mut command: Command, log: &Path) -> Result<(Self, ChildStdin), Trouble> {
        command.stdin(Stdio::piped());
        let mut running = Self::spawn(command, log)?;
        let input = running.child.stdin.take();
        input.map(|input| (running, input)).ok_or_else(|| Trouble::Rig("no standard input".to_owned()))
    }

    fn spawn(mut command: Command, log: &Path) -> Result<Self, Trouble> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = command.stdout(Stdio::piped()).stderr(log).spawn();
        let mut child = child.map_err(|error| Trouble::Rig(format!("{command:?}: {error}")))?;
        let Some(output) = child.stdout.take() else {
            return Err(Trouble::Rig("no standard output".to_owned()));
        };
        let (told, events) = mpsc::channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            // A line that was cut off by the kill was not told.
            while output.read_line(&mut line).is_ok_and(|length| length > 0) && line.ends_with('\n') {
                let text = line.trim_end_matches('\n');
                let strange = || Event::Error { code: 0, words: format!("a line that means nothing: {text}") };
                if told.send(Event::parse(text).unwrap_or_else(strange)).is_err() {
                    break;
                }
                line.clear();
            }
        });
        Ok(Self { child, events, said: Vec::new() })
    }

    /// Gives back what [`Running::next`] gave: [`Running::rest`] begins with it.
    pub fn having_said(mut self, said: Vec<Event>) -> Self {
        self.said = said;
        self
    }

    /// The next event, or none if it took longer or there are no more.
    pub fn next(&self, longest: Duration) -> Option<Event> {
        self.events.recv_timeout(longest).ok()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> Result<(), Trouble> {
        Ok(self.child.kill()?)
    }

    /// SIGTERM: it ends its work in order.
    pub fn ask_to_end(&self) -> Result<(), Trouble> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // One that has ended needs no asking.
        pid.map(|pid| kill_process(pid, Signal::TERM));
        Ok(())
    }

    /// Everything it still says, and how it ended; a finding if that takes longer.
    pub fn rest(mut self, longest: Duration) -> Result<(Vec<Event>, ExitStatus), Trouble> {
        let (begun, mut rest) = (Instant::now(), std::mem::take(&mut self.said));
        loop {
            match self.events.recv_timeout(longest.saturating_sub(begun.elapsed())) {
                Ok(event) => rest.push(event),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let last = rest.last().map_or_else(|| "nothing".to_owned(), |event| format!("{event:?}"));
                    return Err(Trouble::Finding(format!("the victim hangs; it last said {last}")));
                }
            }
        }
        Ok((rest, self.child.wait()?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The names of the keyspaces; records are in each.
pub const KEYSPACES: usize = 4;

/// A database is opened and read within this.
const DUMP_TAKES: Duration = Duration::from_secs(120);

/// All that a process says, if it ends so soon.
fn read_all(child: &mut Child, longest: Duration) -> Option<String> {
    let mut output = child.stdout.take()?;
    let (told, all) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.read_to_end(&mut bytes);
        let _ = told.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    all.recv_timeout(longest).ok()
}

/// What a dump says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// The read version.
    pub version: i64,
    /// For each commit that has a record, in which keyspaces, one bit for each.
    pub records: BTreeMap<Commit, u8>,
    /// The versionstamped keys.
    pub stamps: BTreeMap<Commit, Stamp>,
    /// Who wrote the keys that all fight for.
    pub hot: BTreeMap<u8, Commit>,
    /// The counter of all lives.
    pub all: u64,
    /// The counters of lives.
    pub lives: BTreeMap<u32, u64>,
    /// What must not be at all.
    pub bad: Vec<String>,
}

impl Dump {
    /// Has the victim dump a directory, with options as in [`Work`].
    pub fn take(
        program: &Path,
        directory: &Path,
        options: &[(&'static str, u64)],
        log: &Path,
    ) -> Result<Self, Trouble> {
        let mut command = Command::new(program);
        command.arg("dump").arg(directory).args(options.iter().map(|(name, value)| format!("{name}={value}")));
        let log = File::options().create(true).append(true).open(log)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let text = read_all(&mut child, DUMP_TAKES);
        if text.is_none() {
            child.kill()?;
        }
        let status = child.wait()?;
        let Some(text) = text else {
            return Err(Trouble::Finding(format!("the database can't be read within {DUMP_TAKES:?}")));
        };
        let dump = Self::parse(&text);
        dump.map_err(|what| Trouble::Finding(format!("{what} ({status})")))
    }

    /// Takes the lines apart; an error says in words why they are not a whole dump.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut dump = Self::default();
        let mut ended = false;
        for line in text.lines() {
            ended = line == "end";
            if let Some(trouble) = line.strip_prefix("x ") {
                return Err(format!("the directory could not be read: {trouble}"));
            }
            if !ended && dump.line(line).is_none() {
                return Err(format!("a line that means nothing: {line}"));
            }
        }
        match ended {
            true => Ok(dump),
            false => Err("the dump has no end".to_owned()),
        }
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        let words = &mut words;
        match words.next()? {
            "version" => self.version = number(words)?,
            "k" => {
                let keyspace: usize = number(words)?;
                *self.records.entry(commit(words)?).or_default() |= 1_u8.checked_shl(u32::try_from(keyspace).ok()?)?;
            }
            "t" => {
                let (life, stamp) = (number(words)?, (number(words)?, number(words)?));
                let commit = Commit { life, thread: number(words)?, number: number(words)? };
                if self.stamps.insert(commit, stamp).is_some() {
                    self.bad.push(format!("{commit:?} has two versionstamps"));
                }
            }
            "h" => {
                self.hot.insert(number(words)?, commit(words)?);
            }
            "counter" => match words.next()? {
                "all" => self.all = number(words)?,
                life => {
                    self.lives.insert(life.parse().ok()?, number(words)?);
                }
            },
            "bad" => self.bad.push(words.collect::<Vec<_>>().join(" ")),
            _ => return None,
        }
        Some(())
    }
}

fn commit<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Commit> {
    Some(Commit { life: number(words)?, thread: number(words)?, number: number(words)? })
}
