//! How types of the interface are written as data.

use plinth_api::{Code, KeySelector, Mutation, RangeOptions};
use serde::{Deserialize, Serialize};

/// A selector.
#[derive(Serialize, Deserialize)]
#[serde(remote = "KeySelector")]
pub struct Selector {
    key: Vec<u8>,
    or_equal: bool,
    offset: i32,
}

/// Options of a range read.
#[derive(Serialize, Deserialize)]
#[serde(remote = "RangeOptions")]
pub struct Options {
    limit: usize,
    target_bytes: usize,
    snapshot: bool,
    reverse: bool,
}

/// An error's number.
pub mod code {
    use super::{Code, Deserialize};

    /// Writes it.
    pub fn serialize<S: serde::Serializer>(code: &Code, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i32(code.number())
    }

    /// Reads it.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Code, D::Error> {
        i32::deserialize(from).map(Code::from_number)
    }
}

/// The number of an atomic operation.
pub mod mutation {
    use super::{Deserialize, Mutation};

    /// Writes it.
    pub fn serialize<S: serde::Serializer>(mutation: &Mutation, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i32(mutation.number())
    }

    /// Reads it.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Mutation, D::Error> {
        Mutation::from_number(i32::deserialize(from)?).map_err(|error| serde::de::Error::custom(error.story()))
    }
}
