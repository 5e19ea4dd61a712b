//! The lines that both sides begin with. They are text, so that any version can read those of any
//! other: `plinth <protocol> <library version>`, or `no <error number> <sentence>` from a host that
//! does not want the guest.

use plinth_api::{Code, Error, Result};

use super::PROTOCOL;

/// The longest line of a guest, its end included.
pub const LONGEST: usize = 64;
/// The longest line of a host, its end included.
pub const LONGEST_ANSWER: usize = 1024;

/// The version of this library.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A process that asks.
    Guest,
    /// The process that has the database open.
    Host,
}

/// The line of a guest, and of a host that takes it.
pub fn line() -> String {
    format!("plinth {PROTOCOL} {VERSION}\n")
}

/// The line of a host that does not take a guest.
pub fn refusal(error: &Error) -> String {
    let number = error.code().number();
    let text = format!("no {number} {}", error.story().replace(char::is_control, " "));
    format!("{}\n", cut(&text, LONGEST_ANSWER - 1))
}

/// A text, or what of it has at most so many bytes and ends with a whole character.
pub fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Where the line ends that some bytes begin with: the number of its bytes, the end included. `None` if
/// more has to come. 9018 if it is longer than `most`.
pub fn end(bytes: &[u8], most: usize, by: Side) -> Result<Option<usize>> {
    match bytes.iter().take(most).position(|byte| *byte == b'\n') {
        Some(at) => Ok(Some(at + 1)),
        None if bytes.len() >= most => Err(stranger(by)),
        None => Ok(None),
    }
}

/// Checks the line of the other side: 9018 if it speaks another protocol, or none; a host's own error
/// if it does not take this guest.
pub fn check(line: &[u8], by: Side) -> Result<()> {
    let text = std::str::from_utf8(line).map_err(|_| stranger(by))?.trim_end_matches(['\n', '\r']);
    if let Some(refused) = text.strip_prefix("no ").filter(|_| by == Side::Host) {
        return Err(refusal_error(refused));
    }
    let mut words = text.split(' ');
    let (protocol, version) = match (words.next(), words.next(), words.next()) {
        (Some("plinth"), Some(protocol), Some(version)) => (protocol, version),
        _ => return Err(stranger(by)),
    };
    let protocol: u32 = protocol.parse().map_err(|_| stranger(by))?;
    // Words may follow in a later version of the line, which is still the same line.
    if version.is_empty() || version.chars().any(char::is_control) {
        return Err(stranger(by));
    }
    if protocol == PROTOCOL {
        return Ok(());
    }
    let (guest, host) = match by {
        Side::Guest => ((protocol, version), (PROTOCOL, VERSION)),
        Side::Host => ((PROTOCOL, VERSION), (protocol, version)),
    };
    Err(Error::new(Code::PROTOCOL_NOT_SUPPORTED).context(format!(
        "the host has protocol {} (version {}), the guest has protocol {} (version {})",
        host.0, host.1, guest.0, guest.1
    )))
}

/// What a host says when it does not take a guest.
fn refusal_error(text: &str) -> Error {
    let (number, sentence) = text.split_once(' ').unwrap_or((text, ""));
    let known = number.parse().map(Code::from_number).ok().filter(|code| code.is_known() && *code != Code::SUCCESS);
    let sentence: String = sentence.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match known {
        Some(code) => Error::new(code).context(format!("the host says: {sentence}")),
        None => Error::new(Code::PROTOCOL_NOT_SUPPORTED).context(format!("the host says: error {number}, {sentence}")),
    }
}

/// The error of a peer that does not say what is expected of it.
pub fn stranger(by: Side) -> Error {
    let who = match by {
        Side::Guest => "guest",
        Side::Host => "host",
    };
    let text = format!("what the other side says is not what a {who} says; this is version {VERSION}");
    Error::new(Code::PROTOCOL_NOT_SUPPORTED).context(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str, by: Side) -> i32 {
        check(line.as_bytes(), by).err().map_or(0, |error| error.code().number())
    }

    #[test]
    fn each_side_knows_the_others_line() {
        assert!(line().len() <= LONGEST);
        for by in [Side::Guest, Side::Host] {
            assert_eq!(code(&line(), by), 0);
            assert_eq!(code(&format!("plinth {PROTOCOL} 99.1.2-rc.1 and more\n"), by), 0);
            for wrong in ["", "\n", "plinth\n", "plinth 1\n", "plinth one 0.1\n", "GET / HTTP/1.1\n", "plinth -1 0.1\n"]
            {
                assert_eq!(code(wrong, by), 9018, "{wrong}");
            }
            assert!(check(b"plinth \xff 1\n", by).is_err());
        }
        assert_eq!(code("no 9019 you\n", Side::Guest), 9018);
    }

    #[test]
    fn another_protocol_is_told_with_both_versions() {
        let other = PROTOCOL + 1;
        for by in [Side::Guest, Side::Host] {
            let error = check(format!("plinth {other} 7.8.9\n").as_bytes(), by).unwrap_err();
            assert_eq!(error.code(), Code::PROTOCOL_NOT_SUPPORTED);
            let (theirs, ours) = (format!("protocol {other} (version 7.8.9)"), format!("(version {VERSION})"));
            let story = error.story();
            assert!(story.contains(&theirs) && story.contains(&ours), "{story}");
            let named = format!("{} has {theirs}", if by == Side::Guest { "guest" } else { "host" });
            assert!(story.contains(&named), "{story}");
        }
    }

    #[test]
    fn a_refusal_arrives_as_the_error_it_is() {
        let error = Error::new(Code::PEER_NOT_PERMITTED).context("user 5\nis not user 6");
        let line = refusal(&error);
        assert!(line.ends_with('\n') && line.matches('\n').count() == 1);
        let came = check(line.as_bytes(), Side::Host).unwrap_err();
        assert_eq!(came.code(), Code::PEER_NOT_PERMITTED);
        assert!(came.story().contains("user 5 is not user 6"), "{}", came.story());
        let long = refusal(&Error::new(Code::IO_ERROR).context("\u{fc}".repeat(5_000)));
        assert!(long.len() <= LONGEST_ANSWER && long.ends_with('\n'));
        assert_eq!(code("no 0 fine\n", Side::Host), 9018);
        assert_eq!(code("no what\n", Side::Host), 9018);
        assert_eq!(code("no 123456 unheard of\n", Side::Host), 9018);
    }

    #[test]
    fn a_line_has_a_longest_length() {
        assert_eq!(end(b"abc\ndef", 64, Side::Host).unwrap(), Some(4));
        assert_eq!(end(b"abc", 64, Side::Host).unwrap(), None);
        assert_eq!(end(&[b'x'; 63], 64, Side::Host).unwrap(), None);
        assert!(end(&[b'x'; 64], 64, Side::Host).is_err());
        assert!(end(b"abcd\n", 4, Side::Guest).is_err());
    }
}
