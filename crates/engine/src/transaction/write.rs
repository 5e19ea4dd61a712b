//! Writes, and conflict ranges added by hand. Each is checked whole before it changes anything;
//! the state of the transaction is looked at first, as a use after commit counts even if its
//! arguments are wrong (rule COM-3). Only an inverted range is told at once (rule CONF-10).

use std::sync::{Arc, MutexGuard};

use plinth_api::{Mutation, Result};

use super::state::range_size;
use super::{State, Transaction};
use crate::atomic::stamp_place;
use crate::conflict::RangeRef;
use crate::metrics::Operation;
use crate::overlay::{StampedKey, HEADER};
use crate::watch::Watch;
use crate::{limits, special};

/// What a mutation or range costs beside its bytes.
const OVERHEAD: usize = 100;
/// Memory that every transaction may use without asking.
const FREE: usize = 4 << 10;
/// The budget is asked for this much at a time.
const STEP: usize = 64 << 10;

impl Transaction {
    pub(super) fn write_set(&self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
        let (mut state, conflicts) = self.writable()?;
        special::check_write(key, state.options.special_writes)?;
        state.options.bounds.check_set(key, value)?;
        state.options.bounds.check_portable(keyspace, key)?;
        self.service.check_keyspace(keyspace)?;
        self.account(&mut state, key.len() + value.len())?;
        state.approximate += HEADER + key.len() + value.len() + key_conflict(key, conflicts);
        state.tally.count(Operation::Set);
        let overlay = state.overlay_mut(keyspace);
        overlay.note_conflict(RangeRef::Key(key), conflicts);
        overlay.set(key, value);
        self.end_own(state, |watch| watch.is_on(keyspace, key) && watch.differs(Some(value)));
        Ok(())
    }

    pub(super) fn write_clear(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        let (mut state, conflicts) = self.writable()?;
        special::check_write(key, state.options.special_writes)?;
        state.options.bounds.check_write_key(key)?;
        self.service.check_keyspace(keyspace)?;
        state.tally.count(Operation::Clear);
        if key.len() > state.options.bounds.longest_readable(key) {
            // No such key can exist (rule LIM-3).
            return Ok(());
        }
        self.account(&mut state, key.len())?;
        state.approximate += range_size(key.len(), key.len() + 1) + key_conflict(key, conflicts);
        let overlay = state.overlay_mut(keyspace);
        overlay.note_conflict(RangeRef::Key(key), conflicts);
        overlay.clear(key);
        self.end_own(state, |watch| watch.is_on(keyspace, key) && watch.differs(None));
        Ok(())
    }

