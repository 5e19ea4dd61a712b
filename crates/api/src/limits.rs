//! Sizes and bounds of keys and values, each with the rule it follows.

use crate::key::{is_successor, printable, END_OF_KEYS, METADATA_VERSION};
use crate::{Code, DatabaseOptions, Error, KeySelector, Mutation, Result};

/// How far the bounds of an option may be stretched.
pub const LARGEST_KEY: usize = 1 << 20;
/// Largest value limit.
pub const LARGEST_VALUE: usize = 256 << 20;
/// Largest transaction limit.
pub const LARGEST_TRANSACTION: i64 = 1 << 30;
/// Smallest memory budget: below it RocksDB can't work.
pub const SMALLEST_BUDGET: usize = 16 << 20;
/// Keyspaces at most; each costs memory for its write buffer.
pub const MOST_KEYSPACES: usize = 1_000;
/// Keys that are read may be a little longer than those that can be written (rule LIM-3).
const READ_SLACK: usize = 8;

/// Largest system key (rule LIM-1).
const LARGEST_SYSTEM_KEY: usize = 30_000;
/// The operand that the metadata version is written with (rule SPEC-10).
const METADATA_OPERAND: &[u8] = &[0; 14];

/// What keys a transaction may use: the database's limits, and those that options of the
/// transaction move (rules DATA-4 and LIM-1).
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The end of the keys that can be read.
    pub max_read: &'static [u8],
    /// The end of the keys that can be written.
    pub max_write: &'static [u8],
    /// Whether keys may be as long as stored ones can be.
    pub raw: bool,
    /// Longest key that can be written.
    pub key_size: usize,
    /// Longest value.
    pub value_size: usize,
    /// Whether only what a cluster takes may be written.
    pub portable: bool,
}

impl Bounds {
    /// The bounds of a transaction without options.
    pub fn new(options: &DatabaseOptions) -> Self {
        Self {
            max_read: END_OF_KEYS,
            max_write: END_OF_KEYS,
            raw: false,
            key_size: options.key_size_limit,
            value_size: options.value_size_limit,
            portable: options.portable,
        }
    }

    /// Rule DATA-5, `get` and `watch`: a key at the end of the key space can't be read, but for one.
    #[inline]
    pub fn check_read_key(&self, key: &[u8]) -> Result<()> {
        match is_plain(key) {
            true => Ok(()),
            false => check(key < self.max_read || key == METADATA_VERSION, key),
        }
    }

    /// Rule DATA-5, selectors: the end of the key space itself is allowed.
    pub fn check_selector(&self, selector: &KeySelector) -> Result<()> {
        check(selector.key.as_slice() <= self.max_read, &selector.key)
    }

    /// Rule DATA-5, read conflict ranges: both ends may be the end of the key space.
    pub fn check_read_range(&self, begin: &[u8], end: &[u8]) -> Result<()> {
        if begin == METADATA_VERSION && is_successor(begin, end) {
            return Ok(());
        }
        check(begin <= self.max_read, begin)?;
        check(end <= self.max_read, end)
    }

    /// Rule DATA-5, cleared ranges and write conflict ranges.
    pub fn check_write_range(&self, begin: &[u8], end: &[u8]) -> Result<()> {
        check(begin <= self.max_write, begin)?;
        check(end <= self.max_write, end)
    }

    /// Rule DATA-5, `set`, `clear` and `atomic_op`.
    #[inline]
    pub fn check_write_key(&self, key: &[u8]) -> Result<()> {
        match is_plain(key) {
            true => Ok(()),
            false => check(key < self.max_write, key),
        }
    }

    /// Rules SPEC-10, LIM-1, LIM-2 and DATA-5, `set`.
    pub fn check_set(&self, key: &[u8], value: &[u8]) -> Result<()> {
        if key == METADATA_VERSION {
            return Err(only_stamped());
        }
        self.check_write_key(key)?;
        self.check_sizes(key, value)
    }

    /// What the place of keyspaces in a cluster means for a key that is written.
    pub fn check_portable(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        match (self.portable, keyspace) {
            (false, _) => Ok(()),
            (true, 0) => cluster::check_key(key),
            (true, _) => cluster::check_length(key),
        }
    }

