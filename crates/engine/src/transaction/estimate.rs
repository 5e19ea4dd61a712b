//! Sizes of key ranges. They are not part of the transaction: they see no own writes, and leave no
//! conflict (rules EST-1 and EST-2). What is wrong with a call is found out by the call itself; the
//! rest may go to the disk, and on a thread of the executor if the caller may not wait.

use std::sync::Arc;

use plinth_api::{Code, Done, Error, Pending, Result};

use super::calls::Call;
use super::read::told;
use super::Transaction;
use crate::limits;
use crate::store::{Range, Tier};

/// Ranges with up to this many pairs are added up; RocksDB's estimate is coarse for small ones.
const ADDED_UP: usize = 1_000;

impl Transaction {
    pub(super) fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<i64> {
        self.check_estimate(keyspace, begin, end)?;
        self.estimated(keyspace, begin, end)
    }

    pub(super) fn estimate_async(
        self: Arc<Self>,
        keyspace: u32,
        begin: &[u8],
        end: &[u8],
        done: Done<i64>,
    ) -> Option<Arc<dyn Pending>> {
        let epoch = match self.check_estimate(keyspace, begin, end) {
            Ok(epoch) => epoch,
            Err(error) => return told(done, Err(error)),
        };
        let (begin, end) = (begin.to_vec(), end.to_vec());
        self.on_a_thread(epoch, done, move |tr| tr.estimated(keyspace, &begin, &end))
    }

    pub(super) fn split(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk_size: i64) -> Result<Vec<Vec<u8>>> {
        let (_, chunk) = self.check_split(keyspace, begin, end, chunk_size)?;
        self.points(keyspace, begin, end, chunk)
    }

    pub(super) fn split_async(
        self: Arc<Self>,
        keyspace: u32,
        (begin, end): (&[u8], &[u8]),
        chunk_size: i64,
        done: Done<Vec<Vec<u8>>>,
    ) -> Option<Arc<dyn Pending>> {
        let (epoch, chunk) = match self.check_split(keyspace, begin, end, chunk_size) {
            Ok(checked) => checked,
            Err(error) => return told(done, Err(error)),
        };
        let (begin, end) = (begin.to_vec(), end.to_vec());
        self.on_a_thread(epoch, done, move |tr| tr.points(keyspace, &begin, &end, chunk))
    }

    fn on_a_thread<T: Send + 'static>(
        self: Arc<Self>,
        epoch: u64,
        done: Done<T>,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Option<Arc<dyn Pending>> {
        let call = Call::begin(&self, epoch, done);
        let handle = call.clone();
        self.service.executor().clone().submit(Box::new(move || call.complete(work(&self))));
        Some(handle)
    }

    fn check_estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<u64> {
        limits::check_order(begin, end)?;
        let epoch = self.usable()?.epoch;
        self.service.check_keyspace(keyspace)?;
        Ok(epoch)
    }

    fn check_split(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk_size: i64) -> Result<(u64, usize)> {
        limits::check_order(begin, end)?;
        let state = self.usable()?;
        state.options.bounds.check_read_range(begin, end)?;
        let epoch = state.epoch;
        drop(state);
        self.service.check_keyspace(keyspace)?;
        let chunk = usize::try_from(chunk_size).ok().filter(|chunk| *chunk > 0).ok_or_else(|| {
            Error::new(Code::CLIENT_INVALID_OPERATION).context(format!("pieces of {chunk_size} bytes"))
        })?;
        Ok((epoch, chunk))
    }

    fn estimated(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<i64> {
        let point = self.service.latest(Tier::Disk)?;
        let (mut bytes, mut pairs) = (0, 0);
        let range = Range { keyspace, begin, end, reverse: false, want: ADDED_UP };
        self.service.scan(&point, Tier::Disk, range, &mut |key, value| {
            bytes += (key.len() + value.len()) as u64;
            pairs += 1;
            pairs < ADDED_UP
        })?;
        if pairs == ADDED_UP {
            bytes = bytes.max(self.service.estimate(keyspace, begin, end)?);
        }
        Ok(i64::try_from(bytes).unwrap_or(i64::MAX))
    }

    fn points(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk: usize) -> Result<Vec<Vec<u8>>> {
        let point = self.service.latest(Tier::Disk)?;
        let mut points = vec![begin.to_vec()];
        let mut bytes = 0;
        let range = Range { keyspace, begin, end, reverse: false, want: 0 };
        self.service.scan(&point, Tier::Disk, range, &mut |key, value| {
            if bytes >= chunk {
                points.push(key.to_vec());
                bytes = 0;
            }
            bytes += key.len() + value.len();
            true
        })?;
        if begin < end {
            points.push(end.to_vec());
        }
        Ok(points)
    }
}
