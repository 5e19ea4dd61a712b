//! The directory of backups: who may do what in it, and what is in it. See `mod.rs` for its files.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use plinth_api::{Code, Error, Result};

use super::super::file::{self, Contents};
use super::super::work::Work;
use super::generation::{check_format, damaged, opened, sealed, Generation};
use crate::format::{io_error, sync_directory, sync_parent};
use crate::inherited::Private;
use crate::private;

const IDENTITY: &str = "PLINTH-BACKUPS";
const LOCK: &str = "LOCK";
const FILES: &str = "files";
const GENERATION: &str = "generation-";
/// What is written under this is not there yet.
const PARTIAL: &str = ".partial";

/// See the file's top.
pub struct Directory {
    path: PathBuf,
    /// The number of the next generation.
    next: u64,
    /// That nobody else has it.
    _lock: Option<Private<File>>,
}

impl Directory {
    /// Opens it to look at what is there.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        let text = match private::read(&path.join(IDENTITY)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(not_ours(path, "has no backups")),
            Err(error) => return Err(io_error(error, "reading", &path.join(IDENTITY))),
        };
        let next = identity(&text, &path.join(IDENTITY))?;
        Ok(Self { path: path.to_owned(), next, _lock: None })
    }

    /// Opens it to take generations out.
    pub fn open_to_change(path: &Path) -> Result<Self> {
        Self::open_to_read(path)?;
        let lock = lock(path)?;
        Ok(Self { _lock: Some(lock), ..Self::open_to_read(path)? })
    }

    /// Opens it to add to it, and makes it if it is missing.
    pub fn open_to_add(path: &Path) -> Result<Self> {
        let mut builder = DirBuilder::new();
        builder.mode(private::DIRECTORY);
        match builder.create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(|error| io_error(error, "making", path))?,
        }
        if !path.join(IDENTITY).is_file() {
            check_empty(path)?;
            let _lock = lock(path)?;
            if !path.join(IDENTITY).is_file() {
                begin(path, &mut builder)?;
            }
        }
        Self::open_to_change(path)
    }

    /// Has its files to itself together with others who only read.
    pub fn share(&self) -> Result<Option<Private<File>>> {
        let name = self.path.join(LOCK);
        let Ok(file) = Private::open(|| private::options().read(true).open(&name)) else {
            // On a medium that takes no writes nobody changes anything.
            return Ok(None);
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Err(busy(&self.path)),
            Err(TryLockError::Error(error)) => Err(io_error(error, "locking", &name)),
        }
    }

    /// The number of the next generation.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Where a file is.
    pub fn file(&self, stored: &str) -> PathBuf {
        self.path.join(FILES).join(stored)
    }

    /// The generations, in order, each as far as it can be read.
    pub fn generations(&self) -> Result<Vec<(u64, Result<Generation>)>> {
        let numbers = self.numbers()?;
        Ok(numbers.into_iter().map(|number| (number, self.read(number))).collect())
    }

    /// A generation; 0 is the newest.
    pub fn generation(&self, number: u64) -> Result<Generation> {
        let numbers = self.numbers()?;
        let found = match number {
            0 => numbers.last(),
            number => numbers.iter().find(|known| **known == number),
        };
        self.read(*found.ok_or_else(|| self.not_found(number))?)
    }

    /// Takes a generation out. Its files stay until the next sweep.
    pub fn delete(&mut self, number: u64) -> Result<()> {
        match fs::remove_file(self.description(number)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(self.not_found(number)),
            removed => removed
                .and_then(|()| sync_directory(&self.path))
                .map_err(|error| io_error(error, "removing", &self.description(number))),
        }
    }

    /// Removes what no generation has, unless there is one that can't be read.
    pub fn sweep(&mut self) -> Result<()> {
        let mut used = HashSet::new();
        for (_, generation) in self.generations()? {
            let Ok(generation) = generation else { return Ok(()) };
            used.extend(generation.entries.into_iter().map(|entry| entry.stored));
        }
        let files = self.path.join(FILES);
        let unused = names(&files)?.into_iter().filter(|name| !used.contains(name)).map(|name| files.join(name));
        let partial = names(&self.path)?.into_iter().filter(|name| is_partial(name)).map(|name| self.path.join(name));
        for path in unused.chain(partial) {
            fs::remove_file(&path).map_err(|error| io_error(error, "removing", &path))?;
        }
        Ok(())
    }

    /// Begins to add a generation.
    pub fn adding(&mut self) -> Result<Adding<'_>> {
        let mut known = BTreeMap::new();
        for (_, generation) in self.generations()? {
            let entries = generation.map(|generation| generation.entries).unwrap_or_default();
            known.extend(entries.into_iter().map(|entry| (entry.stored, entry.contents)));
        }
        Ok(Adding { directory: self, known, made: Vec::new() })
    }

    fn numbers(&self) -> Result<Vec<u64>> {
        let number = |name: &String| name.strip_prefix(GENERATION)?.parse().ok();
        let mut numbers: Vec<u64> = names(&self.path)?.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn read(&self, number: u64) -> Result<Generation> {
        let path = self.description(number);
        match Generation::read(&path)? {
            generation if generation.number == number => Ok(generation),
            _ => Err(damaged(&path)),
        }
    }

    fn description(&self, number: u64) -> PathBuf {
        self.path.join(format!("{GENERATION}{number:08}"))
    }

    fn not_found(&self, number: u64) -> Error {
        let text = match number {
            0 => format!("{} has none", self.path.display()),
            number => format!("{} has no number {number}", self.path.display()),
        };
        Error::new(Code::BACKUP_NOT_FOUND).context(text)
    }
}

