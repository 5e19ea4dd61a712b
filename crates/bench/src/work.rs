//! The kinds of transaction that are measured. Relies on nothing.

use crate::data;

/// One kind of transaction.
#[derive(Clone, Copy)]
pub struct Work {
    /// Its name in the table and the JSON file.
    pub name: &'static str,
    /// What is done.
    pub action: Action,
    /// The whole process runs on one core.
    pub one_core: bool,
    /// What FoundationDB published for it.
    pub published: Option<Published>,
}

/// What a transaction does.
#[derive(Clone, Copy)]
pub enum Action {
    /// Nothing but to begin and to end.
    Nothing,
    /// Point reads, then writes.
    Points(Points),
    /// A range read of so many pairs; backwards; over so many own writes.
    Range { pairs: usize, reverse: bool, own: usize },
    /// Adds one to the one number.
    Count,
    /// Puts a value at the end of the queue.
    Append,
    /// Takes the first value of the queue.
    Pop,
    /// Makes a file.
    Create,
    /// Looks a file up.
    Stat,
    /// Renames a file.
    Rename,
    /// Lists so many files of a directory.
    List(usize),
    /// Opens the database and reads a key.
    Open,
}

/// Point reads and writes of one transaction.
#[derive(Clone, Copy)]
pub struct Points {
    /// Reads of random keys.
    pub reads: usize,
    /// They are read in one call.
    pub together: bool,
    /// Writes of random keys.
    pub writes: usize,
    /// The writes go to the keys that were read.
    pub same_keys: bool,
    /// The keys are of so many, always the same; 0 for all keys.
    pub hot: u64,
    /// So many of a hundred transactions use a hundred hot keys, the others all keys.
    pub contended: u64,
    /// Bytes of a value.
    pub length: usize,
    /// Writes of other keys that were made shortly before, in thousands.
    pub recent: u64,
}

/// A published figure.
#[derive(Clone, Copy)]
pub struct Published {
    /// Operations a second.
    pub per_second: u64,
    /// What is counted as an operation.
    pub unit: &'static str,
}

const NO_POINTS: Points = Points {
    reads: 0,
    together: false,
    writes: 0,
    same_keys: false,
    hot: 0,
    contended: 0,
    length: data::VALUE_LENGTH,
    recent: 0,
};

const fn work(name: &'static str, action: Action) -> Work {
    Work { name, action, one_core: false, published: None }
}

const fn points(name: &'static str, points: Points) -> Work {
    work(name, Action::Points(points))
}

const fn range(name: &'static str, pairs: usize, reverse: bool, own: usize) -> Work {
    work(name, Action::Range { pairs, reverse, own })
}

const fn read_write(name: &'static str, contended: u64) -> Work {
    points(name, Points { reads: 5, writes: 5, same_keys: true, contended, ..NO_POINTS })
}

const fn history(name: &'static str, recent: u64) -> Work {
    points(name, Points { reads: 1, writes: 1, same_keys: true, recent, ..NO_POINTS })
}

pub const BEGIN: Work = work("begin+destroy", Action::Nothing);
pub const READ_1: Work = points("read-1", Points { reads: 1, ..NO_POINTS });
pub const READS: Work = points("reads-10", Points { reads: 10, ..NO_POINTS });
/// Reads of few keys, in transactions so long that the reads are all there is to measure.
pub const HOT: Work = points("hot-reads-1000", Points { reads: 1_000, hot: 100, ..NO_POINTS });
pub const READS_100: Work = points("reads-100", Points { reads: 100, ..NO_POINTS });
pub const MANY_100: Work = points("get-many-100", Points { reads: 100, together: true, ..NO_POINTS });
pub const RANGE_10: Work = range("range-10", 10, false, 0);
pub const RANGE: Work = range("range-1000", 1_000, false, 0);
pub const RANGE_LONG: Work = range("range-100000", 100_000, false, 0);
pub const RANGE_10_REVERSE: Work = range("range-10-reverse", 10, true, 0);
pub const RANGE_REVERSE: Work = range("range-1000-reverse", 1_000, true, 0);
pub const RANGE_LONG_REVERSE: Work = range("range-100000-reverse", 100_000, true, 0);
pub const RANGE_OWN: Work = range("range-1000-own-100", 1_000, false, 100);
pub const READ_WRITE: Work = read_write("read-write-5+5", 0);
pub const CONTENDED_10: Work = read_write("read-write-5+5-hot-10", 10);
pub const CONTENDED_90: Work = read_write("read-write-5+5-hot-90", 90);
pub const BLIND: Work = points("blind-5", Points { writes: 5, ..NO_POINTS });
pub const WRITE_1: Work = points("read-write-1+1", Points { reads: 1, writes: 1, same_keys: true, ..NO_POINTS });
pub const LARGE_WRITE: Work =
    points("large-write-100kB", Points { writes: 1, hot: 200, length: data::LARGE, ..NO_POINTS });
