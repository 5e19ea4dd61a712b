//! What Plinth has to reach, and whether it does. Relies on the names of `work`, `scene` and `case`.

use crate::case::{Durability, Group};
use crate::engines::Kind;
use crate::row::{Place, Row};
use crate::scene::{self, Scene};
use crate::work::{self, Work};

/// What a figure is held against.
enum Against {
    /// The best of these engines, at the same threads, durability and scene, in this work.
    Best(&'static [Kind], &'static Work),
    /// The same with other data.
    Scene(&'static Scene),
    /// Below so many microseconds at the median.
    Microseconds,
    /// FoundationDB's published figure.
    Published,
    /// Below so many syncs for each commit.
    Syncs,
}

/// One target.
pub struct Target {
    group: Group,
    scene: &'static Scene,
    work: &'static Work,
    threads: usize,
    durability: Durability,
    engine: Kind,
    against: Against,
    /// What is asked for.
    pub asked: f64,
}

/// How a target came out.
pub struct Outcome {
    /// What was measured.
    pub label: String,
    /// On which engine.
    pub engine: Kind,
    /// What it is held against.
    pub against: String,
    /// What is asked for, in words.
    pub asked: String,
    /// What was measured.
    pub got: f64,
    /// Whether that is enough.
    pub met: bool,
}

const BOTH: [Durability; 2] = [Durability::Buffered, Durability::Sync];
const NONE: [Durability; 1] = [Durability::None];
const SYNC: [Durability; 1] = [Durability::Sync];
const BUFFERED: [Durability; 1] = [Durability::Buffered];

struct List(Vec<Target>);

impl List {
    fn add(
        &mut self,
        (group, engine, work): (Group, Kind, &'static Work),
        (durable, threads): (&[Durability], &[usize]),
        against: impl Fn() -> Against,
        asked: f64,
    ) {
        let scene = if let Against::Scene(_) = against() { &scene::GROWTH[2] } else { &scene::MAIN };
        for durability in durable {
            self.0.extend(threads.iter().map(|threads| Target {
                group,
                scene,
                work,
                threads: *threads,
                durability: *durability,
                engine,
                against: against(),
                asked,
            }));
        }
    }
}

/// All of them.
pub fn targets() -> Vec<Target> {
    let mut list = List(Vec::new());
    reads(&mut list);
    writes(&mut list);
    others(&mut list);
    list.0
}

fn reads(list: &mut List) {
    use Against::{Best, Microseconds};
    use Group::{Peers, Reads};
    use Kind::{Cluster, FdbC, Plinth, PlinthSo, Rocksdb};
    list.add((Reads, Plinth, &work::BEGIN), (&NONE, &[1, 2]), || Microseconds, 0.2);
    list.add((Reads, Plinth, &work::HOT), (&NONE, &[1, 2]), || Best(&[Rocksdb], &work::HOT), 0.95);
    list.add((Reads, FdbC, &work::HOT), (&NONE, &[1, 2]), || Best(&[PlinthSo], &work::HOT), 0.67);
    for work in [&work::READ_1, &work::HOT] {
        list.add((Reads, Cluster, work), (&NONE, &[1, 2]), || Best(&[FdbC], work), 0.91);
    }
    list.add((Reads, Plinth, &work::MANY_100), (&NONE, &[1]), || Best(&[Rocksdb], &work::READS_100), 1.3);
    list.add((Reads, Plinth, &work::RANGE), (&NONE, &[1, 2, 16]), || Best(&[Rocksdb], &work::RANGE), 0.95);
    list.add((Peers, Plinth, &work::READS), (&NONE, &[1, 2]), || Best(&Kind::EMBEDDED, &work::READS), 0.5);
}

fn writes(list: &mut List) {
    use Against::{Best, Syncs};
    use Group::{Peers, Structures, Writes};
    use Kind::{Optimistic, Plinth, Rocksdb};
    let all = [1, 2, 16, 64];
    list.add((Writes, Plinth, &work::BLIND), (&BOTH, &all), || Best(&[Rocksdb], &work::BLIND), 0.9);
    let mixed = (Writes, Plinth, &work::READ_WRITE);
    list.add(mixed, (&BOTH, &all), || Best(&[Rocksdb], &work::READ_WRITE), 0.95);
    list.add(mixed, (&BOTH, &[1]), || Best(&[Optimistic], &work::READ_WRITE), 1.2);
    list.add(mixed, (&BOTH, &[16, 64]), || Best(&[Optimistic], &work::READ_WRITE), 1.7);
    let contended = (Writes, Plinth, &work::CONTENDED_90);
    list.add(contended, (&BOTH, &[16, 64]), || Best(&[Optimistic], &work::CONTENDED_90), 2.5);
    for work in [&work::READ_WRITE, &work::BLIND] {
        list.add((Writes, Plinth, work), (&SYNC, &[64]), || Syncs, 0.1);
        list.add((Peers, Plinth, work), (&SYNC, &[1]), || Best(&Kind::EMBEDDED, work), 1.0);
        list.add((Peers, Plinth, work), (&SYNC, &[16]), || Best(&Kind::EMBEDDED, work), 2.5);
    }
    list.add((Structures, Plinth, &work::COUNT), (&BOTH, &[64]), || Best(&[Optimistic], &work::COUNT), 20.0);
}

fn others(list: &mut List) {
    use Against::{Best, Microseconds, Published, Scene};
    use Group::{Fdb, Growth, Processes};
    use Kind::{Guest, Plinth};
    for (work, durable, threads) in [
        (&work::FDB_WRITE_1, &SYNC, 1),
        (&work::FDB_WRITE_10, &SYNC, 1),
        (&work::FDB_WRITE_100, &SYNC, 100),
        (&work::FDB_READ_100, &NONE, 100),
        (&work::FDB_MIXED, &SYNC, 100),
        (&work::FDB_RANGE, &NONE, 100),
    ] {
        list.add((Fdb, Plinth, work), (durable, &[threads]), || Published, 1.0);
    }
    list.add((Growth, Plinth, &work::READ_1), (&NONE, &[1]), || Scene(&scene::GROWTH[0]), 0.5);
    list.add((Growth, Plinth, &work::WRITE_1), (&BUFFERED, &[1]), || Scene(&scene::GROWTH[0]), 0.8);
    list.add((Processes, Guest, &work::READ_1), (&NONE, &[1]), || Microseconds, 30.0);
    list.add((Processes, Guest, &work::RANGE), (&NONE, &[1, 16]), || Best(&[Plinth], &work::RANGE), 0.5);
    for work in [&work::READ_WRITE, &work::BLIND] {
        list.add((Processes, Guest, work), (&BOTH, &[16]), || Best(&[Plinth], work), 0.5);
    }
}

impl Target {
    fn place(&self, scene: &Scene, work: &Work) -> Place {
        Place {
            group: self.group.name().to_owned(),
            scene: scene.name.to_owned(),
            work: work.name.to_owned(),
            threads: self.threads,
            durability: self.durability.name().to_owned(),
        }
    }

