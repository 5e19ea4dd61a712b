//! Reads of many keys in one call: each as a read of its own would be, all issued at one moment.
//!
//! The keys are looked through under one hold of the transaction's lock, so that no write of another
//! thread comes between two of them, and what the database is asked for is one read: it is noted once
//! that it runs, and its conflict ranges come together when all of it has succeeded. Special keys are
//! computed before it is issued, because they wait for reads that run.

use std::sync::Arc;

use plinth_api::{key::is_special, Code, Done, Error, Result, Value, MOST_KEYS_AT_ONCE, MOST_VALUES_AT_ONCE};

use super::calls::Call;
use super::read::{is_on_disk, issue, look_at_own, told, Issued, Own};
use super::Transaction;
use crate::defects::planted;
use crate::metrics::Operation;
use crate::overlay::Pending;
use crate::store::Tier;
use crate::version::ReadPoint;

/// Keys that are read before the size of their values is looked at.
const PIECE: usize = 256;
/// Bytes that a read conflict of a key takes beside it.
const BESIDE_KEY: usize = 32;

/// A read of many keys that was issued.
struct Many {
    /// What is known already; `None` elsewhere.
    values: Vec<Option<Value>>,
    /// Places of the keys that the database is asked for.
    asked: Vec<usize>,
    /// Own operations on what the database holds, with the places among those, in order.
    changes: Vec<(usize, Box<Pending>)>,
    /// Bytes of what is known.
    bytes: usize,
    /// `None` if the database is asked for nothing.
    issued: Option<Issued>,
}

impl Transaction {
    pub(super) fn read_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Vec<Option<Value>>> {
        let many = self.issue_many(keyspace, keys, snapshot)?;
        let keys = many.keys(keys);
        let found = self.fetch_many(&many, Tier::Disk, &keys);
        self.finish_many(many, &keys, found)
    }

    pub(super) fn read_many_async(
        self: Arc<Self>,
        keyspace: u32,
        keys: &[&[u8]],
        snapshot: bool,
        done: Done<Vec<Option<Value>>>,
    ) -> Option<Arc<dyn plinth_api::Pending>> {
        let many = match self.issue_many(keyspace, keys, snapshot) {
            Ok(many) => many,
            Err(error) => return told(done, Err(error)),
        };
        let keys = many.keys(keys);
        let found = self.fetch_many(&many, Tier::Memory, &keys);
        let epoch = match &many.issued {
            Some(issued) if is_on_disk(&found) => issued.epoch,
            _ => return told(done, self.finish_many(many, &keys, found)),
        };
        let keys: Vec<Vec<u8>> = keys.into_iter().map(<[u8]>::to_vec).collect();
        let call = Call::begin(&self, epoch, done);
        let handle = call.clone();
        self.service.executor().clone().submit(Box::new(move || {
            let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
            let found = self.fetch_many(&many, Tier::Disk, &keys);
            call.complete(self.finish_many(many, &keys, found));
        }));
        Some(handle)
    }

    /// Settles what a read of these keys sees.
    fn issue_many(&self, keyspace: u32, keys: &[&[u8]], snapshot: bool) -> Result<Many> {
        if keys.len() > MOST_KEYS_AT_ONCE {
            let text = format!("{} keys, allowed are {MOST_KEYS_AT_ONCE}", keys.len());
            return Err(Error::new(Code::INVALID_ARGUMENT).context(text));
        }
        let mut many = Many::of(keys.len());
        let special = self.read_special(&mut many, keyspace, keys)?;
        if special > 0 && special == keys.len() {
            return Ok(many);
        }
        let mut state = self.usable()?;
        for key in keys.iter().filter(|key| special == 0 || !is_special(key)) {
            state.options.bounds.check_read_key(key)?;
        }
        self.service.check_keyspace(keyspace)?;
        state.tally.count(Operation::GetMany);
        let mut conflicts = 0;
        for (place, key) in keys.iter().enumerate() {
            if special > 0 && is_special(key) {
                continue;
            }
            match look_at_own(&mut state, keyspace, key, snapshot)? {
                Own::Known(value) => many.know(place, value)?,
                Own::Stored(change) => {
                    many.changes.extend(change.map(|change| (many.asked.len(), change)));
                    many.asked.push(place);
                    conflicts += if snapshot { 0 } else { key.len() + BESIDE_KEY };
                }
            }
        }
        if many.asked.is_empty() {
            return Ok(many);
        }
        let used = state.used + conflicts;
        self.reserve_for(&mut state, used)?;
        if state.options.ryw_disabled && !snapshot {
            // Rule CONF-9: at its issue, even if it fails.
            many.asked.iter().for_each(|place| state.add_read_key(keyspace, keys[*place]));
        }
        many.issued = Some(issue(&mut state, keyspace, snapshot));
        Ok(many)
    }

    /// Computes the special keys among these, and tells how many there are.
    fn read_special(&self, many: &mut Many, keyspace: u32, keys: &[&[u8]]) -> Result<usize> {
        let mut count = 0;
        for (place, key) in keys.iter().enumerate().filter(|(_, key)| is_special(key)) {
            many.know(place, self.special_get(keyspace, key)?)?;
            count += 1;
        }
        Ok(count)
    }

