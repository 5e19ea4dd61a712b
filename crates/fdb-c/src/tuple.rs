//! FoundationDB's tuple encoding: taking a tuple apart, and encoding integers and byte strings.
//!
//! An element begins with a code that tells its type, and its end follows from the code, so a tuple is
//! its elements back to back. An element that is cut off or of an unknown type makes the whole no
//! tuple. No input makes this panic, and a deeply nested one needs no stack.

/// Nothing. Inside a nested tuple it is followed by [`ESCAPE`].
const NULL: u8 = 0x00;
/// A byte string, ended by a zero byte; a zero byte inside is followed by [`ESCAPE`].
const BYTES: u8 = 0x01;
/// A string, likewise.
const STRING: u8 = 0x02;
/// A tuple, ended by a zero byte.
const NESTED: u8 = 0x05;
/// A negative integer of more than 8 bytes, after the complement of their number.
const LONG_NEGATIVE: u8 = 0x0b;
/// A negative integer of 8 bytes.
const NEGATIVE_8: u8 = 0x0c;
/// The integer 0; the codes around it tell by their distance how many bytes follow, above it for
/// positive ones, below it for negative ones.
const ZERO: u8 = 0x14;
/// A positive integer of 8 bytes.
const POSITIVE_8: u8 = 0x1c;
/// A positive integer of more than 8 bytes, after their number.
const LONG_POSITIVE: u8 = 0x1d;
/// A floating point number of 4 bytes.
const FLOAT: u8 = 0x20;
/// A floating point number of 8 bytes.
const DOUBLE: u8 = 0x21;
/// No.
const FALSE: u8 = 0x26;
/// Yes.
const TRUE: u8 = 0x27;
/// A UUID.
const UUID: u8 = 0x30;
/// A versionstamp of 96 bits.
const STAMP: u8 = 0x33;
/// After a zero byte: it is not the end.
const ESCAPE: u8 = 0xff;

/// The encodings of the elements of a tuple; `None` if it is none.
pub fn split(tuple: &[u8]) -> Option<Vec<&[u8]>> {
    let mut elements = Vec::new();
    let mut begin = 0;
    while begin < tuple.len() {
        let end = end_of_element(tuple, begin)?;
        elements.push(&tuple[begin..end]);
        begin = end;
    }
    Some(elements)
}

/// The content of an element that is a byte string or a string; `None` if it is neither.
pub fn content(element: &[u8]) -> Option<Vec<u8>> {
    let [BYTES | STRING, text @ ..] = element else {
        return None;
    };
    if end_of_string(element, 1)? != element.len() {
        return None;
    }
    let mut content = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        // A zero byte is either the last one or followed by the escape.
        if *byte != 0 || rest.next().is_some() {
            content.push(*byte);
        }
    }
    Some(content)
}

/// Encodes a byte string.
pub fn bytes(content: &[u8]) -> Vec<u8> {
    let mut element = Vec::with_capacity(content.len() + 2);
    element.push(BYTES);
    for byte in content {
        element.push(*byte);
        if *byte == 0 {
            element.push(ESCAPE);
        }
    }
    element.push(0);
    element
}

/// Encodes an integer.
pub fn integer(number: i64) -> Vec<u8> {
    let magnitude = number.unsigned_abs().to_be_bytes();
    let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
    let digits = &magnitude[zeros..];
    // At most 8 digits, so the code stays between those of the long integers.
    let length = digits.len() as u8;
    let mut element = Vec::with_capacity(digits.len() + 1);
    if number < 0 {
        element.push(ZERO - length);
        element.extend(digits.iter().map(|byte| !byte));
    } else {
        element.push(ZERO + length);
        element.extend(digits);
    }
    element
}

