//! Threads that commit while the clock is set, from one life to the next, each of which is killed.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use fastrand::Rng;

use super::faked::Faked;
use crate::crash::{first_commit, Ground, BUDGET, LONGEST};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Lives of one directory.
const LIVES: u32 = 24;

struct Commits {
    workshop: Workshop,
    program: PathBuf,
    place: tempfile::TempDir,
    ground: Option<Ground>,
}

/// Compiles the victim.
pub fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let (program, place) = (workshop.c_program("victim")?, workshop.scratch()?);
    Faked::new(place.path(), false)?;
    Ok(Box::new(Commits { workshop: workshop.clone(), program, place, ground: None }))
}

impl Trial for Commits {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let mut ground = match self.ground.take() {
            Some(ground) => ground,
            None => Ground::new(&self.workshop, &self.program)?,
        };
        let random = &mut Rng::with_seed(round.seed);
        // The time of day alone: a wait whose monotonic clock goes back lasts until it has caught up.
        let faked = Faked::new(self.place.path(), false)?;
        match life(&mut ground, &faked, random, &mut tally) {
            Ok(()) => {
                self.ground = (ground.lives() < LIVES).then_some(ground);
                Ok(tally)
            }
            Err(trouble) => Err(ground.keep(trouble)),
        }
    }
}

fn life(ground: &mut Ground, faked: &Faked, random: &mut Rng, tally: &mut Tally) -> Result<(), Trouble> {
    let options = [("budget", BUDGET), ("value", 500), ("sync", random.u64(..30)), ("async", 20)];
    let work = ground.work(random.u64(..), random.u32(1..=8), &options)?;
    faked.jump(random)?;
    let mut command = work.command();
    faked.apply(&mut command);
    let mut victim = ground.start_command(command)?;
    let mut events = first_commit(&victim)?;
    for _ in 0..random.u32(2..12) {
        faked.jump(random)?;
        tally.add("jumps", 1);
        sleep(Duration::from_millis(random.u64(..60)));
        // Whatever the time is, they go on.
        while let Some(event) = victim.next(Duration::ZERO) {
            events.push(event);
        }
        events.extend(first_commit(&victim)?);
    }
    if random.bool() {
        victim.ask_to_end()?;
    } else {
        victim.kill()?;
        tally.add("kills", 1);
    }
    let (rest, _) = victim.rest(LONGEST)?;
    events.extend(rest);
    ground.take(work.life, &events, tally)?;
    ground.check(tally)
}
