//! A clock that a file sets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fastrand::Rng;

use crate::stage::Trouble;

/// What is added to the time: ten years either way, a second back, and some between.
const OFFSETS: [&str; 8] = ["+0", "+10y", "-10y", "-1s", "+1s", "+3600s", "-30d", "+2.5s"];
/// To the monotonic clock: never ahead of the kernel's, which ends waits and which nothing sets. A wait
/// until a moment that is ten years off would last ten years; from one of these offsets to another the
/// clock still jumps both ways.
const MONOTONIC: [&str; 5] = ["+0", "-10y", "-1s", "-3600s", "-30d"];

/// The clock of programs that are started with it.
pub struct Faked {
    library: PathBuf,
    file: PathBuf,
    /// Whether the monotonic clock is set too.
    monotonic: bool,
}

impl Faked {
    /// One that goes right, with its file in this directory.
    pub fn new(place: &Path, monotonic: bool) -> Result<Self, Trouble> {
        let faked = Self { library: library()?, file: place.join("time"), monotonic };
        faked.set("+0")?;
        Ok(faked)
    }

    /// Has a command live by it.
    pub fn apply(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        // Looked at by every call, so that a jump is seen at once.
        command.env("FAKETIME_NO_CACHE", "1");
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", if self.monotonic { "0" } else { "1" });
    }

    /// Sets it.
    pub fn set(&self, offset: &str) -> Result<(), Trouble> {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{offset}\n"))?;
        Ok(fs::rename(new, &self.file)?)
    }

    /// Sets it to something or other.
    pub fn jump(&self, random: &mut Rng) -> Result<&'static str, Trouble> {
        let offsets: &[&str] = if self.monotonic { &MONOTONIC } else { &OFFSETS };
        let offset = offsets[random.usize(..offsets.len())];
        self.set(offset)?;
        Ok(offset)
    }
}

/// libfaketime, for programs with threads.
fn library() -> Result<PathBuf, Trouble> {
    let places = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from).into_iter();
    let below = |place: &PathBuf| fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
    let all = places.flat_map(|place| below(&place).chain([place]).collect::<Vec<_>>());
    let mut all = all.map(|place| place.join("faketime/libfaketimeMT.so.1"));
    all.find(|path| path.exists())
        .ok_or_else(|| Trouble::Missing("libfaketime is not installed (Debian's package libfaketime)".to_owned()))
}
