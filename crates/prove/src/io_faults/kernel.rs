//! Failures by strace. It counts for each thread, so the Nth call of every thread fails.

use std::path::Path;
use std::process::Command;

use super::library::Ground;
use crate::life::{count, live, look, Fails};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::Work;
use crate::workshop::{need, Workshop};

/// Calls, and up to which number of a thread they are worth failing; those that matter most more often.
const CALLS: [(&str, u64); 15] = [
    ("write", 20),
    ("write", 60),
    ("write", 90),
    ("pwrite64", 4),
    ("fsync", 10),
    ("fsync", 25),
    ("fdatasync", 10),
    ("fdatasync", 50),
    ("sync_file_range", 20),
    ("openat", 40),
    ("rename", 6),
    ("ftruncate", 8),
    ("fallocate", 8),
    ("unlink", 6),
    ("mkdir", 10),
];
/// Of these calls, others than those on files of the database would fail too.
const ON_PATHS: [&str; 2] = ["write", "openat"];
const ERRORS: [&str; 3] = ["EIO", "ENOSPC", "EROFS"];
/// RocksDB numbers its files; a life comes this far.
const FILES: u32 = 120;

struct Kernel(Ground);

/// Gets ready.
pub fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    need("strace", "strace")?;
    let ground = Ground::new(workshop)?;
    let mut look = Command::new("strace");
    look.args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"]);
    match look.output()?.status.success() {
        true => Ok(Box::new(Kernel(ground))),
        false => Err(Trouble::Missing("processes can't be traced here".to_owned())),
    }
}

/// The names that files of the database have or will have.
fn names(place: &Path) -> Vec<String> {
    let numbered = (1..=FILES).flat_map(|number| {
        [".log", ".sst", ".dbtmp"]
            .map(|end| format!("{number:06}{end}"))
            .into_iter()
            .chain(["MANIFEST-", "OPTIONS-"].map(|begin| format!("{begin}{number:06}")))
    });
    let fixed = ["PLINTH.tmp", "PLINTH", "OWNER", "CURRENT", "LOCK", "LOG", "IDENTITY"].map(str::to_owned);
    numbered.chain(fixed).map(|name| place.join(name).display().to_string()).collect()
}

/// A victim below strace.
fn traced(work: &Work, call: &str, inject: &str) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e"]);
    command.arg(format!("trace={call}")).arg("-e").arg(format!("inject={call}:{inject}"));
    if ON_PATHS.contains(&call) {
        names(&work.directory).iter().for_each(|name| {
            command.args(["-P", name]);
        });
    }
    command.args(work.words());
    command
}

impl Trial for Kernel {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = fastrand::Rng::with_seed(round.seed);
        let (call, most) = CALLS[random.usize(..CALLS.len())];
        let (at, error, old) = (random.u64(1..=most), ERRORS[random.usize(..ERRORS.len())], random.bool());
        let inject = format!("error={error}:when={at}{}", if random.bool() { "+" } else { "" });
        let mut tally = Tally::default();
        let fails = if call == "openat" { Fails::Reads } else { Fails::Writes };
        let ground = &self.0;
        let mut tried = || {
            let (place, mut oracle) = ground.place(old)?;
            let work = ground.work(&place, 2, round.seed);
            let (seen, _) = live(&mut oracle, &work, traced(&work, call, &inject), fails, &ground.log)?;
            count(&mut tally, &seen);
            let mut after = ground.work(&place, 3, round.seed);
            after.options.push(("commits", 4));
            look(&mut oracle, &after, &ground.log, &mut tally)
        };
        match tried() {
            Ok(()) => Ok(tally),
            Err(Trouble::Finding(what)) => {
                Err(Trouble::Finding(format!("{call}:{inject}, directory there before: {old}: {what}")))
            }
            Err(other) => Err(other),
        }
    }
}
