//! Writing: keys, ranges, atomic operations.

use plinth_api::Mutation;
use serde_json::json;

use crate::call::{self, Call};
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;
use crate::text::{quoted, safe};

/// Atomic operations by name.
pub const OPERATIONS: [(&str, Mutation); 12] = [
    ("add", Mutation::Add),
    ("and", Mutation::BitAnd),
    ("or", Mutation::BitOr),
    ("xor", Mutation::BitXor),
    ("append", Mutation::AppendIfFits),
    ("max", Mutation::Max),
    ("min", Mutation::Min),
    ("byte-max", Mutation::ByteMax),
    ("byte-min", Mutation::ByteMin),
    ("compare-and-clear", Mutation::CompareAndClear),
    ("versionstamped-key", Mutation::SetVersionstampedKey),
    ("versionstamped-value", Mutation::SetVersionstampedValue),
];

/// `set KEY VALUE`
pub fn set(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(2)?;
    let (key, value) = (call.needed(0, "KEY")?, call.needed(1, "VALUE")?);
    let version = session.write(true, |transaction, keyspace| transaction.set(keyspace, key, value))?;
    told(session, "set", version)
}

/// `clear KEY`
pub fn clear(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let key = call.needed(0, "KEY")?;
    let version = session.write(true, |transaction, keyspace| transaction.clear(keyspace, key))?;
    told(session, "clear", version)
}

/// `clearrange BEGIN END`
pub fn clearrange(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(2)?;
    let (begin, end) = (call.needed(0, "BEGIN")?, call.needed(1, "END")?);
    let version = session.write(true, |transaction, keyspace| transaction.clear_range(keyspace, begin, end))?;
    told(session, "clearrange", version)
}

/// `add KEY NUMBER`
pub fn add(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(2)?;
    let (key, number) = (call.needed(0, "KEY")?, call.needed(1, "NUMBER")?);
    let operand = call::number(number, "NUMBER")?.to_le_bytes();
    let version =
        session.write(false, |transaction, keyspace| transaction.atomic_op(keyspace, Mutation::Add, key, &operand))?;
    told(session, "add", version)
}

/// `atomic OPERATION KEY OPERAND`
pub fn atomic(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(3)?;
    let name = call.needed(0, "OPERATION")?;
    let known = OPERATIONS.iter().find(|(known, _)| known.as_bytes() == name);
    let (_, mutation) = known.ok_or_else(|| Failure::usage(format!("there is no operation {}", quoted(name))))?;
    let (key, operand) = (call.needed(1, "KEY")?, call.needed(2, "OPERAND")?);
    let version =
        session.write(false, |transaction, keyspace| transaction.atomic_op(keyspace, *mutation, key, operand))?;
    told(session, "atomic", version)
}

/// Tells that something was written: at which version, unless a transaction is open.
fn told(session: &mut Session<'_>, command: &str, version: Option<i64>) -> Outcome {
    let keyspace = session.keyspace.name.clone();
    let (raw, out) = (session.context.settings.raw, &mut session.context.out);
    match version {
        _ if out.is_json() => {
            out.value(&json!({ "command": command, "keyspace": &*keyspace, "committed_version": version }))?
        }
        Some(version) if !raw => out.line(&format!("Committed ({version})"))?,
        _ => {}
    }
    Ok(Found::Yes)
}

/// `writemode on|off`
pub fn writemode(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    session.writes = match call.text(0)? {
        Some("on") => true,
        Some("off") => false,
        Some(other) => return Err(Failure::usage(format!("{} is neither on nor off", safe(other)))),
        None => {
            let on = session.writes;
            let text = if on { "Writes are on" } else { "Writes are off" };
            session.context.out.either(|| json!({ "command": "writemode", "on": on }), || text.to_owned())?;
            return Ok(Found::Yes);
        }
    };
    if session.context.out.is_json() {
        let on = session.writes;
        session.context.out.value(&json!({ "command": "writemode", "on": on }))?;
    }
    Ok(Found::Yes)
}
