//! Dumps: a database as one file or stream, and back.

use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::time::Duration;

use plinth_transfer::{DumpOptions, Dumped, LoadOptions, LOCK_WAIT};
use serde_json::{json, Value};

use crate::call::Call;
use crate::context::Context;
use crate::failure::{Failure, Found, Outcome};
use crate::number::{grouped, size};
use crate::progress::Bar;
use crate::session::Session;

/// The standard output, or input.
const STREAM: &str = "-";
/// Bytes that are read at a time.
const ROOM: usize = 256 << 10;

/// Seconds that a load may be told to wait for a lock.
const LONGEST_WAIT: u64 = 24 * 3600;

/// `dump FILE [--lock-aware]`
pub fn dump(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let options = DumpOptions { lock_aware: call.has("lock-aware") };
    let to = call.needed_text(0, "FILE, or - for the standard output")?;
    let bar = Bar::new(session.context, "dump");
    if to == STREAM {
        let mut stream = Stream { out: &mut session.context.out, failure: None };
        let dumped = plinth_transfer::dump(&*session.database, &mut stream, options, &bar);
        bar.end();
        // Why nothing could be written says more than that.
        if let Some(failure) = stream.failure.take() {
            return Err(failure);
        }
        let line = line("Dumped", &dumped?);
        session.context.say(&line)?;
        return Ok(Found::Yes);
    }
    let dumped = plinth_transfer::dump_to_file(&*session.database, Path::new(to), options, &bar);
    bar.end();
    let dumped = dumped?;
    session.context.out.either(|| document("dump", to, &dumped), || line("Dumped", &dumped))?;
    Ok(Found::Yes)
}

/// The standard output as a dump writes it.
struct Stream<'a> {
    out: &'a mut crate::out::Out,
    failure: Option<Failure>,
}

impl Stream<'_> {
    fn done(&mut self, outcome: Result<(), Failure>) -> std::io::Result<()> {
        outcome.map_err(|failure| {
            self.failure = Some(failure);
            std::io::Error::other("the standard output")
        })
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let outcome = self.out.bytes(bytes);
        self.done(outcome).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let outcome = self.out.flush();
        self.done(outcome)
    }
}

/// `load FILE [--overwrite] [--any-versions] [--lock-wait SECONDS]`
pub fn load(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    session.check_writes()?;
    let from = call.needed_text(0, "FILE, or - for the standard input")?;
    let lock_wait = call.number("lock-wait", LOCK_WAIT.as_secs(), 0..=LONGEST_WAIT)?;
    let options = LoadOptions {
        overwrite: call.has("overwrite"),
        any_versions: call.has("any-versions"),
        lock_wait: Duration::from_secs(lock_wait),
    };
    if options.overwrite {
        session.context.confirm("What is in the keyspaces that the dump has is cleared", "overwrite")?;
    }
    let bar = Bar::new(session.context, "load");
    let loaded = match from {
        STREAM => {
            let mut stdin = BufReader::with_capacity(ROOM, std::io::stdin().lock());
            plinth_transfer::load(&*session.database, &mut stdin, 0, options, &bar)
        }
        file => plinth_transfer::load_from_file(&*session.database, Path::new(file), options, &bar),
    };
    bar.end();
    let loaded = loaded?;
    let value = || {
        let mut value = document("load", from, &loaded.dumped);
        value["found"] = loaded.found.into();
        value
    };
    let text = || match loaded.found {
        0 => line("Loaded", &loaded.dumped),
        found => {
            format!("{}; {} pairs were there from an earlier load", line("Loaded", &loaded.dumped), grouped(found))
        }
    };
    session.context.out.either(value, text)?;
    Ok(Found::Yes)
}

/// `check FILE`
pub fn check(context: &mut Context, call: &Call) -> Outcome {
    call.at_most(1)?;
    let from = call.needed_text(0, "FILE, or - for the standard input")?;
    let bar = Bar::new(context, "check");
    let checked = match from {
        STREAM => {
            let mut stdin: Box<dyn Read> = Box::new(BufReader::with_capacity(ROOM, std::io::stdin().lock()));
            plinth_transfer::check(&mut *stdin, 0, &bar)
        }
        file => plinth_transfer::check_file(Path::new(file), &bar),
    };
    bar.end();
    let dumped = checked?;
    context.out.either(|| document("check", from, &dumped), || line("In order:", &dumped))?;
    Ok(Found::Yes)
}

fn document(command: &str, file: &str, dumped: &Dumped) -> Value {
    json!({
        "command": command, "file": file, "version": dumped.version, "exact": dumped.exact,
        "keyspaces": dumped.keyspaces, "pairs": dumped.pairs, "bytes": dumped.bytes,
        "checksum": format!("{:016x}", dumped.checksum), "stream_bytes": dumped.stream_bytes,
    })
}

fn line(done: &str, dumped: &Dumped) -> String {
    let at = if dumped.exact { "at" } else { "from" };
    format!(
        "{done} {} pairs with {} in {} keyspaces {at} version {}, checksum {:016x}",
        grouped(dumped.pairs),
        size(dumped.bytes),
        grouped(dumped.keyspaces),
        dumped.version,
        dumped.checksum,
    )
}
