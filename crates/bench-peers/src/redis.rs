//! Redis, with an append-only file. Relies on one durability at a time being measured: it is a setting of the
//! whole server.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use plinth_bench::engines::{Engine, Session, Slice, Task, Transaction};
use plinth_bench::error::{Context, Error, Result};
use plinth_bench::machine;
use redis::{Client, Commands, Connection};

use crate::server::{self, Server};

/// The sorted set of all keys: its members are in the order of their bytes.
const INDEX: &str = "\u{ff}index";

/// Why it can't be measured.
pub fn missing() -> Option<String> {
    program().is_none().then(|| String::from("not installed (Debian: redis-server)"))
}

fn program() -> Option<PathBuf> {
    server::find("redis-server", [])
}

/// A server and how to reach it.
pub struct Redis {
    server: Server,
    client: Client,
}

impl Redis {
    /// Starts it.
    pub fn open(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory).context(directory.display())?;
        let program = program().ok_or_else(|| Error::new("redis-server is not installed"))?;
        let mut command = server::command(&program, directory)?;
        // No TCP, no snapshots, no rewriting of the log in the middle of a round.
        command.args(["--port", "0", "--unixsocket", "socket", "--save", ""]);
        command.args(["--appendonly", "yes", "--auto-aof-rewrite-percentage", "0"]);
        let mut server = Server::start(&mut command)?;
        let client = Client::open(format!("unix://{}", directory.join("socket").display())).context("redis")?;
        server.connect(|| client.get_connection().and_then(|mut connection| connection.ping::<String>()))?;
        Ok(Self { server, client })
    }
}

impl Engine for Redis {
    fn session(&self, sync: bool) -> Result<Box<dyn Session + '_>> {
        let mut connection = self.client.get_connection().context("redis")?;
        let policy = if sync { "always" } else { "everysec" };
        let set = redis::cmd("CONFIG").arg("SET").arg("appendfsync").arg(policy).exec(&mut connection);
        set.context("appendfsync")?;
        Ok(Box::new(Requests { connection }))
    }

    fn servers_cpu(&self) -> Result<Duration> {
        machine::cpu_time_of(self.server.id())
    }

    fn close(self: Box<Self>) -> Result<()> {
        let mut connection = self.client.get_connection().context("redis")?;
        // It answers by ending.
        let _ = redis::cmd("SHUTDOWN").exec(&mut connection);
        match self.server.ended()? {
            status if status.success() => Ok(()),
            status => Err(Error::new(format!("redis-server ended with {status}"))),
        }
    }
}

struct Requests {
    connection: Connection,
}

impl Requests {
    fn reads(&mut self, transaction: &Transaction<'_>) -> Result<()> {
        for key in transaction.reads {
            let value: Option<Vec<u8>> = self.connection.get(&key[..]).context("GET")?;
            black_box(value.ok_or_else(|| Error::new("a key is missing"))?);
        }
        let Some(Slice { from: begin, count, .. }) = transaction.range else { return Ok(()) };
        let from = [b"[", &begin[..]].concat();
        let keys: Vec<Vec<u8>> =
            self.connection.zrangebylex_limit(INDEX, from, "+", 0, count as isize).context("ZRANGEBYLEX")?;
        let values: Vec<Vec<u8>> = self.connection.mget(&keys).context("MGET")?;
        match values.len() == count {
            true => {
                black_box(values);
                Ok(())
            }
            false => Err(Error::new(format!("a range read found {} pairs of {count}", values.len()))),
        }
    }

    /// Whether the writes were done: not if a watched key was written by another.
    fn writes(&mut self, transaction: &Transaction<'_>) -> Result<bool> {
        // An empty database is filled in large transactions; later ones only change what is there.
        let fills = transaction.reads.is_empty() && transaction.writes.len() > 100;
        let mut pipe = redis::pipe();
        pipe.atomic();
        for (key, value) in transaction.writes {
            pipe.set(&key[..], *value).ignore();
            if fills {
                pipe.zadd(INDEX, &key[..], 0).ignore();
            }
        }
        let done: Option<()> = pipe.query(&mut self.connection).context("EXEC")?;
        Ok(done.is_some())
    }
}

impl Session for Requests {
    fn run(&mut self, task: &Task<'_>) -> Result<u64> {
        let Task::Plain(transaction) = task else { return Err(Error::new("not measured here")) };
        let mut retries = 0;
        loop {
            if !transaction.reads.is_empty() && !transaction.writes.is_empty() {
                let mut watch = redis::cmd("WATCH");
                for key in transaction.reads {
                    watch.arg(&key[..]);
                }
                watch.exec(&mut self.connection).context("WATCH")?;
            }
            self.reads(transaction)?;
            if transaction.writes.is_empty() || self.writes(transaction)? {
                return Ok(retries);
            }
            retries += 1;
        }
    }
}
