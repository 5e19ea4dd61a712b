//! A state of the whole database that is held: a snapshot of the store that does not leave with the window.
//!
//! Holding one takes the list of keyspaces, so that the list and the state belong together; see there for the
//! order of locks. Reads take none. The close of the database takes the snapshot away, and waits for reads in
//! it. What is held keeps neither the store nor the directory open.

use std::sync::Arc;

use plinth_api::{Code, Error, Keyspace, RangeOptions, RangeResult, Result, Rows};

use crate::local::Local;
use crate::service::Service;
use crate::store::{keyspace_gone, Range, Tier};
use crate::upstream::LOST;
use crate::version::ReadPoint;

/// Pairs of one read, at most.
const MOST_ROWS: usize = 64 << 10;
/// Bytes of the keys and values of one read, at most, but for its last pair.
const MOST_BYTES: usize = 1 << 20;

/// A state that is held in this process.
pub struct Hold {
    local: Arc<Local>,
    point: Arc<ReadPoint>,
    keyspaces: Vec<Keyspace>,
    _keeps_dropped: Box<dyn Send + Sync>,
}

impl Hold {
    /// Holds the newest state.
    pub fn new(local: &Arc<Local>) -> Result<Self> {
        local.check_open()?;
        // While nobody commits, the newest version goes on with time.
        local.latest(Tier::Disk)?;
        let keyspaces = local.lock_keyspaces();
        let keeps_dropped = local.pipeline.with_store(|store| Ok(store.clone().keep_dropped()))?;
        let point = local.versions.hold()?;
        let mut list: Vec<_> =
            keyspaces.names.iter().map(|(name, id)| Keyspace { id: *id, name: name.clone() }).collect();
        drop(keyspaces);
        list.sort_by(|one, other| (one.id != 0, &one.name).cmp(&(other.id != 0, &other.name)));
        Ok(Self { local: local.clone(), point, keyspaces: list, _keeps_dropped: keeps_dropped })
    }

    /// Hands the pairs of a range to `take`, as many as one read yields. Returns whether there may be more.
    pub fn scan(&self, range: Range<'_>, options: RangeOptions, mut take: impl FnMut(&[u8], &[u8])) -> Result<bool> {
        self.local.check_open()?;
        if !self.keyspaces.iter().any(|known| known.id == range.keyspace) {
            return Err(keyspace_gone(range.keyspace));
        }
        let (most_rows, most_bytes) = (within(options.limit, MOST_ROWS), within(options.target_bytes, MOST_BYTES));
        let (mut rows, mut bytes, mut more) = (0, 0, false);
        let mut visit = |key: &[u8], value: &[u8]| {
            take(key, value);
            rows += 1;
            bytes += key.len() + value.len();
            more = rows >= most_rows || bytes >= most_bytes;
            !more
        };
        match self.point.snapshot.read(|snapshot| snapshot.scan_held(range, &mut visit)) {
            // Taken away, which only the close does.
            Err(error) if error.code() == Code::TRANSACTION_TOO_OLD => Err(Error::new(Code::DATABASE_CLOSED)),
            scanned => scanned.map(|()| more),
        }
    }
}

impl plinth_api::Held for Hold {
    fn version(&self) -> i64 {
        self.point.version
    }

    fn keyspaces(&self) -> &[Keyspace] {
        &self.keyspaces
    }

    fn read(&self, keyspace: u32, begin: &[u8], end: &[u8], options: RangeOptions) -> Result<RangeResult> {
        let mut found = Rows::default();
        let range = Range { keyspace, begin, end, reverse: options.reverse, want: 0 };
        let more = self.scan(range, options, |key, value| found.push(key, value))?;
        Ok(RangeResult::new(found, more))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.local.versions.give_back(&self.point);
    }
}

fn within(asked: usize, most: usize) -> usize {
    match asked {
        0 => most,
        asked => asked.min(most),
    }
}

/// The error of a read in a state whose host has gone.
pub fn lost<T>(read: Result<T>) -> Result<T> {
    match read {
        Err(error) if error.code() == LOST => Err(Error::new(Code::HELD_STATE_LOST)),
        read => read,
    }
}
