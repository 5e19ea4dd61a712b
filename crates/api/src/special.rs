//! The special keys: which modules there are, and what may be asked of them (section 9 of the
//! rules). What they say about a transaction is gathered by the backend.
//!
//! Special keys are computed when they are read. They are never stored.

use crate::key::{is_special, END_OF_SPECIAL_KEYS, END_OF_SYSTEM_KEYS};
use crate::{Code, Error, Result};

/// A module: the special keys in `[begin, end)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// What it tells.
    pub kind: Kind,
    /// First key.
    pub begin: &'static [u8],
    /// First key past it.
    pub end: &'static [u8],
}

/// What a module tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The conflict ranges of the transaction.
    Transaction,
    /// Where the database is.
    Place,
    /// The id of the database.
    Id,
    /// The state of the database, as JSON.
    Status,
    /// Nothing: it stands for what only a cluster has.
    Empty,
}

/// Read conflict ranges of the transaction.
pub const READ_CONFLICTS: &[u8] = b"\xff\xff/transaction/read_conflict_range/";
/// Write conflict ranges of the transaction.
pub const WRITE_CONFLICTS: &[u8] = b"\xff\xff/transaction/write_conflict_range/";
/// Read conflict ranges that others wrote in.
pub const CONFLICTING_KEYS: &[u8] = b"\xff\xff/transaction/conflicting_keys/";

/// All modules, in order.
pub const MODULES: [Module; 12] = [
    module(Kind::Place, b"\xff\xff/cluster_file_path", b"\xff\xff/cluster_file_path\0"),
    module(Kind::Id, b"\xff\xff/cluster_id", b"\xff\xff/cluster_id\0"),
    module(Kind::Empty, b"\xff\xff/configuration/", b"\xff\xff/configuration0"),
    module(Kind::Place, b"\xff\xff/connection_string", b"\xff\xff/connection_string\0"),
    module(Kind::Empty, b"\xff\xff/error_message", b"\xff\xff/error_message\0"),
    module(Kind::Empty, b"\xff\xff/global_config/", b"\xff\xff/global_config0"),
    module(Kind::Empty, b"\xff\xff/management/", b"\xff\xff/management0"),
    module(Kind::Empty, b"\xff\xff/metrics/", b"\xff\xff/metrics0"),
    module(Kind::Status, b"\xff\xff/status/json", b"\xff\xff/status/json\0"),
    module(Kind::Empty, b"\xff\xff/tracing/", b"\xff\xff/tracing0"),
    module(Kind::Transaction, b"\xff\xff/transaction/", b"\xff\xff/transaction0"),
    module(Kind::Empty, b"\xff\xff/worker_interfaces/", b"\xff\xff/worker_interfaces0"),
];

const fn module(kind: Kind, begin: &'static [u8], end: &'static [u8]) -> Module {
    Module { kind, begin, end }
}

/// Key-value pairs in order.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Refuses a write of a special key: there is none that can be written (rule SPEC-3).
pub fn check_write(key: &[u8], enabled: bool) -> Result<()> {
    match (is_special(key), enabled) {
        (false, _) => Ok(()),
        (true, false) => Err(Error::new(Code::SPECIAL_KEYS_WRITE_DISABLED)),
        (true, true) => Err(Error::new(Code::SPECIAL_KEYS_NO_WRITE_MODULE_FOUND)),
    }
}

/// The same for a range that is cleared, which may not lie in two modules either.
pub fn check_clear(begin: &[u8], end: &[u8], enabled: bool) -> Result<()> {
    if !(END_OF_SYSTEM_KEYS..=END_OF_SPECIAL_KEYS).contains(&end) {
        return Ok(());
    }
    let crosses = |error: &Error| error.code() == Code::SPECIAL_KEYS_CROSS_MODULE_READ;
    if enabled && is_special(begin) && modules(begin, end, false).is_err_and(|error| crosses(&error)) {
        return Err(Error::new(Code::SPECIAL_KEYS_CROSS_MODULE_CLEAR));
    }
    check_write(begin, enabled)
}

/// The modules that a read from `begin` to `end` may see: the one that both lie in, or all if the
/// transaction is relaxed about it (rule SPEC-2).
pub fn modules(begin: &[u8], end: &[u8], relaxed: bool) -> Result<&'static [Module]> {
    if relaxed {
        return Ok(&MODULES);
    }
    let at = MODULES.partition_point(|module| *module.end <= *begin);
    match MODULES.get(at).filter(|module| *module.begin <= *begin) {
        Some(module) if *end <= *module.end => Ok(&MODULES[at..=at]),
        Some(_) => Err(Error::new(Code::SPECIAL_KEYS_CROSS_MODULE_READ)),
        // Between two modules.
        None if MODULES.get(at).is_some_and(|next| *end > *next.begin) => {
            Err(Error::new(Code::SPECIAL_KEYS_CROSS_MODULE_READ))
        }
        None => Err(Error::new(Code::SPECIAL_KEYS_NO_MODULE_FOUND)),
    }
}

/// Adds conflict ranges to `rows` as their encoding has it: the first key of each range is "1", the
/// first key after it "0" (rule SPEC-4). The ranges are in order and do not touch.
pub fn encode(rows: &mut Rows, prefix: &[u8], ranges: impl Iterator<Item = (Vec<u8>, Vec<u8>)>) {
    for (begin, end) in ranges {
        rows.push(([prefix, &begin].concat(), b"1".to_vec()));
        rows.push(([prefix, &end].concat(), b"0".to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SPEC-2: a read lies in one module.
    #[test]
    fn a_read_lies_in_one_module() {
        assert!(MODULES.windows(2).all(|pair| pair[0].end <= pair[1].begin));
        let code = |begin: &[u8], end: &[u8]| modules(begin, end, false).err().map_or(0, |error| error.code().number());
        assert_eq!(code(b"\xff\xff/transaction/", b"\xff\xff/transaction0"), 0);
        assert_eq!(code(b"\xff\xff/transaction/", b"\xff\xff/transaction1"), 2112);
        assert_eq!(code(b"\xff\xff/status/json", b"\xff\xff/status/json\0"), 0);
        assert_eq!(code(b"\xff\xff/nothing", b"\xff\xff/nothing\0"), 2113);
        assert_eq!(code(b"\xff\xff", b"\xff\xff\xff"), 2112);
        assert_eq!(code(b"\xff\xff/zzz", b"\xff\xff\xff"), 2113);
        assert_eq!(modules(b"\xff\xff", b"\xff\xff\xff", true).map(<[Module]>::len).ok(), Some(MODULES.len()));
    }
}