/// Where the element that begins at `at` ends.
fn end_of_element(tuple: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match *tuple.get(at)? {
            NESTED => {
                depth += 1;
                at += 1;
            }
            NULL if depth > 0 && tuple.get(at + 1) == Some(&ESCAPE) => at += 2,
            NULL => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            code => at = end_of_simple(tuple, at, code)?,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Where an element that is neither nothing nor a tuple ends.
fn end_of_simple(tuple: &[u8], at: usize, code: u8) -> Option<usize> {
    let length = match code {
        BYTES | STRING => return end_of_string(tuple, at + 1),
        LONG_NEGATIVE => 1 + usize::from(!*tuple.get(at + 1)?),
        LONG_POSITIVE => 1 + usize::from(*tuple.get(at + 1)?),
        NEGATIVE_8..=POSITIVE_8 => usize::from(code.abs_diff(ZERO)),
        FALSE | TRUE => 0,
        FLOAT => 4,
        DOUBLE => 8,
        UUID => 16,
        STAMP => 12,
        _ => return None,
    };
    let end = at + 1 + length;
    (end <= tuple.len()).then_some(end)
}

/// Where a string ends whose first byte is at `at`.
fn end_of_string(tuple: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += tuple.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        if tuple.get(at) != Some(&ESCAPE) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same in every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 16) % end
        }

        fn bytes(&mut self, longest: u64) -> Vec<u8> {
            (0..self.below(longest + 1)).map(|_| self.byte()).collect()
        }

        /// One that matters to the encoding more often than not.
        fn byte(&mut self) -> u8 {
            let special = [NULL, BYTES, STRING, NESTED, LONG_NEGATIVE, ZERO, LONG_POSITIVE, UUID, STAMP, ESCAPE];
            match self.below(2) {
                0 => special[self.below(special.len() as u64) as usize],
                _ => self.below(256) as u8,
            }
        }

        /// An element of any type.
        fn element(&mut self, depth: u32) -> Vec<u8> {
            match self.below(if depth == 0 { 7 } else { 8 }) {
                0 => vec![NULL],
                1 => bytes(&self.bytes(9)),
                2 => string(&self.bytes(9)),
                3 => integer(self.below(u64::MAX) as i64 >> self.below(64)),
                4 => self.long_integer(),
                5 => vec![[FALSE, TRUE][self.below(2) as usize]],
                6 => self.fixed(),
                _ => {
                    let elements = (0..self.below(4)).map(|_| self.element(depth - 1)).collect::<Vec<_>>();
                    nested(&elements)
                }
            }
        }

        fn long_integer(&mut self) -> Vec<u8> {
            let length = 9 + self.below(247) as u8;
            let digits = (0..length).map(|_| self.byte()).collect::<Vec<_>>();
            let begin = if self.below(2) == 0 { [LONG_NEGATIVE, !length] } else { [LONG_POSITIVE, length] };
            [&begin[..], &digits].concat()
        }

        fn fixed(&mut self) -> Vec<u8> {
            let (code, length) = [(FLOAT, 4), (DOUBLE, 8), (UUID, 16), (STAMP, 12)][self.below(4) as usize];
            std::iter::once(code).chain((0..length).map(|_| self.byte())).collect()
        }
    }

    fn string(content: &[u8]) -> Vec<u8> {
        let mut element = bytes(content);
        element[0] = STRING;
        element
    }

    fn nested(elements: &[Vec<u8>]) -> Vec<u8> {
        let mut tuple = vec![NESTED];
        for element in elements {
            tuple.extend(element);
            if element == &[NULL] {
                tuple.push(ESCAPE);
            }
        }
        tuple.push(0);
        tuple
    }

    /// MAP-1: elements keep their encodings, whatever their types and however they are mixed.
    #[test]
    fn a_tuple_splits_into_the_elements_it_was_made_of() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for _ in 0..20_000 {
            let elements = (0..random.below(6)).map(|_| random.element(3)).collect::<Vec<_>>();
            let tuple = elements.concat();
            assert_eq!(split(&tuple).unwrap_or_else(|| panic!("{tuple:02x?}")), elements);
        }
    }

    #[test]
    fn an_element_that_is_cut_off_is_no_tuple() {
        let mut random = Random(7);
        for _ in 0..2000 {
            let element = random.element(2);
            for length in 1..element.len() {
                // Between a zero byte and its escape the rest of a string looks whole.
                let between = element[length - 1] == 0 && element[length] == ESCAPE;
                assert!(between || split(&element[..length]).is_none(), "{element:02x?} at {length}");
            }
        }
        for cut in [
            &[BYTES, 1, 2][..],
            &[STRING],
            &[BYTES, 0, ESCAPE],
            &[NESTED, ZERO],
            &[NESTED, NULL, ESCAPE],
            &[ZERO + 8, 1, 2, 3, 4, 5, 6, 7],
            &[ZERO - 1],
            &[LONG_NEGATIVE],
            &[LONG_NEGATIVE, !9, 1, 2, 3, 4, 5, 6, 7, 8],
            &[LONG_POSITIVE],
            &[LONG_POSITIVE, 1],
            &[FLOAT, 1, 2, 3],
            &[DOUBLE, 1, 2, 3, 4, 5, 6, 7],
            &[UUID, 1],
            &[STAMP, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        ] {
            assert_eq!(split(cut), None, "{cut:02x?}");
        }
    }

    #[test]
    fn random_bytes_split_into_themselves_or_not_at_all() {
        let mut random = Random(42);
        let mut whole = 0;
        for _ in 0..200_000 {
            let tuple = random.bytes(24);
            if let Some(elements) = split(&tuple) {
                assert_eq!(elements.concat(), tuple);
                assert!(elements.iter().all(|element| !element.is_empty()));
                elements.iter().for_each(|element| drop(content(element)));
                whole += 1;
            }
            drop(content(&tuple));
        }
        assert!(whole > 1000, "only {whole} were tuples");
    }

    #[test]
    fn exactly_the_known_codes_begin_an_element() {
        for code in 0..=u8::MAX {
            // What follows is a length, a string, and enough for everything else.
            let next = if code == LONG_NEGATIVE { !BYTES } else { BYTES };
            let tuple = [&[code, next][..], &[BYTES; 40], &[0; 2]].concat();
            let known = matches!(code, 0..=2 | 0x05 | 0x0b..=0x1d | 0x20 | 0x21 | 0x26 | 0x27 | 0x30 | 0x33);
            assert_eq!(end_of_element(&tuple, 0).is_some(), known, "{code:02x}");
        }
    }

    #[test]
    fn nesting_as_deep_as_the_input_needs_no_stack() {
        let deep = 1_000_000;
        let open = vec![NESTED; deep];
        assert_eq!(split(&open), None);
        let closed = [open, vec![0; deep]].concat();
        assert_eq!(split(&closed), Some(vec![&closed[..]]));
        assert_eq!(split(&[closed.clone(), vec![NULL]].concat()).map(|parts| parts.len()), Some(2));
    }

    #[test]
    fn strings_come_back_as_they_went_in() {
        let mut random = Random(3);
        for _ in 0..20_000 {
            let text = random.bytes(12);
            for element in [bytes(&text), string(&text)] {
                assert_eq!(content(&element).as_ref(), Some(&text), "{element:02x?}");
                assert_eq!(split(&element), Some(vec![&element[..]]));
            }
        }
    }

    #[test]
    fn only_whole_strings_have_content() {
        for element in [&[][..], &[NULL], &[BYTES], &[BYTES, 1], &[BYTES, 0, 0], &[ZERO + 1, 1], &[NESTED, 0]] {
            assert_eq!(content(element), None, "{element:02x?}");
        }
        assert_eq!(content(&[STRING, 0]), Some(vec![]));
    }

    #[test]
    fn integers_have_the_known_encodings() {
        let known: [(i64, &[u8]); 12] = [
            (0, &[0x14]),
            (1, &[0x15, 1]),
            (-1, &[0x13, 0xfe]),
            (255, &[0x15, 0xff]),
            (-255, &[0x13, 0]),
            (256, &[0x16, 1, 0]),
            (-256, &[0x12, 0xfe, 0xff]),
            (-5_551_212, &[0x11, 0xab, 0x4b, 0x93]),
            (1 << 32, &[0x19, 1, 0, 0, 0, 0]),
            (i64::MAX, &[0x1c, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            (i64::MIN + 1, &[0x0c, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            (i64::MIN, &[0x0c, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ];
        for (number, expected) in known {
            assert_eq!(integer(number), expected, "{number}");
        }
    }

    #[test]
    fn encodings_sort_as_what_they_encode() {
        let mut random = Random(11);
        for _ in 0..20_000 {
            let [a, b] = [0; 2].map(|_| random.below(u64::MAX) as i64 >> random.below(64));
            assert_eq!(integer(a).cmp(&integer(b)), a.cmp(&b), "{a} {b}");
            let [a, b] = [0; 2].map(|_| random.bytes(4));
            assert_eq!(bytes(&a).cmp(&bytes(&b)), a.cmp(&b), "{a:02x?} {b:02x?}");
        }
    }
}
