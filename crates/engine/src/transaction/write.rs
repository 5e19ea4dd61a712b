//! Writes, and conflict ranges added by hand. Each is checked whole before it changes anything.

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
        limits::check_write(key, value, self.service.options())?;
        let mut state = self.usable()?;
        self.service.check_keyspace(keyspace)?;
        self.account(&mut state, 3 * key.len() + value.len())?;
        state.overlay_mut(keyspace).set(key, value);
        state.writes_mut(keyspace).add_key(key);
        Ok(())
    }

    pub(super) fn write_clear(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        limits::check_write_key(key)?;
        let mut state = self.usable()?;
        self.service.check_keyspace(keyspace)?;
        if key.len() > limits::longest_readable(self.service.options()) {
            // No such key can exist (rule LIM-3).
            return Ok(());
        }
        self.account(&mut state, 3 * key.len())?;
        state.overlay_mut(keyspace).clear(key);
        state.writes_mut(keyspace).add_key(key);
        Ok(())
    }

    pub(super) fn write_clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        limits::check_range(begin, end)?;
        let mut state = self.usable()?;
        self.service.check_keyspace(keyspace)?;
        let (begin, end) = (limits::cut(begin, self.service.options()), limits::cut(end, self.service.options()));
        self.account(&mut state, 2 * (begin.len() + end.len()))?;
        state.overlay_mut(keyspace).clear_range(begin, end);
        state.writes_mut(keyspace).add_range(begin, end);
        Ok(())
    }

    pub(super) fn note_read_conflict(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        limits::check_range(begin, end)?;
        let mut state = self.usable()?;
        self.service.check_keyspace(keyspace)?;
        let (begin, end) = (limits::cut(begin, self.service.options()), limits::cut(end, self.service.options()));
        self.account(&mut state, begin.len() + end.len())?;
        let overlay = state.overlay(keyspace).cloned();
        add_read(&mut state, keyspace, begin, end, overlay.as_deref());
        Ok(())
    }

    pub(super) fn note_write_conflict(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        limits::check_range(begin, end)?;
        let mut state = self.usable()?;
        self.service.check_keyspace(keyspace)?;
        let (begin, end) = (limits::cut(begin, self.service.options()), limits::cut(end, self.service.options()));
        self.account(&mut state, begin.len() + end.len())?;
        state.writes_mut(keyspace).add_range(begin, end);
        Ok(())
    }

    /// Counts bytes against the database's memory budget.
    fn account(&self, state: &mut State, bytes: usize) -> Result<()> {
        let used = state.used + bytes + OVERHEAD;
        if used > FREE + state.reserved {
            let wanted = (used - FREE).next_multiple_of(STEP) - state.reserved;
            self.service.reserve(wanted)?;
            state.reserved += wanted;
        }
        state.used = used;
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
