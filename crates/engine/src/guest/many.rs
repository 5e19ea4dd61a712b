//! A read of many keys, in as many messages as it takes.

use plinth_api::{Result, Value};

use super::line::Line;
use super::reply::Reply;
use crate::wire::{put_part, Ask, MOST_ASKED};

/// The values of keys at a version, in the order of the keys.
pub fn get_many(line: &Line, version: i64, keyspace: u32, keys: &[&[u8]]) -> Result<Vec<Option<Value>>> {
    let mut values = Vec::with_capacity(keys.len());
    let mut bytes = Vec::new();
    while values.len() < keys.len() {
        bytes.clear();
        let mut asked = 0;
        for key in &keys[values.len()..] {
            put_part(&mut bytes, Some(key));
            asked += 1;
            if bytes.len() >= MOST_ASKED {
                break;
            }
        }
        match line.ask(&Ask::GetMany { version, keyspace, keys: &bytes })? {
            Reply::Values(at, found) if at == version && (1..=asked).contains(&found.len()) => values.extend(found),
            Reply::Failed(failed) => return Err(failed.error),
            _ => return Err(line.garbage("values that were not asked for")),
        }
    }
    Ok(values)
}