    /// The same for `atomic_op`, and rule VST-4.
    pub fn check_atomic(&self, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        if key == METADATA_VERSION {
            let legal = mutation == Mutation::SetVersionstampedValue && operand == METADATA_OPERAND;
            return if legal { Ok(()) } else { Err(only_stamped()) };
        }
        self.check_write_key(key)?;
        self.check_sizes(key, operand)?;
        let placed = match mutation {
            Mutation::SetVersionstampedKey => stamp_place(key).is_some(),
            Mutation::SetVersionstampedValue => stamp_place(operand).is_some(),
            _ => true,
        };
        if placed {
            return Ok(());
        }
        let text = format!("key \"{}\": the offset of its versionstamp leads outside", printable(key));
        Err(Error::new(Code::CLIENT_INVALID_OPERATION).context(text))
    }

    /// Rules LIM-1 and LIM-3, `watch`.
    pub fn check_key_size(&self, key: &[u8]) -> Result<()> {
        let longest = match key.first() {
            Some(0xff) => self.key_size.max(LARGEST_SYSTEM_KEY),
            _ if self.raw => self.key_size + READ_SLACK,
            _ => self.key_size,
        };
        if key.len() <= longest {
            return Ok(());
        }
        let text = format!("it has {} bytes, allowed are {longest}", key.len());
        Err(Error::new(Code::KEY_TOO_LARGE).context(text))
    }

    fn check_sizes(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.check_key_size(key)?;
        if value.len() <= self.value_size {
            return Ok(());
        }
        let (key, length) = (printable(key), value.len());
        let text = format!("key \"{key}\": it has {length} bytes, allowed are {}", self.value_size);
        Err(Error::new(Code::VALUE_TOO_LARGE).context(text))
    }

    /// Longest key that a read looks for (rule LIM-3).
    #[inline]
    pub fn longest_readable(&self, key: &[u8]) -> usize {
        match key.first() {
            Some(0xff) => self.key_size.max(LARGEST_SYSTEM_KEY),
            _ => self.key_size + READ_SLACK,
        }
    }

    /// Longest key or bound that any transaction asks a database for, whatever its options.
    pub fn longest_asked(&self) -> usize {
        self.key_size.max(LARGEST_SYSTEM_KEY) + READ_SLACK + 1
    }

    /// An over-long bound is cut to one byte more than any key can have (rule LIM-3).
    pub fn cut<'a>(&self, key: &'a [u8]) -> &'a [u8] {
        &key[..key.len().min(self.longest_readable(key) + 1)]
    }

    /// The same for a selector's key.
    pub fn cut_selector(&self, mut selector: KeySelector) -> KeySelector {
        selector.key.truncate(self.longest_readable(&selector.key) + 1);
        selector
    }
}

fn only_stamped() -> Error {
    let text = "the metadata version is written by a versionstamped value of 14 zero bytes only";
    Error::new(Code::CLIENT_INVALID_OPERATION).context(text)
}

/// Bytes of the offset that follows a key or value with a place for a stamp (rule VST-2).
pub const STAMP_OFFSET: usize = 4;
/// Bytes of a versionstamp (rule VST-1).
pub const STAMP: usize = 10;
/// Names of keyspaces that begin with this are kept for the backend.
const RESERVED: &str = "plinth.";

/// Splits the offset off a key or value with a place for a stamp; `None` if it leads outside (rule
/// VST-4).
pub fn stamp_place(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (rest, offset) = bytes.split_at_checked(bytes.len().checked_sub(STAMP_OFFSET)?)?;
    let offset = i32::from_le_bytes(offset.try_into().ok()?);
    let offset = usize::try_from(offset).ok()?;
    (offset + STAMP <= rest.len()).then_some((rest, offset))
}

/// Refuses what can't be the name of a keyspace.
pub fn check_keyspace_name(name: &str) -> Result<()> {
    let why = match name {
        "" => "it is empty",
        _ if name.len() > 255 => "it is longer than 255 bytes",
        _ if name.starts_with(RESERVED) => "names beginning with \"plinth.\" are reserved",
        _ => return Ok(()),
    };
    Err(Error::new(Code::INVALID_KEYSPACE_NAME).context(why))
}

/// Rule CONF-10: a range begins at or before its end.
pub fn check_order(begin: &[u8], end: &[u8]) -> Result<()> {
    if begin <= end {
        return Ok(());
    }
    let text = format!("begin \"{}\", end \"{}\"", printable(begin), printable(end));
    Err(Error::new(Code::INVERTED_RANGE).context(text))
}

