//! Pointers and lengths from C, checked before anything is touched.

use plinth_api::{Code, Error};

/// The largest length any call accepts. Limits of keys and values are far lower; this only
/// keeps a negative number that was cast to `size_t` from becoming a slice.
pub const MAX_LENGTH: usize = 1 << 31;

/// A byte string argument. A zero length ignores the pointer: `(NULL, 0)` is the empty string.
///
/// # Safety
/// With a length above zero, `data` points to `len` readable bytes that stay unchanged while
/// the result is used.
#[inline]
pub unsafe fn bytes<'a>(data: *const u8, len: usize, name: &str) -> Result<&'a [u8], Error> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("{name} is NULL with a length of {len}")));
    }
    if len > MAX_LENGTH {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("{name} has an absurd length of {len} bytes")));
    }
    // SAFETY: not null, length bounded, readable by the caller's contract.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// An output argument, set to `T::default()` at once so that it is well-defined on error.
///
/// # Safety
/// `out` is null or points to writable memory for one `T`, not shared with another thread.
pub unsafe fn out<'a, T: Default>(out: *mut T, name: &str) -> Result<&'a mut T, Error> {
    if out.is_null() {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("{name} is NULL")));
    }
    if !out.is_aligned() {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("{name} is not aligned")));
    }
    // SAFETY: not null, aligned, writable by the caller's contract; `write` drops nothing, so
    // uninitialised memory is fine.
    unsafe {
        out.write(T::default());
        Ok(&mut *out)
    }
}

/// An optional input struct: NULL means none.
///
/// # Safety
/// `input` is null or points to a readable `T` that stays unchanged during the call.
pub unsafe fn optional<'a, T>(input: *const T, name: &str) -> Result<Option<&'a T>, Error> {
    if input.is_null() {
        return Ok(None);
    }
    if !input.is_aligned() {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("{name} is not aligned")));
    }
    // SAFETY: not null, aligned, readable by the caller's contract.
    Ok(Some(unsafe { &*input }))
}

/// Reads a struct that begins with its own size, so that fields can be added later: bytes the
/// caller does not have read as zero, and bytes we do not know must be zero.
///
/// # Safety
/// `input` is null, or its first field is a `uint32_t` size and that many bytes are readable.
/// `T` is a C struct for which all-zero bytes are a valid value.
pub unsafe fn sized<T: Copy>(input: *const T, name: &str) -> Result<Option<T>, Error> {
    // SAFETY: same contract; only the leading size is read here.
    let Some(size) = (unsafe { optional(input.cast::<u32>(), name) })? else {
        return Ok(None);
    };
    let given = *size as usize;
    if !(size_of::<u32>()..=4096).contains(&given) {
        return Err(Error::new(Code::INVALID_ARGUMENT)
            .context(format!("{name}.struct_size is {given}: set it to sizeof(*{name})")));
    }
    let known = given.min(size_of::<T>());
    // SAFETY: `given` bytes are readable by the caller's contract, zero is a valid `T`, and the
    // copy stays within both.
    unsafe {
        let tail = std::slice::from_raw_parts(input.cast::<u8>().add(known), given - known);
        if tail.iter().any(|byte| *byte != 0) {
            return Err(Error::new(Code::INVALID_ARGUMENT)
                .context(format!("{name} sets a field that this version of the library does not know")));
        }
        let mut value = std::mem::MaybeUninit::<T>::zeroed();
        std::ptr::copy_nonoverlapping(input.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), known);
        Ok(Some(value.assume_init()))
    }
}

/// Writes an output struct into memory of `size` bytes, which is shorter where the caller was
/// compiled against an older header and longer where against a newer one.
///
/// # Safety
/// `size` bytes at `out` are writable. `T` has no padding.
pub unsafe fn fill_sized<T: Copy>(
    out: *mut T,
    size: usize,
    name: &str,
    value: impl FnOnce() -> Result<T, Error>,
) -> Result<(), Error> {
    if !(size_of::<u64>()..=4096).contains(&size) {
        return Err(Error::new(Code::INVALID_ARGUMENT).context(format!("{name}_size is {size}: pass sizeof(*{name})")));
    }
    // SAFETY: writable by the caller's contract.
    unsafe { std::ptr::write_bytes(out.cast::<u8>(), 0, size) };
    let value = value()?;
    // SAFETY: both sides hold at least that many bytes.
    unsafe {
        std::ptr::copy_nonoverlapping((&raw const value).cast::<u8>(), out.cast::<u8>(), size.min(size_of::<T>()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_length_ignores_the_pointer() {
        // SAFETY: zero length.
        assert_eq!(unsafe { bytes(std::ptr::null(), 0, "key") }.unwrap(), b"");
        // SAFETY: null is checked.
        assert!(unsafe { bytes(std::ptr::null(), 1, "key") }.is_err());
        // SAFETY: the length is refused before the pointer is used.
        assert!(unsafe { bytes(b"x".as_ptr(), usize::MAX, "key") }.is_err());
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Grown {
        struct_size: u32,
        old: u32,
        new: u64,
    }

    #[test]
    fn structs_grow_both_ways() {
        let older = Grown { struct_size: 8, old: 7, new: 99 };
        // SAFETY: a real struct whose size field is not above its size.
        let read = unsafe { sized(&older, "options") }.unwrap().unwrap();
        assert_eq!((read.old, read.new), (7, 0), "what the caller does not have reads as zero");
        let newer = [16u32 + 8, 7, 1, 0, 0, 0, 0, 0];
        // SAFETY: 32 readable bytes, 24 of them claimed.
        assert!(unsafe { sized(newer.as_ptr().cast::<Grown>(), "options") }.is_ok());
        let unknown = [16u32 + 8, 7, 1, 0, 5, 0, 0, 0];
        // SAFETY: as above.
        assert!(unsafe { sized(unknown.as_ptr().cast::<Grown>(), "options") }.is_err());
    }
}
