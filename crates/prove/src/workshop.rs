//! Where things are, and the C programs that are made for the stages.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::stage::Trouble;

/// A place in memory, on most machines.
const MEMORY: &str = "/dev/shm";

/// The places of one run.
#[derive(Clone, Debug)]
pub struct Workshop {
    /// The root of the sources.
    pub root: PathBuf,
    /// Where the release libraries are.
    pub release: PathBuf,
    /// For what the stages make; it lasts.
    pub build: PathBuf,
    /// Logs of the run.
    pub logs: PathBuf,
    /// Whether this is the short form.
    pub short: bool,
}

impl Workshop {
    /// Of the sources in `root`.
    pub fn new(root: &Path, short: bool) -> Result<Self, Trouble> {
        let build = root.join("build/prove");
        let logs = build.join(if short { "logs-short" } else { "logs" });
        fs::create_dir_all(&logs)?;
        Ok(Self { root: root.to_owned(), release: root.join("target/release"), build, logs, short })
    }

    /// An empty directory for databases, on the disk, which is gone when the value is dropped.
    pub fn scratch(&self) -> Result<tempfile::TempDir, Trouble> {
        let place = self.build.join("scratch");
        fs::create_dir_all(&place)?;
        Ok(tempfile::Builder::new().prefix(&scratch_prefix()).tempdir_in(place)?)
    }

    /// Removes what runs left that were killed: what is named after a process that is no more. File systems that are
    /// still mounted are left alone, with all that is in them.
    pub fn clear_scratch(&self) {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        for place in [self.build.join("scratch"), PathBuf::from(MEMORY)] {
            for left in fs::read_dir(place).into_iter().flatten().flatten() {
                let (name, path) = (left.file_name(), left.path());
                let owner = name.to_str().and_then(owner_of_scratch);
                let is_gone = owner.is_some_and(|owner| !Path::new("/proc").join(owner.to_string()).exists());
                if is_gone && !mounts.contains(&*path.to_string_lossy()) {
                    let _ = fs::remove_dir_all(path);
                }
            }
        }
    }

    /// The same in memory where the machine has a place for it: for what needs no disk, and many rounds.
    pub fn quick_scratch(&self) -> Result<tempfile::TempDir, Trouble> {
        match tempfile::Builder::new().prefix(&scratch_prefix()).tempdir_in(MEMORY) {
            Ok(scratch) => Ok(scratch),
            Err(_) => self.scratch(),
        }
    }

    /// Compiles `crates/prove/c/NAME.c` against libplinth.so and returns the program.
    pub fn c_program(&self, name: &str) -> Result<PathBuf, Trouble> {
        self.c_program_with(name, &self.release.join("libplinth.so"), &[])
    }

    /// The same against a library that was built otherwise, with further arguments of the compiler.
    pub fn c_program_with(&self, name: &str, library: &Path, flags: &[&str]) -> Result<PathBuf, Trouble> {
        self.compile("crates/prove/c", name, library, flags)
    }

    /// The same of a C test, `ffi-tests/NAME.c`.
    pub fn c_test(&self, name: &str, library: &Path) -> Result<PathBuf, Trouble> {
        self.compile("ffi-tests", name, library, &[])
    }

    fn compile(&self, sources: &str, name: &str, library: &Path, flags: &[&str]) -> Result<PathBuf, Trouble> {
        let source = self.root.join(sources).join(format!("{name}.c"));
        let directory = self.build.join(format!("bin-{:x}", hash(&format!("{}{flags:?}", library.display()))));
        fs::create_dir_all(&directory)?;
        let program = directory.join(name);
        let mut cc = Command::new("cc");
        cc.args(["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread"]).args(flags);
        cc.arg("-I").arg(self.root.join("include")).arg(&source).arg("-o").arg(&program).arg(library);
        if let Some(place) = library.parent() {
            cc.arg(format!("-Wl,-rpath,{}", place.display()));
        }
        self.run(&mut cc, "compile")?;
        Ok(program)
    }

    /// Compiles `crates/prove/c/NAME.c` to a library for LD_PRELOAD and returns it.
    pub fn c_shim(&self, name: &str) -> Result<PathBuf, Trouble> {
        fs::create_dir_all(&self.build)?;
        let library = self.build.join(format!("{name}.so"));
        let mut cc = Command::new("cc");
        cc.args(["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]);
        cc.arg(self.root.join(format!("crates/prove/c/{name}.c"))).arg("-o").arg(&library).arg("-ldl");
        self.run(&mut cc, "compile")?;
        Ok(library)
    }

    /// Runs a command to its end, adds what it says to the log of that name, and fails if it does.
    pub fn run(&self, command: &mut Command, log: &str) -> Result<Output, Trouble> {
        let output = self.output(command, log)?;
        if output.status.success() {
            return Ok(output);
        }
        Err(Trouble::Rig(format!("{command:?}: {}; see {}", output.status, self.log(log).display())))
    }

    /// The same, whatever its status.
    pub fn output(&self, command: &mut Command, log: &str) -> Result<Output, Trouble> {
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| Trouble::Missing(format!("{command:?}: {error}")))?;
        let mut file = File::options().create(true).append(true).open(self.log(log))?;
        writeln!(file, "$ {command:?}")?;
        file.write_all(&output.stdout)?;
        file.write_all(&output.stderr)?;
        Ok(output)
    }

    /// The path of a log.
    pub fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }
}

/// What the names of directories for databases begin with: they tell who made them.
fn scratch_prefix() -> String {
    format!("plinth-{}-", std::process::id())
}

fn owner_of_scratch(name: &str) -> Option<u32> {
    name.strip_prefix("plinth-")?.split_once('-')?.0.parse().ok()
}

/// Fails with [`Trouble::Missing`] unless the program can be started.
pub fn need(program: &str, package: &str) -> Result<(), Trouble> {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output()?;
    match found.status.success() {
        true => Ok(()),
        false => Err(Trouble::Missing(format!("{program} is not installed (Debian's package {package})"))),
    }
}

/// A number that is the same for the same text in every run.
pub fn hash(text: &str) -> u64 {
    // FNV-1a.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_removed_and_no_more() {
        let root = tempfile::tempdir().unwrap();
        let workshop = Workshop::new(root.path(), true).unwrap();
        let ours = workshop.scratch().unwrap();
        let scratch = workshop.build.join("scratch");
        // No process has this number: it is above the largest there may be.
        let (left, other) = (scratch.join("plinth-4194305-abc"), scratch.join("plinth-notes"));
        fs::create_dir_all(left.join("data")).unwrap();
        fs::create_dir(&other).unwrap();
        workshop.clear_scratch();
        assert!(!left.exists() && other.exists() && ours.path().exists());
    }
}
