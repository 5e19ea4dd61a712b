//! The tables and the JSON file. Relies on `statistics` for medians and on `work` for targets.

use std::fmt::Write;

use serde_json::{json, Value};

use crate::args::Args;
use crate::engines::Kind;
use crate::error::{Context, Result};
use crate::measure::Sample;
use crate::statistics::{median, ratio};
use crate::work::{Case, Durability, Work};

/// The medians of one case on one engine.
pub struct Row {
    work: &'static Work,
    threads: usize,
    durability: Durability,
    engine: Kind,
    target: Option<f64>,
    syncs_target: Option<f64>,
    latency_target: Option<f64>,
    rounds: Vec<f64>,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    cpu_us: f64,
    conflicts: u64,
    syncs_per_commit: Option<f64>,
    peak_bytes: u64,
}

impl Row {
    /// Sums the rounds up.
    pub fn new(case: &Case, engine: Kind, samples: &[Sample]) -> Self {
        let of = |field: fn(&Sample) -> f64| median(samples.iter().map(field));
        let sum = |field: fn(&Sample) -> u64| samples.iter().map(field).sum::<u64>();
        Self {
            work: case.work,
            threads: case.threads,
            durability: case.durability,
            engine,
            target: if engine == Kind::Guest { case.guest_target() } else { case.target(engine) },
            syncs_target: case.syncs_target().filter(|_| engine == Kind::Plinth),
            latency_target: case.guest_latency().filter(|_| engine == Kind::Guest),
            rounds: samples.iter().map(|sample| sample.per_second).collect(),
            per_second: of(|sample| sample.per_second),
            p50_us: of(|sample| sample.p50_us),
            p99_us: of(|sample| sample.p99_us),
            cpu_us: of(|sample| sample.cpu_us),
            conflicts: sum(|sample| sample.conflicts),
            syncs_per_commit: ratio(sum(|sample| sample.syncs) as f64, sum(|sample| sample.commits) as f64),
            peak_bytes: samples.iter().map(|sample| sample.peak_bytes).max().unwrap_or(0),
        }
    }

    fn same_case(&self, other: &Self) -> bool {
        (self.work.name, self.threads, self.durability) == (other.work.name, other.threads, other.durability)
    }

    /// Plinth's transactions a second over this engine's.
    fn plinth_ratio(&self, rows: &[Self]) -> Option<f64> {
        self.ratio_of(Kind::Plinth, rows)
    }

    /// Another engine's transactions a second over this one's.
    fn ratio_of(&self, engine: Kind, rows: &[Self]) -> Option<f64> {
        let other = rows.iter().find(|row| row.engine == engine && row.same_case(self))?;
        ratio(other.per_second, self.per_second).filter(|_| self.engine != engine)
    }

    /// What its target is about: of a guest its own transactions a second over those in the host's process,
    /// of others Plinth's over theirs.
    fn target_ratio(&self, rows: &[Self]) -> Option<f64> {
        match self.engine {
            Kind::Guest => self.plinth_ratio(rows).and_then(|plinth| ratio(1.0, plinth)),
            _ => self.plinth_ratio(rows),
        }
    }

    /// The targets of this row: what is asked for in words, and whether it was met.
    fn targets(&self, rows: &[Self]) -> Vec<(String, bool)> {
        let ratio = self.target.zip(self.target_ratio(rows));
        let syncs = self.syncs_target.zip(self.syncs_per_commit);
        let what = if self.engine == Kind::Guest { "guest/plinth" } else { "ratio" };
        let ratio = ratio.map(|(target, got)| (format!("{what} >= {target:.2}"), got >= target));
        let latency = self.latency_target.map(|target| (format!("p50 < {target} us"), self.p50_us < target));
        let syncs = syncs.map(|(target, got)| (format!("syncs/commit {got:.3} < {target}"), got < target));
        ratio.into_iter().chain(syncs).chain(latency).collect()
    }

