//! Takes a stream apart. Nothing in it is believed: lengths are checked before anything is read by them, sums before
//! anything is used, and keys that are not in order are damage too.

use std::io::{ErrorKind, Read};

use plinth_api::{key::END_OF_KEYS, Code, Error, Progress, Result, Steps};

use crate::content::Content;
use crate::dump::Dumped;
use crate::format::{read_before, sum, Bytes, End, Header, Kind, BEFORE, BEHIND, FORMAT, MAGIC};

/// A stream that is read.
pub struct Reader<'a> {
    /// What its header tells.
    pub header: Header,
    /// The checksum of the header.
    pub identity: u64,
    /// What was read so far.
    pub content: Content,
    from: From<'a>,
    /// Where the frame begins that was read last.
    frame_at: u64,
    /// The last pair's keyspace and key.
    last: Option<(usize, Vec<u8>)>,
    bytes: Vec<u8>,
}

/// Where the bytes come from, and how many came.
struct From<'a> {
    from: &'a mut dyn Read,
    at: u64,
    frames: u64,
}

impl<'a> Reader<'a> {
    /// Reads the beginning of a stream. Fails with `not_a_dump` if it is something else, and with
    /// `format_not_supported` if a newer library wrote it.
    pub fn new(from: &'a mut dyn Read) -> Result<Self> {
        let mut from = From { from, at: 0, frames: 0 };
        let mut magic = [0; MAGIC.len()];
        let found = from.fill(&mut magic)?;
        if found < magic.len() || magic != MAGIC {
            return Err(Error::new(Code::NOT_A_DUMP).context(format!("it begins with {:02x?}", &magic[..found])));
        }
        let mut format = [0; 4];
        from.exactly(&mut format, 0)?;
        match u32::from_le_bytes(format) {
            0 => return Err(damaged(8, "it names format 0")),
            1..=FORMAT => {}
            format => {
                let text = format!("the dump has format {format}; this library reads formats up to {FORMAT}");
                return Err(Error::new(Code::FORMAT_NOT_SUPPORTED).context(text));
            }
        }
        let mut bytes = Vec::new();
        let at = from.at;
        let header = match from.frame(&mut bytes)? {
            Kind::Header => Header::read(&bytes).ok_or_else(|| damaged(at, "a header that makes no sense"))?,
            _ => return Err(damaged(at, "there is no header")),
        };
        let identity = u64::from_le_bytes(sum(0, &bytes));
        let content = Content::new(&header.keyspaces);
        Ok(Self { header, identity, content, from, frame_at: at, last: None, bytes })
    }

    /// How much of the stream was read.
    pub fn at(&self) -> u64 {
        self.from.at
    }

