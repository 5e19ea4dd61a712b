//! COMPAT.md: each function and option, what the library does, who uses it, and which tests cover it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::comment;
use super::option::{self, Options, Scope};
use super::option_header;
use super::table::{self, Function, State, Table};
use crate::file;
use crate::outcome::{judge, Failure};

/// Where the page is.
pub const PATH: &str = "COMPAT.md";

/// Where the C tests are.
const TESTS: &str = "ffi-tests/fdb_c";

/// Where the suites of the clients are.
const CLIENTS: &str = "clients";

/// Programs that name every function, and so show of none what it does.
const NAME_EVERYTHING: [&str; 4] = ["header_c90.c", "header_cxx.cc", "layout.c", "null.c"];

/// Tests of one function that are named; the others are counted.
const NAMED: usize = 6;

/// Names that stand for others in C.
const MACROS: [(&str, &str); 2] = [
    ("fdb_select_api_version", "fdb_select_api_version_impl"),
    ("fdb_select_api_version_capped", "fdb_select_api_version_impl"),
];

/// Which tests name which function.
pub struct Coverage {
    c: BTreeMap<String, BTreeSet<String>>,
    suites: BTreeSet<String>,
    /// Whether there are C tests at all.
    written: bool,
}

impl Coverage {
    /// Reads the tests.
    pub fn scan(table: &Table) -> Result<Self, Box<dyn Error>> {
        let mut paths = Vec::new();
        collect(Path::new(TESTS), &mut paths)?;
        let mut c: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut written = false;
        for path in paths {
            let shown = path.strip_prefix(TESTS)?.display().to_string();
            if NAME_EVERYTHING.contains(&shown.as_str()) {
                continue;
            }
            written |= shown.ends_with(".c");
            for name in words(&file::read(&path)?) {
                c.entry(name).or_default().insert(shown.clone());
            }
        }
        let suites = suites(table, |client| Path::new(CLIENTS).join(client).is_dir());
        Ok(Self { c, suites, written })
    }

    /// Fails if a function that does something is in no C test.
    pub fn judge(&self, table: &Table) -> Result<String, Failure> {
        if !self.written {
            return Ok(format!("no tests in {TESTS}"));
        }
        let wanted: Vec<&Function> = table.functions.iter().filter(|item| item.state != State::Refused).collect();
        let open = wanted.iter().filter(|function| !self.c.contains_key(&function.name));
        let open = open.map(|function| format!("{} ({})", function.name, function.state.word())).collect();
        let repair = format!("write a C test in {TESTS} that calls it, then `cargo xtask fdb`");
        judge(format!("{} covered", wanted.len()), "functions that no C test names", open, &repair)
    }

    /// The tests of a function, as a cell of a table.
    fn of(&self, function: &Function) -> String {
        let files: Vec<String> =
            self.c.get(&function.name).into_iter().flatten().map(|name| format!("`{name}`")).collect();
        let mut parts = files[..files.len().min(NAMED)].to_vec();
        if files.len() > NAMED {
            parts.push(format!("{} more", files.len() - NAMED));
        }
        let suites: BTreeSet<&str> = function.clients.iter().map(|client| suite(client)).collect();
        parts.extend(suites.into_iter().filter(|suite| self.suites.contains(*suite)).map(str::to_owned));
        parts.join(", ")
    }
}

/// The directory of a client's suite: its name without the version.
fn suite(client: &str) -> &str {
    client.split('-').next().unwrap_or(client)
}

