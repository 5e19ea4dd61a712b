//! Errors: a number, and what it was about.
//!
//! An error that is part of ordinary life (a conflict) allocates nothing; one that somebody has
//! to read carries its context and the cause it came from.

use std::error::Error as StdError;
use std::fmt;

use crate::error_table::{self, Entry, OnError, Retry};

/// An error number of the table in `schema/errors.toml`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub(crate) i32);

/// The result of every call of this crate's traits.
pub type Result<T> = std::result::Result<T, Error>;

/// An error with its story.
#[derive(thiserror::Error)]
#[error("{}", self.story())]
pub struct Error {
    code: Code,
    detail: Option<Box<Detail>>,
}

struct Detail {
    context: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Code {
    /// The code with this number, whether the table knows it or not.
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// The number as C sees it.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Whether the table has it.
    pub fn is_known(self) -> bool {
        self.entry().is_some()
    }

    /// Its name, such as `not_committed`; `unknown_error` for numbers outside the table.
    pub fn name(self) -> &'static str {
        self.entry().map_or("unknown_error", |entry| entry.name)
    }

    /// One English sentence.
    pub fn description(self) -> &'static str {
        self.entry().map_or("An unknown error occurred", |entry| entry.text)
    }

    /// Whether a retry loop may try again (rule ERRC-2, the union of both sets).
    pub fn is_retryable(self) -> bool {
        self.entry().is_some_and(|entry| entry.retry != Retry::No)
    }

    /// Whether the commit may have happened in spite of the error.
    pub fn is_maybe_committed(self) -> bool {
        self.entry().is_some_and(|entry| entry.retry == Retry::Maybe)
    }

    /// Whether it is retryable and the commit certainly did not happen.
    pub fn is_retryable_not_committed(self) -> bool {
        self.entry().is_some_and(|entry| entry.retry == Retry::Yes)
    }

    /// How `on_error` treats it; `None` where it does not retry (rule ERRH-1).
    pub fn on_error(self) -> Option<OnError> {
        self.entry().map(|entry| entry.on_error).filter(|kind| *kind != OnError::None)
    }

    fn entry(self) -> Option<&'static Entry> {
        let table = error_table::TABLE;
        table.binary_search_by_key(&self.0, |entry| entry.number).ok().map(|at| &table[at])
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}

impl Error {
    /// An error without a story.
    pub const fn new(code: Code) -> Self {
        Self { code, detail: None }
    }

    /// Adds what was being done; the newest context is told first.
    #[must_use]
    pub fn context(mut self, context: impl Into<String>) -> Self {
        match &mut self.detail {
            Some(detail) => detail.context = format!("{}: {}", context.into(), detail.context),
            None => self.detail = Some(Box::new(Detail { context: context.into(), source: None })),
        }
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        let source = Some(Box::new(source) as Box<dyn StdError + Send + Sync>);
        match &mut self.detail {
            Some(detail) => detail.source = source,
            None => self.detail = Some(Box::new(Detail { context: String::new(), source })),
        }
        self
    }

    /// The number.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The error that caused this one.
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.detail.as_ref()?.source.as_deref()
    }

    /// Number, name, sentence, context and the chain of causes in one line.
    pub fn story(&self) -> String {
        let text = format!("{} ({}): {}", self.code.name(), self.code.0, self.code.description());
        match self.circumstances() {
            about if about.is_empty() => text,
            about => format!("{text}; {about}"),
        }
    }

    /// Context and the chain of causes in one line; empty if there are none.
    pub fn circumstances(&self) -> String {
        let Some(detail) = &self.detail else {
            return String::new();
        };
        let mut parts = Vec::new();
        if !detail.context.is_empty() {
            parts.push(detail.context.clone());
        }
        let mut cause = detail.source.as_deref().map(|source| source as &dyn StdError);
        while let Some(source) = cause {
            parts.push(format!("caused by: {source}"));
            cause = source.source();
        }
        parts.join("; ")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.story())
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        let table = error_table::TABLE;
        assert!(table.windows(2).all(|pair| pair[0].number < pair[1].number));
        assert!(table.iter().all(|entry| !entry.name.is_empty() && !entry.text.is_empty()));
    }

    #[test]
    fn predicates_follow_the_rules() {
        // ERRC-2: the union of the 7.1 and 7.3 sets and our own, and the two that may have committed.
        let sure: Vec<i32> = (0..10_000).filter(|n| Code(*n).is_retryable_not_committed()).collect();
        assert_eq!(sure, [1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1223, 2137, 9017, 9031]);
        let maybe: Vec<i32> = (0..10_000).filter(|n| Code(*n).is_maybe_committed()).collect();
        assert_eq!(maybe, [1021, 1039]);
    }

    #[test]
    fn the_story_tells_context_and_causes() {
        let cause = std::io::Error::other("disk on fire");
        let error = Error::new(Code::IO_ERROR).context("key a").context("commit").caused_by(cause);
        assert_eq!(
            error.story(),
            "io_error (1510): Reading or writing the disk failed; commit: key a; caused by: disk on fire"
        );
    }
}
