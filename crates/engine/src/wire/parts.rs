//! Keys, or values that are there or not, as they are sent: for each its length, four bytes, little-endian,
//! then its bytes. What is not there has the largest length of all, and no bytes.

/// Bytes before a part.
const LENGTH: usize = 4;
/// The length of what is not there.
const ABSENT: u32 = u32::MAX;

/// Bytes of the keys of one message, but for the last one.
pub const MOST_ASKED: usize = 64 << 10;

/// Appends a part. It is below its limit, which four bytes hold.
pub fn put_part(out: &mut Vec<u8>, part: Option<&[u8]>) {
    let length = part.map_or(ABSENT, |part| part.len() as u32);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(part.unwrap_or_default());
}

/// The parts that some bytes hold, up to the first that is cut off.
#[derive(Clone)]
pub struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What could not be taken out.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk::<LENGTH>()?;
        let (part, rest) = match u32::from_le_bytes(*length) {
            ABSENT => (None, rest),
            length => {
                let (part, rest) = rest.split_at_checked(length as usize)?;
                (Some(part), rest)
            }
        };
        self.rest = rest;
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_at_the_first_that_is_cut_off() {
        let mut bytes = Vec::new();
        put_part(&mut bytes, Some(b"abc"));
        put_part(&mut bytes, None);
        put_part(&mut bytes, Some(b""));
        let ends = [7, 11, 15];
        for cut in 0..=bytes.len() {
            let mut parts = Parts::new(&bytes[..cut]);
            let found: Vec<_> = parts.by_ref().collect();
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(found, [Some(&b"abc"[..]), None, Some(b"")][..whole]);
            assert_eq!(parts.rest().is_empty(), cut == 0 || ends.contains(&cut));
        }
    }
}
