//! Puts a stream into a database.
//!
//! The order that makes it resumable: the keyspaces are made; then one transaction finds them empty, or clears
//! them, and writes the [`Mark`]; every further one reads the mark, sets pairs and moves the mark on; and when the
//! end of the stream was seen and everything adds up, what was written is synced and the mark is dropped. A load
//! that is begun again reads the stream from its beginning, checks it as before, and passes over what the mark says
//! is there. Two loads into one database meet at the mark: one of them fails. A load that finds full keyspaces and no
//! mark looks whether they hold what the stream does: then an earlier one had finished.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use plinth_api::{
    key::{printable, END_OF_KEYS},
    lock::Patience,
    Code, Database, Durability, Error, KeySelector, Progress, RangeOptions, Result, Steps, Transaction,
    TransactionOption,
};

use crate::content::Content;
use crate::dump::Dumped;
use crate::format::End;
use crate::mark::{check_whole, Mark, UNFINISHED};
use crate::reader::{Pair, Reader};
use crate::same::compare;

/// Bytes of the pairs of one transaction, about.
const AT_ONCE: usize = 1 << 20;
/// Where the limit of the database is lower, it is made of pieces of so many.
const PIECE: usize = 16 << 10;

/// How a load goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Clear what is in the keyspaces that the dump has, instead of failing.
    pub overwrite: bool,
    /// Go on where the versions of the database can't be raised above the dump's. Versionstamps that are made
    /// later may then be below those that are in the dump.
    pub any_versions: bool,
    /// How long a locked database is waited for, before the load fails with `database_locked`.
    pub lock_wait: Duration,
}

/// How long a locked database is waited for where nobody said.
pub const LOCK_WAIT: Duration = Duration::from_secs(10);

impl Default for LoadOptions {
    fn default() -> Self {
        Self { overwrite: false, any_versions: false, lock_wait: LOCK_WAIT }
    }
}

/// What a load came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// What the stream held, all of which is in the database.
    pub dumped: Dumped,
    /// Pairs that an earlier load, which was cut short or did not come to tell that it was done, had brought.
    pub found: u64,
}

/// Loads a stream of `length` bytes, 0 if that is not known, into a database, in constant memory. The keyspaces that
/// the dump has must be empty; others stay as they are. Versions of the database are above all of the dump's
/// afterwards.
///
/// When it fails or is killed, the database keeps the keyspace [`UNFINISHED`], and the same load goes on where it
/// was. Where the keyspaces hold exactly what the stream does, it is done already, and only told so.
pub fn load(
    database: &dyn Database,
    from: &mut dyn Read,
    length: u64,
    options: LoadOptions,
    progress: &dyn Progress,
) -> Result<Loaded> {
    let steps = Steps::new(progress);
    steps.tell(0, length)?;
    let mut reader = Reader::new(from)?;
    raise(database, reader.header.version, options)?;
    let mut load = match Load::begin(database, &reader, options) {
        Err(error) if error.code() == Code::TARGET_NOT_EMPTY => {
            return finished_before(database, &mut reader, &steps, length, options, error);
        }
        begun => begun?,
    };
    let found = load.mark.pairs;
    let end = loop {
        let passed = reader.next(&mut |pair| load.take(pair))?;
        steps.step(reader.at(), length)?;
        if let Some(end) = passed {
            break end;
        }
    };
    load.check_passed(&reader.content, found)?;
    load.flush_at(&reader.content)?;
    steps.tell(reader.at(), reader.at())?;
    load.finish(&end, options)?;
    Ok(Loaded { dumped: reader.summary(&end), found })
}

/// What a load came to that an earlier one had finished; `full` is the error if that is not so.
fn finished_before(
    database: &dyn Database,
    reader: &mut Reader<'_>,
    steps: &Steps<'_>,
    length: u64,
    options: LoadOptions,
    full: Error,
) -> Result<Loaded> {
    if database.find_keyspace(UNFINISHED)?.is_some() {
        return Err(full);
    }
    let Some(end) = compare(database, reader, steps, length)? else {
        return Err(full.context("and not exactly what this dump has"));
    };
    raise(database, end.version, options)?;
    database.sync()?;
    steps.tell(reader.at(), reader.at())?;
    Ok(Loaded { dumped: reader.summary(&end), found: end.pairs })
}

/// A load under way.
struct Load<'a> {
    database: &'a dyn Database,
    /// The numbers of the keyspaces, as the header orders them.
    keyspaces: Vec<u32>,
    unfinished: u32,
    identity: u64,
    lock_wait: Duration,
    /// What is in the database.
    mark: Mark,
    batch: Batch,
}

