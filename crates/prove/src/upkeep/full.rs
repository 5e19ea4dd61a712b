//! No room for a copy, or for a database that is looked after.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use fastrand::Rng;
use rustix::fs::{fallocate, statvfs, FallocateFlags};

use super::helper::Kind;
use super::operation::Operation;
use super::yard::{calls, Yard};
use super::Tools;
use crate::crash::{first_commit, LONGEST};
use crate::life::is_clear;
use crate::mounts::Mounted;
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::Event;
use crate::workshop::Workshop;

/// Calls of one database.
const CALLS: u32 = 2;
/// Room that nothing needs more of.
const ROOM: &str = "size=192m";
/// At most so much is left.
const LEFT: u64 = 1 << 20;
/// What may be told of a file system without room.
const OF_FILES: [i32; 2] = [1510, 1514];
/// And of a database whose log it is: a commit that nobody knows of, and those that are refused after it.
const OF_LOGS: [i32; 2] = [1021, 9004];

/// What is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Full {
    /// Every call on the copy's files that needs room fails, from some call on.
    Calls,
    /// A small file system that only the copies are on.
    Copies,
    /// A small file system that the database is on, and nothing else.
    Database,
}

struct Filling {
    workshop: Workshop,
    tools: Tools,
    mounted: Mounted,
    /// Instead of failing some writes are told as done.
    lies: bool,
}

/// With these programs. With `lies` what there was no room for is told as written.
pub fn begin(workshop: &Workshop, tools: Tools, lies: bool) -> Result<Box<dyn Trial>, Trouble> {
    let mounted = Mounted::tmpfs(workshop, ROOM)?;
    Ok(Box::new(Filling { workshop: workshop.clone(), tools, mounted, lies }))
}

impl Trial for Filling {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let random = &mut Rng::with_seed(round.seed);
        let number = if self.lies { 0 } else { round.number % 3 };
        let full = [Full::Calls, Full::Copies, Full::Database][number as usize];
        let mut tally = Tally::default();
        let small = self.mounted.place().join(format!("round-{}", round.number));
        fs::create_dir(&small)?;
        let (database, out) = match full {
            Full::Calls => (None, None),
            Full::Copies => (None, Some(small.join("out"))),
            Full::Database => (Some(small.join("db")), None),
        };
        let mut yard = Yard::new(&self.workshop, &self.tools, database, out, random)?;
        let filled = (0..CALLS).try_for_each(|_| self.fill(&mut yard, full, random, &mut tally));
        let result = filled.and_then(|()| yard.check(&mut tally));
        let result = result.map_err(|trouble| yard.keep(trouble));
        let _ = fs::remove_dir_all(small);
        result.map(|()| tally)
    }
}

