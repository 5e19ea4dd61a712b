//! Where a keyspace is among the keys of the cluster.
//!
//! The default keyspace is the keys of the cluster as they are, up to `RESERVED`. From there to the end of the
//! user keys, `\xff`, lie the catalogue (number 0) and the other keyspaces, each behind `RESERVED` and its number.
//! Numbers are never used again. Behind all keys of a keyspace lies its guard, a key that is never changed: a
//! selector that runs off the end finds it, and so no key of another keyspace, which somebody may change.

use std::borrow::Cow;

use plinth_api::key::{successor, END_OF_KEYS, END_OF_SPECIAL_KEYS};
use plinth_api::limits::cluster::{check_key, check_length};
pub use plinth_api::limits::cluster::{PREFIX, RESERVED};
use plinth_api::{KeyRange, KeySelector, Result};

/// The longest that it takes from every transaction.
const LONGEST_PLAIN: usize = 10_000;

/// A keyspace as keys of the cluster see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    number: u32,
    prefix: [u8; PREFIX],
}

impl Space {
    /// The keyspace of a number; 0 is the default one.
    pub fn of(number: u32) -> Self {
        Self { number, prefix: prefix(number) }
    }

    /// The number of the keyspace that a key of the cluster belongs to; `None` if it is the default one, or none.
    pub fn number_of(key: &[u8]) -> Option<u32> {
        let number = key.strip_prefix(RESERVED)?.get(..PREFIX - RESERVED.len())?;
        number.try_into().ok().map(u32::from_be_bytes).filter(|number| *number > 0)
    }

    /// Whether it is the keys of the cluster as they are.
    pub fn is_default(&self) -> bool {
        self.number == 0
    }

    /// The key of the cluster for a key.
    pub fn key<'a>(&self, key: &'a [u8]) -> Cow<'a, [u8]> {
        if self.is_default() {
            return Cow::Borrowed(key);
        }
        Cow::Owned([&self.prefix[..], key].concat())
    }

    /// Refuses keys of the default keyspace that belong to others.
    pub fn check_key(&self, key: &[u8]) -> Result<()> {
        if self.is_default() {
            check_key(key)
        } else {
            Ok(())
        }
    }

    /// Refuses a key that has no room for the prefix; tells whether it needs raw access.
    pub fn check_length(&self, key: &[u8]) -> Result<bool> {
        if self.is_default() {
            return Ok(false);
        }
        check_length(key).map(|()| key.len() + PREFIX > LONGEST_PLAIN)
    }

    /// The end of what can be read, for a transaction that reads below `max_read`.
    fn top(&self, max_read: &[u8]) -> Vec<u8> {
        match self.is_default() {
            true if max_read <= END_OF_KEYS => RESERVED.to_vec(),
            true => max_read.to_vec(),
            false => [&self.prefix[..], max_read].concat(),
        }
    }

    /// A bound of a range, which is a key or the end of the keys.
    fn bound(&self, key: &[u8], max_read: &[u8]) -> Vec<u8> {
        if !self.is_default() {
            return [&self.prefix[..], key.min(max_read)].concat();
        }
        key.min(RESERVED).to_vec()
    }

    /// A range as ranges of the cluster, in order: a range of the default keyspace goes around the other keyspaces.
    pub fn ranges(&self, begin: &[u8], end: &[u8], max_read: &[u8]) -> Vec<KeyRange> {
        if begin >= end {
            return Vec::new();
        }
        let around = self.is_default() && begin < END_OF_KEYS && end > END_OF_KEYS && max_read > END_OF_KEYS;
        let mut ranges = match around {
            true => vec![
                KeyRange { begin: begin.min(RESERVED).to_vec(), end: RESERVED.to_vec() },
                KeyRange { begin: END_OF_KEYS.to_vec(), end: end.min(max_read).to_vec() },
            ],
            false if self.is_default() && begin >= END_OF_KEYS => {
                vec![KeyRange { begin: begin.to_vec(), end: end.to_vec() }]
            }
            false => vec![KeyRange { begin: self.bound(begin, max_read), end: self.bound(end, max_read) }],
        };
        ranges.retain(|range| range.begin < range.end);
        ranges
    }

    /// The selector of the cluster for one that steps over no key but the first.
    pub fn selector(&self, selector: &KeySelector, max_read: &[u8]) -> KeySelector {
        let inside = if self.is_default() { selector.key.as_slice() < RESERVED } else { *selector.key <= *max_read };
        match inside {
            true => KeySelector { key: self.key(&selector.key).into_owned(), ..*selector },
            // The end of the keys, of which there is none beyond.
            false => KeySelector { key: self.top(max_read), ..*selector },
        }
    }

    /// The key for a key of the cluster; `""` and `max_read` stand for what lies outside (rule SEL-3).
    pub fn strip(&self, key: &[u8], max_read: &[u8]) -> Vec<u8> {
        if key >= self.top(max_read).as_slice() {
            return max_read.to_vec();
        }
        self.own(key).unwrap_or_default().to_vec()
    }

    /// The key for a key of the cluster that is inside.
    pub fn own<'a>(&self, key: &'a [u8]) -> Option<&'a [u8]> {
        match self.is_default() {
            true => Some(key),
            false => key.strip_prefix(&self.prefix[..]),
        }
    }

    /// The part of a range of the cluster that lies inside, as the range that a transaction knows.
    pub fn seen(&self, range: &KeyRange, max_read: &[u8]) -> Option<KeyRange> {
        if self.is_default() {
            let end = match range.end.as_slice() {
                end if end == RESERVED => END_OF_KEYS.to_vec(),
                end if end > RESERVED && end <= &successor(END_OF_KEYS)[..] => successor(END_OF_KEYS),
                end => end.to_vec(),
            };
            let begin = if range.begin == RESERVED { END_OF_KEYS } else { range.begin.as_slice() };
            let reserved = (RESERVED..END_OF_KEYS).contains(&begin);
            return (!reserved && begin < end.as_slice()).then(|| KeyRange { begin: begin.to_vec(), end });
        }
        let (begin, end) = (range.begin.as_slice(), range.end.as_slice());
        if end <= &self.prefix[..] || begin >= &self.guard()[..] {
            return None;
        }
        let begin = self.own(begin).unwrap_or_default().to_vec();
        let end = match end {
            // A selector ran off the end, and found the guard.
            end if end == &successor(&self.guard())[..] => successor(max_read),
            end if end > &self.guard()[..] => max_read.to_vec(),
            end => self.own(end)?.to_vec(),
        };
        (begin < end).then_some(KeyRange { begin, end })
    }

    /// The key behind all keys of the keyspace.
    pub fn guard(&self) -> Vec<u8> {
        [&self.prefix[..], END_OF_SPECIAL_KEYS].concat()
    }

    /// Everything that belongs to the keyspace, its guard too.
    pub fn whole(&self) -> KeyRange {
        KeyRange { begin: self.prefix.to_vec(), end: prefix(self.number.saturating_add(1)).to_vec() }
    }
}

