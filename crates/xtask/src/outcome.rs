//! How a task ended.

use std::error::Error;

/// What a task says when it went well, or why it failed.
pub type Outcome = Result<String, Failure>;

/// A failed task, told so that the reader can act on it.
pub struct Failure {
    /// One sentence.
    pub what: String,
    /// The places, one a line.
    pub details: Vec<String>,
    /// The command or the step that repairs it.
    pub repair: String,
}

impl Failure {
    /// A failure with its places.
    pub fn new(what: impl Into<String>, details: Vec<String>, repair: impl Into<String>) -> Self {
        Self { what: what.into(), details, repair: repair.into() }
    }
}

/// A tool or a file that the task needs did not work.
impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(
            error.into().to_string(),
            Vec::new(),
            "the message above names the file or the tool; `make setup` installs tools",
        )
    }
}

/// `Ok` with the note if there is nothing to complain about.
pub fn judge(note: String, what: &str, complaints: Vec<String>, repair: &str) -> Outcome {
    if complaints.is_empty() {
        return Ok(note);
    }
    Err(Failure::new(format!("{what}: {}", complaints.len()), complaints, repair))
}
