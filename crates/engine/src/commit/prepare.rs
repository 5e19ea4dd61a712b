//! What is looked up before a commit is queued, so that the sequencer waits for no disk.

use std::sync::Arc;

use plinth_api::Result;

use super::{Clear, Request};
use crate::overlay::Overlay;
use crate::service::Service;
use crate::store::{Range, Tier};

/// Cleared ranges with up to this many keys are deleted key by key: range tombstones slow down
/// every later read of their neighbourhood.
const POINT_DELETES: usize = 100;
/// Cleared ranges of one commit that are looked at for that.
const CLEARS_LOOKED_AT: usize = 16;

/// Looks up what a request needs.
pub fn prepare(service: &dyn Service, request: &mut Request) -> Result<()> {
    request.clears = look_up_clears(service, &request.overlays)?;
    warm_up(service, &request.overlays)
}

/// Reads the keys of atomic operations, so that the sequencer finds them in memory.
fn warm_up(service: &dyn Service, overlays: &[(u32, Arc<Overlay>)]) -> Result<()> {
    for (keyspace, overlay) in overlays.iter().filter(|(_, overlay)| overlay.is_unsettled()) {
        let point = service.latest(Tier::Disk)?;
        for (key, _) in overlay.unsettled().filter(|(_, pending)| pending.is_dependent()) {
            service.get(&point, Tier::Disk, *keyspace, key)?;
        }
    }
    Ok(())
}

/// Finds the keys in cleared ranges that hold only a few.
fn look_up_clears(service: &dyn Service, overlays: &[(u32, Arc<Overlay>)]) -> Result<Vec<Clear>> {
    let mut clears = Vec::new();
    for (keyspace, overlay) in overlays {
        for (begin, end) in overlay.clears().take(CLEARS_LOOKED_AT) {
            let point = service.latest(Tier::Disk)?;
            let mut keys = Vec::new();
            let range = Range { keyspace: *keyspace, begin, end, reverse: false, want: POINT_DELETES + 1 };
            service.scan(&point, Tier::Disk, range, &mut |key, _| {
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
