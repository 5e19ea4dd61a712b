//! P20: a million random operations on one directory, compared byte for byte with a simple model, while
//! memtables are flushed, files compacted and processes killed.
//!
//! Two processes have the directory open, one as the host of the other, and do transactions in turn; now
//! and then one is killed with a transaction in flight. Every transaction sets a key to its number, so
//! the next one tells whether it happened.

mod executor;
mod model;

use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use fastrand::Rng;
use tempfile::TempDir;

use self::executor::{Executor, Fate};
use self::model::{Answer, Bytes, Model, Operation, KEYSPACES};
use crate::defective;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Operations of a round.
const OPERATIONS: u64 = 2_500;
/// Of a transaction at most.
const MOST: u64 = 24;
/// Kills of a round at most.
const KILLS: u32 = 3;
/// Keys of a keyspace, about.
const KEYS: u16 = 6_000;
/// A transaction is tried again so often when it fails and nobody was killed.
const PATIENCE: u32 = 20;
/// The smallest that there is.
const BUDGET: u64 = 16 << 20;
/// The key with the number of the last transaction, below all others.
const MARK: &[u8] = b"a";

/// The stages of P20.
pub fn stages() -> Vec<Stage> {
    let million = || Stage {
        name: "million",
        obligation: "P20",
        what: "random operations with flushes, compactions and kills, compared with a model",
        rounds: "times 2,500 operations",
        whole: 400,
        short: 4,
        must: Must::Hold,
        begin: |workshop| begin(workshop, None),
    };
    let twin = Stage {
        name: "million-wrong-byte",
        what: "one bit of one value in thousands is not as it was set",
        short: 0,
        must: Must::Break,
        begin: |workshop| begin(workshop, Some("ChangesABit")),
        ..million()
    };
    vec![million(), twin]
}

struct Million {
    workshop: Workshop,
    place: TempDir,
    program: PathBuf,
    log: PathBuf,
    defect: Option<&'static str>,
    executors: Vec<Executor>,
    model: Model,
    /// The last transaction.
    number: u64,
}

fn begin(workshop: &Workshop, defect: Option<&'static str>) -> Result<Box<dyn Trial>, Trouble> {
    let library = match defect {
        Some(_) => defective::library(workshop)?,
        None => workshop.release.join("libplinth.so"),
    };
    let program = workshop.c_program_with("million", &library, &[])?;
    let (place, log) = (workshop.scratch()?, workshop.log("million"));
    let (executors, model) = (Vec::new(), Model::default());
    Ok(Box::new(Million { workshop: workshop.clone(), place, program, log, defect, executors, model, number: 0 }))
}

impl Trial for Million {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let done = self.operations(round);
        if matches!(done, Err(Trouble::Finding(_))) {
            // What comes after a wrong answer says nothing.
            self.executors.clear();
            self.place = self.workshop.scratch()?;
            self.model = Model::default();
            self.number = 0;
        }
        done
    }

    fn end(&mut self) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        self.read_all(&mut Rng::with_seed(0), &mut tally)?;
        for executor in self.executors.drain(..) {
            executor.close()?;
        }
        // Once more, from the files alone.
        self.read_all(&mut Rng::with_seed(0), &mut tally)?;
        Ok(tally)
    }
}

impl Million {
    fn operations(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let random = &mut Rng::with_seed(round.seed);
        let mut left = OPERATIONS;
        let mut kills = random.u32(0..=KILLS);
        let chance = OPERATIONS * 2 / MOST / 5;
        while left > 0 {
            let operations = self.transaction(random, left.min(MOST));
            left -= (operations.len() as u64 - 1).min(left);
            // Spread over the round.
            let kill = kills > 0 && random.u64(..chance) == 0;
            kills -= u32::from(kill);
            self.do_it(&operations, kill, random, &mut tally)?;
        }
        if round.number.is_multiple_of(4) {
            self.read_all(random, &mut tally)?;
        }
        tally.add("operations", OPERATIONS);
        tally.largest("bytes stored", self.model.bytes() as u64);
        Ok(tally)
    }

    /// Both processes, started where they are not running.
    fn executor(&mut self, at: usize) -> Result<&mut Executor, Trouble> {
        while self.executors.len() < 2 {
            let mut command = Command::new(&self.program);
            command.arg(self.place.path().join("db")).arg(BUDGET.to_string());
            command.envs(self.defect.map(|defect| (defective::SWITCH, defect)));
            self.executors.push(Executor::start(command, &self.log)?);
        }
        Ok(&mut self.executors[at])
    }

    /// Does a transaction to its end, whatever happens on the way.
    fn do_it(
        &mut self,
        operations: &[Operation],
        kill: bool,
        random: &mut Rng,
        tally: &mut Tally,
    ) -> Result<(), Trouble> {
        let mut kill = kill;
        for _ in 0..PATIENCE {
            let expected: Vec<_> = operations.iter().map(|operation| self.model.apply(operation)).collect();
            let fate = match self.try_it(operations, &expected, kill, random) {
                Ok(fate) => fate,
                Err(Trouble::Finding(what)) => {
                    return Err(Trouble::Finding(format!("transaction {}: {what}", self.number)));
                }
                Err(trouble) => return Err(trouble),
            };
            tally.add("kills", u64::from(kill));
            tally.add("answers compared", expected.iter().flatten().count() as u64);
            kill = false;
            match fate {
                Fate::Committed => {
                    self.model.keep();
                    tally.add("transactions", 1);
                    return Ok(());
                }
                Fate::Failed(code) => {
                    self.model.undo();
                    tally.add(&format!("failed with {code}"), 1);
                }
                Fate::Unknown if self.happened()? => {
                    self.model.keep();
                    tally.add("unknown and committed", 1);
                    return Ok(());
                }
                Fate::Unknown => {
                    self.model.undo();
                    tally.add("unknown and not committed", 1);
                }
            }
        }
        Err(Trouble::Finding(format!("transaction {} failed {PATIENCE} times", self.number)))
    }

