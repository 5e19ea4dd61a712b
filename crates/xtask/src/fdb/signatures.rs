//! The functions in crates/fdb-c/src/entry are those of the table, with the same types.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use super::c_type::{plainest, to_rust};
use super::table::{self, Function, Table};
use crate::file;
use crate::outcome::{judge, Failure};

/// Where the functions are.
const ENTRY: &str = "crates/fdb-c/src/entry";

/// Without this file the library is not there yet.
const WRITTEN: &str = "crates/fdb-c/src/entry/transaction.rs";

/// A function as Rust writes it.
#[derive(Debug, PartialEq, Eq)]
struct Signature {
    parameters: Vec<String>,
    returns: String,
}

/// Compares; says what was compared.
pub fn check(table: &Table) -> Result<String, Failure> {
    if !Path::new(WRITTEN).exists() {
        return Ok(format!("signatures not compared, there is no {WRITTEN}"));
    }
    let mut found = BTreeMap::new();
    for source in sources(Path::new(ENTRY))? {
        found.extend(functions(&source));
    }
    let complaints = complaints(table, &found)?;
    let repair = format!("correct {} or the functions in {ENTRY}", table::PATH);
    judge(format!("{} signatures", found.len()), "functions that differ from the table", complaints, &repair)
}

fn sources(directory: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths.iter().map(file::read).collect::<Result<_, _>>()?)
}

/// The exported functions of a source, by name.
fn functions(source: &str) -> BTreeMap<String, Signature> {
    let code: String = source.lines().map(|line| line.split("//").next().unwrap_or(line).to_owned() + "\n").collect();
    let mut found = BTreeMap::new();
    for part in code.split("extern \"C\" fn fdb_").skip(1) {
        let Some((name, rest)) = part.split_once('(') else { continue };
        let Some((list, rest)) = closed(rest) else { continue };
        let end = rest.find('{').unwrap_or(rest.len());
        let returns = rest[..end].trim().strip_prefix("->").unwrap_or("()");
        let parameters = split(list).iter().map(|parameter| plainest(kind(parameter))).collect();
        found.insert(format!("fdb_{}", name.trim()), Signature { parameters, returns: plainest(returns) });
    }
    found
}

/// The text up to the bracket that closes what is open, and the text after it.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

/// A list at the commas that are in no bracket.
fn split(list: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0;
    for letter in list.chars() {
        depth += match letter {
            '(' | '<' => 1,
            ')' => -1,
            // The arrow of a function type closes nothing.
            '>' if !items.last().is_some_and(|item| item.ends_with('-')) => -1,
            _ => 0,
        };
        match (letter, depth) {
            (',', 0) => items.push(String::new()),
            _ => items.last_mut().into_iter().for_each(|item| item.push(letter)),
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

/// The type of `name: type`.
fn kind(parameter: &str) -> &str {
    parameter.split_once(':').map_or(parameter, |(_, kind)| kind)
}

/// What the table says.
fn wanted(function: &Function) -> Result<Signature, String> {
    let parameters = function.typed_parameters();
    let parameters = parameters.iter().map(|(kind, _)| to_rust(kind).map(|kind| plainest(&kind)));
    let returns = match function.returns.as_str() {
        "void" => "()".to_owned(),
        other => to_rust(other)?,
    };
    Ok(Signature { parameters: parameters.collect::<Result<_, _>>()?, returns: plainest(&returns) })
}

fn complaints(table: &Table, found: &BTreeMap<String, Signature>) -> Result<Vec<String>, String> {
    let mut complaints = Vec::new();
    for function in &table.functions {
        let wanted = wanted(function)?;
        match found.get(&function.name) {
            None => complaints.push(format!("{} is missing", function.name)),
            Some(there) if *there != wanted => complaints.push(format!(
                "{}({}) -> {} should be ({}) -> {}",
                function.name,
                there.parameters.join(", "),
                there.returns,
                wanted.parameters.join(", "),
                wanted.returns
            )),
            Some(_) => {}
        }
    }
    let extra = found.keys().filter(|name| !table.functions.iter().any(|function| function.name == **name));
    complaints.extend(extra.map(|name| format!("{name} is not in the table")));
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::{complaints, functions, Table};

    const TABLE: &str = r#"
        noun = []
        struct = []
        [[function]]
        name = "fdb_a"
        noun = "n"
        returns = "fdb_error_t"
        parameters = ["FDBFuture* future", "void (*hook)(void*)", "uint8_t const** out"]
        first = 510
        last = 800
        state = "works"
        clients = []
        doc = "Does it."
    "#;

    const SOURCE: &str = "
        /// Not `extern \"C\"`.
        #[no_mangle]
        pub unsafe extern \"C\" fn fdb_a(
            future: *mut FDBFuture, // the future
            hook: Option<unsafe extern \"C\" fn(*mut c_void)>,
            out: *mut *const u8,
        ) -> fdb_error_t {
            body()
        }
    ";

    fn complaints_of(from: &str, to: &str) -> Vec<String> {
        assert!(SOURCE.contains(from));
        let table: Table = toml::from_str(TABLE).unwrap();
        complaints(&table, &functions(&SOURCE.replacen(from, to, 1))).unwrap()
    }

    #[test]
    fn equal_signatures_pass() {
        assert_eq!(complaints_of("fdb_a", "fdb_a"), [""; 0]);
        assert_eq!(complaints_of("-> fdb_error_t", "-> std::ffi::c_int"), [""; 0]);
    }

    #[test]
    fn a_missing_an_extra_and_a_differing_function_are_told() {
        assert_eq!(complaints_of("fn fdb_a", "fn fdb_b"), ["fdb_a is missing", "fdb_b is not in the table"]);
        assert_eq!(complaints_of("*mut *const u8", "*mut *mut u8").len(), 1);
        assert_eq!(complaints_of("-> fdb_error_t", "").len(), 1);
        assert_eq!(complaints_of("*mut FDBFuture", "*mut FDBResult").len(), 1);
        assert_eq!(complaints_of("(*mut c_void)", "(*mut c_void) -> c_int").len(), 1);
    }
}
