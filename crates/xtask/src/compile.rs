//! Compiles the header alone, as a stranger's first file would.

use std::fs;
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::{header, Mode};

/// Compiler, language and standard of each trial.
const TRIALS: [[&str; 3]; 2] = [["gcc", "c", "-std=c99"], ["g++", "c++", "-std=c++17"]];

/// Checks the header; there is nothing to write.
pub fn task(_: Mode) -> Outcome {
    let source = std::env::temp_dir().join(format!("plinth-header-{}.txt", std::process::id()));
    fs::write(&source, "#include <plinth.h>\n#include <plinth.h>\n")?;
    let complaints = TRIALS.iter().map(|trial| compile(trial, &source)).collect::<Result<Vec<_>, _>>();
    fs::remove_file(&source)?;
    let complaints: Vec<String> = complaints?.into_iter().flatten().collect();
    if complaints.is_empty() {
        return Ok(format!("{} as C99 and as C++17", header::PATH));
    }
    Err(Failure::new(
        format!("{} does not compile alone", header::PATH),
        complaints,
        "correct the Rust source of the name in question, then `cargo xtask header`",
    ))
}

/// What one compiler said, line by line; nothing if it was content.
fn compile(trial: &[&str; 3], source: &std::path::Path) -> Result<Vec<String>, String> {
    let [compiler, language, standard] = trial;
    let output = Command::new(compiler)
        .args(["-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-Iinclude"])
        .arg(source)
        .output()
        .map_err(|error| format!("cannot run {compiler}: {error}"))?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    Ok(String::from_utf8_lossy(&output.stderr).lines().take(20).map(str::to_owned).collect())
}
