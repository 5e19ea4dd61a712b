//! Commit: from the transaction's side.

use std::sync::{Arc, MutexGuard, PoisonError};

use plinth_api::{Code, Error, Result};

use super::{wants_sync, Phase, State, Transaction};
use crate::commit::{Clear, Request};
use crate::conflict::{ConflictSet, RangeRef};
use crate::overlay::Overlay;

/// Cleared ranges with up to this many keys are deleted key by key: range tombstones slow down
/// every later read of their neighbourhood.
const POINT_DELETES: usize = 100;
/// Cleared ranges of one commit that are looked at for that.
const CLEARS_LOOKED_AT: usize = 16;
/// Bytes that a conflict range counts for beside its keys (rule LIM-5).
const RANGE_HEADER: usize = 24;

impl Transaction {
    pub(super) fn run_commit(&self) -> Result<()> {
        let mut state = self.usable()?;
        state.phase = Phase::Committing;
        let epoch = state.epoch;
        state = self.wait_for_reads(state);
        let outcome = self.commit_state(state, epoch);
        if let Err(error) = &outcome {
            self.service.commit_failed(error.code());
        }
        let mut state = self.lock();
        if state.epoch != epoch {
            return Err(Error::new(Code::TRANSACTION_CANCELLED).context("the transaction was reset during its commit"));
        }
        state.phase = Phase::Finished;
        // A use during the commit, or a cancel, wins over its outcome (rules COM-3, RST-2).
        if let Some(mark) = state.mark {
            return Err(Error::new(mark));
        }
        state.committed = outcome?;
        Ok(())
    }

    /// Rule COM-4: all reads that were started count.
    fn wait_for_reads<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let epoch = state.epoch;
        while state.reads_running > 0 && state.epoch == epoch {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// Commits what the state holds; returns the version, -1 for a read-only commit.
    fn commit_state<'a>(&'a self, mut state: MutexGuard<'a, State>, epoch: u64) -> Result<i64> {
        if state.epoch != epoch {
            return Err(Error::new(Code::TRANSACTION_CANCELLED));
        }
        if let Some(code) = state.read_error {
            return Err(Error::new(code).context("an earlier read of the transaction failed"));
        }
        if state.writes.iter().all(|(_, set)| set.is_empty())
            && state.overlays.iter().all(|(_, overlay)| overlay.is_empty())
        {
            return Ok(-1);
        }
        check_size(&mut state)?;
        // Fixed before queueing: a commit that is still to come may conflict (rule 3FS-9).
        let fetched = state.read_point.is_none();
        let point = match state.read_point.clone() {
            Some(point) => point,
            None => {
                drop(state);
                let point = self.read_point()?;
                state = self.lock();
                if state.epoch != epoch {
                    // What it holds now belongs to the transaction that a reset began.
                    return Err(Error::new(Code::TRANSACTION_CANCELLED));
                }
                point
            }
        };
        // A version that nobody read at can't be too old, however long the commit queues (rule
        // COM-6).
        let blind = state.wanted_version.is_none() && state.reads.iter().all(|(_, set)| set.is_empty());
        let mut request = Request {
            read_version: if fetched && blind { i64::MAX } else { point.version },
            reads: std::mem::take(&mut state.reads),
            writes: std::mem::take(&mut state.writes),
            overlays: std::mem::take(&mut state.overlays),
            clears: Vec::new(),
            sync: wants_sync(&state.options),
        };
        drop(state);
        request.clears = self.look_up_clears(&request.overlays)?;
        self.service.commit(request)
    }

    /// Finds the keys in cleared ranges that hold only a few.
    fn look_up_clears(&self, overlays: &[(u32, Arc<Overlay>)]) -> Result<Vec<Clear>> {
        let mut clears = Vec::new();
        for (keyspace, overlay) in overlays {
            for (begin, end) in overlay.clears().take(CLEARS_LOOKED_AT) {
                let point = self.service.latest()?;
                let mut keys = Vec::new();
                self.service.scan(&point, *keyspace, begin, end, false, &mut |key, _| {
                    keys.push(key.to_vec());
                    keys.len() <= POINT_DELETES
                })?;
                if keys.len() <= POINT_DELETES {
                    clears.push(Clear { keyspace: *keyspace, begin: begin.to_vec(), version: point.version, keys });
                }
            }
        }
        Ok(clears)
    }
}

/// Rules LIM-4 and LIM-5. Ranges count after they are merged, which can only make them fewer, so
/// they are merged only if the transaction is too large otherwise.
fn check_size(state: &mut State) -> Result<()> {
    let limit = usize::try_from(state.options.values.size_limit).unwrap_or(usize::MAX);
    let mutations: usize = state.overlays.iter().map(|(_, overlay)| overlay.size()).sum();
    let writes: usize = state.overlays.iter().map(|(_, overlay)| write_ranges_size(overlay)).sum();
    if mutations + writes + ranges_size(&state.reads) + ranges_size(&state.writes) <= limit {
        return Ok(());
    }
    state.reads.iter_mut().for_each(|(_, set)| set.tidy());
    let size = mutations + ranges_size(&state.reads) + ranges_size(&merged_writes(state));
    if size <= limit {
        return Ok(());
    }
    Err(Error::new(Code::TRANSACTION_TOO_LARGE).context(format!("it has {size} bytes, allowed are {limit}")))
}

/// The write conflict ranges of mutations and those added by hand, merged.
fn merged_writes(state: &State) -> Vec<(u32, ConflictSet)> {
    let mut writes = state.writes.clone();
    for (keyspace, overlay) in &state.overlays {
        let mut set = match writes.iter().position(|(id, _)| id == keyspace) {
            Some(at) => writes.swap_remove(at).1,
            None => ConflictSet::default(),
        };
        overlay.write_ranges(&mut |range| set.add(range));
        writes.push((*keyspace, set));
    }
    writes.iter_mut().for_each(|(_, set)| set.tidy());
    writes
}

fn write_ranges_size(overlay: &Overlay) -> usize {
    let mut size = 0;
    overlay.write_ranges(&mut |range| size += RANGE_HEADER + range.size());
    size
}

fn ranges_size(sets: &[(u32, ConflictSet)]) -> usize {
    let size = |range: RangeRef<'_>| RANGE_HEADER + range.size();
    sets.iter().map(|(_, set)| set.iter().map(size).sum::<usize>()).sum()
}
