//! Live transactions of every process, and the end of one.

use serde_json::json;

use crate::call::Call;
use crate::failure::{Found, Outcome};
use crate::number::{grouped, size};
use crate::session::Session;
use crate::text::safe;

/// `transactions`
pub fn transactions(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    let found = session.database.transactions()?;
    let out = &mut session.context.out;
    if out.is_json() {
        let rows = found.iter().map(|info| {
            json!({
                "id": info.id, "pid": info.pid, "age_ms": info.age.as_millis() as u64,
                "read_version": info.read_version, "bytes": info.bytes, "retries": info.retries,
            })
        });
        out.value(&json!({ "command": "transactions", "transactions": rows.collect::<Vec<_>>() }))?;
        return Ok(Found::Yes);
    }
    for info in &found {
        let (age, bytes, retries) = (info.age.as_secs_f64(), size(info.bytes), grouped(info.retries));
        let at = match info.read_version {
            0 => "has not read".to_owned(),
            version => format!("reads at {version}"),
        };
        let (id, pid) = (safe(&info.id), info.pid);
        out.line(&format!("{id}  process {pid}, {age:.1} s old, {at}, {bytes} written, {retries} retries"))?;
    }
    Ok(if found.is_empty() { Found::No } else { Found::Yes })
}

/// `expire ID`
pub fn expire(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    session.check_writes()?;
    let id = call.needed_text(0, "ID")?;
    session.database.expire_transaction(id)?;
    let document = || json!({ "command": "expire", "id": id });
    session
        .context
        .out
        .either(document, || format!("Transaction {} reads no more until it is tried again", safe(id)))?;
    Ok(Found::Yes)
}