/// Pairs that wait for their transaction.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// For each pair its keyspace, and where its key and its value end.
    pairs: Vec<(u32, usize, usize)>,
    /// Where it can be cut, by pairs, and the mark there. The last one is its end.
    cuts: Vec<(usize, Mark)>,
}

impl<'a> Load<'a> {
    fn begin(database: &'a dyn Database, reader: &Reader<'_>, options: LoadOptions) -> Result<Self> {
        let names = &reader.header.keyspaces;
        if let Err(error) = check_whole(names.iter().map(String::as_str)) {
            return Err(Error::new(Code::DUMP_DAMAGED).context(error.story()));
        }
        let there = database.list_keyspaces()?;
        check_whole(there.iter().map(|name| &**name).filter(|name| *name != UNFINISHED))?;
        let begun = there.iter().any(|name| **name == *UNFINISHED);
        if !begun && !options.overwrite {
            // Before anything is made.
            check_empty(database, names, options.lock_wait)?;
        }
        let mut keyspaces = vec![0];
        for name in &names[1..] {
            keyspaces.push(database.open_keyspace(name)?.id);
        }
        let unfinished = database.open_keyspace(UNFINISHED)?.id;
        let (identity, batch, lock_wait) = (reader.identity, Batch::default(), options.lock_wait);
        let mark = Mark { dump: identity, pairs: 0, checksum: reader.content.checksum() };
        let mut load = Self { database, keyspaces, unfinished, identity, lock_wait, mark, batch };
        let transaction = database.begin()?;
        let started = again_for(&*transaction, lock_wait, || load.start(&*transaction, mark, options));
        match started {
            Ok(mark) => load.mark = mark,
            Err(error) => {
                if !begun && error.code() == Code::TARGET_NOT_EMPTY {
                    let _ = database.drop_keyspace(UNFINISHED);
                }
                return Err(error);
            }
        }
        Ok(load)
    }

    /// Finds out where to begin, and notes that it has begun.
    fn start(&self, transaction: &dyn Transaction, mark: Mark, options: LoadOptions) -> Result<Mark> {
        match Mark::read(transaction, self.unfinished)? {
            Some(found) if found.dump == self.identity => return Ok(found),
            Some(_) if !options.overwrite => {
                let text = "it is of another dump; finish that one, or overwrite what it brought";
                return Err(Error::new(Code::LOAD_UNFINISHED).context(text));
            }
            _ => {}
        }
        for keyspace in &self.keyspaces {
            match options.overwrite {
                true => transaction.clear_range(*keyspace, b"", END_OF_KEYS)?,
                false => check_keyspace_empty(transaction, *keyspace)?,
            }
        }
        mark.write(transaction, self.unfinished)?;
        transaction.commit().map(|()| mark)
    }

    fn take(&mut self, pair: Pair<'_>) -> Result<()> {
        if pair.number <= self.mark.pairs {
            return match pair.number == self.mark.pairs {
                true => self.check_passed(pair.content, pair.number),
                false => Ok(()),
            };
        }
        let batch = &mut self.batch;
        batch.bytes.extend_from_slice(pair.key);
        let middle = batch.bytes.len();
        batch.bytes.extend_from_slice(pair.value);
        batch.pairs.push((self.keyspaces[pair.keyspace], middle, batch.bytes.len()));
        if batch.bytes.len() >= PIECE * (batch.cuts.len() + 1) {
            self.cut(pair.content);
        }
        match self.batch.bytes.len() >= AT_ONCE {
            true => self.flush_at(pair.content),
            false => Ok(()),
        }
    }

    /// Fails unless what came of the stream is what an earlier load had seen of it.
    fn check_passed(&self, content: &Content, passed: u64) -> Result<()> {
        if content.pairs < passed || (content.pairs == self.mark.pairs && content.checksum() != self.mark.checksum) {
            let text = "what it brought is not what this dump has; overwrite it to begin anew";
            return Err(Error::new(Code::LOAD_UNFINISHED).context(text));
        }
        Ok(())
    }

    fn cut(&mut self, content: &Content) {
        let mark = Mark { dump: self.identity, pairs: content.pairs, checksum: content.checksum() };
        self.batch.cuts.push((self.batch.pairs.len(), mark));
    }

    fn flush_at(&mut self, content: &Content) -> Result<()> {
        if self.batch.cuts.last().is_none_or(|(pairs, _)| *pairs < self.batch.pairs.len()) {
            self.cut(content);
        }
        self.flush()
    }

