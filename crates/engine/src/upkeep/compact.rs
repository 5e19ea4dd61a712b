//! Compaction on request: what was overwritten or cleared takes no room any more, as far as no version of the
//! window needs it.

use plinth_api::Result;

use super::work::Work;
use crate::local::Local;
use crate::service::Service;

/// Compacts a keyspace, or all.
pub fn run(local: &Local, keyspace: Option<u32>, work: &Work<'_>) -> Result<()> {
    if let Some(keyspace) = keyspace {
        local.check_keyspace(keyspace)?;
    }
    let store = local.pipeline.with_store(|store| Ok(store.clone()))?;
    let mut pieces = Vec::new();
    for (name, id) in local.numbers() {
        if keyspace.is_none_or(|wanted| wanted == id) {
            pieces.extend(store.pieces(id, &name)?.into_iter().map(|piece| (id, piece)));
        }
    }
    work.begin(pieces.iter().map(|(_, piece)| piece.bytes).sum())?;
    for (id, piece) in &pieces {
        match store.clone().compact(*id, piece, &mut || work.did(0)) {
            // Others may drop a keyspace meanwhile.
            Err(_) if keyspace.is_none() && local.check_keyspace(*id).is_err() => {}
            outcome => outcome?,
        }
        work.did(piece.bytes)?;
    }
    work.end()
}
