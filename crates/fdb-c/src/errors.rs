//! Error numbers as programs written for FoundationDB know them, and what they say about retrying.

use std::ffi::c_int;

use plinth_api::{Code, Error};

use crate::version;

/// Rule ERRC-2: what is retryable and certainly not committed, by the version asked for.
const SURE_71: [c_int; 9] = [1007, 1009, 1020, 1037, 1038, 1042, 1051, 1213, 2137];
const SURE_73: [c_int; 10] = [1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1223];
const SURE_80: [c_int; 11] = [1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1235, 1242];
/// And what may have been committed.
const MAYBE: [c_int; 2] = [1021, 1039];

const RETRYABLE: c_int = 50_000;
const MAYBE_COMMITTED: c_int = 50_001;
const RETRYABLE_NOT_COMMITTED: c_int = 50_002;

/// An error number as it is told: an error of ours, translated, or the number that a future holds.
pub struct Number(pub c_int);

impl From<Error> for Number {
    fn from(error: Error) -> Self {
        Self(number(&error))
    }
}

impl From<Code> for Number {
    fn from(code: Code) -> Self {
        Self(code.number())
    }
}

/// The number that a program is told. Conditions that only Plinth has become the nearest one that
/// programs know.
pub fn number(error: &Error) -> c_int {
    match error.code() {
        Code::INVALID_HANDLE | Code::INVALID_ARGUMENT | Code::FORKED => Code::CLIENT_INVALID_OPERATION,
        Code::TOO_MANY_HANDLES => Code::LARGE_ALLOC_FAILED,
        Code::DATABASE_CLOSED => Code::SHUTDOWN_IN_PROGRESS,
        Code::DATABASE_FAILED => Code::IO_ERROR,
        Code::NOT_A_DATABASE | Code::FORMAT_NOT_SUPPORTED => Code::FILE_CORRUPT,
        Code::TOO_MANY_TRANSACTIONS | Code::MEMORY_LIMIT_EXCEEDED => Code::COMMIT_PROXY_MEMORY_LIMIT_EXCEEDED,
        // Worth trying again, and not committed.
        Code::HOST_UNAVAILABLE => Code::PROCESS_BEHIND,
        // The only keyspaces that come and go here are those of tenants.
        Code::KEYSPACE_NOT_FOUND | Code::KEYSPACE_DROPPED => Code::TENANT_NOT_FOUND,
        code => code,
    }
    .number()
}

/// Rules ERRC-2 and ERRC-3.
pub fn predicate(predicate: c_int, code: c_int) -> bool {
    let sure = || match version::selected() {
        ..=719 => SURE_71.contains(&code),
        720..=799 => SURE_73.contains(&code),
        _ => SURE_80.contains(&code),
    };
    match predicate {
        RETRYABLE => MAYBE.contains(&code) || sure(),
        MAYBE_COMMITTED => MAYBE.contains(&code),
        RETRYABLE_NOT_COMMITTED => sure(),
        _ => false,
    }
}
