//! How the database is: who hosts it, what it does.

use plinth_api::lock::text_of;
use plinth_api::{Durability, Metrics};
use serde_json::{json, Value};

use crate::call::Call;
use crate::failure::{Failure, Found, Outcome};
use crate::number::{grouped, size};
use crate::opening;
use crate::session::Session;
use crate::text::safe;

/// `status [json|details]`
pub fn status(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let details = match call.text(0)? {
        None => false,
        Some("details") => true,
        // The library's document as it is, for what reads FoundationDB's.
        Some("json") => {
            let document = session.database.status_json()?;
            session.context.out.line(document.trim_end())?;
            return Ok(Found::Yes);
        }
        Some(other) => return Err(Failure::usage(format!("{} is neither json nor details", safe(other)))),
    };
    if session.context.out.is_json() && !opening::is_cluster(&session.place) {
        let value = document(session)?;
        session.context.out.value(&value)?;
        return Ok(Found::Yes);
    }
    if opening::is_cluster(&session.place) {
        return cluster(session);
    }
    let status = told(session)?;
    let metrics = session.database.metrics();
    let keyspaces = session.database.list_keyspaces()?.len();
    let host = match session.database.is_host() {
        true => format!("this process ({})", std::process::id()),
        false => safe(&plinth_engine::owner(&session.place)),
    };
    let place = session.place.clone();
    let out = &mut session.context.out;
    let title = out.strong(&safe(&place));
    out.line(&title)?;
    let mut rows = vec![
        ("host", host),
        ("guests", grouped(metrics.guests)),
        ("durability", durability(&metrics).to_owned()),
        ("keyspaces", grouped(keyspaces as u64)),
        ("latest version", metrics.latest_version.to_string()),
        ("live transactions", grouped(metrics.live_transactions)),
        ("commits", grouped(metrics.commits)),
        ("conflicts", format!("{} ({})", grouped(metrics.conflicts), share(metrics.conflicts, metrics.commits))),
    ];
    if let Some(id) = session.database.locked()? {
        rows.push(("locked", format!("under the id {}", text_of(&id))));
    }
    rows.extend(health(&status));
    if details {
        rows.extend(more(&metrics));
    }
    for (name, value) in rows {
        out.line(&format!("  {name:26}{value}"))?;
    }
    let latencies = if details { latencies(&status) } else { Vec::new() };
    if !latencies.is_empty() {
        let heading = out.strong(&format!("  {:26}{:>14}{:>12}{:>12}", "operations", "count", "p50", "p99"));
        out.line(&heading)?;
        for line in latencies {
            out.line(&format!("  {line}"))?;
        }
    }
    Ok(Found::Yes)
}

/// What there is to tell of a cluster: that it answers, and what is in it. The rest is FoundationDB's.
fn cluster(session: &mut Session<'_>) -> Outcome {
    let version = session.read(|transaction, _| transaction.read_version())?;
    let keyspaces: Vec<String> = session.database.list_keyspaces()?.iter().map(|name| name.to_string()).collect();
    let place = session.place.clone();
    let out = &mut session.context.out;
    if out.is_json() {
        out.value(&json!({ "command": "status", "cluster": place, "keyspaces": keyspaces, "read_version": version }))?;
        return Ok(Found::Yes);
    }
    let title = out.strong(&safe(&place));
    out.line(&title)?;
    let rows = [
        ("kind", "a FoundationDB cluster; fdbcli tells how it is".to_owned()),
        ("keyspaces", grouped(keyspaces.len() as u64)),
        ("read version", version.to_string()),
    ];
    for (name, value) in rows {
        out.line(&format!("  {name:26}{value}"))?;
    }
    Ok(Found::Yes)
}

fn more(metrics: &Metrics) -> Vec<(&'static str, String)> {
    let per = |nanoseconds: u64, of: u64| match of {
        0 => "-".to_owned(),
        of => format!("{:.0} us", nanoseconds as f64 / of as f64 / 1e3),
    };
    vec![
        ("too old (1007)", grouped(metrics.too_old)),
        ("refused (1042)", grouped(metrics.refused)),
        ("groups of commits", grouped(metrics.groups)),
        ("syncs", grouped(metrics.syncs)),
        ("retained versions", grouped(metrics.retained_versions)),
        ("conflict history", size(metrics.conflict_history_bytes)),
        ("open transactions' bytes", size(metrics.transaction_bytes)),
        ("queued per group", per(metrics.queue_ns, metrics.groups)),
        ("resolved per group", per(metrics.resolve_ns, metrics.groups)),
        ("written per group", per(metrics.write_ns, metrics.groups)),
        ("sync", per(metrics.sync_ns, metrics.syncs)),
        ("published per group", per(metrics.publish_ns, metrics.groups)),
    ]
}

