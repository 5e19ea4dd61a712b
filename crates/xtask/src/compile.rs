//! Compiles the headers alone, as a stranger's first file would.
//!
//! The headers of libfdb_c.so are compiled at every version that programs name. What must not compile is
//! tried as well: versions that are not served, and functions that a version does not have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fdb::table::{self, Table, NEWEST, OLDEST, VERSIONS};
use crate::outcome::{Failure, Outcome};
use crate::{header, Mode};

/// Compiler, language and standard of each trial of include/plinth.h.
const TRIALS: [[&str; 3]; 2] = [["gcc", "c", "-std=c99"], ["g++", "c++", "-std=c++17"]];

/// The same of include/plinth.hpp and what it is made of, each alone.
const CXX_TRIALS: [[&str; 3]; 2] = [["g++", "c++", "-std=c++17"], ["g++", "c++", "-std=c++20"]];

/// The same with the program to compile, for the headers of libfdb_c.so.
const FDB_TRIALS: [([&str; 3], &str); 4] = [
    (["gcc", "c", "-std=c90"], "ffi-tests/fdb_c/header_c90.c"),
    (["g++", "c++", "-std=c++98"], "ffi-tests/fdb_c/header_cxx.cc"),
    (["g++", "c++", "-std=c++17"], "ffi-tests/fdb_c/header_cxx.cc"),
    (["gcc", "c", "-std=c99"], "ffi-tests/fdb_c/layout.c"),
];

/// The first lines of each program that must not compile.
const INCLUDE: &str = "#include <foundationdb/fdb_c.h>\n#include <foundationdb/fdb_c_internal.h>\n";

/// Checks the headers; there is nothing to write.
pub fn task(_: Mode) -> Outcome {
    let scratch = std::env::temp_dir().join(format!("plinth-header-{}.txt", std::process::id()));
    let complaints = native(&scratch).and_then(|mut complaints| {
        complaints.extend(cxx(&scratch)?);
        complaints.extend(foundationdb(&scratch)?);
        Ok(complaints)
    });
    fs::remove_file(&scratch)?;
    let complaints = complaints?;
    if complaints.is_empty() {
        let versions = VERSIONS.len();
        return Ok(format!(
            "{} as C99 and as C++17, plinth.hpp as C++17 and C++20, fdb_c.h as C90, C++98 and C++17 at {versions} versions",
            header::PATH
        ));
    }
    Err(Failure::new(
        "headers do not compile as they should",
        complaints,
        "correct the source of the name in question, then `cargo xtask header` or `cargo xtask fdb`",
    ))
}

/// include/plinth.h.
fn native(scratch: &Path) -> Result<Vec<String>, String> {
    write(scratch, "#include <plinth.h>\n#include <plinth.h>\n")?;
    let mut complaints = Vec::new();
    for trial in &TRIALS {
        complaints.extend(compile(trial, scratch, &[])?);
    }
    Ok(complaints)
}

/// include/plinth.hpp and include/plinth.
fn cxx(scratch: &Path) -> Result<Vec<String>, String> {
    let parts = fs::read_dir("include/plinth").map_err(|error| format!("include/plinth: {error}"))?;
    let parts = parts.filter_map(Result::ok).map(|part| format!("plinth/{}", part.file_name().to_string_lossy()));
    let mut complaints = Vec::new();
    for name in parts.chain(["plinth.hpp".to_owned()]) {
        write(scratch, &format!("#include <{name}>\n#include <{name}>\n"))?;
        for trial in &CXX_TRIALS {
            let found = compile(trial, scratch, &[])?;
            complaints.extend(found.into_iter().map(|line| format!("{name} as {}: {line}", trial[2])));
        }
    }
    Ok(complaints)
}

/// include/foundationdb.
fn foundationdb(scratch: &Path) -> Result<Vec<String>, String> {
    let mut complaints = Vec::new();
    for (trial, program) in &FDB_TRIALS {
        for version in VERSIONS {
            let found = compile(trial, &PathBuf::from(program), &[format!("-DFDB_API_VERSION={version}")])?;
            complaints.extend(found.into_iter().map(|line| format!("{} at {version}: {line}", trial[2])));
        }
    }
    let table = table::load().map_err(|error| error.to_string())?;
    for Forbidden { text, what, answer } in forbidden(&table) {
        write(scratch, &text)?;
        let said = compile(&["gcc", "c", "-std=c99"], scratch, &[])?;
        if !said.iter().any(|line| line.contains(answer)) {
            complaints.push(format!("{what} is not refused with `{answer}`"));
        }
    }
    Ok(complaints)
}

/// A program that must not compile.
struct Forbidden {
    text: String,
    /// What is wrong with it.
    what: String,
    /// What the compiler must say about it.
    answer: &'static str,
}

fn forbidden(table: &Table) -> Vec<Forbidden> {
    let define = |version: u32| format!("#define FDB_API_VERSION {version}\n{INCLUDE}");
    let served = |version: u32, answer| Forbidden { text: define(version), what: format!("version {version}"), answer };
    let mut programs = vec![
        Forbidden { text: INCLUDE.to_owned(), what: "no version".to_owned(), answer: "define FDB_API_VERSION" },
        served(OLDEST - 1, "too small"),
        served(NEWEST + 1, "too large"),
    ];
    for function in &table.functions {
        if let Some(version) = function.gone_at() {
            let zeros = vec!["0"; function.parameters.len()].join(", ");
            let call = format!("void f(void) {{\n    (void){}({zeros});\n}}\n", function.name);
            let what = format!("{} at {version}", function.name);
            programs.push(Forbidden { text: define(version) + &call, what, answer: "not_in_this_FDB_API_VERSION" });
        }
    }
    programs
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// What one compiler said, line by line; nothing if it was content.
fn compile(trial: &[&str; 3], source: &Path, more: &[String]) -> Result<Vec<String>, String> {
    let [compiler, language, standard] = trial;
    let output = Command::new(compiler)
        .args([
            "-x",
            language,
            standard,
            "-pedantic-errors",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fsyntax-only",
            "-Iinclude",
        ])
        .args(more)
        .arg(source)
        .output()
        .map_err(|error| format!("cannot run {compiler}: {error}"))?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<String> = said.lines().filter(|line| line.contains("error")).take(20).map(str::to_owned).collect();
    Ok(if errors.is_empty() { vec![said.trim().to_owned()] } else { errors })
}

#[cfg(test)]
mod tests {
    use super::forbidden;
    use crate::fdb::table::Table;

    #[test]
    fn a_removed_function_is_called_where_it_is_gone() {
        let table: Table = toml::from_str(
            "noun = []\nstruct = []\n[[function]]\nname = \"fdb_a\"\nnoun = \"n\"\nreturns = \"void\"\n\
             parameters = [\"int a\", \"int b\"]\nfirst = 510\nlast = 609\nstate = \"works\"\nclients = []\n\
             doc = \"D.\"",
        )
        .unwrap();
        let programs = forbidden(&table);
        assert_eq!(programs.len(), 4, "no version, two that are not served, and the function");
        assert!(programs[3].text.contains("FDB_API_VERSION 610\n") && programs[3].text.contains("fdb_a(0, 0)"));
    }
}
