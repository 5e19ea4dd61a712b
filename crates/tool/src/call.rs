//! A command as it was given: its words and its options.

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::text;

/// The words after a command's name.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// What is no option.
    pub words: Vec<Vec<u8>>,
    /// Options by name, with their values.
    pub options: BTreeMap<&'static str, Option<String>>,
}

impl Call {
    /// A word as bytes.
    pub fn word(&self, at: usize) -> Option<&[u8]> {
        self.words.get(at).map(Vec::as_slice)
    }

    /// A word that the command can't do without.
    pub fn needed(&self, at: usize, name: &str) -> Result<&[u8], Failure> {
        self.word(at).ok_or_else(|| Failure::usage(format!("which {name}?")))
    }

    /// A word as text.
    pub fn text(&self, at: usize) -> Result<Option<&str>, Failure> {
        self.word(at).map(|word| as_text(word)).transpose()
    }

    /// A word as text that the command can't do without.
    pub fn needed_text(&self, at: usize, name: &str) -> Result<&str, Failure> {
        as_text(self.needed(at, name)?)
    }

    /// Fails if there are more words than these.
    pub fn at_most(&self, words: usize) -> Result<(), Failure> {
        match self.word(words) {
            None => Ok(()),
            Some(word) => Err(Failure::usage(format!("{} is one word too many", text::quoted(word)))),
        }
    }

    /// Whether an option was given.
    pub fn has(&self, option: &str) -> bool {
        self.options.contains_key(option)
    }

    /// The value of an option.
    pub fn value(&self, option: &str) -> Option<&str> {
        self.options.get(option)?.as_deref()
    }

    /// The value of an option as a number in these bounds.
    pub fn number(&self, option: &str, default: u64, bounds: std::ops::RangeInclusive<u64>) -> Result<u64, Failure> {
        let Some(value) = self.value(option) else {
            return Ok(default);
        };
        let number = crate::number::bytes(value).map_err(|_| Failure::usage(wrong(option, value, &bounds)))?;
        if !bounds.contains(&number) {
            return Err(Failure::usage(wrong(option, value, &bounds)));
        }
        Ok(number)
    }
}

fn wrong(option: &str, value: &str, bounds: &std::ops::RangeInclusive<u64>) -> String {
    format!("--{option} takes {} to {}, not {}", bounds.start(), bounds.end(), text::safe(value))
}

fn as_text(word: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(word).map_err(|_| Failure::usage(format!("{} is not text", text::quoted(word))))
}

/// A whole number.
pub fn number(word: &[u8], what: &str) -> Result<i64, Failure> {
    let text = as_text(word)?;
    text.parse().map_err(|_| Failure::usage(format!("{what}: {} is not a whole number", text::quoted(word))))
}
