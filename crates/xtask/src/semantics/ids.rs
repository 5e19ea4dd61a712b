//! Finds the ids of rules, such as `CONF-3`, in comments and in the names of tests.

use super::comments::is_word;

/// A rule that is cited: its section and its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// The letters.
    pub section: String,
    /// What stands behind the hyphen.
    pub number: u32,
}

impl std::fmt::Display for Id {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}-{}", self.section, self.number)
    }
}

impl std::str::FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match in_text(text).as_slice() {
            [id] if id.to_string() == text => Ok(id.clone()),
            _ => Err(format!("`{text}` is not the id of a rule")),
        }
    }
}

/// A range that is longer than this is a slip of the pen.
const LONGEST_RANGE: u32 = 100;

/// The ids in a comment. `A-1 to A-3` and `A-1..A-3` stand for all between, `A-1..3` too. What
/// looks like an id is one: the caller knows which sections exist.
pub fn in_text(text: &str) -> Vec<Id> {
    let mut found: Vec<Id> = Vec::new();
    let mut ended = 0;
    let mut at = 0;
    while at < text.len() {
        let Some((id, end)) = id_at(text, at) else {
            at += 1;
            continue;
        };
        let joined = matches!(text[ended..at].trim(), "to" | "..");
        match found.last().cloned().filter(|last| joined && last.section == id.section) {
            Some(first) => found.extend(between(&first, id.number)),
            None => found.push(id.clone()),
        }
        at = end;
        if let Some((last, end)) = bare_end(text, end) {
            found.extend(between(&id, last));
            at = end;
        }
        ended = at;
    }
    found
}

/// The ids in the name of a test: `..._conf3`, `..._rng1_rng2`, `..._conf2_to_conf10`.
pub fn in_name(name: &str, sections: &[&str]) -> Vec<Id> {
    let mut found: Vec<Id> = Vec::new();
    let words: Vec<&str> = name.split('_').collect();
    for (index, word) in words.iter().enumerate() {
        let Some(id) = sections.iter().find_map(|section| id_of_word(word, section)) else { continue };
        let joined = index > 0 && words[index - 1] == "to";
        match found.last().cloned().filter(|last| joined && last.section == id.section) {
            Some(first) => found.extend(between(&first, id.number)),
            None => found.push(id),
        }
    }
    found
}

fn id_of_word(word: &str, section: &str) -> Option<Id> {
    let (letters, digits) = word.split_at_checked(section.len())?;
    if !letters.eq_ignore_ascii_case(section) {
        return None;
    }
    number(digits).map(|number| Id { section: section.to_owned(), number })
}

/// What follows `first` up to `last`.
fn between(first: &Id, last: u32) -> Vec<Id> {
    let last = last.min(first.number + LONGEST_RANGE);
    (first.number + 1..=last).map(|number| Id { section: first.section.clone(), number }).collect()
}

/// The id that begins exactly at `at`, and where it ends.
fn id_at(text: &str, at: usize) -> Option<(Id, usize)> {
    let bytes = text.as_bytes();
    if at > 0 && (is_word(bytes[at - 1]) || bytes[at - 1] == b'-') {
        return None;
    }
    let shouted = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let letters = bytes[at..].iter().take_while(|byte| shouted(byte)).count();
    let section = &text[at..at + letters];
    if section.bytes().filter(u8::is_ascii_uppercase).count() < 2 || bytes.get(at + letters) != Some(&b'-') {
        return None;
    }
    let (number, end) = digits_at(text, at + letters + 1)?;
    Some((Id { section: section.to_owned(), number }, end))
}

/// The end of a range without its letters, behind `A-1`: `..3`.
fn bare_end(text: &str, at: usize) -> Option<(u32, usize)> {
    text[at..].starts_with("..").then(|| digits_at(text, at + 2)).flatten()
}

/// The number that begins at `at` and is no part of a word, and where it ends.
fn digits_at(text: &str, at: usize) -> Option<(u32, usize)> {
    let rest = text.as_bytes().get(at..)?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if rest.get(length).is_some_and(|byte| is_word(*byte)) {
        return None;
    }
    number(&text[at..at + length]).map(|number| (number, at + length))
}

/// A number as ids have it: `0700` and `000001` are none.
fn number(digits: &str) -> Option<u32> {
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{in_name, in_text, Id};

    fn text(text: &str) -> String {
        join(&in_text(text))
    }

    fn name(text: &str) -> String {
        join(&in_name(text, &["CONF", "RNG", "3FS", "TX"]))
    }

    fn join(ids: &[Id]) -> String {
        ids.iter().map(Id::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ids_stand_alone() {
        assert_eq!(text("VER-4, (COM-12): 3FS-9."), "VER-4 COM-12 3FS-9");
        assert_eq!(text("XCOM-1 has section XCOM, COM-1x and aCOM-1 and A-1 and COM - 1 and COM-01 none"), "XCOM-1");
        assert_eq!(text("com-1 COM-"), "");
    }

    #[test]
    fn ranges_stand_for_all_between() {
        assert_eq!(text("COM-1 to COM-3, RNG-7"), "COM-1 COM-2 COM-3 RNG-7");
        assert_eq!(text("COM-1 to\n   COM-3"), "COM-1 COM-2 COM-3");
        assert_eq!(text("COM-1..COM-3"), "COM-1 COM-2 COM-3");
        assert_eq!(text("COM-1..3 and COM-5 to 7 of them"), "COM-1 COM-2 COM-3 COM-5");
        assert_eq!(text("COM-3 to RNG-4"), "COM-3 RNG-4");
        assert_eq!(text("COM-3 to COM-1"), "COM-3");
        assert_eq!(text("COM-1 and COM-3"), "COM-1 COM-3");
        assert_eq!(text("to COM-2"), "COM-2");
    }

    #[test]
    fn names_end_with_ids() {
        assert_eq!(name("blind_writes_never_conflict_conf17"), "CONF-17");
        assert_eq!(name("an_empty_range_rng1_rng2"), "RNG-1 RNG-2");
        assert_eq!(name("each_range_conf2_to_conf4"), "CONF-2 CONF-3 CONF-4");
        assert_eq!(name("two_threads_3fs1_tx2"), "3FS-1 TX-2");
        assert_eq!(name("a_key_of_10000_bytes_d10_conf_conf0 tx2x"), "");
    }

    #[test]
    fn an_id_is_parsed_whole() {
        assert_eq!("CONF-3".parse::<Id>().map(|id| id.to_string()), Ok("CONF-3".to_owned()));
        assert!("CONF-3 ".parse::<Id>().is_err());
        assert!("CONF-3 to CONF-4".parse::<Id>().is_err());
        assert!("conf-3".parse::<Id>().is_err());
    }
}
