//! The medians of one case on one engine, as a line of the tables and an object of the JSON file. Relies on
//! `statistics` for medians.

use serde_json::{json, Value};

use crate::case::{self, Case};
use crate::engines::Kind;
use crate::error::{Context, Error, Result};
use crate::measure::Sample;
use crate::statistics::{median, ratio};

/// What names a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The group's name.
    pub group: String,
    /// The scene's.
    pub scene: String,
    /// The work's.
    pub work: String,
    /// How many threads.
    pub threads: usize,
    /// The durability's name.
    pub durability: String,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was measured.
    pub place: Place,
    /// On what.
    pub engine: Kind,
    /// Transactions a second of each round.
    pub rounds: Vec<f64>,
    /// Their median.
    pub per_second: f64,
    /// Percentiles of a transaction's time with its retries, in microseconds: of each the median.
    pub p50_us: f64,
    /// 90 of 100.
    pub p90_us: f64,
    /// 99 of 100.
    pub p99_us: f64,
    /// 999 of 1,000.
    pub p999_us: f64,
    /// Processor time of a transaction.
    pub cpu_us: f64,
    /// Retries in all rounds.
    pub conflicts: u64,
    /// Syncs of the log for each commit, where they are counted.
    pub syncs_per_commit: Option<f64>,
    /// Peak resident memory.
    pub peak_bytes: u64,
    /// Operations a second in the unit of the published figure.
    pub operations: Option<f64>,
    /// FoundationDB's figure and its unit.
    pub published: Option<(u64, String)>,
}

impl Place {
    /// Of a case.
    pub fn of(case: &Case) -> Self {
        Self {
            group: case.group.name().to_owned(),
            scene: case.scene.name.to_owned(),
            work: case.work.name.to_owned(),
            threads: case.threads,
            durability: case.durability.name().to_owned(),
        }
    }

    /// `work/threads/durability`, and the scene if it is not the main one.
    pub fn label(&self) -> String {
        case::label(&self.work, self.threads, &self.durability, &self.scene)
    }
}

impl Row {
    /// Sums the rounds up.
    pub fn new(case: &Case, engine: Kind, samples: &[Sample]) -> Self {
        let of = |field: fn(&Sample) -> f64| median(samples.iter().map(field));
        let sum = |field: fn(&Sample) -> u64| samples.iter().map(field).sum::<u64>();
        let per_second = of(|sample| sample.per_second);
        let published = case.work.published;
        Self {
            place: Place::of(case),
            engine,
            rounds: samples.iter().map(|sample| sample.per_second).collect(),
            per_second,
            p50_us: of(|sample| sample.p50_us),
            p90_us: of(|sample| sample.p90_us),
            p99_us: of(|sample| sample.p99_us),
            p999_us: of(|sample| sample.p999_us),
            cpu_us: of(|sample| sample.cpu_us),
            conflicts: sum(|sample| sample.conflicts),
            syncs_per_commit: ratio(sum(|sample| sample.syncs) as f64, sum(|sample| sample.commits) as f64),
            peak_bytes: samples.iter().map(|sample| sample.peak_bytes).max().unwrap_or(0),
            operations: published.map(|_| per_second * case.work.operations() as f64),
            published: published.map(|published| (published.per_second, published.unit.to_owned())),
        }
    }

    /// This engine's transactions a second over another's. Of one case the rounds took turns, so it is the
    /// median of the rounds' ratios; else it is the ratio of the medians.
    pub fn over(&self, other: &Self) -> Option<f64> {
        if self.place != other.place || self.rounds.len() != other.rounds.len() {
            return ratio(self.per_second, other.per_second);
        }
        let pairs = self.rounds.iter().zip(&other.rounds);
        let ratios: Option<Vec<f64>> = pairs.map(|(own, others)| ratio(*own, *others)).collect();
        ratios.filter(|ratios| !ratios.is_empty()).map(|ratios| median(ratios.into_iter()))
    }

    /// Another engine's transactions a second over this one's, in the same case.
    pub fn ratio_of(&self, engine: Kind, rows: &[Self]) -> Option<f64> {
        let other = rows.iter().find(|row| row.engine == engine && row.place == self.place)?;
        other.over(self).filter(|_| self.engine != engine)
    }

    /// Plinth's transactions a second over this engine's.
    pub fn plinth_ratio(&self, rows: &[Self]) -> Option<f64> {
        self.ratio_of(Kind::Plinth, rows)
    }

