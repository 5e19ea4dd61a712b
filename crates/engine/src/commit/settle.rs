//! The values of keys whose writes are settled at commit: atomic operations on the value then
//! current, and versionstamps (rules ATOM-2, VST-1, COM-9). A key that many members of a group settle is
//! written once, with its last value: nobody can read at a version between them.
//!
//! Runs under the sequencer's lock. "Current" is the state after every group written before, plus
//! what the earlier members of the group being made leave behind, which is not in the store yet.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use plinth_api::Result;

use super::waiter::Waiter;
use super::Request;
use crate::atomic::Stamp;
use crate::defects::{is_on, Defect};
use crate::overlay::{Entry, Known};
use crate::store::Store;

/// The values of one request's unsettled keys, in their order over its overlays.
pub type Settled = Vec<Option<Vec<u8>>>;

/// Settles the members of one group, one after the other.
pub struct Settler<'a> {
    store: &'a Arc<dyn Store>,
    /// The longest value there may be.
    longest: usize,
    /// The keys that members of the group settled, as the last member that wrote them left them.
    values: HashMap<u32, Values>,
}

/// The keys of a keyspace that members of a group settled.
type Values = BTreeMap<Vec<u8>, Value>;

/// The value that the last member left a key, and whether it is still to be written.
struct Value {
    left: Option<Vec<u8>>,
    due: bool,
}

impl<'a> Settler<'a> {
    /// For a new group.
    pub fn new(store: &'a Arc<dyn Store>, longest: usize) -> Self {
        Self { store, longest, values: HashMap::new() }
    }

    /// The values of a request's unsettled keys; `earlier` are the members before it.
    pub fn settle(&self, request: &Request, earlier: &[Arc<Waiter>], stamp: &Stamp) -> Result<Settled> {
        let mut settled = Settled::new();
        for (keyspace, overlay) in &request.overlays {
            for (key, pending) in overlay.unsettled() {
                let stored = match pending.is_dependent() {
                    true => self.current(*keyspace, key, earlier)?,
                    false => None,
                };
                settled.push(pending.settle(stored.as_deref(), Some(stamp), self.longest));
            }
        }
        Ok(settled)
    }

    /// Notes what a request that is committed leaves behind.
    pub fn note(&mut self, request: &Request, settled: &Settled, stamp: &Stamp) {
        let mut settled = settled.iter();
        for (keyspace, overlay) in &request.overlays {
            let stamped = overlay.stamped_keys();
            if !self.values.contains_key(keyspace) && !overlay.is_unsettled() && stamped.is_empty() {
                continue;
            }
            let values = self.values.entry(*keyspace).or_default();
            for (begin, end) in overlay.clears() {
                let covered = values.range_mut::<[u8], _>((Bound::Included(begin), Bound::Excluded(end)));
                // A clear may have been taken apart into the keys that were there before the group.
                covered.for_each(|(_, value)| value.left = None);
            }
            for (key, entry) in overlay.keys() {
                match entry {
                    Entry::Pending(_) => {
                        let left = settled.next().cloned().flatten();
                        values.insert(key.to_vec(), Value { left, due: true });
                    }
                    Entry::Set(value) => change(values, key, Some(value)),
                    Entry::Cleared => change(values, key, None),
                }
            }
            for key in stamped {
                values.insert(key.key(stamp), Value { left: Some(key.value.clone()), due: false });
            }
        }
    }

    /// What the members so far left a key that one of them settled.
    pub fn left(&self, keyspace: u32, key: &[u8]) -> Option<&[u8]> {
        self.values.get(&keyspace).and_then(|values| values.get(key)).and_then(|value| value.left.as_deref())
    }

    /// The keys that were settled and their last values, which stand for all that the members wrote to them.
    pub fn last_values(&self) -> impl Iterator<Item = (u32, &[u8], Option<&[u8]>)> {
        let keys =
            self.values.iter().flat_map(|(keyspace, values)| values.iter().map(|(key, value)| (*keyspace, key, value)));
        let due = keys.filter(|(_, _, value)| value.due);
        due.map(|(keyspace, key, value)| (keyspace, key.as_slice(), value.left.as_deref()))
    }

    /// The value of a key before the request that is being settled.
    fn current(&self, keyspace: u32, key: &[u8], earlier: &[Arc<Waiter>]) -> Result<Option<Vec<u8>>> {
        let (known, earlier) = match is_on(Defect::SkipsTheGroup) {
            true => (None, &earlier[..0]),
            false => (self.values.get(&keyspace), earlier),
        };
        if let Some(value) = known.and_then(|values| values.get(key)) {
            return Ok(value.left.clone());
        }
        for member in earlier.iter().rev() {
            let request = member.request();
            let overlay = request.overlays.iter().find(|(id, _)| *id == keyspace);
            match overlay.map(|(_, overlay)| overlay.get(key)) {
                Some(Known::Set(value)) => return Ok(Some(value.to_vec())),
                Some(Known::Cleared) => return Ok(None),
                // What members settled is in `values`.
                Some(Known::Pending(_) | Known::Unwritten) | None => {}
            }
        }
        let stored = self.store.clone().get(keyspace, key)?;
        Ok(stored.map(|value| value.to_vec()))
    }
}

/// Changes a key that is known.
fn change(values: &mut Values, key: &[u8], value: Option<&[u8]>) {
    if let Some(known) = values.get_mut(key) {
        known.left = value.map(<[u8]>::to_vec);
    }
}