fn suites(table: &Table, exists: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let named = table.functions.iter().flat_map(|function| &function.clients).map(|client| suite(client));
    named.filter(|suite| exists(suite)).map(str::to_owned).collect()
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if !directory.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let source = path.extension().is_some_and(|kind| ["c", "cc", "h"].iter().any(|wanted| kind == *wanted));
        if path.is_dir() {
            collect(&path, paths)?;
        } else if source {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(())
}

/// The functions that a C source names.
fn words(source: &str) -> BTreeSet<String> {
    let found = source.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let found = found.filter(|word| word.starts_with("fdb_"));
    let real =
        |word: &str| MACROS.iter().find(|(name, _)| *name == word).map_or(word.to_owned(), |(_, to)| (*to).to_owned());
    found.map(real).collect()
}

/// The whole page.
pub fn text(table: &Table, options: &Options, coverage: &Coverage) -> String {
    let source = format!("{}, {} and the tests", table::PATH, option::PATH);
    let mut text = format!("<!-- {} -->\n\n{INTRODUCTION}", comment::origin(&source));
    totals(&mut text, table, options);
    for noun in &table.nouns {
        let _ = write!(
            text,
            "\n## {}\n\n{}\n\n| function | versions | state | clients | tests |\n| --- | --- | --- | --- | --- |\n",
            noun.title, noun.intro
        );
        for function in table.of(&noun.name) {
            let state = match function.state {
                State::Refused if function.returns != "void" => format!("refused, {}", function.code),
                state => state.word().to_owned(),
            };
            let _ = writeln!(
                text,
                "| `{}` | {} to {} | {state} | {} | {} |",
                function.name,
                function.first,
                function.last,
                function.clients.join(", "),
                coverage.of(function)
            );
        }
    }
    for scope in Scope::ALL {
        option_table(&mut text, options, scope);
    }
    text
}

fn totals(text: &mut String, table: &Table, options: &Options) {
    let functions = |state| table.functions.iter().filter(|function| function.state == state).count();
    let rows = |state| options.options.iter().filter(|row| row.state == state).count();
    let _ = writeln!(
        text,
        "{} functions: {} work, {} are accepted, {} are refused. {} options: {} are implemented, {} are accepted, \
         {} are refused.",
        table.functions.len(),
        functions(State::Works),
        functions(State::Accepted),
        functions(State::Refused),
        options.options.len(),
        rows(option::State::Implemented),
        rows(option::State::Accepted),
        rows(option::State::Refused)
    );
}

fn option_table(text: &mut String, options: &Options, scope: Scope) {
    let (_, prefix, word) = scope.names();
    let title = word[..1].to_uppercase() + &word[1..];
    let _ = write!(
        text,
        "\n## {title} options\n\nIn C the names are in capitals after `{prefix}`.\n\n\
         | code | name | since | value | state | meaning |\n| ---: | --- | ---: | --- | --- | --- |\n"
    );
    for row in options.of(scope) {
        let also: String = row.also.iter().map(|name| format!(", formerly `{name}`")).collect();
        let _ = writeln!(
            text,
            "| {} | `{}`{also} | {} | {} | {} | {} |",
            row.code,
            row.name,
            row.since,
            option_header::value(row),
            row.state.word(),
            row.doc
        );
    }
}

const INTRODUCTION: &str = "\
# Compatibility with FoundationDB's C client

`libfdb_c.so` has the binary interface of FoundationDB's own client library, so that programs written for
FoundationDB run unchanged and without a cluster. Its headers are in `include/foundationdb`. API versions 510
to 800 can be selected.

How to read the tables:

- *works*: it does what FoundationDB does; `docs/SEMANTICS.md` has the rules, one by one.
- *accepted*: the call succeeds, its arguments are checked, and it has no effect here, or nearly none.
- *refused*: the call fails in the way in which its callers see errors, with the number given. It never aborts.
- *versions*: from the first header that declares it to the last API version whose programs may call it.
- *clients*: which clients name it, be they the Python, Node and Rust bindings or 3FS.
- *tests*: the C programs in `ffi-tests/fdb_c` that call it, and the suites in `clients` whose binding does.

";

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{suites, words, Coverage, Table};

    const TABLE: &str = r#"
        noun = []
        struct = []
        [[function]]
        name = "fdb_a"
        noun = "n"
        returns = "void"
        parameters = []
        first = 510
        last = 800
        state = "works"
        clients = ["python-7.1", "python-7.3", "3fs"]
        doc = "Does it."
    "#;

    fn coverage(table: &Table, source: &str) -> Coverage {
        let c = words(source).into_iter().map(|name| (name, BTreeSet::from(["a.c".to_owned()])));
        Coverage { c: c.collect::<BTreeMap<_, _>>(), suites: suites(table, |name| name == "python"), written: true }
    }

    #[test]
    fn a_function_in_no_c_test_is_told_and_a_longer_name_does_not_count() {
        let table: Table = toml::from_str(TABLE).unwrap();
        assert!(coverage(&table, "fdb_a();").judge(&table).is_ok());
        let failure = coverage(&table, "fdb_ab(); xfdb_a();").judge(&table).err().unwrap();
        assert_eq!(failure.details, ["fdb_a (works)"]);
    }

    #[test]
    fn files_and_suites_are_told() {
        let table: Table = toml::from_str(TABLE).unwrap();
        assert_eq!(coverage(&table, "fdb_a").of(&table.functions[0]), "`a.c`, python");
    }

    #[test]
    fn a_macro_counts_for_its_function() {
        assert!(words("fdb_select_api_version(730)").contains("fdb_select_api_version_impl"));
    }
}
