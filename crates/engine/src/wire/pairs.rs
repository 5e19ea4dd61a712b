//! The pairs of a range as they are sent: for each the lengths of its key and of its value, four bytes
//! each, little-endian, then the key and the value.

use plinth_api::Result;

use super::frame::{put, LENGTH};
use super::Answer;

/// Bytes before a pair.
const LENGTHS: usize = 8;
/// Room for what comes before the pairs of a frame.
const ROOM: usize = 64;

/// The frame of an answer with pairs, under construction: the pairs are where they will be sent from.
pub struct PairsFrame {
    bytes: Vec<u8>,
    count: usize,
}

impl PairsFrame {
    /// One with room for about so many bytes.
    pub fn new(bytes: usize) -> Self {
        let mut frame = Vec::with_capacity(ROOM + bytes);
        frame.resize(ROOM, 0);
        Self { bytes: frame, count: 0 }
    }

    /// Adds a pair. Both parts are below their limits, which four bytes hold.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        put_pair(&mut self.bytes, key, value);
        self.count += 1;
    }

    /// How many pairs it has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Bytes of its pairs.
    pub fn size(&self) -> usize {
        self.bytes.len() - ROOM
    }

    /// The frame, and where in the bytes it begins.
    pub fn finish(mut self, number: u64, version: i64, more: bool) -> Result<(Vec<u8>, usize)> {
        // Without pairs, it ends with their length.
        let mut head = Vec::with_capacity(ROOM);
        put(&mut head, number, &Answer::Rows { version, more, pairs: b"" }, ROOM)?;
        head.pop();
        let mut left = self.size();
        while left >= 0x80 {
            head.push(left as u8 | 0x80);
            left >>= 7;
        }
        head.push(left as u8);
        let length = head.len() - LENGTH + self.size();
        head[..LENGTH].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        let begin = ROOM - head.len();
        self.bytes[begin..ROOM].copy_from_slice(&head);
        Ok((self.bytes, begin))
    }
}

/// Appends a pair.
pub fn put_pair(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    out.extend_from_slice(&(key.len() as u32).to_le_bytes());
    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(value);
}

/// The pairs that some bytes hold, up to the first that is cut off.
pub struct Pairs<'a> {
    rest: &'a [u8],
}

impl<'a> Pairs<'a> {
    /// Of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What could not be taken out.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[k0, k1, k2, k3, v0, v1, v2, v3], rest) = self.rest.split_first_chunk::<LENGTHS>()?;
        let (key, rest) = rest.split_at_checked(u32::from_le_bytes([k0, k1, k2, k3]) as usize)?;
        let (value, rest) = rest.split_at_checked(u32::from_le_bytes([v0, v1, v2, v3]) as usize)?;
        self.rest = rest;
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_made_in_place_is_the_frame_of_the_answer() {
        for size in [0, 1, 100, 127, 128, 16_383, 16_384, 3_000_000] {
            for (number, version, more) in [(1, 1, false), (u64::MAX, i64::MAX, true)] {
                let mut frame = PairsFrame::new(10);
                let mut pairs = Vec::new();
                while frame.size() < size {
                    let value = vec![7; (size - frame.size()).min(70_000)];
                    frame.push(b"key", &value);
                    put_pair(&mut pairs, b"key", &value);
                }
                let count = frame.count();
                let mut expected = Vec::new();
                put(&mut expected, number, &Answer::Rows { version, more, pairs: &pairs }, usize::MAX).unwrap();
                let (bytes, begin) = frame.finish(number, version, more).unwrap();
                assert!(bytes[begin..] == expected[..], "{size}");
                assert_eq!(Pairs::new(&pairs).count(), count);
            }
        }
    }

    #[test]
    fn pairs_end_at_the_first_that_is_cut_off() {
        let mut bytes = Vec::new();
        put_pair(&mut bytes, b"a", b"1");
        put_pair(&mut bytes, b"bb", b"");
        for cut in 0..=bytes.len() {
            let mut pairs = Pairs::new(&bytes[..cut]);
            let count = pairs.by_ref().count();
            assert_eq!(
                (count, pairs.rest().is_empty()),
                (usize::from(cut >= 10) + usize::from(cut >= 20), cut % 10 == 0)
            );
        }
    }
}
