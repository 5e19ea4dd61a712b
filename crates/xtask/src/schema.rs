//! schema/errors.toml: every error number.

use std::error::Error;

use serde::Deserialize;

use crate::file;

const PATH: &str = "schema/errors.toml";

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schema {
    error: Vec<Row>,
}

/// One error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The number C sees.
    pub number: i32,
    /// Its name in lower case.
    pub name: String,
    /// Whether a retry loop may go on.
    pub retry: Retry,
    /// How it waits.
    pub on_error: OnError,
    /// One sentence without its full stop.
    pub text: String,
}

/// Whether a retry loop may go on.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Retry {
    /// Not retryable.
    No,
    /// Retryable, certainly not committed.
    Yes,
    /// Retryable, may have been committed.
    Maybe,
}

/// How a retry loop waits.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// It does not retry.
    None,
    /// Jittered, doubling.
    Backoff,
    /// The same with a higher bound.
    Memory,
    /// Fixed and short.
    Short,
    /// Not at all.
    Now,
}

/// Reads and validates the table.
pub fn load() -> Result<Vec<Row>, Box<dyn Error>> {
    let schema: Schema = toml::from_str(&file::read(PATH)?).map_err(|error| format!("{PATH}: {error}"))?;
    validate(&schema.error)?;
    Ok(schema.error)
}

fn validate(rows: &[Row]) -> Result<(), String> {
    for pair in rows.windows(2) {
        if pair[0].number >= pair[1].number {
            return Err(format!("{PATH}: {} comes after {}: keep the numbers rising", pair[1].number, pair[0].number));
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let Row { number, name, text, .. } = row;
        let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || !name.bytes().all(lower) {
            return Err(format!("{PATH}: {number}: the name `{name}` is not lower_snake_case"));
        }
        if rows[..index].iter().any(|other| other.name == *name) {
            return Err(format!("{PATH}: {number}: the name `{name}` is taken"));
        }
        if text.is_empty() || text.ends_with('.') || text.contains(['"', '\\', '\n']) {
            return Err(format!("{PATH}: {number}: the text must be one plain sentence without a full stop"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{validate, OnError, Retry, Row};

    fn row(number: i32, name: &str, text: &str) -> Row {
        Row { number, name: name.into(), retry: Retry::No, on_error: OnError::None, text: text.into() }
    }

    #[test]
    fn good_rows_pass_and_each_kind_of_bad_row_is_refused() {
        assert!(validate(&[row(0, "a", "A"), row(1, "b", "B")]).is_ok());
        assert!(validate(&[row(1, "a", "A"), row(1, "b", "B")]).is_err());
        assert!(validate(&[row(0, "a", "A"), row(1, "a", "B")]).is_err());
        assert!(validate(&[row(0, "A", "A")]).is_err());
        assert!(validate(&[row(0, "a", "A.")]).is_err());
    }
}
