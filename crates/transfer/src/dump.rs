//! Writes a database into a stream.

use std::io::{self, Write};

use plinth_api::{key::successor, Code, Database, Error, Progress, Result, Steps};

use crate::content::Content;
use crate::file::advise;
use crate::format::{before, put_pair, sum, End, Header, Kind, FORMAT, MAGIC};
use crate::mark::check_whole;
use crate::source::Source;

/// How a dump goes about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DumpOptions {
    /// Dump a locked database too, instead of failing with `database_locked` as its readers do.
    pub lock_aware: bool,
}

/// What a stream holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dumped {
    /// The version it is of.
    pub version: i64,
    /// Whether all of it is of that version; if not, some may be of later ones.
    pub exact: bool,
    /// Keyspaces.
    pub keyspaces: u64,
    /// Pairs.
    pub pairs: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// The checksum of the content, which any dump of the same content has.
    pub checksum: u64,
    /// Bytes of the stream.
    pub stream_bytes: u64,
}

/// Writes the newest state of a database, or where the backend can't hold it the database as it goes on, in
/// constant memory. What was committed before the call is in it. Keys that begin with 0xff are not.
///
/// A dump that fails is begun anew: the state that it was of has ended with it.
pub fn dump(
    database: &dyn Database,
    to: &mut dyn Write,
    options: DumpOptions,
    progress: &dyn Progress,
) -> Result<Dumped> {
    let steps = Steps::new(progress);
    steps.tell(0, 0)?;
    let mut source = Source::of(database, options.lock_aware)?;
    let keyspaces: Vec<_> = source.keyspaces().iter().map(|known| (known.id, known.name.to_string())).collect();
    check_whole(keyspaces.iter().map(|(_, name)| &**name))?;
    let names: Vec<_> = keyspaces.iter().map(|(_, name)| name.clone()).collect();
    let mut content = Content::new(&names);
    let header = Header {
        exact: source.is_exact(),
        version: source.version(),
        id: database.id().unwrap_or_default(),
        keyspaces: names,
    };
    let mut out = Out { to, frames: 0, written: 0 };
    out.put(&MAGIC)?;
    out.put(&FORMAT.to_le_bytes())?;
    out.frame(Kind::Header, &header.bytes()?)?;
    let mut bytes = Vec::new();
    for (place, (id, name)) in keyspaces.iter().enumerate() {
        let mut begin = Vec::new();
        loop {
            let found = source.read(*id, &begin).map_err(|error| error.context(format!("keyspace \"{name}\"")))?;
            bytes.clear();
            bytes.extend((place as u32).to_le_bytes());
            for (key, value) in found.iter() {
                put_pair(&mut bytes, key, value);
                content.add(place, key, value);
            }
            if !found.is_empty() {
                out.frame(Kind::Pairs, &bytes)?;
                steps.step(content.bytes, 0)?;
            }
            match found.last().filter(|_| found.more) {
                Some((last, _)) => begin = successor(last),
                None => break,
            }
        }
    }
    steps.tell(content.bytes, content.bytes)?;
    let (pairs, bytes, checksum) = (content.pairs, content.bytes, content.checksum());
    out.frame(Kind::End, &End { pairs, bytes, version: source.last_version(), checksum }.bytes())?;
    out.to.flush().map_err(failed)?;
    Ok(Dumped {
        version: header.version,
        exact: header.exact,
        keyspaces: keyspaces.len() as u64,
        pairs,
        bytes,
        checksum,
        stream_bytes: out.written,
    })
}

/// A stream on its way out.
struct Out<'a> {
    to: &'a mut dyn Write,
    frames: u64,
    written: u64,
}

impl Out<'_> {
    fn frame(&mut self, kind: Kind, bytes: &[u8]) -> Result<()> {
        let number = self.frames;
        self.frames += 1;
        self.put(&before(number, kind, bytes.len())?)?;
        self.put(bytes)?;
        self.put(&sum(number, bytes))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.to.write_all(bytes).map_err(failed)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

fn failed(error: io::Error) -> Error {
    advise(Error::new(Code::IO_ERROR).context("writing a dump"), &error).caused_by(error)
}
