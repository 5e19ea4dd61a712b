//! Bytes as text and back, as fdbcli does it: printable ASCII as it is, a backslash as `\\`, every other byte as
//! `\xNN`. What comes out has no control character, so that no key can speak to a terminal.

use std::fmt::Write as _;

/// All of the bytes as text, which [`unescaped`] makes bytes of again.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// Bytes as one word of a command line.
pub fn quoted(bytes: &[u8]) -> String {
    let text = escaped(bytes);
    if !text.is_empty() && !text.contains([' ', '"', ';', '#']) {
        return text;
    }
    format!("\"{}\"", text.replace('"', "\\\""))
}

/// Text for a terminal: control characters are escaped, line feeds too.
pub fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control()
            || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            let _ = write!(safe, "\\x{:02x}", u32::from(char));
        } else {
            safe.push(char);
        }
    }
    safe
}

/// One escape, of which `bytes` begins with the backslash: the byte, and how long the escape is.
pub fn escape(bytes: &[u8]) -> Result<(u8, usize), String> {
    let hex = |digit: Option<&u8>| digit.and_then(|digit| char::from(*digit).to_digit(16));
    match bytes.get(1) {
        Some(byte @ (b'"' | b'\\' | b' ' | b';')) => Ok((*byte, 2)),
        Some(b'x') => match (hex(bytes.get(2)), hex(bytes.get(3))) {
            (Some(high), Some(low)) => Ok(((high * 16 + low) as u8, 4)),
            _ => Err("after \\x come two hexadecimal digits".to_owned()),
        },
        Some(other) => {
            Err(format!("\\{} is no escape; there are \\xNN, \\\\, \\\", \\; and \\ with a space", escaped(&[*other])))
        }
        None => Err("a backslash at the end; \\\\ is a backslash".to_owned()),
    }
}

/// The bytes of a word in which only escapes are special.
pub fn unescaped(word: &[u8]) -> Result<Vec<u8>, String> {
    let (mut bytes, mut at) = (Vec::with_capacity(word.len()), 0);
    while let Some(byte) = word.get(at) {
        let (byte, length) = if *byte == b'\\' { escape(&word[at..])? } else { (*byte, 1) };
        bytes.push(byte);
        at += length;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let text = escaped(&all);
        assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        assert_eq!(unescaped(text.as_bytes()).unwrap(), all);
    }

    #[test]
    fn it_looks_as_fdbcli_prints_it() {
        assert_eq!(escaped(b"a\"b\\c\x00\xff \x1b["), "a\"b\\\\c\\x00\\xff \\x1b[");
    }

    #[test]
    fn wrong_escapes_are_told() {
        for wrong in ["\\", "a\\", "\\x", "\\x1", "\\xg0", "\\n", "\\X00", "\\x+1"] {
            assert!(unescaped(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert_eq!(unescaped(b"\\\"\\;\\ \\xAb").unwrap(), b"\"; \xab");
    }

    #[test]
    fn words_of_others_are_safe_to_print() {
        assert_eq!(safe("a\x1b[31m\u{9b}b\n\u{202e}c \u{e9}"), "a\\x1b[31m\\x9bb\\x0a\\x202ec \u{e9}");
    }
}
