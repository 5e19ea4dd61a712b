//! C programs that count what they did and tell what they found.
//!
//! They print `counts NAME NUMBER ...` at their end, `most NAME NUMBER ...` for numbers of which the largest
//! counts, `finding WORDS` for a promise that was not kept, `broken WORDS` if they failed themselves, and
//! `missing WORDS` if the machine lacks something.

use std::path::Path;
use std::process::{Command, Output};

use crate::stage::{Tally, Trouble};
use crate::workshop::Workshop;

/// A program with its arguments, ended if it takes longer than `seconds`.
pub fn command(program: &Path, seconds: u64) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--signal=ABRT", "--kill-after=10"]).arg(seconds.to_string()).arg(program);
    command
}

/// Runs a program, and reads what it says.
pub fn run(workshop: &Workshop, command: &mut Command, log: &str) -> Result<Tally, Trouble> {
    let output = workshop.output(command, log)?;
    judge(&output, &format!("{command:?}, see {}", workshop.log(log).display()))
}

/// What came of a program: a crash, a hang and a line that begins with `finding` are findings.
pub fn judge(output: &Output, what: &str) -> Result<Tally, Trouble> {
    let text = String::from_utf8_lossy(&output.stdout);
    let line_of = |word: &str| text.lines().find_map(|line| line.strip_prefix(word)).map(str::to_owned);
    if let Some(finding) = line_of("finding ") {
        return Err(Trouble::Finding(format!("{finding} ({what})")));
    }
    if let Some(missing) = line_of("missing ") {
        return Err(Trouble::Missing(missing));
    }
    if let Some(broken) = line_of("broken ") {
        return Err(Trouble::Rig(format!("{broken} ({what})")));
    }
    if !output.status.success() {
        let last = String::from_utf8_lossy(&output.stderr);
        let last = last.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Err(Trouble::Finding(format!("{}: {last} ({what})", output.status)));
    }
    Ok(tally(&text))
}

/// The counts of a program.
fn tally(text: &str) -> Tally {
    let mut tally = Tally::default();
    for line in text.lines() {
        let (is_most, numbers) = match (line.strip_prefix("counts "), line.strip_prefix("most ")) {
            (Some(numbers), _) => (false, numbers),
            (_, Some(numbers)) => (true, numbers),
            _ => continue,
        };
        let words: Vec<&str> = numbers.split_whitespace().collect();
        for pair in words.chunks_exact(2) {
            let (name, number) = (pair[0].replace('_', " "), pair[1].parse().unwrap_or_default());
            match is_most {
                true => tally.largest(&name, number),
                false => tally.add(&name, number),
            }
        }
    }
    tally
}
