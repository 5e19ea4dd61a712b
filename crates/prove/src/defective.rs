//! A library with defects that a test switches on, for the stages that must find something.
//!
//! It is built beside the release libraries, from the same compiled dependencies. The environment variable
//! [`SWITCH`] of a process that loads it names the defect; `crates/engine/src/defects.rs` has them all.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::stage::Trouble;
use crate::workshop::Workshop;

/// The environment variable that names the defect.
pub const SWITCH: &str = "PLINTH_DEFECT";

/// Builds the library and returns its path.
pub fn library(workshop: &Workshop) -> Result<PathBuf, Trouble> {
    let target = workshop.root.join("target/defects");
    let place = target.join("release");
    if !place.join("deps").exists() {
        borrow(workshop, &place)?;
    }
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&workshop.root).args([
        "build",
        "--release",
        "--offline",
        "--lib",
        "-p",
        "plinth",
        "-p",
        "plinth-fdb-c",
    ]);
    cargo.args(["--features", "defects", "--target-dir"]).arg(&target);
    workshop.run(&mut cargo, "defects")?;
    let (library, name) = (place.join("libplinth.so"), place.join("libplinth.so.1"));
    if !name.exists() {
        symlink("libplinth.so", name)?;
    }
    Ok(library)
}

/// Takes over what other people's crates were compiled to, so that RocksDB is not compiled again.
fn borrow(workshop: &Workshop, place: &Path) -> Result<(), Trouble> {
    let compiled = &workshop.release;
    fs::create_dir_all(place)?;
    for name in ["build", ".fingerprint"] {
        workshop.run(Command::new("cp").arg("-a").arg(compiled.join(name)).arg(place), "defects")?;
    }
    for stamp in fs::read_dir(place.join(".fingerprint"))? {
        let stamp = stamp?;
        if is_ours(&stamp.file_name().to_string_lossy()) {
            fs::remove_dir_all(stamp.path())?;
        }
    }
    let (new, deps) = (place.join("deps.new"), place.join("deps"));
    fs::create_dir_all(&new)?;
    for file in fs::read_dir(compiled.join("deps"))? {
        let file = file?;
        let name = file.file_name();
        let kind = [".rlib", ".rmeta", ".so", ".d"];
        let text = name.to_string_lossy();
        // Nothing writes to these again: what is built here has other names.
        if kind.iter().any(|kind| text.ends_with(kind)) && !is_ours(&text) && !new.join(&name).exists() {
            fs::hard_link(file.path(), new.join(&name))?;
        }
    }
    Ok(fs::rename(new, deps)?)
}

/// Whether a file belongs to a crate of this workspace.
fn is_ours(name: &str) -> bool {
    ["plinth", "fdb_c", "fdb-c", "xtask"].iter().any(|ours| name.contains(ours))
}
