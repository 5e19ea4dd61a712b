//! Lives in a row on one disk: victims work, the power is cut, and what is left is compared with what they
//! were told. Then the next ones work with what was left.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use fastrand::Rng;

use crate::oracle::{Loss, Oracle};
use crate::power::medium::Medium;
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::{Dump, Event, Running, Work};
use crate::workshop::Workshop;

/// Lives of a disk at most.
const LIVES: u32 = 20;
/// A victim opens within this, and ends after its kill.
const LONGEST: Duration = Duration::from_secs(60);
/// An opening is cut within so many milliseconds.
const OPENING: u64 = 60;
/// Victims that are open work for so many milliseconds at most,
const WORKING: u64 = 100;
/// and now and then for so many, with dozens of flushes and compactions.
const WORKING_LONG: u64 = 600;
/// A memory budget with which memtables are flushed often.
const BUDGET: u64 = 16 << 20;
/// Threads of a victim at most.
const THREADS: u32 = 6;
/// As the victim's default.
const WINDOW: u64 = 16;
/// commit_unknown_result.
const UNKNOWN: i32 = 1021;

/// Which victims there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victims {
    /// One process.
    One,
    /// Two on the same directory: the second is a guest of the first.
    Two,
}

/// A disk that lives.
struct Run {
    oracle: Oracle,
    life: u32,
    /// Lives that it still has.
    left: u32,
}

/// A victim, and what it told before the cut.
struct Busy {
    life: u32,
    victim: Running,
    told: Vec<Event>,
}

impl Busy {
    fn listen(&mut self) {
        let victim = &self.victim;
        self.told.extend(std::iter::from_fn(|| victim.next(Duration::ZERO)));
    }
}

/// A stage with victims.
pub struct Lives {
    medium: Box<dyn Medium>,
    victims: Victims,
    program: PathBuf,
    /// Preloaded into the victims.
    broken: Option<PathBuf>,
    log: PathBuf,
    kept: PathBuf,
    run: Option<Run>,
}

impl Lives {
    /// On a medium. With `broken` nothing is synced.
    pub fn new(workshop: &Workshop, medium: Box<dyn Medium>, victims: Victims, broken: bool) -> Result<Self, Trouble> {
        let program = workshop.c_program("victim")?;
        let broken = match broken {
            true => Some(no_sync(workshop)?),
            false => None,
        };
        let kept = workshop.build.join("power-kept");
        Ok(Self { medium, victims, program, broken, log: workshop.log("power-victim"), kept, run: None })
    }

    fn begin(&mut self, random: &mut Rng) -> Result<Run, Trouble> {
        if let Some(run) = self.run.take() {
            return Ok(run);
        }
        self.medium.renew(random)?;
        self.medium.mount()?;
        Ok(Run { oracle: Oracle::new(WINDOW), life: 0, left: random.u32(1..=LIVES) })
    }

    fn directory(&self) -> PathBuf {
        self.medium.place().join("database")
    }

    /// One life and what is left of it.
    fn live(&mut self, run: &mut Run, random: &mut Rng) -> Result<Tally, Trouble> {
        let mut running = self.start(run, random)?;
        wait(&mut running, random)?;
        // What was told by then was told before the cut; what is told later may have been told after it.
        let mut tally = self.medium.cut(random, &mut || running.iter_mut().for_each(Busy::listen))?;
        running.iter_mut().try_for_each(|busy| busy.victim.kill())?;
        run.take(&running)?;
        for busy in running {
            let (rest, _) = busy.victim.rest(LONGEST)?;
            rest.into_iter().filter_map(after).try_for_each(|event| run.oracle.take(busy.life, &event))?;
        }
        self.restart()?;
        if random.u8(..4) == 0 {
            tally.merge(&self.cut_recovery(random)?);
            tally.add("cuts of an opening after a cut", 1);
        }
        let dump = Dump::take(&self.program, &self.directory(), &[], &self.log)?;
        let checked = run.oracle.check(&dump, Loss::Tail)?;
        tally.add("acknowledged", checked.acknowledged);
        tally.add("synced", checked.synced);
        tally.add("buffered ones lost", checked.lost);
        tally.add("unknown ones there", checked.unknown);
        Ok(tally)
    }

    fn restart(&mut self) -> Result<(), Trouble> {
        self.medium.unmount()?;
        self.medium.mount()
    }

    /// The power goes again while the database that it left is opened.
    fn cut_recovery(&mut self, random: &mut Rng) -> Result<Tally, Trouble> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command.arg("dump").arg(self.directory()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn()?;
        std::thread::sleep(Duration::from_millis(random.u64(..OPENING)));
        let tally = self.medium.cut(random, &mut || {});
        child.kill()?;
        child.wait()?;
        self.restart()?;
        tally
    }