    /// Reads the keys that the database is asked for.
    fn fetch_many(&self, many: &Many, tier: Tier, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
        let Some(issued) = &many.issued else {
            return Ok(Vec::new());
        };
        planted("read");
        let read = |point: Arc<ReadPoint>| self.fetch_pieces(&point, issued.keyspace, tier, keys, many.bytes);
        self.point_of(issued, tier).and_then(read).or_else(|error| self.read_many_again(issued.keyspace, keys, error))
    }

    fn fetch_pieces(
        &self,
        point: &ReadPoint,
        keyspace: u32,
        tier: Tier,
        keys: &[&[u8]],
        mut bytes: usize,
    ) -> Result<Vec<Option<Value>>> {
        let mut values = Vec::with_capacity(keys.len());
        for piece in keys.chunks(PIECE) {
            let found = self.service.get_many(point, tier, keyspace, piece)?;
            bytes += found.iter().map(length).sum::<usize>();
            check_bytes(bytes)?;
            values.extend(found);
        }
        Ok(values)
    }

    /// Keys that were read before the read version left the window are still known (rule RYW-12).
    fn read_many_again(&self, keyspace: u32, keys: &[&[u8]], error: Error) -> Result<Vec<Option<Value>>> {
        if error.code() != Code::TRANSACTION_TOO_OLD {
            return Err(error);
        }
        // One hold of the lock for each: the search may be long.
        let known: Option<_> = keys.iter().map(|key| self.lock().cache.find(keyspace, key)).collect();
        known.ok_or(error)
    }

    /// Notes the end of a read of many keys, and puts its values together.
    fn finish_many(
        &self,
        mut many: Many,
        keys: &[&[u8]],
        found: Result<Vec<Option<Value>>>,
    ) -> Result<Vec<Option<Value>>> {
        let Some(issued) = many.issued.take() else {
            return Ok(many.values);
        };
        let changed = found.as_ref().map_or_else(|_| Ok(Vec::new()), |found| many.changed(self, found));
        let (found, changed) = match changed {
            Ok(changed) => (found, changed),
            Err(error) => (Err(error), Vec::new()),
        };
        if matches!(&found, Err(error) if error.code() == Code::MEMORY_LIMIT_EXCEEDED) {
            // The call asks for too much, but no read has failed: the commit may go on.
            self.finish(&issued, &Ok(()), |_, ()| {})?;
        } else {
            self.finish(&issued, &found, |state, found| {
                let conflicts = !issued.snapshot && !state.options.ryw_disabled;
                for (key, value) in keys.iter().zip(found) {
                    state.tally.read_key(key, value);
                    state.cache.keep(issued.keyspace, key, value);
                    state.note_read(key, value);
                    if conflicts {
                        state.add_read_key(issued.keyspace, key);
                    }
                }
            })?;
        }
        found.map(|found| many.filled(found, changed))
    }
}

impl Many {
    fn of(count: usize) -> Self {
        let values = std::iter::repeat_with(|| None).take(count).collect();
        Self { values, asked: Vec::with_capacity(count), changes: Vec::new(), bytes: 0, issued: None }
    }

    /// The keys that the database is asked for.
    fn keys<'a>(&self, keys: &[&'a [u8]]) -> Vec<&'a [u8]> {
        self.asked.iter().map(|place| keys[*place]).collect()
    }

    fn know(&mut self, place: usize, value: Option<Value>) -> Result<()> {
        self.bytes += length(&value);
        self.values[place] = value;
        check_bytes(self.bytes)
    }

    /// What the own operations make of what the database holds, with the places among the keys it was asked for
    /// (rule RYW-3).
    fn changed(&mut self, tr: &Transaction, found: &[Option<Value>]) -> Result<Vec<(usize, Option<Value>)>> {
        let mut changed = Vec::with_capacity(self.changes.len());
        let mut bytes = self.bytes + found.iter().map(length).sum::<usize>();
        for (place, change) in std::mem::take(&mut self.changes) {
            let Some(before) = found.get(place) else { break };
            let value = tr.changed(before.clone(), Some(change));
            bytes = bytes - length(before) + length(&value);
            check_bytes(bytes)?;
            changed.push((place, value));
        }
        Ok(changed)
    }

    /// All values, in the order of the keys.
    fn filled(mut self, mut found: Vec<Option<Value>>, changed: Vec<(usize, Option<Value>)>) -> Vec<Option<Value>> {
        changed.into_iter().for_each(|(place, value)| found[place] = value);
        self.asked.iter().zip(found).for_each(|(place, value)| self.values[*place] = value);
        self.values
    }
}

fn length(value: &Option<Value>) -> usize {
    value.as_ref().map_or(0, |value| value.len())
}

fn check_bytes(bytes: usize) -> Result<()> {
    if bytes <= MOST_VALUES_AT_ONCE {
        return Ok(());
    }
    let text = format!("the values have more than {MOST_VALUES_AT_ONCE} bytes: ask for fewer keys at once");
    Err(Error::new(Code::MEMORY_LIMIT_EXCEEDED).context(text))
}
