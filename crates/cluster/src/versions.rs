//! Raising the versions of a cluster, as FoundationDB's own restore and `fdbcli`'s `advanceversion` do.
//!
//! A key of the system names the lowest version that commits may get. Writing it makes the cluster recover, above that
//! version; so the commit may end with any retryable error, and what counts is the next read version.

use std::time::{Duration, Instant};

use plinth_api::{Code, Error, Result};

use crate::fdb::{DatabaseHandle, Future, TransactionHandle};

/// A version, 8 bytes, little-endian: no commit gets a lower one.
const KEY: &[u8] = b"\xff/minRequiredCommitVersion";
/// `ACCESS_SYSTEM_KEYS` and `LOCK_AWARE`.
const OPTIONS: [i32; 2] = [301, 700];
/// A recovery takes seconds; whoever waits longer is told.
const LONGEST: Duration = Duration::from_secs(60);

/// Sees to it that every later version is above one.
pub fn raise(database: &DatabaseHandle, version: i64) -> Result<()> {
    let lowest = version.checked_add(1).ok_or(Code::INVALID_ARGUMENT)?;
    let until = Instant::now() + LONGEST;
    let tr = database.begin()?;
    loop {
        match attempt(&tr, lowest) {
            Ok(true) => return Ok(()),
            Ok(false) => tr.reset(),
            Err(error) if error.code().is_retryable() => tr.on_error(error.code()).wait()?,
            Err(error) => return Err(error.context("raising the versions of the cluster")),
        }
        if Instant::now() > until {
            let text = format!("the cluster's versions did not go above {version} in a minute");
            return Err(Error::new(Code::VERSIONS_BEHIND).context(text));
        }
    }
}

/// Whether the versions are there; if not, asks for them.
fn attempt(tr: &TransactionHandle, lowest: i64) -> Result<bool> {
    OPTIONS.iter().try_for_each(|option| tr.set_option(*option, None))?;
    let future = tr.read_version();
    future.wait()?;
    if Future::number(&future)? >= lowest {
        return Ok(true);
    }
    tr.set(KEY, &lowest.to_le_bytes());
    tr.commit().wait()?;
    Ok(false)
}
