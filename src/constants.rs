//! Enumerations of the header.

use plinth_api::{Code, Durability, Error, Preset};

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

/// What a database spends memory and processor time on. It says nothing about what is stored: any database
/// opens with any of them, and its tables change over as they are compacted. Safety is the same with all.
///
/// The type in structs is `int32_t`, so that a wrong number is an error and not undefined behaviour.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum plinth_preset {
    /// PLINTH_PRESET_BALANCED.
    PLINTH_PRESET_DEFAULT = 0,
    /// For reads and writes alike.
    PLINTH_PRESET_BALANCED = 1,
    /// For programs with little memory to give: a memory budget of 64 MiB unless another is given, small write
    /// buffers and at most two background threads. Long loads take more processor time.
    PLINTH_PRESET_SMALL_MEMORY = 2,
    /// For programs that mostly read: more of the memory budget is cache, new tables are merged
    /// sooner, and what is stored is compressed lightly. Reads from the disk take less processor time;
    /// files are larger and writes cost more.
    PLINTH_PRESET_READ_HEAVY = 3,
    /// For loads and for programs that change much: up to half of the memory budget is write buffers, tables
    /// are merged later and compressed lightly. Writes take less processor time; files are larger, reads look into
    /// more of them, and an open after a crash has twice as much log to read.
    PLINTH_PRESET_WRITE_HEAVY = 4,
}

/// Maps a C preset to ours.
pub(crate) fn preset(number: i32) -> Result<Preset, Error> {
    match number {
        0 | 1 => Ok(Preset::Balanced),
        2 => Ok(Preset::SmallMemory),
        3 => Ok(Preset::ReadHeavy),
        4 => Ok(Preset::WriteHeavy),
        _ => Err(Error::new(Code::INVALID_OPTION_VALUE).context(format!("{number} is not a plinth_preset"))),
    }
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
