//! Sizes and bounds of keys and values, each with the rule it follows.

use plinth_api::{
    key::{printable, END_OF_KEYS},
    Code, DatabaseOptions, Error, KeySelector, Result,
};

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

/// Rule DATA-5, `get`: a key at the end of the key space can't be read.
pub fn check_read_key(key: &[u8]) -> Result<()> {
    check(key < END_OF_KEYS, key)
}

/// Rule DATA-5, `set` and `clear`.
pub fn check_write_key(key: &[u8]) -> Result<()> {
    check(key < END_OF_KEYS, key)
}

/// Rule DATA-5, selectors: the end of the key space itself is allowed.
pub fn check_selector(selector: &KeySelector) -> Result<()> {
    check(selector.key.as_slice() <= END_OF_KEYS, &selector.key)
}

/// Rule CONF-10: a range begins at or before its end.
pub fn check_order(begin: &[u8], end: &[u8]) -> Result<()> {
    if begin <= end {
        return Ok(());
    }
    let text = format!("begin \"{}\", end \"{}\"", printable(begin), printable(end));
    Err(Error::new(Code::INVERTED_RANGE).context(text))
}

/// Rule DATA-5, ranges: both ends may be the end of the key space.
pub fn check_range(begin: &[u8], end: &[u8]) -> Result<()> {
    check(begin <= END_OF_KEYS, begin)?;
    check(end <= END_OF_KEYS, end)
}

/// Rules LIM-1, LIM-2 and DATA-5, `set`.
pub fn check_write(key: &[u8], value: &[u8], options: &DatabaseOptions) -> Result<()> {
    check_write_key(key)?;
    if key.len() > options.key_size_limit {
        let text = format!("it has {} bytes, allowed are {}", key.len(), options.key_size_limit);
        return Err(Error::new(Code::KEY_TOO_LARGE).context(text));
    }
    if value.len() > options.value_size_limit {
        let text = format!(
            "key \"{}\": it has {} bytes, allowed are {}",
            printable(key),
            value.len(),
            options.value_size_limit
        );
        return Err(Error::new(Code::VALUE_TOO_LARGE).context(text));
    }
    Ok(())
}

/// Longest key that a read looks for (rule LIM-3).
pub fn longest_readable(options: &DatabaseOptions) -> usize {
    options.key_size_limit + READ_SLACK
}

/// An over-long bound is cut to one byte more than any key can have (rule LIM-3).
pub fn cut<'a>(key: &'a [u8], options: &DatabaseOptions) -> &'a [u8] {
    &key[..key.len().min(longest_readable(options) + 1)]
}

/// The same for a selector's key.
pub fn cut_selector(mut selector: KeySelector, options: &DatabaseOptions) -> KeySelector {
    selector.key.truncate(longest_readable(options) + 1);
    selector
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
        ("max_queued_commits", options.max_queued_commits as u128, 1, u128::from(u32::MAX)),
    ];
    match bounds.iter().find(|(_, value, least, most)| !(least..=most).contains(&value)) {
        None => Ok(()),
        Some((name, value, least, most)) => {
            let text = format!("{name} is {value}, allowed is {least} to {most}");
            Err(Error::new(Code::INVALID_OPTION_VALUE).context(text))
        }
    }
}

fn check(legal: bool, key: &[u8]) -> Result<()> {
    if legal {
        return Ok(());
    }
    Err(Error::new(Code::KEY_OUTSIDE_LEGAL_RANGE).context(format!("key \"{}\"", printable(key))))
}
