//! What is measured: the kinds of transaction, the number of threads and the durability, and
//! what Plinth has to reach. Relies on `data` for keys and on `engines` for what they are done with.

use crate::data::{self, Key, Random, Values};
use crate::engines::{Kind, Transaction};

/// One kind of transaction.
pub struct Work {
    /// Its name in the table and the JSON file.
    pub name: &'static str,
    /// Point reads of random keys.
    pub reads: usize,
    /// Writes of random keys.
    pub writes: usize,
    /// The writes go to the keys that were read.
    pub same_keys: bool,
    /// The reads are of so many keys, always the same; 0 for all keys.
    pub hot: u64,
    /// Keys of one range read, from a random place on.
    pub range: usize,
    /// The whole process runs on one core.
    pub one_core: bool,
    /// What FoundationDB published for it.
    pub published: Option<Published>,
}

/// A published figure.
#[derive(Clone, Copy)]
pub struct Published {
    /// Operations a second.
    pub per_second: u64,
    /// What is counted as an operation.
    pub unit: &'static str,
}

const NOTHING: Work =
    Work { name: "", reads: 0, writes: 0, same_keys: false, hot: 0, range: 0, one_core: false, published: None };
const BEGIN: Work = Work { name: "begin+destroy", ..NOTHING };
const READ_1: Work = Work { name: "read-1", reads: 1, ..NOTHING };
const READS: Work = Work { name: "reads-10", reads: 10, ..NOTHING };
const RANGE: Work = Work { name: "range-1000", range: 1_000, ..NOTHING };
/// A transaction so long that its reads are all there is to measure.
const HOT: Work = Work { name: "hot-reads-1000", reads: 1_000, hot: 100, ..NOTHING };
const READ_WRITE: Work = Work { name: "read-write-5+5", reads: 5, writes: 5, same_keys: true, ..NOTHING };
const BLIND: Work = Work { name: "blind-5", writes: 5, ..NOTHING };

const FDB_WRITE_1: Work = fdb("fdb-write-1", Work { writes: 1, ..NOTHING }, 917, "writes");
const FDB_WRITE_10: Work = fdb("fdb-write-10", Work { writes: 10, ..NOTHING }, 8_650, "writes");
const FDB_WRITE_100: Work = fdb("fdb-write-10x100", Work { writes: 10, ..NOTHING }, 46_000, "writes");
const FDB_READ_100: Work = fdb("fdb-read-10x100", Work { reads: 10, ..NOTHING }, 305_000, "reads");
const FDB_MIXED: Work = fdb("fdb-90/10x100", Work { reads: 9, writes: 1, ..NOTHING }, 107_000, "operations");
const FDB_RANGE: Work = fdb("fdb-range-1000x100", Work { range: 1_000, ..NOTHING }, 3_600_000, "keys");

const fn fdb(name: &'static str, work: Work, per_second: u64, unit: &'static str) -> Work {
    Work { name, one_core: true, published: Some(Published { per_second, unit }), ..work }
}

/// What an acknowledged commit has survived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing is written.
    None,
    /// The log was written, not synced.
    Buffered,
    /// The log was synced.
    Sync,
}

impl Durability {
    /// Its name in the table and the JSON file.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Buffered => "buffered",
            Self::Sync => "sync",
        }
    }
}

/// One line of the table: a kind of transaction, with so many threads.
pub struct Case {
    /// The kind.
    pub work: &'static Work,
    /// How many threads do it at once.
    pub threads: usize,
    /// How durable its commits are.
    pub durability: Durability,
}

