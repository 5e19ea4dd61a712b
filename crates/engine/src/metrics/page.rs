//! A page of metrics: numbers under the names of the catalogue, as text in Prometheus' exposition format 0.0.4.
//!
//! A host sends its page to guests, who add what they did themselves; so a page is a list of numbers, and
//! becomes text where it is asked for. The names are told by their place in the catalogue, which both sides have
//! the same: they speak one protocol.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::catalogue::{Entry, Kind, ALL};
use super::histogram::{Durations, BOUNDS};
use super::Family;

/// Numbers by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    samples: Vec<Sample>,
}

/// A number, or durations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    family: u16,
    labels: Vec<String>,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Value {
    Count(u64),
    Version(i64),
    Real(f64),
    Durations(Durations),
}

impl Page {
    fn put(&mut self, family: Family, labels: &[&str], value: Value) {
        debug_assert_eq!(family.entry().labels.len(), labels.len(), "{family:?}");
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self.samples.push(Sample { family: family as u16, labels, value });
    }

    /// Adds a number, with a value for each of the family's labels.
    pub fn count(&mut self, family: Family, labels: &[&str], count: u64) {
        self.put(family, labels, Value::Count(count));
    }

    /// Adds a version.
    pub fn version(&mut self, family: Family, version: i64) {
        self.put(family, &[], Value::Version(version));
    }

    /// Adds a number that is not whole.
    pub fn real(&mut self, family: Family, labels: &[&str], number: f64) {
        self.put(family, labels, Value::Real(number));
    }

    /// Adds durations.
    pub fn durations(&mut self, family: Family, labels: &[&str], durations: Durations) {
        self.put(family, labels, Value::Durations(durations));
    }

    /// The numbers of a family with their labels.
    pub fn of(&self, family: Family) -> impl Iterator<Item = (&[String], f64)> {
        self.samples.iter().filter(move |sample| sample.family == family as u16).map(|sample| {
            let number = match &sample.value {
                Value::Count(count) => *count as f64,
                Value::Version(version) => *version as f64,
                Value::Real(number) => *number,
                Value::Durations(durations) => durations.count() as f64,
            };
            (sample.labels.as_slice(), number)
        })
    }

    /// The whole number of a family under these labels; 0 if there is none.
    pub fn get(&self, family: Family, labels: &[&str]) -> i64 {
        let found = self.samples.iter().find(|sample| sample.family == family as u16 && sample.labels == labels);
        match found.map(|sample| &sample.value) {
            Some(Value::Count(count)) => i64::try_from(*count).unwrap_or(i64::MAX),
            Some(Value::Version(version)) => *version,
            _ => 0,
        }
    }

    /// The sum over all labels of a family of counts.
    pub fn sum(&self, family: Family) -> u64 {
        self.of(family).map(|(_, number)| number as u64).sum()
    }

    /// The durations of a family with their labels.
    pub fn all_durations(&self, family: Family) -> impl Iterator<Item = (&[String], &Durations)> {
        let samples = self.samples.iter().filter(move |sample| sample.family == family as u16);
        samples.filter_map(|sample| match &sample.value {
            Value::Durations(durations) => Some((sample.labels.as_slice(), durations)),
            _ => None,
        })
    }

    /// A page of numbers of every kind under names that have none such, with so many labels.
    #[cfg(test)]
    pub fn odd(labels: usize) -> Self {
        let durations = |cells: usize| Value::Durations(Durations::odd(cells));
        let values =
            [Value::Count(u64::MAX), Value::Version(i64::MIN), Value::Real(f64::NAN), durations(0), durations(500)];
        let samples = (0..=ALL.len() as u16 + 1).flat_map(|family| {
            let labels = vec!["host".to_owned(); labels];
            values.clone().map(|value| Sample { family, labels: labels.clone(), value })
        });
        Self { samples: samples.collect() }
    }

    /// As text; every number has the label `database` with this value.
    pub fn text(&self, database: &str) -> String {
        let mut samples: Vec<&Sample> = self.samples.iter().collect();
        samples.sort_by_key(|sample| sample.family);
        let mut text = String::with_capacity(samples.len() * 128);
        let first = format!("database=\"{}\"", escaped(database));
        for same in samples.chunk_by(|a, b| a.family == b.family) {
            let Some(family) = ALL.get(usize::from(same[0].family)) else {
                continue;
            };
            let entry = family.entry();
            let kind = match entry.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            // Writing to a string can't fail.
            let _ = writeln!(text, "# HELP {} {}\n# TYPE {} {kind}", entry.name, entry.help, entry.name);
            same.iter().for_each(|sample| sample.write(&mut text, entry, &first));
        }
        text
    }
}

