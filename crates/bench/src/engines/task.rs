//! What one transaction does, as steps that every engine has. Relies on `data` for where its keys are.

use std::hint::black_box;

use super::steps::{Failure, Range, Step, Steps};
use super::Key;
use crate::data::{self, File};
use crate::error::Error;

/// One transaction: reads, then writes. With both, what was read must still hold at the commit.
/// With neither it is only begun and destroyed.
#[derive(Clone, Copy)]
pub struct Transaction<'a> {
    /// Keys to read; all exist.
    pub reads: &'a [Key],
    /// They are read in one call, where the engine has one.
    pub together: bool,
    /// Keys and values to write.
    pub writes: &'a [(Key, &'a [u8])],
    /// A range read.
    pub range: Option<Slice>,
}

/// A range read: from this key on, or backwards, so many pairs, which there are.
#[derive(Clone, Copy)]
pub struct Slice {
    /// Where it begins.
    pub from: Key,
    /// How many pairs.
    pub count: usize,
    /// Backwards.
    pub reverse: bool,
}

/// What a session is asked for.
#[derive(Clone, Copy)]
pub enum Task<'a> {
    /// Reads and writes of keys that are known before.
    Plain(Transaction<'a>),
    /// Sets keys, reads a range that they are in, and ends without a commit.
    Own(&'a [(Key, &'a [u8])], Slice),
    /// Adds one to a number.
    Add(&'a [u8]),
    /// Puts values at the end of a queue.
    Append(&'a [&'a [u8]]),
    /// Takes the first value of the queue, which is not empty.
    Pop,
    /// Makes a directory, with its inode.
    Directory(u64, &'a [u8]),
    /// Makes a file, with its inode.
    Create(File, &'a [u8]),
    /// Looks a file and its inode up.
    Stat(File),
    /// Gives a file another name, from the first to the second or back, whichever is taken.
    Rename(File, File),
    /// Lists the first so many files of a directory.
    List(u64, usize),
}

impl Slice {
    /// The range in keys.
    pub fn range(&self) -> Range<'_> {
        match self.reverse {
            false => Range { begin: &self.from, end: None, limit: self.count, reverse: false },
            true => Range { begin: b"", end: Some(&self.from), limit: self.count, reverse: true },
        }
    }
}

impl Task<'_> {
    /// Whether it reads.
    pub fn reads(&self) -> bool {
        match self {
            Self::Plain(plain) => !plain.reads.is_empty() || plain.range.is_some(),
            _ => true,
        }
    }

    /// Whether it commits writes.
    pub fn writes(&self) -> bool {
        match self {
            Self::Plain(plain) => !plain.writes.is_empty(),
            Self::Own(..) | Self::Stat(_) | Self::List(..) => false,
            Self::Add(_) | Self::Append(_) | Self::Pop => true,
            Self::Directory(..) | Self::Create(..) | Self::Rename(..) => true,
        }
    }

    /// Takes its steps, up to the commit.
    pub fn perform<S: Steps>(&self, steps: &mut S) -> Step<()> {
        match *self {
            Self::Plain(plain) => plain.perform(steps),
            Self::Own(writes, slice) => {
                writes.iter().try_for_each(|(key, value)| steps.set(key, value))?;
                exactly(steps.range(slice.range(), look_pair)?, slice.count)
            }
            Self::Add(key) => steps.add(key),
            Self::Append(values) => {
                (0..).zip(values).try_for_each(|(number, value)| steps.append(data::QUEUE, number, value))
            }
            Self::Pop => pop(steps),
            Self::Directory(number, inode) => steps.set(&data::inode(number), inode),
            Self::Create(file, inode) => create(steps, file, inode),
            Self::Stat(file) => stat(steps, file),
            Self::Rename(from, to) => rename(steps, from, to),
            Self::List(directory, count) => {
                let (begin, end) = data::directory(directory);
                let range = Range { begin: &begin, end: Some(&end), limit: count, reverse: false };
                exactly(steps.range(range, look_pair)?, count)
            }
        }
    }
}

