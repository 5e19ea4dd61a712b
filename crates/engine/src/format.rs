//! What is on disk beside the users' keys, and how a directory is known to be ours.
//!
//! - `PLINTH`: a text file, first line `plinth format N`, second line `uuid U`. Written before
//!   anything else, through a temporary name, so a directory is ours or it is not.
//! - `OWNER`: `pid N`, the process that opened the directory last, as a hint for messages, and ` exclusive`
//!   after it if it shares the directory with nobody. Whoever has the directory open holds a lock on this
//!   file, beside RocksDB's own.
//! - `WATERMARK`: how far the log got (`watermark`).
//! - `SOCKET`: where whoever has the directory open serves other processes (`socket`).
//! - In the column family `plinth.meta`: the version of the newest commit, in the same batch as
//!   its data, and the lease, below which versions may have been given out. For each keyspace but the
//!   default one its number, key `keyspace/` and the name; under `next keyspace` the next number, which
//!   is above all that were ever given out. Databases of before have no numbers and get them when they
//!   are opened; `numbers` says why that is no new format.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use plinth_api::{Code, DatabaseOptions, Error, Result};
use uuid::Uuid;

use crate::advice::advice;
use crate::inherited::Private;
use crate::private;
use crate::watermark::WATERMARK;

/// The format this library writes, and the newest it reads.
pub const FORMAT: u32 = 1;
/// Key of the newest commit's version: eight bytes, big-endian.
pub const VERSION_KEY: &[u8] = b"version";
/// Key of the lease: eight bytes, big-endian.
pub const LEASE_KEY: &[u8] = b"lease";
/// Keys of the keyspaces' numbers begin with this, and the names follow: four bytes, big-endian.
pub const KEYSPACES: &[u8] = b"keyspace/";
/// First key past those.
pub const END_OF_KEYSPACES: &[u8] = b"keyspace0";
/// Key of the next free keyspace number: four bytes, big-endian.
pub const NEXT_KEYSPACE_KEY: &[u8] = b"next keyspace";
/// Versions reserved at a time: ten minutes' worth.
pub const LEASE: i64 = 600_000_000;
/// Where a new database's versions begin: version 1 is then too old to read at (rule VER-8).
pub const FIRST_VERSION: i64 = 1_000_000_000;

const IDENTITY: &str = "PLINTH";
const OWNER: &str = "OWNER";
/// RocksDB's, which a creation that was cut short may have left.
pub const LOCK: &str = "LOCK";
/// What the owner's note ends with if it shares the directory with nobody.
const EXCLUSIVE: &str = " exclusive";
/// An owner's note is there so soon after its lock.
const NOTE_TAKES: std::time::Duration = std::time::Duration::from_millis(20);

/// A directory that nobody else has open until this is dropped.
///
/// RocksDB's own lock does not exclude the process that has it: another copy of this library in the
/// same process, such as `libfdb_c.so` beside `libplinth.so`, would get it too, and the first to
/// close would lose it for both. This one belongs to the opened file, whoever opened it, by whatever
/// path.
pub struct OpenDirectory(Private<File>);

impl OpenDirectory {
    fn new(path: &Path) -> Result<Self> {
        let name = path.join(OWNER);
        let mut options = private::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = Private::open(|| options.open(&name)).map_err(|error| io_error(error, "opening", &name))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::new(Code::LOCK_FILE_FAILURE).context(owner(path))),
            Err(TryLockError::Error(error)) => Err(io_error(error, "locking", &name)),
        }
    }
}

impl Drop for OpenDirectory {
    fn drop(&mut self) {
        // A process that was started just now may have it open still; closing alone would leave it locked.
        let _ = self.0.unlock();
    }
}

/// Makes sure that the directory `path` is a Plinth database or becomes one, and that nobody else has it.
pub fn claim(path: &Path, options: &DatabaseOptions) -> Result<OpenDirectory> {
    // Nothing is put into a directory that is not ours.
    private::check(path)?;
    check_identity(path, options)?;
    let directory = OpenDirectory::new(path)?;
    // Another process may have created the database before it let go of the directory.
    if !check_identity(path, options)? {
        private::keep(path);
        write_identity(path).map_err(|error| io_error(error, "writing", &path.join(IDENTITY)))?;
    }
    note_owner(path, options.exclusive);
    Ok(directory)
}

