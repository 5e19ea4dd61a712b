//! Whether what a damaged database shows is allowed.

use std::collections::BTreeSet;

use super::specimen::{Said, Specimen};
use crate::stage::Trouble;

/// Errors that say that files are damaged, missing, or not ours.
const CLEAR: [i32; 8] = [1510, 1511, 1514, 1522, 9006, 9007, 9008, 9021];

/// What came of a damaged database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is there.
    Right,
    /// It could not be opened.
    Refused(i32),
    /// It was opened, and something could not be read.
    Unread(i32),
    /// A part is there, as it was at an earlier time.
    Earlier,
    /// A part is there.
    Part,
}

impl Verdict {
    /// In words.
    pub fn text(&self) -> String {
        match self {
            Self::Right => "all right".to_owned(),
            Self::Refused(code) => format!("refused with {code}"),
            Self::Unread(code) => format!("unreadable with {code}"),
            Self::Earlier => "an earlier state".to_owned(),
            Self::Part => "a part".to_owned(),
        }
    }
}

/// Opens and reads everything.
pub fn open(specimen: &Specimen) -> Result<Verdict, Trouble> {
    let said = specimen.dump(&[])?;
    match look(specimen, &said)? {
        Verdict::Right if said.version()? < specimen.begins() => {
            let (now, then) = (said.version()?, specimen.begins());
            finding(format!("versions begin at {now}, below {then}, and may have been given out"))
        }
        Verdict::Part | Verdict::Earlier => finding(format!("lost without a word: {}", missing(specimen, &said))),
        verdict => Ok(verdict),
    }
}

/// Reads everything with read_only: also what is left may be shown.
pub fn read_only(specimen: &Specimen) -> Result<Verdict, Trouble> {
    let said = specimen.dump(&["read_only=1"])?;
    look(specimen, &said)
}

/// Repairs, and reads everything.
pub fn repair(specimen: &Specimen) -> Result<Verdict, Trouble> {
    let said = specimen.repair()?;
    check_end(&said)?;
    if let Some(code) = error(specimen, &said)? {
        return Ok(Verdict::Refused(code));
    }
    let rebuilt = said.text.lines().any(|line| line.starts_with("repaired ") && line.contains(" rebuilt"));
    let said = specimen.dump(&[])?;
    check_end(&said)?;
    if let Some(code) = error(specimen, &said)? {
        return finding(format!("after the repair it fails with {code}: {}", said.text.lines().last().unwrap_or("")));
    }
    if said.version()? < specimen.begins() {
        return finding(format!("after the repair versions begin at {}, again", said.version()?));
    }
    match rebuilt {
        // Values that were overwritten may be back, but nothing that never was.
        true => said
            .text
            .lines()
            .find(|line| line.starts_with("bad "))
            .map_or(Ok(Verdict::Part), |bad| finding(bad.to_owned())),
        false => look(specimen, &said),
    }
}

/// What was said, if nothing of it is wrong.
fn look(specimen: &Specimen, said: &Said) -> Result<Verdict, Trouble> {
    check_end(said)?;
    let failed = error(specimen, said)?;
    let stamps =
        |lines: &BTreeSet<&str>| -> BTreeSet<(i64, i64)> { lines.iter().filter_map(|line| stamp(line)).collect() };
    let lines: BTreeSet<&str> =
        said.text.lines().filter(|line| !line.starts_with("version ") && !line.starts_with("x ")).collect();
    let whole: BTreeSet<&str> = specimen.lines().iter().map(String::as_str).collect();
    if lines == whole && failed.is_none() {
        return Ok(Verdict::Right);
    }
    if let Some(bad) = lines.iter().find(|line| line.starts_with("bad ")) {
        return finding((*bad).to_owned());
    }
    if let Some(code) = failed {
        let opened = said.text.lines().any(|line| line.starts_with("version "));
        // What it could read before is as it was, or an earlier state's.
        return Ok(if opened { Verdict::Unread(code) } else { Verdict::Refused(code) });
    }
    // Records that were cleared later are in an earlier state, and so are smaller counters; its commits are the
    // first of all.
    let (found, all) = (stamps(&lines), stamps(&whole));
    let cut = found.last().copied().unwrap_or_default();
    match found == all.iter().copied().filter(|stamp| *stamp <= cut).collect() {
        true => Ok(Verdict::Earlier),
        false => Ok(Verdict::Part),
    }
}

/// The versionstamp that a line of a dump is about.
fn stamp(line: &str) -> Option<(i64, i64)> {
    let mut words = line.strip_prefix("t ")?.split(' ').skip(1);
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

fn check_end(said: &Said) -> Result<(), Trouble> {
    match said.code {
        Some(0 | 3) => Ok(()),
        Some(code @ (124 | 137)) => {
            finding(format!("it hangs or was killed ({code}): {}", said.text.lines().last().unwrap_or("")))
        }
        code => finding(format!("it crashed ({code:?}): {}", said.text.lines().last().unwrap_or(""))),
    }
}

/// The error that was told, if it is one that helps.
fn error(specimen: &Specimen, said: &Said) -> Result<Option<i32>, Trouble> {
    let Some(line) = said.text.lines().find_map(|line| line.strip_prefix("x ")) else {
        return match said.code {
            Some(0) => Ok(None),
            _ => finding(format!("it failed without a word: {}", said.text.lines().last().unwrap_or(""))),
        };
    };
    let code = line.split(' ').next().and_then(|code| code.parse().ok()).unwrap_or(0);
    let named = line.contains(&specimen.directory().display().to_string());
    match CLEAR.contains(&code) && named {
        true => Ok(Some(code)),
        false => finding(format!("the error does not say what is wrong where: {line}")),
    }
}

fn missing(specimen: &Specimen, said: &Said) -> String {
    let lines: BTreeSet<&str> = said.text.lines().collect();
    let whole: BTreeSet<&str> = specimen.lines().iter().map(String::as_str).collect();
    let (gone, new) = (whole.difference(&lines).count(), lines.difference(&whole).count());
    format!("{gone} lines are gone, such as {:?}, {new} are new", whole.difference(&lines).next())
}

fn finding<T>(what: String) -> Result<T, Trouble> {
    Err(Trouble::Finding(what))
}
