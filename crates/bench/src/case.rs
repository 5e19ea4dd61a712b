//! What is measured: the kinds of transaction, the number of threads, the durability, the scene, and on which
//! engines. Relies on `work` and `scene`.

use std::str::FromStr;

use crate::engines::Kind;
use crate::error::{Error, Result};
use crate::scene::{self, Scene};
use crate::work::{self, Work};

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

/// Cases that belong together: `--group` chooses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Point reads and ranges, all in the cache.
    Reads,
    /// Read-modify-write and blind writes.
    Writes,
    /// FoundationDB's published tests.
    Fdb,
    /// Counter, queue, large values, metadata of files.
    Structures,
    /// Another process than the data's.
    Processes,
    /// Databases of other projects.
    Peers,
    /// Less memory than data, and plenty.
    Memory,
    /// Much history.
    History,
    /// Many keys.
    Growth,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Reads,
        Self::Writes,
        Self::Fdb,
        Self::Structures,
        Self::Processes,
        Self::Peers,
        Self::Memory,
        Self::History,
        Self::Growth,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Fdb => "fdb",
            Self::Structures => "structures",
            Self::Processes => "processes",
            Self::Peers => "peers",
            Self::Memory => "memory",
            Self::History => "history",
            Self::Growth => "growth",
        }
    }

    /// The engines that its cases are for.
    pub fn engines(self) -> &'static [Kind] {
        use Kind::{Cluster, FdbC, Fjall, Guest, Lmdb, Optimistic, Pessimistic, Plinth, PlinthSo, Postgres};
        use Kind::{Redb, Redis, Rocksdb, Rust, Sqlite};
        match self {
            Self::Reads | Self::Writes => &[Plinth, Rust, PlinthSo, FdbC, Cluster, Rocksdb, Optimistic, Pessimistic],
            Self::Fdb => &[Plinth, PlinthSo, FdbC, Rocksdb, Optimistic, Pessimistic],
            Self::Structures => &[Plinth, PlinthSo, Rocksdb, Optimistic, Pessimistic],
            Self::Processes => &[Plinth, Guest, Redis, Postgres],
            Self::Peers => &[Plinth, Lmdb, Redb, Fjall, Sqlite],
            Self::Memory => &[Plinth, Rocksdb, Optimistic],
            Self::History => &[Plinth],
            Self::Growth => &[Plinth, Rocksdb],
        }
    }
}

impl FromStr for Group {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|group| group.name() == name);
        found.ok_or_else(|| Error::new(format!("there is no group {name}")))
    }
}

/// One line of the table: a kind of transaction, with so many threads.
#[derive(Clone, Copy)]
pub struct Case {
    /// What it belongs to.
    pub group: Group,
    /// What the databases hold.
    pub scene: &'static Scene,
    /// The kind.
    pub work: &'static Work,
    /// How many threads do it at once.
    pub threads: usize,
    /// How durable its commits are.
    pub durability: Durability,
}

use Durability::{Buffered, None, Sync};

struct List(Vec<Case>);

impl List {
    fn add(
        &mut self,
        group: Group,
        scene: &'static Scene,
        work: &'static Work,
        durable: &[Durability],
        threads: &[usize],
    ) {
        for durability in durable {
            let case = |threads: &usize| Case { group, scene, work, threads: *threads, durability: *durability };
            self.0.extend(threads.iter().map(case));
        }
    }
}

/// Everything that is measured, scene after scene; what only reads comes first, while the files are as
/// loaded.
pub fn cases() -> Vec<Case> {
    let mut list = List(Vec::new());
    reads(&mut list);
    writes(&mut list);
    structures(&mut list);
    elsewhere(&mut list);
    let order =
        |case: &Case| (scene::ALL.iter().position(|scene| scene.name == case.scene.name), !case.work.only_reads());
    list.0.sort_by_key(order);
    list.0
}

fn reads(list: &mut List) {
    use Group::{Fdb, Peers, Processes, Reads};
    let main = &scene::MAIN;
    list.add(Reads, main, &work::BEGIN, &[None], &[1, 2, 16]);
    list.add(Reads, main, &work::READ_1, &[None], &[1, 2]);
    list.add(Reads, main, &work::HOT, &[None], &[1, 2]);
    list.add(Reads, main, &work::READS, &[None], &[1, 2, 16]);
    list.add(Reads, main, &work::READS_100, &[None], &[1]);
    list.add(Reads, main, &work::MANY_100, &[None], &[1]);
    list.add(Reads, main, &work::RANGE_10, &[None], &[1]);
    list.add(Reads, main, &work::RANGE, &[None], &[1, 2, 16]);
    let reverse = [&work::RANGE_10_REVERSE, &work::RANGE_REVERSE, &work::RANGE_LONG_REVERSE];
    for work in reverse.into_iter().chain([&work::RANGE_LONG, &work::RANGE_OWN]) {
        list.add(Reads, main, work, &[None], &[1]);
    }
    list.add(Fdb, main, &work::FDB_READ_100, &[None], &[100]);
    list.add(Fdb, main, &work::FDB_RANGE, &[None], &[100]);
    list.add(Processes, main, &work::READ_1, &[None], &[1, 2, 16]);
    list.add(Processes, main, &work::RANGE, &[None], &[1, 16]);
    list.add(Peers, main, &work::READS, &[None], &[1, 2, 16]);
    list.add(Peers, main, &work::RANGE, &[None], &[1]);
}

