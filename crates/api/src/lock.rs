//! The lock of a database: where it lies, and how it is taken and given back.
//!
//! It lies where FoundationDB's does, and looks like it: the key [`LOCK_KEY`] holds ten bytes of a versionstamp
//! and the id. So whoever sets or clears that key, with the options `ACCESS_SYSTEM_KEYS` and `LOCK_AWARE`, locks or
//! unlocks the database too; and what is done here works over every backend.

use std::time::{Duration, Instant};

use crate::key::END_OF_KEYS;
use crate::{Code, Database, Durability, Error, Mutation, Result, Transaction, TransactionOption};

/// Where the lock lies, in the default keyspace.
pub const LOCK_KEY: &[u8] = b"\xff/dbLocked";
/// Bytes before the id.
const STAMP: usize = 10;
/// How often what failed is tried again.
const RETRIES: i64 = 20;
/// Tries in a row that find a database locked before a retry loop gives up: half a minute with the delays that
/// FoundationDB has by default.
const MOST_TRIES: u32 = 64;

/// How long a retry loop bears with a locked database. 1038 is retryable, since most locks are short; but one may stay
/// for days, and on a database that was moved away it stays for ever.
pub struct Patience {
    limit: Limit,
    /// Since when it was found locked, and how often since.
    found: Option<(Instant, u32)>,
}

/// Where it ends.
enum Limit {
    Tries(u32),
    Time(Duration),
}

impl Default for Patience {
    /// That of the retry loops that programs call.
    fn default() -> Self {
        Self { limit: Limit::Tries(MOST_TRIES), found: None }
    }
}

impl Patience {
    /// So long.
    pub fn of(time: Duration) -> Self {
        Self { limit: Limit::Time(time), found: None }
    }

    /// Passes an error on that may be tried again; fails with it if that was found too often, or for too long.
    pub fn bear(&mut self, error: Error) -> Result<Error> {
        if error.code() != Code::DATABASE_LOCKED {
            self.found = None;
            return Ok(error);
        }
        let (since, times) = self.found.get_or_insert_with(|| (Instant::now(), 0));
        *times += 1;
        let over = match self.limit {
            Limit::Tries(most) => *times > most,
            Limit::Time(most) => since.elapsed() >= most,
        };
        if !over {
            return Ok(error);
        }
        let text = format!(
            "it was found locked {times} times in {} ms, and is no longer waited for",
            since.elapsed().as_millis()
        );
        Err(error.context(text))
    }
}

/// The id of a lock that this value makes; `None` if it is no lock. What is too short for an id has one of zeros.
pub fn id_of(value: &[u8]) -> Option<[u8; 16]> {
    let id = value.get(STAMP..).and_then(|rest| rest.first_chunk()).copied();
    (!value.is_empty()).then(|| id.unwrap_or_default())
}

/// An id as FoundationDB prints it: two numbers of 64 bits, each with its lowest byte first, as 32 hexadecimal digits.
pub fn text_of(id: &[u8; 16]) -> String {
    let swapped = u128::from_le_bytes(*id).rotate_left(64);
    format!("{swapped:032x}")
}

/// The id that such a text tells.
pub fn id_in(text: &str) -> Option<[u8; 16]> {
    let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| digits)?;
    Some(number.rotate_left(64).to_le_bytes())
}

/// Locks a database; see [`Database::lock`].
pub fn lock(database: &(impl Database + ?Sized), id: &[u8; 16]) -> Result<()> {
    let found = retried(database, |transaction| {
        let found = look(transaction)?;
        if found.is_none() {
            let value = [[0; STAMP].as_slice(), id, &[0; 4]].concat();
            transaction.atomic_op(0, Mutation::SetVersionstampedValue, LOCK_KEY, &value)?;
            // What reads and is not yet committed conflicts with it.
            transaction.add_write_conflict_range(0, b"", END_OF_KEYS)?;
            transaction.commit()?;
        }
        Ok(found)
    })?;
    match found {
        None => Ok(()),
        // Whoever made it may not have waited for the disk.
        Some(known) if known == *id => database.sync(),
        Some(known) => Err(locked_by(&known)),
    }
}

/// Unlocks it; see [`Database::unlock`].
pub fn unlock(database: &(impl Database + ?Sized), id: &[u8; 16]) -> Result<()> {
    let found = retried(database, |transaction| {
        let found = look(transaction)?;
        if found == Some(*id) {
            transaction.clear(0, LOCK_KEY)?;
            transaction.commit()?;
        }
        Ok(found)
    })?;
    match found {
        Some(known) if known != *id => Err(locked_by(&known)),
        _ => Ok(()),
    }
}

/// Looks at it; see [`Database::locked`].
pub fn locked(database: &(impl Database + ?Sized)) -> Result<Option<[u8; 16]>> {
    retried(database, look)
}

fn look(transaction: &dyn Transaction) -> Result<Option<[u8; 16]>> {
    transaction.set_option(TransactionOption::AccessSystemKeys)?;
    transaction.set_option(TransactionOption::LockAware)?;
    transaction.set_option(TransactionOption::Durability(Durability::Sync))?;
    transaction.set_option(TransactionOption::RetryLimit(RETRIES))?;
    Ok(transaction.get(0, LOCK_KEY, false)?.and_then(|value| id_of(&value)))
}

fn retried<T>(database: &(impl Database + ?Sized), work: impl Fn(&dyn Transaction) -> Result<T>) -> Result<T> {
    let transaction = database.begin()?;
    loop {
        match work(&*transaction) {
            Ok(done) => return Ok(done),
            Err(error) => transaction.on_error(error)?,
        }
    }
}

fn locked_by(id: &[u8; 16]) -> Error {
    Error::new(Code::DATABASE_LOCKED).context(format!("it is locked under the id {}", text_of(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_printed_as_foundationdb_does() {
        let id: [u8; 16] = std::array::from_fn(|at| at as u8 + 1);
        assert_eq!(text_of(&id), "0807060504030201100f0e0d0c0b0a09");
        assert_eq!(id_in("0807060504030201100F0E0D0C0B0A09"), Some(id));
        for wrong in ["", "08", "+807060504030201100f0e0d0c0b0a09", "0807060504030201100f0e0d0c0b0a0900"] {
            assert_eq!(id_in(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn patience_ends_with_a_lock_that_stays_and_begins_anew_with_another_error() {
        let locked = || Error::new(Code::DATABASE_LOCKED);
        let mut loops = Patience::default();
        for _ in 0..3 {
            for _ in 0..MOST_TRIES {
                assert_eq!(loops.bear(locked()).unwrap().code(), Code::DATABASE_LOCKED);
            }
            assert_eq!(loops.bear(Error::new(Code::NOT_COMMITTED)).unwrap().code(), Code::NOT_COMMITTED);
        }
        (0..MOST_TRIES).for_each(|_| assert!(loops.bear(locked()).is_ok()));
        let given_up = loops.bear(locked()).unwrap_err();
        assert_eq!(given_up.code(), Code::DATABASE_LOCKED);
        assert!(given_up.story().contains("found locked 65 times"), "{}", given_up.story());
        assert!(Patience::of(Duration::ZERO).bear(locked()).is_err());
        assert!(Patience::of(Duration::MAX).bear(locked()).is_ok());
    }

    #[test]
    fn a_value_is_a_lock_unless_it_is_empty() {
        let id = [7; 16];
        assert_eq!(id_of(&[[1; 10].as_slice(), &id].concat()), Some(id));
        assert_eq!((id_of(b""), id_of(b"x")), (None, Some([0; 16])));
    }
}
