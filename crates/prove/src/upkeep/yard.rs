//! A database, its copies, and what they must hold.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::helper::{Fault, Helper, Kind, Outcome};
use super::operation::Operation;
use super::Tools;
use crate::crash::{Ground, LONGEST};
use crate::oracle::{Loss, Oracle};
use crate::stage::{Tally, Trouble};
use crate::victim::{Dump, Event};
use crate::workshop::Workshop;

/// Another call is at work, in the database or in the directory of backups; or the host ended.
const BUSY: [i32; 3] = [9023, 9017, 9031];
/// What a repetition of a call that had come to its end finds: it is there, or it is gone.
const THERE: i32 = 9024;
const GONE: i32 = 9026;
/// What is cut short lets go within this.
const LETS_GO: Duration = Duration::from_secs(30);

/// A copy that was made, and the version that it was told to have.
#[derive(Clone, Debug)]
pub enum Copy {
    /// A database.
    Database(PathBuf, Option<i64>),
    /// A dump.
    Dump(PathBuf, Option<i64>),
}

/// See the file's top.
pub struct Yard {
    /// The database.
    pub ground: Ground,
    /// Where copies are made.
    pub out: PathBuf,
    /// What makes them.
    pub tools: Tools,
    /// Those that are there.
    pub copies: Vec<Copy>,
    place: Option<tempfile::TempDir>,
    log: PathBuf,
    next: u32,
}

impl Yard {
    /// A database with some commits, a backup and a dump; copies are made in `out`, or beside it.
    pub fn new(
        workshop: &Workshop,
        tools: &Tools,
        database: Option<PathBuf>,
        out: Option<PathBuf>,
        random: &mut Rng,
    ) -> Result<Self, Trouble> {
        let place = workshop.scratch()?;
        let out = out.unwrap_or_else(|| place.path().join("out"));
        fs::create_dir_all(&out)?;
        let database = database.unwrap_or_else(|| place.path().join("db"));
        let ground = Ground::at(workshop, &tools.victim, database);
        let (tools, log) = (tools.clone(), workshop.log("upkeep"));
        let mut yard = Self { ground, out, tools, copies: Vec::new(), place: Some(place), log, next: 0 };
        let work = yard.work(random, 200)?;
        let (events, _) = yard.ground.start(&work)?.rest(LONGEST)?;
        yard.ground.take(work.life, &events, &mut Tally::default())?;
        yard.ground.check(&mut Tally::default())?;
        let dump = yard.name("dump");
        for operation in [Operation::Backup, Operation::Dump(dump)] {
            yard.made(&operation, &mut Tally::default())?;
        }
        Ok(yard)
    }

    /// The next life of a victim: so many commits, or for ever.
    pub fn work(&mut self, random: &mut Rng, commits: u64) -> Result<crate::victim::Work, Trouble> {
        let value = [100, 600, 2_000][random.usize(..3)];
        let options = [("budget", 16 << 20), ("value", value), ("sync", 20), ("commits", commits)];
        self.ground.work_beside(random.u64(..), random.u32(1..=4), &options)
    }

    /// The directory of backups.
    pub fn backups(&self) -> PathBuf {
        self.out.join("backups")
    }

    /// The words of a call.
    pub fn words(&self, operation: &Operation) -> Vec<OsString> {
        operation.words(self.ground.directory(), &self.backups())
    }

    /// Starts a process that does it.
    pub fn start(&self, operation: &Operation, fault: Option<&Fault>) -> Result<Helper, Trouble> {
        Helper::start(&self.tools, &self.words(operation), fault, &self.log)
    }

    /// A fault on the files of copies.
    pub fn fault(&self, at: u64, kind: Kind) -> Fault {
        Fault { below: self.out.clone(), at, kind, tell: self.log.with_file_name("upkeep.calls") }
    }

    /// A name that nothing has.
    pub fn name(&mut self, what: &str) -> PathBuf {
        self.next += 1;
        self.out.join(format!("{what}-{}", self.next))
    }

    /// A call that can be made now.
    pub fn draw(&mut self, random: &mut Rng) -> Result<Operation, Trouble> {
        let numbers: Vec<u64> = self.list()?.into_iter().map(|(number, _)| number).collect();
        let dump = self.copies.iter().find_map(|copy| match copy {
            Copy::Dump(path, Some(_)) => Some(path.clone()),
            _ => None,
        });
        Ok(match (random.u8(..10), random.choice(&numbers), dump) {
            (0..2, ..) => Operation::Checkpoint(self.name("checkpoint")),
            (2..4, Some(number), _) => Operation::Restore(*number, self.name("restored")),
            (4, Some(number), _) if numbers.len() > 1 => Operation::Delete(*number),
            (5, ..) if numbers.len() > 2 => Operation::Keep,
            (6, ..) => Operation::Compact,
            (7, ..) => Operation::Dump(self.name("dump")),
            (8, _, Some(dump)) => Operation::Load(dump, self.name("loaded")),
            _ => Operation::Backup,
        })
    }

