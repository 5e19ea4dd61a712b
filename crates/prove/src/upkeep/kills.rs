//! Kills in the middle of an upkeep, of the process that works or of the host that works for it.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;

use super::helper::{Kind, Outcome, LONGEST as PATIENCE};
use super::operation::Operation;
use super::yard::{calls, Yard};
use super::Tools;
use crate::crash::{first_commit, LONGEST};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::{Event, Running};
use crate::workshop::Workshop;

/// Kills of one database.
const KILLS: u32 = 3;

/// What is known of a kind of call.
#[derive(Clone, Copy, Debug)]
struct Known {
    took: Duration,
    calls: u64,
}

struct Kills {
    workshop: Workshop,
    tools: Tools,
    known: BTreeMap<&'static str, Known>,
}

/// With these programs.
pub fn begin(workshop: &Workshop, tools: Tools) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Kills { workshop: workshop.clone(), tools, known: BTreeMap::new() }))
}

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// The one that works, which is the host of the others.
    Host,
    /// The one that called, whose host works on.
    Guest,
    /// The host that works for the one that called.
    Worker,
}

impl Trial for Kills {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let random = &mut Rng::with_seed(round.seed);
        let mut tally = Tally::default();
        let mut yard = Yard::new(&self.workshop, &self.tools, None, None, random)?;
        let killed = (0..KILLS).try_for_each(|_| self.kill(&mut yard, random, &mut tally));
        match killed.and_then(|()| yard.check(&mut tally)) {
            Ok(()) => Ok(tally),
            Err(trouble) => Err(yard.keep(trouble)),
        }
    }
}

impl Kills {
    /// One call that is cut short while a victim writes, and its repetition.
    fn kill(&mut self, yard: &mut Yard, random: &mut Rng, tally: &mut Tally) -> Result<(), Trouble> {
        let operation = yard.draw(random)?;
        let who = match operation.is_of_database() {
            true => [Who::Host, Who::Host, Who::Guest, Who::Worker][random.usize(..4)],
            false => Who::Guest,
        };
        let known =
            self.known.get(operation.name()).copied().unwrap_or(Known { took: Duration::from_millis(60), calls: 60 });
        // By calls it must be this process that makes them.
        let by_calls = who != Who::Worker && !(who == Who::Guest && operation.is_of_database()) && random.bool();
        let fault = by_calls.then(|| yard.fault(random.u64(1..=known.calls.max(2)), Kind::Kill));
        let work = yard.work(random, 0)?;
        let (mut helper, mut victim, mut events);
        if who == Who::Host {
            helper = yard.start(&operation, fault.as_ref())?;
            helper.wait_for("open")?;
            victim = yard.ground.start(&work)?;
            events = first_commit(&victim)?;
        } else {
            victim = yard.ground.start(&work)?;
            events = first_commit(&victim)?;
            helper = yard.start(&operation, fault.as_ref())?;
            if operation.waits() {
                helper.wait_for("open")?;
            }
        }
        helper.go();
        if helper.wait_for("begun")? && !by_calls {
            std::thread::sleep(known.took.mul_f64(random.f64() * 1.2));
            if who == Who::Worker {
                victim.kill()?
            } else {
                helper.kill()?
            }
        }
        let outcome = helper.rest()?;
        let unfinished = outcome.done.is_none();
        tally.add(&format!("kills in {}", operation.name()), u64::from(unfinished));
        tally.add("calls that were made before the kill", u64::from(!unfinished));
        if !unfinished {
            yard.note(&operation, &outcome);
        }
        if who != Who::Worker {
            if let Some((code, words)) = &outcome.error {
                return Err(Trouble::Finding(format!("{operation:?} fails with {code}: {words}")));
            }
            // The others go on.
            events.extend(first_commit(&victim)?);
        }
        self.after(yard, &operation, &outcome, tally)?;
        end(&mut victim, random)?;
        let (rest, _) = victim.rest(LONGEST)?;
        events.extend(rest);
        yard.take(work.life, &events.into_iter().filter(is_told).collect::<Vec<_>>(), tally)
    }

    fn after(
        &mut self,
        yard: &mut Yard,
        operation: &Operation,
        cut: &Outcome,
        tally: &mut Tally,
    ) -> Result<(), Trouble> {
        let unfinished = cut.done.is_none();
        if unfinished {
            yard.look(operation, tally)?;
        }
        let again = match (unfinished, operation) {
            (true, _) => operation.clone(),
            // It was made: another one of its kind, which shows how long it takes.
            (false, Operation::Checkpoint(_)) => Operation::Checkpoint(yard.name("checkpoint")),
            _ => return Ok(()),
        };
        let tell = yard.fault(0, Kind::Full).tell;
        calls(&tell, "change");
        let outcome = yard.made(&again, tally)?;
        let most = calls(&tell, "change");
        let known = Known { took: outcome.took.min(PATIENCE), calls: most };
        self.known
            .entry(operation.name())
            .and_modify(|before| {
                *before = Known { took: (before.took + known.took) / 2, calls: before.calls.max(most) }
            })
            .or_insert(known);
        tally.add("calls repeated", 1);
        // What was written beside a load is there.
        let (told, there) = (cut.largest("a "), outcome.largest("number "));
        match told <= there && there <= told + 1 || !matches!(operation, Operation::Load(..)) {
            true => Ok(()),
            false => {
                Err(Trouble::Finding(format!("beside a load {told} commits were acknowledged, {there} are there")))
            }
        }
    }
}

/// In order, or not.
fn end(victim: &mut Running, random: &mut Rng) -> Result<(), Trouble> {
    match random.bool() {
        true => victim.kill(),
        false => victim.ask_to_end(),
    }
}

/// A close while another process hosts may leave the log to it.
fn is_told(event: &Event) -> bool {
    !matches!(event, Event::Closed(_))
}
