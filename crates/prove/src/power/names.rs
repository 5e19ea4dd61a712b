//! Databases and keyspaces that come and go while the power is cut: what was acknowledged is there or gone.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fastrand::Rng;

use crate::power::lives::no_sync;
use crate::power::medium::Medium;
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Lives of a disk.
const LIVES: u64 = 10;
/// A life is cut within so many milliseconds.
const LIFE: u64 = 300;
/// Operations of a life at most; more than fit into it.
const OPERATIONS: u64 = 2000;

/// Keyspaces and the numbers in them; 0 if there is none.
type Names = BTreeMap<String, u64>;

/// What was said before an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Open,
    Create(String),
    Put(String, u64),
    Drop(String),
}

/// What a life said: what it did, in order, and how much of it was acknowledged.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    operations: Vec<Operation>,
    done: usize,
    error: Option<String>,
}

impl Said {
    /// Takes the lines apart; the last may be cut off.
    fn parse(text: &str) -> Option<Self> {
        let mut said = Self::default();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["?", "open"] => said.operations.push(Operation::Open),
                ["?", "create", name] => said.operations.push(Operation::Create(name.to_owned())),
                ["?", "put", name, number] => {
                    said.operations.push(Operation::Put(name.to_owned(), number.parse().ok()?));
                }
                ["?", "drop", name] => said.operations.push(Operation::Drop(name.to_owned())),
                ["done"] => said.done = said.operations.len(),
                ["x", ..] => said.error = Some(line.to_owned()),
                _ => return None,
            }
        }
        Some(said)
    }
}

/// What may be on the disk: nothing, or a database with these keyspaces.
fn apply(names: &mut Option<Names>, operation: &Operation) {
    let there = names.get_or_insert_default();
    match operation {
        Operation::Open => {}
        Operation::Create(name) => drop(there.insert(name.clone(), 0)),
        Operation::Put(name, number) => drop(there.insert(name.clone(), *number)),
        Operation::Drop(name) => drop(there.remove(name)),
    }
}

/// A stage with names.
pub struct Comings {
    medium: Box<dyn Medium>,
    program: PathBuf,
    /// Preloaded into what works.
    broken: Option<PathBuf>,
    log: PathBuf,
    said: PathBuf,
    mounted: bool,
    life: u64,
    /// The databases of this disk, and what is in them.
    databases: BTreeMap<u64, Option<Names>>,
}

impl Comings {
    /// On a medium. With `broken` nothing is synced.
    pub fn new(workshop: &Workshop, medium: Box<dyn Medium>, broken: bool) -> Result<Self, Trouble> {
        let program = workshop.c_program("names")?;
        let broken = match broken {
            true => Some(no_sync(workshop)?),
            false => None,
        };
        let (log, said) = (workshop.log("power-names"), workshop.build.join("power-names.said"));
        let databases = BTreeMap::new();
        Ok(Self { medium, program, broken, log, said, mounted: false, life: 0, databases })
    }

    fn directory(&self, database: u64) -> PathBuf {
        self.medium.place().join(format!("database-{database}"))
    }

    fn begin(&mut self, random: &mut Rng) -> Result<(), Trouble> {
        if self.mounted && self.life < LIVES {
            return Ok(());
        }
        if self.mounted {
            self.medium.unmount()?;
        }
        self.mounted = false;
        self.medium.renew(random)?;
        self.medium.mount()?;
        self.mounted = true;
        self.life = 0;
        self.databases.clear();
        Ok(())
    }

