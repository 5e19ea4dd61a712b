//! P5: memory that can't be had.
//!
//! A length that a caller gives is checked before anything is allocated for it, and is an error. Any other
//! allocation that fails may end the process by SIGABRT, as Rust and C++ do, and leaves the database whole.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::io_faults::Ground;
use crate::life::{finding, look};
use crate::oracle::Oracle;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::victim::{Event, Running, Work};
use crate::workshop::Workshop;

const PATIENCE: Duration = Duration::from_secs(60);
const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;
/// The first stage fails each of the first so many allocations.
const FIRST: u64 = 10_000;
/// No relation to the other: so the order visits everything, and a run cut short has seen a bit of all.
const STRIDE: u64 = 6_181;
/// No allocation of this size has a reason while lengths are refused.
const LARGE: u64 = 32 << 20;

/// The stages of P5.
pub fn stages() -> Vec<Stage> {
    let stage = |name, what, rounds, whole, short, begin| Stage {
        name,
        obligation: "P5",
        what,
        rounds,
        whole,
        short,
        must: Must::Hold,
        begin,
    };
    vec![
        stage("allocation-first", "each of the first 10,000 allocations fails", "failures", FIRST, 6, begin_first),
        stage("allocation-later", "any later one fails, or all from it on", "failures", 1_000, 4, begin_later),
        stage(
            "lengths",
            "every length up to the largest, while no large allocation succeeds",
            "runs",
            10,
            1,
            begin_lengths,
        ),
        stage("address-space", "values as large as can be in a limit of addresses", "runs", 40, 1, begin_space),
    ]
}

struct Nth {
    ground: Ground,
    shim: PathBuf,
    /// How many allocations a life makes, if any of them may fail.
    all: Option<u64>,
}

fn begin_first(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Nth { ground: Ground::new(workshop)?, shim: workshop.c_shim("shim_memory")?, all: None }))
}

fn begin_later(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let mut nth = Nth { ground: Ground::new(workshop)?, shim: workshop.c_shim("shim_memory")?, all: None };
    let (place, _) = nth.ground.place(true)?;
    let tell = place.with_extension("tell");
    let mut command = nth.ground.work(&place, 2, 1).command();
    command.env("LD_PRELOAD", &nth.shim).env("FAULT_TELL", &tell);
    Running::start(command, &nth.ground.log)?.rest(PATIENCE)?;
    let text = fs::read_to_string(&tell)?;
    let calls = text.lines().find_map(|line| line.strip_prefix("calls ")?.split(' ').next()?.parse().ok());
    nth.all = Some(calls.ok_or_else(|| Trouble::Rig(format!("the library told {text}")))?);
    Ok(Box::new(nth))
}

impl Trial for Nth {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = fastrand::Rng::with_seed(round.seed);
        let (at, count) = match self.all {
            None => (round.number * STRIDE % FIRST + 1, 1),
            Some(all) => (random.u64(FIRST..=all.max(FIRST)), random.u64(0..2)),
        };
        let old = random.bool();
        let mut tally = Tally::default();
        match self.try_it(at, count, old, round.seed, &mut tally) {
            Ok(()) => Ok(tally),
            Err(Trouble::Finding(what)) => Err(Trouble::Finding(format!(
                "allocation {at}, {count} of them, directory there before: {old}: {what}"
            ))),
            Err(other) => Err(other),
        }
    }
}

impl Nth {
    fn try_it(&self, at: u64, count: u64, old: bool, seed: u64, tally: &mut Tally) -> Result<(), Trouble> {
        let ground = &self.ground;
        let (place, mut oracle) = ground.place(old)?;
        let work = ground.work(&place, 2, seed);
        let mut command = work.command();
        command.env("LD_PRELOAD", &self.shim);
        command.env("FAULT_AT", at.to_string()).env("FAULT_COUNT", count.to_string());
        live(&mut oracle, &work, command, &ground.log, tally)?;
        let mut after = ground.work(&place, 3, seed);
        after.options.push(("commits", 4));
        look(&mut oracle, &after, &ground.log, tally)
    }
}

/// A life that may be aborted; whatever it said before holds.
fn live(oracle: &mut Oracle, work: &Work, command: Command, log: &Path, tally: &mut Tally) -> Result<(), Trouble> {
    oracle.begin(work.life, work.threads)?;
    let (events, status) = Running::start(command, log)?.rest(PATIENCE)?;
    let mut troubled = false;
    for event in &events {
        oracle.take(work.life, event)?;
        troubled |= matches!(event, Event::Unknown { .. } | Event::Failed { .. } | Event::Error { .. });
        if let Event::Error { code: 0, words } = event {
            return finding(words.clone());
        }
    }
    let closed = events.iter().any(|event| matches!(event, Event::Closed(0)));
    match status.signal() {
        Some(SIGABRT) => tally.add("aborted", 1),
        // Code below us that does not look whether it got memory: not as it should be, and told; the database
        // has to be whole all the same.
        Some(SIGSEGV) => tally.add("ended by SIGSEGV", 1),
        Some(signal) => return finding(format!("ended by signal {signal} after {:?}", events.last())),
        None if troubled => tally.add("told as errors", 1),
        None if closed => tally.add("not noticed", 1),
        // The loader or the program itself had no memory.
        None => tally.add("did not begin", 1),
    }
    Ok(())
}

