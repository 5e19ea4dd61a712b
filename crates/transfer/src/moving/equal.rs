//! Makes a range of the target equal to a range of the source, and compares them, in pieces of bounded size.

use plinth_api::{
    key::{printable, successor, END_OF_KEYS},
    Code, Error, RangeResult, Result,
};
use xxhash_rust::xxh3::Xxh3;

use super::origin::View;
use super::pace::Pace;
use super::target::{Batch, Target};
use crate::content::Content;

/// Bytes of a piece, about.
const PIECE: usize = 512 << 10;
/// A range that holds no more is written again without a look at what is there.
const FEW: usize = 32;

/// Hears of a pair: whether it is of the source, and what it is.
type Each<'a> = &'a mut dyn FnMut(bool, &[u8], &[u8]);

/// A keyspace on both sides.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    pub name: &'a str,
    pub source: u32,
    pub target: u32,
}

/// What is known of the target before a range is made equal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is empty there.
    Nothing,
    /// It is nearly equal; what is not is written.
    Something,
    /// The same, and what was written is read again and compared.
    Checked,
}

/// Both sides, while a range is made equal.
pub struct Sides<'a> {
    pub view: &'a View,
    pub target: &'a Target<'a>,
    pub pace: &'a Pace<'a>,
}

impl Sides<'_> {
    /// Makes a range equal, and tells `each` of every pair of the source.
    pub fn make_equal(
        &self,
        pair: Pair<'_>,
        (begin, end): (&[u8], &[u8]),
        found: Found,
        each: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<()> {
        let mut batch = Batch::default();
        let mut begin = begin.to_vec();
        loop {
            let wanted = self.view.read(pair.source, &begin, end, PIECE)?;
            let stop = stop(&wanted, end);
            let bytes = wanted.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum();
            wanted.iter().for_each(|(key, value)| each(key, value));
            if found == Found::Nothing {
                wanted.iter().for_each(|(key, value)| batch.set(pair.target, key, value));
                self.flush(&mut batch)?;
            } else {
                let wrote = self.settle(pair, (&begin, &stop), &wanted)?;
                if wrote && found == Found::Checked {
                    self.check(pair, (&begin, &stop), &wanted)?;
                }
            }
            self.pace.read(bytes)?;
            if !wanted.more {
                return Ok(());
            }
            begin = stop;
        }
    }

    /// Adds what makes a range equal to a batch, without a look at the target, if it holds little. Returns whether
    /// that was so.
    pub fn add_small(&self, pair: Pair<'_>, (begin, end): (&[u8], &[u8]), batch: &mut Batch) -> Result<bool> {
        let single = end.strip_suffix(&[0]) == Some(begin);
        let wanted = self.view.read(pair.source, begin, end, PIECE / 8)?;
        if wanted.more || wanted.len() > FEW {
            return Ok(false);
        }
        match (single, wanted.is_empty()) {
            (true, true) => batch.clear(pair.target, begin),
            (true, false) => {}
            (false, _) => batch.clear_range(pair.target, begin, end),
        }
        wanted.iter().for_each(|(key, value)| batch.set(pair.target, key, value));
        if batch.is_full() {
            self.flush(batch)?;
        }
        self.pace.read(wanted.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum())?;
        Ok(true)
    }

    /// Writes what waits.
    pub fn flush(&self, batch: &mut Batch) -> Result<()> {
        self.pace.wrote(self.target.write(batch)?)
    }

    /// Writes what differs in a range, whose pairs are to be these. Returns whether there was something.
    fn settle(&self, pair: Pair<'_>, (begin, end): (&[u8], &[u8]), wanted: &RangeResult) -> Result<bool> {
        let mut batch = Batch::default();
        let mut wanted = wanted.iter().peekable();
        let mut begin = begin.to_vec();
        let mut wrote = false;
        loop {
            let there = self.target.read(pair.target, &begin, end, PIECE)?;
            if wanted.peek().is_none() {
                // All that is left is too much, however much it is.
                if !there.is_empty() {
                    batch.clear_range(pair.target, &begin, end);
                }
                break;
            }
            let stop = stop(&there, end);
            let mut there_rows = there.iter().peekable();
            // What is there and not wanted, as one range as long as nothing wanted lies between.
            let mut surplus: Option<(&[u8], &[u8])> = None;
            loop {
                let next = wanted.peek().filter(|(key, _)| *key < stop.as_slice()).copied();
                match (next, there_rows.peek().copied()) {
                    (None, None) => break,
                    (Some((key, value)), there) if there.is_none_or(|(other, _)| key <= other) => {
                        clear_surplus(&mut batch, pair.target, surplus.take());
                        wanted.next();
                        let same = there.filter(|(other, _)| *other == key);
                        if same.is_some() {
                            there_rows.next();
                        }
                        if same.is_none_or(|(_, other)| other != value) {
                            batch.set(pair.target, key, value);
                        }
                    }
                    (_, Some((other, _))) => {
                        there_rows.next();
                        surplus = Some((surplus.map_or(other, |(first, _)| first), other));
                    }
                    (Some(_), None) => break,
                }
            }
            clear_surplus(&mut batch, pair.target, surplus);
            if !there.more {
                break;
            }
            if batch.is_full() {
                wrote = true;
                self.flush(&mut batch)?;
            }
            begin = stop;
        }
        wrote |= !batch.is_empty();
        self.flush(&mut batch)?;
        Ok(wrote)
    }

    /// Fails unless a range of the target holds these pairs.
    fn check(&self, pair: Pair<'_>, (begin, end): (&[u8], &[u8]), wanted: &RangeResult) -> Result<()> {
        let (mut here, mut there) = (Sum::default(), Sum::default());
        wanted.iter().for_each(|(key, value)| here.add(key, value));
        self.sum_target(pair.target, (begin, end), &mut there, &mut |_, _| {})?;
        compare(pair, (begin, end), &here, &there)
    }

    /// Fails unless a range is equal on both sides, by checksums of its pieces. Tells `each` of every pair: of the
    /// source, and of the target.
    pub fn verify(&self, pair: Pair<'_>, (begin, end): (&[u8], &[u8]), each: Each<'_>) -> Result<()> {
        let mut begin = begin.to_vec();
        loop {
            let wanted = self.view.read(pair.source, &begin, end, PIECE)?;
            let stop = stop(&wanted, end);
            let (mut here, mut there) = (Sum::default(), Sum::default());
            for (key, value) in wanted.iter() {
                here.add(key, value);
                each(true, key, value);
            }
            self.sum_target(pair.target, (&begin, &stop), &mut there, &mut |key, value| each(false, key, value))?;
            compare(pair, (&begin, &stop), &here, &there)?;
            self.pace.read(here.bytes)?;
            if !wanted.more {
                return Ok(());
            }
            begin = stop;
        }
    }

    fn sum_target(
        &self,
        keyspace: u32,
        (begin, end): (&[u8], &[u8]),
        sum: &mut Sum,
        each: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<()> {
        let mut begin = begin.to_vec();
        loop {
            let found = self.target.read(keyspace, &begin, end, PIECE)?;
            for (key, value) in found.iter() {
                sum.add(key, value);
                each(key, value);
            }
            self.pace.step()?;
            if !found.more {
                return Ok(());
            }
            begin = stop(&found, end);
        }
    }

    /// Fails unless everything is equal. Returns the checksum of the content, as a dump has it.
    pub fn verify_all(&self, pairs: &[Pair<'_>]) -> Result<u64> {
        let names: Vec<_> = pairs.iter().map(|pair| pair.name.to_owned()).collect();
        let (mut here, mut there) = (Content::new(&names), Content::new(&names));
        for (place, pair) in pairs.iter().enumerate() {
            let mut each = |source: bool, key: &[u8], value: &[u8]| {
                let side = if source { &mut here } else { &mut there };
                side.add(place, key, value);
            };
            self.verify(*pair, (b"", END_OF_KEYS), &mut each)?;
        }
        match here.checksum() == there.checksum() {
            true => Ok(here.checksum()),
            false => Err(Error::new(Code::MOVE_DIFFERS).context("the checksums of all the content")),
        }
    }
}

/// Where what was read of a range ends.
fn stop(found: &RangeResult, end: &[u8]) -> Vec<u8> {
    found.last().filter(|_| found.more).map_or_else(|| end.to_vec(), |(last, _)| successor(last))
}

fn clear_surplus(batch: &mut Batch, keyspace: u32, surplus: Option<(&[u8], &[u8])>) {
    match surplus {
        None => {}
        Some((first, last)) if first == last => batch.clear(keyspace, first),
        Some((first, last)) => batch.clear_range(keyspace, first, &successor(last)),
    }
}

/// The checksum of a range.
#[derive(Default)]
struct Sum {
    sum: Xxh3,
    pairs: u64,
    bytes: u64,
}

impl Sum {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        self.sum.update(&[(key.len() as u32).to_le_bytes(), (value.len() as u32).to_le_bytes()].concat());
        self.sum.update(key);
        self.sum.update(value);
        self.pairs += 1;
        self.bytes += (key.len() + value.len()) as u64;
    }
}

fn compare(pair: Pair<'_>, (begin, end): (&[u8], &[u8]), here: &Sum, there: &Sum) -> Result<()> {
    if here.pairs == there.pairs && here.sum.digest() == there.sum.digest() {
        return Ok(());
    }
    let text = format!(
        "keyspace \"{}\" from \"{}\" to \"{}\": {} pairs on one side, {} on the other; does somebody write into the target?",
        pair.name,
        printable(begin),
        printable(end),
        here.pairs,
        there.pairs
    );
    Err(Error::new(Code::MOVE_DIFFERS).context(text))
}
