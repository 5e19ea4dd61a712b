//! Enumerations of the header.

use plinth_api::{Code, Durability, Error};

/// What an acknowledged commit has survived.
///
/// The type in structs and calls is `int32_t`, so that a wrong number is an error and not
/// undefined behaviour.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_durability {
    /// What the database was opened with; for a database, PLINTH_DURABILITY_SYNC.
    PLINTH_DURABILITY_DEFAULT = 0,
    /// On disk: the machine may lose power.
    PLINTH_DURABILITY_SYNC = 1,
    /// With the operating system: the process may be killed, but a machine that fails may lose
    /// the newest commits. Never a part of one, and never one without all after it.
    PLINTH_DURABILITY_BUFFERED = 2,
}

/// A C `bool` as it arrives: any byte, of which only zero is false. Rust's own `bool` would be
/// undefined behaviour for a byte that is neither 0 nor 1. The header says `bool`.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct CBool(u8);

impl CBool {
    /// Whether it is true.
    pub(crate) fn get(self) -> bool {
        self.0 != 0
    }
}

/// Maps a C durability to ours; `None` is the default.
pub(crate) fn durability(number: i64) -> Result<Option<Durability>, Error> {
    match number {
        0 => Ok(None),
        1 => Ok(Some(Durability::Sync)),
        2 => Ok(Some(Durability::Buffered)),
        _ => Err(Error::new(Code::INVALID_OPTION_VALUE).context(format!("{number} is not a plinth_durability"))),
    }
}
