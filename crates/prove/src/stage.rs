//! What a stage is: a number of rounds, each with a seed of its own, and what they counted.
//!
//! A round is complete in itself: it can be repeated alone with its seed, and a run that was stopped
//! goes on at the round it was in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::workshop::Workshop;

/// One way in which an obligation is tried.
pub struct Stage {
    /// Its name on the command line: lower case, words joined by hyphens.
    pub name: &'static str,
    /// The obligation: `P1` to `P20`.
    pub obligation: &'static str,
    /// What is done, in a few words for the report.
    pub what: &'static str,
    /// What a round is, in the plural: `kills`, `runs`.
    pub rounds: &'static str,
    /// Rounds of a whole run.
    pub whole: u64,
    /// Rounds of the short form, which is part of `make test`; 0 leaves the stage out of it.
    pub short: u64,
    /// What has to come of it.
    pub must: Must,
    /// Gets ready for the rounds.
    pub begin: fn(&Workshop) -> Result<Box<dyn Trial>, Trouble>,
}

/// What has to come of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Must {
    /// No round finds anything.
    Hold,
    /// A round finds something: what is tried is broken on purpose.
    Break,
}

/// A stage that is ready.
pub trait Trial {
    /// Does one round. Nothing of it is left when it returns, but for what later rounds build on.
    fn round(&mut self, round: Round) -> Result<Tally, Trouble>;

    /// After the last round: what only shows at the end.
    fn end(&mut self) -> Result<Tally, Trouble> {
        Ok(Tally::default())
    }
}

/// Which round it is.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// From 0 on.
    pub number: u64,
    /// Everything that is left to chance comes from this.
    pub seed: u64,
}

/// Why a round did not end well.
#[derive(Debug, Error)]
pub enum Trouble {
    /// A promise was not kept.
    #[error("{0}")]
    Finding(String),
    /// The machine lacks something; nothing was tried.
    #[error("{0}")]
    Missing(String),
    /// The test itself failed, which says nothing about Plinth.
    #[error("{0}")]
    Rig(String),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::Rig(error.to_string())
    }
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Numbers that add up.
    pub sums: BTreeMap<String, u64>,
    /// Numbers of which the largest counts.
    pub most: BTreeMap<String, u64>,
}

impl Tally {
    /// Adds to a number.
    pub fn add(&mut self, name: &str, count: u64) {
        *self.sums.entry(name.to_owned()).or_default() += count;
    }

    /// Notes a number of which the largest counts.
    pub fn largest(&mut self, name: &str, number: u64) {
        let most = self.most.entry(name.to_owned()).or_default();
        *most = number.max(*most);
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        other.sums.iter().for_each(|(name, count)| self.add(name, *count));
        other.most.iter().for_each(|(name, number)| self.largest(name, *number));
    }

    /// In words.
    pub fn text(&self) -> String {
        let sums = self.sums.iter().map(|(name, count)| format!("{name} {count}"));
        let most = self.most.iter().map(|(name, number)| format!("{name} at most {number}"));
        sums.chain(most).collect::<Vec<_>>().join(", ")
    }
}
