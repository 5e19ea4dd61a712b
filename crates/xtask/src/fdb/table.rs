//! schema/fdb_c.toml: the functions and structures of FoundationDB's C client interface.

use std::collections::BTreeSet;
use std::error::Error;

use serde::Deserialize;

use super::c_type;
use crate::{file, schema};

/// Where the table is.
pub const PATH: &str = "schema/fdb_c.toml";

/// The rules that a function may name.
const RULES: &str = "schema/semantics.toml";

/// The oldest and the newest version that the library serves.
pub const OLDEST: u32 = 510;
/// See [`OLDEST`].
pub const NEWEST: u32 = 800;

/// The versions that headers were published for, and so those that programs name.
pub const VERSIONS: [u32; 12] = [OLDEST, 520, 600, 610, 620, 630, 700, 710, 720, 730, 740, NEWEST];

/// The error of a refused function, if its row names none.
const UNSUPPORTED_OPERATION: i32 = 2108;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The chapters, in the order of the headers.
    #[serde(rename = "noun")]
    pub nouns: Vec<Noun>,
    /// The structures that callers see into.
    #[serde(rename = "struct")]
    pub structs: Vec<Struct>,
    /// The functions, chapter by chapter.
    #[serde(rename = "function")]
    pub functions: Vec<Function>,
}

/// A chapter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noun {
    /// The word that functions use.
    pub name: String,
    /// The headline.
    pub title: String,
    /// What holds for all its functions.
    pub intro: String,
    /// Which threads may call them.
    pub threads: String,
}

/// A structure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Struct {
    /// The name of the type.
    pub name: String,
    /// The name after `struct`.
    pub tag: String,
    /// Whether members are aligned to 4 bytes at most.
    pub packed: bool,
    /// The bytes it takes on a 64-bit machine.
    pub size: u32,
    /// What it is.
    pub doc: String,
    /// What it is made of.
    pub members: Vec<Member>,
}

/// A member of a structure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name, with what C writes after or around it.
    pub name: String,
    /// Where it lies on a 64-bit machine.
    pub offset: u32,
}

/// One function.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its chapter.
    pub noun: String,
    /// The C type that it returns.
    pub returns: String,
    /// C type and name of each parameter.
    pub parameters: Vec<String>,
    /// The first version that has it.
    pub first: u32,
    /// The last version whose programs may call it.
    pub last: u32,
    /// The header that declares it.
    #[serde(default)]
    pub header: Header,
    /// What its future holds.
    pub holds: Option<String>,
    /// What the library does.
    pub state: State,
    /// How it fails if it is refused.
    pub refusal: Option<Refusal>,
    /// The error with which it fails then.
    #[serde(default = "unsupported_operation")]
    pub code: i32,
    /// The clients that name it.
    pub clients: Vec<String>,
    /// What it does.
    pub doc: String,
    /// Which threads may call it, if not as the chapter says.
    pub threads: Option<String>,
    /// Its errors.
    #[serde(default)]
    pub errors: Vec<i32>,
    /// The rules it follows.
    #[serde(default)]
    pub rules: Vec<String>,
}

fn unsupported_operation() -> i32 {
    UNSUPPORTED_OPERATION
}

/// A header.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Header {
    /// fdb_c.h
    #[default]
    Public,
    /// fdb_c_internal.h
    Internal,
    /// fdb_c_shim.h
    Shim,
}

/// What the library does about a function.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// What FoundationDB does.
    Works,
    /// It succeeds and has no effect, or nearly none.
    Accepted,
    /// It fails.
    Refused,
}

/// How a refused function fails.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Refusal {
    /// Its future has the error.
    Future,
    /// Its result has the error.
    Result,
    /// It returns the error.
    Error,
    /// It does nothing.
    Void,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Works => "works",
            State::Accepted => "accepted",
            State::Refused => "refused",
        }
    }
}

impl Function {
    /// Each parameter as type and name.
    pub fn typed_parameters(&self) -> Vec<(String, String)> {
        self.parameters.iter().map(|parameter| c_type::split(parameter)).collect()
    }

    /// Whether a program of a version may call it.
    pub fn is_in(&self, version: u32) -> bool {
        version <= self.last
    }

    /// The oldest version served at which it is gone already.
    pub fn gone_at(&self) -> Option<u32> {
        VERSIONS.into_iter().find(|version| !self.is_in(*version))
    }
}

impl Table {
    /// The functions of a chapter.
    pub fn of<'a>(&'a self, noun: &'a str) -> impl Iterator<Item = &'a Function> {
        self.functions.iter().filter(move |function| function.noun == noun)
    }

