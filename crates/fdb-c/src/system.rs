//! What a cluster writes about itself into its own key space, for those who read it there: the
//! coordinators, where its key space is cut, and which version there was at which time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use plinth_api::{Code, Database, Durability, Result, Transaction, TransactionOption};

use crate::tuple;

/// The connection string.
const COORDINATORS: &[u8] = b"\xff/coordinators";
/// Where the first, and only, piece of the key space begins: after the prefix, the empty key. Its
/// value is nobody's business.
const FIRST_SHARD: &[u8] = b"\xff/keyServers/";
/// Rows of time (seconds since 1970) to version, both as tuples.
const TIME_KEEPER: &[u8] = b"\xff\x02/timeKeeper/map/";
/// How often a row is written.
const EVERY: Duration = Duration::from_secs(9);
/// How long a row is kept.
const KEPT_SECONDS: i64 = 24 * 3600;

/// When the last row was written.
#[derive(Default)]
pub struct Kept {
    last: Option<Instant>,
}

fn time_key(seconds: i64) -> Vec<u8> {
    [TIME_KEEPER, &tuple::integer(seconds)].concat()
}

/// Does `work` in a transaction until it succeeds or fails for good: while a store is opened another process
/// may take it over. What nobody serves is not waited for any longer than the engine has waited.
pub fn retried<T>(database: &dyn Database, work: impl Fn(&dyn Transaction) -> Result<T>) -> Result<T> {
    let transaction = database.begin()?;
    loop {
        match work(&*transaction) {
            Ok(done) => return Ok(done),
            Err(error) if error.code() == Code::HOST_UNAVAILABLE => return Err(error),
            Err(error) => transaction.on_error(error)?,
        }
    }
}

/// Writes what a new store has not, and the first row.
pub fn begin(database: &dyn Database, connection: &str, kept: &mut Kept) -> Result<()> {
    retried(database, |transaction| {
        transaction.set_option(TransactionOption::AccessSystemKeys)?;
        transaction.set_option(TransactionOption::LockAware)?;
        for (key, value) in [(COORDINATORS, connection.as_bytes()), (FIRST_SHARD, b"\x01")] {
            if transaction.get(0, key, true)?.as_deref() != Some(value) {
                transaction.set(0, key, value)?;
            }
        }
        transaction.commit()
    })?;
    kept.last = Some(Instant::now());
    retried(database, keep)
}

/// Writes the next row if it is time. Does not wait for it.
pub fn go_on(database: &dyn Database, kept: &mut Kept) {
    if kept.last.is_some_and(|last| last.elapsed() < EVERY) {
        return;
    }
    kept.last = Some(Instant::now());
    if let Ok(transaction) = database.begin() {
        let row = transaction.clone();
        // A store that can't be written to says so to those who use it.
        transaction.defer(Box::new(move || drop(keep(&*row))));
    }
}

fn keep(transaction: &dyn Transaction) -> Result<()> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    transaction.set_option(TransactionOption::AccessSystemKeys)?;
    transaction.set_option(TransactionOption::LockAware)?;
    // Nobody relies on the newest row: it need not wait for the disk.
    transaction.set_option(TransactionOption::Durability(Durability::Buffered))?;
    let version = transaction.read_version()?;
    transaction.set(0, &time_key(seconds), &tuple::integer(version))?;
    transaction.clear_range(0, &time_key(0), &time_key(seconds - KEPT_SECONDS))?;
    transaction.commit()
}
