//! The pieces that a commit is sent as, one after the other.
//!
//! There is no count that could lie: what belongs together is told by the order of the items.
//! A list of conflict ranges is `Reads` or `Writes` and its ranges. An overlay is `Overlay`, its
//! cleared ranges, its keys (a pending one is followed by its operations), its versionstamped keys
//! and, if it has its own write conflict ranges, `Quiet` and those.

use plinth_api::Result;
use serde::{Deserialize, Serialize};

use super::broken;

/// A piece of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item<'a> {
    /// Read conflict ranges of a keyspace follow.
    Reads(u32),
    /// Write conflict ranges of a keyspace, added by hand, follow.
    Writes(u32),
    /// The mutations of a keyspace follow.
    Overlay(u32),
    /// The write conflict ranges of these mutations follow.
    Quiet,
    /// A conflict range of one key.
    Key(#[serde(borrow, with = "serde_bytes")] &'a [u8]),
    /// A conflict range, or a cleared one.
    Range(#[serde(borrow, with = "serde_bytes")] &'a [u8], #[serde(borrow, with = "serde_bytes")] &'a [u8]),
    /// A key that was set, and its value.
    Set(#[serde(borrow, with = "serde_bytes")] &'a [u8], #[serde(borrow, with = "serde_bytes")] &'a [u8]),
    /// A key that was cleared.
    Cleared(#[serde(borrow, with = "serde_bytes")] &'a [u8]),
    /// A key whose operations follow, on what the database holds, and whether reads of it fail.
    Stored(#[serde(borrow, with = "serde_bytes")] &'a [u8], bool),
    /// The same on an own value.
    Own(#[serde(borrow, with = "serde_bytes")] &'a [u8], #[serde(borrow, with = "serde_bytes")] Option<&'a [u8]>),
    /// The same on a value with a place for the versionstamp.
    Stamp(#[serde(borrow, with = "serde_bytes")] &'a [u8], #[serde(borrow, with = "serde_bytes")] &'a [u8]),
    /// An atomic operation: its number and its operand.
    Atomic(i32, #[serde(borrow, with = "serde_bytes")] &'a [u8]),
    /// A key that waits for its versionstamp: the key, where the stamp is put in, and the value.
    Stamped(#[serde(borrow, with = "serde_bytes")] &'a [u8], u32, #[serde(borrow, with = "serde_bytes")] &'a [u8]),
}

/// The items that some bytes hold.
pub struct Items<'a> {
    rest: &'a [u8],
    next: Option<Item<'a>>,
}

impl<'a> Items<'a> {
    /// Of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, next: None }
    }

    /// The next item; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Item<'a>>> {
        if let Some(item) = self.next.take() {
            return Ok(Some(item));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let taken = postcard::take_from_bytes(self.rest);
        let (item, rest) = taken.map_err(|error| broken("a commit that can't be read".to_owned()).caused_by(error))?;
        self.rest = rest;
        Ok(Some(item))
    }

    /// The next item, if `take` wants it.
    pub fn next_if<T>(&mut self, take: impl FnOnce(Item<'a>) -> Option<T>) -> Result<Option<T>> {
        let item = self.next()?;
        let taken = item.and_then(take);
        if taken.is_none() {
            self.next = item;
        }
        Ok(taken)
    }
}