    /// Which threads may call a function.
    pub fn threads_of(&self, function: &Function) -> &str {
        self.nouns.iter().find(|noun| noun.name == function.noun).map_or("", |noun| &noun.threads)
    }

    /// The names of all functions, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.functions.iter().map(|function| function.name.clone()).collect();
        names.sort();
        names
    }
}

/// Reads and validates the table.
pub fn load() -> Result<Table, Box<dyn Error>> {
    let table: Table = toml::from_str(&file::read(PATH)?).map_err(|error| format!("{PATH}: {error}"))?;
    let errors = schema::load()?.iter().map(|row| row.number).collect();
    let rules = rules()?;
    match slips(&table, &errors, &rules).first() {
        Some(slip) => Err(format!("{PATH}: {slip}").into()),
        None => Ok(table),
    }
}

/// The ids of the rules.
pub fn rules() -> Result<BTreeSet<String>, String> {
    let text = file::read(RULES)?;
    let ids = text.lines().filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'));
    Ok(ids.map(str::to_owned).collect())
}

/// What is wrong with the table itself.
fn slips(table: &Table, errors: &BTreeSet<i32>, rules: &BTreeSet<String>) -> Vec<String> {
    let mut slips = Vec::new();
    let mut seen = BTreeSet::new();
    for function in &table.functions {
        let name = &function.name;
        let mut complain = |what: String| slips.push(format!("{name}: {what}"));
        if !name.starts_with("fdb_") || !seen.insert(name) {
            complain("the name is taken or does not begin with fdb_".into());
        }
        if !table.nouns.iter().any(|noun| noun.name == function.noun) {
            complain(format!("there is no noun {}", function.noun));
        }
        let types = function.typed_parameters().into_iter().map(|(kind, _)| kind).chain([function.returns.clone()]);
        types.filter_map(|kind| c_type::to_rust(&kind).err()).for_each(&mut complain);
        if (function.state == State::Refused) != function.refusal.is_some() {
            complain("a refused function has a refusal, and no other has".into());
        }
        if function.first > function.last || function.last > NEWEST {
            complain("the versions do not rise".into());
        }
        let codes = function.errors.iter().chain([&function.code]);
        codes
            .filter(|code| !errors.contains(code))
            .for_each(|code| complain(format!("no error has the number {code}")));
        let named = function.rules.iter();
        named.filter(|rule| !rules.contains(*rule)).for_each(|rule| complain(format!("there is no rule {rule}")));
    }
    let texts = table.functions.iter().map(|function| &function.doc).chain(table.structs.iter().map(|item| &item.doc));
    slips.extend(texts.filter_map(|text| bad_text(text)));
    slips
}

/// Why a text cannot stand in a C comment.
pub fn bad_text(text: &str) -> Option<String> {
    let bad = !text.ends_with('.') || text.contains(['\n', '\t']) || text.contains("*/") || text.contains("/*");
    bad.then(|| format!("the text must be whole sentences and fit into a comment: {text}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{slips, Table};

    const GOOD: &str = r#"
        noun = [{ name = "future", title = "Futures", intro = "A.", threads = "Any." }]
        struct = []
        [[function]]
        name = "fdb_a"
        noun = "future"
        returns = "fdb_error_t"
        parameters = ["FDBFuture* future", "int64_t* out"]
        first = 510
        last = 800
        state = "works"
        clients = []
        doc = "Does it."
        errors = [2015]
        rules = ["FUT-3"]
    "#;

    fn slips_of(from: &str, to: &str) -> usize {
        assert!(GOOD.contains(from));
        let table: Table = toml::from_str(&GOOD.replacen(from, to, 1)).unwrap();
        slips(&table, &BTreeSet::from([2015, 2108]), &BTreeSet::from(["FUT-3".to_owned()])).len()
    }

    #[test]
    fn a_good_table_passes_and_each_slip_is_found() {
        assert_eq!(slips_of("fdb_a", "fdb_a"), 0);
        assert_eq!(slips_of("fdb_a", "plinth_a"), 1);
        assert_eq!(slips_of("noun = \"future\"", "noun = \"past\""), 1);
        assert_eq!(slips_of("int64_t* out", "long* out"), 1);
        assert_eq!(slips_of("\"works\"", "\"refused\""), 1);
        assert_eq!(slips_of("last = 800", "last = 500"), 1);
        assert_eq!(slips_of("[2015]", "[2016]"), 1);
        assert_eq!(slips_of("FUT-3", "FUT-4"), 1);
        assert_eq!(slips_of("Does it.", "Does it"), 1);
        assert_eq!(slips_of("Does it.", "Does */ it."), 1);
    }
}
