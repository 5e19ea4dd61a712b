//! What a future holds when it succeeded, in the form that C reads it in.
//!
//! Whatever C is pointed to lies on the heap and belongs to the output: it stays where it is until
//! the output is dropped (rule FUT-8). Arrays are made when they are first asked for.

use std::ffi::{c_char, c_int, CString};
use std::sync::Arc;

use plinth_api::{Code, Error, MappedResult, MappedRow, RangeResult, Result, Value};

use crate::layout::{FDBGetRangeReqAndResult, FDBKey, FDBKeySelector, FDBKeyValue, FDBMappedKeyValue};
use crate::registry::Lease;

/// An array for C. It points into what lies beside it.
pub struct Array<T>(Box<[T]>);

/// What such an array consists of: pointers and plain numbers.
trait Pointing {}
impl Pointing for FDBKey {}
impl Pointing for FDBKeyValue {}
impl Pointing for FDBMappedKeyValue {}
impl Pointing for *const c_char {}

// SAFETY: the pointers lead to memory that the array's owner holds and never changes.
unsafe impl<T: Pointing> Send for Array<T> {}
// SAFETY: as above.
unsafe impl<T: Pointing> Sync for Array<T> {}

impl<T> Array<T> {
    /// Where it begins and how long it is.
    pub fn parts(&self) -> (*const T, c_int) {
        (self.0.as_ptr(), length(self.0.len()))
    }
}

impl<T> FromIterator<T> for Array<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

/// Things with an array that points to them.
pub struct Listed<T, P> {
    array: Array<P>,
    _things: Vec<T>,
}

/// A value. One that is pinned keeps its store open: the directory would stay locked without it, by
/// nobody who can be found (rule FUT-8).
pub struct Held {
    value: Option<Value>,
    _store: Option<Arc<Lease>>,
}

/// Rows with their array.
pub struct Rows {
    rows: RangeResult,
    array: Option<Array<FDBKeyValue>>,
}

/// Rows with a second range each, with their arrays.
pub struct MappedRows {
    result: MappedResult,
    inner: Vec<Array<FDBKeyValue>>,
    array: Option<Array<FDBMappedKeyValue>>,
}

/// See the file's top.
pub enum Output {
    /// Nothing but success.
    Nothing,
    /// A number.
    Int64(i64),
    /// A number without a sign.
    Uint64(u64),
    /// A number with a fraction.
    Double(f64),
    /// A key.
    Key(Vec<u8>),
    /// A value, or that there is none.
    Value(Held),
    /// Key-value pairs.
    Rows(Rows),
    /// Key-value pairs with a second range each.
    Mapped(MappedRows),
    /// Keys.
    Keys(Listed<Vec<u8>, FDBKey>),
    /// Texts.
    Strings(Listed<CString, *const c_char>),
    /// A cluster's or a database's handle, of versions below 610. Whoever takes it owns it.
    Handle(Taken),
}

/// A handle that nobody may have taken yet.
pub struct Taken {
    handle: usize,
    taken: bool,
    destroy: fn(usize),
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.taken {
            (self.destroy)(self.handle);
        }
    }
}

/// A length as C has it. A result that is longer can't be told in this interface; it is cut there.
fn length(length: usize) -> c_int {
    c_int::try_from(length).unwrap_or(c_int::MAX)
}

/// A key as C has it.
pub fn key(bytes: &[u8]) -> FDBKey {
    FDBKey { key: bytes.as_ptr(), key_length: length(bytes.len()) }
}

fn pairs(rows: &RangeResult) -> Array<FDBKeyValue> {
    let pair = |(key, value): (&[u8], &[u8])| FDBKeyValue {
        key: key.as_ptr(),
        key_length: length(key.len()),
        value: value.as_ptr(),
        value_length: length(value.len()),
    };
    rows.iter().map(pair).collect()
}

/// Asked for another type than it holds.
fn other_type() -> Error {
    Error::new(Code::CLIENT_INVALID_OPERATION).context("the future holds another type")
}

impl Output {
    /// A value, with the store that it may be pinned in.
    pub fn value(value: Option<Value>, store: impl FnOnce() -> Option<Arc<Lease>>) -> Self {
        let _store = match value {
            Some(Value::Pinned(_)) => store(),
            _ => None,
        };
        Self::Value(Held { value, _store })
    }

    /// The rows of a range.
    pub fn rows(rows: RangeResult) -> Self {
        Self::Rows(Rows { rows, array: None })
    }