impl Sample {
    fn write(&self, text: &mut String, entry: &Entry, first: &str) {
        let mut labels = first.to_owned();
        for (name, value) in entry.labels.iter().zip(&self.labels) {
            let _ = write!(labels, ",{name}=\"{}\"", escaped(value));
        }
        let name = entry.name;
        let _ = match &self.value {
            Value::Count(count) => writeln!(text, "{name}{{{labels}}} {count}"),
            Value::Version(version) => writeln!(text, "{name}{{{labels}}} {version}"),
            Value::Real(number) => writeln!(text, "{name}{{{labels}}} {number}"),
            Value::Durations(durations) => {
                for power in BOUNDS {
                    let bound = (1_u64 << power) as f64 / 1e9;
                    let count = durations.up_to(power);
                    let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
                }
                let (count, sum) = (durations.count(), durations.sum as f64 / 1e9);
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
                writeln!(text, "{name}_sum{{{labels}}} {sum}\n{name}_count{{{labels}}} {count}")
            }
        };
    }
}

/// The value of a label between its quotes.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Histogram;
    use std::time::Duration;

    #[test]
    fn a_page_reads_as_prometheus_reads_it() {
        let mut page = Page::default();
        page.count(Family::Conflicts, &["range"], 3);
        page.count(Family::Commits, &[], u64::MAX);
        page.count(Family::Conflicts, &["a\"b\\c\nd"], 4);
        page.version(Family::LatestVersion, -1);
        page.real(Family::OldestAge, &[], 0.25);
        assert_eq!(
            page.text("/a \"b\"\n\\c"),
            "# HELP plinth_commits_total Commits that wrote something and were acknowledged, of all processes.\n\
             # TYPE plinth_commits_total counter\n\
             plinth_commits_total{database=\"/a \\\"b\\\"\\n\\\\c\"} 18446744073709551615\n\
             # HELP plinth_commit_conflicts_total Commits refused with 1020, by what was written since: a key that was read, or one in a range that was read.\n\
             # TYPE plinth_commit_conflicts_total counter\n\
             plinth_commit_conflicts_total{database=\"/a \\\"b\\\"\\n\\\\c\",read=\"range\"} 3\n\
             plinth_commit_conflicts_total{database=\"/a \\\"b\\\"\\n\\\\c\",read=\"a\\\"b\\\\c\\nd\"} 4\n\
             # HELP plinth_latest_version The newest version that can be read.\n\
             # TYPE plinth_latest_version gauge\n\
             plinth_latest_version{database=\"/a \\\"b\\\"\\n\\\\c\"} -1\n\
             # HELP plinth_oldest_version_age_seconds How old that is.\n\
             # TYPE plinth_oldest_version_age_seconds gauge\n\
             plinth_oldest_version_age_seconds{database=\"/a \\\"b\\\"\\n\\\\c\"} 0.25\n"
        );
    }

    #[test]
    fn buckets_grow_up_to_the_count() {
        let histogram = Histogram::default();
        for micros in [1, 3, 3_000_000, 90_000_000_000] {
            histogram.record(Duration::from_micros(micros));
        }
        let mut page = Page::default();
        page.durations(Family::Stages, &["sync"], histogram.durations());
        let text = page.text("d");
        let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).unwrap().trim().to_owned();
        let name = "plinth_commit_stage_seconds";
        assert_eq!(line(&format!("{name}_bucket{{database=\"d\",stage=\"sync\",le=\"0.000001024\"}}")), "1");
        assert_eq!(line(&format!("{name}_bucket{{database=\"d\",stage=\"sync\",le=\"0.000004096\"}}")), "2");
        assert_eq!(line(&format!("{name}_bucket{{database=\"d\",stage=\"sync\",le=\"17.179869184\"}}")), "3");
        assert_eq!(line(&format!("{name}_bucket{{database=\"d\",stage=\"sync\",le=\"+Inf\"}}")), "4");
        assert_eq!(line(&format!("{name}_count{{database=\"d\",stage=\"sync\"}}")), "4");
        assert_eq!(line(&format!("{name}_sum{{database=\"d\",stage=\"sync\"}}")), "90003.000004");
    }

    #[test]
    fn a_page_comes_over_the_wire_as_it_was() {
        let mut page = Page::default();
        page.count(Family::Live, &["host"], 3);
        page.durations(Family::Stages, &["sync"], Durations::default());
        let bytes = postcard::to_stdvec(&page).unwrap();
        assert_eq!(postcard::from_bytes::<Page>(&bytes).unwrap(), page);
    }
}
