//! A process of `c/upkeep.c`, and what it says.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::Tools;
use crate::defective;
use crate::stage::Trouble;

/// Whatever takes longer hangs.
pub const LONGEST: Duration = Duration::from_secs(60);

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It ends the process.
    Kill,
    /// There is no room, from this one on.
    Full,
    /// A write, of two, that is not done and told as done.
    Lie,
}

/// Which calls on files fail, or end the process.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Those on files below this.
    pub below: PathBuf,
    /// From this number on, after the call has begun; 0 only counts.
    pub at: u64,
    /// What it is.
    pub kind: Kind,
    /// Where it is told how many there were.
    pub tell: PathBuf,
}

/// A process that is killed when this is dropped.
pub struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    said: Vec<String>,
}

/// What came of a call.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// All its lines.
    pub said: Vec<String>,
    /// Version and number, if it was made.
    pub done: Option<(i64, u64)>,
    /// The error, in words.
    pub error: Option<(i32, String)>,
    /// What a commit of its own returned afterwards.
    pub wrote: Option<i32>,
    /// Whether it was killed.
    pub killed: bool,
    /// From the beginning of the call on.
    pub took: Duration,
}

impl Outcome {
    /// The largest number of lines that begin so; 0 if there is none.
    pub fn largest(&self, begin: &str) -> u64 {
        self.said.iter().filter_map(|line| line.strip_prefix(begin)?.parse().ok()).max().unwrap_or(0)
    }
}

impl Helper {
    /// Starts it with these words.
    pub fn start(tools: &Tools, words: &[OsString], fault: Option<&Fault>, log: &Path) -> Result<Self, Trouble> {
        let mut command = Command::new(&tools.upkeep);
        command.args(words).envs(tools.defect.map(|defect| (defective::SWITCH, defect)));
        if let Some(fault) = fault {
            command.env("LD_PRELOAD", &tools.shim).env("FAULT_WAIT", "1").env("FAULT_BELOW", &fault.below);
            command.env("FAULT_TELL", &fault.tell).env("FAULT_AT", fault.at.to_string());
            let words = match fault.kind {
                Kind::Kill => [("FAULT_KIND", "change"), ("FAULT_KILL", "1"), ("FAULT_COUNT", "0")],
                // ENOSPC
                Kind::Full => [("FAULT_KIND", "room"), ("FAULT_ERRNO", "28"), ("FAULT_COUNT", "0")],
                Kind::Lie => [("FAULT_KIND", "write"), ("FAULT_ERRNO", "0"), ("FAULT_COUNT", "2")],
            };
            command.envs(words.into_iter().filter(|_| fault.at > 0));
        }
        Self::spawn(command, log)
    }

    /// Starts a command that says lines.
    pub fn spawn(mut command: Command, log: &Path) -> Result<Self, Trouble> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn();
        let mut child = child.map_err(|error| Trouble::Rig(format!("{command:?}: {error}")))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (told, lines) = mpsc::channel();
        std::thread::spawn(move || {
            // A line that was cut off by a kill is given too, and means nothing.
            for line in output.into_iter().flat_map(|output| BufReader::new(output).lines()).map_while(Result::ok) {
                if told.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, input, lines, said: Vec::new() })
    }

    /// Waits until it says a line. Returns false if it ended without.
    pub fn wait_for(&mut self, line: &str) -> Result<bool, Trouble> {
        loop {
            match self.lines.recv_timeout(LONGEST) {
                Ok(said) => {
                    let found = said == line;
                    self.said.push(said);
                    if found {
                        return Ok(true);
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(false),
                Err(mpsc::RecvTimeoutError::Timeout) => return Err(self.hangs()),
            }
        }
    }

    /// What it said so far.
    pub fn listen(&mut self) -> &[String] {
        self.said.extend(self.lines.try_iter());
        &self.said
    }

    /// Has it begin, if it waits.
    pub fn go(&mut self) {
        // One that has ended says so itself.
        drop(self.input.take().map(|mut input| input.write_all(b".")));
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> Result<(), Trouble> {
        Ok(self.child.kill()?)
    }

    /// Waits for its end.
    pub fn rest(mut self) -> Result<Outcome, Trouble> {
        let begun = Instant::now();
        loop {
            match self.lines.recv_timeout(LONGEST.saturating_sub(begun.elapsed())) {
                Ok(line) => self.said.push(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => return Err(self.hangs()),
            }
        }
        let status = self.child.wait()?;
        let said = std::mem::take(&mut self.said);
        judge(said, status, begun.elapsed())
    }

    fn hangs(&self) -> Trouble {
        Trouble::Finding(format!("it hangs; it said {:?}", self.said))
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn judge(said: Vec<String>, status: ExitStatus, took: Duration) -> Result<Outcome, Trouble> {
    let mut outcome = Outcome { killed: status.signal() == Some(9), took, ..Outcome::default() };
    for line in &said {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        match words[..] {
            ["done", version, number] => outcome.done = version.parse().ok().zip(number.parse().ok()),
            ["x", code, words] => outcome.error = code.parse().ok().map(|code| (code, words.to_owned())),
            ["wrote", code] => outcome.wrote = code.parse().ok(),
            _ => {}
        }
    }
    let ended = outcome.killed || outcome.done.is_some() || outcome.error.is_some();
    let crashed = status.signal().is_some_and(|signal| signal != 9);
    match ended && !crashed {
        true => Ok(Outcome { said, ..outcome }),
        false => Err(Trouble::Finding(format!("it ended with {status}; it said {said:?}"))),
    }
}
