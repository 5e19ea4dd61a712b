//! Commits that go wrong.

use std::sync::atomic::Ordering;

use plinth_api::{Code, KeyRange, Result, Transaction};

use super::transaction::FaultyTransaction;
use super::Fault;
use crate::model::{Change, ModelTransaction, Verdict, Write};

impl FaultyTransaction {
    pub(super) fn commit_badly(&self) -> Result<()> {
        if !self.inner.is_active() || !self.inner.has_writes() {
            return self.inner.commit();
        }
        match self.database.fault {
            Fault::DropsCommits if self.database.now_and_then() => {
                self.inner.tamper(|writes| writes.clear());
            }
            Fault::HalvesCommits if self.database.now_and_then() => {
                self.inner.tamper(|writes| writes.truncate(writes.len() / 2));
            }
            Fault::InventsConflicts if self.inner.verdict() == Verdict::Commit && self.database.now_and_then() => {
                self.inner.follow(None);
                return Err(Code::NOT_COMMITTED.into());
            }
            Fault::SettlesEarly if self.inner.hides_nothing() => settle_early(&self.inner),
            Fault::LowersVersions if self.database.now_and_then() => {
                self.lowered.store(100_000, Ordering::Relaxed);
            }
            _ => {}
        }
        self.inner.commit().inspect_err(|error| {
            if error.code() == Code::NOT_COMMITTED {
                self.after_refusal();
            }
        })
    }

    fn after_refusal(&self) {
        let again = self.database.model.begin_model();
        match self.database.fault {
            Fault::AppliesRefused => copy_writes(&self.inner, &again),
            Fault::RemembersRefused => copy_ranges(&self.inner, &again),
            _ => return,
        }
        // The copy has no reads, so that nothing can refuse it.
        let _ = again.commit();
    }
}

/// Adds a write of what each atomic operation comes to at the read version.
fn settle_early(transaction: &ModelTransaction) {
    for write in transaction.writes() {
        let Change::Atomic(op) = write.change else { continue };
        let change = match transaction.get(write.keyspace, &op.key, true) {
            Ok(Some(value)) => Change::Set(op.key, value.to_vec()),
            Ok(None) => Change::Clear(KeyRange::single(&op.key)),
            Err(_) => continue,
        };
        transaction.tamper(|writes| writes.push(Write { keyspace: write.keyspace, change }));
    }
}

fn copy_writes(from: &ModelTransaction, to: &ModelTransaction) {
    for write in from.writes() {
        let _ = match write.change {
            Change::Set(key, value) => to.set(write.keyspace, &key, &value),
            Change::Clear(range) => to.clear_range(write.keyspace, &range.begin, &range.end),
            Change::Atomic(op) => to.atomic_op(write.keyspace, op.mutation, &op.key, &op.operand),
        };
    }
}

fn copy_ranges(from: &ModelTransaction, to: &ModelTransaction) {
    for span in from.write_spans() {
        let _ = to.add_write_conflict_range(span.keyspace, &span.range.begin, &span.range.end);
    }
}