    /// Commits what waits, in pieces where it is too much for one transaction.
    fn flush(&mut self) -> Result<()> {
        let cuts = std::mem::take(&mut self.batch.cuts);
        let Some((pairs, mark)) = cuts.last() else {
            return Ok(());
        };
        match self.commit(0..*pairs, *mark) {
            Err(error) if error.code() == Code::TRANSACTION_TOO_LARGE && cuts.len() > 1 => {
                let mut begin = 0;
                for (end, mark) in cuts {
                    self.commit(begin..end, mark)?;
                    begin = end;
                }
            }
            committed => committed?,
        }
        self.batch.bytes.clear();
        self.batch.pairs.clear();
        Ok(())
    }

    fn commit(&mut self, pairs: Range<usize>, after: Mark) -> Result<()> {
        let transaction = self.begin_buffered()?;
        again_for(&*transaction, self.lock_wait, || self.attempt(&*transaction, pairs.clone(), after))?;
        self.mark = after;
        Ok(())
    }

    /// Its commits need not be on disk one by one: the mark is in the same log as the pairs.
    fn begin_buffered(&self) -> Result<Arc<dyn Transaction>> {
        let transaction = self.database.begin()?;
        // A backend that has no such choice does what it does.
        let _ = transaction.set_option(TransactionOption::Durability(Durability::Buffered));
        Ok(transaction)
    }

    fn attempt(&self, transaction: &dyn Transaction, pairs: Range<usize>, after: Mark) -> Result<()> {
        match Mark::read(transaction, self.unfinished)? {
            // A commit took effect of which that was not known.
            Some(found) if found == after => return Ok(()),
            Some(found) if found == self.mark => {}
            _ => return Err(Error::new(Code::LOAD_UNFINISHED).context("another load goes on at the same time")),
        }
        let batch = &self.batch;
        let mut begin = pairs.start.checked_sub(1).map_or(0, |before| batch.pairs[before].2);
        for (keyspace, middle, end) in &batch.pairs[pairs] {
            let (key, value) = (&batch.bytes[begin..*middle], &batch.bytes[*middle..*end]);
            let at = |error: Error| error.context(format!("loading key \"{}\"", printable(key)));
            transaction.set(*keyspace, key, value).map_err(at)?;
            begin = *end;
        }
        after.write(transaction, self.unfinished)?;
        transaction.commit()
    }

    fn finish(self, end: &End, options: LoadOptions) -> Result<()> {
        raise(self.database, end.version, options)?;
        self.database.sync()?;
        self.database.drop_keyspace(UNFINISHED)
    }
}

/// Makes a transaction until it commits, or fails for good; a locked database is waited for as long as where nobody said.
pub fn again<T>(transaction: &dyn Transaction, attempt: impl FnMut() -> Result<T>) -> Result<T> {
    again_for(transaction, LOCK_WAIT, attempt)
}

/// The same, and says for how long.
fn again_for<T>(
    transaction: &dyn Transaction,
    lock_wait: Duration,
    mut attempt: impl FnMut() -> Result<T>,
) -> Result<T> {
    let mut patience = Patience::of(lock_wait);
    loop {
        match attempt() {
            Err(error) => transaction.on_error(patience.bear(error)?)?,
            done => return done,
        }
    }
}

/// Fails if one of these keyspaces is there and not empty.
fn check_empty(database: &dyn Database, names: &[String], lock_wait: Duration) -> Result<()> {
    let transaction = database.begin()?;
    for (place, name) in names.iter().enumerate() {
        let id = match place {
            0 => Some(0),
            _ => database.find_keyspace(name)?.map(|known| known.id),
        };
        if let Some(id) = id {
            let named = |error: Error| error.context(format!("keyspace \"{name}\""));
            again_for(&*transaction, lock_wait, || check_keyspace_empty(&*transaction, id)).map_err(named)?;
        }
    }
    Ok(())
}

pub fn check_keyspace_empty(transaction: &dyn Transaction, keyspace: u32) -> Result<()> {
    let [begin, end] = [b"", END_OF_KEYS].map(KeySelector::first_greater_or_equal);
    let options = RangeOptions { limit: 1, ..RangeOptions::default() };
    match transaction.get_range(keyspace, begin, end, options)?.is_empty() {
        true => Ok(()),
        false => Err(Error::new(Code::TARGET_NOT_EMPTY).context("the keyspace has keys")),
    }
}

/// Has the versions of a database go on above one.
fn raise(database: &dyn Database, version: i64, options: LoadOptions) -> Result<()> {
    match database.raise_version(version) {
        Err(error) if error.code() == Code::UNSUPPORTED_OPERATION => {}
        raised => return raised,
    }
    let transaction = database.begin()?;
    let present = again_for(&*transaction, options.lock_wait, || transaction.read_version())?;
    if present > version || options.any_versions {
        return Ok(());
    }
    Err(Error::new(Code::VERSIONS_BEHIND).context(format!("it is at version {present}, the dump at {version}")))
}
