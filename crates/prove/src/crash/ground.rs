//! A directory on which victims live one after the other, and the oracle that knows what it must hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::defective;
use crate::oracle::{Checked, Loss, Oracle, KEPT};
use crate::stage::{Tally, Trouble};
use crate::victim::{Dump, Event, Running, Work};
use crate::workshop::Workshop;

/// Records that a thread leaves; as in `c/victim.c`.
const WINDOW: u64 = 16;
/// A victim that says nothing for so long hangs.
pub const LONGEST: Duration = Duration::from_secs(60);
/// The memory budget of the victims: small, so that they flush and compact all the time.
pub const BUDGET: u64 = 16 << 20;

/// A directory with a history.
pub struct Ground {
    place: Option<TempDir>,
    directory: PathBuf,
    oracle: Oracle,
    program: PathBuf,
    log: PathBuf,
    /// The life that begins next.
    next: u32,
    unchecked: u32,
    tables: BTreeSet<u64>,
    defect: Option<&'static str>,
}

impl Ground {
    /// An empty one, for victims that are this program.
    pub fn new(workshop: &Workshop, program: &Path) -> Result<Self, Trouble> {
        let place = workshop.scratch()?;
        let directory = place.path().join("db");
        Ok(Self { place: Some(place), ..Self::at(workshop, program, directory) })
    }

    /// One that the caller has a place for.
    pub fn at(workshop: &Workshop, program: &Path, directory: PathBuf) -> Self {
        Self {
            directory,
            place: None,
            oracle: Oracle::new(WINDOW),
            program: program.to_owned(),
            log: workshop.log("victim"),
            next: 0,
            unchecked: 0,
            tables: BTreeSet::new(),
            defect: None,
        }
    }

    /// The victims have this defect on, if their library has it.
    pub fn with_defect(self, defect: &'static str) -> Self {
        Self { defect: Some(defect), ..self }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What is known of it.
    pub fn oracle(&self) -> &Oracle {
        &self.oracle
    }

    /// How many lives there were.
    pub fn lives(&self) -> u32 {
        self.next
    }

    /// The next life, which begins alone; start it with [`Ground::start`] or under another program.
    pub fn work(&mut self, seed: u64, threads: u32, options: &[(&'static str, u64)]) -> Result<Work, Trouble> {
        self.oracle.begin(self.next, threads)?;
        Ok(self.work_of_next(seed, threads, options))
    }

    /// The next life, while another one has the directory open.
    pub fn work_beside(&mut self, seed: u64, threads: u32, options: &[(&'static str, u64)]) -> Result<Work, Trouble> {
        self.oracle.begin_beside(self.next, threads)?;
        Ok(self.work_of_next(seed, threads, options))
    }

    fn work_of_next(&mut self, seed: u64, threads: u32, options: &[(&'static str, u64)]) -> Work {
        let mut options = options.to_vec();
        options.push(("window", WINDOW));
        let (program, directory, life) = (self.program.clone(), self.directory.clone(), self.next);
        self.next += 1;
        self.unchecked += 1;
        Work { program, directory, life, seed, threads, options }
    }

    /// Starts a life.
    pub fn start(&self, work: &Work) -> Result<Running, Trouble> {
        let mut command = work.command();
        command.envs(self.defect.map(|defect| (defective::SWITCH, defect)));
        self.start_command(command)
    }

    /// Starts a life whose command the caller has made more of.
    pub fn start_command(&self, command: Command) -> Result<Running, Trouble> {
        Running::start(command, &self.log)
    }

    /// The log that victims write to.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Takes what a life told, of which none may be an error, into account.
    pub fn take(&mut self, life: u32, events: &[Event], tally: &mut Tally) -> Result<(), Trouble> {
        for event in events {
            self.oracle.take(life, event)?;
            match event {
                Event::Error { code, words } => {
                    return Err(Trouble::Finding(format!("life {life} failed with {code}: {words}")));
                }
                Event::Unknown { .. } => tally.add("commits with unknown outcome", 1),
                Event::Failed { code, .. } => tally.add(&format!("commits failed with {code}"), 1),
                Event::Closed(0) => tally.add("closed in order", 1),
                Event::Closed(code) => return Err(Trouble::Finding(format!("close failed with {code}"))),
                Event::Open(_) => tally.add("opened", 1),
                Event::Acknowledged { .. } | Event::Read => (),
            }
        }
        Ok(())
    }

    /// Whether a dump is due before the next life.
    pub fn must_check(&self) -> bool {
        self.unchecked + 1 >= KEPT
    }

    /// Dumps the directory and compares it with what was told.
    pub fn check(&mut self, tally: &mut Tally) -> Result<(), Trouble> {
        if self.unchecked == 0 {
            return Ok(());
        }
        self.unchecked = 0;
        self.count_tables(tally)?;
        let dump = Dump::take(&self.program, &self.directory, &[("budget", BUDGET)], &self.log)?;
        let Checked { acknowledged, synced, unknown, .. } = self.oracle.check(&dump, Loss::None)?;
        tally.add("dumps", 1);
        tally.add("acknowledged commits", acknowledged);
        tally.add("of them synced", synced);
        tally.add("found though not acknowledged", unknown);
        Ok(())
    }

    /// Shows that there were flushes, and compactions that took files away.
    fn count_tables(&mut self, tally: &mut Tally) -> Result<(), Trouble> {
        let mut tables = BTreeSet::new();
        let files = fs::read_dir(&self.directory).into_iter().flatten();
        for file in files {
            let name = file?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".sst")?.parse::<u64>().ok());
            tables.extend(number);
        }
        tally.add("table files seen", tables.difference(&self.tables).count() as u64);
        tally.add("table files compacted away", self.tables.difference(&tables).count() as u64);
        self.tables = tables;
        Ok(())
    }

    /// Compares what is left at the end.
    pub fn end(mut self) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        match self.check(&mut tally) {
            Ok(()) => Ok(tally),
            Err(trouble) => Err(self.keep(trouble)),
        }
    }

    /// Keeps the directory for whoever looks into a finding, and says where.
    pub fn keep(mut self, trouble: Trouble) -> Trouble {
        let Trouble::Finding(what) = trouble else {
            return trouble;
        };
        match self.place.take() {
            Some(place) => Trouble::Finding(format!("{what}; kept in {}", place.keep().display())),
            None => Trouble::Finding(what),
        }
    }
}
