//! One view of the database and the transaction's own writes, and key selectors over it.
//!
//! The key space is cut into parts the transaction cleared, where only its own keys are, and
//! parts it did not, where the keys of the snapshot and its own are merged; for each key the
//! own write wins. The database is not read inside cleared parts (rule RYW-13). A walk that comes
//! to a key or part that can't be read ends with 1036 (rule RYW-8).

use plinth_api::{Code, Error, KeySelector, Result};

use super::keys::{Entry, Iter};
use super::writes::{Kind, Overlay};
use crate::store::Visit;

/// The pairs with `begin <= key < end`, ascending, or descending if `reverse`.
#[derive(Clone, Copy)]
pub struct Stretch<'a> {
    /// First key.
    pub begin: &'a [u8],
    /// First key past the end.
    pub end: &'a [u8],
    /// Whether to go down.
    pub reverse: bool,
    /// About how many pairs the visitor will take; 0 is not known. Own writes may take the places of some
    /// of them or hide others, so for the database it is only a hint.
    pub want: usize,
}

/// Scans a stretch of the snapshot: the one thing a view needs of the database.
pub type Source<'a> = dyn Fn(Stretch<'_>, &mut Visit<'_>) -> Result<()> + 'a;

/// What a read sees.
pub struct View<'a> {
    /// The database at the read version.
    pub source: &'a Source<'a>,
    /// The own writes; `None` where there are none.
    pub overlay: Option<&'a Overlay>,
    /// The end of the keys that can be read (rule DATA-4).
    pub max: &'a [u8],
    /// The longest value there may be (rule ATOM-3).
    pub longest: usize,
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

/// Visits the visible pairs of a stretch until `visit` says false.
pub fn scan(view: &View<'_>, stretch: Stretch<'_>, visit: &mut Visit<'_>) -> Result<()> {
    let Stretch { begin, end, reverse, want } = stretch;
    if begin >= end {
        return Ok(());
    }
    let Some(overlay) = view.overlay else {
        return (view.source)(stretch, visit);
    };
    let mut segments = overlay.segments(begin, end);
    if reverse {
        segments.reverse();
    }
    for (first, last, kind) in segments {
        let stretch = Stretch { begin: first, end: last, reverse, want };
        let own = Own { overlay, longest: view.longest, stretch };
        let go_on = match kind {
            Kind::Open => own.merge(view.source, visit)?,
            Kind::Cleared => own.visit_all(visit)?,
            Kind::Unreadable => return Err(unreadable()),
        };
        if !go_on {
            break;
        }
    }
    Ok(())
}

/// The error of a read that comes to a key whose versionstamp is missing (rule RYW-8).
pub fn unreadable() -> Error {
    Error::new(Code::ACCESSED_UNREADABLE).context("its versionstamp is known only after the commit")
}

/// Finds the key a selector names; `or_equal` must have been folded away (rules SEL-1, SEL-3).
pub fn resolve(view: &View<'_>, selector: &KeySelector) -> Result<Resolved> {
    debug_assert!(!selector.or_equal);
    let forward = selector.offset > 0;
    // Forward, offset 1 is the first key at or above; backward, offset 0 is the last below.
    let mut left = if forward { i64::from(selector.offset) } else { 1 - i64::from(selector.offset) };
    let want = usize::try_from(left).unwrap_or(0);
    let mut found = None;
    let key = selector.key.as_slice().min(view.max);
    let (begin, end) = if forward { (key, view.max) } else { (&[][..], key) };
    scan(view, Stretch { begin, end, reverse: !forward, want }, &mut |key, _| {
        left -= 1;
        if left == 0 {
            found = Some(key.to_vec());
        }
        left > 0
    })?;
    Ok(match found {
        Some(key) => Resolved { key, hit_begin: false, hit_end: false },
        None if forward => Resolved { key: view.max.to_vec(), hit_begin: false, hit_end: true },
        None => Resolved { key: Vec::new(), hit_begin: true, hit_end: false },
    })
}

/// The own keys of one segment.
struct Own<'a> {
    overlay: &'a Overlay,
    longest: usize,
    stretch: Stretch<'a>,
}

/// Own keys in the direction of a stretch.
struct OneWay<'a> {
    keys: Iter<'a>,
    reverse: bool,
}

impl<'a> Iterator for OneWay<'a> {
    type Item = (&'a [u8], Entry<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        match self.reverse {
            false => self.keys.next(),
            true => self.keys.next_back(),
        }
    }
}

