//! Transactions that span commands.

use serde_json::json;

use crate::call::{self, Call};
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;

fn none(session: &Session<'_>) -> Result<(), Failure> {
    match session.transaction {
        None => Ok(()),
        Some(_) => Err(Failure::usage("a transaction is open; commit or rollback ends it")),
    }
}

fn told(session: &mut Session<'_>, command: &str, text: &str) -> Outcome {
    session.context.out.either(|| json!({ "command": command }), || text.to_owned())?;
    Ok(Found::Yes)
}

/// `begin`
pub fn begin(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    none(session)?;
    session.transaction = Some(session.fresh()?);
    told(session, "begin", "Transaction started")
}

/// `commit`. Whatever it comes to, the transaction is over.
pub fn commit(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    let transaction = session.transaction.take().ok_or_else(no_transaction)?;
    transaction.commit()?;
    let version = Some(transaction.committed_version()).filter(|version| *version >= 0);
    let stamp = version.and_then(|_| transaction.versionstamp().ok());
    let document = || {
        let stamp = stamp.map(|stamp| crate::text::escaped(&stamp));
        json!({ "command": "commit", "committed_version": version, "versionstamp": stamp })
    };
    let line = || match version {
        Some(version) => format!("Committed ({version})"),
        None => "Committed; it wrote nothing".to_owned(),
    };
    session.context.out.either(document, line)?;
    Ok(Found::Yes)
}

/// `rollback`
pub fn rollback(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    let transaction = session.transaction.take().ok_or_else(no_transaction)?;
    transaction.cancel()?;
    told(session, "rollback", "Transaction rolled back")
}

/// `reset`
pub fn reset(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    let transaction = session.transaction.clone().ok_or_else(no_transaction)?;
    transaction.reset()?;
    session.set_options(&*transaction)?;
    told(session, "reset", "Transaction reset")
}

fn no_transaction() -> Failure {
    Failure::usage("no transaction is open; begin opens one")
}

/// `getversion`
pub fn getversion(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(0)?;
    let version = session.read(|transaction, _| transaction.read_version())?;
    session.context.out.either(|| json!({ "command": "getversion", "version": version }), || version.to_string())?;
    Ok(Found::Yes)
}

/// `setversion VERSION`
pub fn setversion(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let version = call::number(call.needed(0, "VERSION")?, "VERSION")?;
    let transaction = session.transaction.clone().ok_or_else(no_transaction)?;
    transaction.set_read_version(version)?;
    session
        .context
        .out
        .either(|| json!({ "command": "setversion", "version": version }), || format!("Reads at {version}"))?;
    Ok(Found::Yes)
}
