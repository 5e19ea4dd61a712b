//! The host's files fail; the commits that fail are a guest's too. The guest's own files are whole.

use std::process::Command;
use std::time::Duration;

use super::library::{Fault, Ground};
use crate::life::{count, finding, judge, look, Fails};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::victim::{Event, Running, Work};
use crate::workshop::Workshop;

const PATIENCE: Duration = Duration::from_secs(30);
const KINDS: [(&str, u64); 6] =
    [("write", 150), ("fdatasync", 70), ("fsync", 30), ("create", 30), ("rename", 6), ("mkdir", 4)];
const ERRORS: [u32; 3] = [5, 28, 30];
/// The lives of a round.
const HOST: u32 = 1;
const GUEST: u32 = 2;
const LATER: u32 = 3;

struct Guests(Ground);

/// Gets ready.
pub fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Guests(Ground::new(workshop)?)))
}

impl Trial for Guests {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = fastrand::Rng::with_seed(round.seed);
        let (kind, most) = KINDS[random.usize(..KINDS.len())];
        let fault = Fault {
            kind: kind.to_owned(),
            at: random.u64(1..=most),
            count: random.u64(0..2),
            errno: ERRORS[random.usize(..ERRORS.len())],
            torn: random.bool(),
        };
        let mut tally = Tally::default();
        match self.try_it(&fault, round.seed, &mut tally) {
            Ok(()) => Ok(tally),
            Err(Trouble::Finding(what)) => Err(Trouble::Finding(format!("{fault:?}: {what}"))),
            Err(other) => Err(other),
        }
    }
}

impl Guests {
    fn try_it(&self, fault: &Fault, seed: u64, tally: &mut Tally) -> Result<(), Trouble> {
        let ground = &self.0;
        let (place, mut oracle) = ground.place(false)?;
        // The host goes on until it is asked to end: after a failure it would be opened again by a guest.
        let host = Work {
            options: vec![("budget", 16 << 20), ("value", 2_000), ("reads", 1), ("pause", 5)],
            ..ground.work(&place, HOST, seed)
        };
        let guest = Work { threads: 2, ..ground.work(&place, GUEST, seed) };
        let mut command: Command = host.command();
        fault.apply(&mut command, &ground.shim, &place);
        oracle.begin(HOST, host.threads)?;
        let host = Running::start(command, &ground.log)?;
        let mut told = vec![first(&host)?];
        let opened = matches!(told.first(), Some(Event::Open(_)));
        oracle.begin_beside(GUEST, guest.threads)?;
        let running = Running::start(guest.command(), &ground.log)?;
        let (events, status) = running.rest(PATIENCE)?;
        if opened {
            host.ask_to_end()?;
        }
        let (rest, ended) = host.rest(PATIENCE)?;
        told.extend(rest);
        // The guest opened after the host did, and before all that the host said then.
        told.iter().take(1).try_for_each(|event| oracle.take(HOST, event))?;
        events.iter().try_for_each(|event| oracle.take(GUEST, event))?;
        told.iter().skip(1).try_for_each(|event| oracle.take(HOST, event))?;
        let seen = judge(&told, ended, Fails::Writes).map_err(of("host"))?;
        count(tally, &seen);
        let fails = if opened { Fails::Elsewhere } else { Fails::Nothing };
        let seen = judge(&events, status, fails).map_err(of("guest"))?;
        tally.add("commits 1021 of guests", seen.unknown);
        tally.add("commits 9004 of guests", seen.refused);
        tally.add("reads of guests after a failure", seen.reads);
        let mut after = ground.work(&place, LATER, seed);
        after.options.push(("commits", 4));
        look(&mut oracle, &after, &ground.log, tally)
    }
}

fn first(host: &Running) -> Result<Event, Trouble> {
    host.next(PATIENCE).map_or_else(|| finding("the host says nothing".to_owned()), Ok)
}

fn of(who: &'static str) -> impl Fn(Trouble) -> Trouble {
    move |trouble| match trouble {
        Trouble::Finding(what) => Trouble::Finding(format!("the {who}: {what}")),
        other => other,
    }
}
