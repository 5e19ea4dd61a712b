//! The error tables in Rust, from schema/errors.toml.

use std::fmt::Write;

use crate::outcome::Outcome;
use crate::schema::{self, Row};
use crate::{file, Mode};

const COMMAND: &str = "cargo xtask codegen";

/// What stands in the API table before its rows.
const TYPES: &str = include_str!("error_types.txt");

/// Writes or checks both tables.
pub fn task(mode: Mode) -> Outcome {
    let rows = schema::load()?;
    file::settle("src/error_numbers.rs", &numbers(&rows), mode, COMMAND)?;
    file::settle("crates/api/src/error_table.rs", &table(&rows), mode, COMMAND)?;
    Ok(format!("{} errors", rows.len()))
}

/// The C enumeration.
fn numbers(rows: &[Row]) -> String {
    let mut text = preamble();
    text.push_str(
        "/// Every error number. FoundationDB's are as FoundationDB has them; those from 9000 on are\n\
         /// Plinth's own.\n\
         #[repr(C)]\n\
         #[derive(Clone, Copy)]\n\
         pub enum plinth_error_number {\n",
    );
    for row in rows {
        let _ = writeln!(text, "    /// {}.", row.text);
        let _ = writeln!(text, "    PLINTH_ERROR_{} = {},", row.name.to_uppercase(), row.number);
    }
    text.push_str("}\n");
    text
}

/// The constants and the table of the API crate.
fn table(rows: &[Row]) -> String {
    let mut text = preamble();
    text.push_str(TYPES);
    text.push_str("\nimpl Code {\n");
    for row in rows {
        let _ = writeln!(text, "    /// {}.", row.text);
        let _ = writeln!(text, "    pub const {}: Code = Code({});", row.name.to_uppercase(), row.number);
    }
    text.push_str("}\n\n/// Every known error, by number.\n#[rustfmt::skip]\npub const TABLE: &[Entry] = &[\n");
    for Row { number, name, retry, on_error, text: sentence } in rows {
        let _ = writeln!(
            text,
            "    Entry {{ number: {number}, name: \"{name}\", text: \"{sentence}\", \
             retry: Retry::{retry:?}, on_error: OnError::{on_error:?} }},"
        );
    }
    text.push_str("];\n");
    text
}

fn preamble() -> String {
    format!("//! Generated from `schema/errors.toml` by `{COMMAND}`; do not edit.\n\n")
}
