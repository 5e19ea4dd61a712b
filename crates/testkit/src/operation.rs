//! Steps of a run in which several transactions take turns.

use std::fmt;

use plinth_api::{DatabaseOption, TransactionOption};

use crate::call::Call;

/// A step: what is done, and by which of the open transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The transaction's place.
    pub slot: usize,
    /// What is done.
    pub action: Action,
}

/// What is done in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Puts a new transaction in the slot.
    Begin,
    /// A read or a write.
    Call(Call),
    /// `set_option`
    SetOption(TransactionOption),
    /// `set_option` of the database, for transactions that begin or are reset later.
    SetDefault(DatabaseOption),
    /// `read_version`
    ReadVersion,
    /// `set_read_version`
    SetReadVersion(VersionChoice),
    /// `commit`
    Commit,
    /// `committed_version`
    CommittedVersion,
    /// `reset`
    Reset,
    /// `cancel`
    Cancel,
    /// `on_error` with this number.
    OnError(i32),
}

/// A version named by what it is, so that a run means the same on any database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionChoice {
    /// Not a version.
    Zero,
    /// Not a version either.
    Negative,
    /// Version 1, older than every database.
    One,
    /// The version that many back in the list of known ones.
    Recent(usize),
    /// The version after that one, at which there may have been no commit.
    AfterRecent(usize),
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}.", self.slot)?;
        match &self.action {
            Action::Call(call) => write!(f, "{call}"),
            Action::SetOption(option) => write!(f, "set_option({option:?})"),
            Action::SetDefault(option) => write!(f, "database.set_option({option:?})"),
            Action::Begin => f.write_str("begin"),
            Action::ReadVersion => f.write_str("read_version"),
            Action::SetReadVersion(choice) => write!(f, "set_read_version({choice:?})"),
            Action::Commit => f.write_str("commit"),
            Action::CommittedVersion => f.write_str("committed_version"),
            Action::Reset => f.write_str("reset"),
            Action::Cancel => f.write_str("cancel"),
            Action::OnError(number) => write!(f, "on_error({number})"),
        }
    }
}
