//! Copies the source, and follows it round by round.
//!
//! After a round of a source that tells its changes, the target is what the state of that round is: changes are taken
//! before the state is held, which then has all of them, and once more behind it, so that what lies between is
//! known too. What was taken behind it may be later than the state, and is looked at again in the next round.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plinth_api::{key::END_OF_KEYS, ChangedRange, Changes, Code, Database, Error, Result};

use super::equal::{Found, Pair, Sides};
use super::origin::{follow, View};
use super::pace::Pace;
use super::report::Phase;
use super::target::{Batch, Target};
use crate::mark::check_whole;

/// Looks for the changes up to a state, at most.
const MOST_LOOKS: usize = 100;
/// Between two of them.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// See the file's top.
pub struct Follower<'a> {
    from: &'a dyn Database,
    target: &'a Target<'a>,
    pace: &'a Pace<'a>,
    changes: Option<Box<dyn Changes>>,
    /// What was taken and may be later than the state of the last round.
    carried: Vec<ChangedRange>,
    /// What the last round made equal.
    settled: Vec<ChangedRange>,
    /// The keyspaces that both sides have: by the number in the source, the name and the number in the target.
    known: BTreeMap<u32, (Arc<str>, u32)>,
    /// What the target is equal to.
    view: View,
}

/// What a round took.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Without what it was held back.
    pub took: Duration,
    /// What it wrote.
    pub wrote: u64,
    /// What it read.
    pub read: u64,
}

impl<'a> Follower<'a> {
    /// Begins to follow a source, and copies it.
    pub fn copy(from: &'a dyn Database, target: &'a Target<'a>, pace: &'a Pace<'a>) -> Result<Self> {
        pace.phase(Phase::Copy, estimate(from))?;
        // Before the state is held: what that lacks is noted.
        let changes = follow(from)?;
        let view = match changes {
            Some(_) => View::hold(from)?,
            None => View::running(from)?,
        };
        pace.moved.borrow_mut().follows = changes.is_some();
        let known = BTreeMap::new();
        let mut follower = Self { from, target, pace, changes, carried: Vec::new(), settled: Vec::new(), known, view };
        follower.keyspaces()?;
        let found = if target.before.is_some() { Found::Something } else { Found::Nothing };
        let (mut pairs, mut bytes) = (0, 0);
        follower.whole(found, &mut |key, value| {
            pairs += 1;
            bytes += (key.len() + value.len()) as u64;
        })?;
        let mut moved = pace.moved.borrow_mut();
        (moved.pairs, moved.bytes) = (pairs, bytes);
        drop(moved);
        Ok(follower)
    }

    /// Whether the source tells its changes.
    pub fn follows(&self) -> bool {
        self.changes.is_some()
    }

    /// The version of the source that the target is equal to.
    pub fn version(&self) -> i64 {
        self.view.version()
    }

    /// Makes equal what changed since the last round, or everything where that is not known.
    pub fn round(&mut self, found: Found) -> Result<Round> {
        let (began, napped) = (Instant::now(), self.pace.napped());
        let before = self.pace.now();
        match self.changes.is_some() {
            true => self.follow()?,
            false => {
                self.view = View::running(self.from)?;
                self.keyspaces()?;
                self.whole(found, &mut |_, _| {})?;
            }
        }
        let mut moved = self.pace.moved.borrow_mut();
        moved.rounds += 1;
        moved.version = self.view.version();
        Ok(Round {
            took: began.elapsed().saturating_sub(self.pace.napped().saturating_sub(napped)),
            wrote: moved.written_bytes - before.written_bytes,
            read: moved.read_bytes - before.read_bytes,
        })
    }