    fn start(&self, run: &mut Run, random: &mut Rng) -> Result<Vec<Busy>, Trouble> {
        let beside = self.victims == Victims::Two;
        let mut running = Vec::new();
        for _ in 0..if beside { 2 } else { 1 } {
            run.life += 1;
            let threads = random.u32(1..=THREADS);
            let mut options =
                vec![("sync", [1, 10, 50, 100][random.usize(..4)]), ("value", [100, 600, 20_000][random.usize(..3)])];
            if random.bool() {
                options.push(("budget", BUDGET));
            }
            let (program, directory) = (self.program.clone(), self.directory());
            let work = Work { program, directory, life: run.life, seed: random.u64(..), threads, options };
            let mut command = work.command();
            if let Some(library) = &self.broken {
                command.env("LD_PRELOAD", library);
            }
            match beside {
                true => run.oracle.begin_beside(run.life, threads)?,
                false => run.oracle.begin(run.life, threads)?,
            }
            running.push(Busy { life: run.life, victim: Running::start(command, &self.log)?, told: Vec::new() });
        }
        Ok(running)
    }

    /// Keeps the disk, to be looked at.
    fn keep(&self, seed: u64) -> Result<PathBuf, Trouble> {
        std::fs::create_dir_all(&self.kept)?;
        let path = self.kept.join(format!("{seed}.image"));
        self.medium.keep(&path)?;
        Ok(path)
    }
}

impl Trial for Lives {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = Rng::with_seed(round.seed);
        let mut run = self.begin(&mut random)?;
        let result = self.live(&mut run, &mut random);
        run.left -= 1;
        if result.is_ok() && run.left > 0 {
            self.run = Some(run);
            return result;
        }
        // Nothing is known about the disk after a finding.
        let kept = match &result {
            Err(Trouble::Finding(_)) if self.broken.is_none() => format!(", in {}", self.keep(round.seed)?.display()),
            _ => String::new(),
        };
        let unmounted = self.medium.unmount();
        let tell = |trouble| match trouble {
            Trouble::Finding(what) => Trouble::Finding(format!("life {}{kept}: {what}", run.life)),
            other => other,
        };
        // What went wrong first is what is told: it may not even be mounted.
        result.map_err(tell).and_then(|tally| unmounted.map(|()| tally))
    }
}

impl Run {
    /// What was told before the cut. Two processes open and commit at the same time, and their lines don't
    /// tell in which order: but what they opened with is not below what earlier lives saw.
    fn take(&mut self, running: &[Busy]) -> Result<(), Trouble> {
        let all = || running.iter().flat_map(|busy| busy.told.iter().map(|event| (busy.life, event)));
        let mut opened: Vec<_> = all().filter(|(_, event)| matches!(event, Event::Open(_))).collect();
        opened.sort_by_key(|(_, event)| if let Event::Open(version) = event { *version } else { 0 });
        let others = all().filter(|(_, event)| !matches!(event, Event::Open(_)));
        for (life, event) in opened.into_iter().chain(others) {
            if let Event::Error { words, .. } = event {
                return Err(Trouble::Finding(format!("before the cut in life {life}: {words}")));
            }
            self.oracle.take(life, event)?;
        }
        Ok(())
    }
}

/// Lets some time of the victims' lives go by: mostly they are open, sometimes they are about to be.
fn wait(running: &mut [Busy], random: &mut Rng) -> Result<(), Trouble> {
    if random.u8(..5) == 0 {
        std::thread::sleep(Duration::from_millis(random.u64(..OPENING)));
        return Ok(());
    }
    for busy in running {
        while !busy.told.iter().any(|event| matches!(event, Event::Open(_) | Event::Error { .. })) {
            let event = busy.victim.next(LONGEST);
            let event = event.ok_or_else(|| Trouble::Finding(format!("life {} does not open", busy.life)))?;
            busy.told.push(event);
        }
    }
    let longest = if random.u8(..10) == 0 { WORKING_LONG } else { WORKING };
    std::thread::sleep(Duration::from_millis(random.u64(..longest)));
    Ok(())
}

/// What a line after the cut says: nothing that was acknowledged then is owed, and no version is known.
pub fn after(event: Event) -> Option<Event> {
    match event {
        Event::Acknowledged { thread, number, .. } => Some(Event::Unknown { thread, number, code: UNKNOWN }),
        // The disk fails, if it is one that tells.
        Event::Failed { thread, number, .. } => Some(Event::Unknown { thread, number, code: UNKNOWN }),
        Event::Unknown { .. } => Some(event),
        _ => None,
    }
}

/// The library that syncs nothing.
pub fn no_sync(workshop: &Workshop) -> Result<PathBuf, Trouble> {
    let library = workshop.release.join("libplinth.so");
    workshop.c_program_with("no_sync", &library, &["-shared", "-fPIC", "-Wl,--as-needed"])
}
