//! The operating manual has a row for every option of a database, and for nothing else.

use std::collections::BTreeSet;

use crate::outcome::{judge, Outcome};
use crate::{file, header, Mode};

const MANUAL: &str = "docs/OPERATIONS.md";
const SECTION: &str = "## Options and their defaults";
const STRUCT: &str = "plinth_database_options";

/// Compares the two; there is nothing to write.
pub fn task(_: Mode) -> Outcome {
    let fields = fields(&file::read(header::PATH)?);
    let rows = rows(&file::read(MANUAL)?);
    let missing = fields.difference(&rows).map(|name| format!("{name} has no row in {MANUAL}, `{SECTION}`"));
    let unknown = rows.difference(&fields).map(|name| format!("{name} is no field of {STRUCT}"));
    let note = format!("{} options", fields.len());
    judge(note, "options and their table differ", missing.chain(unknown).collect(), "mend the table")
}

/// The fields of the options of a database, but for the size that they begin with.
fn fields(header: &str) -> BTreeSet<String> {
    let end = format!("}} {STRUCT};");
    let Some(body) = header.split(&end).next().filter(|before| before.len() < header.len()) else {
        return BTreeSet::new();
    };
    let body = body.rsplit("typedef struct {").next().unwrap_or_default();
    let declared = body.lines().filter_map(|line| line.trim().strip_suffix(';'));
    let names = declared.filter_map(|line| line.rsplit(' ').next()).map(|name| name.trim_start_matches('*').to_owned());
    names.filter(|name| name != "struct_size").collect()
}

/// The names in the first column of the section's table.
fn rows(manual: &str) -> BTreeSet<String> {
    let section = manual.split(SECTION).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let firsts = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let names =
        firsts.flat_map(|first| first.split('`').map(str::trim).filter(|name| !name.is_empty() && *name != ","));
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{fields, rows};

    #[test]
    fn fields_are_those_of_the_one_struct() {
        let header = "typedef struct {\n    int32_t other;\n} plinth_other;\n\ntypedef struct {\n    /**\n     * Size; of it.\n     */\n    uint32_t struct_size;\n    /**\n     * One.\n     */\n    bool one;\n    const char *two;\n} plinth_database_options;\n";
        assert_eq!(fields(header).into_iter().collect::<Vec<_>>(), ["one", "two"]);
        assert!(fields("").is_empty());
    }

    #[test]
    fn rows_are_those_of_the_one_section() {
        let manual = "## Options and their defaults\n\n| option | x |\n| --- | --- |\n| `one`, `two` | `no` |\n\n## Then\n| `three` | |\n";
        assert_eq!(rows(manual).into_iter().collect::<Vec<_>>(), ["one", "two"]);
    }
}
