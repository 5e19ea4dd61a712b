//! P7: a file system that takes no writes: from the beginning, or from a moment on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::life::{count, finding, judge, live, look, look_after_loss, Fails};
use crate::mounts::Mounted;
use crate::oracle::Oracle;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::victim::{Dump, Event, Running, Work};
use crate::workshop::{need, Workshop};

const PATIENCE: Duration = Duration::from_secs(30);
/// A file can't be written.
const NOT_WRITABLE: &str = "file_not_writable (1514)";
/// Longer than this no life lasts before it is disturbed.
const LONGEST: u64 = 400;

/// The stages of P7.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, rounds, short, begin| Stage {
        name,
        obligation: "P7",
        what,
        rounds,
        whole: 100,
        short,
        must: Must::Hold,
        begin,
    };
    vec![
        stage(
            "read-only-open",
            "opens on a file system that is read-only, a bind mount that is, and without permission",
            "opens",
            3,
            begin_open,
        ),
        stage("read-only-later", "an ext4 takes no more writes while commits go on", "runs", 2, begin_later),
    ]
}

struct Program {
    victim: PathBuf,
    log: PathBuf,
}

impl Program {
    fn new(workshop: &Workshop) -> Result<Self, Trouble> {
        Ok(Self { victim: workshop.c_program("victim")?, log: workshop.log("read-only") })
    }

    fn work(&self, directory: &Path, life: u32, seed: u64, commits: u64) -> Work {
        let options = vec![
            ("value", 20_000),
            ("commits", commits),
            ("failures", 12),
            ("reads", 1),
            ("pause", 1),
            ("budget", 16 << 20),
        ];
        Work { program: self.victim.clone(), directory: directory.to_owned(), life, seed, threads: 3, options }
    }
}

struct Open {
    program: Program,
    mounted: Mounted,
    /// Somebody who may read the directory only; none where the library is out of their reach.
    user: Option<u32>,
}

fn begin_open(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let program = Program::new(workshop)?;
    let mounted = Mounted::tmpfs(workshop, "size=64m")?;
    Ok(Box::new(Open { program, mounted, user: stranger(workshop) }))
}

/// A user without rights, if the victim can be started as one.
fn stranger(workshop: &Workshop) -> Option<u32> {
    const NOBODY: u32 = 65_534;
    need("setpriv", "util-linux").ok()?;
    let victim = workshop.c_program("victim").ok()?;
    // It says how it is used, with 2, if it is started at all.
    let status = as_user(NOBODY, &[victim.into()]).output().ok()?.status;
    (status.code() == Some(2)).then_some(NOBODY)
}

fn as_user(user: u32, words: &[std::ffi::OsString]) -> Command {
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={user}")).arg("--clear-groups").args(words);
    command
}

impl Trial for Open {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let program = &self.program;
        let mut tally = Tally::default();
        let directory = self.mounted.place().join("database");
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        let mut oracle = Oracle::new(16);
        // There is a database, but for every fourth time.
        if round.number % 4 != 3 {
            let work = program.work(&directory, 1, round.seed, 20);
            live(&mut oracle, &work, work.command(), Fails::Nothing, &program.log)?;
        }
        let work = program.work(&directory, 2, round.seed, 4);
        let (command, name) = match (round.number % 3, self.user) {
            (0, _) => {
                self.mounted.remount("ro")?;
                (work.command(), "read-only file systems")
            }
            (1, Some(user)) => {
                open_for_all(&directory)?;
                (as_user(user, &work.words()), "directories without permission")
            }
            _ => {
                let place = self.mounted.place();
                let command = |words: &[&str]| {
                    let status = Command::new("mount").args(words).arg(place).status()?;
                    if status.success() {
                        Ok(())
                    } else {
                        Err(Trouble::Missing("no bind mounts".to_owned()))
                    }
                };
                command(&["--bind", &place.display().to_string()])?;
                command(&["-o", "remount,ro,bind"])?;
                (work.command(), "read-only bind mounts")
            }
        };
        let refused = self.refused(&mut oracle, &work, command);
        let shown = refused.is_ok().then(|| self.shown(&directory));
        // A bind mount lies over it.
        if name == "read-only bind mounts" {
            Command::new("umount").arg(self.mounted.place()).status()?;
        } else {
            self.mounted.remount("rw")?;
        }
        refused?;
        tally.add(name, 1);
        if let Some(shown) = shown.transpose()?.flatten() {
            let whole = Dump::take(&program.victim, &directory, &[], &program.log)?;
            if contents(&shown) != contents(&whole) {
                return finding(format!("read_only showed {shown:?}, but there is {whole:?}"));
            }
            tally.add("read with read_only", 1);
        }
        let after = program.work(&directory, 3, round.seed, 4);
        look(&mut oracle, &after, &program.log, &mut tally)?;
        Ok(tally)
    }
}

