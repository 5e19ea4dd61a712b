//! How a command ends, and what the process returns for it.

use std::io;

use plinth_api::{Code, Error};
use serde_json::{json, Value};

use crate::text;

/// A command that did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It did.
    Yes,
    /// There is no such key.
    No,
}

/// The outcome of a command.
pub type Outcome = Result<Found, Failure>;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The command itself is wrong.
    Usage(String),
    /// The database said no.
    Database(Error),
    /// Reading or writing a file, or the standard output, failed.
    Io(String, io::Error),
    /// What was looked at is damaged.
    Damaged(String),
    /// Somebody pressed Ctrl-C.
    Interrupted,
    /// Nobody reads the standard output any more.
    Closed,
}

impl Failure {
    /// Wrong arguments.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// What the process returns.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Database(error) if is_damage(error.code()) => 4,
            Self::Database(error) if error.code() == Code::INVALID_OPTION_VALUE => 2,
            Self::Damaged(_) => 4,
            Self::Database(_) | Self::Io(..) => 1,
            Self::Interrupted => 130,
            Self::Closed => 141,
        }
    }

    /// What to tell people; `None` if there is nothing to tell.
    pub fn message(&self) -> Option<String> {
        match self {
            Self::Usage(text) => Some(text.clone()),
            Self::Database(error) => Some(match advice(error.code()) {
                Some(advice) => format!("{}; {advice}", text::safe(&error.story())),
                None => text::safe(&error.story()),
            }),
            Self::Io(doing, error) => Some(format!("{}: {error}", text::safe(doing))),
            Self::Damaged(text) => Some(text::safe(text)),
            Self::Interrupted => Some("interrupted".to_owned()),
            Self::Closed => None,
        }
    }

    /// What to tell programs.
    pub fn json(&self) -> Value {
        let kind = match self {
            Self::Usage(_) => "usage",
            Self::Database(_) => "database",
            Self::Io(..) => "io",
            Self::Damaged(_) => "damaged",
            Self::Interrupted => "interrupted",
            Self::Closed => "closed",
        };
        let mut told = json!({ "kind": kind, "status": self.status(), "message": self.message() });
        if let Self::Database(error) = self {
            let code = error.code();
            told["code"] = code.number().into();
            told["name"] = code.name().into();
            told["description"] = code.description().into();
            told["circumstances"] = error.circumstances().into();
            told["retryable"] = code.is_retryable().into();
            told["maybe_committed"] = code.is_maybe_committed().into();
            told["advice"] = advice(code).into();
        }
        json!({ "error": told })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.code() {
            // A command that was cancelled by Ctrl-C.
            Code::OPERATION_CANCELLED if crate::interrupt::seen() => Self::Interrupted,
            _ => Self::Database(error),
        }
    }
}

/// Whether an error says that files are not what they were.
fn is_damage(code: Code) -> bool {
    matches!(
        code,
        Code::FILE_CORRUPT | Code::CHECKSUM_FAILED | Code::COMMITS_LOST | Code::BACKUP_DAMAGED | Code::DUMP_DAMAGED
    )
}

/// What somebody at a terminal can do about an error.
fn advice(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::DATABASE_MISSING => "check the path; --create makes a database there",
        Code::NOT_COMMITTED => "another transaction changed what this one read: do it again",
        Code::COMMIT_UNKNOWN_RESULT => "look whether it is there before you do it again",
        Code::TRANSACTION_TOO_OLD => "what takes longer than the window of old versions is for dump",
        Code::KEY_OUTSIDE_LEGAL_RANGE => "for keys from \\xff on: option on ACCESS_SYSTEM_KEYS",
        Code::FILE_CORRUPT | Code::COMMITS_LOST => {
            "copy the directory first; --read-only opens it to save what can be read, plinth repair makes it whole"
        }
        Code::DATABASE_LOCKED => "status tells under which id, and unlock takes the lock away",
        Code::LOCK_FILE_FAILURE => "that process must end, or open it without exclusive and read-only",
        Code::UPKEEP_UNDER_WAY => "there is one at a time: wait until that one ends",
        Code::TARGET_EXISTS => "nothing is replaced: choose another name, or remove it first",
        Code::KEYSPACE_NOT_FOUND => "keyspaces lists those that there are",
        _ => return None,
    })
}