pub const LARGE_READ: Work =
    points("large-read-100kB", Points { reads: 1, hot: 200, length: data::LARGE, ..NO_POINTS });
pub const COUNT: Work = work("hot-counter", Action::Count);
pub const APPEND: Work = work("queue-append", Action::Append);
pub const POP: Work = work("queue-pop", Action::Pop);
pub const CREATE: Work = work("file-create", Action::Create);
pub const STAT: Work = work("file-stat", Action::Stat);
pub const RENAME: Work = work("file-rename", Action::Rename);
pub const LIST: Work = work("directory-list-1000", Action::List(1_000));
pub const OPEN: Work = work("open", Action::Open);
pub const HISTORY: [Work; 4] = [
    history("after-10-writes", 0),
    history("after-1k-writes", 1),
    history("after-100k-writes", 100),
    history("after-1M-writes", 1_000),
];

pub const FDB_WRITE_1: Work = fdb(points("fdb-write-1", Points { writes: 1, ..NO_POINTS }), 917, "writes");
pub const FDB_WRITE_10: Work = fdb(points("fdb-write-10", Points { writes: 10, ..NO_POINTS }), 8_650, "writes");
pub const FDB_WRITE_100: Work = fdb(points("fdb-write-10x100", Points { writes: 10, ..NO_POINTS }), 46_000, "writes");
pub const FDB_READ_100: Work = fdb(points("fdb-read-10x100", Points { reads: 10, ..NO_POINTS }), 305_000, "reads");
pub const FDB_MIXED: Work =
    fdb(points("fdb-90/10x100", Points { reads: 9, writes: 1, ..NO_POINTS }), 107_000, "operations");
pub const FDB_RANGE: Work = fdb(range("fdb-range-1000x100", 1_000, false, 0), 3_600_000, "keys");

const fn fdb(work: Work, per_second: u64, unit: &'static str) -> Work {
    Work { one_core: true, published: Some(Published { per_second, unit }), ..work }
}

impl Work {
    /// Operations in one transaction, in the unit of the published figure.
    pub fn operations(&self) -> usize {
        match self.action {
            Action::Nothing => 0,
            Action::Points(points) => points.reads + points.writes,
            Action::Range { pairs, .. } => pairs,
            Action::List(files) => files,
            _ => 1,
        }
    }

    /// Whether so many keys are enough for it.
    pub fn fits(&self, keys: u64) -> bool {
        match self.action {
            Action::Range { pairs, .. } => keys >= 4 * pairs as u64,
            _ => true,
        }
    }

    /// How many transactions are timed together, because one is too short for the clock.
    pub fn repeat(&self) -> u64 {
        match self.action {
            Action::Nothing => 64,
            _ => 1,
        }
    }

    /// Whether it only reads, so that its commits are as durable as can be without doing anything.
    pub fn only_reads(&self) -> bool {
        match self.action {
            Action::Nothing | Action::Range { .. } | Action::Stat | Action::List(_) | Action::Open => true,
            Action::Points(points) => points.writes == 0,
            _ => false,
        }
    }
}
