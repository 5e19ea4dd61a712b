//! The same kills on a library that is broken on purpose: the oracle has to notice.

use std::path::PathBuf;

use fastrand::Rng;

use super::ground::Ground;
use super::random;
use crate::defective;
use crate::stage::{Round, Tally, Trial, Trouble};
use crate::workshop::Workshop;

/// Microseconds that a life commits at most.
const LONGEST: u64 = 150_000;
/// Lives of one directory: what is noticed is noticed soon.
const LIVES: u32 = 8;

struct Twin {
    workshop: Workshop,
    program: PathBuf,
    defect: &'static str,
    ground: Option<Ground>,
}

/// Builds the library with this defect.
pub fn begin(workshop: &Workshop, defect: &'static str) -> Result<Box<dyn Trial>, Trouble> {
    let library = defective::library(workshop)?;
    let program = workshop.c_program_with("victim", &library, &[])?;
    Ok(Box::new(Twin { workshop: workshop.clone(), program, defect, ground: None }))
}

impl Trial for Twin {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut tally = Tally::default();
        let mut ground = match self.ground.take() {
            Some(ground) => ground,
            None => Ground::new(&self.workshop, &self.program)?.with_defect(self.defect),
        };
        random::one(&mut ground, LONGEST, &mut Rng::with_seed(round.seed), &mut tally)?;
        self.ground = (ground.lives() < LIVES).then_some(ground);
        Ok(tally)
    }
}