/// Whether there is a database. Fails if that is not what the options ask for, or if there is
/// something else.
fn check_identity(path: &Path, options: &DatabaseOptions) -> Result<bool> {
    let refused = |code: Code| Err(Error::new(code).context(path.display().to_string()));
    match read_identity(path)? {
        Some(()) if options.must_not_exist => refused(Code::DATABASE_EXISTS),
        Some(()) => check_files(path).map(|()| true),
        None if options.must_exist => refused(Code::DATABASE_MISSING),
        None => match check_empty(path) {
            Ok(()) => Ok(false),
            // Another process may have created the database between the two looks.
            Err(error) => read_identity(path)?.map(|()| true).ok_or(error),
        },
    }
}

/// The id that the database in `path` was created with.
pub fn uuid(path: &Path) -> String {
    uuid_in(&private::read(&path.join(IDENTITY)).unwrap_or_default()).unwrap_or_default().to_string()
}

/// The id that an identity file names.
pub fn uuid_in(text: &str) -> Option<Uuid> {
    text.lines().nth(1)?.strip_prefix("uuid ").and_then(|id| Uuid::parse_str(id.trim()).ok())
}

/// The format that an identity file names.
pub fn format_in(text: &str) -> Option<u32> {
    text.lines().next()?.strip_prefix("plinth format ")?.trim().parse().ok()
}

/// The process that an owner's note names.
pub fn pid_in(text: &str) -> Option<u32> {
    text.split_whitespace().nth(1)?.parse().ok()
}

/// Notes this process as the owner; failing to is no reason not to open.
fn note_owner(path: &Path, exclusive: bool) {
    let how = if exclusive { EXCLUSIVE } else { "" };
    let mut options = private::options();
    let file = options.write(true).create(true).truncate(true).open(path.join(OWNER));
    let _ = file.and_then(|mut file| file.write_all(format!("pid {}{how}\n", std::process::id()).as_bytes()));
}

/// Whether whoever has the directory shares it with nobody.
pub fn is_exclusive(path: &Path) -> bool {
    let noted = || private::read(&path.join(OWNER)).is_ok_and(|text| text.trim_end().ends_with(EXCLUSIVE));
    if !noted() {
        return false;
    }
    // It may be the note of the one before, for a moment.
    std::thread::sleep(NOTE_TAKES);
    noted()
}

/// Who has the directory open, as a sentence.
pub fn owner(path: &Path) -> String {
    let text = private::read(&path.join(OWNER)).unwrap_or_default();
    match pid_in(&text) {
        Some(pid) if pid == std::process::id() => format!("{} is open in this process (pid {pid})", path.display()),
        Some(pid) => format!("{} is open in the process with pid {pid}", path.display()),
        None => format!("{} is open in another process", path.display()),
    }
}

