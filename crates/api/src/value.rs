//! Values read from a database, pinned where the backend can pin them.

use std::ops::Deref;

/// Bytes that a backend keeps in place while the object lives.
pub trait Pinned: Send + Sync {
    /// The bytes.
    fn bytes(&self) -> &[u8];
}

/// A value: a copy of our own, or bytes pinned inside the backend.
pub enum Value {
    /// Bytes that belong to the value.
    Owned(Vec<u8>),
    /// Bytes that the backend keeps in place.
    Pinned(Box<dyn Pinned>),
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Value::Owned(bytes) => bytes,
            Value::Pinned(pinned) => pinned.bytes(),
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", crate::key::printable(self))
    }
}