/// Everything that is measured; what only reads comes first, while the files are as loaded.
pub fn cases() -> Vec<Case> {
    use Durability::{Buffered, None, Sync};
    let mut cases = vec![Case { work: &BEGIN, threads: 1, durability: None }];
    cases.extend([1, 2, 16].map(|threads| Case { work: &READ_1, threads, durability: None }));
    cases.extend([&READS, &RANGE].map(|work| Case { work, threads: 16, durability: None }));
    for work in [&READS, &RANGE, &HOT] {
        cases.extend([1, 2].map(|threads| Case { work, threads, durability: None }));
    }
    for work in [&FDB_READ_100, &FDB_RANGE] {
        cases.push(Case { work, threads: 100, durability: None });
    }
    for work in [&READ_WRITE, &BLIND] {
        for durability in [Buffered, Sync] {
            cases.extend([1, 2, 16, 64].map(|threads| Case { work, threads, durability }));
        }
    }
    for (work, threads) in [(&FDB_WRITE_1, 1), (&FDB_WRITE_10, 1), (&FDB_WRITE_100, 100), (&FDB_MIXED, 100)] {
        cases.push(Case { work, threads, durability: Sync });
    }
    cases
}

impl Case {
    /// `work/threads/durability`.
    pub fn label(&self) -> String {
        format!("{}/{}/{}", self.work.name, self.threads, self.durability.name())
    }

    /// Whether it is only for what is in the process beside what is in another one.
    fn is_about_processes(&self) -> bool {
        self.work.reads == 1 && self.work.writes == 0 || self.durability == Durability::None && self.threads == 16
    }

    /// Whether it is measured on an engine that is in another process.
    fn measures_remote(&self) -> bool {
        let kinds = [&READ_1, &READS, &RANGE, &READ_WRITE, &BLIND];
        self.threads <= 16 && kinds.iter().any(|work| work.name == self.work.name)
    }

    /// Whether it is measured on an engine. What is loaded from `libplinth.so` is the native side of
    /// the comparison with `libfdb_c.so` and shows nothing else; that one syncs every commit.
    pub fn measures(&self, engine: Kind) -> bool {
        match engine {
            Kind::PlinthSo => self.work.hot > 0,
            Kind::FdbC => self.durability != Durability::Buffered && !self.is_about_processes(),
            Kind::Guest | Kind::Redis | Kind::Postgres => self.measures_remote(),
            Kind::Plinth => true,
            Kind::Rocksdb | Kind::Optimistic | Kind::Pessimistic => !self.is_about_processes(),
        }
    }

    /// Plinth's transactions a second over the peer's that are asked for.
    pub fn target(&self, peer: Kind) -> Option<f64> {
        match (self.work.name, peer, self.threads) {
            ("reads-10" | "range-1000", Kind::Rocksdb, _) => Some(0.9),
            ("blind-5" | "read-write-5+5", Kind::Rocksdb, _) => Some(0.85),
            ("read-write-5+5", Kind::Optimistic, 1) => Some(1.1),
            ("read-write-5+5", Kind::Optimistic, 16 | 64) => Some(1.3),
            _ => None,
        }
    }

    /// A guest's transactions a second over those in the host's process that are asked for.
    pub fn guest_target(&self) -> Option<f64> {
        let asked = match self.work.name {
            "range-1000" => true,
            "read-write-5+5" | "blind-5" => self.threads == 16,
            _ => false,
        };
        asked.then_some(0.5)
    }

    /// The microseconds below which the median of a guest's transactions must be.
    pub fn guest_latency(&self) -> Option<f64> {
        (self.work.name == READ_1.name && self.threads == 1).then_some(30.0)
    }

    /// The syncs for each of Plinth's commits that must not be reached.
    pub fn syncs_target(&self) -> Option<f64> {
        (self.threads == 64 && self.durability == Durability::Sync).then_some(0.1)
    }
}

impl Work {
    /// Operations in one transaction, in the unit of the published figure.
    pub fn operations(&self) -> usize {
        self.reads + self.writes + self.range
    }

    /// How many transactions are timed together, because one is too short for the clock.
    pub fn repeat(&self) -> u64 {
        if self.operations() == 0 {
            64
        } else {
            1
        }
    }
}

/// Makes one thread's transactions, in buffers that are used again and again.
pub struct Generator<'a> {
    work: &'static Work,
    keys: u64,
    values: &'a Values,
    random: Random,
    reads: Vec<Key>,
    writes: Vec<(Key, &'a [u8])>,
}

