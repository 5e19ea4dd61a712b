//! A directory that appears whole, or not at all.
//!
//! `NAME` is made as `NAME.partial/whole`, beside a file `PLINTH-PARTIAL` that says what it is, and on which
//! whoever makes it holds a lock. When all is on disk `whole` is renamed. A `NAME.partial` that nobody has
//! locked is left by a process that was ended: the next one removes it. Anything else of that name is
//! not ours, and stays.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use plinth_api::{Code, Error, Result};
use rustix::fs::{renameat_with, RenameFlags, CWD};
use rustix::io::Errno;

use crate::defects::{is_on, Defect};
use crate::format::{io_error, sync_directory, sync_parent};
use crate::inherited::Private;
use crate::private;

/// Tells ours from others'.
const MARK: &str = "PLINTH-PARTIAL";
const WHOLE: &str = "whole";

/// A directory in the making; it is removed when this is dropped.
pub struct Partial {
    root: PathBuf,
    target: PathBuf,
    _lock: Private<File>,
}

impl Partial {
    /// Begins to make `target`, which must not exist.
    pub fn begin(target: &Path) -> Result<Self> {
        let mut name = target.file_name().ok_or_else(|| no_name(target))?.to_owned();
        name.push(".partial");
        let root = target.with_file_name(name);
        if let Err(error) = refuse_existing(target) {
            // One that was ended after it gave the name has left this.
            if root.join(MARK).is_file() {
                drop(Self::in_place(root, target));
            }
            return Err(error);
        }
        let partial = Self::in_place(root, target)?;
        // Another process may have made it meanwhile.
        refuse_existing(target)?;
        Ok(partial)
    }

    /// The same for files that are only gathered, in the directory `root`.
    pub fn gather(root: PathBuf) -> Result<Self> {
        Self::in_place(root, Path::new(""))
    }

    fn in_place(root: PathBuf, target: &Path) -> Result<Self> {
        let failed = |error| io_error(error, "making", &root);
        let mut builder = DirBuilder::new();
        builder.mode(private::DIRECTORY);
        match builder.create(&root) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check_ours(&root)?,
            made => made.map_err(failed)?,
        }
        // Where there is no room for the mark nothing is left: what is not empty stays.
        let lock = lock(&root).inspect_err(|_| drop(fs::remove_dir(&root)))?;
        let partial = Self { target: target.to_owned(), _lock: lock, root };
        let failed = |error| io_error(error, "making", &partial.path());
        match fs::remove_dir_all(partial.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => builder.create(partial.path()).map_err(failed)?,
        }
        Ok(partial)
    }

    /// Where it is made.
    pub fn path(&self) -> PathBuf {
        match is_on(Defect::NamesEarly) && self.target != Path::new("") {
            true => self.target.clone(),
            false => self.root.join(WHOLE),
        }
    }

    /// Gives it its name, when all files in it are on disk.
    pub fn finish(self) -> Result<()> {
        let failed = |error| io_error(error, "naming", &self.target);
        sync_directory(&self.path()).map_err(failed)?;
        sync_directory(&self.root).map_err(failed)?;
        if is_on(Defect::NamesEarly) {
            return Ok(());
        }
        match renameat_with(CWD, self.path(), CWD, &self.target, RenameFlags::NOREPLACE) {
            // A file system that does not know it.
            Err(Errno::INVAL | Errno::NOSYS) => {
                refuse_existing(&self.target)?;
                fs::rename(self.path(), &self.target).map_err(failed)?;
            }
            Err(Errno::EXIST | Errno::NOTEMPTY) => return Err(exists(&self.target)),
            renamed => renamed.map_err(io::Error::from).map_err(failed)?,
        }
        sync_parent(&self.target).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What can't be removed is by the next one. The mark goes last, while it is locked.
        let _ = fs::remove_dir_all(self.root.join(WHOLE));
        let _ = fs::remove_file(self.root.join(MARK));
        let _ = fs::remove_dir(&self.root);
    }
}

/// Fails if it is another one's directory.
fn check_ours(root: &Path) -> Result<()> {
    let failed = |error| io_error(error, "listing", root);
    let mut entries = fs::read_dir(root).map_err(failed)?;
    if root.join(MARK).is_file() || entries.next().is_none() {
        return Ok(());
    }
    let text =
        format!("{} was not left by a call that was cut short: remove it, or choose another name", root.display());
    Err(Error::new(Code::TARGET_EXISTS).context(text))
}

fn lock(root: &Path) -> Result<Private<File>> {
    let name = root.join(MARK);
    let failed = |error| io_error(error, "locking", &name);
    let busy = || Error::new(Code::UPKEEP_UNDER_WAY).context(format!("{} is being made", root.display()));
    let mut options = private::options();
    options.read(true).write(true).create(true).truncate(false);
    let file = Private::open(|| options.open(&name)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(busy()),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // Whoever had it may have removed it a moment ago.
    let now = fs::metadata(&name).map(|found| (found.dev(), found.ino())).ok();
    let ours = file.metadata().map(|found| (found.dev(), found.ino())).map_err(failed)?;
    match now == Some(ours) {
        true => Ok(file),
        false => Err(busy()),
    }
}

fn refuse_existing(target: &Path) -> Result<()> {
    match fs::symlink_metadata(target) {
        Ok(_) => Err(exists(target)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error(error, "looking at", target)),
    }
}

fn exists(target: &Path) -> Error {
    Error::new(Code::TARGET_EXISTS).context(format!("{} is there: choose a name that is free", target.display()))
}

fn no_name(target: &Path) -> Error {
    Error::new(Code::INVALID_ARGUMENT).context(format!("{} is no name for a directory", target.display()))
}