/// A generation that is being added; what it has brought is removed if it is not finished.
pub struct Adding<'a> {
    directory: &'a mut Directory,
    known: BTreeMap<String, Contents>,
    made: Vec<PathBuf>,
}

impl Adding<'_> {
    /// What is in a file that is there already.
    pub fn known(&self, stored: &str) -> Option<Contents> {
        let length = || fs::metadata(self.directory.file(stored)).map(|found| found.len()).ok();
        self.known.get(stored).copied().filter(|known| length() == Some(known.bytes))
    }

    /// Brings a file.
    pub fn copy(&mut self, from: &Path, stored: &str, bytes: u64, work: &Work<'_>) -> Result<Contents> {
        let to = self.directory.file(stored);
        let partial = self.directory.file(&format!("{stored}{PARTIAL}"));
        self.made.push(partial.clone());
        let contents = file::copy(from, &partial, bytes, work)?;
        // One of a generation that can't be read any more may be there. It is put in its place, and stays.
        if fs::symlink_metadata(&to).is_err() {
            self.made.push(to.clone());
        }
        fs::rename(&partial, &to).map_err(|error| io_error(error, "naming", &to))?;
        Ok(contents)
    }

    /// Has the generation be there.
    pub fn finish(mut self, generation: &Generation) -> Result<()> {
        let path = &self.directory.path;
        sync_directory(&path.join(FILES)).map_err(|error| io_error(error, "syncing", path))?;
        let to = self.directory.description(generation.number);
        let partial = path.join(format!("{GENERATION}{:08}{PARTIAL}", generation.number));
        self.made.extend([partial.clone(), path.join(format!("{IDENTITY}{PARTIAL}"))]);
        write_identity(path, generation.number + 1)?;
        file::write(&partial, generation.text().as_bytes())?;
        fs::rename(&partial, &to).map_err(|error| io_error(error, "naming", &to))?;
        self.made.clear();
        sync_directory(path).map_err(|error| io_error(error, "syncing", path))
    }
}

impl Drop for Adding<'_> {
    fn drop(&mut self) {
        for path in &self.made {
            let _ = fs::remove_file(path);
        }
    }
}

fn begin(path: &Path, builder: &mut DirBuilder) -> Result<()> {
    match builder.create(path.join(FILES)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made.map_err(|error| io_error(error, "making", &path.join(FILES)))?,
    }
    sync_parent(path).map_err(|error| io_error(error, "syncing", path))?;
    write_identity(path, 1)
}

fn write_identity(path: &Path, next: u64) -> Result<()> {
    let (name, partial) = (path.join(IDENTITY), path.join(format!("{IDENTITY}{PARTIAL}")));
    file::write(&partial, sealed(format!("plinth backups format 1\nnext {next}\n")).as_bytes())?;
    let renamed = fs::rename(&partial, &name).and_then(|()| sync_directory(path));
    renamed.map_err(|error| io_error(error, "naming", &name))
}

/// The number of the next generation.
fn identity(text: &str, path: &Path) -> Result<u64> {
    check_format(text, "plinth backups format ", path)?;
    let next = opened(text).and_then(|lines| lines.lines().nth(1)?.strip_prefix("next ")?.parse().ok());
    next.ok_or_else(|| damaged(path))
}

fn lock(path: &Path) -> Result<Private<File>> {
    let name = path.join(LOCK);
    let mut options = private::options();
    options.read(true).write(true).create(true).truncate(false);
    let file = Private::open(|| options.open(&name)).map_err(|error| io_error(error, "opening", &name))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(busy(path)),
        Err(TryLockError::Error(error)) => Err(io_error(error, "locking", &name)),
    }
}

fn busy(path: &Path) -> Error {
    Error::new(Code::UPKEEP_UNDER_WAY).context(format!("the backups in {} are in use by another call", path.display()))
}

fn not_ours(path: &Path, what: &str) -> Error {
    Error::new(Code::NOT_A_BACKUP_DIRECTORY).context(format!("{} {what}", path.display()))
}

/// A directory that becomes one of backups holds nothing else than what was left of a call that began to make it one.
fn check_empty(path: &Path) -> Result<()> {
    let files = path.join(FILES);
    // Nothing is in it before the directory has its identity.
    let is_ours = |name: &str| match name {
        LOCK => true,
        FILES => files.is_dir() && names(&files).is_ok_and(|names| names.is_empty()),
        name => is_partial(name),
    };
    match names(path)?.iter().find(|name| !is_ours(name)) {
        None => Ok(()),
        Some(other) => Err(not_ours(path, &format!("holds other files, such as {other}"))),
    }
}

/// Whether a name in the directory is one of ours for what is not there yet.
fn is_partial(name: &str) -> bool {
    let whole = name.strip_suffix(PARTIAL);
    whole.is_some_and(|whole| {
        whole == IDENTITY || whole.strip_prefix(GENERATION).is_some_and(|it| it.parse::<u64>().is_ok())
    })
}

fn names(path: &Path) -> Result<Vec<String>> {
    let failed = |error| io_error(error, "listing", path);
    let entries = fs::read_dir(path).map_err(failed)?;
    entries.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())).collect()
}