    /// Makes a call to its end, which succeeds as soon as nothing that was cut short is in its way.
    pub fn made(&mut self, operation: &Operation, tally: &mut Tally) -> Result<Outcome, Trouble> {
        let begun = Instant::now();
        loop {
            let mut helper = self.start(operation, Some(&self.fault(0, Kind::Full)))?;
            helper.go();
            helper.wait_for("begun")?;
            let outcome = helper.rest()?;
            match &outcome.error {
                Some((code, _)) if BUSY.contains(code) && begun.elapsed() < LETS_GO => {
                    tally.add("calls that were told to wait", 1);
                    std::thread::sleep(Duration::from_millis(5));
                }
                Some((THERE, _)) if operation.makes().is_some_and(Path::exists) => {
                    self.tidy(operation)?;
                    return Ok(outcome);
                }
                Some((GONE, _)) if matches!(operation, Operation::Delete(_)) => return Ok(outcome),
                Some((code, words)) => {
                    return Err(Trouble::Finding(format!("{operation:?} fails with {code}: {words}")));
                }
                None => {
                    self.note(operation, &outcome);
                    self.tidy(operation)?;
                    return Ok(outcome);
                }
            }
        }
    }

    /// Remembers what was made.
    pub fn note(&mut self, operation: &Operation, outcome: &Outcome) {
        let told = outcome.done.map(|(version, _)| version);
        match operation {
            Operation::Checkpoint(path) | Operation::Restore(_, path) => {
                self.copies.push(Copy::Database(path.clone(), told));
            }
            Operation::Dump(path) => self.copies.push(Copy::Dump(path.clone(), told)),
            Operation::Load(dump, path) => {
                let of = self.copies.iter().find_map(|copy| match copy {
                    Copy::Dump(path, version) if path == dump => *version,
                    _ => None,
                });
                self.copies.push(Copy::Database(path.clone(), of));
            }
            _ => {}
        }
    }

    /// After a call that was cut short: what it made is whole or not there, and each backup that is listed is whole.
    pub fn look(&mut self, operation: &Operation, tally: &mut Tally) -> Result<(), Trouble> {
        match operation {
            Operation::Checkpoint(path) | Operation::Restore(_, path) if path.exists() => {
                self.copies.push(Copy::Database(path.clone(), None));
                tally.add("copies that were there after the kill", 1);
            }
            Operation::Dump(path) if path.exists() => {
                self.copies.push(Copy::Dump(path.clone(), None));
                tally.add("copies that were there after the kill", 1);
            }
            _ => {}
        }
        for (number, _) in self.list()? {
            self.ask(&["check-backup".into(), self.backups().into(), number.to_string().into()])?;
            tally.add("backups verified", 1);
        }
        Ok(())
    }

    /// Nothing that was cut short lies about any more.
    fn tidy(&self, operation: &Operation) -> Result<(), Trouble> {
        let made = match operation {
            Operation::Dump(path) => Some(path.as_path()),
            other => other.makes(),
        };
        let mut left: Vec<PathBuf> =
            made.map(|path| PathBuf::from(format!("{}.partial", path.display()))).into_iter().collect();
        if matches!(operation, Operation::Backup | Operation::Delete(_) | Operation::Keep) {
            left.extend(self.unnamed()?);
        }
        match left.into_iter().find(|path| path.exists()) {
            Some(path) => Err(Trouble::Finding(format!("{operation:?} was made, and left {}", path.display()))),
            None => Ok(()),
        }
    }

