//! Sizes of key ranges. They are not part of the transaction: they see no own writes, and leave no
//! conflict (rules EST-1 and EST-2).

use plinth_api::{Code, Error, Result};

use super::Transaction;
use crate::limits;
use crate::store::{Range, Tier};

/// Ranges with up to this many pairs are added up; RocksDB's estimate is coarse for small ones.
const ADDED_UP: usize = 1_000;

impl Transaction {
    pub(super) fn estimate(&self, keyspace: u32, begin: &[u8], end: &[u8]) -> Result<i64> {
        limits::check_order(begin, end)?;
        drop(self.usable()?);
        self.service.check_keyspace(keyspace)?;
        let point = self.service.latest(Tier::Disk)?;
        let (mut bytes, mut pairs) = (0, 0);
        let range = Range { keyspace, begin, end, reverse: false };
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

    pub(super) fn split(&self, keyspace: u32, begin: &[u8], end: &[u8], chunk_size: i64) -> Result<Vec<Vec<u8>>> {
        limits::check_order(begin, end)?;
        let state = self.usable()?;
        state.options.bounds.check_read_range(begin, end)?;
        drop(state);
        self.service.check_keyspace(keyspace)?;
        let chunk = usize::try_from(chunk_size).ok().filter(|chunk| *chunk > 0).ok_or_else(|| {
            Error::new(Code::CLIENT_INVALID_OPERATION).context(format!("pieces of {chunk_size} bytes"))
        })?;
        let point = self.service.latest(Tier::Disk)?;
        let mut points = vec![begin.to_vec()];
        let mut bytes = 0;
        let range = Range { keyspace, begin, end, reverse: false };
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
