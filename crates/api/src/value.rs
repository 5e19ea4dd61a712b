//! Values read from a database, pinned where the backend can pin them.

use std::ops::Deref;
use std::sync::Arc;

/// Bytes that a backend keeps in place while the object lives.
pub trait Pinned: Send + Sync {
    /// The bytes.
    fn bytes(&self) -> &[u8];
}

/// A value: a copy of our own, or bytes pinned inside the backend. A clone shares the bytes,
/// unless they are `Owned`.
#[derive(Clone)]
pub enum Value {
    /// Bytes that belong to the value.
    Owned(Vec<u8>),
    /// Bytes that are shared.
    Shared(Arc<[u8]>),
    /// Bytes that the backend keeps in place.
    Pinned(Arc<dyn Pinned>),
}

impl Deref for Value {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Value::Owned(bytes) => bytes,
            Value::Shared(bytes) => bytes,
            Value::Pinned(pinned) => pinned.bytes(),
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", crate::key::printable(self))
    }
}
