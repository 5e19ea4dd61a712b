//! A database directory is its owner's alone: files in it are made for the owner only, and nothing in it
//! leads elsewhere.
//!
//! RocksDB follows symbolic links and makes its files for everybody whom the umask does not forbid, so the
//! directory itself has to keep others out: it is made so, and an empty one that becomes a database is
//! made so too. What leads elsewhere is looked for before RocksDB sees the directory.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use plinth_api::{Code, Error, Result};
use rustix::fs::OFlags;

use crate::format::{io_error, LOCK};

/// Rights of a directory, and of a file.
pub const DIRECTORY: u32 = 0o700;
const FILE: u32 = 0o600;
/// The rights of everybody but the owner.
const OTHERS: u32 = 0o077;
/// Files of ours have a line or two.
const LONGEST: u64 = 4096;

/// How files of ours are opened: a symbolic link is an error, and a pipe makes nobody wait.
pub fn options() -> OpenOptions {
    let mut options = File::options();
    options.mode(FILE).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    options
}

/// What is in a file of ours.
pub fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    options().read(true).open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Fails with 9007 if something in the directory is neither a file nor a directory nor a socket.
pub fn check(directory: &Path) -> Result<()> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error(error, "listing", directory)),
    };
    for entry in entries {
        let kind = entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)));
        let (name, kind) = match kind {
            Ok(found) => found,
            // It went away meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io_error(error, "listing", directory)),
        };
        if kind.is_file() || kind.is_dir() || kind.is_socket() {
            continue;
        }
        let what = if kind.is_symlink() { "a symbolic link" } else { "no ordinary file" };
        let text = format!("{}: {} is {what}", directory.display(), name.to_string_lossy());
        return Err(Error::new(Code::NOT_A_DATABASE).context(text));
    }
    Ok(())
}

/// Keeps others out of an empty directory that becomes a database. Where that can't be done, as in one
/// that belongs to somebody else, its rights are the caller's affair.
pub fn keep(directory: &Path) {
    let ours = |found: &fs::Metadata| found.uid() == rustix::process::geteuid().as_raw();
    if fs::metadata(directory).is_ok_and(|found| ours(&found) && found.mode() & OTHERS != 0) {
        let _ = fs::set_permissions(directory, Permissions::from_mode(DIRECTORY));
    }
    // RocksDB would make it for everybody to read, and who can read a file can lock it.
    let _ = options().write(true).create(true).truncate(false).open(directory.join(LOCK));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use plinth_api::DatabaseOptions;

    use super::*;

    /// A database that was closed, and a file beside it that nobody may touch.
    fn closed() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let (path, victim) = (root.path().join("database"), root.path().join("victim"));
        let database = crate::open(path.to_str().unwrap(), DatabaseOptions::default()).unwrap();
        let keyspace = database.open_keyspace("a").unwrap().id;
        let transaction = database.begin().unwrap();
        transaction.set(keyspace, b"key", b"value").unwrap();
        transaction.commit().unwrap();
        drop(transaction);
        database.close().unwrap();
        drop(database);
        fs::write(&victim, "untouched").unwrap();
        (root, path, victim)
    }

    fn open(path: &Path) -> Result<std::sync::Arc<dyn plinth_api::Database>> {
        crate::open(path.to_str().unwrap(), DatabaseOptions::default())
    }

    #[test]
    fn links_that_were_planted_are_refused_and_lead_nowhere() {
        let (root, path, victim) = closed();
        let mut names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.extend(["PLINTH.tmp", "SOCKET", "LOG.old.1", "000099.log", "000099.sst"].map(Into::into));
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            let (place, kept) = (path.join(&name), root.path().join("kept"));
            let was_there = place.exists();
            if was_there {
                fs::rename(&place, &kept).unwrap();
            }
            symlink(&victim, &place).unwrap();
            let refused = open(&path).err().map(|error| error.code());
            assert_eq!(refused, Some(Code::NOT_A_DATABASE), "{name:?}");
            assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched", "{name:?}");
            fs::remove_file(&place).unwrap();
            if was_there {
                fs::rename(&kept, &place).unwrap();
            }
        }
        let database = open(&path).unwrap();
        database.close().unwrap();
    }

    #[test]
    fn links_into_nowhere_and_pipes_are_refused_too() {
        let (root, path, _) = closed();
        symlink(root.path().join("new"), path.join("000099.log")).unwrap();
        assert_eq!(open(&path).err().map(|error| error.code()), Some(Code::NOT_A_DATABASE));
        assert!(!root.path().join("new").exists());
        fs::remove_file(path.join("000099.log")).unwrap();
        fs::remove_file(path.join("OWNER")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(path.join("OWNER")).status().unwrap();
        assert!(made.success());
        assert_eq!(open(&path).err().map(|error| error.code()), Some(Code::NOT_A_DATABASE));
    }

    #[test]
    fn files_of_ours_are_never_opened_through_a_link() {
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("file"), root.path().join("link"));
        fs::write(&file, "text").unwrap();
        symlink(&file, &link).unwrap();
        assert_eq!(read(&file).unwrap(), "text");
        assert!(read(&link).is_err());
        assert!(options().write(true).create(true).truncate(true).open(&link).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
    }

    #[test]
    fn an_empty_directory_becomes_its_owners_and_a_link_to_it_is_followed() {
        let root = tempfile::tempdir().unwrap();
        let (path, link) = (root.path().join("database"), root.path().join("link"));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        symlink(&path, &link).unwrap();
        let database = open(&link).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
        assert_eq!(mode(&path), DIRECTORY);
        for name in ["PLINTH", "OWNER", "SOCKET", "LOCK"] {
            assert_eq!(mode(&path.join(name)), FILE, "{name}");
        }
        database.close().unwrap();
        // What its owner changes later stays.
        fs::set_permissions(&path, Permissions::from_mode(0o750)).unwrap();
        open(&path).unwrap().close().unwrap();
        assert_eq!(mode(&path), 0o750);
    }
}
