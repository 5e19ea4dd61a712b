//! Writes, conflict ranges and options. Each is checked whole before it changes anything, so that the library never
//! has to refuse one; the state is held meanwhile, as what was checked must still be so when it is written.

use std::ffi::c_int;
use std::sync::MutexGuard;

use plinth_api::limits::{check_order, stamp_place, STAMP_OFFSET};
use plinth_api::{special, Code, Error, Mutation, Result, TransactionOption};

use super::state::{State, Touched};
use super::Transaction;
use crate::space::{Space, PREFIX};

/// `NEXT_WRITE_NO_WRITE_CONFLICT_RANGE` and `RAW_ACCESS`.
const QUIET: c_int = 30;
const RAW_ACCESS: c_int = 303;

impl Transaction {
    pub(super) fn write_set(&self, keyspace: u32, key: &[u8], value: &[u8]) -> Result<()> {
        let (mut state, quiet) = self.writable()?;
        special::check_write(key, state.special_writes)?;
        state.bounds.check_set(key, value)?;
        let space = self.target(&mut state, keyspace, key)?;
        self.begin_write(&mut state, quiet)?;
        self.handle.set(&space.key(key), value);
        Ok(())
    }

    pub(super) fn write_clear(&self, keyspace: u32, key: &[u8]) -> Result<()> {
        let (mut state, quiet) = self.writable()?;
        special::check_write(key, state.special_writes)?;
        state.bounds.check_write_key(key)?;
        self.database.check_keyspace(keyspace)?;
        if key.len() > state.bounds.longest_readable(key) || Space::of(keyspace).check_key(key).is_err() {
            // No such key can exist (rule LIM-3).
            return Ok(());
        }
        let space = self.written(&mut state, keyspace);
        self.begin_write(&mut state, quiet)?;
        self.handle.clear(&space.key(key));
        Ok(())
    }

    pub(super) fn write_clear_range(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        let (mut state, quiet) = self.writable()?;
        check_order(begin, end)?;
        special::check_clear(begin, end, state.special_writes)?;
        state.bounds.check_write_range(begin, end)?;
        self.database.check_keyspace(keyspace)?;
        let (begin, end) = (state.bounds.cut(begin), state.bounds.cut(end));
        let space = self.written(&mut state, keyspace);
        for range in space.ranges(begin, end, state.bounds.max_write) {
            self.begin_write(&mut state, quiet)?;
            self.handle.clear_range(&range.begin, &range.end);
        }
        Ok(())
    }

    pub(super) fn write_atomic(&self, keyspace: u32, mutation: Mutation, key: &[u8], operand: &[u8]) -> Result<()> {
        let (mut state, quiet) = self.writable()?;
        state.bounds.check_atomic(mutation, key, operand)?;
        let space = self.target(&mut state, keyspace, key)?;
        self.begin_write(&mut state, quiet)?;
        let placed = stamp_place(key).filter(|_| mutation == Mutation::SetVersionstampedKey && !space.is_default());
        let key = match placed {
            // The place of the stamp moves by the prefix.
            Some((template, offset)) => {
                let mut moved = space.key(template).into_owned();
                moved.extend_from_slice(
                    &u32::try_from(offset + PREFIX).unwrap_or(u32::MAX).to_le_bytes()[..STAMP_OFFSET],
                );
                moved.into()
            }
            None => space.key(key),
        };
        self.handle.atomic_op(&key, operand, mutation.number());
        Ok(())
    }

    pub(super) fn note_read_conflict(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        check_order(begin, end)?;
        let state = self.usable()?;
        state.bounds.check_read_range(begin, end)?;
        self.database.check_keyspace(keyspace)?;
        let (begin, end) = (state.bounds.cut(begin), state.bounds.cut(end));
        let ranges = Space::of(keyspace).ranges(begin, end, state.bounds.max_read);
        ranges.iter().try_for_each(|range| self.handle.add_conflict(&range.begin, &range.end, false))
    }

