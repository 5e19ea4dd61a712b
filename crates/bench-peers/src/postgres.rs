//! PostgreSQL with one table of keys and values. Relies on `server` to run it as a user that is not root,
//! which it refuses.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use plinth_bench::engines::{Engine, Key, Session, Slice, Task, Transaction};
use plinth_bench::error::{Context, Error, Result};
use plinth_bench::machine;
use postgres::error::SqlState;
use postgres::{Client, NoTls, Statement};

use crate::server::{self, Server};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS pairs (key bytea PRIMARY KEY, value bytea NOT NULL)";
const READ: &str = "SELECT value FROM pairs WHERE key = $1";
const RANGE: &str = "SELECT key, value FROM pairs WHERE key >= $1 ORDER BY key LIMIT $2";
/// All writes of a transaction in one message.
const WRITE: &str = "INSERT INTO pairs SELECT * FROM unnest($1::bytea[], $2::bytea[]) \
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value";
/// As much memory as Plinth has, checkpoints by time and not by the amount written, and enough of the locks
/// that serialisable range reads take.
const SETTINGS: [&str; 5] = [
    "listen_addresses=",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "max_pred_locks_per_transaction=4000",
    "log_min_messages=panic",
];
/// The user of Debian's package, for a benchmark that runs as root.
const USER: &str = "postgres";

/// Why it can't be measured.
pub fn missing() -> Option<String> {
    (program("postgres").is_none() || program("initdb").is_none())
        .then(|| String::from("not installed (Debian: postgresql)"))
}

/// Debian keeps each version's programs in a directory of its own.
fn program(name: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    places.sort();
    server::find(name, places.into_iter().rev())
}

fn installed(name: &str) -> Result<PathBuf> {
    program(name).ok_or_else(|| Error::new(format!("{name} is not installed")))
}

/// A server and where its socket is.
pub struct Postgres {
    server: Server,
    directory: PathBuf,
}

impl Postgres {
    /// Starts it; makes its files if there are none.
    pub fn open(directory: &Path) -> Result<Self> {
        let data = directory.join("data");
        if !data.exists() {
            std::fs::create_dir_all(directory).context(directory.display())?;
            give_away(directory)?;
            let mut make = server::command(&installed("initdb")?, directory)?;
            server::run(make.args([
                "--auth=trust",
                "--username=bench",
                "--encoding=UTF8",
                "--locale=C",
                "-D",
                "data",
            ]))?;
        }
        let mut command = server::command(&installed("postgres")?, directory)?;
        command.args(["-D", "data", "-k"]).arg(directory);
        SETTINGS.iter().for_each(|setting| {
            command.args(["-c", setting]);
        });
        let mut server = Server::start(&mut command)?;
        let mut client = server.connect(|| connect(directory))?;
        let sized = "VACUUM (ANALYZE) pairs";
        for statement in [TABLE, sized, "CHECKPOINT"] {
            client.batch_execute(statement).map_err(story).context(statement)?;
        }
        Ok(Self { server, directory: directory.to_path_buf() })
    }
}

/// Gives a directory to the server's user if this process is root.
fn give_away(directory: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if std::fs::metadata(directory).context(directory.display())?.uid() != 0 {
        return Ok(());
    }
    server::run(Command::new("chown").arg(format!("{USER}:")).arg(directory))
}

fn connect(directory: &Path) -> std::result::Result<Client, postgres::Error> {
    postgres::Config::new().host_path(directory).user("bench").dbname("postgres").connect(NoTls)
}

/// The client tells an error of the server without the server's words.
fn story(error: postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |told| format!("{}: {}", told.code().code(), told.message()))
}

impl Engine for Postgres {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        let mut client = connect(&self.directory).map_err(story).context("connecting to PostgreSQL")?;
        let durability = if sync { "on" } else { "off" };
        let settings =
            format!("SET synchronous_commit = {durability}; SET default_transaction_isolation = 'serializable'");
        client.batch_execute(&settings).map_err(story).context(settings)?;
        let mut prepare = |text| client.prepare(text).map_err(story).context(text);
        let (read, range, write) = (prepare(READ)?, prepare(RANGE)?, prepare(WRITE)?);
        Ok(Box::new(Statements { client, read, range, write }))
    }

    fn servers_cpu(&self) -> Result<Duration> {
        machine::cpu_time_of(self.server.id())
    }

    fn close(self: Box<Self>) -> Result<()> {
        let mut stop = server::command(&installed("pg_ctl")?, &self.directory)?;
        server::run(stop.args(["stop", "-D", "data", "-m", "fast"]))?;
        match self.server.ended()? {
            status if status.success() => Ok(()),
            status => Err(Error::new(format!("postgres ended with {status}"))),
        }
    }
}

/// One thread's connection and its prepared statements.
struct Statements {
    client: Client,
    read: Statement,
    range: Statement,
    write: Statement,
}

impl Statements {
    fn attempt(&mut self, transaction: &Transaction<'_>) -> std::result::Result<(), Failure> {
        let single = transaction.reads.len() + usize::from(!transaction.writes.is_empty()) <= 1;
        // A single statement is a transaction without being told.
        if !single {
            self.client.batch_execute("BEGIN")?;
        }
        for key in transaction.reads {
            let row = self.client.query_opt(&self.read, &[&&key[..]])?.ok_or(Failure::Missing)?;
            black_box(row.get::<_, &[u8]>(0));
        }
        if let Some(Slice { from: begin, count, .. }) = transaction.range {
            let rows = self.client.query(&self.range, &[&&begin[..], &(count as i64)])?;
            for row in &rows {
                black_box((row.get::<_, &[u8]>(0), row.get::<_, &[u8]>(1)));
            }
            if rows.len() != count {
                return Err(Failure::Missing);
            }
        }
        if !transaction.writes.is_empty() {
            let (keys, values) = distinct(transaction.writes);
            self.client.execute(&self.write, &[&keys, &values])?;
        }
        if !single {
            self.client.batch_execute("COMMIT")?;
        }
        Ok(())
    }
}

/// One statement may write a key only once; the last write counts.
fn distinct<'a>(writes: &'a [(Key, &'a [u8])]) -> (Vec<&'a [u8]>, Vec<&'a [u8]>) {
    let later = |at: usize| writes[at + 1..].iter();
    // Large ones fill the database, with keys that differ.
    let counts = |at: usize| writes.len() > 100 || later(at).all(|(key, _)| *key != writes[at].0);
    (0..writes.len()).filter(|at| counts(*at)).map(|at| (&writes[at].0[..], writes[at].1)).unzip()
}

enum Failure {
    Conflict,
    Missing,
    Other(postgres::Error),
}

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        match error.code() {
            Some(code) if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code) => {
                Self::Conflict
            }
            _ => Self::Other(error),
        }
    }
}

impl Session for Statements {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        let Task::Plain(transaction) = task else { return Err(Error::new("not measured here")) };
        let mut retries = 0;
        loop {
            match self.attempt(transaction) {
                Ok(()) => return Ok(retries),
                Err(Failure::Missing) => return Err(Error::new("a key is missing")),
                Err(Failure::Other(error)) => return Err(Error::new(story(error))),
                Err(Failure::Conflict) => {
                    retries += 1;
                    self.client.batch_execute("ROLLBACK").map_err(story).context("ROLLBACK")?;
                }
            }
        }
    }
}
