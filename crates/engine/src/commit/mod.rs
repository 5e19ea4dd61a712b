//! The commit pipeline: one order for conflicts, versions, the log and what readers see.
//!
//! queue -> sequence (resolve, allocate a version, write the log and memory) -> sync -> publish.
//! Committing threads do the work themselves: whoever finds the sequencer free takes everything
//! that is queued through it as one group; whoever finds no sync running syncs for all groups
//! written so far, while the next group is already being sequenced. A lone writer runs straight
//! through without meeting another thread.

mod detached;
mod pace;
mod pipeline;
mod prepare;
mod publish;
mod request;
mod say;
mod sequencer;
mod settle;
pub mod size;
mod waiter;

pub use detached::Detached;
pub use pipeline::{Pipeline, Settings};
pub use prepare::prepare;
pub use request::{Clear, Committed, Outcome, Request};
pub use sequencer::Limits;
