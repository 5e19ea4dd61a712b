//! What a run has done so far, in a file, so that it can be stopped at any moment and goes on.
//!
//! The file belongs to one state of the sources: with another one, everything begins anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::stage::{Tally, Trouble};

/// Number of the form of the file.
const FORM: u32 = 1;

/// How far a stage is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// Rounds that were done.
    pub rounds: u64,
    /// Rounds that were asked for.
    pub asked: u64,
    /// The seed that those of the rounds come from.
    pub seed: u64,
    /// What they counted.
    pub tally: Tally,
    /// What was found, with the seed of the round.
    pub findings: Vec<Finding>,
    /// Why it was not tried, or could not go on.
    pub obstacle: Option<String>,
    /// How the test itself failed, which says nothing about Plinth.
    #[serde(default)]
    pub broken: Option<String>,
    /// Whether it came to its end.
    pub ended: bool,
    /// Seconds it took.
    pub seconds: f64,
}

/// A promise that was not kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// What was seen.
    pub what: String,
    /// The number of the round.
    pub round: u64,
    /// Its seed.
    pub seed: u64,
}

/// A run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    form: u32,
    /// The state of the sources.
    pub sources: String,
    /// When it began, in UTC.
    pub begun: String,
    /// Stages by their names.
    pub stages: BTreeMap<String, Done>,
    #[serde(skip)]
    path: PathBuf,
}

impl State {
    /// What an earlier run on these sources left, or an empty one.
    pub fn load(path: &Path, sources: &str, now: &str) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        let left = serde_json::from_str::<Self>(&text).ok();
        let left = left.filter(|left| left.form == FORM && left.sources == sources);
        let new = || Self {
            form: FORM,
            sources: sources.to_owned(),
            begun: now.to_owned(),
            stages: BTreeMap::new(),
            path: PathBuf::new(),
        };
        Self { path: path.to_owned(), ..left.unwrap_or_else(new) }
    }

    /// Writes the file; whoever stops the run sees the old one or the new one.
    pub fn save(&self) -> Result<(), Trouble> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Trouble::Rig(error.to_string()))?;
        let new = self.path.with_extension("new");
        fs::write(&new, text)?;
        Ok(fs::rename(&new, &self.path)?)
    }
}
