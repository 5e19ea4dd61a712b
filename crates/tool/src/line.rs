//! A line as commands and words, split as fdbcli splits it: words at white space, commands at `;`, neither within
//! double quotes; escapes hold in and out of quotes. Quotes may begin and end within a word.

use crate::text;

/// A word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it stands for.
    pub bytes: Vec<u8>,
    /// Whether a part of it was quoted or escaped: then it is no option.
    pub literal: bool,
}

/// The commands of a line, each with one word at least.
pub fn commands(line: &[u8]) -> Result<Vec<Vec<Word>>, String> {
    let mut splitter = Splitter::default();
    let (mut quoted, mut at) = (false, 0);
    while let Some(byte) = line.get(at) {
        let mut length = 1;
        match byte {
            b'"' => {
                quoted = !quoted;
                splitter.word().literal = true;
            }
            b'\\' => {
                let (byte, long) = text::escape(&line[at..])?;
                length = long;
                let word = splitter.word();
                word.bytes.push(byte);
                word.literal = true;
            }
            b';' if !quoted => splitter.end_command(),
            b' ' | b'\t' | b'\r' | b'\n' if !quoted => splitter.end_word(),
            byte => splitter.word().bytes.push(*byte),
        }
        at += length;
    }
    if quoted {
        return Err("a quotation mark is not closed".to_owned());
    }
    splitter.end_command();
    Ok(splitter.commands)
}

#[derive(Default)]
struct Splitter {
    commands: Vec<Vec<Word>>,
    words: Vec<Word>,
    word: Option<Word>,
}

impl Splitter {
    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_with(|| Word { bytes: Vec::new(), literal: false })
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Result<Vec<Vec<String>>, String> {
        let text = |word: Word| text::escaped(&word.bytes);
        Ok(commands(line.as_bytes())?.into_iter().map(|words| words.into_iter().map(text).collect()).collect())
    }

    #[test]
    fn words_and_commands() {
        assert_eq!(split("  get  a;set b\t\"c d;\" ;; ").unwrap(), [vec!["get", "a"], vec!["set", "b", "c d;"]]);
        assert_eq!(split("set \"\" a\"b c\"d").unwrap(), [["set", "", "ab cd"]]);
        assert_eq!(split("get \\x00\\ \\;\\\"\\\\").unwrap(), [["get", "\\x00 ;\"\\\\"]]);
        assert!(split(" ; ;").unwrap().is_empty());
    }

    #[test]
    fn what_is_open_or_unknown_is_told() {
        for wrong in ["get \"a", "get \\", "get \\q", "get \\x4"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn quoted_words_come_back() {
        let mut random = 7_u64;
        for _ in 0..2_000 {
            let mut next = || {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 33) as u8
            };
            let bytes: Vec<u8> = (0..next() % 12).map(|_| next()).collect();
            let line = format!("get {}", text::quoted(&bytes));
            let words = commands(line.as_bytes()).unwrap();
            assert_eq!((words.len(), &words[0][1].bytes), (1, &bytes), "{line}");
        }
    }
}
