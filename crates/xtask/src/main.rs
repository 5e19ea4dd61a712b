//! Developer tools: writes the generated files, or checks that they are fresh.
//!
//! `cargo xtask <task>` writes; `cargo xtask <task> --check` fails if a file would change, with
//! the command that repairs it. `cargo xtask check` runs every check.

mod book;
mod codegen;
mod compile;
mod dependencies;
mod docs;
mod fdb;
mod file;
mod header;
mod links;
mod markdown;
mod misuse;
mod options;
mod outcome;
mod parse;
mod safety;
mod schema;
mod semantics;
mod site;
mod symbols;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use outcome::Outcome;

/// One task: its name, what it is for, and what it does.
struct Task {
    name: &'static str,
    purpose: &'static str,
    run: fn(Mode) -> Outcome,
}

/// Whether generated files are written or compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Write,
    Check,
}

const TASKS: [Task; 14] = [
    Task { name: "codegen", purpose: "error tables in Rust from schema/errors.toml", run: codegen::task },
    Task { name: "header", purpose: "include/plinth.h from src/", run: header::task },
    Task {
        name: "fdb",
        purpose: "the headers, tables, refusals and COMPAT.md of libfdb_c.so from schema/fdb_*.toml",
        run: fdb::task,
    },
    Task { name: "misuse", purpose: "tables of every function for the programs that misuse them", run: misuse::task },
    Task {
        name: "compile",
        purpose: "the headers alone, in each language and version, warnings denied",
        run: compile::task,
    },
    Task { name: "docs-check", purpose: "every name in the header is documented", run: docs::task },
    Task { name: "symbols", purpose: "what the built libraries export, against the lists in abi/", run: symbols::task },
    Task {
        name: "semantics",
        purpose: "docs/SEMANTICS.md from schema/semantics.toml and the tests",
        run: semantics::task,
    },
    Task { name: "dependencies", purpose: "crates against schema/dependencies.toml", run: dependencies::task },
    Task { name: "safety", purpose: "where unsafe code is", run: safety::task },
    Task { name: "options", purpose: "the manual's table of options, against the header", run: options::task },
    Task { name: "links", purpose: "where the links of the Markdown pages lead", run: links::task },
    Task { name: "book", purpose: "the pages of docs/SUMMARY.md, laid out for mdbook", run: book::task },
    Task { name: "tidy", purpose: "small rules for every file of the repository", run: tidy::task },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Err(error) = enter_root() {
        eprintln!("xtask: {error}");
        return ExitCode::FAILURE;
    }
    let (name, mode) = match arguments[..] {
        ["check"] => return run(&TASKS.iter().collect::<Vec<_>>(), Mode::Check),
        ["site", directory] => return report("site", site::check(directory)),
        [name] => (name, Mode::Write),
        [name, "--check"] => (name, Mode::Check),
        _ => return usage(),
    };
    match TASKS.iter().find(|task| task.name == name) {
        Some(task) => run(&[task], mode),
        None => usage(),
    }
}

/// Runs tasks to the end, whatever fails on the way, and says how each one went.
fn run(tasks: &[&Task], mode: Mode) -> ExitCode {
    let mut failed = 0;
    for task in tasks {
        if report(task.name, (task.run)(mode)) != ExitCode::SUCCESS {
            failed += 1;
        }
    }
    if failed > 0 {
        println!("xtask: {failed} of {} checks failed", tasks.len());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Says how one task went.
fn report(name: &str, outcome: Outcome) -> ExitCode {
    let failure = match outcome {
        Ok(note) => {
            println!("ok      {name:<12} {note}");
            return ExitCode::SUCCESS;
        }
        Err(failure) => failure,
    };
    println!("FAILED  {name:<12} {}", failure.what);
    for line in &failure.details {
        println!("        {line}");
    }
    println!("        repair: {}", failure.repair);
    ExitCode::FAILURE
}

/// Goes to the root of the repository, which every path is relative to.
fn enter_root() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::set_current_dir(root)
}

fn usage() -> ExitCode {
    eprintln!("usage: cargo xtask check | <task> [--check] | site <directory of a built book>");
    for task in &TASKS {
        eprintln!("  {:<12} {}", task.name, task.purpose);
    }
    ExitCode::FAILURE
}
