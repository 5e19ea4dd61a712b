//! Reading one key.

use plinth_api::{KeySelector, Value};
use serde_json::json;

use crate::call::{self, Call};
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;
use crate::text::escaped;

/// `get KEY`
pub fn get(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let key = call.needed(0, "KEY")?;
    let value = session.read(|transaction, keyspace| transaction.get(keyspace, key, false))?;
    show(session, "get", key, value.as_ref())
}

/// Shows what a key has.
pub fn show(session: &mut Session<'_>, command: &str, key: &[u8], value: Option<&Value>) -> Outcome {
    let keyspace = session.keyspace.name.clone();
    let out = &mut session.context.out;
    if session.context.settings.raw {
        out.bytes(value.map(|value| &**value).unwrap_or_default())?;
    } else {
        let document = || {
            let value = value.map(|value| escaped(value));
            let (key, found) = (escaped(key), value.is_some());
            json!({ "command": command, "keyspace": &*keyspace, "key": key, "found": found, "value": value })
        };
        let line = || match value {
            Some(value) => format!("`{}' is `{}'", escaped(key), escaped(value)),
            None => format!("`{}': not found", escaped(key)),
        };
        out.either(document, line)?;
    }
    Ok(if value.is_some() { Found::Yes } else { Found::No })
}

/// `getkey KEY [at|after|before|below] [OFFSET]`
pub fn getkey(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(3)?;
    let key = call.needed(0, "KEY")?;
    let mut selector = match call.text(1)? {
        None | Some("ge") => KeySelector::first_greater_or_equal(key),
        Some("gt") => KeySelector::first_greater_than(key),
        Some("le") => KeySelector::last_less_or_equal(key),
        Some("lt") => KeySelector::last_less_than(key),
        Some(other) => return Err(Failure::usage(format!("{other} is none of ge, gt, le and lt"))),
    };
    if let Some(offset) = call.word(2) {
        let offset = i32::try_from(call::number(offset, "OFFSET")?);
        let offset = offset.ok().and_then(|offset| selector.offset.checked_add(offset));
        selector.offset = offset.ok_or_else(|| Failure::usage("the OFFSET is too large"))?;
    }
    let found = session.read(|transaction, keyspace| transaction.get_key(keyspace, selector.clone(), false))?;
    let keyspace = session.keyspace.name.clone();
    let out = &mut session.context.out;
    // Before the first key and after the last one.
    let there = !found.is_empty() && !found.starts_with(b"\xff");
    if session.context.settings.raw {
        out.bytes(if there { &found } else { b"" })?;
    } else {
        let document =
            || json!({ "command": "getkey", "keyspace": &*keyspace, "found": there, "key": escaped(&found) });
        let line = || match there {
            true => format!("`{}'", escaped(&found)),
            false => format!("`{}': past the keys", escaped(&found)),
        };
        out.either(document, line)?;
    }
    Ok(if there { Found::Yes } else { Found::No })
}
