//! Writes, and conflict ranges added by hand. Each is checked whole before it changes anything;
//! the state of the transaction is looked at first, as a use after commit counts even if its
//! arguments are wrong (rule COM-3). Only an inverted range is told at once (rule CONF-10).

use std::sync::MutexGuard;

use plinth_api::Result;

use super::read::add_read;
use super::{State, Transaction};
use crate::limits;

/// What a mutation or range costs beside its bytes.
const OVERHEAD: usize = 100;
/// Memory that every transaction may use without asking.
const FREE: usize = 4 << 10;
/// The budget is asked for this much at a time.
const STEP: usize = 64 << 10;

impl Transaction {
    pub(super) fn write_set(&self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
        let mut state = self.usable()?;
        limits::check_write(key, value, self.service.options())?;
        self.service.check_keyspace(keyspace)?;
        self.account(&mut state, key.len() + value.len())?;
        state.overlay_mut(keyspace).set(key, value);
        Ok(())
    }

    pub(super) fn write_clear(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        let mut state = self.usable()?;
        limits::check_write_key(key)?;
        self.service.check_keyspace(keyspace)?;
        if key.len() > limits::longest_readable(self.service.options()) {
            // No such key can exist (rule LIM-3).
            return Ok(());
        }
        self.account(&mut state, key.len())?;
        state.overlay_mut(keyspace).clear(key);
        Ok(())
    }

    pub(super) fn write_clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        let (mut state, begin, end) = self.checked_range(keyspace, begin, end)?;
        self.account(&mut state, begin.len() + end.len())?;
        state.overlay_mut(keyspace).clear_range(begin, end);
        Ok(())
    }

    pub(super) fn note_read_conflict(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        let (mut state, begin, end) = self.checked_range(keyspace, begin, end)?;
        self.account_reads(&mut state)?;
        let overlay = state.overlay(keyspace).cloned();
        add_read(&mut state, keyspace, begin, end, overlay.as_deref());
        Ok(())
    }

    pub(super) fn note_write_conflict(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        let (mut state, begin, end) = self.checked_range(keyspace, begin, end)?;
        self.account(&mut state, begin.len() + end.len())?;
        state.writes_mut(keyspace).add_range(begin, end);
        Ok(())
    }

    /// The state of a usable transaction, and the range with over-long bounds cut.
    fn checked_range<'a>(
        &self,
        keyspace: u32,
        begin: &'a [u8],
        end: &'a [u8],
    ) -> Result<(MutexGuard<'_, State>, &'a [u8], &'a [u8])> {
        limits::check_order(begin, end)?;
        let state = self.usable()?;
        limits::check_range(begin, end)?;
        self.service.check_keyspace(keyspace)?;
        let options = self.service.options();
        Ok((state, limits::cut(begin, options), limits::cut(end, options)))
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

    fn reserve_for(&self, state: &mut State, used: usize) -> Result<()> {
        let reads: usize = state.reads.iter().map(|(_, set)| set.memory()).sum();
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
