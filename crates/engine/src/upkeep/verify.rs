//! A look at everything that is stored: is it as it should be?
//!
//! - Tables: the checksum of every block. None is removed meanwhile.
//! - Logs and the manifest: the checksum of every record, as far as they went when it began.
//! - Keys: each greater than the one before, none longer than any database allows, and so for values.
//! - What the engine notes: versions, keyspace numbers; and the watermark, beside the newest commit.
//!
//! It takes a few mebibytes, whatever the size of the database. Each part is read in short reads of their own, so that
//! no old state is kept for it.

use std::path::Path;
use std::sync::Arc;

use plinth_api::key::printable;
use plinth_api::{Code, Error, Result, Verified};

use super::work::Work;
use crate::life::Left;
use crate::limits::{LARGEST_KEY, LARGEST_VALUE};
use crate::local::Local;
use crate::numbers::{Keyspaces, DEFAULT_NAME};
use crate::store::{check_log, check_table, LiveFiles, Store, META};
use crate::watermark;

/// Bytes of pairs that are read at once.
const STRETCH: u64 = 32 << 20;

/// Looks at all of a database.
pub fn run(local: &Local, work: &Work<'_>) -> Result<Verified> {
    let directory = local.directory()?;
    let store = local.pipeline.with_store(|store| Ok(store.clone()))?;
    // The mark first: commits that come meanwhile only take the database further.
    let marks = watermark::read(&directory);
    let left = check_notes(local, &store)?;
    left.check(&marks.unwrap_or_default(), &directory)?;
    let live = match local.front.options.read_only {
        // Nobody removes or changes anything.
        true => None,
        false => Some(store.clone().live_files()?),
    };
    let mut found = Verified { version: left.version, ..Verified::default() };
    let tables = store.tables()?;
    let names = local.numbers();
    let total = tables.iter().map(|(_, bytes)| *bytes).sum::<u64>();
    // Once for the tables, and about as much for their pairs.
    work.begin(2 * total)?;
    check_files(&directory, live.as_ref(), work, &mut found)?;
    for (path, bytes) in &tables {
        check_length(path, *bytes)?;
        check_table(path)?;
        found.files += 1;
        found.file_bytes += bytes;
        work.did(*bytes)?;
    }
    for (name, id) in &names {
        let reader = Reader { store: &*store, keyspace: *id, name, work };
        match reader.run(&mut found) {
            // Others may drop a keyspace meanwhile.
            Err(_) if *id != 0 && !local.numbers().iter().any(|(_, now)| now == id) => {}
            outcome => outcome?,
        }
    }
    Reader { store: &*store, keyspace: META, name: "plinth.meta", work }.run(&mut Verified::default())?;
    work.end()?;
    Ok(found)
}

/// What the engine notes for itself can be read, and makes sense.
fn check_notes(local: &Local, store: &Arc<dyn Store>) -> Result<Left> {
    let snapshot = store.clone().snapshot();
    let left = Left::read(&*snapshot)?;
    let names = local.numbers().into_iter().map(|(name, _)| name).filter(|name| name != DEFAULT_NAME);
    Keyspaces::read(&*snapshot, &names.collect::<Vec<_>>(), &mut *store.clone().batch())?;
    if left.version > left.lease {
        let text =
            format!("the newest commit has version {}, but versions are reserved up to {}", left.version, left.lease);
        return Err(Error::new(Code::FILE_CORRUPT).context(text));
    }
    Ok(left)
}

/// The files that are neither tables nor written anew at each opening.
fn check_files(directory: &Path, live: Option<&LiveFiles>, work: &Work<'_>, found: &mut Verified) -> Result<()> {
    let Some(live) = live else {
        // The opening has read the log as far as it goes; whether that is far enough the watermark says.
        return crate::store::check_manifest(directory);
    };
    for file in live.files.iter().filter(|file| file.is_log() || file.name.starts_with("MANIFEST")) {
        check_log(&file.path, file.size)?;
        found.file_bytes += file.size;
        work.did(0)?;
    }
    Ok(())
}

fn check_length(path: &Path, bytes: u64) -> Result<()> {
    let failed = |error| Error::new(Code::FILE_CORRUPT).context(path.display().to_string()).caused_by(error);
    let length = std::fs::metadata(path).map_err(failed)?.len();
    match length == bytes {
        true => Ok(()),
        false => {
            let text = format!("{} has {length} bytes, but {bytes} were written", path.display());
            Err(Error::new(Code::FILE_CORRUPT).context(text))
        }
    }
}

/// Reads a keyspace from its first key to its last.
struct Reader<'a> {
    store: &'a dyn Store,
    keyspace: u32,
    name: &'a str,
    work: &'a Work<'a>,
}

impl Reader<'_> {
    fn run(&self, found: &mut Verified) -> Result<()> {
        let mut last: Option<Vec<u8>> = None;
        loop {
            let (mut bytes, mut wrong) = (0, None);
            let before = last.clone().unwrap_or_default();
            self.store.walk(self.keyspace, &before, &mut |key, value| {
                if bytes == 0 && last.as_deref() == Some(key) {
                    // The last one of the stretch before.
                    return true;
                }
                wrong = self.check(last.as_deref(), key, value).err();
                let kept = last.get_or_insert_default();
                kept.clear();
                kept.extend_from_slice(key);
                found.keys += 1;
                bytes += (key.len() + value.len()) as u64;
                wrong.is_none() && bytes < STRETCH
            })?;
            if let Some(error) = wrong {
                return Err(error);
            }
            found.bytes += bytes;
            self.work.did(bytes)?;
            if bytes < STRETCH {
                found.keyspaces += 1;
                return Ok(());
            }
        }
    }

    fn check(&self, last: Option<&[u8]>, key: &[u8], value: &[u8]) -> Result<()> {
        let wrong = match last {
            Some(last) if last >= key => format!("it comes after {}", printable(last)),
            _ if key.len() > LARGEST_KEY + STAMPED => format!("it has {} bytes", key.len()),
            _ if value.len() > LARGEST_VALUE => format!("its value has {} bytes", value.len()),
            _ => return Ok(()),
        };
        let text = format!("key {} of keyspace \"{}\": {wrong}", printable(key), self.name);
        Err(Error::new(Code::FILE_CORRUPT).context(text))
    }
}

/// What a key may have beside what its transaction gave.
const STAMPED: usize = 64;