    fn follow(&mut self) -> Result<()> {
        let mut ranges = std::mem::take(&mut self.carried);
        self.take_into(&mut ranges)?;
        let view = View::hold(self.from)?;
        let mut behind = Vec::new();
        for _ in 0..MOST_LOOKS {
            if self.take_into(&mut behind)? >= view.version() {
                break;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        self.view = view;
        ranges.extend(behind.iter().cloned());
        self.carried = behind;
        self.settled = joined(ranges);
        let new = self.keyspaces()?;
        for pair in &new {
            self.sides().make_equal(pair.pair(), (b"", END_OF_KEYS), Found::Something, &mut |_, _| {})?;
        }
        self.settle()
    }

    /// Takes what changed. Returns up to which version.
    fn take_into(&mut self, ranges: &mut Vec<ChangedRange>) -> Result<i64> {
        let Some(changes) = &mut self.changes else {
            return Ok(i64::MAX);
        };
        let taken = changes.take()?;
        ranges.extend(taken.ranges);
        Ok(taken.version)
    }

    fn settle(&self) -> Result<()> {
        let sides = self.sides();
        let mut batch = Batch::default();
        for range in &self.settled {
            let Some(known) = self.known.get(&range.keyspace) else { continue };
            let pair = Pair { name: &known.0, source: range.keyspace, target: known.1 };
            let bounds = (&range.begin[..], &range.end[..]);
            if !sides.add_small(pair, bounds, &mut batch)? {
                sides.make_equal(pair, bounds, Found::Something, &mut |_, _| {})?;
            }
        }
        sides.flush(&mut batch)
    }

    /// Compares what the last round made equal.
    pub fn verify_changed(&self) -> Result<()> {
        for range in &self.settled {
            let Some(known) = self.known.get(&range.keyspace) else { continue };
            let pair = Pair { name: &known.0, source: range.keyspace, target: known.1 };
            self.sides().verify(pair, (&range.begin, &range.end), &mut |_, _, _| {})?;
        }
        Ok(())
    }

    /// Compares everything.
    pub fn verify_all(&self) -> Result<u64> {
        let all = self.all();
        let mut pairs: Vec<_> = all.iter().map(Known::pair).collect();
        // As a dump has them.
        pairs.sort_by_key(|pair| (pair.source != 0, pair.name));
        self.sides().verify_all(&pairs)
    }

    fn whole(&self, found: Found, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        for known in self.all() {
            self.sides().make_equal(known.pair(), (b"", END_OF_KEYS), found, each)?;
        }
        let mut moved = self.pace.moved.borrow_mut();
        (moved.version, moved.keyspaces) = (self.view.version(), self.known.len() as u64);
        Ok(())
    }

    fn sides(&self) -> Sides<'_> {
        Sides { view: &self.view, target: self.target, pace: self.pace }
    }

    fn all(&self) -> Vec<Known> {
        let known = |(id, (name, target)): (&u32, &(Arc<str>, u32))| Known(name.clone(), *id, *target);
        self.known.iter().map(known).collect()
    }

    /// Gives the target the keyspaces of the view. Returns those that are new.
    fn keyspaces(&mut self) -> Result<Vec<Known>> {
        check_whole(self.view.keyspaces().iter().map(|known| &*known.name))?;
        let there: BTreeMap<u32, Arc<str>> =
            self.view.keyspaces().iter().map(|known| (known.id, known.name.clone())).collect();
        self.known.retain(|id, _| there.contains_key(id));
        let mut new = Vec::new();
        if self.known.len() < there.len() || self.pace.moved.borrow().keyspaces != there.len() as u64 {
            let mut found = self.target.keyspaces()?;
            // One that was dropped and made again has another number, and begins empty.
            let kept: Vec<_> = self.known.values().map(|(name, _)| name.clone()).collect();
            let first = self.known.is_empty();
            for name in found.keys().cloned().collect::<Vec<_>>() {
                let wanted = if first { there.values().any(|known| *known == name) } else { kept.contains(&name) };
                if !wanted {
                    self.target.database.drop_keyspace(&name)?;
                    found.remove(&name);
                }
            }
            for (id, name) in there.iter().filter(|(id, _)| !self.known.contains_key(id)) {
                let target = match found.get(name) {
                    Some(target) => *target,
                    None => self.target.database.open_keyspace(name)?.id,
                };
                new.push(Known(name.clone(), *id, target));
            }
            for Known(name, id, target) in &new {
                self.known.insert(*id, (name.clone(), *target));
            }
        }
        self.pace.moved.borrow_mut().keyspaces = self.known.len() as u64;
        Ok(new)
    }
}

/// A keyspace on both sides: its name, its number in the source and in the target.
struct Known(Arc<str>, u32, u32);

impl Known {
    fn pair(&self) -> Pair<'_> {
        Pair { name: &self.0, source: self.1, target: self.2 }
    }
}

/// Compares everything where a move has ended before. Returns the checksum of the content.
pub fn verify_unmarked(view: &View, target: &Target<'_>, pace: &Pace<'_>) -> Result<u64> {
    let there = target.keyspaces()?;
    let differs = || Error::new(Code::MOVE_DIFFERS).context("the keyspaces");
    let mut pairs = Vec::new();
    for known in view.keyspaces() {
        let target = *there.get(&known.name).ok_or_else(differs)?;
        pairs.push(Pair { name: &known.name, source: known.id, target });
    }
    match there.len() == pairs.len() {
        true => Sides { view, target, pace }.verify_all(&pairs),
        false => Err(differs()),
    }
}