    /// The rows of a mapped range.
    pub fn mapped(result: MappedResult) -> Self {
        Self::Mapped(MappedRows { result, inner: Vec::new(), array: None })
    }

    /// Keys.
    pub fn keys(keys: Vec<Vec<u8>>) -> Self {
        let array = keys.iter().map(|bytes| key(bytes)).collect();
        Self::Keys(Listed { array, _things: keys })
    }

    /// Texts; bytes after a zero byte are left out.
    pub fn strings(texts: Vec<String>) -> Self {
        let made = |text: String| CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default();
        let texts: Vec<CString> = texts.into_iter().map(made).collect();
        let array = texts.iter().map(|text| text.as_ptr()).collect();
        Self::Strings(Listed { array, _things: texts })
    }

    /// A handle, and how it is destroyed if nobody takes it.
    pub fn handle(handle: usize, destroy: fn(usize)) -> Self {
        Self::Handle(Taken { handle, taken: false, destroy })
    }

    /// The number.
    pub fn as_int64(&self) -> Result<i64> {
        match self {
            Self::Int64(number) => Ok(*number),
            _ => Err(other_type()),
        }
    }

    /// The number without a sign.
    pub fn as_uint64(&self) -> Result<u64> {
        match self {
            Self::Uint64(number) => Ok(*number),
            _ => Err(other_type()),
        }
    }

    /// The number with a fraction.
    pub fn as_double(&self) -> Result<f64> {
        match self {
            Self::Double(number) => Ok(*number),
            _ => Err(other_type()),
        }
    }

    /// The key.
    pub fn as_key(&self) -> Result<FDBKey> {
        match self {
            Self::Key(bytes) => Ok(key(bytes)),
            _ => Err(other_type()),
        }
    }

    /// The value, if there is one.
    pub fn as_value(&self) -> Result<Option<FDBKey>> {
        match self {
            Self::Value(held) => Ok(held.value.as_deref().map(key)),
            _ => Err(other_type()),
        }
    }

    /// The pairs, and whether there may be more.
    pub fn as_rows(&mut self) -> Result<((*const FDBKeyValue, c_int), bool)> {
        match self {
            Self::Rows(Rows { rows, array }) => Ok((array.get_or_insert_with(|| pairs(rows)).parts(), rows.more)),
            _ => Err(other_type()),
        }
    }

    /// The pairs with their second ranges, and whether there may be more.
    pub fn as_mapped(&mut self) -> Result<((*const FDBMappedKeyValue, c_int), bool)> {
        match self {
            Self::Mapped(mapped) => Ok((mapped.parts(), mapped.result.more)),
            _ => Err(other_type()),
        }
    }

    /// The keys.
    pub fn as_keys(&self) -> Result<(*const FDBKey, c_int)> {
        match self {
            Self::Keys(keys) => Ok(keys.array.parts()),
            _ => Err(other_type()),
        }
    }

    /// The texts.
    pub fn as_strings(&self) -> Result<(*const *const c_char, c_int)> {
        match self {
            Self::Strings(texts) => Ok(texts.array.parts()),
            _ => Err(other_type()),
        }
    }

    /// The handle, for the caller to own.
    pub fn take_handle(&mut self) -> Result<usize> {
        match self {
            Self::Handle(taken) if !taken.taken => {
                taken.taken = true;
                Ok(taken.handle)
            }
            _ => Err(other_type()),
        }
    }
}

impl MappedRows {
    fn parts(&mut self) -> (*const FDBMappedKeyValue, c_int) {
        if self.array.is_none() {
            let rows = &self.result.rows;
            self.inner = rows.iter().map(|row| pairs(&row.found)).collect();
            let array = rows.iter().zip(&self.inner).map(|(row, inner)| mapped_pair(row, inner)).collect();
            self.array = Some(array);
        }
        self.array.as_ref().map_or((std::ptr::null(), 0), Array::parts)
    }
}

fn mapped_pair(row: &MappedRow, inner: &Array<FDBKeyValue>) -> FDBMappedKeyValue {
    let (data, size) = inner.parts();
    // Both selectors are "first at or after".
    let selector = |bytes: &[u8]| FDBKeySelector { key: key(bytes), orEqual: 0, offset: 1 };
    FDBMappedKeyValue {
        key: key(&row.key),
        value: key(&row.value),
        getRange: FDBGetRangeReqAndResult {
            begin: selector(&row.range.begin),
            end: selector(&row.range.end),
            data: data.cast_mut(),
            m_size: size,
            m_capacity: size,
        },
        buffer: [0; 32],
    }
}
