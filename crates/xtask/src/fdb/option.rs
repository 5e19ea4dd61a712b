//! schema/fdb_options.toml: options, and the other numbers that callers pass.

use std::collections::BTreeSet;
use std::error::Error;

use serde::Deserialize;

use super::table;
use crate::{file, schema};

/// Where the table is.
pub const PATH: &str = "schema/fdb_options.toml";

/// The error of a bad value, if the row names none.
const INVALID_OPTION_VALUE: i32 = 2006;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Options, by scope and code.
    #[serde(rename = "option")]
    pub options: Vec<Row>,
    /// The other numbers, by kind.
    #[serde(rename = "number")]
    pub numbers: Vec<Number>,
}

/// An option.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Where it is set.
    pub scope: Scope,
    /// Its number.
    pub code: i32,
    /// Its name in lower case.
    pub name: String,
    /// Former names.
    #[serde(default)]
    pub also: Vec<String>,
    /// The first header that has it.
    pub since: u32,
    /// What value it takes.
    pub parameter: Parameter,
    /// The least integer or length.
    pub min: Option<i64>,
    /// The greatest integer or length.
    pub max: Option<i64>,
    /// An integer between them that is bad all the same.
    pub never: Option<i64>,
    /// The bounds of the length up to version 710.
    pub to_710: Option<[i64; 2]>,
    /// Whether it may have no value.
    #[serde(default)]
    pub optional: bool,
    /// Whether `on_error` keeps it.
    #[serde(default)]
    pub persistent: bool,
    /// Whether programs should not set it.
    #[serde(default)]
    pub hidden: bool,
    /// The only values.
    #[serde(default)]
    pub words: Vec<String>,
    /// The form of the value.
    pub shape: Option<Shape>,
    /// The error of a bad value.
    #[serde(default = "invalid_option_value")]
    pub error: i32,
    /// The transaction option that it is the default of.
    pub default_for: Option<i32>,
    /// What the library does.
    pub state: State,
    /// What it means.
    pub doc: String,
    /// The rules it follows.
    #[serde(default)]
    pub rules: Vec<String>,
}

fn invalid_option_value() -> i32 {
    INVALID_OPTION_VALUE
}

/// Where an option is set.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// For the whole client.
    Network,
    /// For a database handle.
    Database,
    /// For a transaction.
    Transaction,
}

/// What value an option takes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Parameter {
    /// None.
    None,
    /// 8 bytes, little-endian.
    Int,
    /// Text.
    String,
    /// Bytes.
    Bytes,
}

/// The form of a text.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// `name=value`.
    Assignment,
    /// Letters, digits and underscores.
    Identifier,
}

/// What the library does about an option.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It does what it says.
    Implemented,
    /// Its value is checked, and it has no effect.
    Accepted,
    /// It fails as an unknown one does.
    Refused,
}

/// A number that is not an option.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// Which enumeration it belongs to.
    pub kind: Kind,
    /// The number.
    pub code: i32,
    /// Its name in lower case.
    pub name: String,
    /// Former names.
    #[serde(default)]
    pub also: Vec<String>,
    /// The first header that has it.
    pub since: u32,
    /// What it means.
    pub doc: String,
    /// The rules it follows.
    #[serde(default)]
    pub rules: Vec<String>,
}

/// An enumeration that is not one of options.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// How much a range read returns.
    StreamingMode,
    /// Atomic operations.
    MutationType,
    /// Conflict ranges.
    ConflictRangeType,
    /// Classes of errors.
    ErrorPredicate,
}

impl Scope {
    /// All of them.
    pub const ALL: [Scope; 3] = [Scope::Network, Scope::Database, Scope::Transaction];

    /// The C type, the beginning of the C names, and a word for it.
    pub fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Scope::Network => ("FDBNetworkOption", "FDB_NET_OPTION_", "network"),
            Scope::Database => ("FDBDatabaseOption", "FDB_DB_OPTION_", "database"),
            Scope::Transaction => ("FDBTransactionOption", "FDB_TR_OPTION_", "transaction"),
        }
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::StreamingMode, Kind::MutationType, Kind::ConflictRangeType, Kind::ErrorPredicate];

    /// The C type, the beginning of the C names, and what the numbers are for.
    pub fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Kind::StreamingMode => {
                ("FDBStreamingMode", "FDB_STREAMING_MODE_", "How much one call of a range read returns.")
            }
            Kind::MutationType => {
                ("FDBMutationType", "FDB_MUTATION_TYPE_", "What fdb_transaction_atomic_op() does with a key.")
            }
            Kind::ConflictRangeType => {
                ("FDBConflictRangeType", "FDB_CONFLICT_RANGE_TYPE_", "What fdb_transaction_add_conflict_range() adds.")
            }
            Kind::ErrorPredicate => {
                ("FDBErrorPredicate", "FDB_ERROR_PREDICATE_", "What fdb_error_predicate() asks about an error.")
            }
        }
    }
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Implemented => "implemented",
            State::Accepted => "accepted",
            State::Refused => "refused",
        }
    }
}

