//! What a worker process is told when it starts, and what it says while it works.

use plinth_testkit::ledger::Note;
use serde::{Deserialize, Serialize};

/// The environment variable that makes this program a worker: its job, as a line.
pub const JOB: &str = "PLINTH_WORKER";

/// Where the database is and how it is opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The directory.
    pub path: String,
    /// A file that whoever is host keeps locked: the test's own proof that there is one.
    pub hosts: String,
    /// Whether commits are synced.
    pub sync: bool,
    /// The number of the lie that a layer over the database tells.
    pub lie: Option<usize>,
}

/// What a worker does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Job {
    /// Opens, raises a counter and closes, at each word of the parent, once a file is unlocked.
    Race { place: Place, name: String, barriers: [String; 2] },
    /// Raises counters until told to stop.
    Raise { place: Place, name: String, seed: u64, counters: usize },
    /// Takes part without doing much.
    Idle { place: Place },
    /// Waits for the changes of a key.
    Watch { place: Place, key: String },
    /// Does one thing after the other, as it is told.
    Puppet { place: Place },
    /// Does random transactions on several threads, and tells all that it was told.
    History { place: Place, name: String, seed: u64, threads: usize },
}

/// What a worker says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Said {
    /// It waits for the next word.
    Ready,
    /// It has the database open; whether it was the host then, and how many nanoseconds that took.
    Opened { host: bool, took: u64 },
    /// It has become the host.
    Host,
    /// It begins to close, at this time.
    Closing(u64),
    /// It has closed.
    Closed,
    /// What it does with the counters.
    Note(Note),
    /// It waits for another value than this.
    Armed(u64),
    /// It saw this value.
    Seen(u64),
    /// What became of what it was told to do: an error's number, and a result.
    Answer(i32, String),
    /// What it does on the threads of a history.
    Event(plinth_testkit::history::Event),
    /// Something is wrong.
    Failed(String),
}
