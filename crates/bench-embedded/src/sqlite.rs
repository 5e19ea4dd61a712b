//! SQLite, through rusqlite: a write-ahead log, one connection for each thread, the file mapped into memory.
//! Relies on a lock of its own for the order of writers, because a connection that finds another one writing
//! sleeps.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use plinth_bench::engines::{Engine, Failure, Range, Session, Step, Steps, Task, LAST};
use plinth_bench::error::{Context, Result};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::fatal;

const GET: &str = "SELECT value FROM pairs WHERE key = ?1";
const SET: &str = "INSERT INTO pairs VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const CLEAR: &str = "DELETE FROM pairs WHERE key = ?1";
const FORWARD: &str = "SELECT key, value FROM pairs WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3";
const REVERSE: &str = "SELECT key, value FROM pairs WHERE key >= ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3";

/// A database file.
pub struct Sqlite {
    path: PathBuf,
    writer: Mutex<()>,
}

impl Sqlite {
    /// Creates it if it is missing.
    pub fn open(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory).context(directory.display())?;
        let sqlite = Self { path: directory.join("pairs.sqlite"), writer: Mutex::new(()) };
        let made = "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";
        sqlite.connect(true)?.execute_batch(made).context("the table")?;
        Ok(sqlite)
    }

    fn connect(&self, sync: bool) -> Result<Connection> {
        let db = Connection::open(&self.path).context(self.path.display())?;
        db.pragma_update(None, "journal_mode", "WAL").context("WAL")?;
        db.pragma_update(None, "synchronous", if sync { "FULL" } else { "NORMAL" }).context("synchronous")?;
        db.pragma_update(None, "mmap_size", 1i64 << 30).context("mmap_size")?;
        db.busy_timeout(std::time::Duration::from_secs(10)).context("busy_timeout")?;
        Ok(db)
    }
}

impl Engine for Sqlite {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        Ok(Box::new(Client { db: self.connect(sync)?, writer: &self.writer }))
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

struct Client<'a> {
    db: Connection,
    writer: &'a Mutex<()>,
}

/// One transaction, begun.
struct Try<'a>(&'a Connection);

fn blob<'a>(row: &'a Row<'_>, at: usize) -> rusqlite::Result<&'a [u8]> {
    row.get_ref(at)?.as_blob().map_err(rusqlite::Error::from)
}

impl Steps for Try<'_> {
    fn get(&mut self, key: &[u8], mut see: impl FnMut(&[u8])) -> Step<bool> {
        let mut statement = self.0.prepare_cached(GET).map_err(fatal)?;
        let seen = statement.query_row([key], |row| blob(row, 0).map(&mut see)).optional();
        seen.map(|seen| seen.is_some()).map_err(fatal)
    }

    fn range(&mut self, range: Range<'_>, mut see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
        let text = if range.reverse { REVERSE } else { FORWARD };
        let mut statement = self.0.prepare_cached(text).map_err(fatal)?;
        let asked = (range.begin, range.end.unwrap_or(LAST), range.limit as i64);
        let mut rows = statement.query(asked).map_err(fatal)?;
        let mut found = 0;
        while let Some(row) = rows.next().map_err(fatal)? {
            see(blob(row, 0).map_err(fatal)?, blob(row, 1).map_err(fatal)?);
            found += 1;
        }
        Ok(found)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
        let mut statement = self.0.prepare_cached(SET).map_err(fatal)?;
        statement.execute((key, value)).map(drop).map_err(fatal)
    }

    fn clear(&mut self, key: &[u8]) -> Step<()> {
        let mut statement = self.0.prepare_cached(CLEAR).map_err(fatal)?;
        statement.execute([key]).map(drop).map_err(fatal)
    }
}

impl Client<'_> {
    fn say(&self, words: &str) -> Step<()> {
        let mut statement = self.db.prepare_cached(words).map_err(fatal)?;
        statement.execute([]).map(drop).map_err(fatal)
    }

    fn attempt(&self, task: &Task<'_>) -> Step<()> {
        let _writer = task.writes().then(|| self.writer.lock().unwrap_or_else(PoisonError::into_inner));
        self.say(if task.writes() { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
        match task.perform(&mut Try(&self.db)) {
            Ok(()) => self.say("COMMIT"),
            Err(failure) => {
                self.say("ROLLBACK")?;
                Err(failure)
            }
        }
    }
}

impl Session for Client<'_> {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        self.attempt(task).map(|()| 0).map_err(Failure::into_error)
    }
}
