//! abi/plinth.symbols: the names that libplinth.so exports. A difference in it is a change of
//! the binary interface and is reviewed as such.

use std::path::PathBuf;
use std::process::Command;

use crate::outcome::{judge, Failure, Outcome};
use crate::{file, header, parse, Mode};

const LIST: &str = "abi/plinth.symbols";

/// Compares the library with the header, then writes or checks the list.
pub fn task(mode: Mode) -> Outcome {
    let library = target_directory().join("release/libplinth.so");
    if !library.exists() {
        let what = format!("there is no {}", library.display());
        return Err(Failure::new(what, Vec::new(), "cargo build --release"));
    }
    let exported = exported(&library)?;
    let declared = parse::functions(&file::read(header::PATH)?);
    let complaints = differences(&exported, &declared);
    let note = format!("{} functions", exported.len());
    judge(
        String::new(),
        "the library and the header disagree",
        complaints,
        "export nothing but what the header declares; rebuild with `cargo build --release` if the library is old",
    )?;
    file::settle(LIST, &(exported.join("\n") + "\n"), mode, "cargo xtask symbols")?;
    Ok(note)
}

/// The defined dynamic symbols, sorted.
fn exported(library: &PathBuf) -> Result<Vec<String>, String> {
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
