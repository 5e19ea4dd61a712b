//! Keys, half-open key ranges and key selectors.

use std::fmt::Write as _;

/// The first key that ordinary keys must stay below (rules DATA-3 and DATA-4).
pub const END_OF_KEYS: &[u8] = b"\xff";

/// The first key that system keys must stay below; special keys begin here (rule DATA-3).
pub const END_OF_SYSTEM_KEYS: &[u8] = b"\xff\xff";

/// The end of the special keys (rule DATA-3).
pub const END_OF_SPECIAL_KEYS: &[u8] = b"\xff\xff\xff";

/// A key that everyone may read, and that only a versionstamp can be written to (rule SPEC-10).
pub const METADATA_VERSION: &[u8] = b"\xff/metadataVersion";

/// The half-open range `[begin, end)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyRange {
    /// First key inside.
    pub begin: Vec<u8>,
    /// First key past the end.
    pub end: Vec<u8>,
}

/// A key selector: "the key at `offset` from the last key below (or at) `key`", rule SEL-1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySelector {
    /// The reference key; it need not exist.
    pub key: Vec<u8>,
    /// Whether `key` itself counts as "below".
    pub or_equal: bool,
    /// How many keys further on the answer lies; may be negative.
    pub offset: i32,
}

impl KeyRange {
    /// The range that holds just `key`.
    pub fn single(key: &[u8]) -> Self {
        Self { begin: key.to_vec(), end: successor(key) }
    }
}

impl KeySelector {
    /// The first key at or above `key`.
    pub fn first_greater_or_equal(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), or_equal: false, offset: 1 }
    }

    /// The first key above `key`.
    pub fn first_greater_than(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), or_equal: true, offset: 1 }
    }

    /// The last key below `key`.
    pub fn last_less_than(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), or_equal: false, offset: 0 }
    }

    /// The last key at or below `key`.
    pub fn last_less_or_equal(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), or_equal: true, offset: 0 }
    }

    /// The same selector with `or_equal` folded into the key (rule SEL-4).
    #[must_use]
    pub fn without_or_equal(mut self) -> Self {
        if self.or_equal {
            self.key.push(0);
            self.or_equal = false;
        }
        self
    }
}

/// The smallest key above `key`: the key with one zero byte appended.
pub fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next
}

/// Whether `end` is the immediate successor of `begin`.
pub fn is_successor(begin: &[u8], end: &[u8]) -> bool {
    end.len() == begin.len() + 1 && end[begin.len()] == 0 && end.starts_with(begin)
}

/// A key as people read it: printable ASCII as it is, other bytes as `\xNN`, cut after 64 bytes.
pub fn printable(key: &[u8]) -> String {
    // Memory for what is told only: the key may be as long as a caller says.
    let mut text = String::with_capacity(key.len().min(64));
    for byte in key.iter().take(64) {
        match byte {
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    if key.len() > 64 {
        let _ = write!(text, "... ({} bytes)", key.len());
    }
    text
}

/// Whether a key is a special key.
#[inline]
pub fn is_special(key: &[u8]) -> bool {
    key.starts_with(END_OF_SYSTEM_KEYS) && key < END_OF_SPECIAL_KEYS
}

/// Whether a range read is about special keys (rule SPEC-1).
pub fn is_special_range(begin: &KeySelector, end: &KeySelector) -> bool {
    let end = end.key.as_slice();
    is_special(&begin.key) && (END_OF_SYSTEM_KEYS..=END_OF_SPECIAL_KEYS).contains(&end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_lies_between_a_key_and_its_successor() {
        assert_eq!(successor(b"ab"), b"ab\0");
        assert!(is_successor(b"ab", b"ab\0"));
        assert!(!is_successor(b"ab", b"ac"));
        assert!(!is_successor(b"ab", b"ab\x01"));
        assert!(!is_successor(b"ab", b"ax\0"));
    }

    #[test]
    fn keys_print_escaped() {
        assert_eq!(printable(b"a\\\x00\xff"), "a\\\\\\x00\\xff");
        assert!(printable(&[b'x'; 100]).ends_with("... (100 bytes)"));
    }

    #[test]
    fn special_keys_lie_between_the_system_keys_and_their_end() {
        for key in [&b"\xff\xff"[..], b"\xff\xff/status/json", b"\xff\xff\xfe\xff"] {
            assert!(is_special(key), "{}", printable(key));
        }
        for key in [&b""[..], b"a", b"\xff", b"\xff\xfe", b"\xff\xff\xff", b"\xff\xff\xff\0"] {
            assert!(!is_special(key), "{}", printable(key));
        }
    }

    #[test]
    fn a_range_is_special_if_both_ends_are_or_the_last_is_their_end() {
        let special = |begin: &[u8], end: &[u8]| {
            is_special_range(&KeySelector::first_greater_or_equal(begin), &KeySelector::first_greater_or_equal(end))
        };
        assert!(special(b"\xff\xff", b"\xff\xff\xff"));
        assert!(special(b"\xff\xff/b", b"\xff\xff/a"));
        assert!(!special(b"\xff", b"\xff\xff\xff"));
        assert!(!special(b"\xff\xff", b"\xff\xff\xff\0"));
        assert!(!special(b"\xff\xff", b"\xff"));
    }
}
