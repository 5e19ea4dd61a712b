//! P4: calls of the system that fail, each of them, once and for ever.
//!
//! A library in front of libc counts the calls of a kind on files of the database in the whole process,
//! and fails one by its number (`c/shim_io.c`); strace does the same at the kernel, where it counts for
//! each thread.

mod guests;
mod kernel;
mod library;
mod lies;

use crate::stage::{Must, Stage};

pub use library::Ground;

/// The stages of P4.
pub fn stages() -> Vec<Stage> {
    vec![
        Stage {
            name: "io-faults",
            obligation: "P4",
            what: "every call on the files fails with EIO, ENOSPC, EROFS or a torn write, once or for ever",
            rounds: "failures",
            whole: 7_000,
            short: 14,
            must: Must::Hold,
            begin: library::begin,
        },
        Stage {
            name: "io-faults-kernel",
            obligation: "P4",
            what: "the same through strace, by thread",
            rounds: "failures",
            whole: 1_000,
            short: 3,
            must: Must::Hold,
            begin: kernel::begin,
        },
        Stage {
            name: "io-faults-guests",
            obligation: "P4",
            what: "the files of a host fail, and its guests are told",
            rounds: "failures",
            whole: 500,
            short: 3,
            must: Must::Hold,
            begin: guests::begin,
        },
        Stage {
            name: "io-lies",
            obligation: "P4",
            what: "writes of the log that are not done and told as done",
            rounds: "lies",
            whole: 20,
            short: 2,
            must: Must::Break,
            begin: lies::begin,
        },
    ]
}
