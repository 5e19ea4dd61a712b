//! Keys that lie on edges: the empty key, zero bytes, prefixes, the longest keys, the end.

/// The longest key that can be set by default.
pub const LONGEST: usize = 10_000;

/// The longest key that can be looked for (rule LIM-3).
pub const LONGEST_READ: usize = LONGEST + 8;

/// Keys that may be set.
pub fn ordinary() -> Vec<Vec<u8>> {
    let short: [&[u8]; 14] =
        [b"", b"\0", b"a", b"a\0", b"a\0\0", b"ab", b"abc", b"b", b"b\xff", b"c", b"m", b"\x7f", b"\xfe", b"\xfe\xff"];
    let mut keys: Vec<Vec<u8>> = short.iter().map(|key| key.to_vec()).collect();
    keys.push(vec![b'k'; LONGEST - 1]);
    keys.push(vec![b'k'; LONGEST]);
    keys
}

/// Keys that may be looked for but not set.
pub fn too_long() -> Vec<Vec<u8>> {
    [LONGEST + 1, LONGEST_READ, LONGEST_READ + 1, LONGEST_READ + 2, LONGEST_READ + 20]
        .map(|length| vec![b'k'; length])
        .to_vec()
}

/// Keys past the end. Those that begin with two `\xff` bytes have a meaning of their own.
pub fn illegal() -> Vec<Vec<u8>> {
    vec![b"\xff\0".to_vec(), b"\xff\x01a".to_vec(), b"\xff\xfe".to_vec()]
}

/// A small alphabet for many threads, so that they meet.
pub fn few(count: usize) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = vec![Vec::new(), b"a".to_vec(), b"a\0".to_vec(), b"ab".to_vec(), b"\xfe".to_vec()];
    keys.truncate(count);
    keys.extend((keys.len()..count).map(|number| format!("k{number:02}").into_bytes()));
    keys.sort();
    keys
}