/// Readable by all and writable by nobody, also the way to it.
fn open_for_all(directory: &Path) -> Result<(), Trouble> {
    for place in directory.ancestors().skip(1).take(2) {
        fs::set_permissions(place, fs::Permissions::from_mode(0o755))?;
    }
    if !directory.exists() {
        return Ok(());
    }
    fs::set_permissions(directory, fs::Permissions::from_mode(0o555))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o444))?;
        }
    }
    Ok(())
}

/// What a dump shows, but for the version at which it was made.
fn contents(dump: &Dump) -> Dump {
    Dump { version: 0, ..dump.clone() }
}

impl Open {
    /// What the option `read_only` shows of the database, if there is one.
    fn shown(&self, directory: &Path) -> Result<Option<Dump>, Trouble> {
        if !directory.exists() {
            return Ok(None);
        }
        Dump::take(&self.program.victim, directory, &[("read_only", 1)], &self.program.log).map(Some)
    }

    /// The open fails, says why, and what to do.
    fn refused(&self, oracle: &mut Oracle, work: &Work, command: Command) -> Result<(), Trouble> {
        let (seen, _) = live(oracle, work, command, Fails::Writes, &self.program.log)?;
        match seen.words {
            Some(words) if !seen.opened && words.contains(NOT_WRITABLE) => Ok(()),
            words => finding(format!("opened: {}, {words:?}", seen.opened)),
        }
    }
}

/// Linux 6.18 lets an fdatasync that is under way while ext4 is aborted return 0 for data that is then gone, as
/// strace showed. So what is acknowledged as synced from then on counts as buffered.
fn doubted(event: Event) -> Event {
    match event {
        Event::Acknowledged { thread, number, stamp, .. } => {
            Event::Acknowledged { thread, number, stamp, synced: false }
        }
        other => other,
    }
}

struct Later {
    program: Program,
    workshop: Workshop,
}

fn begin_later(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Later { program: Program::new(workshop)?, workshop: workshop.clone() }))
}

impl Trial for Later {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = fastrand::Rng::with_seed(round.seed);
        let program = &self.program;
        let mounted = Mounted::ext4(&self.workshop, 320 << 20, &[])?;
        let directory = mounted.place().join("database");
        let mut tally = Tally::default();
        let mut oracle = Oracle::new(16);
        let work = program.work(&directory, 1, round.seed, 0);
        oracle.begin(1, work.threads)?;
        let running = Running::start(work.command(), &program.log)?;
        let mut events = Vec::new();
        for _ in 0..random.u64(..LONGEST) {
            match running.next(PATIENCE) {
                Some(event) => events.push(event),
                None => return finding(format!("the victim is silent after {:?}", events.last())),
            }
        }
        mounted.remount("abort")?;
        let (rest, status) = running.rest(PATIENCE)?;
        events.extend(rest.into_iter().map(doubted));
        events.iter().try_for_each(|event| oracle.take(1, event))?;
        let seen = judge(&events, status, Fails::Writes)?;
        if seen.opened && seen.unknown == 0 && !events.iter().any(|event| matches!(event, Event::Closed(_))) {
            return finding("the file system takes no writes, and nobody was told".to_owned());
        }
        count(&mut tally, &seen);
        mounted.restart()?;
        let after = program.work(&directory, 2, round.seed, 4);
        look_after_loss(&mut oracle, &after, &program.log, &mut tally)?;
        Ok(tally)
    }
}
