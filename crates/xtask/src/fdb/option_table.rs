//! crates/fdb-c/src/option_table.rs: the options as the library looks them up.

use std::fmt::Write;

use super::comment;
use super::option::{self, Options, Parameter, Row, Scope, Shape, State};

/// What stands in the table before its rows.
const TYPES: &str = include_str!("option_types.txt");

/// The bound that is none.
const UNBOUNDED: &str = "usize::MAX";

/// The whole file, before it is formatted.
pub fn text(options: &Options) -> String {
    let mut text = format!(
        "//! The options of FoundationDB's client interface, by number.\n//!\n//! {}\n\n{TYPES}",
        comment::origin(&format!("`{}`", option::PATH))
    );
    for scope in Scope::ALL {
        let (_, _, word) = scope.names();
        let _ =
            write!(text, "\n/// The {word} options, by number.\npub static {}: &[Entry] = &[\n", word.to_uppercase());
        options.of(scope).for_each(|row| text.push_str(&entry(row)));
        text.push_str("];\n");
    }
    text + "\n" + TESTS
}

fn entry(row: &Row) -> String {
    let state = match row.state {
        State::Implemented => "State::Implemented",
        State::Accepted => "State::Accepted",
        State::Refused => "State::Refused",
    };
    let plain = format!("entry({}, {:?}, {state}, {})", row.code, row.name, parameter(row));
    let mut changes = String::new();
    if row.persistent {
        changes.push_str("persistent: true, ");
    }
    if let Some(never) = row.never {
        let _ = write!(changes, "never: Some({never}), ");
    }
    if row.error != 2006 {
        let _ = write!(changes, "error: {}, ", row.error);
    }
    match changes.is_empty() {
        true => format!("    {plain},\n"),
        false => format!("    Entry {{ {changes}..{plain} }},\n"),
    }
}

fn parameter(row: &Row) -> String {
    let bound = |bound: i64| match bound {
        i64::MIN => "i64::MIN".to_owned(),
        i64::MAX => "i64::MAX".to_owned(),
        other => other.to_string(),
    };
    let length = |bound: Option<i64>, none: &str| bound.map_or(none.to_owned(), |bound| bound.to_string());
    let (min, max) = (length(row.min, "0"), length(row.max, UNBOUNDED));
    let to_710 = row.to_710.map_or("None".to_owned(), |[min, max]| format!("Some(({min}, {max}))"));
    let special = row.to_710.is_some() || row.shape.is_some();
    match row.parameter {
        Parameter::None => "Parameter::None".to_owned(),
        Parameter::Int => {
            format!("int({}, {})", bound(row.min.unwrap_or(i64::MIN)), bound(row.max.unwrap_or(i64::MAX)))
        }
        Parameter::Bytes if special => format!("Parameter::Bytes {{ min: {min}, max: {max}, to_710: {to_710} }}"),
        Parameter::Bytes => format!("bytes({min}, {max})"),
        Parameter::String if special => format!(
            "Parameter::Text {{ min: {min}, max: {max}, to_710: {to_710}, optional: {}, words: &[], shape: {} }}",
            row.optional,
            shape(row.shape)
        ),
        Parameter::String if !row.words.is_empty() => format!("one_of(&{:?})", row.words),
        Parameter::String if row.optional => format!("optional({min}, {max})"),
        Parameter::String => format!("text({min}, {max})"),
    }
}

fn shape(shape: Option<Shape>) -> &'static str {
    match shape {
        None => "Shape::Any",
        Some(Shape::Assignment) => "Shape::Assignment",
        Some(Shape::Identifier) => "Shape::Identifier",
    }
}

/// They stand in the generated file, so that what it does is shown where it is.
const TESTS: &str = r#"#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(table: &[Entry], code: i32) -> Parameter {
        table[table.binary_search_by_key(&code, |entry| entry.code).unwrap()].parameter
    }

    /// OPT-1: a code is found by bisection, so the codes of each table rise.
    #[test]
    fn codes_rise() {
        for table in [NETWORK, DATABASE, TRANSACTION] {
            assert!(table.windows(2).all(|pair| pair[0].code < pair[1].code));
        }
    }

    /// OPT-2: an integer has 8 bytes and lies between its bounds.
    #[test]
    fn integers_are_8_bytes_within_bounds() {
        let threads = parameter(NETWORK, 65);
        let takes = |number: i64| threads.takes(&number.to_le_bytes(), 730);
        assert!(takes(1) && takes(1024) && !takes(0) && !takes(1025) && !takes(-1));
        assert!(!threads.takes(&[], 730) && !threads.takes(&[1, 0, 0, 0], 730) && !threads.takes(&[1; 9], 730));
    }

    /// OPT-3: an option without a parameter takes no bytes.
    #[test]
    fn flags_take_nothing() {
        assert!(parameter(TRANSACTION, 10).takes(&[], 730));
        assert!(!parameter(TRANSACTION, 10).takes(&[0], 730));
    }

    #[test]
    fn texts_have_their_words_forms_and_lengths() {
        let takes = |table, code, value: &str, version| parameter(table, code).takes(value.as_bytes(), version);
        assert!(takes(NETWORK, 34, "json", 730) && !takes(NETWORK, 34, "yaml", 730) && !takes(NETWORK, 34, "", 730));
        assert!(takes(NETWORK, 40, "a=b", 730) && !takes(NETWORK, 40, "ab", 730) && !takes(NETWORK, 40, "", 730));
        assert!(takes(NETWORK, 36, "a_1", 730) && !takes(NETWORK, 36, "a-1", 730));
        assert!(takes(NETWORK, 30, "", 730) && takes(TRANSACTION, 401, "", 730));
        let long = "x".repeat(17);
        assert!(takes(TRANSACTION, 800, &long, 720) && !takes(TRANSACTION, 800, &long, 710));
        assert!(!takes(TRANSACTION, 403, "", 730) && !takes(TRANSACTION, 403, &"x".repeat(101), 730));
        assert!(parameter(TRANSACTION, 900).takes(&[0; 33], 720) && parameter(TRANSACTION, 900).takes(&[0; 16], 710));
        assert!(!parameter(TRANSACTION, 900).takes(&[0; 16], 720));
    }
}
"#;

#[cfg(test)]
mod tests {
    use super::entry;
    use crate::fdb::option::Row;

    fn row(more: &str) -> Row {
        let text =
            "scope = \"transaction\"\ncode = 1\nname = \"a\"\nsince = 510\nstate = \"accepted\"\ndoc = \"It is.\"\n";
        toml::from_str(&format!("{text}{more}")).unwrap()
    }

    #[test]
    fn each_kind_of_row_becomes_an_entry() {
        assert_eq!(entry(&row("parameter = \"none\"")), "    entry(1, \"a\", State::Accepted, Parameter::None),\n");
        let int = row("parameter = \"int\"\nmin = -1\nmax = 9\nnever = 0\npersistent = true");
        assert_eq!(
            entry(&int),
            "    Entry { persistent: true, never: Some(0), ..entry(1, \"a\", State::Accepted, int(-1, 9)) },\n"
        );
        let tag = entry(&row("parameter = \"string\"\nmax = 255\nto_710 = [0, 16]\nerror = 2110"));
        assert!(tag.contains("error: 2110") && tag.contains("Some((0, 16))") && tag.contains("max: 255"));
        assert!(entry(&row("parameter = \"string\"")).contains("text(0, usize::MAX)"));
        assert!(entry(&row("parameter = \"string\"\nwords = [\"x\"]")).contains("one_of(&[\"x\"])"));
    }
}
