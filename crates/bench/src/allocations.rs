//! What a ready future allocates, counted by a small C program that is built when it is needed:
//! this program's own allocator does not see what happens in a library. Relies on a C compiler,
//! `cc`; without one, nothing is counted. `allocations.c` says how it counts.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::engines;
use crate::error::{Context, Error, Result};

const SOURCE: &str = include_str!("allocations.c");

/// The counts in words, or why there are none.
pub fn report(scratch: &Path) -> String {
    let counted = count(scratch).unwrap_or_else(|error| format!("not counted: {error}\n"));
    format!("\nAllocations of the calling thread (malloc and its like), average of 10000:\n{counted}")
}

fn count(scratch: &Path) -> Result<String> {
    let program = build(scratch)?;
    let mut run = Command::new(program);
    run.env("PLINTH_DATA", ":memory:");
    for library in ["libfdb_c.so", "libplinth.so"] {
        run.arg(engines::library_path(library)?);
    }
    let printed = output(&mut run)?;
    let numbers: Vec<&str> = printed.split_whitespace().collect();
    match numbers[..] {
        [read, size, native] => {
            Ok(format!("a ready future of a point read {read}, of a number {size}; a native point read {native}\n"))
        }
        _ => Err(Error::new(format!("the counting program printed {printed}"))),
    }
}

fn build(scratch: &Path) -> Result<std::path::PathBuf> {
    let (source, program) = (scratch.join("allocations.c"), scratch.join("allocations"));
    fs::write(&source, SOURCE).context(source.display())?;
    let mut compile = Command::new("cc");
    // Its functions must be seen by the libraries.
    compile.args(["-O1", "-fno-builtin", "-rdynamic", "-pthread", "-o"]).arg(&program).arg(&source).arg("-ldl");
    output(&mut compile).map(|_| program)
}

/// What a program prints; what it says when it fails.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let ran = command.output().context(&name)?;
    match ran.status.success() {
        true => Ok(String::from_utf8_lossy(&ran.stdout).into_owned()),
        false => Err(Error::new(format!("{name}: {}", String::from_utf8_lossy(&ran.stderr).trim()))),
    }
}