struct Lengths {
    program: PathBuf,
    shim: PathBuf,
    scratch: tempfile::TempDir,
}

fn lengths(workshop: &Workshop) -> Result<Lengths, Trouble> {
    let (program, shim) = (workshop.c_program("lengths")?, workshop.c_shim("shim_memory")?);
    Ok(Lengths { program, shim, scratch: workshop.scratch()? })
}

impl Lengths {
    /// An empty place for a database.
    fn place(&self) -> Result<PathBuf, Trouble> {
        let place = self.scratch.path().join("here");
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        Ok(place)
    }

    /// Runs the program; what it said, and the signal that ended it.
    fn run(&self, words: &[&str], place: &Path, env: &[(&str, String)]) -> Result<(String, Option<i32>), Trouble> {
        let mut command = Command::new("timeout");
        command.args(["-k", "1", "120"]).arg(&self.program).arg(words[0]).arg(place).args(&words[1..]);
        command.envs(env.iter().map(|(name, value)| (*name, value.as_str())));
        let output = command.stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if let Some(bad) = text.lines().find(|line| line.starts_with("bad ")) {
            return finding(bad.to_owned());
        }
        match (output.status.code(), output.status.signal()) {
            (Some(124), _) => finding(format!("it hangs after {:?}", text.lines().last())),
            (Some(code), _) if code > 128 => Ok((text, Some(code - 128))),
            (_, signal) => Ok((text, signal)),
        }
    }
}

fn begin_lengths(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Refused(lengths(workshop)?)))
}

struct Refused(Lengths);

impl Trial for Refused {
    fn round(&mut self, _: Round) -> Result<Tally, Trouble> {
        let place = self.0.place()?;
        let tell = place.with_extension("tell");
        let env = [
            ("LD_PRELOAD", self.0.shim.display().to_string()),
            ("FAULT_AT", "1".to_owned()),
            ("FAULT_LEAST", LARGE.to_string()),
            ("FAULT_TELL", tell.display().to_string()),
        ];
        let (text, signal) = self.0.run(&["refuse"], &place, &env)?;
        let numbers = text.lines().last().and_then(|line| line.strip_prefix("done "));
        let mut numbers = numbers.into_iter().flat_map(|line| line.split(' ').filter_map(|word| word.parse().ok()));
        let (Some(calls), Some(errors), None) = (numbers.next(), numbers.next(), signal) else {
            let tried = fs::read_to_string(&tell).unwrap_or_default();
            return finding(format!("ended by signal {signal:?}; large allocations: {}", tried.replace('\n', "; ")));
        };
        let mut tally = Tally::default();
        tally.add("calls", calls);
        tally.add("of these errors", errors);
        Ok(tally)
    }
}

fn begin_space(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Space(lengths(workshop)?)))
}

struct Space(Lengths);

impl Trial for Space {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = fastrand::Rng::with_seed(round.seed);
        let place = self.0.place()?;
        let addresses = random.u64(700..2_500) << 20;
        let (text, signal) = self.0.run(&["fill", &addresses.to_string()], &place, &[])?;
        let acknowledged =
            text.lines().filter_map(|line| line.strip_prefix("acknowledged ")?.parse::<u64>().ok()).max();
        let mut tally = Tally::default();
        match signal {
            None => tally.add("told as errors", 1),
            Some(SIGABRT) => tally.add("aborted", 1),
            // Code below us that does not look whether it got memory: not as it should be, and told; the database
            // has to be whole all the same.
            Some(SIGSEGV) => tally.add("ended by SIGSEGV", 1),
            Some(signal) => return finding(format!("{addresses} bytes of addresses: ended by signal {signal}")),
        }
        let acknowledged = acknowledged.unwrap_or(0);
        tally.add("acknowledged commits, all there", acknowledged);
        let (text, signal) = self.0.run(&["check", &acknowledged.to_string()], &place, &[])?;
        match text.lines().last().is_some_and(|line| line.starts_with("done ")) {
            true => Ok(tally),
            false => finding(format!("{addresses} bytes of addresses: afterwards signal {signal:?}: {text}")),
        }
    }
}