impl<'a> Own<'a> {
    fn keys(&self) -> OneWay<'a> {
        OneWay { keys: self.overlay.range(self.stretch.begin, self.stretch.end), reverse: self.stretch.reverse }
    }

    /// Visits an own key as the transaction sees it; `stored` is what the database holds. Returns
    /// whether to go on.
    fn visit(&self, key: &[u8], entry: Entry<'_>, stored: Option<&[u8]>, visit: &mut Visit<'_>) -> Result<bool> {
        Ok(match entry {
            Entry::Cleared => true,
            Entry::Set(value) => visit(key, value),
            Entry::Pending(pending) if pending.unreadable => return Err(unreadable()),
            Entry::Pending(pending) => {
                let value = pending.settle(stored, None, self.longest);
                value.is_none_or(|value| visit(key, &value))
            }
        })
    }

    /// Visits the own keys only. Returns whether to go on.
    fn visit_all(&self, visit: &mut Visit<'_>) -> Result<bool> {
        for (key, entry) in self.keys() {
            if !self.visit(key, entry, None, visit)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Visits own and stored keys in order. Returns whether to go on.
    fn merge(&self, source: &Source<'_>, visit: &mut Visit<'_>) -> Result<bool> {
        let mut own = self.keys().peekable();
        if own.peek().is_none() {
            let mut go_on = true;
            source(self.stretch, &mut |key, value| {
                go_on = visit(key, value);
                go_on
            })?;
            return Ok(go_on);
        }
        let mut seen = Ok(true);
        source(self.stretch, &mut |key, value| {
            while let Some((own_key, entry)) = own.next_if(|(own_key, _)| self.is_before(own_key, key)) {
                seen = self.visit(own_key, entry, None, visit);
                if !matches!(seen, Ok(true)) {
                    return false;
                }
            }
            seen = match own.next_if(|(own_key, _)| *own_key == key) {
                Some((_, entry)) => self.visit(key, entry, Some(value), visit),
                None => Ok(visit(key, value)),
            };
            matches!(seen, Ok(true))
        })?;
        if !seen? {
            return Ok(false);
        }
        for (key, entry) in own {
            if !self.visit(key, entry, None, visit)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_before(&self, own: &[u8], stored: &[u8]) -> bool {
        if self.stretch.reverse {
            own > stored
        } else {
            own < stored
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(keys: &'static [&'static str]) -> impl Fn(Stretch<'_>, &mut Visit<'_>) -> Result<()> {
        move |Stretch { begin, end, reverse, .. }, visit| {
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
        let view = View { source: &source, overlay: None, max: b"\xff", longest: 100 };
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
        let view = View { source: &source, overlay: Some(overlay), max: b"\xff", longest: 100 };
        scan(&view, Stretch { begin: b"a", end: b"z", reverse, want: limit }, &mut |key, value| {
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

    /// RYW-3 and RYW-5: a range shows own changes on what is stored, and what they removed is gone.
    #[test]
    fn own_changes_show_in_ranges() {
        let mut overlay = Overlay::default();
        overlay.atomic(plinth_api::Mutation::AppendIfFits, b"b", b"!", 100);
        overlay.atomic(plinth_api::Mutation::AppendIfFits, b"c", b"!", 100);
        overlay.atomic(plinth_api::Mutation::CompareAndClear, b"d", b"stored", 100);
        assert_eq!(seen(&overlay, false, 99), "b=stored! c=! f=stored ");
        assert_eq!(seen(&overlay, true, 99), "f=stored c=! b=stored! ");
    }

    /// RYW-8: a walk fails when it reaches what can't be read, and not before.
    #[test]
    fn a_walk_fails_only_when_it_reaches_what_cannot_be_read() {
        let mut overlay = Overlay::default();
        overlay.set_stamped_value(b"e", b"..........\0\0\0\0");
        assert_eq!(seen(&overlay, false, 2), "b=stored d=stored ");
        assert_eq!(seen(&overlay, true, 1), "f=stored ");
        let source = stored(&["b", "d", "f"]);
        let view = View { source: &source, overlay: Some(&overlay), max: b"\xff", longest: 100 };
        let failed = scan(&view, Stretch { begin: b"a", end: b"z", reverse: false, want: 0 }, &mut |_, _| true);
        assert_eq!(failed.unwrap_err().code(), Code::ACCESSED_UNREADABLE);
        assert!(scan(&view, Stretch { begin: b"a", end: b"e", reverse: false, want: 0 }, &mut |_, _| true).is_ok());
    }

    #[test]
    fn the_database_hears_about_how_many_pairs_are_wanted() {
        let asked = std::cell::RefCell::new(Vec::new());
        let pairs = stored(&["b", "d", "f"]);
        let source = |stretch: Stretch<'_>, visit: &mut Visit<'_>| {
            asked.borrow_mut().push(stretch.want);
            pairs(stretch, visit)
        };
        let mut overlay = Overlay::default();
        overlay.clear_range(b"c", b"e");
        let plain = View { source: &source, overlay: None, max: b"\xff", longest: 100 };
        let own = View { overlay: Some(&overlay), ..plain };
        for (offset, want) in [(1, 1), (3, 3), (0, 1), (-1, 2)] {
            resolve(&plain, &KeySelector { key: b"e".to_vec(), or_equal: false, offset }).unwrap();
            assert_eq!(asked.take(), [want], "offset {offset}");
        }
        for want in [0, 7] {
            scan(&plain, Stretch { begin: b"a", end: b"z", reverse: false, want }, &mut |_, _| true).unwrap();
            assert_eq!(asked.take(), [want]);
            // Both sides of what was cleared.
            scan(&own, Stretch { begin: b"a", end: b"z", reverse: false, want }, &mut |_, _| true).unwrap();
            assert_eq!(asked.take(), [want, want]);
        }
    }
}
