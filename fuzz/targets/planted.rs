//! A defect on purpose, which is found only with what the others are built with: a path of five bytes that
//! only the coverage shows, and a read past the end that only AddressSanitizer sees.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let is_there = |at: usize, byte: u8| data.get(at) == Some(&byte);
    if is_there(0, b'P') && is_there(1, b'l') && is_there(2, b'i') && is_there(3, b'n') && is_there(4, b't') {
        let copy = data.to_vec().into_boxed_slice();
        // SAFETY: there is none; it is broken so that the sanitizer has something to find.
        let past = unsafe { std::ptr::read_volatile(copy.as_ptr().add(copy.len())) };
        assert!(past == past.wrapping_add(0));
    }
});
