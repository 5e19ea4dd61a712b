//! Makes one thread's transactions, and those that a kind of work needs to be there before. Relies on `data`
//! for keys and values; buffers are used again and again, so that nothing is allocated while the clock runs.

use crate::data::{self, File, Key, Random, Values};
use crate::engines::{Session, Slice, Task, Transaction};
use crate::error::Result;
use crate::work::{self, Action, Work};

/// Directories that are made before.
const DIRECTORIES: u64 = 32;
/// Files in each of them.
const FILES: u64 = 1_000;
/// Values that are put into the queue before each round that takes from it.
const QUEUED: usize = 100_000;
/// Writes of one transaction that loads.
const LOADED: usize = 500;
/// Hot keys where transactions meet.
const MEETING: u64 = 100;

/// Makes transactions.
pub struct Generator<'a> {
    work: &'static Work,
    keys: u64,
    values: &'a Values,
    random: Random,
    /// Names that nobody else gives to a file.
    name: u64,
    reads: Vec<Key>,
    writes: Vec<(Key, &'a [u8])>,
    value: [&'a [u8]; 1],
}

impl<'a> Generator<'a> {
    /// A generator that repeats for the same seed.
    pub fn new(work: &'static Work, keys: u64, values: &'a Values, seed: u64) -> Self {
        let (reads, writes) = match work.action {
            Action::Points(points) => (points.reads, points.writes),
            Action::Range { own, .. } => (0, own),
            Action::Open => (1, 0),
            _ => (0, 0),
        };
        Self {
            work,
            keys,
            values,
            random: Random::new(seed),
            name: seed << 32,
            reads: vec![[0; 16]; reads],
            writes: vec![([0; 16], &[]); writes],
            value: [&[]],
        }
    }

    /// The next transaction.
    pub fn next(&mut self) -> Task<'_> {
        match self.work.action {
            Action::Nothing | Action::Points(_) | Action::Open => self.points(),
            Action::Range { pairs, reverse, .. } => self.range(pairs, reverse),
            Action::Count => Task::Add(data::COUNTER),
            Action::Append => {
                self.value = [self.values.pick(&mut self.random)];
                Task::Append(&self.value)
            }
            Action::Pop => Task::Pop,
            Action::Create => {
                self.name += 1;
                let directory = self.random.below(DIRECTORIES);
                Task::Create(File { directory, name: (1 << 63) | self.name }, self.values.pick(&mut self.random))
            }
            Action::Stat => Task::Stat(self.file()),
            Action::Rename => {
                let from = self.file();
                // Half of the files keep their names, so that they can be looked up and listed.
                let from = File { name: from.name | 1, ..from };
                Task::Rename(from, File { directory: (from.directory + 1) % DIRECTORIES, name: from.name + (1 << 40) })
            }
            Action::List(files) => Task::List(self.random.below(DIRECTORIES), files),
        }
    }

    fn file(&mut self) -> File {
        let name =
            if self.work.name == work::STAT.name { 2 * self.random.below(FILES) } else { self.random.below(2 * FILES) };
        File { directory: self.random.below(DIRECTORIES), name }
    }

    fn points(&mut self) -> Task<'_> {
        let Action::Points(points) = self.work.action else { return self.plain(false, None) };
        let meets = points.contended > 0 && self.random.below(100) < points.contended;
        let readable = match (points.hot, meets) {
            (_, true) => MEETING,
            (0, false) => self.keys,
            (hot, false) => hot,
        };
        let large = points.length == data::LARGE;
        let key = |random: &mut Random| {
            let number = random.below(readable);
            if large {
                data::large_key(number)
            } else {
                data::key(number)
            }
        };
        for read in &mut self.reads {
            *read = key(&mut self.random);
        }
        for (at, (write, value)) in self.writes.iter_mut().enumerate() {
            *write = if points.same_keys { self.reads[at] } else { key(&mut self.random) };
            *value = self.values.pick_long(&mut self.random, points.length);
        }
        self.plain(points.together, None)
    }

    fn range(&mut self, count: usize, reverse: bool) -> Task<'_> {
        let from = match reverse {
            false => data::range_begin(&mut self.random, self.keys, count),
            true => data::range_end(&mut self.random, self.keys, count),
        };
        let slice = Slice { from, count, reverse };
        if self.writes.is_empty() {
            return self.plain(false, Some(slice));
        }
        let own = self.writes.len();
        for (part, (key, value)) in self.writes.iter_mut().enumerate() {
            *key = data::between(&from, self.keys, count, part, own);
            *value = self.values.pick(&mut self.random);
        }
        Task::Own(&self.writes, slice)
    }

    fn plain(&mut self, together: bool, range: Option<Slice>) -> Task<'_> {
        if matches!(self.work.action, Action::Open) {
            self.reads[0] = data::key(self.random.below(self.keys));
        }
        Task::Plain(Transaction { reads: &self.reads, together, writes: &self.writes, range })
    }
}

