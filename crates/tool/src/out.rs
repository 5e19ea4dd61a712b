//! The standard output: what commands find, as text or as JSON.
//!
//! Whoever closes it has read enough: that ends the command quietly. Any other failure to write is told.

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write as _};

use serde_json::Value;

use crate::failure::Failure;

/// The standard output.
pub struct Out {
    stream: BufWriter<StdoutLock<'static>>,
    json: bool,
    colour: bool,
}

impl Out {
    /// The standard output of this process.
    pub fn new(json: bool) -> Self {
        let stdout = io::stdout();
        let colour = stdout.is_terminal() && !json && colours();
        Self { stream: BufWriter::new(stdout.lock()), json, colour }
    }

    /// Whether programs read it.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// One line.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stream.write_all(bytes).map_err(failed)
    }

    /// A document in one line.
    pub fn value(&mut self, value: &Value) -> Result<(), Failure> {
        self.line(&value.to_string())
    }

    /// The document for programs, or the lines for people.
    pub fn either(&mut self, value: impl FnOnce() -> Value, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json {
            return self.value(&value());
        }
        self.line(&text())
    }

    /// Makes sure that it was written.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.stream.flush().map_err(failed)
    }

    /// A heading: bold where there are colours.
    pub fn strong(&self, text: &str) -> String {
        if self.colour {
            return format!("\x1b[1m{text}\x1b[0m");
        }
        text.to_owned()
    }
}

fn failed(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::Io("writing to the standard output".to_owned(), error),
    }
}

/// Whether the user wants colours at a terminal (no-color.org).
pub fn colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}
