//! Two processes on one directory: the host is killed, or its guest, and the other goes on.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use fastrand::Rng;

use super::ground::{Ground, BUDGET, LONGEST};
use super::random::first_commit;
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::{Event, Running, Work};
use crate::workshop::Workshop;

/// Lives of one directory.
const LIVES: u32 = 24;
/// Commits of the survivor that have to be acknowledged after the kill.
const GOES_ON: usize = 20;

struct Pair {
    workshop: Workshop,
    program: PathBuf,
    ground: Option<Ground>,
}

/// A victim that is at work, and what it said so far.
struct One {
    work: Work,
    victim: Running,
    events: Vec<Event>,
}

/// Compiles the victim.
pub fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let program = workshop.c_program("victim")?;
    Ok(Box::new(Pair { workshop: workshop.clone(), program, ground: None }))
}

impl Trial for Pair {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let mut ground = match self.ground.take() {
            Some(ground) => ground,
            None => Ground::new(&self.workshop, &self.program)?,
        };
        match kill_one(&mut ground, &mut Rng::with_seed(round.seed), &mut tally) {
            Ok(()) => {
                self.ground = (ground.lives() < LIVES).then_some(ground);
                Ok(tally)
            }
            Err(trouble) => Err(ground.keep(trouble)),
        }
    }
}

fn kill_one(ground: &mut Ground, random: &mut Rng, tally: &mut Tally) -> Result<(), Trouble> {
    let host = One::start(ground, random, false, tally)?;
    let guest = One::start(ground, random, true, tally)?;
    sleep(Duration::from_micros(random.u64(..100_000)));
    let is_host = random.u8(..4) > 0;
    let (mut killed, survivor) = if is_host { (host, guest) } else { (guest, host) };
    killed.victim.kill()?;
    tally.add("kills", 1);
    tally.add(if is_host { "kills of hosts" } else { "kills of guests" }, 1);
    let (rest, _) = killed.victim.rest(LONGEST)?;
    killed.events.extend(rest);
    let survivor = go_on(survivor, random, tally)?;
    ground.take(killed.work.life, &killed.events, tally)?;
    ground.take(survivor.0, &survivor.1, tally)?;
    ground.check(tally)
}

impl One {
    fn start(ground: &mut Ground, random: &mut Rng, beside: bool, tally: &mut Tally) -> Result<Self, Trouble> {
        let sync = [0, 2, 20, 100][random.usize(..4)];
        let options = [("budget", BUDGET), ("value", 800), ("sync", sync), ("async", random.u64(0..30)), ("pause", 1)];
        let (seed, threads) = (random.u64(..), random.u32(1..=6));
        let work = match beside {
            true => ground.work_beside(seed, threads, &options)?,
            false => ground.work(seed, threads, &options)?,
        };
        let victim = ground.start(&work)?;
        // Told before the other one is: a version at opening is compared with what was seen before it.
        ground.take(work.life, &first_commit(&victim)?, tally)?;
        Ok(Self { work, victim, events: Vec::new() })
    }
}

/// The survivor commits as if nothing was, then ends in order or is killed too. Returns its life and all it said.
fn go_on(one: One, random: &mut Rng, tally: &mut Tally) -> Result<(u32, Vec<Event>), Trouble> {
    let One { work, mut victim, mut events } = one;
    // What it said before the kill is waiting.
    while let Some(event) = victim.next(Duration::ZERO) {
        events.push(event);
    }
    let mut acknowledged = 0;
    while acknowledged < GOES_ON {
        let Some(event) = victim.next(LONGEST) else {
            return Err(Trouble::Finding(format!("the survivor does not go on; it last said {:?}", events.last())));
        };
        acknowledged += usize::from(matches!(event, Event::Acknowledged { .. }));
        // Only what comes after a failure shows that it went on.
        if matches!(event, Event::Unknown { .. } | Event::Failed { .. }) {
            acknowledged = 0;
        }
        events.push(event);
    }
    sleep(Duration::from_micros(random.u64(..30_000)));
    if random.bool() {
        victim.ask_to_end()?;
    } else {
        victim.kill()?;
        tally.add("kills of survivors", 1);
    }
    let (rest, _) = victim.rest(LONGEST)?;
    events.extend(rest);
    Ok((work.life, events))
}
