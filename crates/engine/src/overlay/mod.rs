//! What a transaction wrote and has not committed, and how reads see it (rules RYW-1 to RYW-13).

mod merge;
mod writes;

pub use merge::{resolve, scan, Resolved, View};
pub use writes::{Known, Overlay};
