//! A checkpoint: a database of its own that holds the state of another one.
//!
//! Tables never change, so they are shared with it, as further names of the same files, where both are on one file
//! system. What else belongs to the state is copied, and the log is read to its end and made a table: so the
//! checkpoint is a closed database whose version is known, with a watermark that says so. Which commits are in
//! it is decided by where the log ended when the files were listed. The order of commits is that of the log, so
//! these are all up to a version, and every commit that was acknowledged before is among them.
//!
//! It has an identity of its own. Opened beside its origin, both give out the same versions for different commits.

use std::path::Path;

use plinth_api::{Code, Error, Result};

use super::file;
use super::partial::Partial;
use super::work::Work;
use crate::format::{self, io_error};
use crate::life::{version, Left};
use crate::local::Local;
use crate::numbers;
use crate::store::{options_to_settle, LiveFile, LiveFiles, Rocks, Store, META};
use crate::watermark::{Marks, Watermark};

/// Makes the database `to`. Returns the version that it holds.
pub fn make(local: &Local, to: &Path, work: &Work<'_>) -> Result<i64> {
    let directory = local.directory()?;
    refuse_inside(&directory, to)?;
    let partial = Partial::begin(to)?;
    let left = gather(local, &partial.path(), work)?;
    work.end()?;
    partial.finish()?;
    Ok(left.version)
}

/// Brings the present state of a database into the directory `to`, which is empty, and makes it a closed
/// database.
pub fn gather(local: &Local, to: &Path, work: &Work<'_>) -> Result<Left> {
    let least = local.pipeline.with_store(|store| version(&*store.clone().snapshot(), format::VERSION_KEY))?;
    let files = local.pipeline.with_store(|store| store.clone().live_files())?;
    work.begin(files.bytes())?;
    bring(&files, to, work)?;
    // From here on the database may remove its own names of the files.
    drop(files);
    let left = settle(to, 0)?;
    if left.version < least {
        let text = format!("the copy ends at version {}, but {least} was committed before", left.version);
        return Err(Error::new(Code::INTERNAL_ERROR).context(text));
    }
    Ok(left)
}

fn bring(files: &LiveFiles, to: &Path, work: &Work<'_>) -> Result<()> {
    for live in &files.files {
        let target = to.join(&live.name);
        let LiveFile { path, size, .. } = live;
        match &live.contents {
            Some(contents) => file::write(&target, contents).and_then(|()| work.did(*size))?,
            None if live.is_table() && file::link(path, &target)? => work.did(*size)?,
            None => drop(file::copy(path, &target, *size, work)?),
        }
    }
    Ok(())
}

/// Makes a directory of RocksDB's files a closed database of its own, whose later versions are above `above`.
pub fn settle(path: &Path, above: i64) -> Result<Left> {
    let claimed = format::claim_copy(path)?;
    let (store, families) = Rocks::open(path, options_to_settle(), Some(claimed))?;
    let left = note(&store, &families, above);
    store.stop();
    drop(store);
    let left = left?;
    let marks = Marks { version: left.version, lease: left.lease, keyspaces: left.keyspaces, written: left.version };
    let (watermark, _) = Watermark::open(path);
    watermark.replace(marks).map_err(|error| io_error(error, "writing the watermark in", path))?;
    Ok(left)
}

fn note(store: &std::sync::Arc<Rocks>, families: &[String], above: i64) -> Result<Left> {
    let snapshot = store.clone().snapshot();
    let mut left = Left::read(&*snapshot)?;
    left.lease = left.lease.max(above);
    let mut batch = store.clone().batch();
    batch.put(META, format::LEASE_KEY, &left.lease.to_be_bytes())?;
    // Fails if the records of the keyspaces are not what they should be.
    left.keyspaces = numbers::Keyspaces::read(&*snapshot, families, &mut *batch)?.next;
    batch.write()?;
    store.sync()?;
    Ok(left)
}

/// A database within another one would be taken for a part of it.
pub fn refuse_inside(directory: &Path, to: &Path) -> Result<()> {
    let whole = |path: &Path| path.canonicalize().ok();
    let (Some(directory), Some(parent)) = (whole(directory), to.parent().and_then(whole)) else {
        return Ok(());
    };
    match parent.starts_with(&directory) {
        false => Ok(()),
        true => {
            let text = format!("{} is in the directory of the database itself", to.display());
            Err(Error::new(Code::INVALID_ARGUMENT).context(text))
        }
    }
}
