//! Backups: a directory with any number of generations, which share the files that are the same.
//!
//! ```text
//! PLINTH-BACKUPS        format, and the number of the next generation
//! LOCK                  whoever changes the directory has it alone; whoever reads files, with other readers
//! generation-00000007   what a generation consists of: its version, and each file with length and checksum
//! files/                the files
//! ```
//!
//! A generation is there when its description is, which is renamed to its name when all of its files are on the
//! disk. Files that no description names were left by a call that was cut short; the next one that changes
//! the directory removes them, unless a description can't be read: it might name them.
//!
//! RocksDB's own backups are not used: its C API can't compute the checksums of one or delete a single one, a restore tells
//! no progress, and files are removed if what names them can't be read.

mod directory;
mod generation;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use plinth_api::{Backup, Code, Error, Progress, Result};

use super::checkpoint;
use super::file::{self, Contents};
use super::partial::Partial;
use super::work::Work;
use crate::defects::{is_on, Defect};
use crate::format;
use crate::inherited;
use crate::local::Local;
use directory::Directory;
use generation::{Entry, Generation};

/// Versions that a database may have given out after a backup in ways that the time since does not tell: each
/// opening passes over ten minutes' worth.
const UNKNOWN: i64 = 1_000_000_000_000;

/// Adds a generation.
pub fn create(local: &Local, to: &Path, work: &Work<'_>) -> Result<Backup> {
    let origin = local.directory()?;
    checkpoint::refuse_inside(&origin, to)?;
    let mut directory = Directory::open_to_add(to)?;
    directory.sweep()?;
    let gathered = Partial::gather(origin.join(super::GATHERED))?;
    work.prepare()?;
    let left = checkpoint::gather(local, &gathered.path(), work)?;
    work.prepared();
    let mut generation = Generation {
        number: directory.next(),
        version: left.version,
        time: now(),
        database: format::uuid(&origin),
        entries: Vec::new(),
    };
    let files = generation::files(&gathered.path())?;
    work.begin(files.iter().map(|(_, bytes)| *bytes).sum())?;
    let mut adding = directory.adding()?;
    for (name, bytes) in files {
        let from = gathered.path().join(&name);
        let stored = generation::stored_name(&from, &name, bytes, generation.number)?;
        let contents = match adding.known(&stored) {
            Some(known) if known.bytes == bytes => {
                work.did(bytes)?;
                known
            }
            _ => adding.copy(&from, &stored, bytes, work)?,
        };
        generation.entries.push(Entry { name, stored, contents });
    }
    work.end()?;
    adding.finish(&generation)?;
    Ok(generation.summary())
}

/// The generations there are, in order.
pub fn list(path: &Path) -> Result<Vec<Backup>> {
    let directory = Directory::open_to_read(path)?;
    Ok(directory.generations()?.into_iter().map(|(number, generation)| summary(number, &generation)).collect())
}

fn summary(number: u64, generation: &Result<Generation>) -> Backup {
    match generation {
        Ok(generation) => generation.summary(),
        Err(_) => Backup { number, damaged: true, ..Backup::default() },
    }
}

/// Computes the checksums of all files of a generation; 0 is the newest. Returns what it is.
pub fn verify(path: &Path, number: u64, progress: &dyn Progress) -> Result<Backup> {
    let directory = Directory::open_to_read(path)?;
    let _lock = directory.share()?;
    let generation = directory.generation(number)?;
    let work = Work::on_files(progress);
    work.begin(generation.summary().bytes)?;
    for entry in &generation.entries {
        let found = file::read(&directory.file(&entry.stored), entry.contents.bytes, &work, |_| Ok(()));
        check(&directory, entry, found)?;
    }
    work.end()?;
    Ok(generation.summary())
}

/// Makes `to`, which must not exist, the database that a generation holds; 0 is the newest. Returns what it is.
pub fn restore(path: &Path, number: u64, to: &Path, progress: &dyn Progress) -> Result<Backup> {
    inherited::check_may_host()?;
    let directory = Directory::open_to_read(path)?;
    let _lock = directory.share()?;
    let generation = directory.generation(number)?;
    let partial = Partial::begin(to)?;
    let work = Work::on_files(progress);
    work.begin(generation.summary().bytes)?;
    for entry in &generation.entries {
        let from = directory.file(&entry.stored);
        let copied = file::copy(&from, &partial.path().join(&entry.name), entry.contents.bytes, &work);
        check(&directory, entry, copied)?;
    }
    // Whatever the database gave out since must not be given out again.
    let passed = now().saturating_sub(generation.time).max(0).saturating_mul(2_000_000);
    let above = generation.version.saturating_add(passed).saturating_add(UNKNOWN);
    let left = checkpoint::settle(&partial.path(), above)?;
    if left.version != generation.version {
        let text = format!("it holds version {}, but its description says {}", left.version, generation.version);
        return Err(Error::new(Code::BACKUP_DAMAGED).context(text));
    }
    work.end()?;
    partial.finish()?;
    Ok(generation.summary())
}

/// Removes a generation, and the files that no other one has.
pub fn delete(path: &Path, number: u64) -> Result<()> {
    let mut directory = Directory::open_to_change(path)?;
    directory.delete(number)?;
    directory.sweep()
}

/// Removes all generations but the newest so many. Those that are damaged do not count, and stay.
pub fn keep(path: &Path, newest: u64) -> Result<()> {
    if newest == 0 {
        return Err(Error::new(Code::INVALID_ARGUMENT).context("none would be left: delete them one by one"));
    }
    let mut directory = Directory::open_to_change(path)?;
    let whole: Vec<u64> =
        directory.generations()?.into_iter().filter(|(_, found)| found.is_ok()).map(|(number, _)| number).collect();
    let newest = usize::try_from(newest).unwrap_or(usize::MAX);
    for number in &whole[..whole.len().saturating_sub(newest)] {
        directory.delete(*number)?;
    }
    directory.sweep()
}

/// Fails with 9027 unless a file was read as it was written.
fn check(directory: &Directory, entry: &Entry, found: Result<Contents>) -> Result<()> {
    let damaged = |why: String| {
        let text = format!("{}: {why}", directory.file(&entry.stored).display());
        Error::new(Code::BACKUP_DAMAGED).context(text)
    };
    match found {
        Ok(found) if found == entry.contents || is_on(Defect::TrustsBackups) => Ok(()),
        Ok(_) => Err(damaged("its checksum is another one".to_owned())),
        Err(error) if matches!(error.code(), Code::FILE_CORRUPT | Code::FILE_NOT_FOUND) => {
            Err(damaged(error.circumstances()))
        }
        Err(error) => Err(error),
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64)
}
