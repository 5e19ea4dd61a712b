//! Stages whose round is a command: a test program, its environment and arguments, and what it says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::stage::{Round, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// A command that tests something: it fails if it finds something.
#[derive(Clone, Debug)]
pub struct Task {
    /// What is started.
    pub program: PathBuf,
    /// With what.
    pub arguments: Vec<String>,
    /// Environment variables.
    pub variables: Vec<(String, String)>,
    /// Where.
    pub directory: PathBuf,
    /// After this it hangs, which is a finding.
    pub patience: Duration,
}

/// What a command said.
#[derive(Clone, Debug)]
pub struct Said(pub String);

/// A stage whose rounds are commands.
pub struct Commands<F> {
    /// Where.
    pub workshop: Workshop,
    /// The log that gets what they say.
    pub log: &'static str,
    /// The command of a round.
    pub task: F,
    /// Takes what counts from what it said.
    pub count: fn(&Said, &mut Tally),
}

impl<F: FnMut(Round) -> Task> Trial for Commands<F> {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let said = (self.task)(round).done(&self.workshop, self.log)?;
        let mut tally = Tally::default();
        (self.count)(&said, &mut tally);
        Ok(tally)
    }
}

impl Task {
    /// A program with these arguments, in the root of the sources.
    pub fn new(workshop: &Workshop, program: &Path, arguments: &[&str]) -> Self {
        Self {
            program: program.to_owned(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            variables: Vec::new(),
            directory: workshop.root.clone(),
            patience: Duration::from_secs(1_200),
        }
    }

    /// The same with an environment variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.push((name.to_owned(), value.to_string()));
        self
    }

    /// The same with another patience.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs it to its end. Its failure is a finding, with what it says of it.
    pub fn done(&self, workshop: &Workshop, log: &str) -> Result<Said, Trouble> {
        // A test program that hangs is ended by a signal that leaves a core, if cores are kept.
        let mut command = Command::new("timeout");
        command.args(["--foreground", "-s", "ABRT", "-k", "20", &self.patience.as_secs().to_string()]);
        command.arg(&self.program).args(&self.arguments).current_dir(&self.directory);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = workshop.output(&mut command, log)?;
        let said = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
        match output.status.code() {
            Some(0) => Ok(Said(said)),
            Some(125..=127) => Err(Trouble::Rig(format!("{self}: {}", last_line(&said)))),
            Some(124) => Err(Trouble::Finding(format!("{self} hung for {} s", self.patience.as_secs()))),
            _ => Err(Trouble::Finding(format!("{self}: {}", reasons(&said)))),
        }
    }
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.variables.iter().try_for_each(|(name, value)| write!(f, "{name}={value} "))?;
        write!(f, "{} {}", self.program.display(), self.arguments.join(" "))
    }
}

impl Said {
    /// The sum of a number that is told as `word: 12`, `"word": 12` or `word 12`.
    pub fn sum(&self, word: &str) -> u64 {
        self.numbers(word).sum()
    }

    /// The largest of them.
    pub fn most(&self, word: &str) -> u64 {
        self.numbers(word).max().unwrap_or(0)
    }

    /// How many tests passed, of those that cargo tells of.
    pub fn passed(&self) -> u64 {
        let counts = self.0.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next());
        counts.filter_map(|count| count.parse::<u64>().ok()).sum()
    }

    /// How many lines begin with a word.
    pub fn lines(&self, beginning: &str) -> u64 {
        self.0.lines().filter(|line| line.starts_with(beginning)).count() as u64
    }

    fn numbers<'a>(&'a self, word: &'a str) -> impl Iterator<Item = u64> + 'a {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        self.0.match_indices(word).filter_map(move |(at, _)| {
            let before = self.0.as_bytes().get(at.wrapping_sub(1)).copied();
            if before.is_some_and(is_part) {
                return None;
            }
            let rest = &self.0[at + word.len()..];
            let rest = rest.strip_prefix('"').unwrap_or(rest).trim_start_matches(':');
            let rest = rest.strip_prefix(' ')?;
            let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok()
        })
    }
}

/// What a test program says of its failures, in a line.
fn reasons(said: &str) -> String {
    let mut lines = said.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with("thread '") && line.contains("panicked at") {
            found.push(format!("{line} {}", lines.next().unwrap_or_default()));
        } else if line.contains("Sanitizer: ")
            || line.contains("*** Failed")
            || line.starts_with("violation")
            || line.starts_with("wrong ")
        {
            found.push(line.trim().to_owned());
        }
    }
    if found.is_empty() {
        found.push(last_line(said));
    }
    found.truncate(5);
    found.join("; ")
}

fn last_line(said: &str) -> String {
    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned()
}

/// A cargo command that builds as `make build` does, and is no part of the make that runs this.
pub fn cargo(workshop: &Workshop, arguments: &[&str]) -> Command {
    let flags = std::env::var("CARGO_FLAGS").unwrap_or_else(|_| "--locked".to_owned());
    let mut command = Command::new("cargo");
    command.args(arguments).args(flags.split_whitespace()).current_dir(&workshop.root);
    command.env_remove("MAKEFLAGS").env_remove("MAKELEVEL");
    command
}

/// Compiles a test of a crate and returns its program, to be run in the crate's directory.
pub fn rust_test(workshop: &Workshop, krate: &str, test: &str, features: &str) -> Result<PathBuf, Trouble> {
    let mut command = cargo(workshop, &["test", "--release", "--no-run", "--message-format=json"]);
    command.args(["-p", &format!("plinth-{krate}"), "--features", features, "--test", test]);
    let output = workshop.run(&mut command, "build")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut program = text.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message.get("target")?.get("name")? == test;
        message.get("executable")?.as_str().filter(|_| is_it).map(PathBuf::from)
    });
    program.next_back().ok_or_else(|| Trouble::Rig(format!("cargo does not say where the test {test} is")))
}

/// A test of the engine as a task: those of its cases that match, one after the other.
pub fn engine_case(workshop: &Workshop, program: &Path, case: &str) -> Task {
    let task = Task::new(workshop, program, &["--nocapture", "--test-threads=1", case]);
    Task { directory: workshop.root.join("crates/engine"), ..task }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_their_words() {
        let said = Said("Summary { attempts: 12, reads: 3 }\nattempts: 30\nreattempts: 500\n{\"count\": 7}\n".into());
        assert_eq!((said.sum("attempts"), said.most("attempts"), said.sum("count")), (42, 30, 7));
        assert_eq!((said.sum("nothing"), said.lines("attempts")), (0, 1));
    }

    #[test]
    fn what_went_wrong_is_what_the_test_says() {
        let said =
            "running 1 test\nthread 'a' (1) panicked at src/a.rs:1:1:\nseed 7: VER-12\nmore\ntest result: FAILED\n";
        assert_eq!(reasons(said), "thread 'a' (1) panicked at src/a.rs:1:1: seed 7: VER-12");
        assert_eq!(reasons("one\nlast\n\n"), "last");
    }
}
