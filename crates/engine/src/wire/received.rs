//! What has come of a commit, made a request again, with everything checked that the pipeline relies
//! on and a transaction of this process would have checked before.
//!
//! Memory grows with what has been counted, so it stays within a few times the limit of a transaction
//! whatever has come.

use std::sync::Arc;

use plinth_api::key::{printable, END_OF_SYSTEM_KEYS};
use plinth_api::{Code, DatabaseOptions, Error, Mutation, Result};

use super::broken;
use super::item::{Item, Items};
use crate::atomic::{OFFSET, STAMP};
use crate::commit::{size, Request};
use crate::conflict::{ConflictSet, RangeRef};
use crate::limits::{Bounds, MOST_KEYSPACES};
use crate::overlay::{Keys, Overlay, Pending, StampedKey, Start, Write, HEADER};
use crate::store::META;

/// Conflict ranges may be so many times the limit before they are merged: it counts them merged, and
/// some not at all (rules LIM-5 and LIM-6).
const UNMERGED: usize = 4;

/// The request that some bytes hold.
pub fn request(bytes: &[u8], options: &DatabaseOptions) -> Result<Request> {
    let limit = usize::try_from(options.transaction.size_limit).unwrap_or(0);
    // Whether the transaction had system keys and raw access is not known, and no matter.
    let bounds = Bounds { max_write: END_OF_SYSTEM_KEYS, raw: true, ..Bounds::new(options) };
    let mut received = Received { items: Items::new(bytes), bounds, limit, mutations: 0, reads: 0, writes: 0 };
    let request = received.request()?;
    received.check_size(&request)?;
    Ok(request)
}

/// A request that is being made.
struct Received<'a> {
    items: Items<'a>,
    bounds: Bounds,
    /// The largest transaction.
    limit: usize,
    /// Bytes of mutations so far.
    mutations: usize,
    /// Bytes of read conflict ranges so far.
    reads: usize,
    /// Bytes of explicit write conflict ranges so far.
    writes: usize,
}

impl<'a> Received<'a> {
    fn request(&mut self) -> Result<Request> {
        let mut request = Request::default();
        while let Some(item) = self.items.next()? {
            match item {
                Item::Reads(keyspace) => {
                    let set = self.reads()?;
                    add(&mut request.reads, keyspace, set)?;
                }
                Item::Writes(keyspace) => {
                    let set = self.writes()?;
                    add(&mut request.writes, keyspace, set)?;
                }
                Item::Overlay(keyspace) => {
                    let overlay = self.overlay()?;
                    add(&mut request.overlays, keyspace, Arc::new(overlay))?;
                }
                item => return Err(misplaced(item)),
            }
        }
        Ok(request)
    }

    /// As a transaction's own size is checked, but for the read conflict ranges, of which it is not
    /// known which ones count.
    fn check_size(&self, request: &Request) -> Result<()> {
        let writes = size::of_written(&request.overlays) + size::of_ranges(&request.writes);
        if self.mutations + writes <= self.limit {
            return Ok(());
        }
        let writes = size::of_merged_writes(&request.writes, &request.overlays);
        within(self.mutations + writes, self.limit)
    }

    fn reads(&mut self) -> Result<ConflictSet> {
        let mut set = ConflictSet::default();
        while let Some(range) = self.range()? {
            self.reads += size::of_range(range);
            within(self.reads, self.limit.saturating_mul(UNMERGED))?;
            set.add(range);
        }
        Ok(set)
    }

    fn writes(&mut self) -> Result<ConflictSet> {
        let mut set = ConflictSet::default();
        while let Some(range) = self.range()? {
            self.writes += size::of_range(range);
            within(self.writes, self.limit.saturating_mul(UNMERGED))?;
            match range {
                RangeRef::Key(key) => self.check_bound(key)?,
                RangeRef::Range(begin, end) => self.check_bounds(begin, end)?,
            }
            set.add(range);
        }
        Ok(set)
    }

