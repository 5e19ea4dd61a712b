//! Dumps that are files.
//!
//! A dump is written under another name and gets its own when it is whole and on disk. Whoever writes it holds a lock on
//! it, so that what a killed dump has left can be told from one that goes on.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, BufWriter, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use plinth_api::{Code, Database, Error, Progress, Result};

use crate::dump::{dump, DumpOptions, Dumped};
use crate::format::MAGIC;
use crate::load::{load, LoadOptions, Loaded};
use crate::reader::check;

/// What a file is called that is not whole yet.
const PARTIAL: &str = "partial";
/// Bytes that are read and written at a time.
const ROOM: usize = 256 << 10;

/// Dumps into a file, which appears under its name when it is whole and on disk. An older dump of that name is
/// replaced; anything else of that name is refused with `target_not_empty`.
pub fn dump_to_file(
    database: &dyn Database,
    path: &Path,
    options: DumpOptions,
    progress: &dyn Progress,
) -> Result<Dumped> {
    check_replaceable(path)?;
    let partial = partial(path)?;
    let file = open_partial(&partial)?;
    let written = write(database, &file, options, progress).and_then(|dumped| {
        fs::rename(&partial, path).map_err(|error| failed(error, "naming", path))?;
        Ok(dumped)
    });
    match written {
        Ok(dumped) => sync_directory(path).map(|()| dumped),
        Err(error) => {
            let _ = fs::remove_file(&partial);
            Err(error)
        }
    }
}

fn write(database: &dyn Database, file: &File, options: DumpOptions, progress: &dyn Progress) -> Result<Dumped> {
    let mut out = BufWriter::with_capacity(ROOM, file);
    let dumped = dump(database, &mut out, options, progress)?;
    drop(out);
    file.sync_all()
        .map_err(|error| advise(Error::new(Code::IO_ERROR).context("syncing a dump"), &error).caused_by(error))?;
    Ok(dumped)
}

/// Loads a file.
pub fn load_from_file(
    database: &dyn Database,
    path: &Path,
    options: LoadOptions,
    progress: &dyn Progress,
) -> Result<Loaded> {
    let (mut file, length) = open(path)?;
    load(database, &mut file, length, options, progress).map_err(|error| error.context(path.display().to_string()))
}

/// Checks a file, without a database.
pub fn check_file(path: &Path, progress: &dyn Progress) -> Result<Dumped> {
    let (mut file, length) = open(path)?;
    check(&mut file, length, progress).map_err(|error| error.context(path.display().to_string()))
}

fn open(path: &Path) -> Result<(BufReader<File>, u64)> {
    let file = File::open(path).map_err(|error| failed(error, "opening", path))?;
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    Ok((BufReader::with_capacity(ROOM, file), length))
}

fn partial(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| {
        Error::new(Code::INVALID_ARGUMENT).context(format!("{} does not name a file", path.display()))
    })?;
    let mut partial = name.to_owned();
    partial.push(".");
    partial.push(PARTIAL);
    Ok(path.with_file_name(partial))
}

fn open_partial(partial: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(partial);
    take(file.map_err(|error| failed(error, "creating", partial))?, partial)
}

/// Makes an open file this dump's alone, and empties it.
fn take(file: File, partial: &Path) -> Result<File> {
    let busy = || {
        let text = format!("another dump is being written to {}", partial.display());
        Err(Error::new(Code::LOCK_FILE_FAILURE).context(text))
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return busy(),
        Err(TryLockError::Error(error)) => return Err(failed(error, "locking", partial)),
    }
    // Whoever had it may have given it its name a moment ago: then it is a whole dump.
    let which = |found: fs::Metadata| (found.dev(), found.ino());
    let ours = file.metadata().map(which).map_err(|error| failed(error, "looking at", partial))?;
    if fs::metadata(partial).map(which).ok() != Some(ours) {
        return busy();
    }
    file.set_len(0).map_err(|error| failed(error, "emptying", partial))?;
    Ok(file)
}

/// Fails if something is there that is not a dump.
fn check_replaceable(path: &Path) -> Result<()> {
    let refused = || {
        let text = format!("{} is there and is not a dump", path.display());
        Err(Error::new(Code::TARGET_NOT_EMPTY).context(text))
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error, "looking at", path)),
        Ok(metadata) if !metadata.is_file() => return refused(),
        Ok(_) => {}
    }
    let mut magic = [0; MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    match read {
        Ok(()) if magic == MAGIC => Ok(()),
        _ => refused(),
    }
}

fn sync_directory(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(parent).and_then(|directory| directory.sync_all());
    synced.map_err(|error| failed(error, "syncing", parent))
}

fn failed(error: io::Error, doing: &str, path: &Path) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::FILE_NOT_FOUND,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Code::FILE_NOT_WRITABLE,
        _ => Code::IO_ERROR,
    };
    advise(Error::new(code).context(format!("{doing} {}", path.display())), &error).caused_by(error)
}

/// What can be done about it, where the system's words do not say.
pub fn advise(failed: Error, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failed.context("the disk is full: free some room, or choose another place, and repeat the call")
        }
        io::ErrorKind::FileTooLarge => failed.context("raise the limit on the size of files (ulimit -f)"),
        io::ErrorKind::ReadOnlyFilesystem => failed.context("mount it writable, or choose another place"),
        io::ErrorKind::PermissionDenied => failed.context("the process needs to read and write there"),
        _ => failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_got_its_name_since_it_was_opened_is_not_emptied() {
        let directory = tempfile::tempdir().unwrap();
        let (path, partial) = (directory.path().join("dump"), directory.path().join("dump.partial"));
        fs::write(&partial, "whole").unwrap();
        let file = File::options().write(true).open(&partial).unwrap();
        fs::rename(&partial, &path).unwrap();
        assert_eq!(take(file, &partial).unwrap_err().code(), Code::LOCK_FILE_FAILURE);
        fs::write(&partial, "of another dump").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        assert_eq!(take(file, &partial).unwrap_err().code(), Code::LOCK_FILE_FAILURE);
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        let file = File::options().write(true).open(&partial).unwrap();
        assert_eq!(take(file, &partial).unwrap().metadata().unwrap().len(), 0);
    }
}
