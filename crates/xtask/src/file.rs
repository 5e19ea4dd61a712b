//! Generated files: written, or compared with what is there.

use std::fs;
use std::path::Path;

use crate::outcome::Failure;
use crate::Mode;

/// The text of a file, with its path in the error.
pub fn read(path: impl AsRef<Path>) -> Result<String, String> {
    let path = path.as_ref();
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Writes `text` to `path`, or fails if the file does not hold exactly that already.
pub fn settle(path: &str, text: &str, mode: Mode, command: &str) -> Result<(), Failure> {
    let present = fs::read_to_string(path).unwrap_or_default();
    if present == text {
        return Ok(());
    }
    if mode == Mode::Write {
        if let Some(parent) = Path::new(path).parent() {
            fs::create_dir_all(parent)?;
        }
        return fs::write(path, text).map_err(|error| format!("cannot write {path}: {error}").into());
    }
    Err(Failure::new(format!("{path} is stale"), vec![first_difference(&present, text)], command))
}

/// Where two texts part, for the eye.
fn first_difference(present: &str, wanted: &str) -> String {
    let mut present = present.lines();
    for (index, wanted) in wanted.lines().enumerate() {
        let there = present.next().unwrap_or("(end of file)");
        if there != wanted {
            return format!("line {}: there is `{there}`, it should be `{wanted}`", index + 1);
        }
    }
    "it has more lines than it should".to_owned()
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_differing_line_is_named() {
        assert!(first_difference("a\nb\n", "a\nc\n").starts_with("line 2: there is `b`"));
        assert!(first_difference("a\n", "a\nc\n").contains("(end of file)"));
        assert!(first_difference("a\nb\n", "a\n").contains("more lines"));
    }
}
