//! P6: a disk that is full, in data or in files, and limits of the process that look the same to it.
//!
//! A round fills, works until nothing more is taken, frees, and opens again: the errors said what to do, and
//! what was acknowledged is there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{fallocate, statvfs, FallocateFlags};

use crate::life::{count, live, look, Fails};
use crate::mounts::Mounted;
use crate::oracle::Oracle;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::victim::Work;
use crate::workshop::Workshop;

/// Rounds with one directory, before it begins anew.
const SERIES: u64 = 10;
/// Room that a database of this victim never needs more of.
const ROOM: u64 = 192 << 20;
/// At most this much is left.
const LEFT: u64 = 14 << 20;

/// The stages of P6.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, short, begin| Stage {
        name,
        obligation: "P6",
        what,
        rounds: "cycles",
        whole: 200,
        short,
        must: Must::Hold,
        begin,
    };
    vec![
        stage("full-tmpfs", "a small tmpfs is filled and freed", 3, |w| begin(w, Full::Tmpfs)),
        stage("full-ext4", "a small ext4 is filled and freed", 2, |w| begin(w, Full::Ext4)),
        stage("full-inodes", "a file system has no room for more files", 2, |w| begin(w, Full::Inodes)),
        stage("full-file-size", "the limit on the size of files (RLIMIT_FSIZE)", 3, |w| begin(w, Full::FileSize)),
        stage("full-open-files", "the limit on open files (RLIMIT_NOFILE)", 3, |w| begin(w, Full::OpenFiles)),
    ]
}

/// What is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Full {
    Tmpfs,
    Ext4,
    Inodes,
    FileSize,
    OpenFiles,
}

struct Filling {
    full: Full,
    victim: PathBuf,
    log: PathBuf,
    place: PathBuf,
    // Mounted, or a directory.
    _mounted: Option<Mounted>,
    _scratch: tempfile::TempDir,
    oracle: Oracle,
    series: u64,
    life: u32,
}

fn begin(workshop: &Workshop, full: Full) -> Result<Box<dyn Trial>, Trouble> {
    let scratch = workshop.quick_scratch()?;
    let mounted = match full {
        Full::Tmpfs => Some(Mounted::tmpfs(workshop, &format!("size={ROOM}"))?),
        Full::Inodes => Some(Mounted::tmpfs(workshop, &format!("size={ROOM},nr_inodes=400"))?),
        Full::Ext4 => Some(Mounted::ext4(workshop, ROOM, &[])?),
        Full::FileSize | Full::OpenFiles => None,
    };
    let place = mounted.as_ref().map_or_else(|| scratch.path().to_owned(), |mounted| mounted.place().to_owned());
    let (victim, log) = (workshop.c_program("victim")?, workshop.log("full-disk"));
    let oracle = Oracle::new(16);
    Ok(Box::new(Filling { full, victim, log, place, _mounted: mounted, _scratch: scratch, oracle, series: 0, life: 1 }))
}

impl Filling {
    fn directory(&self) -> PathBuf {
        self.place.join(format!("database-{}", self.series))
    }

    fn work(&mut self, seed: u64, commits: u64) -> Work {
        let life = self.life;
        self.life += 1;
        let options = vec![
            ("budget", 16 << 20),
            ("value", 100_000),
            ("commits", commits),
            ("failures", 6),
            ("reads", 1),
            ("pause", 0),
        ];
        Work { program: self.victim.clone(), directory: self.directory(), life, seed, threads: 2, options }
    }

    /// Leaves little. Returns what is to be removed again.
    fn fill(&self, random: &mut fastrand::Rng) -> Result<PathBuf, Trouble> {
        let ballast = self.place.join("ballast");
        fs::create_dir(&ballast)?;
        match self.full {
            Full::Tmpfs | Full::Ext4 => {
                let room = statvfs(&self.place).map_err(std::io::Error::from)?;
                let bytes = (room.f_bavail * room.f_frsize).saturating_sub(random.u64(..LEFT));
                let file = File::create(ballast.join("data"))?;
                // Where there is less than that, it is full too.
                let _ = fallocate(&file, FallocateFlags::empty(), 0, bytes.max(1));
            }
            Full::Inodes => {
                let left = random.u64(..30);
                let mut free = statvfs(&self.place).map_err(std::io::Error::from)?.f_favail;
                while free > left {
                    File::create(ballast.join(format!("file-{free}")))?;
                    free -= 1;
                }
            }
            Full::FileSize | Full::OpenFiles => {}
        }
        Ok(ballast)
    }

    /// The victim, perhaps under a limit. A process that wants to go on has to ignore SIGXFSZ.
    fn command(&self, work: &Work, random: &mut fastrand::Rng) -> Command {
        let limit = match self.full {
            Full::FileSize => format!("trap '' XFSZ; ulimit -f {}", random.u64(..4_000)),
            Full::OpenFiles => format!("ulimit -n {}", random.u64(4..60)),
            _ => return work.command(),
        };
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{limit}; exec \"$@\""), "sh"]).args(work.words());
        command
    }

    fn fails(&self) -> Fails {
        match self.full {
            // Reads open files.
            Full::OpenFiles => Fails::Reads,
            _ => Fails::Writes,
        }
    }
}

impl Trial for Filling {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = fastrand::Rng::with_seed(round.seed);
        let mut tally = Tally::default();
        if round.number.is_multiple_of(SERIES) {
            remove(&self.directory())?;
            (self.series, self.oracle) = (self.series + 1, Oracle::new(16));
        }
        // Half of the first lives begin on a disk that is full already.
        let ballast = self.fill(&mut random)?;
        let work = self.work(round.seed, 150);
        let command = self.command(&work, &mut random);
        let (log, fails) = (self.log.clone(), self.fails());
        let lived = live(&mut self.oracle, &work, command, fails, &log);
        remove(&ballast)?;
        let result = lived.and_then(|(seen, _)| {
            count(&mut tally, &seen);
            tally.add("cycles without an error", u64::from(seen.opened && seen.unknown + seen.refused == 0));
            let after = self.work(round.seed, 4);
            look(&mut self.oracle, &after, &log, &mut tally)
        });
        if result.is_err() {
            // What comes next begins anew.
            remove(&self.directory())?;
            (self.series, self.oracle) = (self.series + 1, Oracle::new(16));
        }
        result.map(|()| tally)
    }
}

fn remove(directory: &Path) -> Result<(), Trouble> {
    match directory.exists() {
        true => Ok(fs::remove_dir_all(directory)?),
        false => Ok(()),
    }
}
