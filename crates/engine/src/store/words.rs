//! What RocksDB says: told to whoever listens (`log`), and its warnings and errors kept in a file beside the data.
//!
//! RocksDB calls this on its own threads and with its own locks held, so nothing here calls it, waits, or
//! panics. Its lines name files, sizes and column families; it hides keys in errors, and those that it
//! names in a manual compaction are cut off here.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use rocksdb::{InfoLogger, LogLevel};

use crate::log::{is_heard, Level};

/// Its file, as RocksDB would name it, and the one before.
const FILE: &str = "LOG";
const BEFORE: &str = "LOG.old.1";
/// The file is put aside when it is longer.
const LONGEST_FILE: u64 = 10 << 20;
/// What it says of a new directory in memory, which `database::memory_path()` names.
const NO_DIRECTORY_YET: &str = "Error when reading /. ";
/// What stands before the keys of a manual compaction.
const BEFORE_KEYS: &str = "Manual compaction from level";

/// Hears what the RocksDB in a directory says. `keep` says whether its warnings go to the file there.
pub fn listener(directory: &Path, name: &str, keep: bool) -> InfoLogger {
    let (name, directory) = (name.to_owned(), keep.then(|| directory.to_owned()));
    InfoLogger::new_callback_logger(LogLevel::Info, move |level, line| {
        // A panic must not go through RocksDB.
        let _ = catch_unwind(AssertUnwindSafe(|| hear(&name, directory.as_deref(), level, line.trim_end())));
    })
}

fn hear(name: &str, directory: Option<&Path>, level: LogLevel, line: &str) {
    let level = match level {
        // A directory in memory begins with none.
        LogLevel::Error if line.starts_with(NO_DIRECTORY_YET) => Level::Debug,
        LogLevel::Error | LogLevel::Fatal => Level::Error,
        LogLevel::Warn => Level::Warning,
        LogLevel::Info | LogLevel::Debug => Level::Debug,
        // The options, hundreds of lines at each open.
        LogLevel::Header => return,
    };
    if let Some(directory) = directory.filter(|_| level <= Level::Warning) {
        // There may be no room, and then nobody could be told.
        let _ = keep(directory, level, line);
    }
    if !is_heard(level) {
        return;
    }
    let line = without_keys(line);
    match level {
        Level::Error => tracing::error!(target: "plinth::rocksdb", database = name, "{line}"),
        Level::Warning => tracing::warn!(target: "plinth::rocksdb", database = name, "{line}"),
        Level::Info | Level::Debug => tracing::debug!(target: "plinth::rocksdb", database = name, "{line}"),
    }
}

fn without_keys(line: &str) -> &str {
    match line.find(BEFORE_KEYS) {
        Some(at) => &line[..at + "Manual compaction".len()],
        None => line,
    }
}

/// Adds a line to the file. It is opened for each: there are few, and nothing stays open in a child of `fork`.
fn keep(directory: &Path, level: Level, line: &str) -> std::io::Result<()> {
    let path: PathBuf = directory.join(FILE);
    if fs::metadata(&path).is_ok_and(|file| file.len() > LONGEST_FILE) {
        fs::rename(&path, directory.join(BEFORE))?;
    }
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
    let seconds = crate::log::now_us() as f64 / 1e6;
    file.write_all(format!("{seconds:.6} {} {line}\n", level.name()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_manual_compaction_are_not_told() {
        let line = "[default] Manual compaction from level-0 to level-1 from 'alice' seq:1 .. 'bob'; will stop at 'x'";
        assert_eq!(without_keys(line), "[default] Manual compaction");
        assert_eq!(without_keys("[default] Stalling writes because we have 20 level-0 files"), {
            "[default] Stalling writes because we have 20 level-0 files"
        });
    }

    #[test]
    fn warnings_are_kept_in_two_files_of_bounded_length() {
        let root = tempfile::tempdir().unwrap();
        let line = "w".repeat(1 << 20);
        for _ in 0..25 {
            hear("db", Some(root.path()), LogLevel::Warn, &line);
            hear("db", Some(root.path()), LogLevel::Info, "not kept");
            hear("db", Some(root.path()), LogLevel::Header, "not kept");
        }
        let length = |name: &str| fs::metadata(root.path().join(name)).unwrap().len();
        assert!(length(BEFORE) > LONGEST_FILE && length(FILE) + length(BEFORE) < 3 * LONGEST_FILE);
        let text = fs::read_to_string(root.path().join(FILE)).unwrap();
        assert!(text.lines().all(|line| line.contains(" warning www")) && !text.contains("not kept"));
    }
}
