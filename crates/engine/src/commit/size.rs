//! The size of a commit, as rule LIM-5 counts it. A transaction is measured before it is sent, and
//! one that came from another process again.

use std::sync::Arc;

use plinth_api::limits::cluster;

use crate::conflict::{ConflictSet, RangeRef};
use crate::overlay::Overlay;

/// Bytes that a conflict range counts for beside its keys.
pub const RANGE_HEADER: usize = 24;

/// Bytes that a range counts for.
pub fn of_range(range: RangeRef<'_>) -> usize {
    RANGE_HEADER + range.size()
}

/// Bytes of conflict ranges as they are.
pub fn of_ranges(sets: &[(u32, ConflictSet)]) -> usize {
    sets.iter().map(|(_, set)| set.iter().map(of_range).sum::<usize>()).sum()
}

/// Bytes of mutations.
pub fn of_mutations(overlays: &[(u32, Arc<Overlay>)]) -> usize {
    overlays.iter().map(|(_, overlay)| overlay.size()).sum()
}

/// What a cluster may count at most: its header is longer, and keys of keyspaces have a prefix there, in mutations
/// and in their conflict ranges.
pub fn of_mutations_in_cluster(overlays: &[(u32, Arc<Overlay>)]) -> usize {
    let header = |keyspace: u32| cluster::HEADER + if keyspace == 0 { 0 } else { 4 * cluster::PREFIX };
    overlays.iter().map(|(keyspace, overlay)| overlay.size_with(header(*keyspace))).sum()
}

/// Bytes of the write conflict ranges of mutations, as they are.
pub fn of_written(overlays: &[(u32, Arc<Overlay>)]) -> usize {
    let mut size = 0;
    for (_, overlay) in overlays {
        overlay.write_ranges(&mut |range| size += of_range(range));
    }
    size
}

/// Bytes of the write conflict ranges of mutations and those added by hand, merged.
pub fn of_merged_writes(writes: &[(u32, ConflictSet)], overlays: &[(u32, Arc<Overlay>)]) -> usize {
    let mut writes = writes.to_vec();
    for (keyspace, overlay) in overlays {
        let mut set = match writes.iter().position(|(id, _)| id == keyspace) {
            Some(at) => writes.swap_remove(at).1,
            None => ConflictSet::default(),
        };
        overlay.write_ranges(&mut |range| set.add(range));
        writes.push((*keyspace, set));
    }
    writes.iter_mut().for_each(|(_, set)| set.tidy());
    of_ranges(&writes)
}
