//! Whether a database holds exactly what a stream does.
//!
//! So it is after a load that was finished and whose caller was not told, since its process was ended in that moment:
//! the mark is dropped by then. Nothing is written down for that case, because only the pairs themselves can tell whether
//! somebody changed them since. Both sides are in one order, and are read side by side, up to the first difference, with
//! a piece of each in memory.

use plinth_api::{key::successor, Database, RangeResult, Result, Steps};

use crate::format::End;
use crate::reader::Reader;
use crate::source::Source;

/// Reads the rest of a stream, of `length` bytes, beside the keyspaces of a database that have the names of its own.
/// Returns its end if they hold what it does and no more, else `None` as soon as that is clear.
pub fn compare(
    database: &dyn Database,
    reader: &mut Reader<'_>,
    steps: &Steps<'_>,
    length: u64,
) -> Result<Option<End>> {
    let Some(mut stored) = Stored::of(database, &reader.header.keyspaces)? else {
        return Ok(None);
    };
    let mut same = true;
    while same {
        let passed = reader.next(&mut |pair| {
            same = same && stored.is_next(pair.keyspace, pair.key, pair.value)?;
            Ok(())
        })?;
        steps.step(reader.at(), length)?;
        if let Some(end) = passed {
            return Ok((same && stored.is_over()?).then_some(end));
        }
    }
    Ok(None)
}

/// The pairs of a database, one after the other.
struct Stored {
    source: Source,
    /// The numbers of the keyspaces, in the order of the stream.
    keyspaces: Vec<u32>,
    /// Which of them is read.
    place: usize,
    piece: RangeResult,
    /// The next pair of the piece.
    at: usize,
    /// Where the next piece begins; `None` if there is none in this keyspace.
    next: Option<Vec<u8>>,
}

impl Stored {
    /// Of the keyspaces with these names; `None` if there is not one of each.
    fn of(database: &dyn Database, names: &[String]) -> Result<Option<Self>> {
        let source = Source::of(database, false)?;
        let id = |name: &String| source.keyspaces().iter().find(|known| *known.name == **name).map(|known| known.id);
        let keyspaces: Option<Vec<_>> = names.iter().map(id).collect();
        let (piece, next) = (RangeResult::default(), Some(Vec::new()));
        Ok(keyspaces.map(|keyspaces| Self { source, keyspaces, place: 0, piece, at: 0, next }))
    }

    /// Whether this is the next pair, and passes over it.
    fn is_next(&mut self, place: usize, key: &[u8], value: &[u8]) -> Result<bool> {
        let found = self.fill()? && self.place == place && self.piece.get(self.at) == Some((key, value));
        self.at += 1;
        Ok(found)
    }

    /// Whether there are no more.
    fn is_over(&mut self) -> Result<bool> {
        self.fill().map(|more| !more)
    }

    /// Reads on until there is a pair. Returns false if there is none.
    fn fill(&mut self) -> Result<bool> {
        while self.at == self.piece.len() {
            match (self.next.take(), self.keyspaces.get(self.place)) {
                (_, None) => return Ok(false),
                (None, Some(_)) => (self.place, self.next) = (self.place + 1, Some(Vec::new())),
                (Some(begin), Some(id)) => {
                    (self.piece, self.at) = (self.source.read(*id, &begin)?, 0);
                    self.next = self.piece.last().filter(|_| self.piece.more).map(|(last, _)| successor(last));
                }
            }
        }
        Ok(true)
    }
}
