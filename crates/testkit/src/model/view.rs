//! Reads of one keyspace as a transaction sees it (rules SEL-1 to SEL-4, RNG-1 to RNG-10).

use plinth_api::key::successor;
use plinth_api::{KeyRange, KeySelector, RangeOptions, RangeResult};

use super::conflict::{Positions, Span};
use super::state::{Map, Write};

/// The pairs of one keyspace at a version, with the transaction's own writes applied.
pub(crate) struct View {
    map: Map,
    /// The pairs past the end of what can be walked over.
    beyond: Map,
    /// The end of the keys that can be read (DATA-4).
    max: &'static [u8],
    /// What must not be looked at (RYW-8).
    unreadable: Vec<KeyRange>,
}

impl View {
    /// `map` with those of `writes` that belong to `keyspace` (RYW-1).
    pub fn new(mut map: Map, keyspace: u32, writes: &[Write], max: &'static [u8]) -> Self {
        for write in writes.iter().filter(|write| write.keyspace == keyspace) {
            write.apply(&mut map);
        }
        let beyond = map.split_off(max);
        Self { map, beyond, max, unreadable: Vec::new() }
    }

    /// The same, but for what can't be read in it.
    pub fn hiding(mut self, keyspace: u32, unreadable: &[Span]) -> Self {
        let hidden = unreadable.iter().filter(|span| span.keyspace == keyspace);
        self.unreadable = hidden.map(|span| span.range.clone()).collect();
        self
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.map.get(key).or_else(|| self.beyond.get(key)).map(|value| value.to_vec())
    }

    /// The index of the key that a selector names; negative or past the last one if there is none.
    pub fn position(&self, selector: &KeySelector) -> i64 {
        let below = |key: &[u8]| if selector.or_equal { *key <= *selector.key } else { *key < *selector.key };
        let count = self.map.keys().filter(|key| below(key)).count() as i64;
        count - 1 + i64::from(selector.offset)
    }

    /// The key that a selector names (SEL-3).
    pub fn get_key(&self, selector: &KeySelector) -> Vec<u8> {
        self.key_at(self.position(selector))
    }

    /// The pairs between two selectors.
    pub fn get_range(&self, begin: &KeySelector, end: &KeySelector, options: RangeOptions) -> RangeResult {
        let (first, last) = (self.get_key(begin), self.get_key(end));
        let inside = self.map.iter().filter(|(key, _)| ***key >= *first && ***key < *last);
        if options.reverse {
            limited(inside.rev(), options)
        } else {
            limited(inside, options)
        }
    }

    /// Where the selectors of a range read lie.
    pub fn positions(&self, begin: &KeySelector, end: &KeySelector) -> Positions {
        Positions { begin: self.position(begin), end: self.position(end), count: self.map.len() as i64, max: self.max }
    }

    /// Whether a walk over `[begin, end)` comes to something that can't be read.
    fn hides(&self, begin: &[u8], end: &[u8]) -> bool {
        self.unreadable.iter().any(|range| *range.begin < *end && *begin < *range.end && begin < end)
    }

    /// Whether a key can't be read.
    pub fn hides_key(&self, key: &[u8]) -> bool {
        self.hides(key, &successor(key))
    }

    /// Whether the way from the selector's key to its answer comes to something that can't be read.
    pub fn hides_selector(&self, selector: &KeySelector) -> bool {
        let (found, key) = (self.get_key(selector), selector.key.as_slice());
        if selector.offset <= 0 {
            return self.hides(&found, key);
        }
        let ran_off = self.position(selector) >= self.map.len() as i64;
        let end = if ran_off { found } else { successor(&found) };
        self.hides(key, &end)
    }

    /// The same for a range read with this result. Plain bounds are not looked for.
    pub fn hides_range(&self, begin: &KeySelector, end: &KeySelector, reverse: bool, result: &RangeResult) -> bool {
        let plain = begin.offset == 1 && end.offset == 1;
        if !plain && (self.hides_selector(begin) || self.hides_selector(end)) {
            return true;
        }
        let bound = |selector: &KeySelector| if plain { selector.key.clone() } else { self.get_key(selector) };
        let (mut first, mut last) = (bound(begin), bound(end));
        match result.last().filter(|_| result.more) {
            Some((key, _)) if reverse => first = key.to_vec(),
            Some((key, _)) => last = successor(key),
            None => {}
        }
        self.hides(&first, &last)
    }

    fn key_at(&self, position: i64) -> Vec<u8> {
        match usize::try_from(position) {
            Err(_) => Vec::new(),
            Ok(index) => self.map.keys().nth(index).map_or_else(|| self.max.to_vec(), |key| key.to_vec()),
        }
    }
}

/// Pairs until a limit is reached (RNG-6 and RNG-8).
fn limited<'a, B: AsRef<[u8]> + 'a>(pairs: impl Iterator<Item = (&'a B, &'a B)>, options: RangeOptions) -> RangeResult {
    let mut result = RangeResult::default();
    let mut bytes = 0;
    for (key, value) in pairs {
        let (key, value) = (key.as_ref(), value.as_ref());
        result.push(key, value);
        bytes += 8 + key.len() + value.len();
        let rows_reached = options.limit != 0 && result.len() >= options.limit;
        let bytes_reached = options.target_bytes != 0 && bytes >= options.target_bytes;
        if rows_reached || bytes_reached {
            result.more = true;
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use plinth_api::key::END_OF_KEYS;

    use super::*;

    fn view(keys: &[&str]) -> View {
        let map = keys.iter().map(|key| (key.as_bytes().into(), b"v"[..].into())).collect();
        View::new(map, 0, &[], END_OF_KEYS)
    }

    #[test]
    fn selectors_resolve_as_the_vectors_of_section_19_say() {
        let view = view(&["b", "d", "f"]);
        let cases: [(&str, bool, i32, &[u8]); 12] = [
            ("a", false, 1, b"b"),
            ("d", false, 1, b"d"),
            ("d", true, 1, b"f"),
            ("d", false, 0, b"b"),
            ("d", true, 0, b"d"),
            ("g", false, 1, b"\xff"),
            ("b", false, 0, b""),
            ("d", false, 2, b"f"),
            ("d", false, -1, b""),
            ("a", false, 3, b"f"),
            ("a", false, 4, b"\xff"),
            ("a", false, 0, b""),
        ];
        for (key, or_equal, offset, expected) in cases {
            let selector = KeySelector { key: key.as_bytes().to_vec(), or_equal, offset };
            assert_eq!(view.get_key(&selector), expected, "({key}, {or_equal}, {offset})");
        }
    }
}