    /// The next conflict range.
    fn range(&mut self) -> Result<Option<RangeRef<'a>>> {
        let range = self.items.next_if(|item| match item {
            Item::Key(key) => Some(RangeRef::Key(key)),
            Item::Range(begin, end) => Some(RangeRef::Range(begin, end)),
            _ => None,
        })?;
        match range {
            Some(RangeRef::Range(begin, end)) if begin >= end => Err(inverted(begin)),
            range => Ok(range),
        }
    }

    fn overlay(&mut self) -> Result<Overlay> {
        let clears = self.clears()?;
        let keys = self.keys(&clears)?;
        let stamped = self.stamped_keys()?;
        let conflicts = match self.items.next_if(|item| (item == Item::Quiet).then_some(()))? {
            Some(()) => Some(self.writes()?),
            None => None,
        };
        Ok(Overlay::restored(clears, keys, stamped, conflicts))
    }

    fn clears(&mut self) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut clears: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let range = |item| match item {
            Item::Range(begin, end) => Some((begin, end)),
            _ => None,
        };
        while let Some((begin, end)) = self.items.next_if(range)? {
            self.count(HEADER + begin.len() + end.len())?;
            self.check_bounds(begin, end)?;
            match clears.last() {
                _ if begin >= end => return Err(inverted(begin)),
                Some((_, last)) if **last >= *begin => return Err(disordered("a cleared range", begin)),
                _ => clears.push((begin.to_vec(), end.to_vec())),
            }
        }
        Ok(clears)
    }

    fn keys(&mut self, clears: &[(Vec<u8>, Vec<u8>)]) -> Result<Keys> {
        let mut keys = Keys::default();
        let mut last: Option<&[u8]> = None;
        while let Some((key, write)) = self.key()? {
            if last.replace(key).is_some_and(|last| last >= key) {
                return Err(disordered("a key", key));
            }
            // It was cleared, so what the database holds is no matter.
            if matches!(&write, Write::Pending(pending) if pending.is_dependent() && is_in(clears, key)) {
                return Err(broken(format!("key \"{}\" was cleared and is not", printable(key))));
            }
            keys.put(key, write);
        }
        Ok(keys)
    }

    /// The next key and what was done to it.
    fn key(&mut self) -> Result<Option<(&'a [u8], Write<'a>)>> {
        let item = self.items.next_if(|item| match item {
            Item::Set(..) | Item::Cleared(_) | Item::Stored(..) | Item::Own(..) | Item::Stamp(..) => Some(item),
            _ => None,
        })?;
        Ok(match item {
            Some(Item::Set(key, value)) => {
                self.count(HEADER + key.len() + value.len())?;
                self.check_set(key, value)?;
                Some((key, Write::Set(value)))
            }
            Some(Item::Cleared(key)) => {
                self.count(HEADER + 2 * key.len() + 1)?;
                self.check_cleared(key)?;
                Some((key, Write::Cleared))
            }
            Some(Item::Stored(key, unreadable)) => Some((key, self.pending(key, Start::Stored { unreadable })?)),
            Some(Item::Own(key, value)) => Some((key, self.pending(key, Start::Own(value))?)),
            Some(Item::Stamp(key, operand)) => Some((key, self.pending(key, Start::Stamp(operand))?)),
            _ => None,
        })
    }

    /// A key whose value is settled at commit: there is at least one operation, or an own value.
    fn pending(&mut self, key: &[u8], start: Start<'_>) -> Result<Write<'a>> {
        match start {
            Start::Stored { .. } | Start::Own(None) => self.bounds.check_write_key(key).map_err(refused)?,
            Start::Own(Some(value)) => {
                self.count(HEADER + key.len() + value.len())?;
                self.check_set(key, value)?;
            }
            Start::Stamp(operand) => {
                self.count(HEADER + key.len() + operand.len())?;
                self.check_atomic(Mutation::SetVersionstampedValue, key, operand)?;
            }
        }
        let mut pending = Pending::begun(start);
        let atomic = |item| match item {
            Item::Atomic(number, operand) => Some((number, operand)),
            _ => None,
        };
        while let Some((number, operand)) = self.items.next_if(atomic)? {
            self.count(HEADER + key.len() + operand.len())?;
            let mutation = Mutation::from_number(number).map_err(refused)?;
            if matches!(mutation, Mutation::SetVersionstampedKey | Mutation::SetVersionstampedValue) {
                return Err(broken(format!("operation {number} on what was written before")));
            }
            self.check_atomic(mutation, key, operand)?;
            pending.push(mutation, operand, self.bounds.value_size);
        }
        if pending.parts().next().is_none() {
            return Err(broken(format!("key \"{}\" was not changed", printable(key))));
        }
        Ok(Write::Pending(Box::new(pending)))
    }

    fn stamped_keys(&mut self) -> Result<Vec<StampedKey>> {
        let mut keys = Vec::new();
        let stamped = |item| match item {
            Item::Stamped(template, offset, value) => Some((template, offset as usize, value)),
            _ => None,
        };
        while let Some((template, offset, value)) = self.items.next_if(stamped)? {
            self.count(HEADER + template.len() + OFFSET + value.len())?;
            if offset.saturating_add(STAMP) > template.len() {
                return Err(broken(format!("key \"{}\": its versionstamp leads outside", printable(template))));
            }
            self.bounds.check_write_key(template).map_err(refused)?;
            // The offset that was passed behind it counts.
            self.check_length(template, self.bounds.longest_readable(template).saturating_sub(OFFSET))?;
            self.check_value(value)?;
            keys.push(StampedKey { template: template.to_vec(), offset, value: value.to_vec() });
        }
        Ok(keys)
    }

    fn check_set(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.bounds.check_set(key, value).map_err(refused)
    }

    fn check_atomic(&self, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        self.bounds.check_atomic(mutation, key, operand).map_err(refused)
    }

    fn check_cleared(&self, key: &[u8]) -> Result<()> {
        self.bounds.check_write_key(key).map_err(refused)?;
        self.check_length(key, self.bounds.longest_readable(key))
    }

    /// Bounds of ranges are cut to one byte more than a key can have (rule LIM-3).
    fn check_bounds(&self, begin: &[u8], end: &[u8]) -> Result<()> {
        self.check_bound(begin)?;
        self.check_bound(end)
    }

    fn check_bound(&self, bound: &[u8]) -> Result<()> {
        self.bounds.check_write_range(bound, bound).map_err(refused)?;
        self.check_length(bound, self.bounds.longest_readable(bound) + 1)
    }

    fn check_length(&self, key: &[u8], longest: usize) -> Result<()> {
        if key.len() <= longest {
            return Ok(());
        }
        let text = format!("it has {} bytes, allowed are {longest}", key.len());
        Err(Error::new(Code::KEY_TOO_LARGE).context(text))
    }

    fn check_value(&self, value: &[u8]) -> Result<()> {
        if value.len() <= self.bounds.value_size {
            return Ok(());
        }
        let text = format!("it has {} bytes, allowed are {}", value.len(), self.bounds.value_size);
        Err(Error::new(Code::VALUE_TOO_LARGE).context(text))
    }

    /// Counts bytes of a mutation.
    fn count(&mut self, bytes: usize) -> Result<()> {
        self.mutations += bytes;
        within(self.mutations, self.limit)
    }
}