    pub(super) fn write_clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        let (mut state, conflicts) = self.writable()?;
        limits::check_order(begin, end)?;
        special::check_clear(begin, end, state.options.special_writes)?;
        let bounds = state.options.bounds;
        bounds.check_write_range(begin, end)?;
        self.service.check_keyspace(keyspace)?;
        self.account(&mut state, begin.len() + end.len())?;
        state.tally.count(Operation::ClearRange);
        state.approximate += HEADER + begin.len() + end.len();
        let (begin, end) = (bounds.cut(begin), bounds.cut(end));
        if begin == end {
            return Ok(());
        }
        if conflicts {
            state.approximate += range_size(begin.len(), end.len());
        }
        let overlay = state.overlay_mut(keyspace);
        overlay.note_conflict(RangeRef::Range(begin, end), conflicts);
        overlay.clear_range(begin, end);
        self.end_own(state, |watch| watch.is_in(keyspace, begin, end) && watch.differs(None));
        Ok(())
    }

    pub(super) fn write_atomic(&self, keyspace: u32, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        let (mut state, conflicts) = self.writable()?;
        let bounds = state.options.bounds;
        bounds.check_atomic(mutation, key, operand)?;
        bounds.check_portable(keyspace, key)?;
        self.service.check_keyspace(keyspace)?;
        self.account(&mut state, key.len() + operand.len())?;
        state.tally.count(Operation::AtomicOp);
        // A versionstamped key gets its conflict range, always, at commit (rules CONF-1, CONF-11).
        let now = conflicts && mutation != Mutation::SetVersionstampedKey;
        state.approximate += HEADER + key.len() + operand.len() + key_conflict(key, now);
        let known = state.read_point.as_ref().map(|point| point.version).or(state.wanted_version);
        let overlay = state.overlay_mut(keyspace);
        match (mutation, stamp_place(key)) {
            (Mutation::SetVersionstampedKey, Some((template, offset))) => {
                let key = StampedKey { template: template.to_vec(), offset, value: operand.to_vec() };
                let range = key.range(known.unwrap_or(0), bounds.max_read);
                overlay.set_stamped_key(key, range);
                return Ok(());
            }
            (Mutation::SetVersionstampedValue, _) => {
                overlay.note_conflict(RangeRef::Key(key), conflicts);
                overlay.set_stamped_value(key, operand);
            }
            _ => {
                overlay.note_conflict(RangeRef::Key(key), conflicts);
                overlay.atomic(mutation, key, operand, bounds.value_size);
            }
        }
        // Rule WATCH-3: without a comparison.
        self.end_own(state, |watch| watch.is_on(keyspace, key));
        Ok(())
    }

    pub(super) fn note_read_conflict(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        limits::check_order(begin, end)?;
        let mut state = self.usable()?;
        let bounds = state.options.bounds;
        bounds.check_read_range(begin, end)?;
        self.service.check_keyspace(keyspace)?;
        self.account_reads(&mut state)?;
        let overlay = state.overlay(keyspace).filter(|_| !state.options.ryw_disabled).cloned();
        state.add_read(keyspace, bounds.cut(begin), bounds.cut(end), overlay.as_deref());
        Ok(())
    }

    pub(super) fn note_write_conflict(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        limits::check_order(begin, end)?;
        let mut state = self.usable()?;
        let bounds = state.options.bounds;
        bounds.check_write_range(begin, end)?;
        self.service.check_keyspace(keyspace)?;
        if begin == end {
            return Ok(());
        }
        self.account(&mut state, begin.len() + end.len())?;
        state.approximate += range_size(begin.len(), end.len());
        state.writes_mut(keyspace).add_range(bounds.cut(begin), bounds.cut(end));
        Ok(())
    }

    /// The state of a usable transaction, and whether this write has a conflict range: the option
    /// counts for the next write, also if that fails its checks (rule CONF-11).
    pub(super) fn writable(&self) -> Result<(MutexGuard<'_, State>, bool)> {
        let mut state = self.usable()?;
        let quiet = std::mem::take(&mut state.options.next_write_quiet);
        Ok((state, !quiet))
    }

    /// Ends the watches of this transaction that an own write makes fire (rule WATCH-3).
    fn end_own(&self, mut state: MutexGuard<'_, State>, fires: impl Fn(&Watch) -> bool) {
        let Some(seldom) = state.seldom() else {
            return;
        };
        let fired: Vec<Arc<Watch>> = seldom.watches.extract_if(.., |watch| fires(watch)).collect();
        drop(state);
        self.end_watches(fired, None);
    }

    /// Counts bytes against the database's memory budget.
    fn account(&self, state: &mut State, bytes: usize) -> Result<()> {
        let used = state.used + bytes + OVERHEAD;
        self.reserve_for(state, used)?;
        state.used = used;
        Ok(())
    }

    /// Counts the read conflict ranges too, before another read adds to them.
    pub(super) fn account_reads(&self, state: &mut State) -> Result<()> {
        self.reserve_for(state, state.used)
    }

    pub(super) fn reserve_for(&self, state: &mut State, used: usize) -> Result<()> {
        let reads: usize = state.reads.iter().chain(state.late_reads()).map(|(_, set)| set.memory()).sum();
        let used = used + reads + state.cache.memory();
        if used > state.reserved.max(FREE) {
            let wanted = used.next_multiple_of(STEP) - state.reserved;
            self.service.reserve(wanted)?;
            state.reserved += wanted;
        }
        Ok(())
    }

    /// Gives back what a transaction that was reset no longer uses.
    pub(super) fn give_back(&self, state: &mut State) {
        let reserved = std::mem::take(&mut state.reserved);
        if reserved > 0 {
            self.service.release(reserved);
        }
    }
}

/// Bytes that the conflict range of a write counts for (rule LIM-7).
fn key_conflict(key: &[u8], conflicts: bool) -> usize {
    if conflicts {
        range_size(key.len(), key.len() + 1)
    } else {
        0
    }
}
