//! What hosts and guests say to each other over a socket: frames, messages, and how a commit is put
//! into bytes. Nothing here does I/O.
//!
//! Whatever comes in is hostile until it has been checked: a length is compared with a limit before
//! anything is allocated for it, and a message is taken apart by a decoder that can't read past its
//! end.

mod commit;
mod frame;
pub mod hello;
mod hit;
mod item;
mod message;
mod pairs;
mod parts;
mod received;
#[cfg(test)]
mod tests;

pub use commit::Commit;
pub use frame::{broken, parse, put, Frames, Message, Tail, HEADER};
pub use hit::{hits_of, sets_of, Hit};
pub use message::{Answer, Ask, Counts, Failure, Limits, Notice, Span, StageTimes};
#[cfg(test)]
pub use pairs::put_pair;
pub use pairs::{Pairs, PairsFrame};
pub use parts::{put_part, Parts, MOST_ASKED};

/// The version of the messages. Both sides must have the same one.
pub const PROTOCOL: u32 = 11;