impl<'a> Generator<'a> {
    /// A generator that repeats for the same seed.
    pub fn new(work: &'static Work, keys: u64, values: &'a Values, seed: u64) -> Self {
        Self {
            work,
            keys,
            values,
            random: Random::new(seed),
            reads: vec![[0; 16]; work.reads],
            writes: vec![([0; 16], &[]); work.writes],
        }
    }

    /// The next transaction.
    pub fn next(&mut self) -> Transaction<'_> {
        let readable = if self.work.hot > 0 { self.work.hot } else { self.keys };
        for key in &mut self.reads {
            *key = data::key(self.random.below(readable));
        }
        for (at, (key, value)) in self.writes.iter_mut().enumerate() {
            *key = if self.work.same_keys { self.reads[at] } else { data::key(self.random.below(self.keys)) };
            *value = self.values.pick(&mut self.random);
        }
        let range = (self.work.range > 0)
            .then(|| (data::range_begin(&mut self.random, self.keys, self.work.range), self.work.range));
        Transaction { reads: &self.reads, writes: &self.writes, range }
    }
}

/// The transactions that fill an empty database, of 500 writes each.
pub fn load(
    keys: u64,
    values: &Values,
    mut commit: impl FnMut(&Transaction<'_>) -> crate::error::Result<()>,
) -> crate::error::Result<()> {
    let mut random = Random::new(2);
    let mut writes = Vec::with_capacity(500);
    for first in (0..keys).step_by(500) {
        writes.clear();
        writes.extend((first..keys.min(first + 500)).map(|number| (data::key(number), values.pick(&mut random))));
        commit(&Transaction { reads: &[], writes: &writes, range: None })?;
    }
    Ok(())
}

/// A read of the whole database, so that it is in memory before the clock starts: random
/// ranges that together are three times its size.
pub fn warm<'a>(keys: u64, values: &'a Values) -> (Generator<'a>, u64) {
    (Generator::new(&RANGE, keys, values, 3), 3 * keys / 1_000)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn hot_reads_are_of_few_keys_and_others_are_not() {
        let values = Values::new(1);
        let distinct = |work: &'static Work| {
            let mut generator = Generator::new(work, 20_000, &values, 1);
            let keys: BTreeSet<Key> = (0..200).flat_map(|_| generator.next().reads.to_vec()).collect();
            keys.len() as u64
        };
        assert_eq!(distinct(&HOT), HOT.hot);
        assert!(distinct(&READS) > 1_000);
    }

    #[test]
    fn every_case_is_measured_on_all_peers_and_buffered_commits_not_through_futures() {
        for case in cases().iter().filter(|case| !case.is_about_processes()) {
            assert!(
                [Kind::Plinth, Kind::Rocksdb, Kind::Optimistic, Kind::Pessimistic].map(|kind| case.measures(kind))
                    == [true; 4]
            );
            assert_eq!(case.measures(Kind::FdbC), case.durability != Durability::Buffered);
            assert_eq!(case.measures(Kind::PlinthSo), case.work.name == HOT.name);
        }
    }

    #[test]
    fn every_kind_of_work_is_measured_between_processes_with_1_2_and_16_threads() {
        let cases = cases();
        for kind in [Kind::Guest, Kind::Redis, Kind::Postgres] {
            let measured: Vec<&Case> = cases.iter().filter(|case| case.measures(kind)).collect();
            for name in ["read-1", "reads-10", "range-1000", "read-write-5+5", "blind-5"] {
                let threads = measured.iter().filter(|case| case.work.name == name).map(|case| case.threads);
                assert_eq!(threads.collect::<BTreeSet<_>>(), BTreeSet::from([1, 2, 16]), "{name}");
            }
            assert!(measured.iter().all(|case| case.measures(Kind::Plinth) && !case.work.one_core));
        }
        let process = cases.iter().filter(|case| case.is_about_processes());
        assert!(process.clone().count() == 5 && process.clone().all(|case| !case.measures(Kind::Rocksdb)));
    }
}
