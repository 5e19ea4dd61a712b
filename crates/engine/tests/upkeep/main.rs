//! Checkpoints, backups, verification and compaction of a database that is written to meanwhile: what they hold
//! is computed from the commits that were acknowledged. Seeds are printed; `PLINTH_SEED` repeats one.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod backup;
mod checkpoint;
mod compact;
mod large;
mod verify;
mod writers;
