//! Values as lines of text, for pipes between processes. A line that its writer did not live to
//! finish is no value.

use serde::de::DeserializeOwned;
use serde::Serialize;

/// What every line begins with, so that other output between them does no harm.
const MARK: &str = "@";

/// A value as a line, without its end.
pub fn encode<T: Serialize>(value: &T) -> String {
    let bytes = postcard::to_stdvec(value).unwrap_or_default();
    let sum = sum(&bytes);
    let mut line = format!("{MARK}{sum:08x}");
    for byte in bytes {
        line.push_str(&format!("{byte:02x}"));
    }
    line
}

/// The value of a line, if it is one and whole.
pub fn decode<T: DeserializeOwned>(line: &str) -> Option<T> {
    let digits = line.trim_end_matches('\n').strip_prefix(MARK)?;
    let (head, body) = digits.split_at_checked(8)?;
    let byte = |at: usize| u8::from_str_radix(body.get(at..at + 2)?, 16).ok();
    let bytes = (0..body.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?;
    let whole = u32::from_str_radix(head, 16).ok()? == sum(&bytes);
    whole.then(|| postcard::from_bytes(&bytes).ok()).flatten()
}

/// FNV-1a.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_whole_or_not_at_all() {
        let value = ("name".to_owned(), vec![0_u8, 255], -7_i64);
        let line = encode(&value);
        assert_eq!(decode(&line), Some(value));
        for end in 0..line.len() {
            assert_eq!(decode::<(String, Vec<u8>, i64)>(&line[..end]), None, "cut at {end}");
        }
        assert_eq!(decode::<u8>("running 1 test"), None);
    }
}
