//! fdb_c_options.g.h: every option and number as an enumeration of C.

use std::fmt::Write;

use super::comment;
use super::option::{self, Kind, Number, Options, Parameter, Row, Scope, Shape, State};
use super::table::OLDEST;

/// The whole header.
pub fn text(options: &Options) -> String {
    let mut text =
        format!("/* {} */\n#ifndef FDB_C_OPTIONS_G_H\n#define FDB_C_OPTIONS_G_H\n\n", comment::origin(option::PATH));
    text.push_str(&comment::c(&INTRODUCTION.map(str::to_owned), ""));
    for scope in Scope::ALL {
        let (name, prefix, word) = scope.names();
        let rows = options.of(scope);
        let entries = rows.map(|row| (notes(row), names(&row.name, &row.also), row.code)).collect::<Vec<_>>();
        let purpose = format!("What fdb_{word}_set_option() sets.");
        text.push_str(&enumeration(name, prefix, &purpose, &entries));
    }
    for kind in Kind::ALL {
        let (name, prefix, purpose) = kind.names();
        let numbers = options.numbers_of(kind);
        let explained = |number: &Number| {
            let mut notes = vec![with_rules(&number.doc, &number.rules)];
            notes.extend(since(number.since));
            notes
        };
        let entries = numbers
            .map(|number| (explained(number), names(&number.name, &number.also), number.code))
            .collect::<Vec<_>>();
        text.push_str(&enumeration(name, prefix, purpose, &entries));
    }
    text + "\n#endif\n"
}

fn names(name: &str, also: &[String]) -> Vec<String> {
    [name].into_iter().chain(also.iter().map(String::as_str)).map(str::to_uppercase).collect()
}

type Entry = (Vec<String>, Vec<String>, i32);

fn enumeration(name: &str, prefix: &str, purpose: &str, entries: &[Entry]) -> String {
    let mut text = format!("\n{}typedef enum {{\n", comment::c(&[purpose.to_owned()], ""));
    let mut lines = Vec::new();
    for (notes, names, code) in entries {
        for (index, name) in names.iter().enumerate() {
            let notes = if index == 0 { notes.clone() } else { vec!["A former name of the same.".to_owned()] };
            lines.push(format!("{}    {prefix}{name} = {code}", comment::c(&notes, "    ")));
        }
    }
    text.push_str(&lines.join(",\n\n"));
    let _ = write!(text, "\n}} {name};\n");
    text
}

/// What the comment of an option says.
fn notes(row: &Row) -> Vec<String> {
    let mut notes = vec![with_rules(&row.doc, &row.rules), format!("Value: {}.", value(row))];
    if row.state == State::Refused {
        notes.push("Refused as an unknown option is: 2007.".to_owned());
    }
    if row.persistent {
        notes.push("fdb_transaction_on_error() keeps it.".to_owned());
    }
    if let Some(code) = row.default_for {
        notes.push(format!("It is the default of transaction option {code}."));
    }
    if row.hidden {
        notes.push("Not for programs.".to_owned());
    }
    notes.extend(since(row.since));
    notes
}

fn with_rules(doc: &str, rules: &[String]) -> String {
    match rules {
        [] => doc.to_owned(),
        rules => format!("{doc} ({})", rules.join(", ")),
    }
}

fn since(version: u32) -> Option<String> {
    (version > OLDEST).then(|| format!("In headers from {version} on."))
}

/// What value an option takes, in words.
pub fn value(row: &Row) -> String {
    let text = match row.parameter {
        Parameter::None => return "none".to_owned(),
        Parameter::Int => integer(row),
        Parameter::String if !row.words.is_empty() => {
            let words: Vec<String> = row.words.iter().map(|word| format!("`{word}`")).collect();
            format!("one of {}", words.join(", "))
        }
        Parameter::String => "a string".to_owned() + &length(row),
        Parameter::Bytes => "bytes".to_owned() + &length(row),
    };
    let shape = match row.shape {
        Some(Shape::Assignment) => ", `name=value`",
        Some(Shape::Identifier) => ", letters, digits and underscores",
        None => "",
    };
    text + shape + if row.optional { ", or none" } else { "" }
}

fn integer(row: &Row) -> String {
    let bound = |bound: i64| match bound {
        i64::MIN => "-2^63".to_owned(),
        i64::MAX => "2^63 - 1".to_owned(),
        2_147_483_647 => "2^31 - 1".to_owned(),
        other => other.to_string(),
    };
    let (Some(min), Some(max)) = (row.min, row.max) else { return "an integer".to_owned() };
    let never = row.never.map(|never| format!(", not {never}")).unwrap_or_default();
    format!("an integer from {} to {}{never}", bound(min), bound(max))
}

fn length(row: &Row) -> String {
    let between = |min: i64, max: i64| match (min, max) {
        (min, max) if min == max => format!("{min}"),
        (0, max) => format!("up to {max}"),
        (min, max) => format!("{min} to {max}"),
    };
    let Some(max) = row.max else { return String::new() };
    let now = between(row.min.unwrap_or_default(), max);
    match row.to_710 {
        Some([min, max]) => format!(" of {now} bytes, up to version 710 {}", between(min, max)),
        None => format!(" of {now} bytes"),
    }
}

const INTRODUCTION: [&str; 5] = [
    "Do not include this file yourself: fdb_c.h does.",
    "",
    "An integer is 8 bytes, little-endian and signed; an option without a value takes NULL and 0. An option \
     that is not listed is 2007 invalid_option, a bad value 2006 invalid_option_value or what the comment says \
     (OPT-1 to OPT-3). An option that has no effect here has its value checked all the same.",
    "",
    "Numbers are never reused.",
];

#[cfg(test)]
mod tests {
    use super::{notes, value};
    use crate::fdb::option::Row;

    fn row(more: &str) -> Row {
        let text =
            "scope = \"transaction\"\ncode = 1\nname = \"a\"\nsince = 510\nstate = \"refused\"\ndoc = \"It is.\"\n";
        toml::from_str(&format!("{text}{more}")).unwrap()
    }

    #[test]
    fn values_are_told_in_words() {
        assert_eq!(value(&row("parameter = \"none\"")), "none");
        assert_eq!(value(&row("parameter = \"int\"\nmin = -1\nmax = 9\nnever = 0")), "an integer from -1 to 9, not 0");
        let tag = row("parameter = \"string\"\nmin = 0\nmax = 255\nto_710 = [0, 16]\noptional = true");
        assert_eq!(value(&tag), "a string of up to 255 bytes, up to version 710 up to 16, or none");
        assert_eq!(value(&row("parameter = \"string\"\nwords = [\"x\", \"y\"]")), "one of `x`, `y`");
    }

    #[test]
    fn a_refused_option_says_so() {
        assert!(notes(&row("parameter = \"none\"")).iter().any(|note| note.contains("2007")));
    }
}
