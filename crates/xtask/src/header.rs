//! include/plinth.h from the signatures and comments in src/.
//!
//! The cbindgen release is pinned by Cargo.lock: point releases change layout.

use std::error::Error;

use crate::outcome::Outcome;
use crate::{file, Mode};

/// Where the header is.
pub const PATH: &str = "include/plinth.h";

/// The order in which the header presents the files of src/, and so its chapters.
const SOURCES: &[&str] = &[
    "version",
    "error_numbers",
    "result",
    "constants",
    "value",
    "range",
    "progress",
    "database",
    "repair",
    "checkpoint",
    "backup",
    "metrics",
    "keyspace",
    "verify",
    "compact",
    "transaction",
    "mutation",
    "estimate",
    "option",
    "callback",
    "asynchronous",
    "many",
    "stream",
    "watch",
    "expiry",
    "conflict",
    "lock",
    "run",
    "log",
    "transfer",
    "moving",
];

/// Writes or checks the header.
pub fn task(mode: Mode) -> Outcome {
    let text = generate()?;
    file::settle(PATH, &text, mode, "cargo xtask header")?;
    Ok(format!("{PATH}, {} lines", text.lines().count()))
}

/// The text of the header.
fn generate() -> Result<String, Box<dyn Error>> {
    let mut builder = cbindgen::Builder::new().with_config(cbindgen::Config::from_file("cbindgen.toml")?);
    for source in SOURCES {
        builder = builder.with_src(format!("src/{source}.rs"));
    }
    let mut bytes = Vec::new();
    builder.generate()?.write(&mut bytes);
    Ok(without_safety(&String::from_utf8(bytes)?))
}

/// Drops the `# Safety` sections: they repeat for Rust what the text says for C.
fn without_safety(header: &str) -> String {
    let mut text = String::with_capacity(header.len());
    let mut skipping = false;
    for line in header.lines() {
        let word = line.trim();
        if word == "* # Safety" {
            skipping = true;
            // The blank comment line before the section goes with it.
            while text.ends_with(" *\n") {
                text.truncate(text.trim_end_matches('\n').rfind('\n').map_or(0, |at| at + 1));
            }
        }
        skipping &= word != "*/";
        if !skipping {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::without_safety;

    #[test]
    fn safety_sections_and_the_blank_line_before_them_go() {
        let given = "/**\n * Text.\n *\n * # Safety\n * None.\n */\nvoid f(void);\n";
        assert_eq!(without_safety(given), "/**\n * Text.\n */\nvoid f(void);\n");
    }
}