    /// Files of the backups that none has.
    pub fn unnamed(&self) -> Result<Vec<PathBuf>, Trouble> {
        let (mut named, mut found) = (BTreeSet::new(), Vec::new());
        for entry in fs::read_dir(self.backups())? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".partial") {
                found.push(entry.path());
            } else if name.starts_with("generation-") {
                let text = fs::read_to_string(entry.path())?;
                let stored =
                    text.lines().filter(|line| line.starts_with("file ")).filter_map(|line| line.split(' ').nth(3));
                named.extend(stored.map(str::to_owned));
            }
        }
        for entry in fs::read_dir(self.backups().join("files"))? {
            let entry = entry?;
            if !named.contains(&*entry.file_name().to_string_lossy()) {
                found.push(entry.path());
            }
        }
        Ok(found)
    }

    /// The backups, with their versions. None before the first one began.
    pub fn list(&self) -> Result<Vec<(u64, i64)>, Trouble> {
        if !self.backups().join("PLINTH-BACKUPS").exists() {
            return Ok(Vec::new());
        }
        let outcome = self.ask(&["list".into(), self.backups().into()])?;
        let mut found = Vec::new();
        for line in outcome.said.iter().filter_map(|line| line.strip_prefix("backup ")) {
            match line.split_once(' ').and_then(|(number, version)| number.parse().ok().zip(version.parse().ok())) {
                Some((_, 0)) => return Err(Trouble::Finding(format!("a damaged backup is listed: {line}"))),
                Some(one) => found.push(one),
                None => return Err(Trouble::Rig(format!("a line that means nothing: {line}"))),
            }
        }
        Ok(found)
    }

    /// Has the program do what must succeed, as soon as nothing that was cut short is in its way.
    pub fn ask(&self, words: &[OsString]) -> Result<Outcome, Trouble> {
        let (begun, mut outcome) = (Instant::now(), self.try_to(words)?);
        // The host of one that was killed works on.
        while outcome.error.as_ref().is_some_and(|(code, _)| BUSY.contains(code)) && begun.elapsed() < LETS_GO {
            std::thread::sleep(Duration::from_millis(5));
            outcome = self.try_to(words)?;
        }
        match &outcome.error {
            Some((code, said)) => Err(Trouble::Finding(format!("{words:?} fails with {code}: {said}"))),
            None => Ok(outcome),
        }
    }

    /// Has the program do something.
    pub fn try_to(&self, words: &[OsString]) -> Result<Outcome, Trouble> {
        Helper::start(&self.tools, words, None, &self.log)?.rest()
    }

    /// A life has told this.
    pub fn take(&mut self, life: u32, events: &[Event], tally: &mut Tally) -> Result<(), Trouble> {
        self.ground.take(life, events, tally)
    }

    /// Everything that is there is as it was told: the database, and each copy at its version.
    pub fn check(&mut self, tally: &mut Tally) -> Result<(), Trouble> {
        self.ground.check(tally)?;
        let oracle = self.ground.oracle().clone();
        self.check_copies(&oracle, tally)
    }

    /// The copies alone.
    pub fn check_copies(&mut self, oracle: &Oracle, tally: &mut Tally) -> Result<(), Trouble> {
        for (number, version) in self.list()? {
            let path = self.name("checked");
            self.ask(&["check-backup".into(), self.backups().into(), number.to_string().into()])?;
            self.ask(&["restore".into(), self.backups().into(), number.to_string().into(), path.clone().into()])?;
            let opened = self
                .holds(&path, Some(version), oracle)
                .map_err(|trouble| told(trouble, &format!("backup {number}")))?;
            if opened <= oracle.highest() {
                return Err(Trouble::Finding(format!(
                    "backup {number} opens at {opened}, {} was given out",
                    oracle.highest()
                )));
            }
            fs::remove_dir_all(&path)?;
            tally.add("backups restored and compared", 1);
        }
        for copy in std::mem::take(&mut self.copies) {
            match copy {
                Copy::Database(path, version) => {
                    self.holds(&path, version, oracle).map_err(|trouble| told(trouble, &path.display().to_string()))?;
                    tally.add("copies compared", 1);
                }
                Copy::Dump(dump, version) => {
                    self.ask(&["check".into(), dump.clone().into()])?;
                    let path = self.name("unpacked");
                    self.ask(&["load".into(), path.clone().into(), dump.clone().into()])?;
                    self.holds(&path, version, oracle).map_err(|trouble| told(trouble, &dump.display().to_string()))?;
                    fs::remove_dir_all(&path)?;
                    tally.add("dumps loaded and compared", 1);
                }
            }
        }
        Ok(())
    }

    /// A database holds exactly what there was at a version; without one, at that of its newest commit. Returns the
    /// version at which it opens.
    pub fn holds(&self, path: &Path, version: Option<i64>, oracle: &Oracle) -> Result<i64, Trouble> {
        let dump = Dump::take(&self.tools.victim, path, &[], &self.log)?;
        let newest = dump.stamps.values().map(|stamp| stamp.0).max().unwrap_or(0);
        let version = version.unwrap_or(newest);
        if newest > version {
            return Err(Trouble::Finding(format!("it is of version {version}, and has a commit of {newest}")));
        }
        oracle.at(version).check(&dump, Loss::None)?;
        Ok(dump.version)
    }

    /// Keeps everything for whoever looks into a finding.
    pub fn keep(mut self, trouble: Trouble) -> Trouble {
        match (trouble, self.place.take()) {
            (Trouble::Finding(what), Some(place)) => {
                Trouble::Finding(format!("{what}; kept in {}", place.keep().display()))
            }
            (other, _) => other,
        }
    }
}

fn told(trouble: Trouble, what: &str) -> Trouble {
    match trouble {
        Trouble::Finding(finding) => Trouble::Finding(format!("{what}: {finding}")),
        other => other,
    }
}

/// How many calls of a kind the process that ended last made.
pub fn calls(tell: &Path, kind: &str) -> u64 {
    let text = fs::read_to_string(tell).unwrap_or_default();
    let _ = fs::remove_file(tell);
    let begin = format!("calls {kind} ");
    text.lines().filter_map(|line| line.strip_prefix(&begin)?.parse::<u64>().ok()).max().unwrap_or(0)
}
