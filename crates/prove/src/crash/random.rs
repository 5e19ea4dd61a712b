//! Kills at random moments.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use fastrand::Rng;

use super::ground::{Ground, BUDGET, LONGEST};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::{Event, Running};
use crate::workshop::Workshop;

/// Lives of one directory.
const LIVES: u32 = 32;
/// Longest values.
const VALUES: [u64; 4] = [40, 300, 1_000, 4_000];
/// Shares of synced commits.
const SYNCED: [u64; 5] = [0, 1, 5, 30, 100];

struct Random {
    workshop: Workshop,
    program: PathBuf,
    ground: Option<Ground>,
}

/// Compiles the victim.
pub fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let program = workshop.c_program("victim")?;
    Ok(Box::new(Random { workshop: workshop.clone(), program, ground: None }))
}

impl Trial for Random {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let mut ground = match self.ground.take() {
            Some(ground) => ground,
            None => Ground::new(&self.workshop, &self.program)?,
        };
        match one(&mut ground, longest(&self.workshop), &mut Rng::with_seed(round.seed), &mut tally) {
            Ok(()) => {
                self.ground = (ground.lives() < LIVES).then_some(ground);
                Ok(tally)
            }
            Err(trouble) => Err(ground.keep(trouble)),
        }
    }

    fn end(&mut self) -> Result<Tally, Trouble> {
        self.ground.take().map_or_else(|| Ok(Tally::default()), Ground::end)
    }
}

/// Microseconds that a life commits at most: the whole run is to see ten million commits.
fn longest(workshop: &Workshop) -> u64 {
    if workshop.short {
        150_000
    } else {
        500_000
    }
}

/// One life, its kill, and perhaps a look at what is left.
pub fn one(ground: &mut Ground, longest: u64, random: &mut Rng, tally: &mut Tally) -> Result<(), Trouble> {
    let (value, sync) = (VALUES[random.usize(..VALUES.len())], SYNCED[random.usize(..SYNCED.len())]);
    let options = [("budget", BUDGET), ("value", value), ("sync", sync), ("async", random.u64(0..30))];
    let work = ground.work(random.u64(..), random.u32(1..=16), &options)?;
    let mut victim = ground.start(&work)?;
    let mut events = Vec::new();
    match random.u32(..10) {
        0 => {
            sleep(Duration::from_micros(random.u64(..60_000)));
            tally.add("kills while opening", 1);
        }
        1 => {
            events = first_commit(&victim)?;
            sleep(Duration::from_micros(random.u64(..50_000)));
            victim.ask_to_end()?;
            sleep(Duration::from_micros(random.u64(..10_000)));
            tally.add("kills while closing", 1);
        }
        _ => {
            events = first_commit(&victim)?;
            sleep(Duration::from_micros(random.u64(..longest)));
        }
    }
    victim.kill()?;
    tally.add("kills", 1);
    let (rest, _) = victim.rest(LONGEST)?;
    events.extend(rest);
    ground.take(work.life, &events, tally)?;
    if ground.must_check() || ground.lives() == LIVES || random.bool() {
        ground.check(tally)?;
    }
    Ok(())
}

/// What a victim says up to the first commit of a thread other than the first.
pub fn first_commit(victim: &Running) -> Result<Vec<Event>, Trouble> {
    let mut events = Vec::new();
    while let Some(event) = victim.next(LONGEST) {
        let is_first = matches!(event, Event::Acknowledged { thread: 1.., .. });
        events.push(event);
        if is_first {
            return Ok(events);
        }
    }
    Err(Trouble::Finding(format!("no commit in a minute; the last words were {:?}", events.last())))
}