    /// As an object of the file.
    pub fn json(&self, rows: &[Self]) -> Value {
        json!({
            "group": self.place.group,
            "scene": self.place.scene,
            "work": self.place.work,
            "threads": self.place.threads,
            "durability": self.place.durability,
            "engine": self.engine.name(),
            "per_second": rounded(self.per_second),
            "p50_us": rounded(self.p50_us),
            "p90_us": rounded(self.p90_us),
            "p99_us": rounded(self.p99_us),
            "p999_us": rounded(self.p999_us),
            "cpu_us": rounded(self.cpu_us),
            "conflicts": self.conflicts,
            "syncs_per_commit": self.syncs_per_commit,
            "peak_bytes": self.peak_bytes,
            "rounds": self.rounds.iter().copied().map(rounded).collect::<Vec<_>>(),
            "plinth_ratio": self.plinth_ratio(rows),
            "operations_per_second": self.operations.map(rounded),
            "foundationdb_published": self.published.as_ref().map(|(figure, _)| figure),
            "foundationdb_unit": self.published.as_ref().map(|(_, unit)| unit),
        })
    }

    /// From such an object.
    pub fn from_json(value: &Value) -> Result<Self> {
        let lacks = |name: &str| Error::new(format!("a row lacks {name}"));
        let text = |name: &str| value[name].as_str().map(str::to_owned).ok_or_else(|| lacks(name));
        let real = |name: &str| value[name].as_f64().ok_or_else(|| lacks(name));
        let whole = |name: &str| value[name].as_u64().ok_or_else(|| lacks(name));
        let rounds = value["rounds"].as_array().ok_or_else(|| lacks("rounds"))?;
        let place = Place {
            group: text("group")?,
            scene: text("scene")?,
            work: text("work")?,
            threads: whole("threads")? as usize,
            durability: text("durability")?,
        };
        Ok(Self {
            place,
            engine: text("engine")?.parse()?,
            rounds: rounds.iter().filter_map(Value::as_f64).collect(),
            per_second: real("per_second")?,
            p50_us: real("p50_us")?,
            p90_us: real("p90_us")?,
            p99_us: real("p99_us")?,
            p999_us: real("p999_us")?,
            cpu_us: real("cpu_us")?,
            conflicts: whole("conflicts")?,
            syncs_per_commit: value["syncs_per_commit"].as_f64(),
            peak_bytes: whole("peak_bytes")?,
            operations: value["operations_per_second"].as_f64(),
            published: whole("foundationdb_published").ok().zip(text("foundationdb_unit").ok()),
        })
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// What one run wrote: where it ran, and its rows.
pub struct Results {
    /// The machine, the rounds, the keys, in words.
    pub about: String,
    /// The rows.
    pub rows: Vec<Row>,
}

impl Results {
    /// As a file.
    pub fn write(&self) -> Result<String> {
        let list: Vec<Value> = self.rows.iter().map(|row| row.json(&self.rows)).collect();
        let all = json!({ "about": self.about, "rows": list });
        serde_json::to_string_pretty(&all).map(|text| text + "\n").context("results as JSON")
    }

    /// From such a file.
    pub fn read(text: &str) -> Result<Self> {
        let all: Value = serde_json::from_str(text).context("results")?;
        let rows = all["rows"].as_array().ok_or_else(|| Error::new("results without rows"))?;
        let about = all["about"].as_str().unwrap_or_default().to_owned();
        Ok(Self { about, rows: rows.iter().map(Row::from_json).collect::<Result<_>>()? })
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::case::cases;

    /// A row of a case whose rounds were these.
    pub fn row(group: &str, label: &str, engine: Kind, rounds: &[f64]) -> Row {
        let cases = cases();
        let case = cases.iter().find(|case| case.group.name() == group && case.label() == label).unwrap();
        let sample = |per_second| Sample {
            per_second,
            p50_us: 1e6 / per_second,
            p90_us: 2.0,
            p99_us: 3.0,
            p999_us: 4.0,
            cpu_us: 1.0,
            conflicts: 1,
            commits: 100,
            syncs: 20,
            peak_bytes: 1,
        };
        Row::new(case, engine, &rounds.iter().copied().map(sample).collect::<Vec<_>>())
    }

    #[test]
    fn a_ratio_is_that_of_rounds_next_to_each_other() {
        let label = "read-write-5+5/64/sync";
        let rows = [
            row("writes", label, Kind::Plinth, &[100.0, 50.0, 400.0]),
            row("writes", label, Kind::Rocksdb, &[200.0, 100.0, 400.0]),
            row("writes", label, Kind::Optimistic, &[10.0]),
        ];
        assert_eq!(rows[1].plinth_ratio(&rows), Some(0.5), "and not 100 over 200");
        assert_eq!(rows[2].plinth_ratio(&rows), Some(10.0), "of medians");
        assert_eq!(rows[0].plinth_ratio(&rows), None);
        assert_eq!(rows[0].conflicts, 3);
        assert_eq!(rows[0].syncs_per_commit, Some(0.2));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let rows = vec![row("fdb", "fdb-write-1/1/sync", Kind::Plinth, &[100.0, 50.0, 400.0])];
        let results = Results { about: String::from("here"), rows };
        let again = Results::read(&results.write().unwrap()).unwrap();
        assert_eq!(again.about, "here");
        assert_eq!(format!("{:?}", again.rows), format!("{:?}", results.rows));
        assert!(Results::read("{}").is_err());
    }
}