    /// Reads the next frame. `take` is given the pairs, if it holds some; `None` is returned then. Otherwise it was
    /// the end, everything adds up, and nothing comes behind it.
    pub fn next(&mut self, take: &mut dyn FnMut(Pair<'_>) -> Result<()>) -> Result<Option<End>> {
        self.frame_at = self.from.at;
        match self.from.frame(&mut self.bytes)? {
            Kind::Header => Err(damaged(self.frame_at, "a second header")),
            Kind::Pairs => self.pairs(take).map(|()| None),
            Kind::End => self.end().map(Some),
        }
    }

    fn pairs(&mut self, take: &mut dyn FnMut(Pair<'_>) -> Result<()>) -> Result<()> {
        let damaged = |what| damaged(self.frame_at, what);
        let mut rest = Bytes(&self.bytes);
        let keyspace = rest.array().map_or(usize::MAX, |bytes| u32::from_le_bytes(bytes) as usize);
        if keyspace >= self.header.keyspaces.len() || rest.0.is_empty() {
            return Err(damaged("pairs of no keyspace"));
        }
        while !rest.0.is_empty() {
            let (key, value) = rest.pair().ok_or_else(|| damaged("a pair that is not whole"))?;
            let ascends = self.last.as_ref().is_none_or(|(before, last)| (*before, &last[..]) < (keyspace, key));
            if !ascends || key >= END_OF_KEYS {
                return Err(damaged("keys that are not in order"));
            }
            match &mut self.last {
                Some((before, last)) => {
                    *before = keyspace;
                    last.clear();
                    last.extend_from_slice(key);
                }
                last => *last = Some((keyspace, key.to_vec())),
            }
            self.content.add(keyspace, key, value);
            let (pairs, checksum) = (self.content.pairs, &self.content);
            take(Pair { keyspace, key, value, number: pairs, content: checksum })?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<End> {
        let end = End::read(&self.bytes).ok_or_else(|| damaged(self.frame_at, "an end that makes no sense"))?;
        let (pairs, bytes, checksum) = (self.content.pairs, self.content.bytes, self.content.checksum());
        if (end.pairs, end.bytes, end.checksum) != (pairs, bytes, checksum) || end.version < self.header.version {
            let text = format!("{pairs} pairs with checksum {checksum:016x} came, {} were dumped", end.pairs);
            return Err(damaged(self.frame_at, &text));
        }
        match self.from.fill(&mut [0])? {
            0 => Ok(end),
            _ => Err(damaged(self.from.at - 1, "something comes behind the end")),
        }
    }

    /// What is known at the end.
    pub fn summary(&self, end: &End) -> Dumped {
        Dumped {
            version: self.header.version,
            exact: self.header.exact,
            keyspaces: self.header.keyspaces.len() as u64,
            pairs: end.pairs,
            bytes: end.bytes,
            checksum: end.checksum,
            stream_bytes: self.at(),
        }
    }
}

/// A pair of a stream.
pub struct Pair<'a> {
    /// The place of its keyspace.
    pub keyspace: usize,
    pub key: &'a [u8],
    pub value: &'a [u8],
    /// How many pairs came, this one included.
    pub number: u64,
    /// All of them.
    pub content: &'a Content,
}

impl From<'_> {
    /// Reads a frame.
    fn frame(&mut self, bytes: &mut Vec<u8>) -> Result<Kind> {
        let (begin, number) = (self.at, self.frames);
        let mut before = [0; BEFORE];
        self.exactly(&mut before, begin)?;
        let (kind, length) = read_before(number, &before).ok_or_else(|| damaged(begin, "the beginning of a frame"))?;
        bytes.clear();
        // It grows as bytes come; one that claims much and holds little takes little.
        let read = (&mut *self.from).take(length as u64).read_to_end(bytes).map_err(|error| self.failed(error))?;
        self.at += read as u64;
        if read < length {
            return Err(self.cut(begin));
        }
        let mut behind = [0; BEHIND];
        self.exactly(&mut behind, begin)?;
        if behind != sum(number, bytes) {
            return Err(damaged(begin, "a checksum does not match"));
        }
        self.frames += 1;
        Ok(kind)
    }

    fn exactly(&mut self, bytes: &mut [u8], begin: u64) -> Result<()> {
        match self.fill(bytes)? == bytes.len() {
            true => Ok(()),
            false => Err(self.cut(begin)),
        }
    }

    /// Reads as much as there is room for, or less at the end.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.from.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        self.at += filled as u64;
        Ok(filled)
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::new(Code::IO_ERROR).context(format!("reading a dump at byte {}", self.at)).caused_by(error)
    }

    fn cut(&self, begin: u64) -> Error {
        damaged(begin, &format!("it ends at byte {}, in the middle", self.at))
    }
}

fn damaged(at: u64, what: &str) -> Error {
    Error::new(Code::DUMP_DAMAGED).context(format!("at byte {at}: {what}"))
}

/// Reads a stream to its end and checks all of it, without a database.
pub fn check(from: &mut dyn Read, length: u64, progress: &dyn Progress) -> Result<Dumped> {
    let steps = Steps::new(progress);
    steps.tell(0, length)?;
    let mut reader = Reader::new(from)?;
    loop {
        let end = reader.next(&mut |_| Ok(()))?;
        steps.step(reader.at(), length)?;
        if let Some(end) = end {
            steps.tell(reader.at(), reader.at())?;
            return Ok(reader.summary(&end));
        }
    }
}
