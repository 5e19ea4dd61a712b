//! What the database does from second to second, in the manner of iostat(1).

use std::time::{Duration, Instant};

use plinth_api::Metrics;
use serde_json::{json, Value};

use crate::call::Call;
use crate::commands::status::{counters, told};
use crate::failure::{Failure, Found, Outcome};
use crate::opening;
use crate::session::Session;

/// Lines between two headings.
const HEADING: u64 = 20;
/// How often Ctrl-C is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Columns: heading, width.
const COLUMNS: [(&str, usize); 11] = [
    ("reads/s", 10),
    ("commits/s", 10),
    ("conflicts/s", 12),
    ("too old/s", 10),
    ("refused/s", 10),
    ("syncs/s", 9),
    ("per sync", 9),
    ("sync ms", 8),
    ("queue ms", 9),
    ("live", 7),
    ("guests", 7),
];

/// `stats [--interval SECONDS] [--count N] [--once]`
pub fn stats(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    opening::not_a_cluster(&session.place, "tells its own counters, with fdbcli; here are only those of this handle")?;
    let interval = Duration::from_secs(call.number("interval", 1, 1..=3_600)?);
    let count = call.number("count", u64::MAX, 1..=1_000_000_000)?;
    if call.has("once") {
        let metrics = session.database.metrics();
        return once(session, &metrics);
    }
    let (mut before, mut at) = (Look::at(session), Instant::now());
    for line in 0..count {
        if !wait(at + interval) {
            // Whoever ended it has seen enough.
            return if session.context.interactive { Ok(Found::Yes) } else { Err(Failure::Interrupted) };
        }
        let (now, time) = (Look::at(session), at.elapsed().as_secs_f64());
        at = Instant::now();
        if !session.context.out.is_json() && line % HEADING == 0 {
            let heading: String = COLUMNS.iter().map(|(name, width)| format!("{name:>width$}")).collect();
            let heading = session.context.out.strong(&heading);
            session.context.out.line(&heading)?;
        }
        let change = Change::between(&before, &now, time);
        session.context.out.either(|| change.document(&now.metrics), || change.row(&now.metrics))?;
        session.context.out.flush()?;
        before = now;
    }
    Ok(Found::Yes)
}

/// Waits; `false` if Ctrl-C came before.
fn wait(until: Instant) -> bool {
    loop {
        if crate::interrupt::seen() {
            return false;
        }
        match until.checked_duration_since(Instant::now()) {
            None => return true,
            Some(left) => std::thread::sleep(left.min(LOOK)),
        }
    }
}

fn once(session: &mut Session<'_>, metrics: &Metrics) -> Outcome {
    let counters = counters(metrics);
    let out = &mut session.context.out;
    if out.is_json() {
        out.value(&json!({ "command": "stats", "counters": counters }))?;
        return Ok(Found::Yes);
    }
    for (name, value) in counters.as_object().into_iter().flatten() {
        out.line(&format!("{name:24}{value}"))?;
    }
    Ok(Found::Yes)
}

/// What is counted at one moment.
struct Look {
    metrics: Metrics,
    reads: Option<u64>,
}

impl Look {
    fn at(session: &Session<'_>) -> Self {
        let status = told(session).ok();
        let callers = ["host", "guests"];
        let reads = status.map(|status| callers.iter().map(|who| reads(&status["plinth"]["callers"][who])).sum());
        Self { metrics: session.database.metrics(), reads }
    }
}

/// Reads of one caller, of whatever kind.
fn reads(caller: &Value) -> u64 {
    let kinds = ["get", "snapshot_get", "get_many", "get_key", "get_range", "get_mapped_range"];
    kinds.iter().filter_map(|kind| caller["operations"][kind].as_u64()).sum()
}

/// What happened between two looks, by the second.
struct Change {
    /// Where the backend counts them.
    reads: Option<f64>,
    commits: f64,
    conflicts: f64,
    too_old: f64,
    refused: f64,
    syncs: f64,
    commits_per_sync: f64,
    sync_ms: f64,
    queue_ms: f64,
}

impl Change {
    fn between(before: &Look, now: &Look, seconds: f64) -> Self {
        let reads = before.reads.zip(now.reads);
        let reads = reads.map(|(before, now)| now.saturating_sub(before) as f64 / seconds);
        let (before, now) = (&before.metrics, &now.metrics);
        // Another process may have become the host, whose counters begin at zero.
        let grown = |field: fn(&Metrics) -> u64| field(now).saturating_sub(field(before)) as f64;
        let each = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
        let (commits, syncs, groups) = (grown(|m| m.commits), grown(|m| m.syncs), grown(|m| m.groups));
        Self {
            reads,
            commits: commits / seconds,
            conflicts: grown(|m| m.conflicts) / seconds,
            too_old: grown(|m| m.too_old) / seconds,
            refused: grown(|m| m.refused) / seconds,
            syncs: syncs / seconds,
            commits_per_sync: each(commits, syncs),
            sync_ms: each(grown(|m| m.sync_ns), syncs) / 1e6,
            queue_ms: each(grown(|m| m.queue_ns), groups) / 1e6,
        }
    }

    fn row(&self, now: &Metrics) -> String {
        let values = [
            self.reads.map_or_else(|| "-".to_owned(), |reads| format!("{reads:.0}")),
            format!("{:.0}", self.commits),
            format!("{:.0}", self.conflicts),
            format!("{:.0}", self.too_old),
            format!("{:.0}", self.refused),
            format!("{:.0}", self.syncs),
            format!("{:.1}", self.commits_per_sync),
            format!("{:.2}", self.sync_ms),
            format!("{:.2}", self.queue_ms),
            now.live_transactions.to_string(),
            now.guests.to_string(),
        ];
        // A number that is too wide for its column keeps its distance.
        values.iter().zip(COLUMNS).map(|(value, (_, width))| format!(" {value:>width$}", width = width - 1)).collect()
    }

    fn document(&self, now: &Metrics) -> Value {
        json!({
            "command": "stats",
            "reads_per_second": self.reads,
            "commits_per_second": self.commits,
            "conflicts_per_second": self.conflicts,
            "too_old_per_second": self.too_old,
            "refused_per_second": self.refused,
            "syncs_per_second": self.syncs,
            "commits_per_sync": self.commits_per_sync,
            "sync_ms": self.sync_ms,
            "queue_ms": self.queue_ms,
            "live_transactions": now.live_transactions,
            "guests": now.guests,
        })
    }
}