fn share(part: u64, rest: u64) -> String {
    match part + rest {
        0 => "-".to_owned(),
        all => format!("{:.1} %", part as f64 * 100.0 / all as f64),
    }
}

/// `metrics`
pub fn metrics(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    let text = session.database.metrics_text()?;
    let out = &mut session.context.out;
    if out.is_json() {
        out.value(&json!({ "command": "metrics", "text": text }))?;
    } else {
        out.bytes(text.as_bytes())?;
    }
    Ok(Found::Yes)
}

/// The durability of commits that choose none.
pub fn durability(metrics: &Metrics) -> &'static str {
    match metrics.durability {
        Some(Durability::Sync) => "sync",
        Some(Durability::Buffered) => "buffered",
        None => "unknown",
    }
}

/// The library's own status.
pub fn told(session: &Session<'_>) -> Result<Value, Failure> {
    let text = session.database.status_json()?;
    serde_json::from_str(&text).map_err(|error| Failure::Damaged(format!("the status is no JSON: {error}")))
}

/// Whether commits are taken, and what room there is.
fn health(status: &Value) -> Vec<(&'static str, String)> {
    let plinth = &status["plinth"];
    let health = match &plinth["failure"] {
        Value::Null if plinth["healthy"] == true => "healthy".to_owned(),
        Value::Null => "takes no commits".to_owned(),
        failure => safe(&format!("takes no commits: {failure}")),
    };
    let mut rows = vec![("health", health)];
    let disk = &plinth["disk"];
    if let (Some(free), Some(all)) = (disk["available_bytes"].as_u64(), disk["size_bytes"].as_u64()) {
        rows.push(("disk", format!("{} free of {}", size(free), size(all))));
    }
    if let Some(seconds) = plinth["host"]["uptime_seconds"].as_f64() {
        rows.push(("host's uptime", crate::number::seconds(seconds)));
    }
    rows
}

/// How long each operation took, for the host's own transactions and its guests'.
fn latencies(status: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for caller in ["host", "guests"] {
        let told = &status["plinth"]["callers"][caller];
        for (name, latency) in told["latency"].as_object().into_iter().flatten() {
            let count = told["operations"][name].as_u64().unwrap_or(0);
            if count == 0 || latency["count"] == 0 {
                continue;
            }
            let time = |quantile: &str| crate::number::seconds(latency[quantile].as_f64().unwrap_or(0.0));
            let (half, most, count) = (time("p50_seconds"), time("p99_seconds"), grouped(count));
            lines.push(format!("{:26}{count:>14}{half:>12}{most:>12}", format!("{caller}: {name}")));
        }
    }
    lines
}

/// Status for programs.
fn document(session: &Session<'_>) -> Result<Value, Failure> {
    let metrics = session.database.metrics();
    let status = told(session)?;
    let keyspaces: Vec<String> = session.database.list_keyspaces()?.iter().map(|name| name.to_string()).collect();
    Ok(json!({
        "command": "status",
        "directory": session.place,
        "is_host": session.database.is_host(),
        "durability": durability(&metrics),
        "keyspaces": keyspaces,
        "counters": counters(&metrics),
        "status": status,
    }))
}

/// The counters by name.
pub fn counters(metrics: &Metrics) -> Value {
    json!({
        "live_transactions": metrics.live_transactions,
        "commits": metrics.commits,
        "conflicts": metrics.conflicts,
        "too_old": metrics.too_old,
        "refused": metrics.refused,
        "groups": metrics.groups,
        "syncs": metrics.syncs,
        "conflict_history_bytes": metrics.conflict_history_bytes,
        "transaction_bytes": metrics.transaction_bytes,
        "retained_versions": metrics.retained_versions,
        "latest_version": metrics.latest_version,
        "guests": metrics.guests,
        "queue_ns": metrics.queue_ns,
        "resolve_ns": metrics.resolve_ns,
        "write_ns": metrics.write_ns,
        "sync_ns": metrics.sync_ns,
        "publish_ns": metrics.publish_ns,
    })
}
