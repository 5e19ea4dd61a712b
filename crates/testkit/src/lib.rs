//! What Plinth is tested with.
//!
//! - [`ModelDatabase`]: the rules in the most obvious code, behind the same traits as the engine.
//! - [`lockstep`]: the same random calls on a database and on the model; every answer is compared.
//! - [`history`] and [`checker`]: many threads at work, and the proof afterwards that what they
//!   saw has a serial explanation.
//! - [`FaultyDatabase`]: databases with a known defect, to show that the two above notice.
//! - [`ledger`]: counters that many processes raise, and the proof that nothing was lost or done
//!   twice; [`LyingDatabase`] shows that it notices.
//! - [`seeds`]: random runs that failed once and are run for ever.
//!
//! Rule ids such as `CONF-5` are those of the project's rules for FoundationDB's behaviour.

#![forbid(unsafe_code)]

pub mod call;
pub mod checker;
pub mod clock;
pub mod decoder;
mod faulty;
pub mod generator;
pub mod history;
pub mod keys;
pub mod ledger;
pub mod line;
pub mod lockstep;
mod lying;
mod model;
pub mod operation;
mod remote;
pub mod seeds;
mod shrink;

pub use faulty::{Fault, FaultyDatabase};
pub use lying::{Lie, LyingDatabase};
pub use model::{ModelDatabase, ModelTransaction, Verdict};
