//! P8: files of a database that are damaged: bits, lengths, pages, whole files.
//!
//! A round damages a database that is closed, opens it and reads everything. It may find all as it was,
//! where the damage hit nothing that is needed, or fail with an error that says where. It must not
//! crash, hang, show anything that was not there, or miss anything without a word.

mod damage;
mod judge;
mod specimen;

use crate::defective;
use crate::stage::{Must, Round, Stage, Tally, Trial, Trouble};
use crate::workshop::Workshop;
pub use damage::{Damage, Files, Kind};
use judge::Verdict;
use specimen::{Specimen, State};

/// The stages of P8.
pub fn stages() -> Vec<Stage> {
    let of = |name, what, rounds, whole, short, begin| Stage {
        name,
        obligation: "P8",
        what,
        rounds,
        whole,
        short,
        must: Must::Hold,
        begin,
    };
    vec![
        of("corrupt-bits", "one bit of one file is another one", "flips", 10_000, 80, begin_bits),
        of("corrupt-lengths", "one file is cut short", "truncations", 1_000, 30, begin_lengths),
        of(
            "corrupt-files",
            "pages zeroed or garbled, files removed, swapped, or of another time",
            "damages",
            1_000,
            30,
            begin_files,
        ),
        of(
            "corrupt-tails",
            "garbage behind the log of a killed process, which is no damage",
            "tails",
            200,
            5,
            begin_tails,
        ),
        Stage {
            must: Must::Break,
            ..of(
                "corrupt-unwatched",
                "a log is damaged, and the watermark is not looked at",
                "damages",
                200,
                0,
                begin_unwatched,
            )
        },
    ]
}

fn begin_bits(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    begin(workshop, State::Closed, &[Kind::Bit])
}

fn begin_lengths(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    begin(workshop, State::Closed, &[Kind::Cut])
}

fn begin_files(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    begin(workshop, State::Closed, &[Kind::Zeros, Kind::Garbage, Kind::Remove, Kind::Swap, Kind::Older])
}

fn begin_tails(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    begin(workshop, State::Killed, &[Kind::Tail])
}

fn begin_unwatched(workshop: &Workshop) -> Result<Box<dyn Trial>, Trouble> {
    let library = defective::library(workshop)?;
    let program = workshop.c_program_with("victim", &library, &[])?;
    let specimen = Specimen::new(workshop, &program, State::Closed)?.with_defect("IgnoresTheWatermark");
    Ok(Box::new(Damages { specimen, kinds: &[Kind::Log] }))
}

fn begin(workshop: &Workshop, state: State, kinds: &'static [Kind]) -> Result<Box<dyn Trial>, Trouble> {
    Ok(Box::new(Damages { specimen: Specimen::new(workshop, &workshop.c_program("victim")?, state)?, kinds }))
}

/// Damages one database again and again.
struct Damages {
    specimen: Specimen,
    kinds: &'static [Kind],
}

impl Trial for Damages {
    fn round(&mut self, round: Round) -> Result<Tally, Trouble> {
        let mut random = fastrand::Rng::with_seed(round.seed);
        let kind = self.kinds[random.usize(..self.kinds.len())];
        let damage = Damage::draw(kind, self.specimen.files(), &mut random);
        self.specimen.restore()?;
        damage.inflict(self.specimen.directory())?;
        let mut tally = Tally::default();
        let told = |trouble: Trouble| match trouble {
            Trouble::Finding(what) => Trouble::Finding(format!("{damage}: {what}")),
            other => other,
        };
        let verdict = judge::open(&self.specimen).map_err(told)?;
        tally.add(&format!("{}: {}", damage.class(), verdict.text()), 1);
        if kind == Kind::Tail && !matches!(verdict, Verdict::Right) {
            return Err(Trouble::Finding(format!("{damage}: it is no damage, but {}", verdict.text())));
        }
        if matches!(verdict, Verdict::Refused(_) | Verdict::Unread(_)) && round.number.is_multiple_of(4) {
            self.specimen.restore()?;
            damage.inflict(self.specimen.directory())?;
            let read = judge::read_only(&self.specimen).map_err(told)?;
            tally.add(&format!("read_only then: {}", read.text()), 1);
            let repaired = judge::repair(&self.specimen).map_err(told)?;
            tally.add(&format!("repair then: {}", repaired.text()), 1);
        }
        Ok(tally)
    }
}