    pub(super) fn note_write_conflict(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<()> {
        check_order(begin, end)?;
        let mut state = self.usable()?;
        state.bounds.check_write_range(begin, end)?;
        self.database.check_keyspace(keyspace)?;
        if begin == end {
            return Ok(());
        }
        let (begin, end) = (state.bounds.cut(begin), state.bounds.cut(end));
        let space = self.written(&mut state, keyspace);
        state.has_written = true;
        let ranges = space.ranges(begin, end, state.bounds.max_write);
        ranges.iter().try_for_each(|range| self.handle.add_conflict(&range.begin, &range.end, true))
    }

    /// The state of a usable transaction, and whether this write has no conflict range: the option counts for the
    /// next write, also if that fails its checks (rule CONF-11).
    pub(super) fn writable(&self) -> Result<(MutexGuard<'_, State>, bool)> {
        let mut state = self.usable()?;
        let quiet = std::mem::take(&mut state.next_write_quiet);
        Ok((state, quiet))
    }

    /// The place of a key that is written, if it may be.
    fn target(&self, state: &mut State, keyspace: u32, key: &[u8]) -> Result<Space> {
        self.database.check_keyspace(keyspace)?;
        let space = Space::of(keyspace);
        space.check_key(key)?;
        if space.check_length(key)? && !state.raw {
            self.handle.set_option(RAW_ACCESS, None)?;
            state.raw = true;
        }
        Ok(self.written(state, keyspace))
    }

    /// Notes that a keyspace is written in: its record is looked at before the commit. Not earlier than that if the
    /// transaction has no read version yet, which may still be set by hand.
    fn written(&self, state: &mut State, keyspace: u32) -> Space {
        if keyspace != 0 {
            if state.versioned {
                self.touch(state, keyspace);
            } else if state.touched.iter().all(|touched| touched.keyspace != keyspace) {
                state.touched.push(Touched { keyspace, record: None });
            }
        }
        Space::of(keyspace)
    }

    /// The last thing before the library is given a write.
    fn begin_write(&self, state: &mut State, quiet: bool) -> Result<()> {
        state.has_written = true;
        if quiet {
            self.handle.set_option(QUIET, None)?;
        }
        Ok(())
    }

    pub(super) fn change_option(&self, option: TransactionOption) -> Result<()> {
        use TransactionOption as Is;
        self.database.check_open()?;
        let option = option.check(self.database.options.transaction.size_limit)?;
        let mut state = self.lock();
        let (number, value) = match option {
            Is::Timeout(value) => (500, Some(value)),
            Is::RetryLimit(value) => (501, Some(value)),
            Is::MaxRetryDelay(value) => (502, Some(value)),
            Is::SizeLimit(value) => (503, Some(value)),
            // Whatever a cluster acknowledges is durable.
            Is::Durability(_) => return Ok(()),
            Is::NextWriteNoWriteConflictRange => {
                state.next_write_quiet = true;
                return Ok(());
            }
            Is::ReadYourWritesDisable if state.has_read || state.has_written => {
                let text = "own writes can't be hidden after the first read or write";
                return Err(Error::new(Code::CLIENT_INVALID_OPERATION).context(text));
            }
            Is::SnapshotRywBy(_) => return Err(Error::new(Code::UNSUPPORTED_OPERATION)),
            flag => (flag_number(flag), None),
        };
        self.handle.set_option(number, value)?;
        match option {
            Is::Timeout(value) => state.values.timeout_ms = value,
            Is::RetryLimit(value) => state.values.retry_limit = value,
            Is::MaxRetryDelay(value) => state.values.max_retry_delay_ms = value,
            Is::ReadYourWritesDisable => state.ryw_disabled = true,
            Is::AccessSystemKeys => state.allow_system_keys(true),
            Is::ReadSystemKeys => state.allow_system_keys(false),
            Is::RawAccess => state.bounds.raw = true,
            Is::UsedDuringCommitProtectionDisable => state.values.used_during_commit_protection_disable = true,
            Is::SpecialKeySpaceRelaxed => state.special_relaxed = true,
            Is::SpecialKeySpaceEnableWrites => state.special_writes = true,
            _ => {}
        }
        Ok(())
    }
}

/// FoundationDB's number of an option without a value.
fn flag_number(option: TransactionOption) -> c_int {
    use TransactionOption as Is;
    match option {
        Is::CausalWriteRisky => 10,
        Is::ReadYourWritesDisable => 51,
        Is::AccessSystemKeys => 301,
        Is::ReadSystemKeys => 302,
        Is::RawAccess => RAW_ACCESS,
        Is::SnapshotRywEnable => 600,
        Is::SnapshotRywDisable => 601,
        Is::LockAware => 700,
        Is::UsedDuringCommitProtectionDisable => 701,
        Is::ReadLockAware => 702,
        Is::ReportConflictingKeys => 712,
        Is::SpecialKeySpaceRelaxed => 713,
        Is::SpecialKeySpaceEnableWrites => 714,
        Is::BypassUnreadable => 1100,
        // Those with a value are not asked for here; the library refuses 0.
        _ => 0,
    }
}
