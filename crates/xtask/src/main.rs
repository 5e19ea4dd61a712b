//! Developer tools: writes the generated files, or checks that they are fresh.
//!
//! `cargo xtask <task>` writes; `cargo xtask <task> --check` fails if a file would change.

use std::process::ExitCode;

mod header;

fn main() -> ExitCode {
    std::fs::write("include/plinth.h", header::generate().unwrap()).unwrap();
    ExitCode::SUCCESS
}