    fn json(&self, rows: &[Self]) -> Value {
        let operations = self.work.published.map(|_| self.per_second * self.work.operations() as f64);
        json!({
            "work": self.work.name,
            "threads": self.threads,
            "durability": self.durability.name(),
            "engine": self.engine.name(),
            "per_second": rounded(self.per_second),
            "p50_us": rounded(self.p50_us),
            "p99_us": rounded(self.p99_us),
            "cpu_us": rounded(self.cpu_us),
            "conflicts": self.conflicts,
            "syncs_per_commit": self.syncs_per_commit,
            "peak_bytes": self.peak_bytes,
            "rounds": self.rounds.iter().copied().map(rounded).collect::<Vec<_>>(),
            "plinth_ratio": self.plinth_ratio(rows),
            "target_ratio": self.target,
            "operations_per_second": operations.map(rounded),
            "foundationdb_published": self.work.published.map(|published| published.per_second),
        })
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// What the engines are.
const NOTES: [(Kind, &str); 9] = [
    (Kind::Plinth, "through its C functions, in this process; `plinth/` is its transactions a second over another's"),
    (Kind::Guest, "the same, from another process than the database's host; cpu us is of both"),
    (Kind::PlinthSo, "the same as plinth, through libplinth.so"),
    (Kind::FdbC, "Plinth through libfdb_c.so, blocking on a future for each read and commit"),
    (Kind::Rocksdb, "plain, no transactions, no conflict check: reads at a snapshot, one write batch (the limit)"),
    (Kind::Optimistic, "OptimisticTransactionDB: reads that are followed by writes for update"),
    (Kind::Pessimistic, "TransactionDB: the same"),
    (
        Kind::Redis,
        "on a Unix socket; no common state of many reads; WATCH, MULTI, EXEC; sync: appendfsync always, \
         buffered: everysec",
    ),
    (
        Kind::Postgres,
        "on a Unix socket; SERIALIZABLE, prepared; sync: synchronous_commit on, buffered: off, which promises \
         less than buffered elsewhere",
    ),
];

/// What was run, where and how.
pub fn heading(args: &Args, machine: &str) -> String {
    let mut text = format!(
        "{} keys of 16 bytes, values of {} bytes, all in memory and on disk.\n{machine}\n\
         {} rounds of {} s for each line, engines in turn, each in a process of its own; medians.\n\
         A transaction is begun, run, committed and destroyed; conflicts are retried and counted.\n\
         Every ratio is of engines at the same durability.",
        args.keys,
        crate::data::VALUE_LENGTH,
        args.rounds,
        args.seconds,
    );
    for (kind, note) in NOTES.iter().filter(|(kind, _)| args.engines.contains(kind)) {
        let _ = write!(text, "\n{:<12}{note}", kind.name());
    }
    text
}

/// The main table.
pub fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<19}{:>4} {:<9}{:<12}{:>11}{:>10}{:>10}{:>9}{:>10}{:>9}  {}\n",
        "work",
        "thr",
        "durable",
        "engine",
        "per second",
        "p50 us",
        "p99 us",
        "cpu us",
        "conflicts",
        "plinth/",
        "target"
    );
    let mut previous: Option<&Row> = None;
    for row in rows {
        let first = previous.is_none_or(|previous| !previous.same_case(row));
        let (work, threads, durability) = match first {
            true => (row.work.name, row.threads.to_string(), row.durability.name()),
            false => ("", String::new(), ""),
        };
        let ratio = row.plinth_ratio(rows).map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let _ = writeln!(
            text,
            "{work:<19}{threads:>4} {durability:<9}{:<12}{:>11.0}{:>10.1}{:>10.1}{:>9.1}{:>10}{ratio:>9}  {}",
            row.engine.name(),
            row.per_second,
            row.p50_us,
            row.p99_us,
            row.cpu_us,
            row.conflicts,
            remarks(row, rows)
        );
        previous = Some(row);
    }
    text
}

fn remarks(row: &Row, rows: &[Row]) -> String {
    let targets = row.targets(rows);
    let mark = |met: bool| if met { "met" } else { "MISSED" };
    let targets: Vec<_> = targets.into_iter().map(|(words, met)| format!("{words} {}", mark(met))).collect();
    let syncs = row.syncs_per_commit.filter(|_| targets.is_empty() && row.durability == Durability::Sync);
    targets.into_iter().chain(syncs.map(|syncs| format!("syncs/commit {syncs:.3}"))).collect::<Vec<_>>().join(", ")
}