impl Options {
    /// The options of a scope, by code.
    pub fn of(&self, scope: Scope) -> impl Iterator<Item = &Row> {
        self.options.iter().filter(move |row| row.scope == scope)
    }

    /// The numbers of a kind.
    pub fn numbers_of(&self, kind: Kind) -> impl Iterator<Item = &Number> {
        self.numbers.iter().filter(move |number| number.kind == kind)
    }
}

/// Reads and validates the table.
pub fn load() -> Result<Options, Box<dyn Error>> {
    let options: Options = toml::from_str(&file::read(PATH)?).map_err(|error| format!("{PATH}: {error}"))?;
    let errors = schema::load()?.iter().map(|row| row.number).collect();
    match slips(&options, &errors, &table::rules()?).first() {
        Some(slip) => Err(format!("{PATH}: {slip}").into()),
        None => Ok(options),
    }
}

/// What is wrong with the table itself.
fn slips(options: &Options, errors: &BTreeSet<i32>, rules: &BTreeSet<String>) -> Vec<String> {
    let mut slips = Vec::new();
    let rising = |pair: &[Row]| (pair[0].scope, pair[0].code) < (pair[1].scope, pair[1].code);
    let unordered = options.options.windows(2).filter(|pair| !rising(pair));
    slips.extend(unordered.map(|pair| format!("{}: codes must rise", pair[1].name)));
    for row in &options.options {
        slips.extend(row_slips(row, errors).into_iter().map(|slip| format!("{}: {slip}", row.name)));
        let target = |code| options.of(Scope::Transaction).any(|row| row.code == code);
        if row.default_for.is_some_and(|code| !target(code)) {
            slips.push(format!("{}: it is the default of no option", row.name));
        }
    }
    let numbers = options.numbers.iter().map(|number| (&number.doc, &number.rules));
    for (doc, named) in options.options.iter().map(|row| (&row.doc, &row.rules)).chain(numbers) {
        slips.extend(table::bad_text(doc));
        slips.extend(named.iter().filter(|rule| !rules.contains(*rule)).map(|rule| format!("there is no rule {rule}")));
    }
    slips
}

fn row_slips(row: &Row, errors: &BTreeSet<i32>) -> Vec<String> {
    let mut slips = Vec::new();
    let is_int = row.parameter == Parameter::Int;
    let refused = row.state == State::Refused;
    if is_int && !refused && (row.min.is_none() || row.max.is_none()) {
        slips.push("an integer needs both bounds".to_owned());
    }
    if row.parameter == Parameter::None && (row.min.is_some() || row.max.is_some() || row.optional) {
        slips.push("it has no value to check".to_owned());
    }
    if (row.never.is_some() && !is_int) || (row.parameter != Parameter::String && !row.words.is_empty()) {
        slips.push("that check is for other values".to_owned());
    }
    if row.min.zip(row.max).is_some_and(|(min, max)| min > max) {
        slips.push("the bounds cross".to_owned());
    }
    if !errors.contains(&row.error) {
        slips.push(format!("no error has the number {}", row.error));
    }
    slips
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{slips, Options};

    const GOOD: &str = r#"
        number = []
        [[option]]
        scope = "database"
        code = 500
        name = "transaction_timeout"
        since = 610
        parameter = "int"
        min = 0
        max = 9
        default_for = 500
        state = "implemented"
        doc = "A limit."
        [[option]]
        scope = "transaction"
        code = 500
        name = "timeout"
        since = 510
        parameter = "none"
        state = "implemented"
        doc = "A limit."
        rules = ["TMO-1"]
    "#;

    fn slips_of(from: &str, to: &str) -> usize {
        assert!(GOOD.contains(from));
        let options: Options = toml::from_str(&GOOD.replacen(from, to, 1)).unwrap();
        slips(&options, &BTreeSet::from([2006]), &BTreeSet::from(["TMO-1".to_owned()])).len()
    }

    #[test]
    fn a_good_table_passes_and_each_slip_is_found() {
        assert_eq!(slips_of("500", "500"), 0);
        assert_eq!(slips_of("max = 9", ""), 1);
        assert_eq!(slips_of("max = 9", "max = -1"), 1);
        assert_eq!(slips_of("max = 9", "max = 9\nerror = 1"), 1);
        assert_eq!(slips_of("default_for = 500", "default_for = 501"), 1);
        assert_eq!(slips_of("scope = \"database\"", "scope = \"transaction\""), 1);
        assert_eq!(slips_of("parameter = \"none\"", "parameter = \"none\"\nmin = 1"), 1);
        assert_eq!(slips_of("parameter = \"none\"", "parameter = \"none\"\nnever = 1"), 1);
        assert_eq!(slips_of("TMO-1", "TMO-9"), 1);
        assert_eq!(slips_of("A limit.", "A limit"), 1);
    }
}
