//! Copies, checks and tidying of a whole database, each with its progress, each ended by Ctrl-C.

use plinth_api::Verified;
use serde_json::json;

use crate::call::Call;
use crate::failure::{Found, Outcome};
use crate::number::{grouped, size};
use crate::opening;
use crate::progress::Bar;
use crate::session::Session;
use crate::text::safe;

/// `checkpoint TO`
pub fn checkpoint(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let to = opening::directory(call.word(0))?;
    let bar = Bar::new(session.context, "checkpoint");
    let made = session.database.checkpoint(to, &bar);
    bar.end();
    let version = made?;
    let document = || json!({ "command": "checkpoint", "directory": to, "version": version });
    session.context.out.either(document, || format!("{} holds version {version}", safe(to)))?;
    Ok(Found::Yes)
}

/// `verify`
pub fn verify(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    let bar = Bar::new(session.context, "verify");
    let verified = session.database.verify(&bar);
    bar.end();
    let Verified { version, keyspaces, keys, bytes, files, file_bytes } = verified?;
    let document = || {
        json!({
            "command": "verify", "version": version, "keyspaces": keyspaces, "keys": keys, "bytes": bytes,
            "files": files, "file_bytes": file_bytes,
        })
    };
    let line = || {
        let (keys, keyspaces, files) = (grouped(keys), grouped(keyspaces), grouped(files));
        let (bytes, file_bytes) = (size(bytes), size(file_bytes));
        format!(
            "In order at version {version}: {keys} keys with {bytes} in {keyspaces} keyspaces; {files} tables, \
             {file_bytes} of files read"
        )
    };
    session.context.out.either(document, line)?;
    Ok(Found::Yes)
}

/// `compact [KEYSPACE]`
pub fn compact(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    session.check_writes()?;
    let keyspace = call.text(0)?.map(|name| session.find(name)).transpose()?;
    let bar = Bar::new(session.context, "compact");
    let done = session.database.compact(keyspace.as_ref().map(|keyspace| keyspace.id), &bar);
    bar.end();
    done?;
    let name = keyspace.as_ref().map(|keyspace| &*keyspace.name);
    let document = || json!({ "command": "compact", "keyspace": name });
    session.context.out.either(document, || format!("Compacted {}", safe(name.unwrap_or("all keyspaces"))))?;
    Ok(Found::Yes)
}
