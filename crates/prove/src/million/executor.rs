//! The C program that does what it is told, and the lines between it and the model.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::model::{Answer, Operation};
use crate::stage::Trouble;

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was committed.
    Committed,
    /// It failed with this error, and was not.
    Failed(i32),
    /// Nobody knows: an error said so, or the program is dead.
    Unknown,
}

/// The program.
pub struct Executor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Executor {
    /// Starts it, and waits until it has opened the directory.
    pub fn start(mut command: Command, log: &Path) -> Result<Self, Trouble> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Trouble::Rig("no pipes".to_owned()));
        };
        let mut executor = Self { child, input: Some(input), output: BufReader::new(output) };
        match executor.line()? {
            Some(line) if line == "open" => Ok(executor),
            other => Err(Trouble::Finding(format!("the directory could not be opened: {other:?}"))),
        }
    }

    /// Sends a transaction.
    pub fn send(&mut self, operations: &[Operation], sync: bool) -> Result<(), Trouble> {
        let mut text: String = operations.iter().map(line_of).collect();
        text.push_str(if sync { "e 1\n" } else { "e 0\n" });
        // Whoever is killed does not read; what became of it shows in the answers.
        if let Some(input) = &mut self.input {
            let _ = input.write_all(text.as_bytes()).and_then(|()| input.flush());
        }
        Ok(())
    }

    /// Compares the answers, and says how it ended. Answers that came before an error have to be right too.
    pub fn compare(&mut self, operations: &[Operation], expected: &[Option<Answer>]) -> Result<Fate, Trouble> {
        for (operation, expected) in operations.iter().zip(expected) {
            let Some(expected) = expected else { continue };
            let Some(line) = self.line()? else {
                return Ok(Fate::Unknown);
            };
            if let Some(fate) = fate_of(&line) {
                return Ok(fate);
            }
            if !is_same(&line, expected) {
                let (line, expected) = differing(&line, &text_of(expected));
                return Err(Trouble::Finding(format!("{operation:?} answered {line}, expected {expected}")));
            }
        }
        match self.line()? {
            None => Ok(Fate::Unknown),
            Some(line) => fate_of(&line).ok_or_else(|| Trouble::Rig(format!("a line that means nothing: {line}"))),
        }
    }

    /// A line, or none if the program is dead.
    fn line(&mut self) -> Result<Option<String>, Trouble> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.strip_suffix('\n').map(str::to_owned))
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> Result<(), Trouble> {
        Ok(self.child.kill()?)
    }

    /// Has it close the database in order.
    pub fn close(mut self) -> Result<(), Trouble> {
        drop(self.input.take());
        match self.line()? {
            Some(line) if line == "closed 0" => Ok(()),
            other => Err(Trouble::Finding(format!("it did not close: {other:?}"))),
        }
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fate_of(line: &str) -> Option<Fate> {
    match line.split_once(' ') {
        None if line == "ok" => Some(Fate::Committed),
        Some(("f", code)) => Some(Fate::Failed(code.parse().ok()?)),
        Some(("u", _)) => Some(Fate::Unknown),
        _ => None,
    }
}

fn is_same(line: &str, expected: &Answer) -> bool {
    let text = text_of(expected);
    match expected {
        Answer::Value(_) => line == text,
        Answer::Pairs(_, cut) => {
            // Whether there is more is not known where the limit was reached.
            let (line, more) = line.strip_suffix(" +").map_or((line, false), |line| (line, true));
            line == text && (*cut || !more)
        }
    }
}

/// An answer as the program writes it.
fn text_of(answer: &Answer) -> String {
    match answer {
        Answer::Value(None) => "-".to_owned(),
        Answer::Value(Some(value)) => format!("v {}", hex(value)),
        Answer::Pairs(pairs, _) => {
            let pairs = pairs.iter().map(|(key, value)| format!(" {} {}", hex(key), hex(value)));
            format!("p{}", pairs.collect::<String>())
        }
    }
}

fn line_of(operation: &Operation) -> String {
    match operation {
        Operation::Get(ks, key) => format!("g {ks} {}\n", hex(key)),
        Operation::Key(ks, key, or_equal, offset) => {
            format!("k {ks} {} {} {offset}\n", hex(key), u8::from(*or_equal))
        }
        Operation::Range(ks, begin, end, limit, reverse) => {
            format!("r {ks} {} {} {limit} {}\n", hex(begin), hex(end), u8::from(*reverse))
        }
        Operation::Set(ks, key, value) => format!("s {ks} {} {}\n", hex(key), hex(value)),
        Operation::Clear(ks, key) => format!("c {ks} {}\n", hex(key)),
        Operation::ClearRange(ks, begin, end) => format!("C {ks} {} {}\n", hex(begin), hex(end)),
        Operation::Atomic(kind, ks, key, operand) => format!("a {kind} {ks} {} {}\n", hex(key), hex(operand)),
    }
}

/// `.` for nothing.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    if bytes.is_empty() {
        return ".".to_owned();
    }
    let digit = |at: u8| char::from(DIGITS[usize::from(at)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Two texts from a little before where they differ.
fn differing(left: &str, right: &str) -> (String, String) {
    let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    let part = |text: &str| text.chars().skip(same.saturating_sub(20)).take(60).collect();
    (part(left), part(right))
}
