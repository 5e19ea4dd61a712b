//! Options of transactions, under FoundationDB's names.

use plinth_api::{Durability, TransactionOption as T};
use serde_json::json;

use crate::call::{self, Call};
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;
use crate::text::safe;

/// Every option, with what its value is; the empty text where it takes none.
pub const NAMES: [(&str, &str); 18] = [
    ("TIMEOUT", "MILLISECONDS"),
    ("RETRY_LIMIT", "NUMBER"),
    ("MAX_RETRY_DELAY", "MILLISECONDS"),
    ("SIZE_LIMIT", "BYTES"),
    ("DURABILITY", "sync|buffered"),
    ("CAUSAL_WRITE_RISKY", ""),
    ("NEXT_WRITE_NO_WRITE_CONFLICT_RANGE", ""),
    ("READ_YOUR_WRITES_DISABLE", ""),
    ("ACCESS_SYSTEM_KEYS", ""),
    ("READ_SYSTEM_KEYS", ""),
    ("RAW_ACCESS", ""),
    ("SNAPSHOT_RYW_ENABLE", ""),
    ("SNAPSHOT_RYW_DISABLE", ""),
    ("LOCK_AWARE", ""),
    ("REPORT_CONFLICTING_KEYS", ""),
    ("SPECIAL_KEY_SPACE_RELAXED", ""),
    ("SPECIAL_KEY_SPACE_ENABLE_WRITES", ""),
    ("BYPASS_UNREADABLE", ""),
];

/// `option [on NAME [VALUE] | off NAME]`
pub fn option(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(3)?;
    match call.text(0)? {
        None => list(session)?,
        Some("on") => switch_on(session, call)?,
        Some("off") => {
            call.at_most(2)?;
            let (name, _) = known(call.needed_text(1, "NAME")?)?;
            if session.transaction.is_some() {
                return Err(Failure::usage("an open transaction keeps its options; reset or rollback first"));
            }
            session.options.retain(|(set, _)| *set != name);
        }
        Some(other) => return Err(Failure::usage(format!("{} is neither on nor off", safe(other)))),
    }
    Ok(Found::Yes)
}

fn known(name: &str) -> Result<(&'static str, &'static str), Failure> {
    let found = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| Failure::usage(format!("there is no option {}; option alone lists them", safe(name))))
}

/// On for the open transaction only, or for all that begin from now on.
fn switch_on(session: &mut Session<'_>, call: &Call) -> Result<(), Failure> {
    let (name, takes) = known(call.needed_text(1, "NAME")?)?;
    let option = parse(name, takes, call)?;
    if let Some(transaction) = &session.transaction {
        return Ok(transaction.set_option(option)?);
    }
    // Wrong values are told now.
    session.database.begin()?.set_option(option)?;
    session.options.retain(|(set, _)| *set != name);
    session.options.push((name, option));
    Ok(())
}

fn parse(name: &str, takes: &str, call: &Call) -> Result<T, Failure> {
    if takes.is_empty() && call.word(2).is_some() {
        return Err(Failure::usage(format!("{name} takes no value")));
    }
    let number = || call::number(call.needed(2, takes)?, name);
    Ok(match name {
        "TIMEOUT" => T::Timeout(number()?),
        "RETRY_LIMIT" => T::RetryLimit(number()?),
        "MAX_RETRY_DELAY" => T::MaxRetryDelay(number()?),
        "SIZE_LIMIT" => T::SizeLimit(number()?),
        "DURABILITY" => T::Durability(match call.needed_text(2, takes)? {
            "sync" => Durability::Sync,
            "buffered" => Durability::Buffered,
            other => return Err(Failure::usage(format!("{} is neither sync nor buffered", safe(other)))),
        }),
        "CAUSAL_WRITE_RISKY" => T::CausalWriteRisky,
        "NEXT_WRITE_NO_WRITE_CONFLICT_RANGE" => T::NextWriteNoWriteConflictRange,
        "READ_YOUR_WRITES_DISABLE" => T::ReadYourWritesDisable,
        "ACCESS_SYSTEM_KEYS" => T::AccessSystemKeys,
        "READ_SYSTEM_KEYS" => T::ReadSystemKeys,
        "RAW_ACCESS" => T::RawAccess,
        "SNAPSHOT_RYW_ENABLE" => T::SnapshotRywEnable,
        "SNAPSHOT_RYW_DISABLE" => T::SnapshotRywDisable,
        "LOCK_AWARE" => T::LockAware,
        "REPORT_CONFLICTING_KEYS" => T::ReportConflictingKeys,
        "SPECIAL_KEY_SPACE_RELAXED" => T::SpecialKeySpaceRelaxed,
        "SPECIAL_KEY_SPACE_ENABLE_WRITES" => T::SpecialKeySpaceEnableWrites,
        _ => T::BypassUnreadable,
    })
}

fn list(session: &mut Session<'_>) -> Result<(), Failure> {
    let set: Vec<&str> = session.options.iter().map(|(name, _)| *name).collect();
    let out = &mut session.context.out;
    if out.is_json() {
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        return out.value(&json!({ "command": "option", "on": set, "known": names }));
    }
    for (name, takes) in NAMES {
        let mark = if set.contains(&name) { "on " } else { "   " };
        out.line(format!("{mark} {name} {takes}").trim_end())?;
    }
    Ok(())
}