/// FoundationDB's published tests beside ours, in operations a second.
pub fn published(rows: &[Row]) -> String {
    let tests = rows.iter().filter(|row| row.work.published.is_some());
    let engines: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| rows.iter().any(|row| row.engine == *kind)).collect();
    let mut text = String::new();
    for test in tests.filter(|row| Some(&row.engine) == engines.first()) {
        let Some(published) = test.work.published else { continue };
        let _ = write!(text, "{:<31}", format!("{} ({})", test.work.name, published.unit));
        for row in rows.iter().filter(|row| row.same_case(test)) {
            let _ = write!(text, "{:>13.0}", row.per_second * row.work.operations() as f64);
        }
        let _ = writeln!(text, "{:>14}", published.per_second);
    }
    if text.is_empty() {
        return text;
    }
    let names: String = engines.iter().map(|kind| format!("{:>13}", kind.name())).collect();
    format!(
        "\nFoundationDB's single-core tests, operations a second. Here the whole process, clients and engine, is on one core.\n\
         FoundationDB's figures are those it published: an older machine (E3-1240, SATA SSD), the server alone on one core,\n\
         values of 8 to 100 bytes.\n{:<31}{names}{:>14}\n{text}",
        "test", "FoundationDB"
    )
}

/// The library for programs made for FoundationDB beside the native one, each loaded at run time.
pub fn futures(rows: &[Row]) -> String {
    let find = |case: &Row, engine| rows.iter().find(|row| row.engine == engine && row.same_case(case));
    let mut text = String::new();
    for future in rows.iter().filter(|row| row.engine == Kind::FdbC && row.work.hot > 0) {
        let Some(native) = find(future, Kind::PlinthSo) else { continue };
        let each = |row: &Row| row.p50_us * 1e3 / row.work.reads as f64;
        let Some(ratio) = ratio(future.per_second, native.per_second) else { continue };
        let _ = writeln!(
            text,
            "{} thread(s): a future, blocked on, {:.0} ns; a native read {:.0} ns; futures a second/native {ratio:.2}",
            future.threads,
            each(future),
            each(native),
        );
    }
    match text.as_str() {
        "" => text,
        _ => {
            format!("\nPoint reads of hot keys, through libfdb_c.so and libplinth.so, both loaded at run time:\n{text}")
        }
    }
}

/// What is in another process beside the same work of Plinth in the process.
pub fn processes(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows.iter().filter(|row| row.engine.is_remote()) {
        let plinth = row.plinth_ratio(rows).and_then(|plinth| ratio(1.0, plinth));
        let words = |ratio: Option<f64>| ratio.map_or(String::from("-"), |ratio| format!("{ratio:.3}"));
        let _ = writeln!(
            text,
            "{:<31}{:<10}{:>11.0}{:>10.1}{:>10.1}{:>14}{:>9}",
            format!("{}/{}/{}", row.work.name, row.threads, row.durability.name()),
            row.engine.name(),
            row.per_second,
            row.p50_us,
            row.p99_us,
            words(plinth),
            words(row.ratio_of(Kind::Guest, rows)),
        );
    }
    match text.as_str() {
        "" => text,
        _ => format!(
            "\nFrom another process than the data's; /in-process is over Plinth in the process, guest/ is a guest's\n\
             transactions a second over this engine's, at the same durability.\n\
             {:<31}{:<10}{:>11}{:>10}{:>10}{:>14}{:>9}\n{text}",
            "work", "engine", "per second", "p50 us", "p99 us", "/in-process", "guest/"
        ),
    }
}

/// Peak memory of each engine.
pub fn memory(engines: &[(Kind, u64)]) -> String {
    let mut text = String::from(
        "\nPeak resident memory of the engine's process (VmHWM) in any measurement, with program, caches and write buffers;\n\
         of what is in another process only the clients' side:\n",
    );
    for (kind, bytes) in engines {
        let _ = writeln!(text, "{:<12}{:>8.0} MiB", kind.name(), *bytes as f64 / f64::from(1 << 20));
    }
    text
}