    /// The name of what is measured.
    pub fn label(&self) -> String {
        self.place(self.scene, self.work).label()
    }

    /// How it came out, if what it needs was measured: of the best of several, at least one.
    pub fn judge(&self, rows: &[Row]) -> Option<Outcome> {
        let find = |place: Place, kind: Kind| rows.iter().find(|row| row.engine == kind && row.place == place);
        let row = find(self.place(self.scene, self.work), self.engine)?;
        let (got, against) = match &self.against {
            Against::Best(engines, work) => {
                let others = engines.iter().filter_map(|kind| find(self.place(self.scene, work), *kind));
                let best = others.max_by(|one, other| one.per_second.total_cmp(&other.per_second))?;
                let what = if engines.len() == 1 { "" } else { "best of others: " };
                let how = if work.name == self.work.name { String::new() } else { format!(" ({})", work.name) };
                (row.over(best)?, format!("{what}{}{how}", best.engine.name()))
            }
            Against::Scene(scene) => {
                (row.over(find(self.place(scene, self.work), self.engine)?)?, format!("itself with {}", scene.name))
            }
            Against::Microseconds => (row.p50_us, String::from("median, us")),
            Against::Published => {
                let (published, unit) = row.published.as_ref()?;
                (row.operations? / *published as f64, format!("FoundationDB: {published} {unit}/s"))
            }
            Against::Syncs => (row.syncs_per_commit?, String::from("syncs of the log a commit")),
        };
        let below = matches!(self.against, Against::Microseconds | Against::Syncs);
        let met = if below { got < self.asked } else { got >= self.asked };
        let asked = format!("{} {}", if below { "<" } else { ">=" }, self.asked);
        Some(Outcome { label: row.place.label(), engine: self.engine, against, asked, got, met })
    }

