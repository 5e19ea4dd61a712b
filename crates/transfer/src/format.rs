//! The stream of a dump.
//!
//! All numbers are little-endian. A stream begins with [`MAGIC`] and the number of its format in four bytes.
//! Then come frames, numbered from 0 on:
//!
//! ```text
//! kind     1 byte
//! length   4 bytes, of what it holds
//! check    4 bytes, the lower half of the XXH3 (64 bits) of the five bytes before, seeded with the frame's number
//! what it holds
//! sum      8 bytes, the XXH3 of what it holds, seeded with the frame's number
//! ```
//!
//! So a damaged length is found out before anything is read by it, and a frame that is missing, or in another's
//! place, is found out too. The frames, by kind:
//!
//! 1. The *header*, once, first. `coding` 1 byte, 0: the others are stored as they are; `exact` 1 byte, 1 if
//!    everything is of one version, 0 if it was read in transactions, one after the other; `version` 8 bytes,
//!    which everything is of, or that of the first transaction; the id of the database, and then the names
//!    of its keyspaces, each with its length in two bytes before it, the number of names in four bytes before
//!    them all. The default keyspace is the first.
//! 2. *Pairs*: the place of a keyspace in the header, 4 bytes, then one pair at least: the length of the key and that
//!    of the value, 4 bytes each, the key, the value. Keyspaces come in the header's order, and each one's keys in
//!    theirs, over all frames.
//! 3. The *end*, once, last: how many pairs there are, 8 bytes; the bytes of their keys and values, 8; the highest
//!    version that anything is of, 8; the checksum of the content, 8. See [`crate::content`].
//!
//! The format has no compression: what compresses streams does it better outside, and a pipe needs no more memory.

use plinth_api::{Code, Error, Result};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What a stream begins with. No text does, and what takes it for one and changes it is found out.
pub const MAGIC: [u8; 8] = *b"\x89PLD\r\n\x1a\n";
/// The format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;
/// Bytes of a frame before what it holds.
pub const BEFORE: usize = 9;
/// Bytes of the checksum behind it.
pub const BEHIND: usize = 8;
/// Bytes that a frame holds at most: a pair of the largest key and value, and some.
pub const LONGEST: usize = 320 << 20;

/// A frame's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Header = 1,
    Pairs = 2,
    End = 3,
}

/// What a header tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Whether everything is of one version.
    pub exact: bool,
    /// The version.
    pub version: i64,
    /// The id of the database; empty if it has none.
    pub id: String,
    /// The names of the keyspaces, the default one's first.
    pub keyspaces: Vec<String>,
}

/// What an end tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Pairs.
    pub pairs: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// The highest version.
    pub version: i64,
    /// The checksum of the content.
    pub checksum: u64,
}

impl Kind {
    /// The kind of a number.
    pub fn of(number: u8) -> Option<Self> {
        [Self::Header, Self::Pairs, Self::End].into_iter().find(|kind| *kind as u8 == number)
    }
}

/// What comes before that which a frame holds.
pub fn before(number: u64, kind: Kind, length: usize) -> Result<[u8; BEFORE]> {
    let Some(length) = u32::try_from(length).ok().filter(|length| *length as usize <= LONGEST) else {
        return Err(Error::new(Code::VALUE_TOO_LARGE).context(format!("a pair of {length} bytes can't be dumped")));
    };
    let mut bytes = [0; BEFORE];
    bytes[0] = kind as u8;
    bytes[1..5].copy_from_slice(&length.to_le_bytes());
    let check = check(number, &bytes[..5]);
    bytes[5..].copy_from_slice(&check);
    Ok(bytes)
}

/// The kind and the length that such bytes tell; `None` if they are damaged.
pub fn read_before(number: u64, bytes: &[u8; BEFORE]) -> Option<(Kind, usize)> {
    let length = u32::from_le_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]) as usize;
    let sound = bytes[5..] == check(number, &bytes[..5]) && length <= LONGEST;
    Kind::of(bytes[0]).filter(|_| sound).map(|kind| (kind, length))
}

fn check(number: u64, bytes: &[u8]) -> [u8; 4] {
    // Both halves are as good.
    (xxh3_64_with_seed(bytes, number) as u32).to_le_bytes()
}

/// The checksum of what a frame holds.
pub fn sum(number: u64, bytes: &[u8]) -> [u8; BEHIND] {
    xxh3_64_with_seed(bytes, number).to_le_bytes()
}

impl Header {
    /// In bytes.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0, u8::from(self.exact)];
        bytes.extend(self.version.to_le_bytes());
        put_text(&mut bytes, &self.id)?;
        bytes.extend((self.keyspaces.len() as u32).to_le_bytes());
        self.keyspaces.iter().try_for_each(|name| put_text(&mut bytes, name))?;
        Ok(bytes)
    }

    /// What bytes tell; `None` if that is not a header that this format has.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes);
        let (coding, exact) = (rest.take(1)?[0], rest.take(1)?[0]);
        let version = i64::from_le_bytes(rest.array()?);
        let id = rest.text()?;
        let count = u32::from_le_bytes(rest.array()?);
        let keyspaces: Vec<String> = (0..count).map(|_| rest.text()).collect::<Option<_>>()?;
        let sound = coding == 0 && exact <= 1 && version >= 0 && !keyspaces.is_empty() && rest.0.is_empty();
        // Two of one name would be loaded into each other.
        let mut names: Vec<&String> = keyspaces.iter().collect();
        names.sort();
        let unique = names.windows(2).all(|two| two[0] != two[1]);
        (sound && unique).then_some(Self { exact: exact == 1, version, id, keyspaces })
    }
}

impl End {
    /// In bytes.
    pub fn bytes(&self) -> Vec<u8> {
        [self.pairs.to_le_bytes(), self.bytes.to_le_bytes(), self.version.to_le_bytes(), self.checksum.to_le_bytes()]
            .concat()
    }

    /// What bytes tell.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes);
        let pairs = u64::from_le_bytes(rest.array()?);
        let bytes = u64::from_le_bytes(rest.array()?);
        let version = i64::from_le_bytes(rest.array()?);
        let checksum = u64::from_le_bytes(rest.array()?);
        (version >= 0 && rest.0.is_empty()).then_some(Self { pairs, bytes, version, checksum })
    }
}

/// Appends a pair.
pub fn put_pair(bytes: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    bytes.extend((key.len() as u32).to_le_bytes());
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(value);
}

/// Bytes that are taken apart from the front.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// So many, if they are there.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// As many as fit.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// A pair.
    pub fn pair(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let key = u32::from_le_bytes(self.array()?) as usize;
        let value = u32::from_le_bytes(self.array()?) as usize;
        Some((self.take(key)?, self.take(value)?))
    }

    fn text(&mut self) -> Option<String> {
        let length = u16::from_le_bytes(self.array()?);
        String::from_utf8(self.take(length.into())?.to_vec()).ok()
    }
}

pub fn put_text(bytes: &mut Vec<u8>, text: &str) -> Result<()> {
    let length = u16::try_from(text.len())
        .map_err(|_| Error::new(Code::INVALID_ARGUMENT).context(format!("a name of {} bytes", text.len())))?;
    bytes.extend(length.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Ok(())
}
