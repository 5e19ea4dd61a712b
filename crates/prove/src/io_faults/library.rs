//! Failures by the library in front of libc: by the number of the call in the whole process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::life::{count, live, look, Fails};
use crate::oracle::Oracle;
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::{Event, Running, Work};
use crate::workshop::Workshop;

const EIO: u32 = 5;
const ENOSPC: u32 = 28;
const EROFS: u32 = 30;

/// Calls of one kind, from the first, that are failed at most.
const MOST: u64 = 200;

/// One way in which one call fails.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its name in `c/shim_io.c`.
    pub kind: String,
    /// The number of the call.
    pub at: u64,
    /// How many fail; 0 is for ever.
    pub count: u64,
    /// The error; 0 is a lie.
    pub errno: u32,
    /// Whether half a write is done.
    pub torn: bool,
}

impl Fault {
    /// Puts the library in front, with this failure.
    pub fn apply(&self, command: &mut Command, shim: &Path, below: &Path) {
        command.env("LD_PRELOAD", shim).env("FAULT_BELOW", below);
        command.env("FAULT_KIND", &self.kind).env("FAULT_AT", self.at.to_string());
        command.env("FAULT_COUNT", self.count.to_string()).env("FAULT_ERRNO", self.errno.to_string());
        command.env("FAULT_TORN", u8::from(self.torn).to_string());
    }

    /// What may fail with it.
    pub fn fails(&self) -> Fails {
        match self.kind.as_str() {
            "read" | "pread" | "open" => Fails::Reads,
            _ => Fails::Writes,
        }
    }
}

/// The programs, and a directory that was left by a victim that was killed.
pub struct Ground {
    /// The victim.
    pub victim: PathBuf,
    /// The library.
    pub shim: PathBuf,
    /// The log.
    pub log: PathBuf,
    old: PathBuf,
    oracle: Oracle,
    scratch: tempfile::TempDir,
}

impl Ground {
    /// Compiles, and prepares the directory.
    pub fn new(workshop: &Workshop) -> Result<Self, Trouble> {
        let (victim, shim) = (workshop.c_program("victim")?, workshop.c_shim("shim_io")?);
        let scratch = workshop.quick_scratch()?;
        let old = scratch.path().join("old");
        let mut ground = Self { victim, shim, log: workshop.log("io-faults"), old, oracle: Oracle::new(16), scratch };
        let mut work = ground.work(&ground.old, 1, 1);
        work.options.push(("commits", 0));
        ground.oracle.begin(1, 1)?;
        let mut running = Running::start(work.command(), &ground.log)?;
        let mut left = 30;
        while left > 0 {
            let event = running.next(std::time::Duration::from_secs(30));
            let event = event.ok_or_else(|| Trouble::Rig("the victim that prepares is silent".to_owned()))?;
            left -= u32::from(matches!(event, Event::Acknowledged { .. }));
            ground.oracle.take(1, &event)?;
        }
        running.kill()?;
        let (events, _) = running.rest(std::time::Duration::from_secs(30))?;
        events.iter().try_for_each(|event| ground.oracle.take(1, event))?;
        Ok(ground)
    }

    /// A victim that flushes more than once, and goes on for a few failures.
    pub fn work(&self, directory: &Path, life: u32, seed: u64) -> Work {
        let options = vec![
            ("budget", 16 << 20),
            ("value", 100_000),
            ("commits", 40),
            ("failures", 4),
            ("reads", 1),
            ("pause", 0),
        ];
        Work { program: self.victim.clone(), directory: directory.to_owned(), life, seed, threads: 1, options }
    }

