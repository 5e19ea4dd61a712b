//! Making a damaged directory a database again, with what can be read.
//!
//! Two ways, the gentler one first:
//! - *The log ended early*: everything else can be read. What recovery finds is a state that the database
//!   once had. The logs are kept beside it, in `lost`, and the watermark is set to what there is.
//! - *Parts are damaged*: RocksDB is put together anew from the files that are whole; it moves the others to
//!   `lost`. What is left may mix states: a value that was overwritten or cleared may be back.
//!
//! In both, versions go on above all that the watermark knows, and keyspace numbers that may have been told
//! are not given out again. Everything that is taken out is in `lost`; a repair that is cut short can be
//! made again.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use plinth_api::{Code, DatabaseOptions, Error, Repaired, Result};

use crate::database::{left_to_open, milliseconds};
use crate::format;
use crate::inherited;
use crate::life::Left;
use crate::numbers;
use crate::store::{remove_copies, store_options, Rocks, Store, Unsound, META};
use crate::watermark::{Marks, Watermark};

/// Where RocksDB puts what it takes out, and so does a repair.
const LOST: &str = "lost";
/// Where keyspace numbers go on if nothing tells which were given out: nobody ever had as many.
const KEYSPACES_UNKNOWN: u32 = 1 << 24;

/// Repairs the database in a directory that nobody has open.
pub fn repair(path: &str) -> Result<Repaired> {
    let began = Instant::now();
    let repaired = make_whole(path);
    let took_ms = milliseconds(began);
    match &repaired {
        Ok(Repaired { version, acknowledged, rebuilt, lost_files, lost_bytes }) => tracing::warn!(
            target: "plinth::repair",
            database = path,
            took_ms,
            version,
            acknowledged,
            rebuilt,
            lost_files,
            lost_bytes,
            "the database was repaired",
        ),
        Err(error) => {
            let code = error.code().number();
            tracing::error!(target: "plinth::repair", database = path, took_ms, code, "the repair failed: {error}");
        }
    }
    repaired
}

fn make_whole(path: &str) -> Result<Repaired> {
    inherited::check_may_host()?;
    let path = Path::new(path);
    let within = |error: Error| error.context(path.display().to_string());
    let claimed = format::claim_to_repair(path).map_err(within)?;
    let (watermark, marks) = Watermark::open(path);
    remove_copies(path);
    let before = files(&path.join(LOST));
    let unsound = Unsound::find(path).map_err(within)?;
    if !unsound.is_empty() {
        keep_logs(path).and_then(|()| unsound.cut()).map_err(within)?;
    }
    let rebuilt = check(path).is_err();
    if rebuilt {
        rebuild(path).map_err(within)?;
    } else if is_short(path, marks).map_err(within)? {
        keep_logs(path).map_err(within)?;
    }
    let options = DatabaseOptions::default();
    let opened = Rocks::open(path, store_options(&options), Some(claimed));
    let left = opened.and_then(|(store, families)| settle(&store, &families, marks, &watermark)).map_err(within)?;
    check(path).map_err(within)?;
    let (count, bytes) = files(&path.join(LOST));
    Ok(Repaired {
        version: left.version,
        acknowledged: marks.map_or(0, |marks| marks.version.max(marks.written)),
        rebuilt,
        lost_files: count.saturating_sub(before.0),
        lost_bytes: bytes.saturating_sub(before.1),
    })
}

/// Fails unless everything can be read, as far as the log goes.
fn check(path: &Path) -> Result<()> {
    format::check_current(path)?;
    let (store, names) = Rocks::open_to_read(path, store_options(&DatabaseOptions::default()), None)?;
    let read = store.read_everything(&names).and_then(|()| Left::read(&*store.clone().snapshot()).map(drop));
    store.stop();
    read
}

/// Has RocksDB make a database of the tables and logs that are whole.
fn rebuild(path: &Path) -> Result<()> {
    // Keyspaces that are only in a log would not be found: a last opening makes tables of them.
    if let Ok((store, _)) = Rocks::open(path, store_options(&DatabaseOptions::default()), None) {
        store.stop();
    }
    Rocks::rebuild(path)
}

/// Whether commits are missing.
fn is_short(path: &Path, marks: Option<Marks>) -> Result<bool> {
    let left = left_to_open(path, &Unsound::find(path)?)?;
    Ok(left.check(&marks.unwrap_or_default(), path).is_err())
}

/// Keeps the logs of a database as they are: opening it removes them.
fn keep_logs(path: &Path) -> Result<()> {
    let lost = path.join(LOST);
    let failed = |error| format::io_error(error, "keeping the log in", &lost);
    fs::create_dir_all(&lost).map_err(failed)?;
    for entry in fs::read_dir(path).map_err(failed)? {
        let log = entry.map_err(failed)?;
        let to = lost.join(log.file_name());
        if log.path().extension().is_some_and(|extension| extension == "log") && !to.exists() {
            fs::copy(log.path(), &to).map_err(failed)?;
        }
    }
    Ok(())
}

/// Notes in the store and beside it what there is, so that it opens, and what was given out before.
fn settle(store: &Arc<Rocks>, families: &[String], marks: Option<Marks>, watermark: &Watermark) -> Result<Left> {
    let left = Left::read(&*store.clone().snapshot())?;
    let known = marks.unwrap_or_default();
    let lease = match left.lease.max(known.lease) {
        // A version is a microsecond, so that no database has come so far.
        0 => SystemTime::now().duration_since(UNIX_EPOCH).map_or(i64::MAX / 2, |time| time.as_micros() as i64),
        lease => lease,
    };
    let lease = lease.max(left.version).max(known.version).max(known.written);
    let keyspaces = match left.keyspaces.max(known.keyspaces) {
        0 | 1 if !families.is_empty() => KEYSPACES_UNKNOWN + fastrand::u32(0..KEYSPACES_UNKNOWN),
        keyspaces => keyspaces,
    };
    let mut batch = store.clone().batch();
    batch.put(META, format::LEASE_KEY, &lease.to_be_bytes())?;
    numbers::put_next(&mut *batch, keyspaces)?;
    batch.write()?;
    store.sync()?;
    store.stop();
    let marks = Marks { version: left.version, lease, keyspaces, written: left.version };
    match watermark.replace(marks) {
        Ok(()) => Ok(left),
        Err(error) => Err(Error::new(Code::IO_ERROR).context("writing the watermark").caused_by(error)),
    }
}

/// How many files there are, and how long they are together.
fn files(path: &Path) -> (u64, u64) {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.fold((0, 0), |(count, bytes), entry| {
        (count + 1, bytes + entry.metadata().map_or(0, |metadata| metadata.len()))
    })
}