/// Fills an empty database, in the order of the keys, which is the fastest, in transactions of 500 writes.
pub fn load(keys: u64, values: &Values, session: &mut dyn Session) -> Result<()> {
    let mut all: Vec<Key> = (0..keys).map(data::key).collect();
    all.sort_unstable();
    let mut random = Random::new(2);
    all.chunks(LOADED).try_for_each(|keys| {
        let writes: Vec<(Key, &[u8])> = keys.iter().map(|key| (*key, values.pick(&mut random))).collect();
        session.run(&write(&writes)).map(drop)
    })
}

fn write<'a>(writes: &'a [(Key, &'a [u8])]) -> Task<'a> {
    Task::Plain(Transaction { reads: &[], together: false, writes, range: None })
}

/// Most keys that are read before the clock starts.
const WARM: u64 = 3_000_000;

/// A read of the database, so that it is in memory before the clock starts: random ranges that together are
/// three times its size, or what is enough to fill every cache.
pub fn warm(keys: u64, values: &Values) -> (Generator<'_>, u64) {
    (Generator::new(&work::RANGE, keys, values, 3), WARM.min(3 * keys) / 1_000)
}

/// The name of what a kind of work needs once in a database, if it needs anything.
pub fn needs(work: &Work) -> Option<&'static str> {
    match work.action {
        Action::Create | Action::Stat | Action::Rename | Action::List(_) => Some("files"),
        Action::Points(points) if points.length == data::LARGE => Some("large values"),
        Action::Points(points) if points.recent > 0 => Some(work.name),
        _ => None,
    }
}

/// Makes it.
pub fn prepare(work: &Work, values: &Values, session: &mut dyn Session) -> Result<()> {
    match work.action {
        Action::Create | Action::Stat | Action::Rename | Action::List(_) => make_files(values, session),
        Action::Points(points) if points.length == data::LARGE => (0..points.hot).try_for_each(|number| {
            let value = values.pick_long(&mut Random::new(number), data::LARGE);
            session.run(&write(&[(data::large_key(number), value)])).map(drop)
        }),
        Action::Points(points) if points.recent > 0 => {
            let mut random = Random::new(points.recent);
            (0..points.recent * 2).try_for_each(|at| {
                let key = |number| data::recent_key(points.recent << 40 | at << 16 | number);
                let writes: Vec<_> = (0..LOADED as u64).map(|number| (key(number), values.pick(&mut random))).collect();
                session.run(&write(&writes)).map(drop)
            })
        }
        _ => Ok(()),
    }
}

/// What it needs before each round: a queue that is not empty.
pub fn refill(work: &Work, values: &Values, session: &mut dyn Session) -> Result<()> {
    if !matches!(work.action, Action::Pop) {
        return Ok(());
    }
    let mut random = Random::new(4);
    let some: Vec<&[u8]> = (0..LOADED).map(|_| values.pick(&mut random)).collect();
    (0..QUEUED / LOADED).try_for_each(|_| session.run(&Task::Append(&some)).map(drop))
}

/// The directories and the files that are there; of their names every second is one that is never changed.
fn make_files(values: &Values, session: &mut dyn Session) -> Result<()> {
    let inode = values.pick(&mut Random::new(5));
    for directory in 0..DIRECTORIES {
        session.run(&Task::Directory(directory, inode))?;
        for name in 0..2 * FILES {
            session.run(&Task::Create(File { directory, name }, inode))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::work::{CONTENDED_90, HOT, LARGE_READ, RANGE_OWN, READS, RENAME, STAT};

    fn keys_of(work: &'static Work) -> BTreeSet<Key> {
        let values = Values::new(1);
        let mut generator = Generator::new(work, 20_000, &values, 1);
        let mut keys = BTreeSet::new();
        for _ in 0..200 {
            if let Task::Plain(plain) = generator.next() {
                keys.extend(plain.reads);
            }
        }
        keys
    }

    #[test]
    fn hot_reads_are_of_few_keys_and_others_are_not() {
        assert_eq!(keys_of(&HOT).len(), 100);
        assert!(keys_of(&READS).len() > 1_000);
        let contended = keys_of(&CONTENDED_90).len();
        assert!(contended > 100 && contended < 250, "{contended}");
        assert!(keys_of(&LARGE_READ).iter().all(|key| key[0] == 0xa4));
    }

    #[test]
    fn files_that_are_looked_up_are_not_those_that_are_renamed() {
        let values = Values::new(1);
        let (mut stat, mut rename) = (Generator::new(&STAT, 1, &values, 1), Generator::new(&RENAME, 1, &values, 1));
        for _ in 0..1_000 {
            let (Task::Stat(found), Task::Rename(from, to)) = (stat.next(), rename.next()) else { panic!() };
            assert!(found.name % 2 == 0 && found.name < 2 * FILES);
            assert!(from.name % 2 == 1 && from.name < 2 * FILES && to != from);
        }
    }

    #[test]
    fn own_writes_are_in_the_range_that_is_read() {
        let values = Values::new(1);
        let mut generator = Generator::new(&RANGE_OWN, 20_000, &values, 1);
        let Task::Own(writes, slice) = generator.next() else { panic!() };
        assert_eq!((writes.len(), slice.count), (100, 1_000));
        assert!(writes.iter().all(|(key, _)| *key >= slice.from));
    }
}