    /// An empty place for a directory, or a copy of the one that was left, with what is known of it.
    pub fn place(&self, old: bool) -> Result<(PathBuf, Oracle), Trouble> {
        let place = self.scratch.path().join("here");
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        if !old {
            return Ok((place, Oracle::new(16)));
        }
        fs::create_dir(&place)?;
        for entry in fs::read_dir(&self.old)? {
            let entry = entry?;
            // A killed host leaves its socket too.
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), place.join(entry.file_name()))?;
            }
        }
        Ok((place, self.oracle.clone()))
    }

    /// How many calls of each kind a life makes.
    pub fn calls(&self, old: bool) -> Result<BTreeMap<String, u64>, Trouble> {
        let (place, mut oracle) = self.place(old)?;
        let tell = self.scratch.path().join("tell");
        let _ = fs::remove_file(&tell);
        let work = self.work(&place, 2, 1);
        let mut command = work.command();
        command.env("LD_PRELOAD", &self.shim).env("FAULT_BELOW", &place).env("FAULT_TELL", &tell);
        live(&mut oracle, &work, command, Fails::Nothing, &self.log)?;
        let text = fs::read_to_string(&tell)?;
        let calls = text.lines().filter_map(|line| {
            let mut words = line.strip_prefix("calls ")?.split(' ');
            Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
        });
        Ok(calls.collect())
    }
}

struct Library {
    ground: Ground,
    /// Whether the directory is there before, and the failure.
    cases: Vec<(bool, Fault)>,
}

/// Gets ready.
pub fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let ground = Ground::new(workshop)?;
    let mut cases = Vec::new();
    for old in [false, true] {
        for (kind, calls) in ground.calls(old)? {
            (1..=calls.min(MOST)).for_each(|at| cases.extend(ways(&kind, at).map(|fault| (old, fault))));
        }
    }
    Ok(Box::new(Library { ground, cases }))
}

/// The ways in which one call can fail.
fn ways(kind: &str, at: u64) -> impl Iterator<Item = Fault> + use<'_> {
    let is_read = matches!(kind, "read" | "pread");
    let ways = [
        (EIO, 1, false),
        (EIO, 0, false),
        (ENOSPC, 1, false),
        (ENOSPC, 0, false),
        (EROFS, 1, false),
        (EROFS, 0, false),
        (EIO, 1, true),
        (ENOSPC, 0, true),
    ];
    let is_one = move |(errno, _, torn): &(u32, u64, bool)| match is_read {
        true => *errno == EIO && !torn,
        false => !torn || kind.contains("write"),
    };
    ways.into_iter().filter(is_one).map(move |(errno, count, torn)| Fault {
        kind: kind.to_owned(),
        at,
        count,
        errno,
        torn,
    })
}

impl Library {
    /// Every case once, those near each other far apart: a run that is cut short has seen a bit of everything.
    fn case(&self, number: u64) -> &(bool, Fault) {
        let length = self.cases.len() as u64;
        let mut stride = (length * 618 / 1000) | 1;
        while common(stride, length) > 1 {
            stride += 2;
        }
        &self.cases[(number % length * stride % length) as usize]
    }
}

fn common(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        common(b, a % b)
    }
}

impl Trial for Library {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let (old, fault) = self.case(round.number).clone();
        let mut tally = Tally::default();
        tally.largest("cases", self.cases.len() as u64);
        let tried = self.try_it(old, &fault, round.seed, &mut tally);
        tried.map(|()| tally).map_err(|trouble| match trouble {
            Trouble::Finding(what) => Trouble::Finding(format!("{fault:?}, directory there before: {old}: {what}")),
            other => other,
        })
    }
}

impl Library {
    fn try_it(&self, old: bool, fault: &Fault, seed: u64, tally: &mut Tally) -> Result<(), Trouble> {
        let ground = &self.ground;
        let (place, mut oracle) = ground.place(old)?;
        let work = ground.work(&place, 2, seed);
        let mut command = work.command();
        fault.apply(&mut command, &ground.shim, &place);
        let (seen, _) = live(&mut oracle, &work, command, fault.fails(), &ground.log)?;
        count(tally, &seen);
        let mut after = ground.work(&place, 3, seed);
        after.options.push(("commits", 4));
        look(&mut oracle, &after, &ground.log, tally)
    }
}
