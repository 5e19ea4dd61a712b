//! What a life of the database begins with: what the one before left, whether that is all, and the versions
//! that are reserved for it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use plinth_api::{Code, Error, Result};

use crate::defects::{is_on, Defect};
use crate::format;
use crate::lock::{Lock, LOCK_KEY};
use crate::numbers::{self, Keyspaces};
use crate::store::{Snapshot, Store, Tier, META};
use crate::watermark::{Marks, Watermark};

/// Where a database is, what it is called, and how far it got as far as is known from outside.
#[derive(Default)]
pub struct Place {
    /// Its directory.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Notes how far it gets.
    pub watermark: Watermark,
    /// How far it got in earlier lives; zeros if nothing is known.
    pub marks: Marks,
}

/// What a life begins with.
pub struct Life {
    /// Its first version, above all of earlier lives.
    pub first: i64,
    /// Versions below this are its own.
    pub lease: i64,
    /// The keyspaces there are.
    pub keyspaces: Keyspaces,
    /// The lock of the database.
    pub lock: Lock,
}

/// What earlier lives left in the store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Left {
    /// The version of the newest commit.
    pub version: i64,
    /// Versions below this were reserved.
    pub lease: i64,
    /// The next free keyspace number.
    pub keyspaces: u32,
}

impl Left {
    /// Reads it.
    pub fn read(snapshot: &dyn Snapshot) -> Result<Self> {
        let keyspaces = numbers::read_next(snapshot)?;
        Ok(Self {
            version: version(snapshot, format::VERSION_KEY)?,
            lease: version(snapshot, format::LEASE_KEY)?,
            keyspaces,
        })
    }

    /// Fails if something is missing that was there.
    pub fn check(&self, marks: &Marks, path: &Path) -> Result<()> {
        let lost = match self {
            _ if self.version < marks.version => {
                format!("the newest commit found has version {}, but {} was on disk", self.version, marks.version)
            }
            _ if self.version < marks.written => {
                format!("the newest commit found has version {}, but {} was written", self.version, marks.written)
            }
            _ if self.keyspaces < marks.keyspaces => {
                format!("the next keyspace number found is {}, but it was {}", self.keyspaces, marks.keyspaces)
            }
            _ => return Ok(()),
        };
        Err(Error::new(Code::COMMITS_LOST).context(format!("{}: {lost}; {}", path.display(), logs(path))))
    }
}

/// The logs in a directory, in words.
fn logs(path: &Path) -> String {
    let size = |entry: &fs::DirEntry| entry.metadata().map_or(0, |metadata| metadata.len());
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let logs = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "log"));
    let mut logs: Vec<_> =
        logs.map(|log| format!("{} of {} bytes", log.file_name().to_string_lossy(), size(&log))).collect();
    logs.sort();
    match logs.is_empty() {
        true => "there is no log".to_owned(),
        false => format!("the log is {}", logs.join(", ")),
    }
}

/// A version that is recorded under a key; 0 if there is none.
pub fn version(snapshot: &dyn Snapshot, key: &[u8]) -> Result<i64> {
    let Some(value) = snapshot.get(Tier::Disk, META, key)? else {
        return Ok(0);
    };
    let bytes = <[u8; 8]>::try_from(&*value);
    let number = bytes.map(i64::from_be_bytes).ok().filter(|number| *number >= 0);
    number.ok_or_else(|| Error::new(Code::FILE_CORRUPT).context("a version record is damaged"))
}

/// Reserves versions above all of earlier lives, and sees to it that every keyspace has a number, in one
/// batch that is synced before any of them is used.
pub fn begin(store: &Arc<dyn Store>, families: &[String], lease_span: i64, place: &Place) -> Result<Life> {
    let snapshot = store.clone().snapshot();
    let left = Left::read(&*snapshot)?;
    left.check(&place.marks, Path::new(&place.name))?;
    let reserved = if is_on(Defect::ForgetsVersions) { 0 } else { left.lease.max(place.marks.lease) };
    let above = [left.version, reserved, format::FIRST_VERSION];
    let first = above.into_iter().fold(0, i64::max).saturating_add(1);
    let lease = first
        .checked_add(lease_span)
        .ok_or_else(|| Error::new(Code::FILE_CORRUPT).context("the versions are used up"))?;
    let mut batch = store.clone().batch();
    batch.put(META, format::LEASE_KEY, &lease.to_be_bytes())?;
    let keyspaces = Keyspaces::read(&*snapshot, families, &mut *batch)?;
    batch.write()?;
    store.sync()?;
    place.watermark.synced(left.version, lease);
    place.watermark.keyspaces(keyspaces.next);
    number(store, &keyspaces)?;
    let lock = read_lock(&*snapshot)?;
    Ok(Life { first, lease, keyspaces, lock })
}

/// What there is to be read by a life that writes nothing. Its only version is that of the newest commit.
pub fn begin_to_read(store: &Arc<dyn Store>, families: &[String]) -> Result<Life> {
    let snapshot = store.clone().snapshot();
    let left = Left::read(&*snapshot)?;
    // Keyspaces without a number get one for this life.
    let keyspaces = Keyspaces::read(&*snapshot, families, &mut *store.clone().batch())?;
    number(store, &keyspaces)?;
    let lock = read_lock(&*snapshot)?;
    Ok(Life { first: left.version.max(format::FIRST_VERSION), lease: left.lease, keyspaces, lock })
}

fn read_lock(snapshot: &dyn Snapshot) -> Result<Lock> {
    Ok(Lock::new(snapshot.get(Tier::Disk, 0, LOCK_KEY)?.as_deref()))
}

fn number(store: &Arc<dyn Store>, keyspaces: &Keyspaces) -> Result<()> {
    let numbers: Vec<_> = keyspaces.names.iter().filter(|(_, id)| **id != 0).map(|(name, id)| (*id, &**name)).collect();
    store.number_keyspaces(&numbers)
}
