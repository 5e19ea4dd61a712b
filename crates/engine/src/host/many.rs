//! The values of many keys, as many as one answer holds.

use plinth_api::Result;

use super::asks::check_key;
use crate::local::Local;
use crate::service::Service;
use crate::store::Tier;
use crate::version::ReadPoint;
use crate::wire::{broken, put_part, Parts};

/// Bytes of one answer, at most, but for its last value.
pub const MOST_BYTES: usize = 1 << 20;
/// Keys that are looked up before it is known how long their values are.
const PIECE: usize = 64;
/// Room that is made at once for each key.
const ROOM: usize = 128;

/// The keys that a guest asks for, checked.
pub fn keys<'a>(local: &Local, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>> {
    let mut parts = Parts::new(bytes);
    let keys: Option<Vec<_>> = parts.by_ref().collect();
    let keys = keys.filter(|keys| !keys.is_empty() && parts.rest().is_empty());
    let keys = keys.ok_or_else(|| broken("keys that can't be read".to_owned()))?;
    keys.iter().try_for_each(|key| check_key(local, key))?;
    Ok(keys)
}

/// The values of the first of these keys, as they are sent.
pub fn values(local: &Local, at: &ReadPoint, tier: Tier, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<u8>> {
    let mut values = Vec::with_capacity((keys.len() * ROOM).min(MOST_BYTES));
    for piece in keys.chunks(PIECE) {
        for value in local.get_many(at, tier, keyspace, piece)? {
            if values.len() >= MOST_BYTES {
                return Ok(values);
            }
            put_part(&mut values, value.as_deref());
        }
    }
    Ok(values)
}
