//! Texts that C is given for ever.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::sync::{Mutex, PoisonError};

use plinth_api::Code;
use plinth_boundary::fork::PerProcess;

use crate::version;

/// The one address there is, that of this process.
pub const ADDRESS: &str = "127.0.0.1:4500";

/// A release of FoundationDB, and its protocol.
struct Release {
    name: &'static str,
    protocol: u64,
    /// What `fdb_get_client_version` says: the release, where this library was made, the protocol.
    client: &'static CStr,
}

/// The release that the program was made for; before it has said so, the newest that is in use.
fn of_program() -> &'static Release {
    const RELEASES: [Release; 4] = [
        Release { name: "7.1.0", protocol: 0x0FDB_00B0_7101_0000, client: c"7.1.0,plinth,fdb00b071010000" },
        Release { name: "7.3.0", protocol: 0x0FDB_00B0_7300_0000, client: c"7.3.0,plinth,fdb00b073000000" },
        Release { name: "7.4.0", protocol: 0x0FDB_00B0_7400_0000, client: c"7.4.0,plinth,fdb00b074000000" },
        Release { name: "8.0.0", protocol: 0x0FDB_00B0_8000_0000, client: c"8.0.0,plinth,fdb00b080000000" },
    ];
    match version::selected() {
        1..=719 => &RELEASES[0],
        720..=739 => &RELEASES[1],
        800.. => &RELEASES[3],
        _ => &RELEASES[2],
    }
}

/// Its name.
pub fn release() -> &'static str {
    of_program().name
}

/// Its protocol version.
pub fn protocol() -> u64 {
    of_program().protocol
}

/// Release, source and protocol.
pub fn client_version() -> &'static CStr {
    of_program().client
}

/// The text of an error number; the same pointer each time (rule ERRC-1).
pub fn of(code: Code) -> &'static CStr {
    static TEXTS: PerProcess<Mutex<HashMap<i32, &'static CStr>>> = PerProcess::new(Mutex::default);
    let mut texts = TEXTS.get().lock().unwrap_or_else(PoisonError::into_inner);
    // Numbers without an entry share one text, so the table can't grow without end.
    let known = if code.is_known() { code } else { Code::UNKNOWN_ERROR };
    texts.entry(known.number()).or_insert_with(|| {
        let text = CString::new(known.description()).unwrap_or_default();
        // Once for each entry of the table of errors.
        Box::leak(text.into_boxed_c_str())
    })
}