    fn try_it(
        &mut self,
        operations: &[Operation],
        expected: &[Option<Answer>],
        kill: bool,
        random: &mut Rng,
    ) -> Result<Fate, Trouble> {
        let (at, victim) = (random.usize(..2), random.usize(..2));
        let sync = random.u8(..10) == 0;
        self.executor(at)?.send(operations, sync)?;
        if kill {
            sleep(Duration::from_micros(random.u64(..600)));
            self.executors[victim].kill()?;
        }
        let fate = self.executors[at].compare(operations, expected)?;
        if kill {
            drop(self.executors.remove(victim));
        }
        Ok(fate)
    }

    /// Whether the transaction under way happened.
    fn happened(&mut self) -> Result<bool, Trouble> {
        let mark = [Operation::Get(0, MARK.to_vec())];
        let is = |number: u64| [Some(Answer::Value((number > 0).then(|| number.to_string().into_bytes())))];
        let mut last = None;
        for _ in 0..PATIENCE {
            for (number, happened) in [(self.number, true), (self.number - 1, false)] {
                let executor = self.executor(0)?;
                executor.send(&mark, false)?;
                match executor.compare(&mark, &is(number)) {
                    Ok(Fate::Committed) => return Ok(happened),
                    // What is left of the answer.
                    Err(Trouble::Finding(what)) => {
                        executor.compare(&[], &[])?;
                        last = Some(what);
                    }
                    Ok(_) => (),
                    Err(trouble) => return Err(trouble),
                }
            }
            if last.is_some() {
                break;
            }
        }
        Err(Trouble::Finding(format!("transaction {} nor the one before is there: {last:?}", self.number)))
    }

    /// Compares everything that is stored.
    fn read_all(&mut self, random: &mut Rng, tally: &mut Tally) -> Result<(), Trouble> {
        for keyspace in 0..KEYSPACES {
            let all = Operation::Range(keyspace, Vec::new(), vec![0xff], 0, random.bool());
            self.number += 1;
            let mark = Operation::Set(0, MARK.to_vec(), self.number.to_string().into_bytes());
            self.do_it(&[all, mark], false, random, tally)?;
        }
        tally.add("comparisons of everything", 1);
        Ok(())
    }

    /// Random operations, and the mark.
    fn transaction(&mut self, random: &mut Rng, most: u64) -> Vec<Operation> {
        self.number += 1;
        let mut operations: Vec<_> = (0..random.u64(1..=most)).map(|_| operation(random)).collect();
        operations.push(Operation::Set(0, MARK.to_vec(), self.number.to_string().into_bytes()));
        operations
    }
}

fn operation(random: &mut Rng) -> Operation {
    let keyspace = random.usize(..KEYSPACES);
    match random.u32(..100) {
        0..20 => Operation::Get(keyspace, key(random)),
        20..25 => Operation::Key(keyspace, key(random), random.bool(), random.i32(-4..6)),
        25..30 => {
            let (begin, end) = (key(random), key(random));
            Operation::Range(keyspace, begin, end, random.usize(1..40), random.bool())
        }
        30..35 => {
            let (begin, end) = near(random);
            Operation::Range(keyspace, begin, end, 0, random.bool())
        }
        35..75 => Operation::Set(keyspace, key(random), value(random)),
        75..83 => Operation::Clear(keyspace, key(random)),
        83..85 => {
            let (begin, end) = near(random);
            Operation::ClearRange(keyspace, begin, end)
        }
        _ => {
            const KINDS: [u8; 10] = [2, 6, 7, 8, 9, 12, 13, 16, 17, 20];
            let kind = KINDS[random.usize(..KINDS.len())];
            let operand: Bytes = (0..random.usize(1..24)).map(|_| random.u8(..)).collect();
            Operation::Atomic(kind, keyspace, key(random), operand)
        }
    }
}

/// Two bytes, and sometimes more, which make it a key between others.
fn key(random: &mut Rng) -> Bytes {
    let mut key = vec![b'k'];
    key.extend(random.u16(..KEYS).to_be_bytes());
    if random.u8(..8) == 0 {
        key.extend((0..random.usize(1..40)).map(|_| random.u8(b'a'..b'd')));
    }
    key
}

/// A short range.
fn near(random: &mut Rng) -> (Bytes, Bytes) {
    let first = random.u16(..KEYS);
    let last = first.saturating_add(random.u16(1..60));
    let with = |number: u16| [b"k".as_slice(), &number.to_be_bytes()].concat();
    (with(first), with(last))
}

/// Mostly short.
fn value(random: &mut Rng) -> Bytes {
    let most = [20, 200, 1_000, 4_000][random.usize(..4)];
    let length = random.usize(..most);
    if random.bool() {
        return vec![random.u8(..); length];
    }
    (0..length).map(|_| random.u8(..)).collect()
}
