//! How far a load is: a record in the database that is loaded into, written in the same transactions as the pairs.
//!
//! It is the only key of the keyspace [`UNFINISHED`], which is there as long as a load is not finished: so everybody
//! who looks at the keyspaces sees that something is missing. It is dropped when the load ends.
//!
//! The record, little-endian: its format, 4 bytes, 1; the checksum of the dump's header, 8; how many pairs are
//! loaded, 8; the checksum of the content up to there, 8; the checksum of all that, 8.

use plinth_api::{Code, Error, Result, Transaction};
use xxhash_rust::xxh3::xxh3_64;

use crate::format::Bytes;
use crate::moving::MOVE_UNFINISHED;

/// The keyspace that a database has while a load into it is not finished.
pub const UNFINISHED: &str = "plinth-load-unfinished";
const KEY: &[u8] = b"load";
const FORMAT: u32 = 1;

/// Fails if a database with these keyspaces is a part of one.
pub fn check_whole<'n>(mut names: impl Iterator<Item = &'n str>) -> Result<()> {
    match names.find(|name| *name == UNFINISHED || *name == MOVE_UNFINISHED) {
        None => Ok(()),
        Some(UNFINISHED) => {
            let text = "the database holds a part of a dump; finish the load first";
            Err(Error::new(Code::LOAD_UNFINISHED).context(text))
        }
        Some(_) => {
            let text = "the database is the target of a move that is not finished; finish that first";
            Err(Error::new(Code::MOVE_UNFINISHED).context(text))
        }
    }
}

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which dump: the checksum of its header.
    pub dump: u64,
    /// Pairs that are loaded.
    pub pairs: u64,
    /// The checksum of the content up to there.
    pub checksum: u64,
}

impl Mark {
    /// Reads it, with a conflict.
    pub fn read(transaction: &dyn Transaction, keyspace: u32) -> Result<Option<Self>> {
        let Some(value) = transaction.get(keyspace, KEY, false)? else {
            return Ok(None);
        };
        let what = || Error::new(Code::FILE_CORRUPT).context("the record of an unfinished load makes no sense");
        Self::of(&value).ok_or_else(what).map(Some)
    }

    /// Writes it.
    pub fn write(&self, transaction: &dyn Transaction, keyspace: u32) -> Result<()> {
        transaction.set(keyspace, KEY, &self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = FORMAT.to_le_bytes().to_vec();
        [self.dump, self.pairs, self.checksum].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes);
        let format = u32::from_le_bytes(rest.array()?);
        let [dump, pairs, checksum] = [rest.array()?, rest.array()?, rest.array()?].map(u64::from_le_bytes);
        let checked = xxh3_64(&bytes[..bytes.len() - 8]).to_le_bytes();
        (format == FORMAT && rest.0 == checked).then_some(Self { dump, pairs, checksum })
    }
}