/// How many targets were met, and which were not.
pub fn verdict(rows: &[Row]) -> String {
    let mut met = 0;
    let mut missed = String::new();
    for row in rows {
        for (words, good) in row.targets(rows) {
            if good {
                met += 1;
                continue;
            }
            let ratio = row.target_ratio(rows).map_or(String::new(), |ratio| format!("{ratio:.2}, "));
            let case = format!("{}/{}/{}", row.work.name, row.threads, row.durability.name());
            let what = if row.engine == Kind::Guest { "guest over plinth" } else { "plinth over" };
            let peer = if row.engine == Kind::Guest { "" } else { row.engine.name() };
            let _ = writeln!(missed, "  missed: {case}, {}: {ratio}asked {words}", format!("{what} {peer}").trim());
        }
    }
    format!("\nTargets met: {met}; missed: {}\n{missed}", missed.lines().count())
}

/// The list of objects for the file.
pub fn json(rows: &[Row]) -> Result<String> {
    let list: Vec<Value> = rows.iter().map(|row| row.json(rows)).collect();
    serde_json::to_string_pretty(&list).map(|text| text + "\n").context("results as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(case: &Case, engine: Kind, per_second: f64, syncs: u64) -> Row {
        let sample = |per_second| Sample {
            per_second,
            p50_us: 1.0,
            p99_us: 2.0,
            cpu_us: 1.0,
            conflicts: 1,
            commits: 100,
            syncs,
            peak_bytes: 1,
        };
        Row::new(case, engine, &[sample(per_second), sample(0.0), sample(per_second * 9.0)])
    }

    #[test]
    fn ratios_are_of_medians_and_meet_their_targets_or_not() {
        let cases = crate::work::cases();
        let found: Vec<&Case> = cases.iter().filter(|case| case.label() == "read-write-5+5/64/sync").collect();
        assert_eq!(found.len(), 1);
        let case = found[0];
        let rows = [
            row(case, Kind::Plinth, 100.0, 20),
            row(case, Kind::Rocksdb, 110.0, 0),
            row(case, Kind::Optimistic, 80.0, 0),
        ];
        assert_eq!(rows[1].plinth_ratio(&rows), Some(100.0 / 110.0));
        assert_eq!(rows[0].plinth_ratio(&rows), None);
        let met = |row: &Row| row.targets(&rows).into_iter().map(|(_, met)| met).collect::<Vec<_>>();
        assert_eq!((met(&rows[0]), met(&rows[1]), met(&rows[2])), (vec![false], vec![true], vec![false]));
        assert!(verdict(&rows).contains("Targets met: 1; missed: 2"));
        assert_eq!(rows[0].conflicts, 3);
        assert_eq!(rows[0].syncs_per_commit, Some(0.2));
    }

    #[test]
    fn a_guest_is_measured_against_the_process_and_by_its_median() {
        let cases = crate::work::cases();
        let find = |label: &str| cases.iter().find(|case| case.label() == label).unwrap();
        let range = find("range-1000/1/none");
        let rows =
            [row(range, Kind::Plinth, 100.0, 0), row(range, Kind::Guest, 49.0, 0), row(range, Kind::Redis, 7.0, 0)];
        assert_eq!(rows[1].targets(&rows), [(String::from("guest/plinth >= 0.50"), false)]);
        assert_eq!(rows[2].ratio_of(Kind::Guest, &rows), Some(7.0));
        assert!(rows[2].targets(&rows).is_empty());
        assert!(processes(&rows).lines().any(|line| line.starts_with("range-1000/1/none") && line.contains("0.490")));

        let read = find("read-1/1/none");
        let rows = [row(read, Kind::Plinth, 100.0, 0), row(read, Kind::Guest, 1.0, 0)];
        assert_eq!(rows[1].targets(&rows), [(String::from("p50 < 30 us"), true)]);
        assert_eq!(rows[0].targets(&rows), []);
    }
}
