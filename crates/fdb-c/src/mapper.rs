//! The mapper of `fdb_transaction_get_mapped_range` (rule MAP-1): from an index entry to the keys it
//! stands for.
//!
//! A mapper is a tuple. Its strings `{K[i]}` and `{V[i]}` stand for an element of the entry's key or
//! value, a last `{...}` asks for everything below what comes before it, and `{{` and `}}` stand for
//! braces. What is wrong with the mapper as a whole is told before any row is read; what depends on an
//! entry is told by the first entry, so a range without entries never fails.

use std::cell::OnceCell;

use plinth_api::{key, Code, Error, Result};

use crate::tuple;

/// A mapper, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapper {
    parts: Vec<Part>,
    range: bool,
}

/// What an index entry stands for: the keys in `[begin, end)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The first key inside.
    pub begin: Vec<u8>,
    /// The first key past the end.
    pub end: Vec<u8>,
    /// Whether a range was asked for; otherwise it is one key.
    pub range: bool,
}

/// An element of a mapper.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// An encoded element, taken as it is.
    Literal(Vec<u8>),
    /// An element of the entry.
    Element(Source, Option<i32>),
}

/// Where an element is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Key,
    Value,
}

/// An index entry; its key and value are taken apart when they are needed.
struct Entry<'a> {
    key: &'a [u8],
    value: &'a [u8],
    key_elements: OnceCell<Vec<&'a [u8]>>,
    value_elements: OnceCell<Vec<&'a [u8]>>,
}

/// Takes a mapper apart.
///
/// # Errors
///
/// 2043 if it is no tuple, 2032 if `{...}` is not its last element.
pub fn parse(mapper: &[u8]) -> Result<Mapper> {
    let elements = tuple::split(mapper)
        .ok_or_else(|| Error::new(Code::MAPPER_NOT_TUPLE).context(format!("mapper {}", key::printable(mapper))))?;
    let mut parsed = Mapper { parts: Vec::with_capacity(elements.len()), range: false };
    for element in elements {
        if parsed.range {
            let text = format!("mapper {}", key::printable(mapper));
            return Err(Error::new(Code::MAPPER_BAD_RANGE_DESCRIPTOR).context(text));
        }
        match tuple::content(element) {
            Some(text) if text == b"{...}" => parsed.range = true,
            text => parsed.parts.push(Part::of(element, text)),
        }
    }
    Ok(parsed)
}

impl Part {
    /// The part of an element, and of its content if it is a string.
    fn of(element: &[u8], content: Option<Vec<u8>>) -> Self {
        let Some(content) = content else {
            return Self::Literal(element.to_vec());
        };
        let plain = halved(&halved(&content, b'{'), b'}');
        if plain.len() < content.len() {
            // FoundationDB makes it a byte string even if it was a string.
            return Self::Literal(tuple::bytes(&plain));
        }
        match reference(&content) {
            Some((source, index)) => Self::Element(source, number(index)),
            None => Self::Literal(element.to_vec()),
        }
    }
}

impl Mapper {
    /// What an index entry stands for.
    ///
    /// # Errors
    ///
    /// 2030 if an index is no number or there is no such element, 2041 or 2042 if the key or the value is
    /// needed and no tuple, 2004 if a range would have no bounds.
    pub fn map(&self, key: &[u8], value: &[u8]) -> Result<Mapped> {
        let entry = Entry { key, value, key_elements: OnceCell::new(), value_elements: OnceCell::new() };
        let mut begin = Vec::new();
        for part in &self.parts {
            match part {
                Part::Literal(element) => begin.extend_from_slice(element),
                Part::Element(source, index) => begin.extend_from_slice(entry.element(*source, *index)?),
            }
        }
        let end = if self.range { end_of_prefix(&begin)? } else { key::successor(&begin) };
        Ok(Mapped { begin, end, range: self.range })
    }
}

impl<'a> Entry<'a> {
    fn element(&self, source: Source, index: Option<i32>) -> Result<&'a [u8]> {
        let bad = |text: String| Error::new(Code::MAPPER_BAD_INDEX).context(text);
        let index = index.ok_or_else(|| bad("what stands between the brackets is no number".to_owned()))?;
        let elements = self.elements(source)?;
        let element = usize::try_from(index).ok().and_then(|index| elements.get(index)).copied();
        element.ok_or_else(|| bad(format!("there is no element {index}, only {} of them", elements.len())))
    }

    fn elements(&self, source: Source) -> Result<&[&'a [u8]]> {
        let (cell, bytes, code) = match source {
            Source::Key => (&self.key_elements, self.key, Code::KEY_NOT_TUPLE),
            Source::Value => (&self.value_elements, self.value, Code::VALUE_NOT_TUPLE),
        };
        if let Some(elements) = cell.get() {
            return Ok(elements);
        }
        let elements = tuple::split(bytes)
            .ok_or_else(|| Error::new(code).context(format!("entry {}", key::printable(self.key))))?;
        Ok(cell.get_or_init(|| elements))
    }
}

