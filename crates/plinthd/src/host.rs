//! The life of the process: open, wait while another process is host, serve, close.
//!
//! Order: ready is told only when this process is host; that it stops is told before the database
//! closes, which hands the directory over to the guests.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use plinth_api::{Code, Database, Durability, Error, Metrics, Result};

use crate::args::Args;
use crate::exporter::Exporter;
use crate::notify::notify;
use crate::signals::{Signals, Wish};

/// How often a waiting process looks whether it is host.
const LOOK: Duration = Duration::from_millis(100);

/// Serves until a signal asks to stop.
pub fn run(args: &Args) -> Result<()> {
    let signals =
        Signals::catch().map_err(|error| Error::new(Code::IO_ERROR).context("catching signals").caused_by(error))?;
    let exporter = args.metrics.map(Exporter::bind).transpose()?;
    let mut waiting = Waiting { args, said: false };
    let Some(database) = open(&mut waiting, &signals)? else {
        notify("STOPPING=1");
        return Ok(());
    };
    if let Some(exporter) = &exporter {
        exporter.tell_of(&database);
    }
    if waiting.until_host(&*database, &signals)? {
        // Nobody may be reading.
        let _ = writeln!(std::io::stdout(), "plinthd: serving {} (pid {})", args.directory, std::process::id());
        notify(&format!("READY=1\nSTATUS=Serving {}", args.directory));
        while signals.wait() == Wish::Counters {
            print_counters(&database.metrics());
        }
    }
    notify("STOPPING=1\nSTATUS=Closing");
    database.close().map_err(|error| error.context(format!("closing {}", args.directory)))
}

/// Opens the directory, as host or as guest; `None` if asked to stop before that was possible.
fn open(waiting: &mut Waiting<'_>, signals: &Signals) -> Result<Option<Arc<dyn Database>>> {
    loop {
        let args = waiting.args;
        let error = match plinth_engine::open(&args.directory, args.options.clone()) {
            Ok(database) => return Ok(Some(database)),
            Err(error) => error,
        };
        // Somebody has it for himself, or is just handing it over.
        if args.no_wait || !matches!(error.code(), Code::LOCK_FILE_FAILURE | Code::HOST_UNAVAILABLE) {
            return Err(error);
        }
        waiting.say(&error.to_string());
        if signals.wait_for(LOOK) == Some(Wish::Stop) {
            return Ok(None);
        }
    }
}

/// A process that is not host yet.
struct Waiting<'a> {
    args: &'a Args,
    /// Whether it has said so.
    said: bool,
}

impl Waiting<'_> {
    /// Waits until this process is host; `false` if asked to stop before. The engine takes over by
    /// itself when the host ends.
    fn until_host(&mut self, database: &dyn Database, signals: &Signals) -> Result<bool> {
        while !database.is_host() {
            let owner = plinth_engine::owner(&self.args.directory);
            if self.args.no_wait {
                let _ = database.close();
                return Err(Error::new(Code::LOCK_FILE_FAILURE).context(owner));
            }
            self.say(&owner);
            match signals.wait_for(LOOK) {
                Some(Wish::Stop) => return Ok(false),
                Some(Wish::Counters) => print_counters(&database.metrics()),
                None => {}
            }
        }
        Ok(true)
    }

    /// Says once why it waits.
    fn say(&mut self, why: &str) {
        if !std::mem::replace(&mut self.said, true) {
            eprintln!("plinthd: {why}; waiting until that process ends");
            notify(&format!("STATUS=Waiting: {why}"));
        }
    }
}

fn print_counters(metrics: &Metrics) {
    let Metrics {
        live_transactions,
        commits,
        conflicts,
        too_old,
        refused,
        groups,
        syncs,
        watches,
        conflict_history_bytes,
        transaction_bytes,
        retained_versions,
        latest_version,
        guests,
        durability,
        ..
    } = metrics;
    let durability = match durability {
        Some(Durability::Sync) => "sync",
        Some(Durability::Buffered) => "buffered",
        None => "unknown",
    };
    eprintln!(
        "plinthd: live_transactions={live_transactions} commits={commits} conflicts={conflicts} too_old={too_old} \
         refused={refused} groups={groups} syncs={syncs} watches={watches} \
         conflict_history_bytes={conflict_history_bytes} transaction_bytes={transaction_bytes} \
         retained_versions={retained_versions} latest_version={latest_version} guests={guests} durability={durability}"
    );
}
