//! Small rules for every file: length, characters, leftover markers, stray paths, crate papers.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use crate::file;
use crate::outcome::{judge, Outcome};
use crate::Mode;

/// A file longer than this should be two files.
const LONGEST: usize = 800;

/// Files that may be longer, each with the reason.
const LONG: [(&str, &str); 18] = [
    ("abi/fdb_c.abi", "written by abidw"),
    ("abi/plinth.abi", "written by abidw"),
    ("crates/prove/c/calls_fdb.h", "generated; one table"),
    ("docs/PERFORMANCE.md", "its tables are written by the benchmark"),
    ("ffi-tests/fork.c", "one noun: what a child of fork() has, may and may not do"),
    ("Cargo.lock", "written by cargo"),
    ("include/plinth.h", "generated; one file is what a C program includes"),
    ("clients/node/package-lock.json", "written by npm"),
    ("schema/errors.toml", "one table"),
    ("schema/semantics.toml", "one table"),
    ("crates/api/src/error_table.rs", "generated from that table"),
    ("schema/fdb_c.toml", "one table"),
    ("schema/fdb_options.toml", "one table"),
    ("include/foundationdb/fdb_c.h", "generated; one file is what a C program includes"),
    ("include/foundationdb/fdb_c_options.g.h", "generated from one table"),
    ("crates/fdb-c/src/option_table.rs", "generated from that table"),
    ("crates/fdb-c/src/entry/refused.rs", "generated; one function after the other"),
    ("ffi-tests/conflict.c", "one noun: each row of the table of conflict ranges, from both sides"),
];

/// What holds no sources: directories, and the figures that the benchmarks leave.
const SKIPPED: [&str; 9] = [
    ".git",
    "target",
    "build",
    "data",
    "corpus",
    "bench-results.json",
    "bench-embedded-results.json",
    "bench-peers-results.json",
    "bench-instructions.json",
];

/// Leftovers of work in progress. They are written in two halves so that this file passes.
const MARKERS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("dbg", "!(")];

/// What a merge leaves at the beginning of a line, the same way.
const UNMERGED: [&str; 2] = [concat!("<<<<", "<<<"), concat!(">>>>", ">>>")];

/// Paths that exist on one machine only.
const MACHINE_PATHS: [&str; 3] = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")];

/// Checks the files; there is nothing to write.
pub fn task(_: Mode) -> Outcome {
    let mut files = Vec::new();
    collect(Path::new("."), &mut files)?;
    files.sort();
    let mut complaints = Vec::new();
    for path in &files {
        complaints.extend(check_file(path)?);
    }
    complaints.extend(check_crates()?);
    judge(format!("{} files", files.len()), "untidy places", complaints, "change the places named")
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if SKIPPED.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path().strip_prefix("./")?.to_path_buf());
        }
    }
    Ok(())
}

fn check_file(path: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let name = path.display().to_string();
    let bytes = fs::read(path)?;
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(vec![format!("{name}: is not text")]);
    };
    let mut complaints: Vec<String> = check_text(&text).into_iter().map(|found| format!("{name}:{found}")).collect();
    let lines = text.lines().count();
    if lines > LONGEST && !LONG.iter().any(|(long, _)| *long == name) {
        complaints
            .push(format!("{name}: has {lines} lines, more than {LONGEST}; split it, or give the reason in tidy.rs"));
    }
    Ok(complaints)
}

/// Complaints about a text, each beginning with its line.
fn check_text(text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let mut complain = |what: &str| complaints.push(format!("{}: {what}", index + 1));
        if !line.is_ascii() {
            complain("a character outside ASCII");
        }
        if line.ends_with([' ', '\t', '\r']) {
            complain("white space at the end of the line");
        }
        if UNMERGED.iter().any(|marker| line.starts_with(marker)) {
            complain("an unmerged conflict");
        }
        for marker in MARKERS.iter().filter(|marker| line.contains(**marker)) {
            complain(&format!("the marker {marker}"));
        }
        for path in MACHINE_PATHS.iter().filter(|path| line.contains(**path)) {
            complain(&format!("a path of one machine, {path}"));
        }
    }
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        complaints.push(format!("{}: the file must end with exactly one line feed", text.lines().count()));
    }
    complaints
}

/// Each crate says what it is and takes the shared lints.
fn check_crates() -> Result<Vec<String>, Box<dyn Error>> {
    let mut complaints = Vec::new();
    for entry in fs::read_dir("crates")? {
        let root = entry?.path();
        let name = root.display();
        let Ok(manifest) = file::read(root.join("Cargo.toml")) else {
            complaints.push(format!("{name}: has no Cargo.toml"));
            continue;
        };
        if !manifest.contains("[lints]\nworkspace = true") {
            complaints.push(format!("{name}/Cargo.toml: does not take the lints of the workspace"));
        }
        let sources = ["src/lib.rs", "src/main.rs"].map(|source| file::read(root.join(source)).unwrap_or_default());
        if !root.join("README.md").exists() && !sources.iter().any(|text| text.starts_with("//!")) {
            complaints.push(format!("{name}: has neither a README.md nor a comment at the top of its root file"));
        }
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::{check_text, MACHINE_PATHS, MARKERS};

    #[test]
    fn clean_text_passes() {
        assert!(check_text("a\nb\n").is_empty());
        assert!(check_text("").is_empty());
    }

    #[test]
    fn each_rule_finds_its_case() {
        assert_eq!(check_text("a \n").len(), 1);
        assert_eq!(check_text("a\r\n").len(), 1);
        assert_eq!(check_text("\u{e9}\n").len(), 1);
        assert_eq!(check_text("a").len(), 1);
        assert_eq!(check_text("a\n\n").len(), 1);
        for bad in MARKERS.iter().chain(&MACHINE_PATHS) {
            assert_eq!(check_text(&format!("// {bad}\n")).len(), 1, "{bad}");
        }
    }
}