    /// Whether it holds a figure of this case against this engine.
    pub fn is_about(&self, row: &Row) -> bool {
        let same = row.place == self.place(self.scene, self.work);
        same && self.engine == Kind::Plinth
            && matches!(&self.against, Against::Best(engines, _) if **engines == [row.engine])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::cases;
    use crate::row::tests::row;

    fn outcomes(rows: &[Row]) -> Vec<(String, f64, bool)> {
        let outcomes = targets().into_iter().filter_map(|target| target.judge(rows));
        outcomes.map(|outcome| (outcome.against, outcome.got, outcome.met)).collect()
    }

    #[test]
    fn every_target_is_about_something_that_is_measured() {
        let cases = cases();
        for target in targets() {
            let place = target.place(target.scene, target.work);
            let case = cases.iter().find(|case| Place::of(case) == place);
            assert!(case.is_some_and(|case| case.measures(target.engine)), "{}", place.label());
            let other = match target.against {
                Against::Best(engines, work) => Some((engines.to_vec(), target.place(target.scene, work))),
                Against::Scene(scene) => Some((vec![target.engine], target.place(scene, target.work))),
                _ => None,
            };
            if let Some((engines, place)) = other {
                let case = cases.iter().find(|case| Place::of(case) == place).unwrap();
                assert!(engines.iter().all(|kind| case.measures(*kind)), "{}", place.label());
            }
        }
    }

    #[test]
    fn the_best_of_the_others_counts() {
        let label = "blind-5/16/sync";
        let mut rows = vec![row("peers", label, Kind::Plinth, &[100.0])];
        assert!(outcomes(&rows).is_empty());
        rows.push(row("peers", label, Kind::Sqlite, &[20.0]));
        assert_eq!(outcomes(&rows), [(String::from("best of others: sqlite"), 5.0, true)]);
        rows.push(row("peers", label, Kind::Lmdb, &[50.0]));
        assert_eq!(outcomes(&rows), [(String::from("best of others: lmdb"), 2.0, false)]);
    }

    #[test]
    fn other_work_other_data_and_absolute_limits_are_compared() {
        let rows = [
            row("reads", "get-many-100/1/none", Kind::Plinth, &[130.0]),
            row("reads", "reads-100/1/none", Kind::Rocksdb, &[100.0]),
            row("reads", "begin+destroy/1/none", Kind::Plinth, &[4e6]),
            row("growth", "read-1/1/none/10M-keys", Kind::Plinth, &[40.0]),
            row("growth", "read-1/1/none/10k-keys", Kind::Plinth, &[100.0]),
            row("fdb", "fdb-read-10x100/100/none", Kind::Plinth, &[61_000.0]),
            row("writes", "blind-5/64/sync", Kind::Plinth, &[1.0]),
        ];
        let found = outcomes(&rows);
        let of = |words: &str| found.iter().find(|(against, ..)| against.starts_with(words)).unwrap();
        assert_eq!((of("rocksdb (reads-100)").1, of("rocksdb (reads-100)").2), (1.3, true));
        assert_eq!((of("median").1, of("median").2), (0.25, false));
        assert_eq!((of("itself").1, of("itself").2), (0.4, false));
        assert_eq!((of("FoundationDB").1, of("FoundationDB").2), (2.0, true));
        assert_eq!((of("syncs").1, of("syncs").2), (0.2, false));
    }
}
