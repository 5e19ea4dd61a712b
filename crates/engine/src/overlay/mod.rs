//! What a transaction wrote and has not committed, and how reads see it (rules RYW-1 to RYW-13).

mod keys;
mod merge;
mod pending;
mod stamped;
mod writes;

pub use keys::{Entry, Keys, Write};
pub use merge::{resolve, scan, unreadable, Resolved, Stretch, View};
pub use pending::{Pending, Start};
pub use stamped::StampedKey;
pub use writes::{Known, Overlay, HEADER};
