//! Keyspaces: which there are, which one is used.

use serde_json::json;

use crate::call::Call;
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;
use crate::text::safe;

/// `keyspaces [create NAME | drop NAME]`
pub fn keyspaces(session: &mut Session<'_>, call: &Call) -> Outcome {
    match call.text(0)? {
        None | Some("list") => {
            call.at_most(1)?;
            list(session)
        }
        Some("create") => {
            call.at_most(2)?;
            create(session, call.needed_text(1, "NAME")?)
        }
        Some("drop") => {
            call.at_most(2)?;
            drop_keyspace(session, call.needed_text(1, "NAME")?)
        }
        Some(other) => Err(Failure::usage(format!("{} is none of list, create and drop", safe(other)))),
    }
}

fn list(session: &mut Session<'_>) -> Outcome {
    let names = session.database.list_keyspaces()?;
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let out = &mut session.context.out;
    if out.is_json() {
        out.value(&json!({ "command": "keyspaces", "keyspaces": names }))?;
    } else {
        for name in names {
            out.line(&safe(name))?;
        }
    }
    Ok(Found::Yes)
}

fn create(session: &mut Session<'_>, name: &str) -> Outcome {
    session.check_writes()?;
    let there = session.database.find_keyspace(name)?.is_some();
    session.database.open_keyspace(name)?;
    let document = || json!({ "command": "keyspaces", "keyspace": name, "created": !there });
    let line = || match there {
        true => format!("Keyspace {} was there", safe(name)),
        false => format!("Keyspace {} created", safe(name)),
    };
    session.context.out.either(document, line)?;
    Ok(Found::Yes)
}

fn drop_keyspace(session: &mut Session<'_>, name: &str) -> Outcome {
    session.check_writes()?;
    session.find(name)?;
    session.context.confirm(&format!("Keyspace {} and all its keys are removed for good", safe(name)), name)?;
    session.database.drop_keyspace(name)?;
    if *session.keyspace.name == *name {
        session.keyspace = session.find("default")?;
    }
    let document = || json!({ "command": "keyspaces", "keyspace": name, "dropped": true });
    session.context.out.either(document, || format!("Keyspace {} dropped", safe(name)))?;
    Ok(Found::Yes)
}

/// `use KEYSPACE`
pub fn use_keyspace(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    session.keyspace = session.find(call.needed_text(0, "KEYSPACE")?)?;
    let name = session.keyspace.name.clone();
    session
        .context
        .out
        .either(|| json!({ "command": "use", "keyspace": &*name }), || format!("Using {}", safe(&name)))?;
    Ok(Found::Yes)
}
