//! Reads of one keyspace as a transaction sees it (rules SEL-1 to SEL-4, RNG-1 to RNG-10).

use plinth_api::key::END_OF_KEYS;
use plinth_api::{KeySelector, RangeOptions, RangeResult};

use super::conflict::Positions;
use super::state::{Map, Write};

/// The pairs of one keyspace at a version, with the transaction's own writes applied.
pub(crate) struct View {
    map: Map,
}

impl View {
    /// `map` with those of `writes` that belong to `keyspace` (RYW-1).
    pub fn new(mut map: Map, keyspace: u32, writes: &[Write]) -> Self {
        for write in writes.iter().filter(|write| write.keyspace == keyspace) {
            write.apply(&mut map);
        }
        Self { map }
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.map.get(key).map(|value| value.to_vec())
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
        Positions { begin: self.position(begin), end: self.position(end), count: self.map.len() as i64 }
    }

    fn key_at(&self, position: i64) -> Vec<u8> {
        match usize::try_from(position) {
            Err(_) => Vec::new(),
            Ok(index) => self.map.keys().nth(index).map_or_else(|| END_OF_KEYS.to_vec(), |key| key.to_vec()),
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
    use super::*;

    fn view(keys: &[&str]) -> View {
        let map = keys.iter().map(|key| (key.as_bytes().into(), b"v"[..].into())).collect();
        View { map }
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