/// The text with every second of adjacent equal braces left out, from left to right.
fn halved(text: &[u8], brace: u8) -> Vec<u8> {
    let mut halved = Vec::with_capacity(text.len());
    let mut rest = text.iter().peekable();
    while let Some(byte) = rest.next() {
        halved.push(*byte);
        if *byte == brace {
            rest.next_if_eq(&&brace);
        }
    }
    halved
}

/// Where a `{K[i]}` or `{V[i]}` points to: the source, and the text of the index, which is not empty.
fn reference(text: &[u8]) -> Option<(Source, &[u8])> {
    let inner = text.strip_prefix(b"{")?.strip_suffix(b"]}")?;
    let (source, inner) = match inner {
        [b'K', inner @ ..] => (Source::Key, inner),
        [b'V', inner @ ..] => (Source::Value, inner),
        _ => return None,
    };
    let index = inner.strip_prefix(b"[")?;
    (!index.is_empty()).then_some((source, index))
}

/// The number that a text begins with, after white space; what comes after it does not count.
fn number(text: &[u8]) -> Option<i32> {
    let is_white = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let text = &text[text.iter().take_while(|byte| is_white(byte)).count()..];
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let digits = text[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&text[..sign + digits]).ok()?.parse().ok()
}

/// The first key that does not begin with this.
fn end_of_prefix(prefix: &[u8]) -> Result<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != 0xff).map(|last| prefix[..=last].to_vec());
    let mut end = kept.ok_or_else(|| {
        Error::new(Code::KEY_OUTSIDE_LEGAL_RANGE).context("the mapper asks for a range and says nothing else")
    })?;
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tuple of byte strings.
    fn pack(elements: &[&str]) -> Vec<u8> {
        elements.iter().flat_map(|element| tuple::bytes(element.as_bytes())).collect()
    }

    /// The same as Unicode strings.
    fn pack_strings(elements: &[&str]) -> Vec<u8> {
        let string = |element: &&str| [&[2], &tuple::bytes(element.as_bytes())[1..]].concat();
        elements.iter().flat_map(string).collect()
    }

    fn number_of<T>(result: Result<T>) -> i32 {
        result.err().expect("there must be an error").code().number()
    }

    fn map(mapper: &[u8], key: &[u8], value: &[u8]) -> Result<Mapped> {
        parse(mapper)?.map(key, value)
    }

    /// The key that a mapper of byte strings makes of the entry (k0, k1, k2) = (v0, v1).
    fn key_of(mapper: &[&str]) -> Result<Vec<u8>> {
        map(&pack(mapper), &pack(&["k0", "k1", "k2"]), &pack(&["v0", "v1"])).map(|mapped| mapped.begin)
    }

    /// MAP-1: elements of key and value replace their references, other elements stay.
    #[test]
    fn references_are_replaced_and_everything_else_is_taken_as_it_is() {
        let made = key_of(&["prefix", "{K[2]}", "{V[0]}", "{K[0]}", "{V[1]}", ""]).unwrap();
        assert_eq!(made, pack(&["prefix", "k2", "v0", "k0", "v1", ""]));
        assert_eq!(key_of(&[]).unwrap(), b"");
    }

    /// MAP-1: an element keeps its encoding, whatever its type.
    #[test]
    fn elements_of_every_type_are_carried_over() {
        let nested = [&[5][..], &tuple::integer(7), &[0, 0xff, 0]].concat();
        let others = [tuple::integer(-300), vec![0], vec![0x27], [vec![0x33], vec![9; 12]].concat(), nested];
        let key = others.concat();
        for (index, element) in others.iter().enumerate() {
            let mapper = [&element[..], &pack_strings(&[&format!("{{K[{index}]}}")])].concat();
            assert_eq!(map(&mapper, &key, b"").unwrap().begin, [&element[..], element].concat());
        }
    }

    #[test]
    fn references_may_be_strings_or_byte_strings() {
        let entry = pack(&["k"]);
        for mapper in [pack(&["{K[0]}", "{...}"]), pack_strings(&["{K[0]}", "{...}"])] {
            let mapped = map(&mapper, &entry, b"").unwrap();
            assert_eq!((mapped.begin, mapped.range), (entry.clone(), true));
        }
    }

    #[test]
    fn one_key_ends_right_after_itself() {
        let key = pack(&["a", "k1"]);
        let expected = Mapped { begin: key.clone(), end: key::successor(&key), range: false };
        assert_eq!(map(&pack(&["a", "{K[1]}"]), &pack(&["k0", "k1"]), b"").unwrap(), expected);
    }

    #[test]
    fn a_range_is_everything_below_its_prefix() {
        let mapped = map(&pack(&["a", "{...}"]), b"no tuple", b"no tuple").unwrap();
        assert_eq!((&mapped.begin[..], &mapped.end[..], mapped.range), (&b"\x01a\0"[..], &b"\x01a\x01"[..], true));
        let number = [&tuple::integer(255)[..], &pack(&["{...}"])].concat();
        let mapped = map(&number, b"", b"").unwrap();
        assert_eq!((&mapped.begin[..], &mapped.end[..]), (&b"\x15\xff"[..], &b"\x16"[..]));
    }

    #[test]
    fn a_range_over_everything_has_no_bounds() {
        assert_eq!(number_of(map(&pack(&["{...}"]), b"", b"")), 2004);
    }

    #[test]
    fn a_misplaced_range_descriptor_is_found_before_any_entry() {
        for mapper in [&["{...}", "a"][..], &["a", "{...}", "{...}"], &["{...}", "{K[0]}"]] {
            assert_eq!(number_of(parse(&pack(mapper))), 2032, "{mapper:?}");
        }
        assert_eq!(number_of(parse(&[&pack(&["{...}"])[..], &[0]].concat())), 2032);
    }

    #[test]
    fn a_mapper_that_is_no_tuple_is_found_before_any_entry() {
        for mapper in [&b"mapper"[..], b"\x01unended", b"\xff", b"\x15"] {
            assert_eq!(number_of(parse(mapper)), 2043);
        }
    }

    #[test]
    fn key_and_value_must_be_tuples_only_if_they_are_needed() {
        let (good, bad) = (pack(&["x"]), b"not a tuple".to_vec());
        for (mapper, needs_key, needs_value) in
            [("{K[0]}", true, false), ("{V[0]}", false, true), ("{{K[0]}}", false, false), ("a", false, false)]
        {
            let mapper = parse(&pack(&[mapper])).unwrap();
            let failures = [mapper.map(&bad, &good), mapper.map(&good, &bad)].map(|result| match result {
                Ok(_) => 0,
                error => number_of(error),
            });
            assert_eq!(failures, [2041 * i32::from(needs_key), 2042 * i32::from(needs_value)], "{mapper:?}");
        }
    }

    #[test]
    fn bad_indices_are_told_by_the_first_entry() {
        for index in ["xxx", "-1", "3", "99", "2147483648", "-2147483649", "-", "+-1", " ", "x1", "\0"] {
            let mapper = parse(&pack(&[&format!("{{K[{index}]}}")])).unwrap();
            assert_eq!(number_of(mapper.map(&pack(&["k0", "k1", "k2"]), b"")), 2030, "{index:?}");
        }
        assert_eq!(number_of(key_of(&["{V[2]}"])), 2030);
    }

    #[test]
    fn an_index_is_read_as_far_as_it_is_a_number() {
        for (index, element) in [("1", "k1"), ("01", "k1"), ("+1", "k1"), (" \t1", "k1"), ("1x", "k1"), ("-0", "k0")] {
            assert_eq!(key_of(&[&format!("{{K[{index}]}}")]).unwrap(), pack(&[element]), "{index:?}");
        }
    }

    #[test]
    fn doubled_braces_stand_for_braces() {
        for (mapper, literal) in [
            ("{{K[0]}}", "{K[0]}"),
            ("{{...}}", "{...}"),
            ("{K[0]}}", "{K[0]}"),
            ("{{", "{"),
            ("a{{{b}}}", "a{{b}}"),
            ("}}{{", "}{"),
        ] {
            assert_eq!(key_of(&[mapper, "x"]).unwrap(), pack(&[literal, "x"]), "{mapper}");
            let string = map(&pack_strings(&[mapper]), b"", b"").unwrap();
            assert_eq!((string.begin, string.range), (pack(&[literal]), false), "{mapper}");
        }
    }

    #[test]
    fn what_only_resembles_a_reference_is_taken_as_it_is() {
        let alike =
            ["{K[]}", "K[0]", "{X[0]}", "{k[0]}", "{K(0)[1]}", "{K[0]", "{K0}", "{}", "{....}", " {K[0]}", "{", "}"];
        assert_eq!(key_of(&alike).unwrap(), pack(&alike));
        assert_eq!(map(&pack_strings(&alike), b"", b"").unwrap().begin, pack_strings(&alike));
    }

    #[test]
    fn random_mappers_and_entries_give_an_error_or_an_ordered_range() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |end: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 20) as usize % end
        };
        let words = ["{K[0]}", "{V[1]}", "{...}", "{{", "}}", "{K[", "]}", "a", "\0", "{V[-1]}"];
        let mut made = 0;
        for _ in 0..50_000 {
            let mut text = |count: usize| -> Vec<u8> {
                (0..next(count)).flat_map(|_| tuple::bytes(words[next(words.len())].as_bytes())).collect()
            };
            let [mut mapper, mut key, value] = [text(5), text(4), text(4)];
            for bytes in [&mut mapper, &mut key] {
                if next(4) == 0 && !bytes.is_empty() {
                    let at = next(bytes.len());
                    bytes[at] = next(256) as u8;
                }
            }
            if let Ok(mapped) = map(&mapper, &key, &value) {
                assert!(mapped.begin < mapped.end);
                made += 1;
            }
        }
        assert!(made > 5000, "only {made} gave a range");
    }
}