impl Transaction<'_> {
    fn perform<S: Steps>(&self, steps: &mut S) -> Step<()> {
        if self.together {
            exactly(steps.get_many(self.reads, look)?, self.reads.len())?;
        } else {
            for key in self.reads {
                present(steps.get(key, look)?)?;
            }
        }
        if let Some(slice) = self.range {
            exactly(steps.range(slice.range(), look_pair)?, slice.count)?;
        }
        self.writes.iter().try_for_each(|(key, value)| steps.set(key, value))
    }
}

/// Looks at the first and the last byte, as a program that uses what it reads would at least.
#[inline]
pub fn look(bytes: &[u8]) {
    black_box((bytes.first(), bytes.last()));
    if let (Some(first), Some(last)) = (bytes.first(), bytes.last()) {
        black_box((*first, *last));
    }
}

#[inline]
fn look_pair(key: &[u8], value: &[u8]) {
    look(key);
    look(value);
}

fn present(found: bool) -> Step<()> {
    match found {
        true => Ok(()),
        false => Err(Failure::Fatal(Error::new("a key is missing"))),
    }
}

fn exactly(found: usize, expected: usize) -> Step<()> {
    match found == expected {
        true => Ok(()),
        false => Err(Failure::Fatal(Error::new(format!("{found} pairs were found of {expected}")))),
    }
}

fn pop<S: Steps>(steps: &mut S) -> Step<()> {
    let end = [data::QUEUE, b"\xff"].concat();
    let range = Range { begin: data::QUEUE, end: Some(&end), limit: 1, reverse: false };
    let mut first = Vec::new();
    steps.range(range, |key, value| {
        look(value);
        first = key.to_vec();
    })?;
    if first.is_empty() {
        return Err(Failure::Fatal(Error::new("the queue is empty")));
    }
    steps.guard(&first)?;
    steps.clear(&first)
}

/// As a metadata service does it: the directory is there, the name is not; then name and inode are written.
fn create<S: Steps>(steps: &mut S, file: File, inode: &[u8]) -> Step<()> {
    present(steps.get(&data::inode(file.directory), look)?)?;
    if steps.get(&data::entry(file), look)? {
        return Err(Failure::Fatal(Error::new("a file to be made is there")));
    }
    steps.set(&data::entry(file), &file.number().to_be_bytes())?;
    steps.set(&data::inode(file.number()), inode)
}

fn stat<S: Steps>(steps: &mut S, file: File) -> Step<()> {
    let mut number = [0; 8];
    present(steps.get(&data::entry(file), |value| number.copy_from_slice(&value[..8]))?)?;
    present(steps.get(&data::inode(u64::from_be_bytes(number)), look)?)
}