/// Adds what belongs to a keyspace to a list in which each is there once.
fn add<T>(list: &mut Vec<(u32, T)>, keyspace: u32, part: T) -> Result<()> {
    if keyspace == META || list.iter().any(|(id, _)| *id == keyspace) {
        return Err(broken(format!("keyspace number {keyspace} in a place where it can't be")));
    }
    if list.len() >= MOST_KEYSPACES {
        return Err(broken(format!("more than {MOST_KEYSPACES} keyspaces")));
    }
    list.push((keyspace, part));
    Ok(())
}

/// Whether a key lies in one of these ranges, which are in order.
fn is_in(ranges: &[(Vec<u8>, Vec<u8>)], key: &[u8]) -> bool {
    let after = ranges.partition_point(|(begin, _)| **begin <= *key);
    after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, end)| *key < **end)
}

fn within(bytes: usize, limit: usize) -> Result<()> {
    if bytes <= limit {
        return Ok(());
    }
    Err(Error::new(Code::TRANSACTION_TOO_LARGE).context(format!("it has {bytes} bytes or more, allowed are {limit}")))
}

/// Sizes have their own errors; anything else would have been refused before it was sent.
fn refused(error: Error) -> Error {
    match error.code() {
        Code::KEY_TOO_LARGE | Code::VALUE_TOO_LARGE => error,
        _ => broken("a commit that no transaction makes".to_owned()).caused_by(error),
    }
}

fn inverted(begin: &[u8]) -> Error {
    broken(format!("a range from \"{}\" that ends there or before", printable(begin)))
}

fn disordered(what: &str, key: &[u8]) -> Error {
    broken(format!("{what} out of order: \"{}\"", printable(key)))
}

fn misplaced(item: Item<'_>) -> Error {
    let name = match item {
        Item::Reads(_) | Item::Writes(_) | Item::Overlay(_) => "a list",
        Item::Quiet | Item::Key(_) | Item::Range(..) => "a conflict range",
        _ => "a mutation",
    };
    broken(format!("{name} out of place in a commit"))
}