/// Where a cluster has its keyspaces: in prefixes of its keys, which leaves less room for others.
pub mod cluster {
    use super::{printable, Code, DatabaseOptions, Error, Result, END_OF_KEYS};

    /// Keys from here to `\xff` are kept for keyspaces.
    pub const RESERVED: &[u8] = b"\xfe\xff\xff";
    /// Bytes that every key of a keyspace other than the default one begins with.
    pub const PREFIX: usize = RESERVED.len() + 4;
    /// Bytes that each mutation counts for beside its key and value, at most (rule LIM-5, 7.3).
    pub const HEADER: usize = 44;
    /// The longest key that a cluster takes from a transaction with raw access (rule LIM-1).
    pub const LONGEST_KEY: usize = 10_008;

    /// Refuses keys of the default keyspace that belong to others.
    #[inline]
    pub fn check_key(key: &[u8]) -> Result<()> {
        match super::is_plain(key) || !(RESERVED..END_OF_KEYS).contains(&key) {
            true => Ok(()),
            false => Err(of_another(key)),
        }
    }

    #[cold]
    fn of_another(key: &[u8]) -> Error {
        let text =
            format!("key \"{}\": keys from \\xfe\\xff\\xff to \\xff hold the keyspaces of a cluster", printable(key));
        Error::new(Code::KEY_OUTSIDE_LEGAL_RANGE).context(text)
    }

    /// Refuses keys of other keyspaces that have no room for the prefix.
    pub fn check_length(key: &[u8]) -> Result<()> {
        let most = LONGEST_KEY - PREFIX;
        if key.len() <= most {
            return Ok(());
        }
        let text = format!("it has {} bytes, allowed in a keyspace of a cluster are {most}", key.len());
        Err(Error::new(Code::KEY_TOO_LARGE).context(text))
    }

    /// Refuses options that a cluster can't follow.
    pub fn check_options(options: &DatabaseOptions) -> Result<()> {
        let most = DatabaseOptions::default();
        let beyond = [
            ("window", options.window > most.window),
            ("key_size_limit", options.key_size_limit > most.key_size_limit),
            ("value_size_limit", options.value_size_limit > most.value_size_limit),
            ("transaction_size_limit", options.transaction.size_limit > most.transaction.size_limit),
        ];
        match beyond.iter().find(|(_, beyond)| *beyond) {
            None => Ok(()),
            Some((name, _)) => {
                let text = format!("{name} is larger than a cluster allows");
                Err(Error::new(Code::INVALID_OPTION_VALUE).context(text))
            }
        }
    }
}

/// Checks the bounds of options that are no transaction options.
pub fn check_options(options: &DatabaseOptions) -> Result<()> {
    let bounds = [
        ("memory_budget", options.memory_budget as u128, SMALLEST_BUDGET as u128, u128::from(u64::MAX)),
        ("window in milliseconds", options.window.as_millis(), 5_000, 600_000),
        ("key_size_limit", options.key_size_limit as u128, 1, LARGEST_KEY as u128),
        ("value_size_limit", options.value_size_limit as u128, 1, LARGEST_VALUE as u128),
        ("transaction_size_limit", options.transaction.size_limit.max(0) as u128, 32, LARGEST_TRANSACTION as u128),
        ("max_transactions", options.max_transactions as u128, 1, u128::from(u32::MAX)),
        ("retain_versions", options.retain_versions as u128, 0, u128::from(u32::MAX)),
        ("max_queued_commits", options.max_queued_commits as u128, 1, u128::from(u32::MAX)),
    ];
    match bounds.iter().find(|(_, value, least, most)| !(least..=most).contains(&value)) {
        None if options.portable => cluster::check_options(options),
        None => Ok(()),
        Some((name, value, least, most)) => {
            let text = format!("{name} is {value}, allowed is {least} to {most}");
            Err(Error::new(Code::INVALID_OPTION_VALUE).context(text))
        }
    }
}

/// Whether a key lies below every bound there is, as nearly all do: one look at its first byte spares comparisons.
#[inline]
fn is_plain(key: &[u8]) -> bool {
    key.first().is_none_or(|first| *first < cluster::RESERVED[0])
}

fn check(legal: bool, key: &[u8]) -> Result<()> {
    if legal {
        return Ok(());
    }
    Err(Error::new(Code::KEY_OUTSIDE_LEGAL_RANGE).context(format!("key \"{}\"", printable(key))))
}
