//! A scan in pieces, one ahead of the visitor.
//!
//! A piece is visited only when all of it was checked: its version, its lengths, the order of its keys
//! and that they are in the range that was asked for.

use plinth_api::{key::successor, Result};

use super::call::Call;
use super::line::Line;
use super::reply::{Piece, Reply};
use crate::store::{Range, Visit};
use crate::wire::{Ask, Pairs};

/// Pairs of the first piece, where nothing is known.
const FIRST_ROWS: u32 = 64;
/// Bytes of the first piece, where it is not known how many are wanted, and where it is; and of the largest one.
const FIRST_BYTES: u32 = 16 << 10;
const WANTED_BYTES: u32 = 256 << 10;
const MOST_BYTES: u32 = 1 << 20;
/// Pairs of the largest piece.
const MOST_ROWS: u32 = 1 << 16;
/// Each piece is so much larger than the one before.
const GROWTH: u32 = 4;

/// A scan under way.
struct Scan<'a> {
    line: &'a Line,
    version: i64,
    keyspace: u32,
    /// What was not asked for yet.
    begin: Vec<u8>,
    end: Vec<u8>,
    reverse: bool,
    /// Pairs that are wanted; 0 is not known.
    want: usize,
    taken: usize,
    rows: u32,
    bytes: u32,
}

/// Visits the pairs of a range at a version.
pub fn scan(line: &Line, version: i64, range: Range<'_>, want: usize, visit: &mut Visit<'_>) -> Result<()> {
    let (begin, end) = (range.begin.to_vec(), range.end.to_vec());
    let (keyspace, reverse) = (range.keyspace, range.reverse);
    let (rows, bytes) = (FIRST_ROWS, if want > 0 { WANTED_BYTES } else { FIRST_BYTES });
    let mut scan = Scan { line, version, keyspace, begin, end, reverse, want, taken: 0, rows, bytes };
    if scan.begin >= scan.end {
        return Ok(());
    }
    let mut call = scan.ask()?;
    loop {
        let piece = scan.receive(call)?;
        let more = piece.more && scan.begin < scan.end;
        // What was wanted is there: more is asked for only if the visitor does not stop.
        let enough = scan.want > 0 && scan.taken >= scan.want;
        let ahead = (more && !enough).then(|| scan.ask());
        for (key, value) in piece.pairs() {
            if !visit(key, value) {
                return Ok(());
            }
        }
        call = match ahead {
            Some(ahead) => ahead?,
            None if more => scan.ask()?,
            None => return Ok(()),
        };
    }
}

impl<'a> Scan<'a> {
    /// Asks for the next piece.
    fn ask(&mut self) -> Result<Call<'a>> {
        let rows = match self.want.saturating_sub(self.taken) {
            0 => self.rows,
            left => u32::try_from(left).unwrap_or(u32::MAX),
        };
        let call = self.line.start(&Ask::Scan {
            version: Some(self.version),
            keyspace: self.keyspace,
            begin: &self.begin,
            end: &self.end,
            reverse: self.reverse,
            rows,
            bytes: self.bytes,
        })?;
        self.rows = (self.rows * GROWTH).min(MOST_ROWS);
        self.bytes = (self.bytes * GROWTH).min(MOST_BYTES);
        Ok(call)
    }

    /// Waits for a piece, checks it, and takes what it covers off the range.
    fn receive(&mut self, call: Call<'_>) -> Result<Piece> {
        let piece = match call.wait()? {
            Reply::Rows(piece) => piece,
            Reply::Failed(failed) => return Err(failed.error),
            _ => return Err(self.line.garbage("an answer to a scan that holds no pairs")),
        };
        let Some((count, last)) = piece.check(self.version, &self.begin, &self.end, self.reverse) else {
            return Err(self.line.garbage("pairs that were not asked for"));
        };
        if let Some(last) = last {
            match self.reverse {
                true => self.end = last.to_vec(),
                false => self.begin = successor(last),
            }
        }
        self.taken = self.taken.saturating_add(count);
        Ok(piece)
    }
}

impl Piece {
    /// The pairs.
    pub fn pairs(&self) -> Pairs<'_> {
        Pairs::new(&self.pairs)
    }

    /// How many pairs it has, and the key of the last one, if it can be part of what is in `[begin, end)`
    /// at that version.
    pub fn check(&self, version: i64, begin: &[u8], end: &[u8], reverse: bool) -> Option<(usize, Option<&[u8]>)> {
        let mut pairs = self.pairs();
        // The first and the last one are the bounds of the others.
        let (mut count, mut first, mut last): (_, _, Option<&[u8]>) = (0, None, None);
        for (key, _) in &mut pairs {
            let in_order = last.is_none_or(|last| if reverse { key < last } else { last < key });
            if !in_order {
                return None;
            }
            first.get_or_insert(key);
            last = Some(key);
            count += 1;
        }
        let (low, high) = if reverse { (last, first) } else { (first, last) };
        let inside = low.is_none_or(|low| begin <= low) && high.is_none_or(|high| high < end);
        let whole = pairs.rest().is_empty() && (!self.more || count > 0);
        (self.version == version && inside && whole).then_some((count, last))
    }
}
