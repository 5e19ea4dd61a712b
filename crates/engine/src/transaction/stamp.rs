//! What a transaction tells of its versions to those who do not wait: the read version, and the
//! versionstamp once the commit has ended (rules VER-7, COM-12).

use std::sync::Arc;

use plinth_api::{Done, Pending, Result};

use super::calls::Call;
use super::read::{is_on_disk, told, Wanted};
use super::{Phase, Transaction};
use crate::atomic::Stamp;
use crate::metrics::Operation;
use crate::store::Tier;

impl Transaction {
    /// Tells the versionstamp when the commit has ended.
    pub(super) fn await_stamp(self: Arc<Self>, done: Done<Stamp>) -> Option<Arc<dyn Pending>> {
        let epoch = match self.usable() {
            Ok(state) => state.epoch,
            Err(error) => return told(done, Err(error)),
        };
        let call = Call::begin(&self, epoch, done);
        let mut state = self.lock();
        match state.phase {
            // The transaction that the call belongs to is gone, and ended it.
            _ if state.epoch != epoch => {}
            // The commit ended since the look above.
            Phase::Finished => {
                let stamp = state.stamped.told();
                drop(state);
                call.complete(stamp);
            }
            Phase::Active | Phase::Committing | Phase::Expired => state.make_seldom().stamps.push(call.clone()),
        }
        Some(call)
    }

    /// Tells the read version; obtains it if there is none.
    pub(super) fn tell_version(self: Arc<Self>, done: Done<i64>) -> Option<Arc<dyn Pending>> {
        let (epoch, known, wanted) = match self.look_at_version() {
            Ok(found) => found,
            Err(error) => return told(done, Err(error)),
        };
        if let Some(version) = known {
            return told(done, Ok(version));
        }
        let obtain = move |tr: &Self, tier| tr.obtain_point(epoch, wanted, tier).map(|point| point.version);
        let found = obtain(&self, Tier::Memory);
        if !is_on_disk(&found) {
            return told(done, found);
        }
        let call = Call::begin(&self, epoch, done);
        let handle = call.clone();
        self.service.executor().clone().submit(Box::new(move || call.complete(obtain(&self, Tier::Disk))));
        Some(handle)
    }

    /// The read version, if it is known or was set by hand.
    fn look_at_version(&self) -> Result<(u64, Option<i64>, Wanted)> {
        self.service.check_open()?;
        let mut state = self.lock();
        state.check_mark()?;
        state.tally.count(Operation::ReadVersion);
        let known = state.read_point.as_ref().map(|point| point.version);
        Ok((state.epoch, known.or(state.wanted_version), state.wanted()))
    }
}
