//! The database that is damaged, and put right again each time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::damage::{Files, WATERMARK};
use crate::defective;
use crate::stage::Trouble;
use crate::victim::{Event, Running, Work};
use crate::workshop::{need, Workshop};

/// Where a sync costs nothing.
const MEMORY: &str = "/dev/shm";
/// Seconds after which something hangs.
const PATIENCE: &str = "30";
const LIVES: u32 = 3;
const COMMITS: u64 = 120;
const LONGEST: Duration = Duration::from_secs(60);

/// How the last life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In order.
    Closed,
    /// It was killed.
    Killed,
}

/// See the file's top.
pub struct Specimen {
    _place: TempDir,
    directory: PathBuf,
    program: PathBuf,
    defect: Option<&'static str>,
    files: Files,
    /// What a dump of the whole database says, but for its version.
    lines: BTreeSet<String>,
    /// Whoever reads it begins at this version or later.
    begins: i64,
}

/// What a victim said, and how it ended.
pub struct Said {
    /// Its lines.
    pub text: String,
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
}

impl Specimen {
    /// Has victims make a database with tables and a log.
    pub fn new(workshop: &Workshop, program: &Path, state: State) -> Result<Self, Trouble> {
        need("timeout", "coreutils")?;
        let place = match Path::new(MEMORY).is_dir() {
            true => tempfile::Builder::new().prefix("plinth-").tempdir_in(MEMORY)?,
            false => workshop.scratch()?,
        };
        let directory = place.path().join("db");
        let mut made = Self {
            _place: place,
            directory,
            program: program.to_owned(),
            defect: None,
            files: Files::new(),
            lines: BTreeSet::new(),
            begins: 0,
        };
        for life in 0..LIVES {
            made.live(life, state == State::Killed && life + 1 == LIVES, &workshop.log("corruption"))?;
        }
        made.files = read(&made.directory)?;
        let began = Instant::now();
        let whole = made.dump(&[])?;
        // A life's first version is the one that time has reached, microseconds after it began.
        made.begins = whole.version()? - began.elapsed().as_micros() as i64;
        made.lines = whole.text.lines().filter(|line| !line.starts_with("version ")).map(str::to_owned).collect();
        match made.lines.contains("end") {
            true => Ok(made),
            false => Err(Trouble::Rig(format!("the whole database can't be read: {}", whole.text))),
        }
    }

    /// Those who read it have this defect.
    pub fn with_defect(self, defect: &'static str) -> Self {
        Self { defect: Some(defect), ..self }
    }

    fn live(&self, life: u32, killed: bool, log: &Path) -> Result<(), Trouble> {
        let options =
            vec![("sync", 100), ("value", 200), ("budget", 16 << 20), ("commits", if killed { 0 } else { COMMITS })];
        let (program, directory) = (self.program.clone(), self.directory.clone());
        let work = Work { program, directory, life, seed: life.into(), threads: 2, options };
        let mut running = Running::start(work.command(), log)?;
        let mut acknowledged = 0;
        while let Some(event) = running.next(LONGEST) {
            match event {
                Event::Acknowledged { .. } => acknowledged += 1,
                Event::Error { code, words } => return Err(Trouble::Rig(format!("{code} {words}"))),
                _ => {}
            }
            if killed && acknowledged == COMMITS {
                running.kill()?;
                break;
            }
        }
        let (_, status) = running.rest(LONGEST)?;
        match killed || status.success() {
            true => Ok(()),
            false => Err(Trouble::Rig(format!("a life of the victim ended with {status}"))),
        }
    }

    /// Its files as they are whole.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What there is to be read.
    pub fn lines(&self) -> &BTreeSet<String> {
        &self.lines
    }

    /// Whoever reads it begins at this version or later; every version of its own lives is below this.
    pub fn begins(&self) -> i64 {
        self.begins
    }

    /// Puts every file right. The watermark stays the same file, because it counts only as such.
    pub fn restore(&self) -> Result<(), Trouble> {
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let is_watermark = entry.file_name() == WATERMARK;
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false if is_watermark => {}
                false => fs::remove_file(entry.path())?,
            }
        }
        for (name, bytes) in &self.files {
            fs::write(self.directory.join(name), bytes)?;
        }
        Ok(())
    }

    /// Has a victim dump the directory.
    pub fn dump(&self, options: &[&str]) -> Result<Said, Trouble> {
        self.run("dump", options)
    }

    /// Has a victim repair the directory.
    pub fn repair(&self) -> Result<Said, Trouble> {
        self.run("repair", &[])
    }

    fn run(&self, what: &str, options: &[&str]) -> Result<Said, Trouble> {
        let mut command = Command::new("timeout");
        command.args(["-s", "KILL", PATIENCE]).arg(&self.program).arg(what).arg(&self.directory);
        command.envs(self.defect.map(|defect| (defective::SWITCH, defect)));
        let output =
            command.arg("budget=16777216").args(options).stdin(Stdio::null()).stderr(Stdio::null()).output()?;
        Ok(Said { text: String::from_utf8_lossy(&output.stdout).into_owned(), code: output.status.code() })
    }
}

impl Said {
    /// The version that a dump begins with.
    pub fn version(&self) -> Result<i64, Trouble> {
        let line = self.text.lines().find_map(|line| line.strip_prefix("version "));
        let version = line.and_then(|version| version.parse().ok());
        version.ok_or_else(|| Trouble::Rig(format!("the dump has no version: {}", self.text)))
    }
}

fn read(directory: &Path) -> Result<Files, Trouble> {
    let mut files = Files::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // RocksDB's own log tells people something, and nothing else.
        if entry.file_type()?.is_file() && !name.starts_with("LOG") && name != "LOCK" {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(files)
}
