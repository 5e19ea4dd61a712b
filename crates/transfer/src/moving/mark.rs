//! Says that a database is the target of a move that is not finished.
//!
//! It is the only key of the keyspace [`UNFINISHED`], which is there as long as the move is not finished: so everybody
//! who looks at the keyspaces sees that something is missing. It is dropped when the move ends.
//!
//! The record, little-endian: its format, 4 bytes, 1; the session of the last run, 16, under which it locks the source,
//! or 16 times 0xff when everything is there and the mark is dropped next;
//! the identity of the source, 2 bytes of length and text; the XXH3 of all that, 8.

use plinth_api::{Code, Error, Result, Transaction};
use xxhash_rust::xxh3::xxh3_64;

use crate::format::{put_text, Bytes};

/// The keyspace that a database has while a move into it is not finished.
pub const UNFINISHED: &str = "plinth-move-unfinished";
const KEY: &[u8] = b"move";
const FORMAT: u32 = 1;

/// One run of a move.
pub type Session = [u8; 16];

/// What stands in the place of a session when everything is there, and only the mark is left to be dropped.
pub const FINISHED: Session = [0xff; 16];

/// Whose target it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The last run.
    pub session: Session,
    /// The id of the source; empty if it has none.
    pub source: String,
}

impl Mark {
    /// Reads it, with a conflict.
    pub fn read(transaction: &dyn Transaction, keyspace: u32) -> Result<Option<Self>> {
        transaction.get(keyspace, KEY, false)?.map(|value| Self::of(&value)).transpose()
    }

    /// Writes it.
    pub fn write(&self, transaction: &dyn Transaction, keyspace: u32) -> Result<()> {
        transaction.set(keyspace, KEY, &self.bytes()?)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = FORMAT.to_le_bytes().to_vec();
        bytes.extend(self.session);
        put_text(&mut bytes, &self.source)?;
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        Ok(bytes)
    }

    fn of(bytes: &[u8]) -> Result<Self> {
        let damaged = || Error::new(Code::FILE_CORRUPT).context("the record of an unfinished move makes no sense");
        let mut rest = Bytes(bytes);
        let format = u32::from_le_bytes(rest.array().ok_or_else(damaged)?);
        if format != FORMAT {
            let text = format!("a newer version of the library began a move into it (format {format})");
            return Err(Error::new(Code::FORMAT_NOT_SUPPORTED).context(text));
        }
        Self::parse(bytes, rest).ok_or_else(damaged)
    }

    fn parse(bytes: &[u8], mut rest: Bytes<'_>) -> Option<Self> {
        let session = rest.array()?;
        let length = u16::from_le_bytes(rest.array()?);
        let source = std::str::from_utf8(rest.take(usize::from(length))?).ok()?.to_owned();
        let checked = xxh3_64(&bytes[..bytes.len() - 8]).to_le_bytes();
        (rest.0 == checked).then_some(Self { session, source })
    }
}

/// A new session. Its second half says between which databases, so that a source that is locked tells where to.
pub fn session(source: &str, target: &str) -> Session {
    let mut session = *uuid::Uuid::new_v4().as_bytes();
    session[8..].copy_from_slice(&pair(source, target));
    session
}

/// Whether a source was locked by a move between these two.
pub fn is_of(session: &Session, source: &str, target: &str) -> bool {
    session[8..] == pair(source, target)
}

fn pair(source: &str, target: &str) -> [u8; 8] {
    xxh3_64(format!("plinth move\n{source}\n{target}").as_bytes()).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record of today, byte for byte: later versions read it.
    #[test]
    fn the_record_is_what_it_was() {
        let mark = Mark { session: *b"0123456789abcdef", source: "me".to_owned() };
        let bytes = mark.bytes().unwrap();
        let begin = [&1u32.to_le_bytes()[..], b"0123456789abcdef", &2u16.to_le_bytes(), b"me"].concat();
        assert_eq!(bytes, [&begin[..], &xxh3_64(&begin).to_le_bytes()].concat());
        assert_eq!(Mark::of(&bytes).unwrap(), mark);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            let expected = if at < 4 { Code::FORMAT_NOT_SUPPORTED } else { Code::FILE_CORRUPT };
            assert_eq!(Mark::of(&damaged).unwrap_err().code(), expected, "byte {at}");
            assert!(Mark::of(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn a_session_tells_between_whom() {
        let session = session("a", "b");
        assert!(is_of(&session, "a", "b") && !is_of(&session, "b", "a") && !is_of(&session, "a", ""));
        assert_ne!(session, self::session("a", "b"));
    }
}
