//! The lists in abi/: the names that the libraries export. A difference in one is a change of the
//! binary interface and is reviewed as such.
//!
//! The list of libplinth.so is read from the library and compared with the header. That of libfdb_c.so
//! comes from its table, and the library is compared with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{judge, Failure, Outcome};
use crate::{fdb, file, header, parse, Mode};

const LIST: &str = "abi/plinth.symbols";

/// Compares the libraries with what is declared, then writes or checks the list.
pub fn task(mode: Mode) -> Outcome {
    let native = native(mode)?;
    let foundationdb = foundationdb()?;
    Ok(format!("{native}; {foundationdb}"))
}

fn native(mode: Mode) -> Outcome {
    let library = target_directory().join("release/libplinth.so");
    if !library.exists() {
        let what = format!("there is no {}", library.display());
        return Err(Failure::new(what, Vec::new(), "cargo build --release"));
    }
    let exported = exported(&library)?;
    let declared = parse::functions(&file::read(header::PATH)?);
    let complaints = differences(&exported, &declared);
    let note = format!("{} functions of libplinth.so", exported.len());
    judge(
        String::new(),
        "the library and the header disagree",
        complaints,
        "export nothing but what the header declares; rebuild with `cargo build --release` if the library is old",
    )?;
    file::settle(LIST, &(exported.join("\n") + "\n"), mode, "cargo xtask symbols")?;
    Ok(note)
}

/// libfdb_c.so, if it is built.
fn foundationdb() -> Outcome {
    let library = target_directory().join("release/libfdb_c.so");
    if !library.exists() {
        return Ok(format!("there is no {}", library.display()));
    }
    let exported = exported(&library)?;
    let declared: Vec<String> = file::read(fdb::SYMBOLS)?.lines().map(str::to_owned).collect();
    judge(
        format!("{} functions of libfdb_c.so", exported.len()),
        "libfdb_c.so and its table disagree",
        differences(&exported, &declared),
        "export what schema/fdb_c.toml lists; rebuild with `cargo build --release` if the library is old",
    )
}

/// The defined dynamic symbols, sorted.
fn exported(library: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("nm")
        .args(["-D", "--defined-only", "--format=posix"])
        .arg(library)
        .output()
        .map_err(|error| format!("cannot run nm: {error}"))?;
    if !output.status.success() {
        return Err(format!("nm failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut names: Vec<String> = text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    names.sort();
    Ok(names)
}

fn differences(exported: &[String], declared: &[String]) -> Vec<String> {
    let extra = exported.iter().filter(|name| !declared.contains(name));
    let missing = declared.iter().filter(|name| !exported.contains(name));
    let extra = extra.map(|name| format!("{name} is exported but not declared"));
    extra.chain(missing.map(|name| format!("{name} is declared but not exported"))).collect()
}

/// Where cargo builds.
fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn both_directions_are_compared() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(differences(&names(&["a", "b"]), &names(&["a", "b"])).is_empty());
        assert_eq!(differences(&names(&["a", "x"]), &names(&["a", "b"])).len(), 2);
    }
}
