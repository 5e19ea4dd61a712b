//! The report: what was run and what came of it, for people and for programs. It names no stage that
//! was not begun, and no round that was not done.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::machine::{now, Machine};
use crate::stage::{Must, Stage, Trouble};
use crate::state::{Done, State};

/// What came of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Result {
    /// What had to come of it did.
    Passed,
    /// It did not.
    Failed,
    /// Some of its rounds are not done.
    Unfinished,
    /// It could not be tried here.
    NotRun,
}

/// The result of a stage that was begun.
pub fn result(stage: &Stage, done: &Done) -> Result {
    match (done.findings.is_empty(), stage.must) {
        _ if done.broken.is_some() => Result::Failed,
        (false, Must::Break) => Result::Passed,
        (false, Must::Hold) => Result::Failed,
        _ if done.obstacle.is_some() => Result::NotRun,
        _ if !done.ended => Result::Unfinished,
        (true, Must::Hold) => Result::Passed,
        (true, Must::Break) => Result::Failed,
    }
}

#[derive(Serialize)]
struct Row<'a> {
    stage: &'a str,
    obligation: &'a str,
    what: &'a str,
    must_break: bool,
    result: Result,
    rounds_are: &'a str,
    whole: u64,
    #[serde(flatten)]
    done: &'a Done,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    machine: &'a Machine,
    begun: &'a str,
    written: String,
    rows: Vec<Row<'a>>,
}

/// Writes `prove-report.md` and `prove-report.json` into a directory. Returns the text.
pub fn write(
    directory: &Path,
    machine: &Machine,
    state: &State,
    stages: &[Stage],
) -> std::result::Result<String, Trouble> {
    let rows = stages.iter().filter_map(|stage| {
        let done = state.stages.get(stage.name)?;
        let (stage_name, obligation, what) = (stage.name, stage.obligation, stage.what);
        let (must_break, result) = (stage.must == Must::Break, result(stage, done));
        let (rounds_are, whole) = (stage.rounds, stage.whole);
        Some(Row { stage: stage_name, obligation, what, must_break, result, rounds_are, whole, done })
    });
    let report = Report { machine, begun: &state.begun, written: now(), rows: rows.collect() };
    let text = text(&report);
    let json = serde_json::to_string_pretty(&report).map_err(|error| Trouble::Rig(error.to_string()))?;
    fs::write(directory.join("prove-report.md"), &text)?;
    fs::write(directory.join("prove-report.json"), json)?;
    Ok(text)
}

fn text(report: &Report<'_>) -> String {
    let mut text = String::from("# What make prove ran\n\n");
    let Machine { commit, machine, compilers, .. } = report.machine;
    // Writing to a string does not fail.
    let _ = writeln!(text, "- commit: {commit}\n- machine: {machine}\n- compilers: {compilers}");
    let _ = writeln!(text, "- begun: {} UTC, written: {} UTC\n", report.begun, report.written);
    text.push_str("| | stage | what | result | rounds | of a whole run | counts | seed | seconds |\n");
    text.push_str("| --- | --- | --- | --- | ---: | ---: | --- | --- | ---: |\n");
    for row in &report.rows {
        let _ = writeln!(
            text,
            "| {} | {} | {}{} | {} | {} {} | {} | {} | {} | {:.0} |",
            row.obligation,
            row.stage,
            row.what,
            if row.must_break { " (must be noticed)" } else { "" },
            outcome(row),
            row.done.rounds,
            row.rounds_are,
            row.whole,
            row.done.tally.text(),
            row.done.seed,
            row.done.seconds
        );
    }
    for row in report.rows.iter().filter(|row| !row.done.findings.is_empty()) {
        let _ = writeln!(text, "\n## What {} found\n", row.stage);
        for finding in &row.done.findings {
            let _ = writeln!(text, "- round {}, seed {}: {}", finding.round, finding.seed, finding.what);
        }
    }
    text
}

fn outcome(row: &Row<'_>) -> String {
    if let Some(what) = &row.done.broken {
        return format!("THE TEST FAILED: {what}");
    }
    match (row.result, &row.done.obstacle) {
        (Result::Passed, _) if row.must_break => "noticed".to_owned(),
        (Result::Passed, _) => "passed".to_owned(),
        (Result::Failed, _) if row.must_break => "NOT NOTICED".to_owned(),
        (Result::Failed, _) => "FAILED".to_owned(),
        (Result::Unfinished, _) => "unfinished".to_owned(),
        (Result::NotRun, reason) => format!("not run: {}", reason.as_deref().unwrap_or_default()),
    }
}
