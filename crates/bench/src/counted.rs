//! So many transactions of one case in one thread, and nothing else, for a tool that counts instructions: the
//! difference between two counts is what the transactions took. Relies on the tool to be told apart from the
//! loading by that difference only.

use crate::args::Args;
use crate::case;
use crate::data::Values;
use crate::error::{Error, Result};
use crate::generator::{self, Generator};
use crate::{engines, machine, Program};

/// Keys of the database: all in memory, and quickly loaded.
const KEYS: u64 = 10_000;

/// Loads a database and runs the transactions.
pub fn run(program: &Program, args: &Args, count: u64) -> Result<()> {
    let case = case::cases().into_iter().find(|case| case.threads == 1 && args.wants(case));
    let case = case.ok_or_else(|| Error::new("there is no such case with one thread"))?;
    let kind = *args.engines.first().ok_or_else(|| Error::new("no engine"))?;
    let scratch = machine::Scratch::create(&args.directory)?;
    let (values, directory, settings) = (Values::new(1), scratch.path().join(kind.name()), args.settings(case.scene));
    let engine = (program.open)(kind, &directory, &settings)?;
    generator::load(KEYS, &values, &mut *engine.session(false)?)?;
    engine.close()?;
    if kind.is_rocksdb() {
        engines::compact(&directory)?;
    }
    let engine = (program.open)(kind, &directory, &settings)?;
    {
        let mut session = engine.session(case.durability == case::Durability::Sync)?;
        generator::prepare(case.work, &values, &mut *session)?;
        generator::refill(case.work, &values, &mut *session)?;
        let mut generator = Generator::new(case.work, KEYS, &values, 7);
        for _ in 0..count {
            session.run(&generator.next())?;
        }
    }
    engine.close()
}
