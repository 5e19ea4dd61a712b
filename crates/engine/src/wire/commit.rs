//! A commit in transit: what is sent of a request, straight from where it lies, and what has come of
//! it, which nobody has looked at yet.

use std::sync::Arc;

use plinth_api::{Code, DatabaseOptions, Error, Result};
use serde::de::Deserializer;
use serde::ser::{Error as _, SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::item::Item;
use super::received;
use crate::commit::Request;
use crate::conflict::{ConflictSet, RangeRef};
use crate::overlay::{Entry, Overlay, Pending, Start};

/// A commit in transit.
#[derive(Debug, Serialize, Deserialize)]
pub struct Commit<'a> {
    /// The version the reads were made at; the largest one if there were none.
    pub read_version: i64,
    /// Whether it is to be on disk before it is acknowledged.
    pub sync: bool,
    /// Whether to tell which read conflict ranges were hit.
    pub report: bool,
    /// Whether it may write a locked database.
    pub lock_aware: bool,
    /// The transaction's id, if it has one.
    pub id: Option<[u8; 16]>,
    #[serde(borrow)]
    body: Body<'a>,
}

/// The conflict ranges and mutations.
enum Body<'a> {
    /// Those of a request.
    Sent(&'a Request),
    /// Bytes that are said to be [`Item`]s.
    Received(&'a [u8]),
}

impl<'a> Commit<'a> {
    /// A request as it is sent.
    pub fn of(request: &'a Request) -> Self {
        let Request { read_version, sync, report, lock_aware, id, .. } = *request;
        let id = id.map(Uuid::into_bytes);
        Self { read_version, sync, report, lock_aware, id, body: Body::Sent(request) }
    }

    /// The request of a commit that was received, checked against the limits of this database: 9001 if
    /// it is malformed, 2101 to 2103 if something is too large.
    pub fn request(self, options: &DatabaseOptions) -> Result<Request> {
        let Self { read_version, sync, report, lock_aware, id, body: Body::Received(bytes) } = self else {
            return Err(Error::new(Code::INTERNAL_ERROR).context("a commit that was not received"));
        };
        if read_version <= 0 {
            return Err(super::broken(format!("a commit at version {read_version}")));
        }
        let id = id.map(Uuid::from_bytes);
        Ok(Request { read_version, sync, report, lock_aware, id, ..received::request(bytes, options)? })
    }
}

impl std::fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sent(_) => f.write_str("a request"),
            Self::Received(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl Serialize for Body<'_> {
    /// As one byte string, whose length goes ahead: postcard has the same form for a sequence that
    /// claims so many elements.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let request = match self {
            Self::Received(bytes) => return serializer.serialize_bytes(bytes),
            Self::Sent(request) => request,
        };
        let mut length = 0;
        each(request, &mut |item| {
            length += postcard::experimental::serialized_size(&item).map_err(S::Error::custom)?;
            Ok(())
        })?;
        let mut sequence = serializer.serialize_seq(Some(length))?;
        each(request, &mut |item| sequence.serialize_element(&item))?;
        sequence.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        serde_bytes::deserialize(deserializer).map(Self::Received)
    }
}

/// Takes an item.
type Take<'t, E> = &'t mut dyn FnMut(Item<'_>) -> std::result::Result<(), E>;

/// Gives the items of a request in their order.
fn each<E>(request: &Request, take: Take<'_, E>) -> std::result::Result<(), E> {
    for (keyspace, set) in &request.reads {
        take(Item::Reads(*keyspace))?;
        ranges(set, take)?;
    }
    for (keyspace, set) in &request.writes {
        take(Item::Writes(*keyspace))?;
        ranges(set, take)?;
    }
    request.overlays.iter().try_for_each(|(keyspace, overlay)| mutations(*keyspace, overlay, take))
}

fn ranges<E>(set: &ConflictSet, take: Take<'_, E>) -> std::result::Result<(), E> {
    set.iter().try_for_each(|range| match range {
        RangeRef::Key(key) => take(Item::Key(key)),
        RangeRef::Range(begin, end) => take(Item::Range(begin, end)),
    })
}

fn mutations<E>(keyspace: u32, overlay: &Arc<Overlay>, take: Take<'_, E>) -> std::result::Result<(), E> {
    take(Item::Overlay(keyspace))?;
    for (begin, end) in overlay.clears() {
        take(Item::Range(begin, end))?;
    }
    for (key, entry) in overlay.keys() {
        match entry {
            Entry::Set(value) => take(Item::Set(key, value))?,
            Entry::Cleared => take(Item::Cleared(key))?,
            Entry::Pending(pending) => operations(key, pending, take)?,
        }
    }
    for key in overlay.stamped_keys() {
        let offset = u32::try_from(key.offset).unwrap_or(u32::MAX);
        take(Item::Stamped(&key.template, offset, &key.value))?;
    }
    if let Some(set) = overlay.conflicts() {
        take(Item::Quiet)?;
        ranges(set, take)?;
    }
    Ok(())
}

fn operations<E>(key: &[u8], pending: &Pending, take: Take<'_, E>) -> std::result::Result<(), E> {
    take(match pending.start() {
        Start::Stored { unreadable } => Item::Stored(key, unreadable),
        Start::Own(value) => Item::Own(key, value),
        Start::Stamp(operand) => Item::Stamp(key, operand),
    })?;
    pending.atomics().try_for_each(|(mutation, operand)| take(Item::Atomic(mutation.number(), operand)))
}
