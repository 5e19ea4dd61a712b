//! The steps that a transaction of every engine is made of, and why one did not succeed. Relies on each
//! engine to take a step exactly as a program that uses that engine would.

use super::Key;
use crate::error::Error;

/// Why a step, and with it the try, ended without success.
#[derive(Debug)]
pub enum Failure {
    /// An error number of a library, which says whether to try again.
    Code(i32),
    /// Somebody else was faster: try again.
    Conflict,
    /// No use to try again.
    Fatal(Error),
}

impl Failure {
    /// As an error, for an engine that does not try again.
    pub fn into_error(self) -> Error {
        match self {
            Self::Code(code) => Error::new(format!("error {code}")),
            Self::Conflict => Error::new("a conflict"),
            Self::Fatal(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

/// The outcome of a step.
pub type Step<T> = Result<T, Failure>;

/// Which pairs a range read is for: at most `limit`, in the order of the keys or from the end on.
#[derive(Clone, Copy)]
pub struct Range<'a> {
    /// The first key that may be in it; empty for no bound.
    pub begin: &'a [u8],
    /// The first key behind it, or no bound; one that goes backwards always has one.
    pub end: Option<&'a [u8]>,
    /// How many pairs at most.
    pub limit: usize,
    /// From the end on.
    pub reverse: bool,
}

/// Behind every key there is.
pub const LAST: &[u8] = b"\xff";

/// One try of a transaction, from its begin on. What is read must still hold at the commit if anything is
/// written.
pub trait Steps {
    /// Reads a key and shows the value; whether there is one.
    fn get(&mut self, key: &[u8], see: impl FnMut(&[u8])) -> Step<bool>;

    /// Reads many keys in one call, where the engine has one, and shows the values; how many there are.
    fn get_many(&mut self, keys: &[Key], mut see: impl FnMut(&[u8])) -> Step<usize> {
        let mut found = 0;
        for key in keys {
            found += usize::from(self.get(key, &mut see)?);
        }
        Ok(found)
    }

    /// Reads a range and shows the pairs; how many there are.
    fn range(&mut self, range: Range<'_>, see: impl FnMut(&[u8], &[u8])) -> Step<usize>;

    /// Sets a key.
    fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()>;

    /// Removes a key.
    fn clear(&mut self, key: &[u8]) -> Step<()>;

    /// Makes sure that a key which a range read found is still there at the commit, where that is not so
    /// anyway.
    fn guard(&mut self, _key: &[u8]) -> Step<()> {
        Ok(())
    }

    /// Adds one to a little-endian number.
    fn add(&mut self, key: &[u8]) -> Step<()> {
        let mut number = 0u64;
        self.get(key, |value| number = value.try_into().map_or(0, u64::from_le_bytes))?;
        self.set(key, &(number + 1).to_le_bytes())
    }

    /// Sets a key behind all others that begin with `queue`, the `number`th of its transaction.
    fn append(&mut self, queue: &[u8], number: u16, value: &[u8]) -> Step<()> {
        let tail = [queue, b"\xff"].concat();
        let mut next = 0u64;
        self.get(&tail, |value| next = value.try_into().map_or(0, u64::from_be_bytes))?;
        self.set(&tail, &(next + 1).to_be_bytes())?;
        self.set(&[queue, b"\x01", &next.to_be_bytes(), &number.to_be_bytes()].concat(), value)
    }
}
