//! What was run, and on what.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

use crate::workshop::hash;

/// The machine and the sources.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The commit, and whether anything differs from it.
    pub commit: String,
    /// Changes whenever the sources do.
    pub sources: String,
    /// System, processors, memory.
    pub machine: String,
    /// The compilers.
    pub compilers: String,
}

impl Machine {
    /// Asks the system.
    pub fn ask(root: &Path) -> Self {
        let git = |arguments: &[&str]| said(Command::new("git").arg("-C").arg(root).args(arguments));
        let (commit, changes) = (git(&["rev-parse", "--short=12", "HEAD"]), git(&["status", "--porcelain"]));
        let sources = format!("{commit} {:x}", hash(&format!("{changes}{}", git(&["diff", "HEAD"]))));
        let commit = if changes.is_empty() { commit } else { format!("{commit} with changes that are not committed") };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let model = field("/proc/cpuinfo", "model name");
        let memory = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or(0);
        let system = said(Command::new("uname").arg("-srm"));
        let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
        Self {
            commit,
            sources,
            machine: format!("{system}, {cores} x {model}, {} GB", memory / 1_000_000),
            compilers: [said(Command::new("rustc").arg("--version")), first(said(Command::new("cc").arg("--version")))]
                .join(", "),
        }
    }
}

/// The time, in UTC.
pub fn now() -> String {
    said(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M"]))
}

fn said(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

/// What a file of the kernel says of a name.
fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    line.unwrap_or_default().trim().to_owned()
}