fn writes(list: &mut List) {
    use Group::{Fdb, Peers, Processes, Writes};
    let main = &scene::MAIN;
    for work in [&work::READ_WRITE, &work::BLIND] {
        list.add(Writes, main, work, &[Buffered, Sync], &[1, 2, 16, 64]);
        list.add(Processes, main, work, &[Buffered, Sync], &[1, 16]);
        list.add(Peers, main, work, &[Buffered, Sync], &[1, 16]);
    }
    for work in [&work::CONTENDED_10, &work::CONTENDED_90] {
        list.add(Writes, main, work, &[Buffered, Sync], &[16, 64]);
    }
    for (work, threads) in
        [(&work::FDB_WRITE_1, 1), (&work::FDB_WRITE_10, 1), (&work::FDB_WRITE_100, 100), (&work::FDB_MIXED, 100)]
    {
        list.add(Fdb, main, work, &[Sync], &[threads]);
    }
}

fn structures(list: &mut List) {
    let (group, main) = (Group::Structures, &scene::MAIN);
    list.add(group, main, &work::COUNT, &[Buffered, Sync], &[1, 4, 16, 64]);
    list.add(group, main, &work::APPEND, &[Buffered], &[1, 16]);
    list.add(group, main, &work::POP, &[Buffered], &[1, 16]);
    list.add(group, main, &work::LARGE_WRITE, &[Buffered], &[1]);
    list.add(group, main, &work::LARGE_READ, &[None], &[1]);
    for work in [&work::CREATE, &work::STAT, &work::RENAME, &work::LIST] {
        let durability = if work.only_reads() { None } else { Buffered };
        list.add(group, main, work, &[durability], &[1, 16]);
    }
}

fn elsewhere(list: &mut List) {
    use Group::{Growth, History, Memory};
    list.add(Memory, &scene::COLD, &work::READ_1, &[None], &[1, 16]);
    list.add(Memory, &scene::COLD, &work::RANGE, &[None], &[1]);
    list.add(Memory, &scene::DIRECT, &work::READ_1, &[None], &[1, 16]);
    list.add(Memory, &scene::DIRECT, &work::RANGE, &[None], &[1]);
    list.add(Memory, &scene::GIGABYTE, &work::READS, &[None], &[64]);
    list.add(Memory, &scene::GIGABYTE, &work::READ_WRITE, &[Buffered, Sync], &[64]);
    for work in &work::HISTORY {
        list.add(History, &scene::HISTORY, work, &[Buffered], &[1]);
    }
    for scene in &scene::GROWTH {
        list.add(Growth, scene, &work::READ_1, &[None], &[1]);
        list.add(Growth, scene, &work::WRITE_1, &[Buffered], &[1]);
        list.add(Growth, scene, &work::OPEN, &[None], &[1]);
    }
}

impl Case {
    /// `work/threads/durability`, and the scene if it is not the main one.
    pub fn label(&self) -> String {
        label(self.work.name, self.threads, self.durability.name(), self.scene.name)
    }

    /// Whether it is measured on an engine: one that its group is for, that the scene suits, and that has
    /// such commits.
    pub fn measures(&self, engine: Kind) -> bool {
        let commits = !engine.takes_clusters() || self.durability != Buffered;
        commits && self.group.engines().contains(&engine) && self.scene.suits(engine)
    }
}

/// The label of what such a case measures.
pub fn label(work: &str, threads: usize, durability: &str, scene: &str) -> String {
    let scene = if scene == scene::MAIN.name { String::new() } else { format!("/{scene}") };
    format!("{work}/{threads}/{durability}{scene}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn measured(kind: Kind, group: Group) -> Vec<Case> {
        cases().into_iter().filter(|case| case.group == group && case.measures(kind)).collect()
    }

    #[test]
    fn every_main_case_is_measured_through_every_way_into_plinth_and_buffered_commits_not_through_futures() {
        for case in cases().iter().filter(|case| matches!(case.group, Group::Reads | Group::Writes)) {
            let all = [Kind::Plinth, Kind::PlinthSo, Kind::Rust, Kind::Rocksdb, Kind::Optimistic, Kind::Pessimistic];
            assert!(all.iter().all(|kind| case.measures(*kind)), "{}", case.label());
            for kind in [Kind::FdbC, Kind::Cluster] {
                assert_eq!(case.measures(kind), case.durability != Buffered);
            }
        }
    }

    #[test]
    fn other_processes_and_other_databases_are_measured_with_one_and_with_many_threads() {
        for (kind, group) in
            [(Kind::Guest, Group::Processes), (Kind::Redis, Group::Processes), (Kind::Sqlite, Group::Peers)]
        {
            let cases = measured(kind, group);
            for name in ["read-write-5+5", "blind-5"] {
                let threads = cases.iter().filter(|case| case.work.name == name).map(|case| case.threads);
                assert_eq!(threads.collect::<BTreeSet<_>>(), BTreeSet::from([1, 16]), "{name}");
            }
            assert!(cases.iter().all(|case| case.measures(Kind::Plinth) && !case.work.one_core));
        }
    }

    #[test]
    fn scenes_follow_each_other_and_reads_come_before_writes() {
        let cases = cases();
        let mut scenes: Vec<&str> = cases.iter().map(|case| case.scene.name).collect();
        scenes.dedup();
        assert_eq!(scenes, scene::ALL.map(|scene| scene.name));
        let main: Vec<bool> =
            cases.iter().filter(|case| case.scene.name == "main").map(|case| case.work.only_reads()).collect();
        assert!(main.is_sorted_by(|before, after| before >= after));
    }

    #[test]
    fn a_label_says_all_that_makes_a_case() {
        let cases = cases();
        let labels: BTreeSet<String> =
            cases.iter().map(|case| format!("{} {}", case.group.name(), case.label())).collect();
        assert_eq!(labels.len(), cases.len());
        assert_eq!(label("a", 1, "none", "main"), "a/1/none");
        assert_eq!(label("a", 1, "none", "cold"), "a/1/none/cold");
    }
}