fn rename<S: Steps>(steps: &mut S, from: File, to: File) -> Step<()> {
    for directory in [from.directory, to.directory] {
        present(steps.get(&data::inode(directory), look)?)?;
    }
    let (from, to) = (data::entry(from), data::entry(to));
    let mut number = [0; 8];
    let mut number_of = |steps: &mut S, key: &[u8]| steps.get(key, |value| number.copy_from_slice(&value[..8]));
    let (is_first, is_second) = (number_of(steps, &from)?, number_of(steps, &to)?);
    if is_first == is_second {
        return Err(Failure::Fatal(Error::new("a file has both names, or none")));
    }
    let (old, new) = if is_first { (from, to) } else { (to, from) };
    steps.clear(&old)?;
    steps.set(&new, &number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engines::steps::LAST;

    /// An engine that is a map.
    #[derive(Default)]
    struct Map(BTreeMap<Vec<u8>, Vec<u8>>);

    impl Steps for Map {
        fn get(&mut self, key: &[u8], mut see: impl FnMut(&[u8])) -> Step<bool> {
            Ok(self.0.get(key).map(|value| see(value)).is_some())
        }

        fn range(&mut self, range: Range<'_>, mut see: impl FnMut(&[u8], &[u8])) -> Step<usize> {
            let end = range.end.unwrap_or(LAST).to_vec();
            let mut pairs: Vec<_> = self.0.range(range.begin.to_vec()..end).collect();
            if range.reverse {
                pairs.reverse();
            }
            pairs.truncate(range.limit);
            pairs.iter().for_each(|(key, value)| see(key, value));
            Ok(pairs.len())
        }

        fn set(&mut self, key: &[u8], value: &[u8]) -> Step<()> {
            self.0.insert(key.to_vec(), value.to_vec());
            Ok(())
        }

        fn clear(&mut self, key: &[u8]) -> Step<()> {
            self.0.remove(key);
            Ok(())
        }
    }

    #[test]
    fn a_queue_gives_what_it_got_in_the_order_it_got_it() {
        let mut map = Map::default();
        Task::Append(&[b"a", b"b"]).perform(&mut map).unwrap();
        Task::Append(&[b"c"]).perform(&mut map).unwrap();
        for left in [3, 2, 1] {
            assert_eq!(map.0.len(), left + 1, "and the tail");
            Task::Pop.perform(&mut map).unwrap();
        }
        assert!(Task::Pop.perform(&mut map).is_err());
    }

    #[test]
    fn files_are_made_found_renamed_there_and_back_and_listed() {
        let mut map = Map::default();
        let (here, there) = (File { directory: 1, name: 5 }, File { directory: 2, name: 9 });
        assert!(Task::Create(here, b"inode").perform(&mut map).is_err(), "no directory");
        for directory in [1, 2] {
            Task::Directory(directory, b"inode").perform(&mut map).unwrap();
        }
        Task::Create(here, b"inode").perform(&mut map).unwrap();
        assert!(Task::Create(here, b"inode").perform(&mut map).is_err(), "there already");
        Task::Stat(here).perform(&mut map).unwrap();
        Task::List(1, 1).perform(&mut map).unwrap();
        Task::Rename(here, there).perform(&mut map).unwrap();
        assert!(Task::Stat(here).perform(&mut map).is_err());
        Task::Stat(there).perform(&mut map).unwrap();
        Task::Rename(here, there).perform(&mut map).unwrap();
        Task::Stat(here).perform(&mut map).unwrap();
        assert!(Task::List(2, 1).perform(&mut map).is_err());
    }

    #[test]
    fn ranges_go_both_ways_and_a_short_one_is_an_error() {
        let mut map = Map::default();
        for number in 0..10 {
            map.set(&[number; 16], b"value").unwrap();
        }
        let slice = |from, count, reverse| Slice { from: [from; 16], count, reverse };
        let read = |map: &mut Map, slice| {
            Task::Plain(Transaction { reads: &[], together: false, writes: &[], range: Some(slice) }).perform(map)
        };
        assert!(read(&mut map, slice(4, 6, false)).is_ok());
        assert!(read(&mut map, slice(4, 7, false)).is_err());
        assert!(read(&mut map, slice(4, 4, true)).is_ok());
        assert!(read(&mut map, slice(4, 5, true)).is_err());
    }

    #[test]
    fn only_what_commits_writes() {
        let plain = Transaction { reads: &[[1; 16]], together: false, writes: &[], range: None };
        let slice = Slice { from: [1; 16], count: 1, reverse: false };
        assert!(!Task::Plain(plain).writes() && Task::Plain(plain).reads());
        assert!(!Task::Own(&[([1; 16], b"v")], slice).writes());
        assert!(Task::Add(b"k").writes() && Task::Pop.writes());
        let mut map = Map::default();
        Task::Add(b"k").perform(&mut map).unwrap();
        Task::Add(b"k").perform(&mut map).unwrap();
        assert_eq!(map.0[&b"k"[..]], 2u64.to_le_bytes());
    }
}
