//! A guest's connection to the host of its directory, which is another process.
//!
//! A call is put into bytes on its caller's thread, appended to the [`outbox`], and noted at the
//! [`desk`]. Whoever waits for an answer reads those of all ([`reading`]); there is no thread of the
//! connection between a caller and the socket. One thread of the guest, the keeper, reads while
//! nobody waits.

mod call;
mod changes;
mod desk;
mod held;
mod keeper;
mod line;
mod link;
mod many;
mod outbox;
mod reading;
mod reply;
mod scan;
mod slot;
mod upkeep;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use link::Link;
#[cfg(any(test, feature = "fuzzing"))]
pub use reply::Reply;
