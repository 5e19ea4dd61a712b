//! One error type: a sentence, with what was being done in front of it. Relies on nothing.

use std::fmt::{self, Display};

/// What went wrong, in words.
#[derive(Debug)]
pub struct Error(String);

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Puts what was being done in front of an error.
pub trait Context<T> {
    /// `Err("words: the error")` if there was one.
    fn context(self, words: impl Display) -> Result<T>;
}

impl<T, E: Display> Context<T> for std::result::Result<T, E> {
    fn context(self, words: impl Display) -> Result<T> {
        self.map_err(|error| Error(format!("{words}: {error}")))
    }
}
