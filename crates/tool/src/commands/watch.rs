//! Waiting until a key changes.
//!
//! The watch belongs to a transaction that read the key and committed, as a program would do it. It is told on a
//! thread of the database, which only passes it on.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::call::Call;
use crate::commands::data;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::text::escaped;

/// How often Ctrl-C is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// `watch KEY`
pub fn watch(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let key = call.needed(0, "KEY")?;
    if session.transaction.is_some() {
        return Err(Failure::usage("a watch begins with a commit; commit or rollback first"));
    }
    let transaction = session.fresh()?;
    let (send, changed) = mpsc::channel();
    // It registers what the key has now, and begins with the commit.
    let pending = transaction.clone().watch(
        session.keyspace.id,
        key,
        Box::new(move |outcome| {
            let _ = send.send(outcome);
        }),
    );
    transaction.commit()?;
    if session.context.interactive {
        session.context.say(&format!("Waiting until `{}' changes; Ctrl-C ends it", escaped(key)))?;
    }
    let outcome = loop {
        match changed.recv_timeout(LOOK) {
            Ok(outcome) => break outcome,
            Err(RecvTimeoutError::Timeout) if !crate::interrupt::seen() => {}
            Err(_) => {
                if let Some(pending) = pending {
                    pending.cancel();
                }
                return Err(Failure::Interrupted);
            }
        }
    };
    outcome?;
    let value = session.read(|transaction, keyspace| transaction.get(keyspace, key, false))?;
    let found = data::show(session, "watch", key, value.as_ref());
    // That it was cleared is a change, too.
    found.map(|_| crate::failure::Found::Yes)
}