/// The ranges in order, without what overlaps, and without system keys.
fn joined(mut ranges: Vec<ChangedRange>) -> Vec<ChangedRange> {
    ranges.sort_by(|one, other| (one.keyspace, &one.begin).cmp(&(other.keyspace, &other.begin)));
    let mut joined: Vec<ChangedRange> = Vec::with_capacity(ranges.len());
    for mut range in ranges {
        if range.end.as_slice() > END_OF_KEYS {
            range.end = END_OF_KEYS.to_vec();
        }
        if range.begin >= range.end {
            continue;
        }
        match joined.last_mut() {
            Some(last) if last.keyspace == range.keyspace && range.begin < last.end => {
                if range.end > last.end {
                    last.end = range.end;
                }
            }
            _ => joined.push(range),
        }
    }
    joined
}

/// About how many bytes there are; 0 where that is not told.
fn estimate(from: &dyn Database) -> u64 {
    let size = || -> Result<i64> {
        let transaction = from.begin()?;
        let mut bytes = 0;
        for name in from.list_keyspaces()? {
            if let Some(keyspace) = from.find_keyspace(&name)? {
                bytes += transaction.estimated_range_size(keyspace.id, b"", END_OF_KEYS)?;
            }
        }
        Ok(bytes)
    };
    size().ok().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use plinth_api::{Changed, DatabaseOptions};

    use super::super::report::MoveOptions;
    use super::*;

    /// Commits when a round looks behind the state that it holds, and tells of that commit then and not again.
    struct Late {
        changes: Box<dyn Changes>,
        source: Arc<dyn Database>,
        takes: usize,
    }

    impl Changes for Late {
        fn take(&mut self) -> Result<Changed> {
            self.takes += 1;
            let late = if self.takes == 2 { put(&*self.source, b"late")? } else { 0 };
            let mut all = self.changes.take()?;
            while all.version < late {
                let more = self.changes.take()?;
                all.version = more.version;
                all.ranges.extend(more.ranges);
            }
            Ok(all)
        }
    }

    fn put(database: &dyn Database, key: &[u8]) -> Result<i64> {
        let transaction = database.begin()?;
        transaction.set(0, key, b"")?;
        transaction.commit()?;
        Ok(transaction.committed_version())
    }

    fn holds(database: &dyn Database, key: &[u8]) -> bool {
        database.begin().unwrap().get(0, key, false).unwrap().is_some()
    }

    #[test]
    fn what_was_told_behind_a_state_is_looked_at_in_the_next_round() {
        let open = || plinth_engine::open(":memory:", DatabaseOptions::default()).unwrap();
        let (source, to) = (open(), open());
        put(&*source, b"first").unwrap();
        let (target, pace) = (Target::begin(&*to, [1; 16], "").unwrap(), Pace::new(&(), MoveOptions::default()));
        let mut follower = Follower::copy(&*source, &target, &pace).unwrap();
        let changes = follower.changes.take().unwrap();
        follower.changes = Some(Box::new(Late { changes, source: source.clone(), takes: 0 }));
        put(&*source, b"second").unwrap();
        follower.round(Found::Something).unwrap();
        assert!(holds(&*to, b"first") && holds(&*to, b"second"));
        assert!(!holds(&*to, b"late"), "it is of after the round's state");
        follower.round(Found::Something).unwrap();
        assert!(holds(&*to, b"late"));
    }

    fn range(keyspace: u32, begin: &[u8], end: &[u8]) -> ChangedRange {
        ChangedRange { keyspace, begin: begin.to_vec(), end: end.to_vec() }
    }

    #[test]
    fn ranges_are_looked_at_once() {
        let ranges = vec![
            range(1, b"m", b"p"),
            range(0, b"c", b"d"),
            range(0, b"a", b"b"),
            range(0, b"a", b"c"),
            range(1, b"n", b"o"),
            range(0, b"\xff/a", b"\xff/b"),
            range(1, b"x", b"\xff\xff"),
        ];
        let expected = [range(0, b"a", b"c"), range(0, b"c", b"d"), range(1, b"m", b"p"), range(1, b"x", END_OF_KEYS)];
        assert_eq!(joined(ranges), expected);
    }
}
