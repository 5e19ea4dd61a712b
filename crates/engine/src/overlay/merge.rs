//! One view of the database and the transaction's own writes, and key selectors over it.
//!
//! The key space is cut into parts the transaction cleared, where only its own keys are, and
//! parts it did not, where the keys of the snapshot and its own are merged; for each key the
//! own write wins. The database is not read inside cleared parts (rule RYW-13).

use plinth_api::{key::END_OF_KEYS, KeySelector, Result};

use super::writes::Overlay;
use crate::store::Visit;

/// Scans `[begin, end)` of the snapshot: the one thing a view needs of the database.
pub type Source<'a> = dyn Fn(&[u8], &[u8], bool, &mut Visit<'_>) -> Result<()> + 'a;

/// What a read sees.
pub struct View<'a> {
    /// The database at the read version.
    pub source: &'a Source<'a>,
    /// The own writes; `None` where there are none.
    pub overlay: Option<&'a Overlay>,
}

/// Where a selector leads.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The key: empty before the first key, the end of the key space after the last.
    pub key: Vec<u8>,
    /// It ran off the beginning.
    pub hit_begin: bool,
    /// It ran off the end.
    pub hit_end: bool,
}

/// Visits the visible pairs with `begin <= key < end` until `visit` says false.
pub fn scan(view: &View<'_>, begin: &[u8], end: &[u8], reverse: bool, visit: &mut Visit<'_>) -> Result<()> {
    if begin >= end {
        return Ok(());
    }
    let Some(overlay) = view.overlay else {
        return (view.source)(begin, end, reverse, visit);
    };
    let mut segments = overlay.segments(begin, end);
    if reverse {
        segments.reverse();
    }
    for (first, last, cleared) in segments {
        let own = Own { overlay, begin: first, end: last, reverse };
        let go_on = if cleared { own.visit_all(visit) } else { own.merge(view.source, visit)? };
        if !go_on {
            break;
        }
    }
    Ok(())
}

/// Finds the key a selector names; `or_equal` must have been folded away (rules SEL-1, SEL-3).
pub fn resolve(view: &View<'_>, selector: &KeySelector) -> Result<Resolved> {
    debug_assert!(!selector.or_equal);
    let forward = selector.offset > 0;
    // Forward, offset 1 is the first key at or above; backward, offset 0 is the last below.
    let mut left = if forward { i64::from(selector.offset) } else { 1 - i64::from(selector.offset) };
    let mut found = None;
    let key = selector.key.as_slice().min(END_OF_KEYS);
    let (begin, end) = if forward { (key, END_OF_KEYS) } else { (&[][..], key) };
    scan(view, begin, end, !forward, &mut |key, _| {
        left -= 1;
        if left == 0 {
            found = Some(key.to_vec());
        }
        left > 0
    })?;
    Ok(match found {
        Some(key) => Resolved { key, hit_begin: false, hit_end: false },
        None if forward => Resolved { key: END_OF_KEYS.to_vec(), hit_begin: false, hit_end: true },
        None => Resolved { key: Vec::new(), hit_begin: true, hit_end: false },
    })
}

/// A key of the overlay and its value; `None` is a clear.
type OwnKey<'a> = (&'a [u8], Option<&'a [u8]>);

/// The own keys of one segment.
struct Own<'a> {
    overlay: &'a Overlay,
    begin: &'a [u8],
    end: &'a [u8],
    reverse: bool,
}

impl<'a> Own<'a> {
    fn keys(&self) -> Box<dyn Iterator<Item = OwnKey<'a>> + 'a> {
        let keys = self.overlay.range(self.begin, self.end);
        if self.reverse {
            Box::new(keys.rev())
        } else {
            Box::new(keys)
        }
    }

    /// Visits the own keys only. Returns whether to go on.
    fn visit_all(&self, visit: &mut Visit<'_>) -> bool {
        self.keys().all(|(key, value)| value.is_none_or(|value| visit(key, value)))
    }

    /// Visits own and stored keys in order. Returns whether to go on.
    fn merge(&self, source: &Source<'_>, visit: &mut Visit<'_>) -> Result<bool> {
        let mut own = self.keys().peekable();
        if own.peek().is_none() {
            let mut go_on = true;
            source(self.begin, self.end, self.reverse, &mut |key, value| {
                go_on = visit(key, value);
                go_on
            })?;
            return Ok(go_on);
        }
        let mut go_on = true;
        source(self.begin, self.end, self.reverse, &mut |key, value| {
            while let Some((own_key, own_value)) = own.next_if(|(own_key, _)| self.is_before(own_key, key)) {
                go_on = own_value.is_none_or(|value| visit(own_key, value));
                if !go_on {
                    return false;
                }
            }
            go_on = match own.next_if(|(own_key, _)| *own_key == key) {
                Some((_, None)) => true,
                Some((_, Some(own_value))) => visit(key, own_value),
                None => visit(key, value),
            };
            go_on
        })?;
        Ok(go_on && own.all(|(key, value)| value.is_none_or(|value| visit(key, value))))
    }

    fn is_before(&self, own: &[u8], stored: &[u8]) -> bool {
        if self.reverse {
            own > stored
        } else {
            own < stored
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(keys: &'static [&'static str]) -> impl Fn(&[u8], &[u8], bool, &mut Visit<'_>) -> Result<()> {
        move |begin, end, reverse, visit| {
            let mut inside: Vec<_> =
                keys.iter().map(|key| key.as_bytes()).filter(|key| begin <= *key && *key < end).collect();
            if reverse {
                inside.reverse();
            }
            let _ = inside.iter().all(|key| visit(key, b"stored"));
            Ok(())
        }
    }

    #[test]
    fn selectors_follow_the_vectors() {
        // Section 19: over keys {b, d, f} as (key, or_equal, offset, result).
        let source = stored(&["b", "d", "f"]);
        let view = View { source: &source, overlay: None };
        let vectors: [(&str, bool, i32, &[u8]); 12] = [
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
        for (key, or_equal, offset, result) in vectors {
            let selector = KeySelector { key: key.into(), or_equal, offset }.without_or_equal();
            assert_eq!(resolve(&view, &selector).unwrap().key, result, "({key}, {or_equal}, {offset})");
        }
    }

    fn seen(overlay: &Overlay, reverse: bool, limit: usize) -> String {
        let source = stored(&["b", "d", "f"]);
        let mut text = String::new();
        let mut left = limit;
        scan(&View { source: &source, overlay: Some(overlay) }, b"a", b"z", reverse, &mut |key, value| {
            text += &format!("{}={} ", String::from_utf8_lossy(key), String::from_utf8_lossy(value));
            left -= 1;
            left > 0
        })
        .unwrap();
        text
    }

    #[test]
    fn own_writes_win_over_stored_ones_both_ways() {
        let mut overlay = Overlay::default();
        overlay.clear_range(b"c", b"e");
        overlay.set(b"d", b"own");
        overlay.set(b"a", b"first");
        overlay.clear(b"f");
        overlay.set(b"g", b"last");
        assert_eq!(seen(&overlay, false, 99), "a=first b=stored d=own g=last ");
        assert_eq!(seen(&overlay, true, 99), "g=last d=own b=stored a=first ");
        assert_eq!(seen(&overlay, false, 3), "a=first b=stored d=own ");
        assert_eq!(seen(&overlay, true, 1), "g=last ");
    }
}
