//! A disk that drops writes and says that they were done: what is lost must be noticed.

use super::library::{Fault, Ground};
use crate::life::{live, look, Fails};
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::workshop::Workshop;

struct Lies(Ground);

/// Gets ready.
pub fn begin(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Lies(Ground::new(workshop)?)))
}

impl Trial for Lies {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = fastrand::Rng::with_seed(round.seed);
        let ground = &self.0;
        let (place, mut oracle) = ground.place(false)?;
        // So little that it stays in the log.
        let mut work = ground.work(&place, 2, round.seed);
        work.options.extend([("value", 600), ("commits", 40)]);
        let fault = Fault { kind: "write".to_owned(), at: random.u64(8..30), count: 1, errno: 0, torn: false };
        let mut command = work.command();
        fault.apply(&mut command, &ground.shim, &place);
        command.env("FAULT_NAME", ".log");
        live(&mut oracle, &work, command, Fails::Nothing, &ground.log)?;
        let mut tally = Tally::default();
        let mut after = ground.work(&place, 3, round.seed);
        after.options.push(("commits", 4));
        look(&mut oracle, &after, &ground.log, &mut tally)?;
        Ok(tally)
    }
}