    fn start(&self, words: &[&str], directory: &Path, out: Stdio) -> Result<Child, Trouble> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command.arg(words[0]).arg(directory).args(&words[1..]).stdin(Stdio::null()).stdout(out).stderr(log);
        if let Some(library) = self.broken.as_ref().filter(|_| words[0] == "work") {
            command.env("LD_PRELOAD", library);
        }
        Ok(command.spawn()?)
    }

    /// A database, which may be new, works until the power is cut.
    fn live(&mut self, random: &mut Rng) -> Result<Tally, Trouble> {
        self.life += 1;
        let database = if random.bool() { self.life } else { random.u64(1..=self.life) };
        let (seed, operations) = (random.u64(..).to_string(), OPERATIONS.to_string());
        // What it says does not go through the disk that is cut.
        let out = File::create(&self.said)?;
        let mut child = self.start(&["work", &seed, &operations], &self.directory(database), out.into())?;
        std::thread::sleep(Duration::from_millis(random.u64(..LIFE)));
        let mut before = Ok(String::new());
        let cut = self.medium.cut(random, &mut || before = fs::read_to_string(&self.said));
        child.kill()?;
        child.wait()?;
        let after = fs::read_to_string(&self.said)?;
        let mut tally = cut?;
        let strange = || Trouble::Rig(format!("lines that mean nothing in {}", self.said.display()));
        let (before, after) = (Said::parse(&before?).ok_or_else(strange)?, Said::parse(&after).ok_or_else(strange)?);
        if let Some(error) = before.error {
            return Err(Trouble::Finding(format!("before the cut: {error}")));
        }
        self.medium.unmount()?;
        self.mounted = false;
        self.medium.mount()?;
        self.mounted = true;
        tally.add("operations", before.done as u64);
        self.check(database, before.done, &after.operations)?;
        Ok(tally)
    }

    /// Everything that was done is there, and of what came after it the beginning, if any.
    fn check(&mut self, worked: u64, done: usize, operations: &[Operation]) -> Result<(), Trouble> {
        let mut may_be = vec![self.databases.get(&worked).cloned().flatten()];
        for operation in operations {
            let mut next = may_be.last().cloned().flatten();
            apply(&mut next, operation);
            may_be.push(next);
        }
        may_be.drain(..done);
        let found = self.look(worked);
        // An opening that was cut off leaves a directory without a database, or none.
        let found = match (&may_be[0], found) {
            (None, Err(Trouble::Finding(words))) if is_missing(&words) => None,
            (_, found) => Some(found?),
        };
        if !may_be.contains(&found) {
            return Err(Trouble::Finding(format!(
                "database {worked} has {found:?} after {done} operations of {operations:?}, expected one of {may_be:?}"
            )));
        }
        self.databases.insert(worked, found);
        for (database, names) in &self.databases {
            let Some(names) = names.as_ref().filter(|_| *database != worked) else { continue };
            let found = self.look(*database)?;
            if found != *names {
                return Err(Trouble::Finding(format!("database {database} has {found:?}, expected {names:?}")));
            }
        }
        Ok(())
    }

    /// What there is in a database that must exist.
    fn look(&self, database: u64) -> Result<Names, Trouble> {
        let child = self.start(&["look"], &self.directory(database), Stdio::piped())?;
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut names = Names::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["k", name, number] => drop(names.insert(name.to_owned(), number.parse().unwrap_or(u64::MAX))),
                ["end"] => return Ok(names),
                _ => return Err(Trouble::Finding(format!("database {database}: {line}"))),
            }
        }
        Err(Trouble::Finding(format!("database {database}: {} and no end ({})", text, output.status)))
    }
}

/// database_missing: the directory is not there, or it is empty.
fn is_missing(words: &str) -> bool {
    words.contains("x 9006 ")
}

impl Trial for Comings {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = Rng::with_seed(round.seed);
        self.begin(&mut random)?;
        let result = self.live(&mut random);
        if result.is_err() {
            // The next one begins with an empty disk.
            self.life = LIVES;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_was_done() {
        let said = Said::parse("? open\ndone\n? create a\ndone\n? put a 7\ndone\n? drop a\n? cre").unwrap();
        assert_eq!((said.operations.len(), said.done, said.error), (4, 3, None));
        let mut names = None;
        said.operations.iter().take(3).for_each(|operation| apply(&mut names, operation));
        assert_eq!(names, Some(Names::from([("a".to_owned(), 7)])));
        apply(&mut names, &said.operations[3]);
        assert_eq!(names, Some(Names::new()));
        assert_eq!(Said::parse("? nothing\n"), None);
    }
}
