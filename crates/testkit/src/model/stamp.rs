//! Versionstamps (rules VST-1 to VST-4) and keys that wait for one.

use plinth_api::key::successor;
use plinth_api::KeyRange;

use super::conflict::Span;
use super::state::{Change, Write};

/// A versionstamp.
pub(crate) type Stamp = [u8; 10];

/// A key that gets its versionstamp at commit.
#[derive(Clone, Debug)]
pub(crate) struct StampedKey {
    pub keyspace: u32,
    pub place: Place,
    pub value: Vec<u8>,
}

/// Bytes, ten of which a stamp replaces.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub template: Vec<u8>,
    pub offset: usize,
}

/// The stamp of a version and an order within it.
pub(crate) fn stamp(version: i64, order: u16) -> Stamp {
    let mut stamp = [0; 10];
    stamp[..8].copy_from_slice(&version.to_be_bytes());
    stamp[8..].copy_from_slice(&order.to_be_bytes());
    stamp
}

impl Place {
    /// Reads the four bytes of the offset; `None` if the stamp would not fit (VST-4).
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (template, suffix) = bytes.split_last_chunk::<4>()?;
        let offset = usize::try_from(i32::from_le_bytes(*suffix)).ok()?;
        (offset + 10 <= template.len()).then(|| Self { template: template.to_vec(), offset })
    }

    /// The bytes with the stamp.
    pub fn with(&self, stamp: &Stamp) -> Vec<u8> {
        let mut bytes = self.template.clone();
        bytes[self.offset..self.offset + 10].copy_from_slice(stamp);
        bytes
    }
}

impl StampedKey {
    /// Where the key can come to lie if its version is above this one (RYW-8).
    pub fn span(&self, version: i64, max: &[u8]) -> Span {
        let begin = self.place.with(&stamp(version, 0));
        let end = successor(&self.place.with(&[0xff; 10])).min(max.to_vec());
        Span { keyspace: self.keyspace, range: KeyRange { begin, end } }
    }

    /// What the commit with this stamp does.
    pub fn write(&self, stamp: &Stamp) -> Write {
        Write { keyspace: self.keyspace, change: Change::Set(self.place.with(stamp), self.value.clone()) }
    }

    /// Whether its placeholder lies in a range (VST-5).
    pub fn is_in(&self, span: &Span) -> bool {
        let key = &self.place.template;
        self.keyspace == span.keyspace && span.range.begin <= *key && *key < span.range.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_must_leave_room_for_the_stamp() {
        let key = |offset: i32| [&b"foo0123456789"[..], &offset.to_le_bytes()].concat();
        assert!(Place::parse(&key(4)).is_none());
        assert!(Place::parse(&key(-1)).is_none());
        assert!(Place::parse(b"\0\0\0").is_none());
        let stamped = Place::parse(&key(3)).map(|place| place.with(&stamp(1, 2)));
        assert_eq!(stamped.as_deref(), Some(&b"foo\0\0\0\0\0\0\0\x01\0\x02"[..]));
    }
}
