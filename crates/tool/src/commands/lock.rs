//! The lock of the database.

use std::fs::File;
use std::io::Read;

use plinth_api::lock::{id_in, text_of};
use plinth_api::{Code, Error};
use serde_json::json;

use crate::call::Call;
use crate::failure::{Failure, Found, Outcome};
use crate::session::Session;
use crate::text::safe;

/// `lock [ID]`
pub fn lock(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let id = match call.text(0)? {
        Some(text) => read(text)?,
        None => new_id()?,
    };
    session.database.lock(&id)?;
    let text = text_of(&id);
    let document = || json!({ "command": "lock", "locked": true, "lock_uid": text });
    session.context.out.either(document, || format!("Locked under the id {text}"))?;
    Ok(Found::Yes)
}

/// `unlock ID`
pub fn unlock(session: &mut Session<'_>, call: &Call) -> Outcome {
    call.at_most(1)?;
    let id = read(call.needed_text(0, "ID")?)?;
    session.database.unlock(&id)?;
    session.context.out.either(|| json!({ "command": "unlock", "locked": false }), || "Not locked".to_owned())?;
    Ok(Found::Yes)
}

fn read(text: &str) -> Result<[u8; 16], Failure> {
    id_in(text).ok_or_else(|| Failure::usage(format!("{} is not an id of 32 hexadecimal digits", safe(text))))
}

/// One that nobody else has.
fn new_id() -> Result<[u8; 16], Error> {
    let mut id = [0; 16];
    let read = File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut id));
    read.map_err(|error| Error::new(Code::IO_ERROR).context("reading /dev/urandom").caused_by(error))?;
    Ok(id)
}
