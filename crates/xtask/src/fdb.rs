//! FoundationDB's C client interface: everything that is made of the two tables of it, and the checks of what
//! is written by hand.
//!
//! schema/fdb_c.toml has the functions and structures, schema/fdb_options.toml the options.

mod c_tests;
mod c_type;
mod comment;
mod compat;
mod header;
mod option;
mod option_header;
mod option_table;
mod refused;
mod signatures;
pub mod table;

use std::error::Error;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::outcome::Outcome;
use crate::{file, schema, Mode};
use option::Options;
use table::{Header, Table};

const COMMAND: &str = "cargo xtask fdb";

/// The names that the library exports.
pub const SYMBOLS: &str = "abi/fdb_c.symbols";

/// Writes or checks what is made of the tables, then checks the functions and their tests.
pub fn task(mode: Mode) -> Outcome {
    let table = table::load()?;
    let options = option::load()?;
    for (path, text) in generated(&table, &options)? {
        file::settle(path, &text, mode, COMMAND)?;
    }
    let coverage = compat::Coverage::scan(&table)?;
    file::settle(compat::PATH, &compat::text(&table, &options, &coverage), mode, COMMAND)?;
    let signatures = signatures::check(&table)?;
    let covered = coverage.judge(&table)?;
    Ok(format!("{} functions, {} options; {signatures}; {covered}", table.functions.len(), options.options.len()))
}

/// Every file that the tables alone decide.
fn generated(table: &Table, options: &Options) -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let errors = schema::load()?.into_iter().map(|row| (row.number, row.name)).collect();
    Ok(vec![
        ("include/foundationdb/fdb_c.h", header::main(table, &errors)),
        ("include/foundationdb/fdb_c_types.h", header::types()),
        ("include/foundationdb/fdb_c_apiversion.g.h", header::versions()),
        ("include/foundationdb/fdb_c_internal.h", header::beside(table, &errors, Header::Internal)),
        ("include/foundationdb/fdb_c_shim.h", header::beside(table, &errors, Header::Shim)),
        ("include/foundationdb/fdb_c_options.g.h", option_header::text(options)),
        ("crates/fdb-c/src/option_table.rs", formatted(&option_table::text(options))?),
        ("crates/fdb-c/src/entry/refused.rs", formatted(&refused::text(table)?)?),
        ("ffi-tests/fdb_c/header_c90.c", c_tests::c90(table, options)),
        ("ffi-tests/fdb_c/header_cxx.cc", c_tests::cxx(table, options)),
        ("ffi-tests/fdb_c/layout.c", c_tests::layout(table)),
        (SYMBOLS, table.names().join("\n") + "\n"),
    ])
}

/// Rust text as the formatter of the project writes it.
fn formatted(text: &str) -> Result<String, Box<dyn Error>> {
    let mut formatter = Command::new("rustfmt")
        .args(["--edition", "2021", "--config-path", "rustfmt.toml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run rustfmt: {error}"))?;
    if let Some(mut input) = formatter.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let output = formatter.wait_with_output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?),
        false => Err(format!("rustfmt: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{formatted, generated, option, table};
    use crate::{enter_root, file, Mode};

    #[test]
    fn rust_text_is_formatted() {
        enter_root().unwrap();
        assert_eq!(formatted("fn  a ( ){ }").unwrap(), "fn a() {}\n");
        assert!(formatted("fn fn").is_err());
    }

    #[test]
    fn a_stale_file_is_noticed_and_named() {
        enter_root().unwrap();
        let (table, options) = (table::load().unwrap(), option::load().unwrap());
        let directory = std::env::temp_dir().join(format!("plinth-fdb-{}", std::process::id()));
        for (path, text) in generated(&table, &options).unwrap() {
            let copy = directory.join(path).display().to_string();
            let settle = |mode| file::settle(&copy, &text, mode, "repair");
            assert!(settle(Mode::Check).is_err(), "{path} is not there");
            assert!(settle(Mode::Write).is_ok() && settle(Mode::Check).is_ok());
            let changed = text.replacen("fdb", "fbd", 1);
            assert_ne!(changed, text, "{path}");
            std::fs::write(&copy, changed).unwrap();
            let failure = settle(Mode::Check).err().unwrap();
            assert!(failure.what.contains(path) && failure.repair == "repair");
        }
        std::fs::remove_dir_all(directory).unwrap();
    }
}
