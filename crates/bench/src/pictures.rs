//! Which pictures there are: what each shows of the results. Relies on the names of `case` and `work`.

use crate::chart::{Chart, Series};
use crate::engines::Kind;
use crate::row::Row;

/// Engines of a picture, in the order of their colours.
const SHOWN: [Kind; 9] = [
    Kind::Plinth,
    Kind::Rocksdb,
    Kind::Optimistic,
    Kind::Pessimistic,
    Kind::FdbC,
    Kind::Lmdb,
    Kind::Redb,
    Kind::Fjall,
    Kind::Sqlite,
];

/// Every picture that the rows suffice for, with the name of its file.
pub fn pictures(rows: &[Row]) -> Vec<(&'static str, Chart)> {
    let all = [
        ("reads.svg", threads(rows, "Ten point reads a transaction", "reads-10", "none")),
        (
            "read-write-buffered.svg",
            threads(rows, "Five reads and five writes, buffered", "read-write-5+5", "buffered"),
        ),
        ("read-write-sync.svg", threads(rows, "Five reads and five writes, synced", "read-write-5+5", "sync")),
        ("blind-sync.svg", threads(rows, "Five blind writes, synced", "blind-5", "sync")),
        ("hot-counter.svg", threads(rows, "One counter that all threads add to, synced", "hot-counter", "sync")),
        ("growth-reads.svg", growth(rows, "A point read as the data grows", "read-1")),
        ("growth-commits.svg", growth(rows, "A read-modify-write as the data grows", "read-write-1+1")),
        ("latency-reads.svg", latency(rows, "Ten point reads, 1 thread", "reads", "reads-10/1/none")),
        (
            "latency-sync.svg",
            latency(rows, "Five reads and five writes, synced, 16 threads", "writes", "read-write-5+5/16/sync"),
        ),
        ("latency-peers.svg", latency(rows, "The same beside other databases", "peers", "read-write-5+5/16/sync")),
    ];
    all.into_iter()
        .filter(|(_, chart)| chart.series.iter().any(|series| series.values.iter().flatten().count() > 1))
        .collect()
}

/// An engine's row of a case in the first of these groups that has it.
fn find<'a>(rows: &'a [Row], groups: &[&str], label: &str, kind: Kind) -> Option<&'a Row> {
    let of = |group: &str| {
        rows.iter().find(|row| row.engine == kind && row.place.group == group && row.place.label() == label)
    };
    groups.iter().find_map(|group| of(group))
}

fn series(values: impl Fn(Kind) -> Vec<Option<f64>>) -> Vec<Series> {
    let all = SHOWN.iter().map(|kind| Series { name: kind.name().to_owned(), values: values(*kind) });
    all.filter(|series| series.values.iter().any(Option::is_some)).collect()
}

fn threads(rows: &[Row], title: &str, work: &str, durability: &str) -> Chart {
    let counted = rows.iter().filter(|row| row.place.work == work && row.place.durability == durability);
    let mut threads: Vec<usize> =
        counted.filter(|row| row.place.scene == "main").map(|row| row.place.threads).collect();
    threads.sort_unstable();
    threads.dedup();
    let value = |kind: Kind, threads: &usize| {
        let label = crate::case::label(work, *threads, durability, "main");
        find(rows, &["reads", "writes", "structures", "peers"], &label, kind).map(|row| row.per_second)
    };
    Chart {
        title: title.to_owned(),
        below: (String::from("threads"), threads.iter().map(usize::to_string).collect()),
        left: String::from("transactions a second"),
        series: series(|kind| threads.iter().map(|threads| value(kind, threads)).collect()),
    }
}

fn growth(rows: &[Row], title: &str, work: &str) -> Chart {
    let scenes = &crate::scene::GROWTH;
    let value = |kind: Kind, scene: &str| {
        let mut found = rows.iter().filter(|row| row.place.scene == scene && row.place.work == work);
        found.find(|row| row.engine == kind).map(|row| row.per_second)
    };
    Chart {
        title: title.to_owned(),
        below: (String::from("data"), scenes.iter().map(|scene| scene.name.to_owned()).collect()),
        left: String::from("transactions a second"),
        series: series(|kind| scenes.iter().map(|scene| value(kind, scene.name)).collect()),
    }
}

fn latency(rows: &[Row], title: &str, group: &str, label: &str) -> Chart {
    let percentiles = |row: &Row| [row.p50_us, row.p90_us, row.p99_us, row.p999_us].map(Some).to_vec();
    let value = |kind: Kind| find(rows, &[group], label, kind).map_or(vec![None; 4], percentiles);
    Chart {
        title: format!("{title}: microseconds of a transaction"),
        below: (String::from("percentile"), ["50", "90", "99", "99.9"].map(String::from).to_vec()),
        left: String::from("microseconds"),
        series: series(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::row;

    #[test]
    fn a_picture_is_made_where_there_is_something_to_see() {
        let mut rows = vec![row("writes", "read-write-5+5/1/sync", Kind::Plinth, &[1.0])];
        assert!(pictures(&rows).is_empty());
        rows.push(row("writes", "read-write-5+5/16/sync", Kind::Plinth, &[9.0]));
        rows.push(row("peers", "read-write-5+5/16/sync", Kind::Lmdb, &[3.0]));
        let found = pictures(&rows);
        let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["read-write-sync.svg", "latency-sync.svg", "latency-peers.svg"]);
        let lines = &found[0].1.series;
        assert_eq!(lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), ["plinth", "lmdb"]);
        assert_eq!((&lines[0].values, &lines[1].values), (&vec![Some(1.0), Some(9.0)], &vec![None, Some(3.0)]));
    }
}