/// Makes the directory if it is missing, and may be.
pub fn make_directory(path: &Path, options: &DatabaseOptions) -> Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(Error::new(Code::NOT_A_DATABASE).context(format!("{} is not a directory", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound && options.must_exist => {
            Err(Error::new(Code::DATABASE_MISSING).context(path.display().to_string()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match DirBuilder::new().mode(private::DIRECTORY).create(path) {
                // Another process was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
                made => made.map_err(|error| io_error(error, "creating", path)),
            }
        }
        Err(error) => Err(io_error(error, "looking at", path)),
    }
}

/// Reads the identity file: `Some` if this is a database we can read, `None` if there is none.
fn read_identity(path: &Path) -> Result<Option<()>> {
    let file = path.join(IDENTITY);
    let text = match private::read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(error, "reading", &file)),
    };
    let Some(format) = format_in(&text) else {
        return Err(Error::new(Code::FILE_CORRUPT).context(format!("{} does not name a format", file.display())));
    };
    if format == 0 {
        return Err(Error::new(Code::FILE_CORRUPT).context(format!("{} names format 0", file.display())));
    }
    if format > FORMAT {
        return Err(Error::new(Code::FORMAT_NOT_SUPPORTED)
            .context(format!("{} has format {format}; this library reads formats up to {FORMAT}", path.display())));
    }
    Ok(Some(()))
}

/// Has a directory that holds a database to itself for reading: beside others who only read, and nobody who
/// may write. Changes nothing; a database that nobody can lock may be read without one, and `None` is
/// returned for it.
pub fn claim_to_read(path: &Path) -> Result<Option<OpenDirectory>> {
    private::check(path)?;
    if read_identity(path)?.is_none() {
        return Err(Error::new(Code::DATABASE_MISSING).context("there is no file PLINTH"));
    }
    let name = path.join(OWNER);
    let file = match Private::open(|| private::options().read(true).open(&name)) {
        Ok(file) => file,
        // Nobody ever opened it, or it was taken out of a backup without it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(error, "opening", &name)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(OpenDirectory(file))),
        Err(TryLockError::WouldBlock) => Err(Error::new(Code::LOCK_FILE_FAILURE)
            .context(format!("{}, which may write; open it without read_only to share it", owner(path)))),
        Err(TryLockError::Error(error)) => Err(io_error(error, "locking", &name)),
    }
}

/// Has a directory to itself that holds what is left of a database. One that lost its file PLINTH but has a
/// watermark gets a new one.
pub fn claim_to_repair(path: &Path) -> Result<OpenDirectory> {
    private::check(path)?;
    let lost_identity = match read_identity(path) {
        Ok(Some(())) => false,
        Ok(None) if path.join(WATERMARK).exists() => true,
        Ok(None) => return Err(Error::new(Code::DATABASE_MISSING).context("there is no file PLINTH")),
        Err(error) if error.code() == Code::FILE_CORRUPT => true,
        Err(error) => return Err(error),
    };
    let directory = OpenDirectory::new(path)?;
    if lost_identity {
        write_identity(path).map_err(|error| io_error(error, "writing", &path.join(IDENTITY)))?;
    }
    note_owner(path, true);
    Ok(directory)
}

/// Has a directory to itself whose files were brought from another one: it becomes a database of its own.
pub fn claim_copy(path: &Path) -> Result<OpenDirectory> {
    write_identity(path).map_err(|error| io_error(error, "writing", &path.join(IDENTITY)))?;
    OpenDirectory::new(path)
}

/// Whether those who have the directory open only read.
pub fn is_read(path: &Path) -> bool {
    File::open(path.join(OWNER)).is_ok_and(|file| file.try_lock_shared().is_ok())
}

/// Fails if RocksDB's file CURRENT is missing, without which there is no telling what belongs together.
pub fn check_current(path: &Path) -> Result<()> {
    match path.join("CURRENT").exists() {
        true => Ok(()),
        false => Err(Error::new(Code::FILE_CORRUPT).context("the file CURRENT is missing")),
    }
}

/// An identity without RocksDB's CURRENT is a creation that was cut short, unless there is data:
/// then creating a new database in its place would hide it.
fn check_files(path: &Path) -> Result<()> {
    if path.join("CURRENT").exists() {
        return Ok(());
    }
    let data = names(path)?.into_iter().find(|name| name.ends_with(".sst") || name.starts_with("MANIFEST"));
    match data {
        Some(name) if name.ends_with(".sst") => Err(Error::new(Code::FILE_CORRUPT)
            .context(format!("{} has data ({name}) but its file CURRENT is missing", path.display()))),
        _ => Ok(()),
    }
}

fn check_empty(path: &Path) -> Result<()> {
    let names = names(path)?;
    let temporary = format!("{IDENTITY}.tmp");
    let Some(name) = names.iter().find(|name| **name != temporary && **name != OWNER && **name != LOCK) else {
        return Ok(());
    };
    let what = match names.iter().any(|name| name == "CURRENT") {
        true => "a RocksDB database that is not Plinth's".to_owned(),
        false => format!("other files, such as {name}"),
    };
    Err(Error::new(Code::NOT_A_DATABASE).context(format!("{} holds {what}", path.display())))
}

fn names(path: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(path).map_err(|error| io_error(error, "listing", path))?;
    entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()
        .map_err(|error| io_error(error, "listing", path))
}

/// Where there is an identity the directory itself is durable, whoever made it, and even if he was ended
/// before he could see to that.
fn write_identity(path: &Path) -> io::Result<()> {
    sync_parent(path)?;
    let temporary = path.join(format!("{IDENTITY}.tmp"));
    write_private(&temporary, &format!("plinth format {FORMAT}\nuuid {}\n", Uuid::new_v4()))?;
    fs::rename(&temporary, path.join(IDENTITY))?;
    sync_directory(path)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private::options().write(true).create(true).truncate(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes the entries of a directory durable.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes the entry of a directory durable. One that the caller made may be where this process may not
/// open its parent, or on a file system that can't sync one.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match path.canonicalize()?.parent().map_or(Ok(()), sync_directory) {
        Err(error) if matches!(error.kind(), PermissionDenied | InvalidInput | Unsupported) => Ok(()),
        synced => synced,
    }
}

/// The error of a file operation.
pub fn io_error(error: io::Error, doing: &str, path: &Path) -> Error {
    let code = match error.kind() {
        io::ErrorKind::NotFound => Code::FILE_NOT_FOUND,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Code::FILE_NOT_WRITABLE,
        _ => Code::IO_ERROR,
    };
    let place = format!("{doing} {}", path.display());
    let place = match advice(&error.to_string()) {
        Some(advice) => format!("{place} ({advice})"),
        None => place,
    };
    Error::new(code).context(place).caused_by(error)
}