fn prefix(number: u32) -> [u8; PREFIX] {
    let mut prefix = [0; PREFIX];
    prefix[..RESERVED.len()].copy_from_slice(RESERVED);
    prefix[RESERVED.len()..].copy_from_slice(&number.to_be_bytes());
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;
    use plinth_api::Code;

    fn range(begin: &[u8], end: &[u8]) -> KeyRange {
        KeyRange { begin: begin.to_vec(), end: end.to_vec() }
    }

    #[test]
    fn the_default_keyspace_is_the_keys_as_they_are_but_for_the_reserved_ones() {
        let space = Space::of(0);
        assert_eq!(&*space.key(b"a"), b"a");
        assert!(space.check_key(b"\xfe\xff\xfe").is_ok() && space.check_key(b"\xff").is_ok());
        assert!(space.check_key(b"\xfe\xff\xff").is_err() && space.check_key(b"\xfe\xff\xff\0").is_err());
        assert_eq!(space.ranges(b"a", b"\xff", b"\xff"), [range(b"a", RESERVED)]);
        assert_eq!(space.ranges(b"a", b"b", b"\xff"), [range(b"a", b"b")]);
        assert_eq!(space.ranges(b"\xfe\xff\xff\x01", b"\xff", b"\xff"), []);
        assert_eq!(space.ranges(b"a", b"\xff/b", b"\xff\xff"), [range(b"a", RESERVED), range(b"\xff", b"\xff/b")]);
        assert_eq!(space.ranges(b"\xff/a", b"\xff\xff", b"\xff\xff"), [range(b"\xff/a", b"\xff\xff")]);
        assert_eq!(space.strip(b"\xfe\xff\xff\0\0\0\0format", b"\xff"), b"\xff");
        assert_eq!(space.strip(b"\xfe", b"\xff"), b"\xfe");
    }

    #[test]
    fn a_keyspace_ends_where_the_next_one_begins() {
        let (one, two) = (Space::of(1), Space::of(2));
        assert_eq!(one.whole().end, two.whole().begin);
        assert!(one.guard() < one.whole().end && one.key(b"\xff\xff").to_vec() < one.guard());
        assert_eq!(one.strip(&two.key(b"a"), b"\xff"), b"\xff");
        assert_eq!(two.strip(&one.key(b"a"), b"\xff"), b"");
        assert_eq!(two.strip(&two.key(b"a"), b"\xff"), b"a");
        assert_eq!((Space::number_of(&two.key(b"a")), Space::number_of(&one.guard())), (Some(2), Some(1)));
        assert_eq!((Space::number_of(b"a"), Space::number_of(RESERVED)), (None, None));
        assert_eq!(one.strip(&one.key(b"\xff/x"), b"\xff"), b"\xff");
    }

    #[test]
    fn conflict_ranges_are_told_in_the_keys_of_the_keyspace() {
        let (one, two) = (Space::of(1), Space::of(2));
        let raw = range(&two.key(b"a"), &two.key(b"b"));
        assert_eq!(two.seen(&raw, b"\xff"), Some(range(b"a", b"b")));
        assert_eq!(one.seen(&raw, b"\xff"), None);
        assert_eq!(Space::of(0).seen(&raw, b"\xff"), None);
        let over = range(&one.key(b"x"), &successor(&one.guard()));
        assert_eq!(one.seen(&over, b"\xff"), Some(range(b"x", b"\xff\0")));
        assert_eq!(two.seen(&over, b"\xff"), None);
        assert_eq!(Space::of(0).seen(&range(b"a", RESERVED), b"\xff"), Some(range(b"a", b"\xff")));
        let before = range(&one.guard(), &two.key(b"b"));
        assert_eq!(two.seen(&before, b"\xff"), Some(range(b"", b"b")));
    }

    #[test]
    fn long_keys_need_raw_access_and_then_have_room_for_the_prefix() {
        let key = |length: usize| vec![b'k'; length];
        assert!(!Space::of(1).check_length(&key(9_993)).unwrap());
        assert!(Space::of(1).check_length(&key(9_994)).unwrap());
        assert!(Space::of(1).check_length(&key(10_001)).unwrap());
        assert_eq!(Space::of(1).check_length(&key(10_002)).unwrap_err().code(), Code::KEY_TOO_LARGE);
        assert!(!Space::of(0).check_length(&key(10_008)).unwrap());
    }
}