impl Filling {
    /// A call that has no room, and its repetition when there is some.
    fn fill(&self, yard: &mut Yard, full: Full, random: &mut Rng, tally: &mut Tally) -> Result<(), Trouble> {
        let operation = draw(yard, full, random)?;
        let (most, kind) = if self.lies { (6, Kind::Lie) } else { (most(&operation), Kind::Full) };
        let fault = (full == Full::Calls).then(|| yard.fault(random.u64(1..=most), kind));
        let work = yard.work(random, 0)?;
        // Others write meanwhile, but not where their own log finds no room: that is another stage's.
        let mut writer = None;
        let mut helper = yard.start(&operation, fault.as_ref())?;
        if operation.waits() {
            helper.wait_for("open")?;
        }
        if full != Full::Database {
            let victim = yard.ground.start(&work)?;
            writer = Some((first_commit(&victim)?, victim));
        }
        let ballast = match full {
            Full::Calls => None,
            Full::Copies | Full::Database => Some(fill(self.mounted.place(), random)?),
        };
        helper.go();
        let outcome = helper.rest()?;
        if let Some(ballast) = ballast {
            fs::remove_file(ballast)?;
        }
        tally.add(&format!("{} without room", operation.name()), u64::from(outcome.error.is_some()));
        tally.add("calls that had room enough", u64::from(outcome.done.is_some()));
        if let Some((code, words)) = &outcome.error {
            let may = OF_FILES.contains(code) || (full == Full::Database && OF_LOGS.contains(code));
            if !may || !is_clear(words) {
                return Err(Trouble::Finding(format!("{operation:?} on a full disk fails with {code}: {words}")));
            }
            nothing_is_left(yard, &operation, full)?;
        }
        if let Some(code) = outcome.wrote.filter(|code| *code != 0 && full != Full::Database) {
            return Err(Trouble::Finding(format!("after {operation:?} the database takes no commit: {code}")));
        }
        if let Some((mut events, victim)) = writer {
            events.extend(first_commit(&victim)?);
            victim.ask_to_end()?;
            events.extend(victim.rest(LONGEST)?.0);
            // Commits that were under way while the host closed are told as unknown.
            if let Some(bad) = events.iter().find(|event| matches!(event, Event::Failed { code: 9004, .. })) {
                return Err(Trouble::Finding(format!("beside {operation:?}: {bad:?}")));
            }
            yard.take(work.life, &events, tally)?;
        }
        match outcome.done {
            Some(_) => yard.note(&operation, &outcome),
            None => drop(yard.made(&operation, tally)?),
        }
        calls(&yard.fault(0, Kind::Full).tell, "room");
        Ok(())
    }
}

/// A call that writes to what is full.
fn draw(yard: &mut Yard, full: Full, random: &mut Rng) -> Result<Operation, Trouble> {
    loop {
        let operation = yard.draw(random)?;
        let fits = match operation {
            Operation::Compact => full == Full::Database,
            Operation::Checkpoint(_) | Operation::Backup => true,
            // The target is a database of its own, beside the copies.
            Operation::Restore(..) | Operation::Dump(_) => full != Full::Database,
            // Its log is full, which is as for any database: it goes on when it is opened again.
            Operation::Load(..) => full == Full::Copies,
            Operation::Delete(_) | Operation::Keep => false,
        };
        if fits {
            return Ok(operation);
        }
    }
}

/// Calls that take room, about.
fn most(operation: &Operation) -> u64 {
    match operation {
        Operation::Dump(_) => 6,
        _ => 70,
    }
}

/// Leaves a little, or nothing. Returns what has to go again.
fn fill(place: &Path, random: &mut Rng) -> Result<PathBuf, Trouble> {
    let path = place.join("ballast");
    let room = statvfs(place).map_err(std::io::Error::from)?;
    let left = if random.u8(..4) == 0 { 0 } else { random.u64(..LEFT) };
    let bytes = (room.f_bavail * room.f_frsize).saturating_sub(left);
    // Where there is less than that, it is full too.
    let _ = fallocate(File::create(&path)?, FallocateFlags::empty(), 0, bytes.max(1));
    Ok(path)
}

/// A copy that found no room is not there, and takes none.
fn nothing_is_left(yard: &Yard, operation: &Operation, full: Full) -> Result<(), Trouble> {
    let made = match operation {
        Operation::Dump(path) => Some(path.as_path()),
        other => other.makes(),
    };
    let mut left: Vec<PathBuf> = made.map(Path::to_owned).into_iter().collect();
    left.extend(made.map(|path| PathBuf::from(format!("{}.partial", path.display()))));
    left.push(yard.ground.directory().join("UPKEEP"));
    if *operation == Operation::Backup && full != Full::Database {
        left.extend(yard.unnamed()?);
    }
    for (number, _) in yard.list()? {
        yard.ask(&["check-backup".into(), yard.backups().into(), number.to_string().into()])?;
    }
    match left.into_iter().find(|path| path.exists()) {
        Some(path) => Err(Trouble::Finding(format!("{operation:?} found no room, and left {}", path.display()))),
        None => Ok(()),
    }
}
